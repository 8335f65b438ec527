"""Tests of opttui.py against a server of their own: python3 -m unittest discover -s clients/python"""

import contextlib
import io
import json
import logging
import math
import os
import pickle
import signal
import socket
import tempfile
import threading
import time
import unittest

import opttui

PATIENCE = 60  # seconds for what must happen


class Server:
    """What opttui is to a program: a socket, and what has come over it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "socket")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.listener.settimeout(PATIENCE)
        self.conn = None
        self.rest = b""

    def accept(self):
        self.conn, _ = self.listener.accept()
        self.conn.settimeout(PATIENCE)

    def send(self, **command):
        self.raw(json.dumps(command).encode() + b"\n")

    def raw(self, data):
        self.conn.sendall(data)

    def read(self):
        """Return the next message, None at the end."""
        while b"\n" not in self.rest:
            got = self.conn.recv(1 << 16)
            if not got:
                return None
            self.rest += got
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line, parse_constant=lambda word: self.fail(word))

    def fail(self, word):
        raise AssertionError("%s is not JSON" % word)

    def until(self, kind, **fields):
        """Return the next message that is as told."""
        while True:
            message = self.read()
            if message is None:
                raise AssertionError("the connection ends before %s %r" % (kind, fields))
            if message["type"] == kind and all(message.get(k) == v for k, v in fields.items()):
                return message

    def close(self):
        for s in (self.conn, self.listener):
            if s is not None:
                s.close()
        self.folder.cleanup()


class Group:
    """An optimizer as far as bind looks."""

    def __init__(self, *groups):
        self.param_groups = [dict(g, params=[object()]) for g in groups]


ADAM = {
    "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "maximize": False,
    "foreach": None, "capturable": False,
}
SGD = {"lr": 0.1, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False, "foreach": None}


class Case(unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        for name in (opttui.ENVIRONMENT, opttui.PRINTING):
            old = os.environ.pop(name, None)
            if old is not None:
                self.addCleanup(os.environ.__setitem__, name, old)

    def connect(self, name=None):
        """Return a server and a run that talks with it."""
        server = Server()
        self.addCleanup(server.close)
        os.environ[opttui.ENVIRONMENT] = server.path
        try:
            run = opttui.connect(name)
        finally:
            del os.environ[opttui.ENVIRONMENT]
        self.addCleanup(run.close)
        server.accept()
        self.assertTrue(run.connected)
        return server, run

    def train(self, run, until, step=0):
        """Log until something holds, and return the next step."""
        end = time.monotonic() + PATIENCE
        while not until():
            run.log(step=step, loss=1 / (step + 1))
            step += 1
            self.assertLess(time.monotonic(), end)
        return step

    def aside(self, function):
        """Run a function in a thread, and return what waits for it and gives its result."""
        result = []
        thread = threading.Thread(target=lambda: result.append(function()), daemon=True)
        thread.start()

        def wait():
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())
            return result[0]

        wait.over = lambda: not thread.is_alive()
        return wait


class WithoutServer(Case):
    def check(self, run):
        with run:
            self.assertFalse(run.connected)
            optimizer = Group(ADAM)
            run.bind(optimizer)
            x = run.tune("x", 2.0, min=0)
            run.on_checkpoint(lambda: self.fail("it is called"))
            run.log(step=1, loss=1.0)
            run.log(loss=object())
            self.assertFalse(run.stopping)
            self.assertEqual((run["x"], x.value, float(x), run["lr"]), (2.0, 2.0, 2.0, 1e-3))
            x.value = 3.0
            self.assertEqual(run["x"], 3.0)
            self.assertEqual(optimizer.param_groups[0]["betas"], (0.9, 0.999))

    def test_unset(self):
        self.check(opttui.connect())

    def test_nobody_there(self):
        for path in ("", "/nowhere/socket", "x" * 500, "/dev/null", "\0"):
            run = opttui.Run(None, opttui._dial(path))
            self.check(run)

    def test_printing(self):
        """On another machine numbers are printed, whatever the standard output is."""
        os.environ[opttui.PRINTING] = "stdout"
        self.addCleanup(os.environ.pop, opttui.PRINTING)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), opttui.connect("name") as run:
            run.bind(Group(SGD))
            run.log(step=3, loss=0.5, bad=math.nan)
        self.assertEqual(out.getvalue(), '{"type":"metrics","step":3,"loss":0.5,"bad":"NaN","lr":0.1}\n')
        run = opttui.connect()
        with contextlib.redirect_stdout(None):
            run.log(step=1)
        self.assertFalse(run.connected)

    def test_wrong_calls_are_wrong_everywhere(self):
        run = opttui.connect()
        with self.assertRaises(KeyError):
            run["never tuned"]
        with self.assertRaises(TypeError):
            run.tune("x", get=lambda: 1.0)

    def test_unbindable(self):
        run = opttui.connect()
        self.assertEqual(run.bind(None), [])
        self.assertEqual(run.bind(Group()), [])


class Told(Case):
    def test_hello(self):
        server, run = self.connect("mlp")
        self.assertEqual(server.read(), {"type": "hello", "v": 1, "name": "mlp", "tunables": []})
        run.tune("t", 0.5, min=0, max=math.inf, scale="log", doc="heat", choices=[0.5, 1])
        t = server.read()["tunables"][0]
        self.assertEqual(
            t, {"name": "t", "value": 0.5, "min": 0.0, "scale": "log", "choices": [0.5, 1.0], "doc": "heat"})

    def test_numbers(self):
        class Scalar:
            def __float__(self):
                return 0.25

        server, run = self.connect()
        run.log(step=7, loss=0.1, n=3, flag=True, nan=math.nan, up=math.inf, down=-math.inf, s=Scalar(), text="word",
                none=None, other=[1], **{"a/b é\"": 1e-300})
        self.assertEqual(server.until("metrics"), {
            "type": "metrics", "step": 7, "loss": 0.1, "n": 3.0, "flag": 1.0, "nan": "NaN", "up": "Infinity",
            "down": "-Infinity", "s": 0.25, "a/b é\"": 1e-300,
        })
        for step, want in ((None, 8), (math.nan, 9), ("x", 10), (2.5, 2.5), (None, 3), (100, 100)):
            run.log(step=step)
            self.assertEqual(server.until("metrics")["step"], want)
        run.log(type=3)
        self.assertEqual(server.until("metrics"), {"type": "metrics", "step": 101, "type_": 3.0})

    def test_too_many_numbers(self):
        server, run = self.connect()
        run.tune("x", 1.0)
        run.log(**{"n%d" % i: i for i in range(1000)})
        self.assertEqual(len(server.until("metrics")), 2 + opttui.MAX_FIELDS)

    def test_schedules_are_seen(self):
        """Learning rates are in every message, other tunables where they have changed by themselves."""
        server, run = self.connect()
        optimizer = Group(SGD)
        run.bind(optimizer)
        run.log()
        optimizer.param_groups[0].update(lr=0.05, momentum=0.5)
        run.log()
        run.log()
        run.log(lr=7)
        told = [server.until("metrics") for _ in range(4)]
        self.assertEqual([m["lr"] for m in told], [0.1, 0.05, 0.05, 7])
        self.assertEqual([m.get("momentum") for m in told], [None, 0.5, None, None])


class Bound(Case):
    def names(self, server):
        return {t["name"]: t for t in server.until("hello")["tunables"]}

    def bind(self, *groups, prefix=""):
        server, run = self.connect()
        server.until("hello")
        optimizer = Group(*groups)
        run.bind(optimizer, prefix)
        return server, run, optimizer, self.names(server)

    def test_adam(self):
        server, run, optimizer, names = self.bind(ADAM)
        self.assertEqual(sorted(names), ["beta1", "beta2", "eps", "lr", "weight_decay"])
        self.assertEqual(names["beta2"], {"name": "beta2", "value": 0.999, "min": 0, "max": 1 - 1e-12, "scale": "log1m"})
        self.assertEqual(names["lr"], {"name": "lr", "value": 1e-3, "min": 0, "max": 10, "scale": "log"})
        server.send(type="set", id=3, name="beta2", value=0.99)
        server.send(type="set", id=4, name="weight_decay", value=0.01)
        server.send(type="set", id=5, name="beta1", value=1)
        run.log(step=20)
        self.assertEqual(server.until("applied"), {"type": "applied", "id": 3, "name": "beta2", "value": 0.99, "step": 21})
        self.assertEqual(server.until("applied")["id"], 4)
        self.assertIn("at most", server.until("refused", id=5)["why"])
        group = optimizer.param_groups[0]
        self.assertEqual((group["betas"], group["weight_decay"], group["lr"]), ((0.9, 0.99), 0.01, 1e-3))
        self.assertIs(type(group["betas"]), tuple)

    def test_others(self):
        """The fields of torch's other rules have bounds, too."""
        rprop = {"lr": 0.01, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50), "maximize": False}
        lbfgs = {"lr": 1, "max_iter": 20, "tolerance_grad": 1e-7, "history_size": 100, "line_search_fn": None}
        names = self.bind(rprop)[3]
        self.assertEqual(sorted(names), ["etas.0", "etas.1", "lr", "step_sizes.0", "step_sizes.1"])
        names = self.bind(lbfgs)[3]
        self.assertTrue(names["max_iter"]["integer"] and names["history_size"]["integer"])
        self.assertNotIn("integer", names["lr"])
        names = self.bind(SGD)[3]
        self.assertNotIn("integer", names["momentum"])
        self.assertEqual(names["momentum"]["scale"], "log1m")
        for t in list(names.values()):
            self.assertTrue(t["min"] <= t["value"] <= t["max"], t)

    def test_groups(self):
        server, run, optimizer, names = self.bind(SGD, dict(SGD, lr=0.5), prefix="d.")
        self.assertEqual(names["d.group1.lr"]["value"], 0.5)
        self.assertEqual(len(names), 8)
        server.send(type="set", id=1, name="d.group1.lr", value=0.25)
        run.log()
        server.until("applied", id=1)
        self.assertEqual([g["lr"] for g in optimizer.param_groups], [0.1, 0.25])

    def test_tensor(self):
        class Tensor:
            def __init__(self, v):
                self.v = v

            def numel(self):
                return 1

            def item(self):
                return self.v

            __float__ = item

            def fill_(self, v):
                self.v = v

        rate = Tensor(0.1)
        server, run, optimizer, names = self.bind(dict(SGD, lr=rate))
        server.send(type="set", id=1, name="lr", value=0.2)
        run.log()
        server.until("applied", id=1)
        self.assertIs(optimizer.param_groups[0]["lr"], rate)
        self.assertEqual(rate.v, 0.2)


class Tuned(Case):
    def ask(self, server, run, **command):
        server.send(**dict({"type": "set", "id": 9}, **command))
        run.log()
        while True:
            message = server.read()
            if message["type"] in ("applied", "refused"):
                return message

    def test_values(self):
        server, run = self.connect()
        run.tune("n", 4, min=1, max=8, integer=True)
        run.tune("c", 1, choices=[1, 2, 4])
        seen = []
        run.tune("told", 1.0, set=seen.append)
        cell = [0.0]
        run.tune("clipped", get=lambda: cell[0], set=lambda v: cell.__setitem__(0, min(v, 0.5)))
        for name, value, why in (
            ("n", 2.5, "whole"), ("n", 0, "at least 1"), ("n", 9, "at most 8"), ("c", 3, "one of 1, 2, 4"),
            ("c", "NaN", "finite"), ("c", "Infinity", "finite"), ("c", None, "TypeError"), ("c", [1], "TypeError"),
            ("x", 1, "no x to tune"), (["c"], 1, "to tune"), (None, 1, "to tune"),
        ):
            answer = self.ask(server, run, name=name, value=value)
            self.assertEqual(answer["type"], "refused")
            self.assertIn(why, answer["why"])
            self.assertEqual(answer["id"], 9)
        self.assertIn("KeyError", self.ask(server, run, name="c")["why"])
        self.assertEqual((run["n"], run["c"]), (4, 1))
        self.assertEqual(self.ask(server, run, name="n", value=5.0)["value"], 5)
        self.assertIs(type(run["n"]), int)
        self.assertEqual(self.ask(server, run, name="c", value=4)["value"], 4)
        self.assertEqual(self.ask(server, run, name="told", value=4)["value"], 4)
        self.assertEqual((seen, run["told"]), ([4.0], 4.0))
        self.assertEqual(self.ask(server, run, name="clipped", value=4)["value"], 0.5)

    def test_callbacks_that_fail(self):
        def fail(*_):
            raise ZeroDivisionError("oh")

        server, run = self.connect()
        run.tune("bad", 1.0, set=fail)
        run.tune("worse", get=fail, set=fail)
        run.on_checkpoint(fail)
        run.on_stop(fail)
        for name in ("bad", "worse"):
            self.assertIn("oh", self.ask(server, run, name=name, value=2)["why"])
        self.assertEqual(run["bad"], 1.0)
        server.send(type="checkpoint")
        run.log()
        self.assertIn("oh", server.until("refused")["why"])
        server.send(type="stop")
        run.log()
        self.assertIn("oh", server.until("refused")["why"])
        self.assertTrue(run.stopping and run.connected)

    def test_a_callback_that_leaves(self):
        """on_stop may leave at once, if that is what it is for."""
        server, run = self.connect()

        @run.on_stop
        def leave():
            raise SystemExit(3)

        server.send(type="stop")
        with self.assertRaises(SystemExit):
            run.log()
        run.log()  # and nothing is stuck

    def test_callbacks_that_log(self):
        server, run = self.connect()
        run.tune("x", 1.0, set=lambda v: run.log(step=50, inner=v))
        run.on_checkpoint(lambda: run.log(step=60, inner=1) or "model.pt")
        server.send(type="pause")
        server.send(type="set", id=1, name="x", value=2)
        server.send(type="checkpoint")
        server.send(type="resume")
        run.log(step=5)
        self.assertEqual(server.until("metrics", step=50)["inner"], 2)
        server.until("metrics", step=60)
        self.assertEqual(server.until("state", state="saved")["text"], "model.pt")
        server.until("state", state="running")


class Steered(Case):
    def test_pause(self):
        server, run = self.connect()
        run.tune("x", 1.0)
        returned = []
        server.send(type="pause")
        wait = self.aside(lambda: run.log(step=3) or returned.append(run["x"]))
        self.assertEqual(server.until("state"), {"type": "state", "state": "paused", "step": 3})
        server.send(type="set", id=1, name="x", value=2)
        server.until("applied", id=1, step=4)  # it answers while it rests
        server.send(type="pause")
        self.assertEqual(returned, [])
        server.send(type="resume")
        wait()
        self.assertEqual(server.until("state")["state"], "running")
        self.assertEqual(returned, [2.0])

    def test_pause_ends(self):
        for end in ("stop", "death", "close"):
            server, run = self.connect()
            server.send(type="pause")
            wait = self.aside(lambda: run.log(step=3))
            server.until("state", state="paused")
            if end == "stop":
                server.send(type="stop")
            elif end == "death":
                server.conn.close()
            else:
                run.close()
            wait()
            self.assertEqual(run.stopping, end == "stop")
            self.assertEqual(run.connected, end == "stop")

    def test_pause_is_for_all_threads(self):
        server, run = self.connect()
        server.send(type="pause")
        first = self.aside(lambda: run.log(step=3))
        server.until("state", state="paused")
        second = self.aside(lambda: run.log(step=4) or run._paused)
        server.until("metrics", step=4)
        server.send(type="resume")
        first()
        self.assertFalse(second())

    def test_checkpoint(self):
        server, run = self.connect()
        server.send(type="checkpoint")
        run.log(step=1)
        self.assertEqual(server.until("refused"), {"type": "refused", "id": 0, "why": "the program has no on_checkpoint"})
        paths = iter(["a/b.pt", None, "x" * 9000])
        run.on_checkpoint(lambda: next(paths))
        for want in ("a/b.pt", None, "x" * opttui.MAX_TEXT):
            server.send(type="checkpoint")
            run.log(step=2)
            message = server.until("state", state="saved")
            self.assertEqual((message.get("text"), message["step"]), (want, 2))

    def test_stop(self):
        server, run = self.connect()
        calls = []
        run.on_stop(lambda: calls.append(1))
        server.send(type="stop")
        server.send(type="stop")
        self.train(run, lambda: run.stopping)
        server.until("state", state="stopped")
        run.log(loss=1)  # the last numbers may still come
        self.assertEqual(calls, [1])
        run.close()
        while server.read():
            pass


class Harmed(Case):
    def test_garbage(self):
        server, run = self.connect()
        run.tune("x", 1.0)
        for line in (
            b"", b"\0\xff\xfe", b"{", b"null", b"[1]", b'"set"', b"{}", b'{"type":5}', b'{"type":"dance"}', b"[" * 4000,
            b'{"type":"set"}', b'{"type":"set","id":-1,"name":"x","value":2}', b'{"type":"set","id":"a","name":{}}',
            b'{"type":["set"]}', b'{"type":"set","id":1e999,"name":"x","value":true,"a":"\\ud800"}', b"x" * 10000,
            b"9" * 4000, b'{"type":"welcome","v":99}', b"y" * 3_000_000,
        ):
            sent = self.aside(lambda: server.raw(line + b"\n"))
            self.train(run, sent.over)
            sent()
        server.send(type="set", id=77, name="x", value=5)
        answered = self.aside(lambda: server.until("applied", id=77))
        self.train(run, answered.over)
        answered()
        self.assertEqual(run["x"], 5)

    def test_long_line(self):
        """A line that does not end takes no memory, and its end is no command."""
        ours, theirs = socket.socketpair()
        self.addCleanup(theirs.close)
        ours.setblocking(False)
        link = opttui._Link(ours)
        self.addCleanup(link.close)
        for text, want in ((b"y" * 5000, 0), (b"y" * 5000, 0), (b'{"type":"stop"}\n', 0), (b'{"type":"stop"}\n{"ty', 1), (b'pe":"stop"}\n', 1)):
            theirs.sendall(text)
            self.assertEqual(len(list(link.commands())), want)
            self.assertLessEqual(len(link._in), opttui.MAX_COMMAND)

    def test_server_that_does_not_read(self):
        server, run = self.connect()
        link = run._link
        run.tune("x", 1.0)
        for i in range(20_000):
            run.log(step=i, loss=0.5, accuracy=0.25)
        self.assertLessEqual(link._size, opttui.MAX_WAITING)
        self.assertTrue(link._numbers)
        # Neither answers nor the newest numbers are lost, and memory is bounded whatever is asked for.
        asked = self.aside(lambda: [server.send(type="set", id=i + 1, name="x", value=i) for i in range(2000)])
        for i in range(2000):
            run.log(step=20_000 + i)
        self.train(run, lambda: len(link._answers) >= opttui.MAX_ANSWERS, 22_000)
        for _ in range(100):
            run.log(step=29_999)
        self.assertLess(len(link._answers), 2 * opttui.MAX_ANSWERS)
        answers, steps, at = [], [], {}

        def read():
            while len(answers) < 2000 or steps[-1] < 30_000:
                message = server.read()
                if message["type"] == "applied":
                    answers.append(message["id"])
                    at[message["id"]] = steps[-1]
                elif message["type"] == "metrics":
                    steps.append(message["step"])

        done = self.aside(read)
        self.train(run, done.over, 30_000)
        done()
        asked()
        self.assertEqual(answers, list(range(1, 2001)))
        self.assertEqual(steps, sorted(steps))
        self.assertIn(29_999, steps)
        self.assertNotIn(15_000, steps)  # among the oldest that waited
        self.assertLess(at[100], 15_000)  # answers go first

    def test_lines_stay_whole(self):
        """Lines that are sent in part go on where they were, whatever is dropped in between."""
        server, run = self.connect()
        wait = self.aside(lambda: server.until("metrics", step=999))  # which parses all
        many = {"\N{SNOWMAN}" * 60 + str(i): i for i in range(opttui.MAX_FIELDS)}  # 100 KB
        parts = 0
        for i in range(1000):
            run.log(step=i, **many)
            parts += bool(run._link._head)
        self.assertTrue(parts)
        run.log(step=999)
        self.train(run, wait.over, 1000)
        wait()

    def test_server_dies(self):
        server, run = self.connect()
        self.train(run, lambda: run._step > 10)
        server.conn.close()
        self.train(run, lambda: not run.connected)
        run.log(loss=1)
        self.assertFalse(run.stopping)

    def test_sigpipe(self):
        """A program that lets SIGPIPE end it, as many scripts do, goes on."""
        old = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        self.addCleanup(signal.signal, signal.SIGPIPE, old)
        self.test_server_dies()

    def test_threads(self):
        server, run = self.connect()
        run.tune("x", 0.0)

        def work(me):
            for i in range(500):
                run.log(step=i, **{"t%d" % me: i})
            return True

        waits = [self.aside(lambda me=me: work(me)) for me in range(8)]
        for i in range(100):
            server.send(type="set", id=i + 1, name="x", value=i)
        counts, answers = {}, []

        def read():
            while sum(counts.values()) < 8 * 500 or len(answers) < 100:
                message = server.read()
                answers.extend([message.get("id")] * (message["type"] == "applied"))
                for key in message:
                    if key[0] == "t" and key[1:].isdigit():
                        if message[key] != counts.setdefault(key, 0):
                            return "%s comes as %s, not %s" % (key, message[key], counts[key])
                        counts[key] += 1
            return ""

        done = self.aside(read)
        for wait in waits:
            wait()
        self.train(run, done.over)
        self.assertEqual(done(), "")
        self.assertEqual(answers, list(range(1, 101)))

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork")
    def test_fork(self):
        """A child says nothing, and keeps nothing of the connection."""
        server, run = self.connect()
        run.log(step=1)
        server.send(type="stop")
        pid = os.fork()
        if pid == 0:
            try:
                run.log(step=666)
                run.close()
                os._exit(0 if not run.connected and not run.stopping else 1)
            except BaseException:
                os._exit(2)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        run.log(step=2)
        self.assertTrue(run.stopping)
        run.close()
        steps = []
        while True:
            message = server.read()
            if message is None:
                break
            if message["type"] == "metrics":
                steps.append(message["step"])
        self.assertEqual(steps, [1, 2])

    def test_pickle(self):
        _, run = self.connect("name")
        copy = pickle.loads(pickle.dumps(run))
        copy.log(loss=1)
        self.assertFalse(copy.connected)

    def test_more_files_than_select_takes(self):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 3000:
            self.skipTest("too few files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
        files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
        self.addCleanup(lambda: [os.close(f) for f in files])
        server, run = self.connect()
        server.send(type="pause")
        wait = self.aside(lambda: run.log())
        server.until("state", state="paused")
        server.send(type="resume")
        wait()


if __name__ == "__main__":
    unittest.main()
