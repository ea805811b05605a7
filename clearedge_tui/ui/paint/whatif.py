"""Two equities laid over each other, and their figures side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from clearedge_tui.runs.model import Curve
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.compare_curves import ink_of, paint_curves

NAMES = ("as it was", "with these")
_FIGURES = (
    ("total_return", "return", "percent"), ("sharpe", "Sharpe", "number"),
    ("max_drawdown", "deepest fall", "share"), ("trades", "trades", "count"),
    ("win_rate", "won", "share"), ("profit_factor", "profit factor", "number"),
    ("exposure", "exposure", "share"), ("fees", "fees", "number"),
)  # fmt: skip
WIDE = 120
_TABLE = 46


def curve_of(answer: Mapping[str, Any]) -> Curve:
    """Return an answer's equity as the growth of 1."""
    equity = answer.get("equity") or {}
    values, times = equity.get("value") or (), equity.get("ts_ns") or ()
    balance = (answer.get("metrics") or {}).get("starting_balance")
    if not values or not balance:
        return Curve()
    return Curve(tuple(times), tuple(value / balance for value in values))


def paint_whatif(
    cells: Cells, area: Area, answers: Sequence[Mapping[str, Any]], look: Look
) -> None:
    """Paint up to two answers: curves, and beside or below them the figures."""
    if area.w >= WIDE:
        plot, table = area.left(area.w - _TABLE - 2)
        table = table._replace(x=table.x + 2, w=_TABLE)
    else:  # the first figures above the curves; the rest has no room
        rows = min(len(_FIGURES), max(4, area.h - 16)) + 1
        table, plot = area.top(min(rows, area.h // 2))
    paint_curves(cells, plot, [curve_of(one) for one in answers], look)
    _paint_table(cells, table, answers, look)


def _paint_table(
    cells: Cells, area: Area, answers: Sequence[Mapping[str, Any]], look: Look
) -> None:
    if area.h < 2:
        return
    x = area.x + 15
    for number, name in enumerate(NAMES[: len(answers)]):
        cells.text(
            area.y, x + number * 14, f"{look.symbols.full} {number + 1} {name:>9}", ink_of(number)
        )
    for y, (key, label, kind) in enumerate(_FIGURES[: area.h - 1], area.y + 1):
        cells.text(y, area.x, label, p.DIM, width=14)
        found = [(one.get("metrics") or {}).get(key) for one in answers]
        for number, value in enumerate(found):
            ink = p.TEXT if number == 0 or value == found[0] else p.BRIGHT | p.BOLD
            cells.text(y, x + number * 14, f"{_text(value, kind):>13}", ink)


def _text(value: float | None, kind: str) -> str:
    if value is None:
        return "–"
    if kind == "percent":
        return str(f.percent(value))
    if kind == "share":
        return f"{value:.2%}".replace("%", " %")
    return f"{value:,.0f}" if kind == "count" else f"{value:,.2f}"
