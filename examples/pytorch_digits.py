#!/usr/bin/env python3
"""A network on handwritten digits, in plain PyTorch:

    opttui attach -- python3 examples/pytorch_digits.py

About a minute. Turn lr, momentum and weight_decay while it trains, and let it write a checkpoint.
"""

import argparse
import csv
import gzip
import os
import sys
import time

import torch
from torch import nn

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "clients", "python"))  # or copy opttui.py next to your program
import opttui  # noqa: E402


def digits():
    """Return 1797 images of 8×8 pixels from 0 to 1, and which digit each is."""
    with gzip.open(os.path.join(here, "..", "internal", "dataset", "data", "digits.csv.gz"), "rt") as f:
        rows = [row for row in csv.reader(f) if row and row[0][:1] != "#"][1:]
    table = torch.tensor([[float(v) for v in row] for row in rows])
    return table[:, :-1] / 16, table[:, -1].long()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--rest", type=float, default=0.004, help="seconds after each step: time to watch")
    args = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(1)
    x, y = digits()
    order = torch.randperm(len(x))
    held, train = order[:360], order[360:]
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=1e-4)

    with opttui.connect("digits") as run:
        run.bind(optimizer)
        batch = run.tune("batch", 32, min=1, max=512, scale="log", integer=True, doc="samples a step")

        @run.on_checkpoint
        def save():
            torch.save(model.state_dict(), "digits.pt")
            return "digits.pt"

        step = 0
        for epoch in range(args.epochs):
            shuffled = train[torch.randperm(len(train))]
            while len(shuffled) > 0:
                now, shuffled = shuffled[: batch.value], shuffled[batch.value :]
                optimizer.zero_grad()
                loss = loss_of(model(x[now]), y[now])
                loss.backward()
                optimizer.step()
                run.log(step=step, loss=loss, epoch=epoch)
                step += 1
                time.sleep(args.rest)
                if run.stopping:
                    return
            with torch.no_grad():
                out = model(x[held])
            right = (out.argmax(1) == y[held]).float().mean()
            run.log(step=step - 1, val_loss=loss_of(out, y[held]), val_accuracy=right)
            if epoch % 10 == 0:
                print("epoch %d: %.1f %% right" % (epoch, 100 * right))


if __name__ == "__main__":
    main()
