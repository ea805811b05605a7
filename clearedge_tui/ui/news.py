"""The last news in a box: each in full, with the thread that leads to all it did."""

from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.data_acts import wrapped
from clearedge_tui.ui.model import Notice
from clearedge_tui.ui.screens.dialogs import Choice, Option

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_SHOWN, _LINES = 5, 2  # a box of 24 rows holds them


def show_news(ui: "Console") -> None:
    """Show the newest news first; a number opens the journal on the thread of one."""
    last = [*ui.model.notices][: -_SHOWN - 1 : -1]
    keys = {id(one): str(n) for n, one in enumerate((x for x in last if x.trace), 1)}
    options = [row for one in last for row in _rows(ui, one, keys.get(id(one), ""))]
    traces = {keys[id(one)]: one.trace for one in last if one.trace}

    def chosen(key: str | None) -> None:
        if key:
            ui.visit("journal", f"trace:{traces[key]}")

    if not options:
        options.append(Option("", "nothing was told yet", p.DIM))
    note = "a number, or enter: job, run, data and orders of it in the journal" if traces else ""
    first = next((i for i, option in enumerate(options) if option.key), 0)
    ui.push_screen(Choice("news", options, note, first), chosen)


def _rows(ui: "Console", one: Notice, key: str) -> list[Option]:
    ink = {True: p.GOOD, False: p.BAD, None: p.TEXT}[one.good]
    age = f.duration(max(0.0, ui.model.mono() - one.at))
    first, *more = wrapped(one.text)[:_LINES]
    rows = [Option(key, f"{age:>6}  {first}", ink)]
    rows += [Option("", f"{'':6}  {piece}", ink) for piece in more]
    if one.trace:
        rows.append(Option("", f"{'':6}  trace {clean_text(one.trace, 32)}", p.FAINT))
    return rows
