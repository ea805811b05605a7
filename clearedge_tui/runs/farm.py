"""Workers forked from a process that has imported everything: for many runs, and for a supervisor."""

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

import msgspec

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.runs.job import Job
from clearedge_tui.runs.messages import Gone, Made, Make
from clearedge_tui.runs.workers import Worker, steady

_START_S = 30.0
_decode = msgspec.msgpack.Decoder(Made | Gone).decode


class Forked:
    """One worker of the farm."""

    def __init__(self, pid: int, over: "Future[int]") -> None:
        self.pid = pid
        self._over = over
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:  # so short that it is gone already
            self._handle = -1

    def wait(self, limit_s: float) -> int | None:
        try:
            code = self._over.result(limit_s)
        except NotYet:
            return None
        self._close()
        return code

    def kill(self) -> None:
        if self._handle >= 0 and not self._over.done():
            try:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            except ProcessLookupError:
                return

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


class Farm:
    """Starts with the first job, and anew when its process dies. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._tickets = 0
        self._made: dict[int, Future[tuple[int, Future[int]]]] = {}
        self._over: dict[int, Future[int]] = {}

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self, job: Job, answers: int, log: int) -> Worker:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._open()
            self._tickets += 1
            ticket = self._tickets
            made = self._made[ticket] = Future()
            control = self._control
            if control is None:
                raise ClearEdgeError("the process that makes workers did not start")
            try:
                socket.send_fds(control, [frame(Make(ticket, job))], [answers, log])
            except OSError as error:
                raise ClearEdgeError(f"the process that makes workers is gone: {error}") from None
        try:
            return Forked(*made.result(_START_S))
        except NotYet:
            raise ClearEdgeError(
                "no worker was made in half a minute; is the machine busy?"
            ) from None

    def close(self) -> None:
        """End the farm; workers under way see that nobody listens, and stop."""
        with self._lock:
            if self._control is not None:
                self._control.shutdown(socket.SHUT_RDWR)  # a close alone wakes nobody
                self._control.close()
                self._control = None
            if self._process is not None:
                try:
                    self._process.wait(5)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
                self._process = None

    def _open(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", "clearedge_tui.engine.farm", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=steady(),
            )
        self._control = ours
        threading.Thread(target=self._listen, args=(ours,), name="farm", daemon=True).start()

    def _listen(self, control: socket.socket) -> None:
        deframer = Deframer()
        while True:
            try:
                data = control.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            for body in deframer.feed(data):
                self._heard(_decode(body))
        with self._lock:
            for waiting in self._made.values():
                waiting.set_exception(ClearEdgeError("the process that makes workers has died"))
            for over in self._over.values():
                over.set_result(-signal.SIGKILL)
            self._made.clear()
            self._over.clear()

    def _heard(self, message: Made | Gone) -> None:
        with self._lock:
            match message:
                case Made(ticket, pid):
                    over: Future[int] = Future()
                    self._over[pid] = over
                    self._made.pop(ticket).set_result((pid, over))
                case Gone(pid, code):
                    self._over.pop(pid, Future()).set_result(code)
