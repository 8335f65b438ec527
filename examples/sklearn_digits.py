#!/usr/bin/env python3
"""scikit-learn's SGDClassifier on handwritten digits, with partial_fit:

    opttui attach -- python3 examples/sklearn_digits.py

About a minute. What opttui tunes are attributes of the estimator: anything that can be read and set will do.
"""

import argparse
import os
import sys

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients", "python"))
import opttui  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=12000)
    args = parser.parse_args()

    x, y = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(x / 16, y, test_size=0.2, random_state=0)
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, alpha=1e-4)
    rng = np.random.default_rng(0)

    with opttui.connect("digits") as run:

        def attribute(name, **bounds):
            run.tune(name, get=lambda: getattr(model, name), set=lambda v: model.set_params(**{name: v}), **bounds)

        attribute("eta0", min=1e-8, max=10, scale="log", doc="the learning rate")
        attribute("alpha", min=0, max=1, scale="log", doc="weight of the penalty")

        for step in range(args.steps):
            batch = rng.integers(len(x), size=32)
            model.partial_fit(x[batch], y[batch], classes=np.arange(10))
            if step % 10 == 0:
                run.log(
                    step=step,
                    loss=log_loss(y, model.predict_proba(x), labels=np.arange(10)),
                    val_loss=log_loss(y_val, model.predict_proba(x_val), labels=np.arange(10)),
                    val_accuracy=model.score(x_val, y_val),
                )
            if run.stopping:
                break


if __name__ == "__main__":
    main()
