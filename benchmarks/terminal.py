"""A program in a real pty: what it writes, how fast it answers a key, what it costs."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence

_ESCAPES = re.compile(rb"\x1b\[[0-9;:?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_TICK_S = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Plays the terminal: answers the questions a program asks of one, and keeps the time."""

    def __init__(self, command: Sequence[str], columns: int = 160, rows: int = 45) -> None:
        self.began = time.perf_counter()
        self.bytes = 0
        self.raw = bytearray()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
            os.environ.update(COLUMNS=str(columns), LINES=str(rows))  # a test has others
            os.execvp(command[0], list(command))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def pump(self, seconds: float, until: Callable[[bytes], bool] | None = None) -> float | None:
        """Read for so long, or until `until` is true of a piece just read; return when it came."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            ready, _, _ = select.select([self.fd], [], [], left)
            if not ready:
                break  # the time is up
            try:
                data = os.read(self.fd, 1 << 18)
            except OSError:
                break
            at = time.perf_counter()
            self._answer(data)
            self.bytes += len(data)
            self.raw += data
            if until is not None and until(data):
                return at
        return None

    def text(self) -> bytes:
        """Return everything read so far without its escapes."""
        return _ESCAPES.sub(b"", bytes(self.raw))

    def _answer(self, data: bytes) -> None:
        if b"\x1b[?2026$p" in data:
            os.write(self.fd, b"\x1b[?2026;2$y")
        for _ in range(data.count(b"\x1b[6n")):
            os.write(self.fd, b"\x1b[1;1R")

    def press(self, key: str) -> float:
        """Send a key and return when."""
        os.write(self.fd, key.encode())
        return time.perf_counter()

    def cpu_s(self) -> float:
        """Return the seconds of processor time that the program has used."""
        with open(f"/proc/{self.pid}/stat") as stat:  # noqa: PTH123  # the kernel's file
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICK_S

    def close(self) -> None:
        """End the program; hard when it does not go by itself."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                break
            self.pump(1.0)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
        os.close(self.fd)
