"""A person at the real console, in a terminal of its own, and at the command line."""

import os
import re
import subprocess
import sys
import time

from tests.live.box import LIMIT_S, Box
from tests.ui.picture import Terminal


def cli(box: Box, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clearedge_tui", "--home", str(box.home.root), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Seat:
    """A person at the console: types keys, looks at the screen."""

    def __init__(
        self, box: Box, cols: int = 160, rows: int = 45, words: tuple[str, ...] = (), **env: str
    ) -> None:
        command = [sys.executable, "-m", "clearedge_tui", "--home", str(box.home.root), *words]
        size = {"COLUMNS": str(cols), "LINES": str(rows)}  # pytest sets its own
        self.terminal = Terminal(command, cols, rows, {"TERM": "xterm-256color", **size, **env})

    def screen(self) -> str:
        return "\n".join(self.terminal.text())

    def see(self, *patterns: str, limit_s: float = LIMIT_S) -> str:
        """Read until every pattern is on the screen; return the screen."""
        end = time.monotonic() + limit_s
        while True:
            self.terminal.read(0.1)
            shown = self.screen()
            missing = [p for p in patterns if not re.search(p, shown)]
            if not missing:
                return shown
            if time.monotonic() > end:
                raise AssertionError(f"not on the screen within {limit_s} s: {missing}\n{shown}")

    def type(self, keys: str) -> None:
        self.terminal.type(keys)

    def gone(self, limit_s: float = 2 * LIMIT_S) -> None:
        """Read until the console has left: one that nobody reads cannot write its last words."""
        end = time.monotonic() + limit_s
        while not os.waitpid(self.terminal.pid, os.WNOHANG)[0]:
            assert time.monotonic() < end, f"it did not leave\n{self.screen()}"
            self.terminal.read(0.05)

    def hang_up(self) -> None:
        """Close the terminal as a dropped line does."""
        os.close(self.terminal.fd)
        os.waitpid(self.terminal.pid, 0)
