"""A report of a million bars and ten thousand trades: from the key to its paint.

Each round is a supervisor and a console that have just started, so it is the first report of both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.console import console
from benchmarks.live import Line
from benchmarks.run_one import made_home, spec_of
from benchmarks.table import Row, percentile
from benchmarks.terminal import Terminal
from clearedge_tui.runs.launch import run_backtest
from tests.live.box import Box

_LIMIT_S = 20.0
_EVERY = 50  # bars between two orders


def opened(small: bool) -> list[Row]:
    """The whole report with its candles, and the candles alone over the socket."""
    count, rounds = (3_000, 1) if small else (1_000_000, 7)
    with made_home(count) as home:
        run = run_backtest(home, spec_of("every", every=_EVERY)).summary
        taken = [_painted(home.root) for _ in range(rounds)]
        alone = [_asked(home.root, run.run_id) for _ in range(rounds)]
    pages, charts = zip(*taken, strict=True)
    both = [page + chart for page, chart in taken]
    what = f"{count:,} bars, {run.metrics['trades'] or 0:,.0f} trades"
    times = ", ".join(f"{one * 1000:.0f}" for one in both)
    said = f"the worst of {rounds}: enter, then v; {times} ms"
    first = f"the worst of {rounds}; the question alone, libraries not loaded yet"
    return [
        Row(f"report and candles of {what}", max(both) * 1000, "ms", 300, said),
        Row("  the report", percentile(pages, 0.5) * 1000, "ms", None, "median"),
        Row("  its candles", percentile(charts, 0.5) * 1000, "ms", None, "median"),
        Row("  candles, first question of all", max(alone) * 1000, "ms", None, first),
    ]


@contextmanager
def _fresh(root: Path) -> Iterator[Box]:
    box = Box(root)
    try:
        yield box.start()
    finally:
        box.close()


def _painted(root: Path) -> tuple[float, float]:
    """Return the seconds from `enter` to the report, and from `v` to all of its candles."""
    with _fresh(root):
        terminal = console(root)
        try:
            _until(terminal, "", "ClearEdge")
            _until(terminal, "2", "Drawdown days")
            return _until(terminal, "\r", "Deepest falls"), _until(terminal, "v", "a candle")
        finally:
            terminal.close()


def _until(terminal: Terminal, key: str, words: str) -> float:
    """Press a key; return the seconds until the words are painted anew. Then let it come to rest."""
    del terminal.raw[:]
    began = terminal.press(key)
    at = terminal.pump(_LIMIT_S, until=lambda _: words.encode() in terminal.text())
    if at is None:
        raise RuntimeError(f"`{words}` was not painted within {_LIMIT_S:.0f} s")
    terminal.pump(1.0)
    return at - began


def _asked(root: Path, run_id: str) -> float:
    with _fresh(root) as box:
        line = Line(box)
        try:
            return line.ask("run.candles", run_id=run_id, at_ns=0, count=140, every=0)
        finally:
            line.close()
