"""What a strategy has earned in backtests: its newest runs, and the curve of the newest one."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.runs import paint_curve

LEAST: Final = 14  # rows; below this the past is left out
_LIST: Final = 78  # columns of the list beside the curve
_FIGURES: Final = ((38, "RETURN"), (48, "SHARPE"), (57, "DRAWDOWN"), (67, "TRADES"))


class Past(NamedTuple):
    """Runs of one strategy, newest first; `report` is that of the newest one that is done."""

    runs: Sequence[RunSummary] = ()
    report: RunReport | None = None
    waiting: bool = False


def paint_past(cells: Cells, area: Area, past: Past, look: Look) -> None:
    cells.rule(area.y, area.x, area.w, look.symbols.rule, p.FAINT)
    cells.text(area.y, area.x + 2, " Backtests ", p.BRIGHT | p.BOLD)
    body = area.top(2)[1]
    if not past.runs:
        told = "asking…" if past.waiting else "no backtest yet: b makes one"
        cells.text(body.y, body.x + 2, told, p.DIM)
        return
    listed, curve = body.left(_LIST)
    cells.text(listed.y, 2, "RUN", p.DIM)
    cells.text(listed.y, 19, "MARKET", p.DIM)
    for x, name in _FIGURES:
        cells.right(listed.y, x, 8, name, p.DIM)
    for y, run in enumerate(past.runs[: max(0, listed.h - 1)], listed.y + 1):
        _paint_run(cells, y, run)
    if past.report is not None:
        paint_curve(cells, curve.inset(1), past.report, look)


def _paint_run(cells: Cells, y: int, run: RunSummary) -> None:
    done = run.status == "done"
    cells.text(y, 2, f.moment(run.created_ns), p.BRIGHT if done else p.DIM)
    cells.text(y, 19, clean_text(f"{run.market} {run.timeframe}"), p.TEXT, width=19)
    if not done:
        ink = p.BAD if run.status == "failed" else p.DIM
        cells.text(y, 40, clean_text(f"{run.status} {run.error}"), ink, width=_LIST - 42)
        return
    gain, sharpe = run.metrics.get("total_return"), run.metrics.get("sharpe")
    fall = f.percent(run.metrics.get("max_drawdown"), signed=False)
    parts = (
        (f.percent(gain), words.money_ink(gain)),
        ("–" if sharpe is None else f"{sharpe:.2f}", p.TEXT),
        (fall, p.TEXT),
        (f.count(int(run.metrics.get("trades") or 0)), p.TEXT),
    )
    for (x, _), (text, ink) in zip(_FIGURES, parts, strict=True):
        cells.right(y, x, 8, text, ink)
