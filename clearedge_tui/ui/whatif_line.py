"""The line to a process that answers what-if questions: one beside the console, ended with its screen."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LARGEST = 8 << 20  # of an answer


class WhatIfLine:
    """Questions go out one by one; of those typed meanwhile only the newest is asked."""

    def __init__(
        self, home: Path, about: dict[str, Any], heard: Callable[[dict[str, Any]], None]
    ) -> None:
        self._home = home
        self._about = about
        self._heard = heard
        self._wanted: dict[str, Any] | None = None
        self._more = asyncio.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self.busy = False

    def ask(self, changed: dict[str, Any]) -> None:
        self._wanted = changed
        self._more.set()

    async def run(self) -> None:
        """Serve until cancelled or closed; a process that ends is told of as an error."""
        self._process = _started(self._home)
        try:
            going = await self._one(self._process, self._about)
            while going:
                await self._more.wait()
                self._more.clear()
                if self._wanted is not None:
                    going = await self._one(self._process, {"set": self._wanted})
        finally:
            self.close()

    def close(self) -> None:
        """End the process; its own children see that nobody asks any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._process = None

    async def _one(self, process: "subprocess.Popen[bytes]", message: dict[str, Any]) -> bool:
        """Ask and hear all that is said to it; False when the process is gone."""
        self.busy = True
        try:
            await asyncio.to_thread(_write, process, message)
            while line := await asyncio.to_thread(_read, process):
                told = json.loads(line)
                ended = "step" not in told
                self.busy = not ended
                self._heard(told)
                if ended:
                    return True
        except (OSError, ValueError):
            pass  # it is gone, or spoke nonsense
        self.busy = False
        if self._process is not None:
            self._heard({"error": "the process that answers is gone; open the screen again"})
        return False


def _started(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        [sys.executable, "-m", "clearedge_tui.research.asked", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _write(process: "subprocess.Popen[bytes]", message: dict[str, Any]) -> None:
    if process.stdin is not None:
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()


def _read(process: "subprocess.Popen[bytes]") -> bytes:
    return process.stdout.readline(_LARGEST) if process.stdout is not None else b""
