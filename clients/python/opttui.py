"""Let opttui show a training program and tune it while it runs.

Copy this one file next to your program. It needs Python 3.8 and nothing else::

    import opttui

    run = opttui.connect()
    run.bind(optimizer)                       # every number of every torch param group
    for step, batch in enumerate(loader):
        ...
        run.log(step=step, loss=loss.item())  # also applies what was tuned since the last call
        if run.stopping:
            break

and start it by ``opttui attach -- python3 train.py``. Without opttui nothing of this does anything: a call of
``log`` then costs well under a microsecond. With it, training never waits for the screen: what opttui does not read in
time is dropped, oldest numbers first, and if opttui goes away, training goes on. Nothing that goes wrong here, or in
functions that are given to it, raises into training; only a wrong call does (a TypeError, a KeyError), with or without
opttui.

What is said over the socket is described in docs/protocol.md.
"""

from __future__ import annotations

import atexit
import json
import logging
import math
import os
import select
import socket
import sys
import threading
import time
import weakref
from collections import deque
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional, Sequence, Tuple, TypeVar

__all__ = ["ENVIRONMENT", "PRINTING", "VERSION", "Run", "Tunable", "connect"]

VERSION = 1  #: of the protocol
ENVIRONMENT = "OPTTUI_SOCKET"  #: the variable with the path of the socket
PRINTING = "OPTTUI_METRICS"  #: the variable that asks by "stdout" to print numbers, where there is no socket

MAX_FIELDS = 256  # numbers in a message, as opttui reads them
MAX_TUNABLES = 64
MAX_CHOICES = 64
MAX_NAME = 64  # characters of a name
MAX_TEXT = 500  # characters of a reason
MAX_COMMAND = 4096  # bytes of a command
MAX_WAITING = 256 << 10  # bytes of numbers that wait for opttui to read
MAX_ANSWERS = 256  # answers that wait; while there are more, no commands are read
MAX_READS = 8  # that a call makes: a flood of commands does not keep training from going on
CLOSE_TIME = 0.2  # seconds that close gives opttui to read the last numbers

_logger = logging.getLogger("opttui")
_Function = TypeVar("_Function", bound=Callable[..., Any])


def connect(name: Optional[str] = None) -> "Run":
    """Return the run of this process.

    It talks with the opttui that has started this program, or does nothing where there is none. name is what the run is
    called on the screen; without it, it is called as its file. Where opttui has started the program on another machine
    (OPTTUI_METRICS is "stdout"), numbers are printed as lines of JSON, and nothing can be tuned.
    """
    path = os.environ.get(ENVIRONMENT)
    link: "Optional[_Link]" = _dial(path)
    if not path and os.environ.get(PRINTING) == "stdout":
        link = _Printer()
    run = Run(name, link)
    _runs.add(run)
    return run


def _dial(path: Optional[str]) -> "Optional[_Link]":
    if not path or not hasattr(socket, "AF_UNIX"):
        return None
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        sock.setblocking(False)
        sock.connect(path)
        return _Link(sock)
    except (OSError, ValueError):
        sock.close()
        _logger.warning("opttui cannot be reached at %s: training goes on without it", path)
        return None


class Tunable:
    """A number that can be changed while the program runs.

    ``value`` is what it is now. Assigning to it is the program's own change.
    """

    def __init__(
        self,
        name: str,
        get: Callable[[], float],
        set: Callable[[float], Any],
        min: Optional[float] = None,
        max: Optional[float] = None,
        scale: Optional[str] = None,
        integer: bool = False,
        choices: Optional[Sequence[float]] = None,
        doc: str = "",
        watched: bool = False,
    ) -> None:
        self.name = name
        self.min, self.max, self.scale = min, max, scale
        self.integer, self.choices, self.doc = integer, choices, doc
        self._get, self._set = get, set
        self._watched = watched  # cheap to read: looked at by every log
        self._rate = name.rpartition(".")[2] in ("lr", "learning_rate")
        self._told: Optional[float] = None  # what opttui has last heard

    @property
    def value(self) -> float:
        return self._get()

    @value.setter
    def value(self, value: float) -> None:
        self._set(value)

    def __float__(self) -> float:
        return float(self._get())

    def __repr__(self) -> str:
        return "<opttui.Tunable %s = %r>" % (self.name, self._get())

    def _wrong(self, value: float) -> str:
        """Say why it cannot have a value, "" where it can."""
        if not math.isfinite(value):
            return "%s is no finite number" % value
        if self.min is not None and value < self.min:
            return "%s is at least %g" % (self.name, self.min)
        if self.max is not None and value > self.max:
            return "%s is at most %g" % (self.name, self.max)
        if self.integer and value != int(value):
            return "%s is a whole number" % self.name
        if self.choices is not None and value not in self.choices:
            return "%s is one of %s" % (self.name, ", ".join("%g" % c for c in self.choices))
        return ""

    def _describe(self) -> Dict[str, Any]:
        """Return what a greeting says of it."""
        self._told = float(self._get())
        out: Dict[str, Any] = {"name": self.name, "value": _word(self._told)}
        for key, bound in (("min", self.min), ("max", self.max)):
            if bound is not None and math.isfinite(bound):
                out[key] = float(bound)
        if self.scale:
            out["scale"] = self.scale
        if self.integer:
            out["integer"] = True
        if self.choices is not None:
            out["choices"] = [float(c) for c in self.choices[:MAX_CHOICES]]
        if self.doc:
            out["doc"] = self.doc[:MAX_TEXT]
        return out


class Run:
    """A run as opttui sees it. Make one with :func:`connect`; it may be used from any thread.

    It is a context manager, which closes it.
    """

    def __init__(self, name: Optional[str], link: "Optional[_Link]") -> None:
        self._name = name
        self._link = link
        self._tunables: Dict[str, Tunable] = {}
        self._watched: Tuple[Tunable, ...] = ()
        self._keys: Dict[str, str] = {}
        self._step = -1.0
        self._stopping = False
        self._checkpoint: Optional[Callable[[], Any]] = None
        self._stop: Optional[Callable[[], Any]] = None
        self._paused = False
        self._renew()
        if link is not None:
            atexit.register(self.close)
            self._hello()

    def _renew(self) -> None:
        """Make new locks: after a fork another thread may have held the old ones."""
        self._turn = threading.Lock()  # of the one thread that carries out commands
        self._server = 0  # which thread that is
        self._resumed = threading.Event()

    def __reduce__(self) -> Tuple[Any, ...]:
        """A copy in another process says nothing."""
        return Run, (self._name, None)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> float:
        """Return what the tunable of a name is now. A name that was never tuned is a KeyError."""
        return self._tunables[name].value

    @property
    def connected(self) -> bool:
        """Whether opttui listens, on a socket or to what is printed."""
        return self._link is not None

    @property
    def stopping(self) -> bool:
        """Whether the person has asked for the end: leave the loop, save what is to be saved, and return."""
        return self._stopping

    def close(self) -> None:
        """Say goodbye. Training may go on."""
        link, self._link = self._link, None
        if link is None:
            return
        try:
            atexit.unregister(self.close)
            link.finish(CLOSE_TIME)
        except Exception:
            pass
        self._resumed.set()

    # What can be tuned.

    def tune(
        self,
        name: str,
        value: Optional[float] = None,
        *,
        get: Optional[Callable[[], float]] = None,
        set: Optional[Callable[[float], Any]] = None,
        min: Optional[float] = None,
        max: Optional[float] = None,
        scale: Optional[str] = None,
        integer: bool = False,
        choices: Optional[Sequence[float]] = None,
        doc: str = "",
    ) -> Tunable:
        """Make a number tunable, with or without opttui, and return it.

        Give it a value to begin with, and read ``tunable.value`` or ``run[name]`` where it is needed; or give ``get``
        and ``set``, which read and change it where it is. ``set`` alone, with a value, is called at each change. It may
        raise: the person is then told why, and the number stays. scale is "linear", "log", or "log1m" for rates of
        decay such as 0.999. A name that is there already is replaced.
        """
        if get is not None and set is None:
            raise TypeError("%s has get but no set" % name)
        cell = [value if value is not None else 0.0]

        def keep(v: float) -> None:
            if set is not None:
                set(v)
            cell[0] = v

        tunable = Tunable(
            name[:MAX_NAME], get or (lambda: cell[0]), set if get and set else keep,
            min, max, scale, integer, choices, doc, watched=get is None,
        )
        self._add([tunable])
        return tunable

    def bind(self, optimizer: Any, prefix: str = "") -> List[Tunable]:
        """Make every number of every param group of a torch optimizer tunable, and return them.

        They are called as in the group: lr, momentum, weight_decay, eps; the elements of betas beta1 and beta2, those of
        others etas.0, etas.1; with several groups group0.lr and so on. A prefix, as "g." or "d.", tells several
        optimizers apart. Any object with a list of dicts ``param_groups`` will do.
        """
        found: List[Tunable] = []
        try:
            groups = optimizer.param_groups
            for i, group in enumerate(groups):
                before = prefix + ("group%d." % i if len(groups) > 1 else "")
                found.extend(_fields(group, before))
        except Exception as error:
            _logger.warning("%r cannot be bound: %s", type(optimizer).__name__, error)
        self._add(found)
        return found

    def _add(self, tunables: Sequence[Tunable]) -> None:
        twice = [t.name for t in tunables if t.name in self._tunables]
        if twice:
            _logger.warning("tunable already, and replaced: %s; bind takes a prefix to tell optimizers apart", ", ".join(twice))
        self._tunables.update((t.name, t) for t in tunables)
        self._watched = tuple(t for t in self._tunables.values() if t._watched)
        if len(self._tunables) > MAX_TUNABLES:
            _logger.warning("opttui takes %d numbers to tune: the rest is left out", MAX_TUNABLES)
        if tunables:
            self._hello()

    def on_checkpoint(self, function: _Function) -> _Function:
        """Set what writes a checkpoint when the person asks for one. It may return a path, which is shown.

        It is called without arguments from within :meth:`log`. This is also a decorator.
        """
        self._checkpoint = function
        return function

    def on_stop(self, function: _Function) -> _Function:
        """Set what is called, once, from within :meth:`log`, when the person asks for the end.

        Without it only :attr:`stopping` becomes true. It may raise SystemExit or KeyboardInterrupt to leave at once; any
        other exception is told and goes no further. This is also a decorator.
        """
        self._stop = function
        return function

    # What is told.

    def log(self, step: Optional[float] = None, **metrics: Any) -> None:
        """Send numbers, then carry out what the person has asked for since the last call.

        Call it after the optimizer's step. A step that is not given is the one after the last. Anything that float()
        takes is a number: Python's, numpy's, torch's of one element (which waits for the device, as .item() does).
        When the person has paused the run, this returns when it goes on, is to stop, or opttui is gone.
        """
        link = self._link
        if link is None:
            return
        try:
            at = self._step = self._number(step)
            link.put(self._metrics(at, metrics))
            self._serve(link)
        except Exception as error:
            self._lose(link, error)

    def _number(self, step: Optional[float]) -> float:
        if step is not None:
            try:
                v = float(step)
                if math.isfinite(v):
                    return v
            except Exception:
                pass
        return math.floor(self._step) + 1.0

    def _metrics(self, step: float, metrics: Dict[str, Any]) -> bytes:
        """Return the message: what was given, learning rates, and other tunables that have changed by themselves."""
        parts = ['{"type":"metrics","step":%s' % _step(step)]
        for name, value in metrics.items():
            if len(parts) > MAX_FIELDS:
                break
            try:
                v = float(value)
            except Exception:
                continue  # a text, a picture
            parts.append(self._key(name) + _text(v))
        for t in self._watched:
            try:
                v = float(t._get())
            except Exception:
                continue
            if (v != t._told or t._rate) and t.name not in metrics and len(parts) <= MAX_FIELDS:
                t._told = v
                parts.append(self._key(t.name) + _text(v))
        parts.append("}\n")
        return "".join(parts).encode()

    def _key(self, name: str) -> str:
        """Return a name as it begins a field."""
        key = self._keys.get(name)
        if key is None:
            key = ',%s:' % json.dumps("type_" if name == "type" else name[:MAX_NAME])
            if len(self._keys) < 4 * MAX_FIELDS:
                self._keys[name] = key
        return key

    def _hello(self) -> None:
        link = self._link
        if link is None:
            return
        try:
            message: Dict[str, Any] = {"type": "hello", "v": VERSION}
            if self._name:
                message["name"] = self._name[:MAX_NAME]
            message["tunables"] = tunables = []
            for t in list(self._tunables.values())[:MAX_TUNABLES]:
                try:
                    tunables.append(t._describe())
                except Exception as error:
                    _logger.warning("%s cannot be read: %s", t.name, error)
            self._answer(link, **message)
        except Exception as error:
            self._lose(link, error)

    def _answer(self, link: "_Link", **message: Any) -> None:
        link.put((json.dumps(message, allow_nan=False) + "\n").encode(), answer=True)

    def _lose(self, link: "_Link", error: Exception) -> None:
        """Go on without opttui."""
        if self._link is link:
            self._link = None
        link.close()
        self._resumed.set()
        if not isinstance(error, _Gone):
            _logger.warning("opttui is not told any more: %r", error)

    # What the person asks for.

    def _serve(self, link: "_Link") -> None:
        """Carry out commands. One thread at a time does; while the run is paused the others wait for it."""
        me = threading.get_ident()
        if not self._turn.acquire(blocking=False):
            if self._paused and self._server != me:
                self._resumed.wait()
            return
        self._server = me
        try:
            while True:
                for command in link.commands():
                    self._obey(link, command)
                if not self._paused or self._stopping:
                    return
                link.wait(0.1)
        finally:
            self._paused = False
            self._server = 0
            self._resumed.set()
            self._turn.release()

    def _obey(self, link: "_Link", command: Dict[str, Any]) -> None:
        kind = command.get("type")
        if kind == "set":
            self._change(link, command)
        elif kind == "pause" and not self._paused and not self._stopping:
            self._resumed.clear()
            self._paused = True
            self._tell(link, "paused")
        elif kind == "resume" and self._paused:
            self._paused = False
            self._tell(link, "running")
        elif kind == "checkpoint":
            self._save(link)
        elif kind == "stop" and not self._stopping:
            self._stopping = True
            self._tell(link, "stopped")
            if self._stop is not None:
                try:
                    self._stop()
                except Exception as error:
                    self._refuse(link, 0, "on_stop: %s" % _reason(error))

    def _change(self, link: "_Link", command: Dict[str, Any]) -> None:
        number = command.get("id")
        number = number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else 0
        name = command.get("name")
        tunable = self._tunables.get(name) if isinstance(name, str) else None
        if tunable is None:
            return self._refuse(link, number, "there is no %s to tune" % (name,))
        try:
            value = float(command["value"])
            why = tunable._wrong(value)
            if why:
                return self._refuse(link, number, why)
            tunable._set(int(value) if tunable.integer else value)
            now = float(tunable._get())
        except Exception as error:
            return self._refuse(link, number, _reason(error))
        self._answer(link, type="applied", id=number, name=tunable.name, value=_word(now), step=_next(self._step))

    def _save(self, link: "_Link") -> None:
        if self._checkpoint is None:
            return self._refuse(link, 0, "the program has no on_checkpoint")
        try:
            path = self._checkpoint()
        except Exception as error:
            return self._refuse(link, 0, "no checkpoint: %s" % _reason(error))
        self._tell(link, "saved", "" if path is None else str(path))

    def _refuse(self, link: "_Link", number: int, why: str) -> None:
        self._answer(link, type="refused", id=number, why=why[:MAX_TEXT])

    def _tell(self, link: "_Link", state: str, text: str = "") -> None:
        message: Dict[str, Any] = {"type": "state", "state": state}
        if self._step >= 0:
            message["step"] = json.loads(_step(self._step))
        if text:
            message["text"] = text[:MAX_TEXT]
        self._answer(link, **message)


class _Gone(Exception):
    """opttui is gone."""


class _Link:
    """The connection. It never blocks, and what waits in it is bounded."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.RLock()  # also for a signal's handler that comes in between
        self._head = b""  # the rest of a line that was sent in part
        self._answers: Deque[bytes] = deque()
        self._numbers: Deque[bytes] = deque()
        self._size = 0  # of those in bytes
        self._in = b""  # the beginning of a command
        self._skip = False  # the rest of a line that is too long
        # A closed socket is an error here, even in programs that let SIGPIPE end them.
        self._flags = getattr(socket, "MSG_NOSIGNAL", 0)
        if not self._flags:
            try:
                sock.setsockopt(socket.SOL_SOCKET, 0x1022, 1)  # SO_NOSIGPIPE of macOS
            except OSError:
                pass

    def close(self) -> None:
        try:
            self._sock.close()
        except OSError:
            pass

    def put(self, line: bytes, answer: bool = False) -> None:
        """Send a line, or keep it for later. Where there is no room for it, the oldest numbers make some."""
        with self._lock:
            if answer:
                self._answers.append(line)
            else:
                self._numbers.append(line)
                self._size += len(line)
                while self._size > MAX_WAITING:
                    self._size -= len(self._numbers.popleft())
            self._flush()

    def _flush(self) -> None:
        """Send what opttui takes now: answers before numbers."""
        while True:
            if not self._head:
                if self._answers:
                    self._head = self._answers.popleft()
                elif self._numbers:
                    self._head = self._numbers.popleft()
                    self._size -= len(self._head)
                else:
                    return
            try:
                n = self._sock.send(self._head, self._flags)
            except (BlockingIOError, InterruptedError):
                return
            except (OSError, ValueError) as error:
                raise _Gone from error
            self._head = self._head[n:]

    def commands(self) -> Iterator[Dict[str, Any]]:
        """Yield what has been asked for. What is no command is passed over."""
        for _ in range(MAX_READS):
            if len(self._answers) >= MAX_ANSWERS:
                return
            try:
                got = self._sock.recv(1 << 16)
            except (BlockingIOError, InterruptedError):
                return
            except (OSError, ValueError) as error:
                raise _Gone from error
            if not got:
                raise _Gone
            lines = (self._in + got).split(b"\n")
            self._in = lines.pop()
            for line in lines:
                skip, self._skip = self._skip, False
                command = None if skip else _parse(line)
                if command is not None:
                    yield command
            if len(self._in) > MAX_COMMAND:
                self._in, self._skip = b"", True

    def wait(self, seconds: float) -> None:
        """Wait until opttui has sent something, or takes something that waits, or some time is over."""
        try:
            poll = select.poll()
            waiting = self._head or self._answers or self._numbers
            poll.register(self._sock, select.POLLIN | (select.POLLOUT if waiting else 0))
            poll.poll(seconds * 1000)
        except (OSError, ValueError) as error:
            raise _Gone from error
        with self._lock:
            self._flush()

    def finish(self, seconds: float) -> None:
        """Send what waits, if that can be done in some time, and close."""
        try:
            end = time.monotonic() + seconds
            while True:
                with self._lock:
                    self._flush()
                    left = end - time.monotonic()
                    if left <= 0 or not (self._head or self._answers or self._numbers):
                        return
                poll = select.poll()
                poll.register(self._sock, select.POLLOUT)
                poll.poll(left * 1000)
        except _Gone:
            pass
        finally:
            self.close()


class _Printer(_Link):
    """Prints numbers, for an opttui that is on another machine."""

    def __init__(self) -> None:
        pass

    def close(self) -> None:
        pass

    def put(self, line: bytes, answer: bool = False) -> None:
        if not answer:
            sys.stdout.write(line.decode())
            sys.stdout.flush()

    def commands(self) -> Iterator[Dict[str, Any]]:
        return iter(())

    def finish(self, seconds: float) -> None:
        pass


def _parse(line: bytes) -> Optional[Dict[str, Any]]:
    if not line.strip() or len(line) > MAX_COMMAND:
        return None
    try:
        command = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return command if isinstance(command, dict) else None


def _word(v: float) -> Any:
    """Return a number as JSON can have it: what is not finite is a word."""
    if v - v == 0:
        return v
    return "NaN" if v != v else "Infinity" if v > 0 else "-Infinity"


def _text(v: float) -> str:
    return repr(v) if v - v == 0 else '"%s"' % _word(v)


def _step(step: float) -> str:
    return str(int(step)) if step == int(step) else repr(step)


def _next(step: float) -> float:
    """Return the first step after one that has been logged."""
    return math.floor(step) + 1


def _reason(error: BaseException) -> str:
    return "%s: %s" % (type(error).__name__, error)


# The fields of torch's optimizers. Bounds leave room for what people try.

_WHOLE = ("max_iter", "max_eval", "history_size")
_DECAYS = ("momentum", "alpha", "rho", "beta", "momentum_decay")


def _bounds(name: str, value: float) -> Dict[str, Any]:
    """Return bounds and a scale for a field."""
    if name in _WHOLE:
        return {"min": 1, "integer": True}
    if (name in _DECAYS or name[:-1] == "beta") and 0 <= value < 1:
        return {"min": 0, "max": 1 - 1e-12, "scale": "log1m"}
    if name == "dampening":
        return {"min": 0, "max": 1}
    if name.endswith("lr"):
        return {"min": 0, "max": max(10.0, 100 * value), "scale": "log"}
    if name in ("weight_decay", "eps", "lambd") or name.startswith("tolerance"):
        return {"min": 0, "max": max(1.0, 100 * value), "scale": "log"}
    if value > 0:
        return {"min": 0, "scale": "log"}
    return {}


def _is_number(v: Any) -> bool:
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def _fields(group: Dict[str, Any], before: str) -> Iterator[Tunable]:
    """Yield the tunables of a param group."""
    for key, value in list(group.items()):
        if key == "params":
            continue
        if _is_number(value) or _is_scalar(value):
            yield _field(group, key, before + key, key)
        elif isinstance(value, (tuple, list)) and value and all(_is_number(v) for v in value):
            for i in range(len(value)):
                name = "beta%d" % (i + 1) if key == "betas" else "%s.%d" % (key, i)
                yield _element(group, key, i, before + name, name)


def _is_scalar(v: Any) -> bool:
    """Tell whether a value is a tensor with one real number, which optimizers can have as their rate."""
    try:
        return hasattr(v, "fill_") and v.numel() == 1 and not isinstance(v.item(), (bool, complex))
    except Exception:
        return False


def _field(group: Dict[str, Any], key: str, name: str, kind: str) -> Tunable:
    def put(v: float) -> None:
        if hasattr(group[key], "fill_"):
            group[key].fill_(v)  # whoever else holds the tensor sees it, too
        else:
            group[key] = v

    cheap = _is_number(group[key])  # a tensor's number waits for the device
    return Tunable(name[:MAX_NAME], lambda: group[key], put, watched=cheap, **_bounds(kind, float(group[key])))


def _element(group: Dict[str, Any], key: str, i: int, name: str, kind: str) -> Tunable:
    def put(v: float) -> None:
        old = group[key]
        group[key] = type(old)(v if j == i else x for j, x in enumerate(old))

    return Tunable(name[:MAX_NAME], lambda: group[key][i], put, watched=True, **_bounds(kind, float(group[key][i])))


# A process that was forked is not the run: it would talk into the middle of its parent's lines.

_runs: "weakref.WeakSet[Run]" = weakref.WeakSet()


def _after_fork() -> None:
    for run in list(_runs):
        link, run._link = run._link, None
        run._paused = False
        run._renew()
        if link is not None:
            link.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
