"""The first look at a run or job: its figures, its curve, its progress."""

import textwrap
from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.index import RunRow
from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.lines import paint_drawdown, paint_lines

Item = JobRow | RunRow | RunSummary
STATUS: Final = {
    "done": p.GOOD,
    "failed": p.BAD,
    "cancelled": p.DIM,
    "running": p.ACCENT,
    "queued": p.DIM,
    "interrupted": p.WARN,
}
# name, metric, percent?
FIGURES: Final = (
    ("Return", "total_return", True), ("Net profit", "net_profit", False), ("Buy and hold", "buy_hold_return", True),
    ("Sharpe", "sharpe", False), ("Max drawdown", "max_drawdown", True), ("Trades", "trades", False),
    ("Win rate", "win_rate", True), ("Profit factor", "profit_factor", False), ("Fees", "fees", False),
    ("Sortino", "sortino", False), ("Calmar", "calmar", False), ("CAGR", "cagr", True),
    ("Volatility", "volatility", True), ("Exposure", "exposure", True), ("Drawdown days", "max_drawdown_days", False),
    ("Average trade", "avg_trade", False), ("Best trade", "best_trade", False), ("Worst trade", "worst_trade", False),
    ("Average bars", "avg_bars", False), ("Turnover", "turnover", False), ("Orders", "orders", False),
    ("Fills", "fills", False), ("PnL", "pnl", False),
    ("Payoff", "avg_win_loss_ratio", False), ("Start balance", "starting_balance", False), ("Final equity", "final_equity", False),
)  # fmt: skip
MONEY: Final = (
    "pnl", "net_profit", "fees", "avg_trade", "best_trade", "worst_trade", "starting_balance",
    "final_equity",
)  # fmt: skip
SHARES: Final = frozenset(key for _, key, share in FIGURES if share)
SIGNED: Final = (
    "total_return",
    "net_profit",
    "buy_hold_return",
    "cagr",
    "pnl",
    "sharpe",
    "sortino",
)


def key_of(item: Item) -> str:
    return item.id if isinstance(item, JobRow) else item.run_id


def short_id(run_id: str) -> str:
    """Return an id that fits its column; of a long one its date and time (the rest is told below)."""
    washed = clean_text(run_id)
    return washed if len(washed) <= 12 else washed[4:15]


def bar(cells: Cells, area: Area, share: float, eta_s: float | None, look: Look) -> None:
    """Paint a progress bar with its share and the time it still needs."""
    text = f" {share * 100:3.0f} %" + (f"  eta {f.duration(eta_s)}" if eta_s is not None else "")
    room = max(4, area.w - len(text))
    full = round(max(0.0, min(1.0, share)) * room)
    cells.text(area.y, area.x, look.symbols.full * full, p.ACCENT, width=room)
    cells.text(
        area.y, area.x + full, look.symbols.empty * (room - full), p.FAINT, width=room - full
    )
    cells.text(area.y, area.x + room, text, p.TEXT)


def paint_look(
    cells: Cells, item: JobRow | RunSummary, report: RunReport | None, look: Look
) -> None:
    """Paint what is known of the selected one; with its report the curve too."""
    paint_title(cells, item, look)
    area = cells.area.top(1)[1].inset(1)
    if isinstance(item, JobRow):
        _paint_job(cells, area, item, look)
    elif item.error:
        for y, line in enumerate(textwrap.wrap(clean_text(item.error), max(20, area.w))[: area.h]):
            cells.text(area.y + y, area.x, line, p.BAD, width=area.w)
    elif all(value is None for value in item.metrics.values()):
        cells.text(area.y, area.x, f"{item.status}: no figures", p.DIM, width=area.w)
    else:
        used = paint_figures(cells, area, item, look)
        if report is not None and area.h - used >= 6:
            paint_curve(cells, area.top(used + 1)[1], report, look)


def paint_curve(cells: Cells, area: Area, report: RunReport, look: Look) -> None:
    """Paint equity over buy and hold; under them, with room, how far it was below its peak."""
    if look.hide_money:
        cells.text(area.y + area.h // 2, area.x + 2, "amounts are hidden ($ shows them)", p.DIM)
        return
    if area.h >= 12:
        fall, area = area.bottom(max(3, area.h // 5))
        paint_drawdown(cells, fall, list(report.drawdown.value), look.symbols)
    series: dict[str, list[float | None]] = {"equity": list(report.equity.value)}
    if report.buy_hold.value:
        series["buy and hold"] = list(report.buy_hold.value)
    title, times = clean_text(report.currency), report.equity.ts_ns
    paint_lines(cells, area, title, series, look.symbols, times, (p.ACCENT, p.DIM))


def paint_title(cells: Cells, item: Item, look: Look) -> None:
    """Paint a rule with the name of a job or run."""
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    name = (
        item.title
        if isinstance(item, JobRow)
        else f"{item.run_id} {item.strategy} {item.market} {item.timeframe}"
    )
    cells.text(0, 2, f" {clean_text(name)} ", p.BRIGHT)


def _paint_job(cells: Cells, area: Area, job: JobRow, look: Look) -> None:
    cells.text(area.y, area.x, f"{job.state}  {clean_text(job.message)}", p.TEXT, width=area.w)
    if job.equity:
        curve = {"equity": list(job.equity)}
        paint_lines(cells, area.top(1)[1], "equity so far", curve, look.symbols)


def paint_figures(cells: Cells, area: Area, run: RunSummary, look: Look) -> int:
    """Paint the metrics as a grid of name and value; return the rows used."""
    known = [item for item in FIGURES if item[1] in run.metrics]
    others = [
        (k.replace("_", " "), k, False) for k in run.metrics if k not in {x[1] for x in FIGURES}
    ]
    columns = max(1, area.w // 26)
    entries = [*known, *others]
    rows = -(-len(entries) // columns) if entries else 0
    for i, (label, key, is_share) in enumerate(entries):
        x, y = area.x + i % columns * 26, area.y + i // columns
        if y >= area.y + area.h:
            break
        value = run.metrics[key]
        hidden = look.hide_money and key in MONEY
        text = (
            f.HIDDEN
            if hidden
            else f.percent(value, signed=key in SIGNED)
            if is_share
            else f.number(_whole(value))
        )
        ink = words.money_ink(value) if key in SIGNED else p.BRIGHT
        cells.text(y, x, clean_text(label), p.DIM, width=13)
        cells.right(y, x + 13, 10, text, ink)
    return min(rows, area.h)


def _whole(value: float | None) -> float | int | None:
    return (
        int(value)
        if value is not None and value == value and abs(value) < 1e15 and value == int(value)
        else value
    )


def remark(item: Item) -> tuple[str, int]:
    """Return one line on the selected one: all that its row has no room for."""
    if isinstance(item, JobRow):
        return f"{item.state}: {clean_text(item.message)}", p.DIM
    if item.error:
        return clean_text(item.error), p.BAD
    if item.status == "interrupted" and item.kind != "session":
        return f"{clean_text(item.run_id)} was interrupted; R takes it up again", p.WARN
    labels = [clean_text(stamp, 24) for stamp in item.stamps]
    if item.simulated and not any(stamp.startswith("simulated") for stamp in labels):
        labels.append("simulated market")
    if isinstance(item, RunRow):
        labels += [*(f"#{clean_text(tag, 30)}" for tag in item.tags), clean_text(item.note)]
    span = f"{f.day(item.start_ns)} to {f.day(item.end_ns)}"
    made = f"made {f.moment(item.created_ns)}"
    # a list shows what its row may have no room for first; a report's line begins with its name
    named = [made, span, clean_text(item.run_id)]
    if not isinstance(item, RunRow):
        named, labels = [clean_text(item.run_id), made, span, *labels], []
    return "   ".join(part for part in (*labels, *named) if part), p.DIM
