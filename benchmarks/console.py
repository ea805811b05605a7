"""The console in a pty: first frame, attach, key to paint, processor time, bytes."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.table import Row, percentile
from benchmarks.terminal import Terminal
from clearedge_tui.cli.init import make_home

_PRIVATE = re.compile(
    rb"\x1b\[[<>=][^a-zA-Z]*[a-zA-Z]"
)  # answers and modes that pyte takes for text


@contextmanager
def world(rows: int, rate_hz: float) -> Iterator[Path]:
    """Give a home whose supervisor shows so many rows and moves them so often."""
    with tempfile.TemporaryDirectory(prefix="ce") as folder:
        home = make_home(Path(folder))
        home.sockets.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "benchmarks.world",
            str(home.control_socket),
            str(rows),
            str(rate_hz),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
            try:
                assert served.stdout is not None
                served.stdout.readline()
                yield home.root
            finally:
                served.kill()


def console(home: Path, rate_hz: float = 5.0) -> Terminal:
    return Terminal(
        [sys.executable, "-m", "clearedge_tui", "--home", str(home), "--rate", str(rate_hz)]
    )


class Picture:
    """The screen as a terminal would show it, to see which row is selected."""

    def __init__(self) -> None:
        import pyte

        self._screen = pyte.Screen(160, 45)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, data: bytes) -> None:
        self._stream.feed(_PRIVATE.sub(b"", data))

    def selected(self) -> int:
        """Return the line in the table whose background is its own."""
        backgrounds = [self._screen.buffer[y][10].bg for y in range(2, 22)]
        usual = max(set(backgrounds), key=backgrounds.count)
        return next((y for y, one in enumerate(backgrounds) if one != usual), -1)


def _shows(terminal: Terminal, word: bytes) -> Callable[[bytes], bool]:
    return lambda _: word in terminal.text()


def first_frame(rounds: int) -> list[Row]:
    """Time from the start of the program to its first frame, and on to the supervisor's rows."""
    frames, attached = [], []
    with world(24, 0) as home:
        for _ in range(rounds + 1):
            terminal = console(home)
            try:
                frame = terminal.pump(10, until=_shows(terminal, b"ClearEdge"))
                rows = terminal.pump(10, until=_shows(terminal, b"BTC/USDT")) or frame
                if frame is not None and rows is not None:
                    frames.append(frame - terminal.began)
                    attached.append(rows - frame)
            finally:
                terminal.close()
    value = percentile(frames[1:], 0.5) if len(frames) > 1 else None
    after = percentile(attached[1:], 0.5) if len(attached) > 1 else None
    return [
        Row("clearedge to first painted frame", value, "s", 0.5, "median, real pty"),
        Row("first frame to the supervisor's rows", after, "s", 0.3, "median, attach"),
    ]


def keys(count: int) -> list[Row]:
    """Time from a key to its row being painted as selected, while 100 rows move at 10 Hz."""
    took = []
    with world(100, 10) as home:
        terminal, picture = console(home, 10), Picture()
        try:
            terminal.pump(3)
            picture.feed(bytes(terminal.raw))
            for number in range(count):
                before = picture.selected()
                sent = terminal.press("j" if number // 8 % 2 == 0 else "k")
                painted = terminal.pump(1.0, until=partial(_moved, picture, before))
                took.append(1.0 if painted is None else painted - sent)
                terminal.pump(0.06 + (number * 0.037) % 0.1, until=partial(_moved, picture, 99))
        finally:
            terminal.close()
    note = f"{count} keys, median {percentile(took, 0.5) * 1000:.1f} ms, 100 rows at 10 Hz"
    return [Row("key to paint, p99", percentile(took, 0.99) * 1000, "ms", 50, note)]


def _moved(picture: Picture, before: int, data: bytes) -> bool:
    """Take a piece of output; whether the selection has left the line `before` (99: never)."""
    picture.feed(data)
    return before != 99 and picture.selected() not in (before, -1)


def load(seconds: float) -> list[Row]:
    """Processor time and bytes: 24 rows at 5 Hz, then the same rows lying still."""
    rows = []
    for rate, what, limit in ((5.0, "at 5 Hz, 24 rows", 6.0), (0.0, "idle", 1.0)):
        with world(24, rate) as home:
            terminal = console(home)
            try:
                terminal.pump(min(3.0, seconds))
                before, sent, began = terminal.cpu_s(), terminal.bytes, time.perf_counter()
                terminal.pump(seconds)
                span = time.perf_counter() - began
                share = (terminal.cpu_s() - before) / span * 100
                rate_kb = (terminal.bytes - sent) / span / 1000
            finally:
                terminal.close()
        rows.append(Row(f"console processor time {what}", share, "%", limit, f"over {span:.0f} s"))
        if rate:
            rows.append(Row("bytes to the terminal at 5 Hz, 160x45", rate_kb, "kB/s", 20))
    return rows
