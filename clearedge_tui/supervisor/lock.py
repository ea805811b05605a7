"""One supervisor a home: a lock the kernel drops with its holder, and who holds it."""

import fcntl
import os
import socket
from pathlib import Path
from types import TracebackType

import msgspec

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import Refused
from clearedge_tui.core.owner import owner_file


class Holder(msgspec.Struct, frozen=True):
    pid: int
    host: str
    started_ns: int
    what: str  # headless | console | command

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.what}, since {iso(self.started_ns)} UTC)"


def read_holder(path: Path) -> Holder | None:
    """Return who wrote the lock file last; the lock itself may be free."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


class SupervisorLock:
    """Taken with flock (one holder), and a record lock beside it that tells engines who it is.

    The record lock has a file of its own: the kernel drops a process's record locks when it closes
    any descriptor of that file, and the lock file itself is opened to read the holder's name.
    """

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._fd = self._owner_fd = -1

    def acquire(self) -> None:
        """Take the lock or raise Refused naming the holder. Never waits."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            holder = read_holder(self._path)
            raise Refused(
                f"a supervisor runs already: {holder or 'unknown'}. Attach with: clearedge, "
                "or stop it with: clearedge stop"
            ) from None
        self._fd = fd
        self._owner_fd = os.open(
            owner_file(self._path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        fcntl.lockf(self._owner_fd, fcntl.LOCK_EX)
        me = Holder(os.getpid(), socket.gethostname(), now_ns(), self._what)
        os.ftruncate(fd, 0)
        os.pwrite(fd, msgspec.json.encode(me), 0)

    def release(self) -> None:
        for fd in (self._owner_fd, self._fd):
            if fd >= 0:
                os.close(fd)
        self._fd = self._owner_fd = -1

    def __enter__(self) -> "SupervisorLock":
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
