"""The first look at a run: headline figures, equity, falls, and what else there is room for."""

from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis
from clearedge_tui.runs.model import RunReport
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui import report_figures
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.report_curve import paint_curve, paint_under_water, span_of
from clearedge_tui.ui.paint.report_months import paint_months

HEADLINE: Final = (
    "total_return", "sharpe", "max_drawdown", "trades", "win_rate", "profit_factor",
    "net_profit", "buy_hold_return", "cagr", "sortino", "fees", "exposure",
)  # fmt: skip
TILE: Final = 13
ASIDE: Final = 46
BROAD: Final = 140
_SHORT: Final = {"max_drawdown": "Max fall", "profit_factor": "Profit fact."}


def paint_overview(
    cells: Cells, area: Area, report: RunReport, look: Look, analysis: Analysis | None = None
) -> None:
    """Paint figures, curve and falls; sides, luck and months too where there is room."""
    used = paint_tiles(cells, area, report, look)
    rest = area.top(used + 1)[1]
    if analysis is not None and area.w >= BROAD:
        aside, rest = rest.right(ASIDE)
        rest = rest._replace(w=rest.w - 2)
        paint_aside(cells, aside, analysis, report.currency, look)
    years = sorted({key[:4] for key in report.monthly})
    if rest.h >= 26 and years:
        rows = min(len(years), max(2, rest.h // 4)) + 2
        months, rest = rest.bottom(rows)
        paint_months(cells, months, report.monthly, analysis.yearly if analysis else {}, look)
    under, rest = rest.bottom(max(2, rest.h // 4)) if rest.h >= 8 else (rest.bottom(0)[0], rest)
    simulation = analysis.simulation if analysis else None
    currency = clean_text(report.currency, 8)
    axis = paint_curve(cells, rest, report.equity, report.buy_hold, simulation, look, currency)
    if axis and under.h:
        under = under._replace(h=under.h - (1 if under.h > 4 else 0))
        paint_under_water(cells, under, report.drawdown, span_of(report.equity), axis, look)


def paint_tiles(cells: Cells, area: Area, report: RunReport, look: Look) -> int:
    """Paint the headline: a name, and its value below it; return the rows used."""
    metrics = report.summary.metrics
    shown = [report_figures.BY_KEY[key] for key in HEADLINE if key in metrics]
    if not shown:
        return 0
    columns = max(1, min(len(shown), area.w // TILE))
    rows = -(-len(shown) // columns)
    if rows > 2:
        shown, rows = shown[: columns * 2], 2
    width = min(area.w // columns, 18)
    for i, one in enumerate(shown):
        x, y = area.x + i % columns * width, area.y + i // columns * 2
        value = metrics[one.key]
        text = report_figures.text(one, value, look.hide_money)
        ink = words.money_ink(value) if one.signed else p.BRIGHT
        ink = p.DOWN if one.key == "max_drawdown" and value else ink
        cells.text(y, x, _SHORT.get(one.key, one.label), p.DIM, width=width - 1)
        cells.text(y + 1, x, text, ink | p.BOLD, width=width - 1)
    return rows * 2


def paint_aside(cells: Cells, area: Area, analysis: Analysis, currency: str, look: Look) -> None:
    """Paint long against short, what luck does to it, costs, and the deepest falls."""
    y = _sides(cells, area, analysis, look) + 1
    y = _luck(cells, area, y, analysis, currency, look) + 1
    y = _costs(cells, area, y, analysis, currency, look) + 1
    _falls(cells, area, y, analysis)


def _head(cells: Cells, area: Area, y: int, text: str) -> int:
    if y < area.y + area.h:
        cells.text(y, area.x, text, p.BRIGHT | p.BOLD, width=area.w)
    return y + 1


def _line(cells: Cells, area: Area, y: int, name: str, text: str, ink: int = p.TEXT) -> int:
    if y < area.y + area.h:
        cells.text(y, area.x, name, p.DIM, width=20)
        cells.right(y, area.x + 20, area.w - 20, text, ink)
    return y + 1


def _sides(cells: Cells, area: Area, analysis: Analysis, look: Look) -> int:
    y, size = _head(cells, area, area.y, "Sides"), 11
    for i, name in enumerate(("all", "long", "short")):
        cells.right(area.y, area.x + 13 + i * size, size - 1, name, p.DIM)
    for key in ("trades", "win_rate", "closed_pnl", "profit_factor", "avg_trade", "avg_bars"):
        one = report_figures.BY_KEY[key]
        if y >= area.y + area.h:
            break
        cells.text(y, area.x, one.label, p.DIM, width=13)
        for i, part in enumerate((analysis.figures, analysis.long, analysis.short)):
            value = part.get(key)
            ink = words.money_ink(value) if one.signed else p.TEXT
            text = report_figures.text(one, value, look.hide_money)
            cells.right(y, area.x + 13 + i * size, size - 1, text, ink)
        y += 1
    return y


def _luck(cells: Cells, area: Area, y: int, analysis: Analysis, currency: str, look: Look) -> int:
    found = analysis.simulation
    y = _head(cells, area, y, "Luck")
    if found is None:
        return _line(cells, area, y, "too short to resample", "")
    cells.right(y - 1, area.x + 8, area.w - 8, f"{found.paths:,} resampled paths", p.DIM)
    loss = found.probability_of_loss
    ink = p.DOWN if loss > 0.5 else p.WARN if loss > 0.2 else p.UP
    y = _line(cells, area, y, "ends in a loss", f.percent(loss, signed=False), ink | p.BOLD)
    for name, key in (
        ("one in twenty below", "p5"),
        ("half below", "p50"),
        ("one in twenty above", "p95"),
    ):
        if key in found.final:
            value = f.amount(found.final[key], look.hide_money)
            y = _line(cells, area, y, name, f"{value} {clean_text(currency, 8)}")
    y = _line(cells, area, y, "fall, half", f.percent(found.drawdown_p50, signed=False))
    return _line(cells, area, y, "fall, one in twenty", f.percent(found.drawdown_p95, signed=False))


def _costs(cells: Cells, area: Area, y: int, analysis: Analysis, currency: str, look: Look) -> int:
    figures = analysis.figures
    y = _head(cells, area, y, "Costs")
    for name, key, rate in (("fees", "fees", "fees_bps"), ("slippage", "slippage", "slippage_bps")):
        money, bps = figures.get(key), figures.get(rate)
        share = f"  {bps:.2f} bps" if bps is not None else ""
        text = f"{f.amount(money, look.hide_money)} {clean_text(currency, 8)}{share}"
        y = _line(cells, area, y, name, text if money is not None else "not known")
    return y


def _falls(cells: Cells, area: Area, y: int, analysis: Analysis) -> int:
    if not analysis.falls:
        return y
    y = _head(cells, area, y, "Deepest falls")
    for fall in analysis.falls:
        if y >= area.y + area.h:
            break
        cells.text(y, area.x, f.day(fall.start_ns), p.TEXT)
        cells.right(y, area.x + 11, 9, f.percent(-fall.depth), p.DOWN)
        back = f"{fall.days:,.0f} days" if fall.days >= 2 else f"{fall.days * 24:,.1f} hours"
        cells.right(y, area.x + 21, 12, back, p.DIM)
        cells.right(y, area.x + 34, 12, f.day(fall.end_ns) if fall.end_ns else "not yet", p.DIM)
        y += 1
    return y
