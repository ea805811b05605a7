"""Who does a study's asks: one protocol, on this machine or on a cluster.

A worker that dies costs what it had not told yet, once: those asks go to another. An ask that kills
two workers is a failed trial that says so.
"""

import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from clearedge_tui.core.errors import ClearEdgeError, Refused, RetryLater, UsageError
from clearedge_tui.core.wire import Deframer, FrameError, frame
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.research.work import Another, Answer, Begin, FromMother, Ready, Task
from clearedge_tui.runs.executor import capacity
from clearedge_tui.runs.messages import Made
from clearedge_tui.runs.workers import steady

TRIES = 2
LIFE = 100  # asks of a worker: what the engine keeps of each goes with the worker
_PATIENCE_S = 0.2
_START_S = 120.0
_MOST = 1 << 20
_from_mother = msgspec.msgpack.Decoder(FromMother).decode
_answer = msgspec.msgpack.Decoder(Answer).decode
_ERRORS: dict[int, type[ClearEdgeError]] = {
    error.exit_code: error for error in (UsageError, Refused, RetryLater)
}


class Pool(Protocol):
    """Does asks, some at a time, in an order of its own."""

    def run(
        self, asks: Sequence[Ask], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, Trial]]:
        """Yield each ask's place and trial, once each; ends early, with none lost, when `stop` says so."""
        ...

    def close(self) -> None: ...


class Lost(Exception):
    """A worker is gone."""


class Forked:
    """One process that has read the bars, and the workers that it forks."""

    def __init__(self, setup: Setup) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="clearedge-study-"))
        self._mother = Mother(setup, self._folder)

    @property
    def pids(self) -> list[int]:
        """The workers that live now, and before them their mother."""
        return [self._mother.process.pid, *self._mother.workers]

    def close(self) -> None:
        self._mother.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Local(Forked):
    """As many workers as fit, each for a share of the asks."""

    def __init__(self, setup: Setup, at_once: int = 0) -> None:
        super().__init__(setup)
        self._at_once = at_once or capacity()

    def run(
        self, asks: Sequence[Ask], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, Trial]]:
        if not asks:
            return
        round_ = _Round(asks, self._at_once)
        threads = [
            threading.Thread(target=_work, args=(self._mother, round_), daemon=True)
            for _ in range(min(self._at_once, len(asks)))
        ]
        for thread in threads:
            thread.start()
        try:
            left = len(asks)
            while left:
                if stop():
                    return
                try:
                    found = round_.told.get(timeout=_PATIENCE_S)
                except queue.Empty:
                    continue
                if isinstance(found, BaseException):
                    raise found
                left -= 1
                yield found
        finally:
            round_.over.set()
            round_.hang_up()
            for thread in threads:
                thread.join(5)


class _Round:
    """Asks under way: what waits, how often each was tried, and the way back."""

    def __init__(self, asks: Sequence[Ask], workers: int) -> None:
        size = max(1, min(16, len(asks) // (workers * 8)))
        places = range(0, len(asks), size)
        self.asks = asks
        self.waiting: deque[list[int]] = deque(
            list(range(at, min(at + size, len(asks)))) for at in places
        )
        self.tried = [0] * len(asks)
        self.told: queue.SimpleQueue[tuple[int, Trial] | BaseException] = queue.SimpleQueue()
        self.over = threading.Event()
        self._lines: set[socket.socket] = set()
        self._lock = threading.Lock()

    def hold(self, line: socket.socket) -> None:
        with self._lock:
            self._lines.add(line)

    def let_go(self, line: socket.socket) -> None:
        with self._lock:
            self._lines.discard(line)
        line.close()

    def hang_up(self) -> None:
        """Wake whoever waits for a worker's answer."""
        with self._lock:
            for line in self._lines:
                line.shutdown(socket.SHUT_RDWR)


def _work(mother: "Mother", round_: _Round) -> None:
    """One worker after the other, until nothing waits."""
    try:
        while not round_.over.is_set():
            try:
                places = round_.waiting.popleft()
            except IndexError:
                return
            _life(mother, round_, places)
    except BaseException as error:  # noqa: BLE001  # thread border: told to who waits
        round_.told.put(error)


def _life(mother: "Mother", round_: _Round, places: list[int]) -> None:
    """Feed one worker until its life is over, nothing waits or it dies."""
    line, pid = mother.another()
    round_.hold(line)
    done, deframer = 0, Deframer()
    try:
        while True:
            left = list(places)
            try:
                for at, trial in answers(
                    line, deframer, Task(done, tuple(round_.asks[n] for n in places))
                ):
                    left.remove(places[at])
                    round_.told.put((places[at], trial))
            except Lost:
                if not round_.over.is_set():
                    _again(round_, left)
                return
            done += len(places)
            if done >= LIFE or round_.over.is_set():
                return
            try:
                places = round_.waiting.popleft()
            except IndexError:
                return
    finally:
        round_.let_go(line)
        mother.gone(pid, kill=round_.over.is_set())


def _again(round_: _Round, left: list[int]) -> None:
    """Hand in anew what a dead worker had not told; the ask it was at has had a try."""
    at = left[0]
    round_.tried[at] += 1
    if round_.tried[at] >= TRIES:
        round_.told.put((at, killed(round_.asks[at])))
        left = left[1:]
    if left:
        round_.waiting.appendleft(left)


def killed(ask: Ask) -> Trial:
    """Return the trial of an ask whose worker died each time."""
    why = f"its worker died {TRIES} times: a crash of the engine, or the memory was short"
    return Trial("failed", ask.path, error=why)


def answers(line: socket.socket, deframer: Deframer, task: Task) -> Iterator[tuple[int, Trial]]:
    """Yield what a worker answers to a task. Raises Lost when it is gone."""
    count = 0
    try:
        line.sendall(frame(task))
        while count < len(task.asks):
            data = line.recv(_MOST)
            if not data:
                raise Lost
            for body in deframer.feed(data):
                answer = _answer(body)
                count += 1
                yield answer.at, answer.trial
    except (OSError, FrameError, msgspec.DecodeError):
        raise Lost from None


class Mother:
    """The process that forks workers."""

    def __init__(self, setup: Setup, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        self.workers: set[int] = set()
        self._lock = threading.Lock()
        self._tickets = 0
        self._deframer = Deframer()
        self._log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", "clearedge_tui.engine.study", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=steady(),
            )
        self._control = ours
        ours.settimeout(_START_S)
        ours.sendall(frame(Begin(setup, str(folder))))
        ready = self._heard(Ready)
        if ready.error:
            self.close()
            raise _ERRORS.get(ready.code, ClearEdgeError)(ready.error)

    def another(self) -> tuple[socket.socket, int]:
        """Return a new worker's line and process id."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._tickets += 1
            asked = frame(Another(self._tickets))
            socket.send_fds(self._control, [asked], [theirs.fileno(), self._log])
            made = self._heard(Made)
            self.workers.add(made.pid)
        return ours, made.pid

    def gone(self, pid: int, kill: bool) -> None:
        with self._lock:
            self.workers.discard(pid)
        if kill:
            with_group(pid)

    def _heard[T](self, kind: type[T]) -> T:
        """Wait for the mother's word; of children's ends nothing is kept: their lines tell."""
        while True:
            try:
                data = self._control.recv(_MOST)
            except OSError:
                data = b""
            if not data:
                raise RetryLater("the process that makes a study's workers has died; try again")
            for body in self._deframer.feed(data):
                message = _from_mother(body)
                if isinstance(message, kind):
                    return message

    def close(self) -> None:
        """End it and its workers."""
        self._control.close()
        for pid in list(self.workers):
            with_group(pid)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._log)


def with_group(pid: int) -> None:
    """Kill a worker with what its strategy has started."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
