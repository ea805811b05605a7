"""The stored series as the lines of `data list`: the columns of the console's screen."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import catalog as c
from clearedge_tui.ui import format as f
from clearedge_tui.ui.catalog import SeriesRow

Cell = Callable[[SeriesRow, int], str]


def _missing(one: SeriesRow, now_ns: int) -> str:
    del now_ns
    count = one.missing if one.missing is not None else one.gaps
    return "–" if count is None else f"{count:,}"


def _source(one: SeriesRow, now_ns: int) -> str:
    del now_ns
    return f"{one.source} · SIMULATED" if one.simulated else one.source or "–"


_COLUMNS: Final[dict[str, Cell]] = {
    "VENUE": lambda one, _: one.venue,
    "MARKET": lambda one, _: one.market,
    "TYPE": lambda one, _: f"{one.type} sim" if one.simulated else one.type,
    "ROWS": lambda one, _: f"{one.rows:,}",
    "FROM": lambda one, _: f.day(one.first_ns or 0),
    "TO": lambda one, _: f.day(one.last_ns or 0),
    "MISSING": _missing,
    "AGE": lambda one, now_ns: c.age(one.last_ns, now_ns),
    "SIZE": lambda one, _: f.bytes_size(one.bytes or 0),
    "CHECK": lambda one, now_ns: c.verdict_words(one.verdict, one.checked_ns, now_ns),
    "SOURCE": _source,
}
_RIGHT: Final = frozenset({"ROWS", "MISSING", "AGE", "SIZE"})
_LEFT_OUT: Final = ("SOURCE", "SIZE", "VENUE")  # in this order, where a terminal is narrow


def lines(series: Sequence[SeriesRow], now_ns: int, width: int = 0) -> list[str]:
    """Return the names of the columns and a line a series; 0 is as wide as it needs to be."""
    cells = {
        name: [name, *(clean_text(told(one, now_ns), 200) for one in series)]
        for name, told in _COLUMNS.items()
    }
    wide = {name: max(map(len, column)) for name, column in cells.items()}
    for name in _LEFT_OUT:
        if width and sum(wide.values()) + len(wide) - 1 > width:
            del wide[name]
    total = sum(wide.values())
    gap = "  " if not width or total + 2 * (len(wide) - 1) <= width else " "
    return [
        gap.join(_laid(name, cells[name][row], size) for name, size in wide.items()).rstrip()
        for row in range(len(series) + 1)
    ]


def _laid(name: str, text: str, size: int) -> str:
    return text.rjust(size) if name in _RIGHT else text.ljust(size)


def width() -> int:
    """Return the columns of the terminal; 0 where nobody looks, so that nothing is left out."""
    from clearedge_tui.cli.at_home import columns

    return columns() if sys.stdout.isatty() else 0
