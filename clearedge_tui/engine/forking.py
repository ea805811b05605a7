"""What the mothers of our processes share: they imported everything, do nothing, and fork on request.

A mother speaks over one inherited socket with whoever made it, tells of each child's end, and ends
with that socket.
"""

import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from clearedge_tui.core.messages import Exited
from clearedge_tui.core.wire import Deframer, frame

_MOST = 1 << 20
_MOST_PASSED = 16


def become(work: Callable[[], int], keep_out: list[int], ignored: tuple[int, ...]) -> NoReturn:
    """Be the child: signals, session and limits of its own, then the work; never returns.

    What the work raises is written to stderr, which the work has pointed at its log.
    """
    code = 70
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
        for descriptor in keep_out:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        code = work()
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
        sys.stderr.write(f"{exit_}\n")
    except BaseException:  # noqa: BLE001  # process main: the one border, recorded in the log
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def speak_to(log: int) -> None:
    """Read from nowhere and write what is printed to a log; takes the descriptor over."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(null)
    os.close(log)


class Mother:
    """The loop. A subclass says in `asked` what a request is."""

    def __init__(self, control: socket.socket, wanted: Any) -> None:
        self._control = control
        self._deframer = Deframer()
        self._decode = msgspec.msgpack.Decoder(wanted).decode
        self.passed: list[int] = []  # descriptors that came along with requests, in their order
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_w, False)
        os.set_blocking(self._wake_r, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)

    def asked(self, request: Any) -> None:
        raise NotImplementedError

    @property
    def own(self) -> list[int]:
        """The descriptors that a child must not keep."""
        return [self._control.fileno(), self._wake_r, self._wake_w]

    def run(self) -> None:
        """Serve until the owner's end of the socket is gone."""
        control = self._control.fileno()
        while True:
            ready, _, _ = select.select([control, self._wake_r], [], [])
            if self._wake_r in ready:
                os.read(self._wake_r, 4096)
                self._reap()
            if control in ready:
                data, passed, _, _ = socket.recv_fds(self._control, _MOST, _MOST_PASSED)
                if not data:
                    return
                self.passed += passed
                for body in self._deframer.feed(data):
                    self.asked(self._decode(body))

    def tell(self, message: msgspec.Struct) -> None:
        try:
            self._control.sendall(frame(message))
        except (BrokenPipeError, ConnectionResetError):
            sys.exit(0)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.tell(Exited(pid, os.waitstatus_to_exitcode(status)))
