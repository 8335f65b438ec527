#!/usr/bin/env python3
"""What a call of log costs: python3 clients/python/bench.py"""

import os
import socket
import sys
import tempfile
import time
import timeit

import opttui

REPEATS = 5


class Optimizer:
    def __init__(self):
        self.param_groups = [{"params": [], "lr": 0.1, "momentum": 0.9, "dampening": 0, "weight_decay": 0, "nesterov": False}]


def cost(run, number):
    """Return the microseconds of the processor that a call with two numbers takes, the best of some tries."""
    step = iter(range(1 << 60)).__next__
    log = timeit.Timer(lambda: run.log(step=step(), loss=0.4321, accuracy=0.8765), timer=time.thread_time)
    return min(log.repeat(number=number, repeat=REPEATS)) / number * 1e6


def served(reads):
    """Return a run with somebody at the other end of its socket, who reads or does not."""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "s")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    os.environ[opttui.ENVIRONMENT] = path
    run = opttui.connect()
    conn, _ = listener.accept()

    def read():
        while conn.recv(1 << 20):
            pass

    if reads:
        pid = os.fork()  # another process, as opttui is
        if pid == 0:
            try:
                read()
            finally:
                os._exit(0)
    run.bind(Optimizer())
    return run, conn


def main():
    os.environ.pop(opttui.ENVIRONMENT, None)
    print("Python %s" % sys.version.split()[0])
    run = opttui.connect()
    run.bind(Optimizer())
    print("nobody listens:           %6.2f µs" % cost(run, 200_000))
    for name, reads in (("opttui reads:", True), ("opttui does not read:", False)):
        run, conn = served(reads)
        print("%-25s %6.2f µs" % (name, cost(run, 20_000)))
        run.close()
        conn.close()


if __name__ == "__main__":
    main()
