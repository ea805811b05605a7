"""A report as text for a terminal or a file: figures, charts, months, trades, conventions."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC

from clearedge_tui.core.clock import iso, to_datetime
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis
from clearedge_tui.runs.analysis.text import tables
from clearedge_tui.runs.model import Curve, RunReport, Trade

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_SHOWN_TRADES = 10
_SHARES = frozenset(
    (
        "total_return",
        "buy_hold_return",
        "cagr",
        "volatility",
        "max_drawdown",
        "win_rate",
        "exposure",
    )
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_EIGHTHS = " ▁▂▃▄▅▆▇█"
COUNTS = frozenset(("trades", "orders", "fills", "rejected", "denied", "restarts", "shadow_fills"))
_NAMES = {
    "cagr": "CAGR",
    "avg_bars": "bars per trade",
    "max_drawdown_days": "drawdown days",
    "buy_hold_return": "buy and hold",
    "avg_trade": "average trade",
    "avg_win_loss_ratio": "payoff",
}


def value_text(name: str, value: float | None) -> str:
    """Return one figure as a person reads it; `-` when it is not defined."""
    if value is None:
        return "-"
    if name in _SHARES:
        return (
            f"{value:+.2%}"
            if name in ("total_return", "buy_hold_return", "cagr")
            else f"{value:.2%}"
        )
    return f"{value:,.0f}" if name in COUNTS else f"{value:,.2f}"


def render(report: RunReport, width: int = 80, fine: bool = True) -> str:
    """Return the whole report, at most `width` columns wide (80 at the least).

    `fine` charts have axes and lines, and cost a tenth of a second; the others are plain columns.
    """
    width = max(80, width)
    parts = [*_head(report, width)]
    if report.summary.metrics:
        parts += ["", *_figures(report, width)]
    if len(report.equity.ts_ns) > 1:
        parts += ["", *(_chart(report, width) if fine else _columns(report, width))]
    if report.monthly:
        parts += ["", *_months(report, width)]
    if report.trades:
        parts += ["", *_trades(report)]
    for section in report.sections:
        parts += ["", section.title, *(f"  {line}"[:width].rstrip() for line in section.lines)]
    if report.conventions:
        parts += [
            "",
            "How to read this",
            *(f"  {line}" for line in _folded(report.conventions, width - 2)),
        ]
    if report.paths:
        folder = report.paths.get("summary", "").rpartition("/")[0]
        parts += ["", f"run {report.summary.run_id}", f"in  {folder}"]
    return "\n".join(parts) + "\n"


def markdown(report: RunReport, analysis: Analysis | None = None) -> str:
    """Return the report as a Markdown file."""
    title = f"{report.summary.strategy} on {report.summary.market}"
    more = f"\n```text\n{tables(analysis)}```\n" if analysis is not None else ""
    return f"# {clean_text(title)}\n\n```text\n{render(report, 100, fine=False)}```\n{more}"


def _head(report: RunReport, width: int) -> list[str]:
    run, spec = report.summary, report.spec
    market = f"{run.market} (SIMULATED)" if run.simulated else run.market
    config = ", ".join(f"{name}={value}" for name, value in spec.config.items()) or "as declared"
    ended = f"{run.phase}, {run.status}" if run.phase else run.status
    span = f"{iso(run.start_ns)} to {iso(run.end_ns)} UTC"
    bars = f"{span} · {report.bars:,} bars" if report.bars else "no bar was run"
    lines = [
        f"{run.kind.upper()}  {run.strategy} · {market} · {run.timeframe} · {ended}",
        "─" * width,
        f"{span if report.session else bars} · {run.duration_s:.1f} s",
        *_folded([f"config {clean_text(config, 300)}"], width),
    ]
    if run.stamps:
        lines.insert(1, f"! {' · '.join(run.stamps).upper()}"[:width])
    if run.error:
        lines += [*_folded([f"! {clean_text(run.error)}"], width)]
    return lines


def _figures(report: RunReport, width: int) -> list[str]:
    cells = []
    for name, value in report.summary.metrics.items():
        unit = f" {report.currency}" if name in ("net_profit", "fees") else ""
        cells.append((_NAMES.get(name, name.replace("_", " ")), value_text(name, value) + unit))
    columns = 3 if width >= 96 else 2
    each = width // columns
    rows = -(-len(cells) // columns)
    lines = []
    for row in range(rows):
        picked = [cells[i] for i in range(row, len(cells), rows)]
        lines.append("".join(f"{n:<17}{v:>{each - 20}}   " for n, v in picked).rstrip())
    return lines


def _chart(report: RunReport, width: int) -> list[str]:
    held = ", · buy and hold" if report.buy_hold.ts_ns else ""
    lines = [f"Equity ({report.currency}){held}"]
    lines += plot([(report.equity, "braille"), (report.buy_hold, "dot")], width, 14)
    lines += ["Drawdown (%)"]
    falls = Curve(report.drawdown.ts_ns, tuple(v * 100 for v in report.drawdown.value))
    return lines + plot([(falls, "braille")], width, 8)


def _columns(report: RunReport, width: int) -> list[str]:
    lines = [f"Equity ({report.currency}), {_range(report.equity, 1)}"]
    lines += blocks(report.equity.value, width, 8)
    lines += [f"Drawdown (%), {_range(report.drawdown, 100)}"]
    return lines + blocks([-value for value in report.drawdown.value], width, 4)


def _range(curve: Curve, times: float) -> str:
    low, high = min(curve.value) * times, max(curve.value) * times
    return f"{low:,.2f} to {high:,.2f}"


def blocks(values: Sequence[float], width: int, height: int) -> list[str]:
    """Return a chart of solid columns, the lowest value at the bottom and the highest at the top."""
    picked = [values[n * len(values) // width] for n in range(width)]
    low, high = min(picked), max(picked)
    scale = height * 8 / (high - low) if high > low else 0.0
    levels = [round((value - low) * scale) for value in picked]
    return [
        "".join(_EIGHTHS[min(8, max(0, level - row * 8))] for level in levels).rstrip()
        for row in reversed(range(height))
    ]


def plot(curves: Sequence[tuple[Curve, str]], width: int, height: int) -> list[str]:
    """Return lines of a chart without colours."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, height)
    for curve, marker in curves:
        if curve.ts_ns:
            plotext.plot([t / 1e9 for t in curve.ts_ns], list(curve.value), marker=marker)
    times = curves[0][0].ts_ns
    days = (times[-1] - times[0]) / 86_400e9
    form = "%Y-%m-%d" if days > 4 else "%m-%d %H:%M"
    ticks = [times[0] + (times[-1] - times[0]) * i // 4 for i in range(5)]
    labels = [to_datetime(t).astimezone(UTC).strftime(form) for t in ticks]
    plotext.xticks([t / 1e9 for t in ticks], labels)
    drawn = _ANSI.sub("", plotext.build())
    plotext.clear_figure()
    return [line.rstrip()[:width] for line in drawn.split("\n")]


def _months(report: RunReport, width: int) -> list[str]:
    """One row a year: twelve months and the year, in percent."""
    cell, digits = (7, 2) if width >= 100 else (5, 1)
    heads = "".join(f"{name:>{cell}}" for name in _MONTHS)
    lines = ["Months (%)", f"  {'':<4}{heads}{'year':>{cell + 2}}"]
    for year in sorted({month[:4] for month in report.monthly}):
        found = [report.monthly.get(f"{year}-{n:02}") for n in range(1, 13)]
        cells = "".join(f"{_percent(value, digits, cell - 1):>{cell}}" for value in found)
        whole = math.prod(1 + value for value in found if value is not None) - 1
        lines.append(f"  {year:<4}{cells}{_percent(whole, digits, cell + 1):>{cell + 2}}")
    return lines


def _percent(share: float | None, digits: int, room: int) -> str:
    """Return percent in at most `room` characters: a large value loses its digits first."""
    if share is None:
        return "·"
    value = share * 100
    texts = (f"{value:.{digits}f}", f"{value:.0f}", f"{value:.0e}")
    return next((text for text in texts if len(text) <= room), texts[-1])


def _trades(report: RunReport) -> list[str]:
    shown = report.trades[:_SHOWN_TRADES]
    lines = [f"Last {len(shown)} of {report.trades_total:,} trades"]
    lines.append(
        f"  {'closed':<17}{'side':<6}{'size':>10}{'entry':>12}{'exit':>12}{'PnL':>12}{'bars':>7}"
    )
    return [*lines, *map(_trade, shown)]


def _trade(trade: Trade) -> str:
    return (
        f"  {iso(trade.exit_ns)[:16]:<17}{trade.side:<6}{trade.size.normalize():>10f}"
        f"{float(trade.entry_price):>12,.2f}{float(trade.exit_price):>12,.2f}"
        f"{float(trade.pnl):>12,.2f}{trade.bars:>7}"
    )


def _folded(lines: Iterable[str], width: int) -> list[str]:
    import textwrap

    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ")]
