"""The peers' side of bench/compare.sh: PyTorch, SciPy and NumPy, each as fast as it can be made without leaving it.

It reads one JSON object a line and answers each with one. {"work": w, "args": {...}} prepares a piece of work, by its
own number; {"id": i, "count": c} runs it c times and tells the seconds of processor time; {"id": i} tells the value by
which the same work is recognised; {"id": i, "drop": true} frees it.
"""

import json
import sys
import time

import numpy as np
import scipy
import scipy.optimize
import torch

torch.set_num_threads(1)
works = {}


def work(f):
    works[f.__name__] = f
    return f


def raw(path, dtype=np.float64):
    return np.fromfile(path, dtype=dtype)


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y * y * y) ** 2


def rosenbrock(x, y):
    a, b = 1 - x, y - x * x
    return a * a + 100 * (b * b)


def torch_rule(rule, params, lr):
    if rule == "adam":
        return torch.optim.Adam(params, lr=lr)
    if rule == "momentum":
        return torch.optim.SGD(params, lr=lr, momentum=0.9)
    return torch.optim.SGD(params, lr=lr)


@work
def plane_steps(problem, rule, lr, start, steps):
    """Steps on a function of two variables, with the loss of each kept."""
    f = {"beale": beale, "rosenbrock": rosenbrock}[problem]

    def begin():
        p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        return p, torch_rule(rule, [p], lr), []

    def run(state, count):
        p, opt, history = state
        for _ in range(count):
            opt.zero_grad(set_to_none=True)
            x, y = p.unbind()
            loss = f(x, y)
            loss.backward()
            opt.step()
            history.append(loss.item())

    def value():
        state = begin()
        run(state, steps + 1)
        return state[2][-1]

    state = begin()
    return lambda count: run(state, count), value


class Network:
    """A network with one hidden layer of rectified units, begun at given weights."""

    def __init__(self, sizes, dtype, samples, classes, weights):
        n, hidden, out = sizes
        dtype = {"float64": torch.float64, "float32": torch.float32}[dtype]
        self.x = torch.from_numpy(raw(samples).reshape(-1, n)).to(dtype)
        self.y = torch.from_numpy(raw(classes, np.int64))
        first, second = torch.nn.Linear(n, hidden).to(dtype), torch.nn.Linear(hidden, out).to(dtype)
        self.model = torch.nn.Sequential(first, torch.nn.ReLU(), second)
        self.loss = torch.nn.CrossEntropyLoss()
        w = torch.from_numpy(raw(weights)).to(dtype)
        with torch.no_grad():
            for layer, (i, o) in ((first, (n, hidden)), (second, (hidden, out))):
                layer.weight.copy_(w[: i * o].reshape(i, o).T)
                layer.bias.copy_(w[i * o : (i + 1) * o])
                w = w[(i + 1) * o :]

    def step(self, opt):
        opt.zero_grad(set_to_none=True)
        loss = self.loss(self.model(self.x), self.y)
        loss.backward()
        opt.step()
        return loss.item()


@work
def network_steps(rule, lr, steps, **network):
    def begin():
        net = Network(**network)
        return net, torch_rule(rule, net.model.parameters(), lr)

    def run(state, count):
        loss = 0.0
        for _ in range(count):
            loss = state[0].step(state[1])
        return loss

    state = begin()
    return lambda count: run(state, count), lambda: run(begin(), steps + 1)


@work
def range_test(low, high, steps, **network):
    """Gradient descent while the rate grows exponentially; the loss of each rate is kept."""

    def once():
        net = Network(**network)
        opt = torch.optim.SGD(net.model.parameters(), lr=low)
        losses = []
        for k in range(steps):
            opt.param_groups[0]["lr"] = low * (high / low) ** (k / (steps - 1))
            losses.append(net.step(opt))
        losses.append(net.loss(net.model(net.x), net.y).item())
        return losses[-1]

    def run(count):
        for _ in range(count):
            once()

    return run, once


@work
def update(rule, n, lr, steps):
    """The update of n parameters alone, at a gradient that stays."""

    def begin():
        i = torch.arange(n)
        p = (1 + (i % 7)).to(torch.float64).requires_grad_()
        p.grad = ((i % 13) - 6).to(torch.float64) / 10
        return p, torch_rule(rule, [p], lr)

    state = begin()

    def run(count):
        for _ in range(count):
            state[1].step()

    def value():
        p, opt = begin()
        for _ in range(steps):
            opt.step()
        return p[1].item()

    return run, value


def rosenbrock_chain(x):
    """Value and gradient of the chained function; for two variables in plain Python, which is faster there."""
    if len(x) == 2:
        u, v = float(x[0]), float(x[1])
        a, b = 1 - u, v - u * u
        return a * a + 100 * b * b, np.array([-2 * a - 400 * u * b, 200 * b])
    u, b = x[:-1], x[1:] - x[:-1] ** 2
    a = 1 - u
    g = np.zeros_like(x)
    g[:-1] = -2 * a - 400 * u * b
    g[1:] += 200 * b
    return a @ a + 100 * (b @ b), g


class Reached(Exception):
    pass


@work
def solve(method, n, target, iterations):
    """From the usual start to a value of target, or so many iterations."""
    start = np.tile([-1.2, 1.0], n // 2)
    options = {"maxiter": iterations, "gtol": 0}
    if method == "L-BFGS-B":
        options.update(maxcor=10, ftol=0, maxfun=10**9)

    def fun(x):
        f, g = rosenbrock_chain(x)
        if f <= target:
            raise Reached(f)
        return f, g

    def once():
        try:
            return scipy.optimize.minimize(fun, start, jac=True, method=method, options=options).fun
        except Reached as e:
            return e.args[0]

    def run(count):
        for _ in range(count):
            once()

    return run, once


def beale_written(x, y):
    """Beale's function as the formula has it."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@work
def contour(columns, rows, low, high, written):
    """Beale's function in the middles of so many cells."""
    f = beale_written if written else beale
    dx, dy = (high - low) / columns, (high - low) / rows
    x, y = np.meshgrid(low + (np.arange(columns) + 0.5) * dx, high - (np.arange(rows) + 0.5) * dy)

    def run(count):
        for _ in range(count):
            f(x, y)

    return run, lambda: float(np.sum(f(x, y)))


def gemm():
    """Prints how many GFLOP/s a product of matrices makes."""
    a = torch.ones(600, 600, dtype=torch.float64)
    best = float("inf")
    for _ in range(12):
        begin = time.perf_counter()
        torch.mm(a, a)
        best = min(best, time.perf_counter() - begin)
    print(round(2 * 600**3 / best / 1e9))


def main():
    print(json.dumps({"torch": torch.__version__, "scipy": scipy.__version__, "numpy": np.__version__}), flush=True)
    ready = []
    for line in sys.stdin:
        q = json.loads(line)
        if "work" in q:
            ready.append(works[q["work"]](**q["args"]))
            answer = {"id": len(ready) - 1}
        elif "count" in q:
            begin = time.process_time()
            ready[q["id"]][0](q["count"])
            answer = {"seconds": time.process_time() - begin}
        elif "drop" in q:
            ready[q["id"]] = None
            answer = {}
        else:
            answer = {"value": ready[q["id"]][1]()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--gemm"]:
        gemm()
    else:
        main()
