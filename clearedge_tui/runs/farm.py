"""Workers forked from a process that has imported everything: for many runs, and for a supervisor."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

import msgspec

from clearedge_tui.core.messages import Exited
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.runs.job import Job
from clearedge_tui.runs.messages import Made, Make
from clearedge_tui.runs.workers import NotStarted, Worker, end_group, steady

_START_S = 30.0
_Made = Future[tuple[int, Future[int]]]
_decode = msgspec.msgpack.Decoder(Made | Exited).decode


class Forked:
    """One worker of the farm."""

    def __init__(self, pid: int, over: "Future[int]") -> None:
        self.pid = pid
        self._over = over
        self._lock = threading.RLock()  # a signal handler may kill while this thread holds it
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:  # so short that it is gone already
            self._handle = -1

    def wait(self, limit_s: float) -> int | None:
        try:
            code = self._over.result(limit_s)
        except NotYet:
            return None
        if not self._ended(limit_s):
            return None  # the farm has died, and this worker has not
        self._close()
        return code

    def kill(self) -> None:
        with self._lock:
            if self._handle < 0:
                return
            try:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            except ProcessLookupError:
                return
            end_group(self.pid)

    def _ended(self, limit_s: float) -> bool:
        with self._lock:
            if self._handle < 0:
                return True
            asked = select.poll()
            asked.register(self._handle, select.POLLIN)
        return bool(asked.poll(limit_s * 1000))

    def _close(self) -> None:
        with self._lock:
            handle, self._handle = self._handle, -1
            if handle >= 0:
                end_group(self.pid)
                os.close(handle)


class Farm:
    """Starts with the first job, and anew when its process dies. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._tickets = 0
        self._made: dict[int, _Made] = {}  # of the process that lives now, by ticket

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
                raise NotStarted("the process that makes workers did not start")
            try:
                socket.send_fds(control, [frame(Make(ticket, job))], [answers, log])
            except OSError as error:
                del self._made[ticket]
                raise NotStarted(f"the process that makes workers is gone: {error}") from None
        try:
            return Forked(*made.result(_START_S))
        except NotYet:
            raise NotStarted("no worker was made in half a minute; is the machine busy?") from None

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
        self._control, self._made = ours, {}
        args = (ours, self._made)
        threading.Thread(target=self._listen, args=args, name="farm", daemon=True).start()

    def _listen(self, control: socket.socket, made: dict[int, _Made]) -> None:
        """Hear one process to its end; what waits for a later one is not its business."""
        deframer, over = Deframer(), dict[int, "Future[int]"]()
        while True:
            try:
                data = control.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            for body in deframer.feed(data):
                self._heard(_decode(body), made, over)
        with self._lock:
            for waiting in made.values():
                waiting.set_exception(NotStarted("the process that makes workers has died"))
            for one in over.values():
                one.set_result(-signal.SIGKILL)
            made.clear()

    def _heard(
        self, message: Made | Exited, made: dict[int, _Made], over: dict[int, Future[int]]
    ) -> None:
        with self._lock:
            match message:
                case Made(ticket, pid):
                    over[pid] = Future()
                    made.pop(ticket).set_result((pid, over[pid]))
                case Exited(pid, code):
                    over.pop(pid, Future()).set_result(code)
