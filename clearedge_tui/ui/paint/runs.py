"""Lines of the runs list, progress bars, and the first look at a run."""

from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.model import RunSummary
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.lines import paint_lines

Item = JobRow | RunSummary
_STATUS: Final = {
    "done": p.GOOD,
    "failed": p.BAD,
    "cancelled": p.DIM,
    "running": p.ACCENT,
    "queued": p.DIM,
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
_MONEY: Final = (
    "pnl", "net_profit", "fees", "avg_trade", "best_trade", "worst_trade", "starting_balance",
    "final_equity",
)  # fmt: skip
_SIGNED: Final = (
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


def text_of(item: Item) -> str:
    if isinstance(item, JobRow):
        return f"{item.id} {item.title} {item.state}".lower()
    sim = "sim" if item.simulated else ""
    return (
        f"{item.run_id} {item.strategy} {item.market} {item.timeframe} {item.status} {sim}".lower()
    )


def paint_head(cells: Cells) -> None:
    cells.text(0, 1, "RUN", p.DIM)
    cells.text(0, 14, "STRATEGY", p.DIM)
    cells.text(0, 33, "MARKET", p.DIM)
    for x, name in _columns(cells.w):
        cells.right(0, x, 9, name, p.DIM)


def _columns(width: int) -> list[tuple[int, str]]:
    names = ["RETURN", "SHARPE", "DRAWDOWN", "TRADES"]
    fits = max(0, min(len(names), (width - 52) // 10))
    return [(52 + i * 10, name) for i, name in enumerate(names[:fits])]


def paint_line(cells: Cells, y: int, item: Item, look: Look) -> None:
    if isinstance(item, JobRow):
        _job(cells, y, item, look)
        return
    ink = p.DIM if item.status == "cancelled" else p.BRIGHT
    cells.text(y, 1, short_id(item.run_id), ink, width=12)
    cells.text(y, 14, clean_text(item.strategy), p.TEXT, width=18)
    x = cells.text(y, 33, clean_text(f"{item.market} {item.timeframe}"), p.TEXT, width=15)
    if item.simulated:
        cells.text(y, min(x + 1, 48), "sim", p.WARN, width=4)
    if item.status != "done":
        cells.text(y, 53, item.status, _STATUS.get(item.status, p.WARN), width=10)
        cells.text(y, 64, clean_text(item.error), p.DIM)
        return
    values = [
        (
            f.percent(item.metrics.get("total_return")),
            words.money_ink(item.metrics.get("total_return")),
        ),
        (_plain(item.metrics.get("sharpe")), p.TEXT),
        (f.percent(item.metrics.get("max_drawdown"), signed=False), p.TEXT),
        (f.count(int(item.metrics.get("trades") or 0)), p.TEXT),
    ]
    for (column, _), (text, colour) in zip(_columns(cells.w), values, strict=False):
        cells.right(y, column, 9, text, colour)
    if cells.w >= 118:
        span = f"{f.day(item.start_ns)} to {f.day(item.end_ns)}   {f.duration(item.duration_s)}"
        cells.text(y, 94, span, p.DIM)


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _job(cells: Cells, y: int, job: JobRow, look: Look) -> None:
    cells.text(y, 1, short_id(job.run_id or job.id), p.ACCENT, width=12)
    end = cells.text(y, 14, clean_text(job.title), p.BRIGHT, width=34)
    if job.state in ("queued", "running"):
        bar(
            cells,
            Area(max(50, end + 2), y, min(40, cells.w - 52), 1),
            job.progress,
            job.eta_s,
            look,
        )
    else:
        cells.text(y, 53, job.state, _STATUS.get(job.state, p.WARN), width=10)
        cells.text(y, 64, clean_text(job.message), p.DIM)


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


def paint_look(cells: Cells, item: Item, look: Look) -> None:
    """Paint what is known of the selected one."""
    paint_title(cells, item, look)
    area = cells.area.top(1)[1].inset(1)
    if isinstance(item, JobRow):
        _paint_job(cells, area, item, look)
    elif item.error:
        cells.text(area.y, area.x, clean_text(item.error), p.BAD, width=area.w)
    else:
        paint_figures(cells, area, item, look)


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
        hidden = look.hide_money and key in _MONEY
        text = (
            f.HIDDEN
            if hidden
            else f.percent(value, signed=key in _SIGNED)
            if is_share
            else f.number(_whole(value))
        )
        ink = words.money_ink(value) if key in _SIGNED else p.BRIGHT
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
    if isinstance(item, JobRow):
        return f"{item.state}: {clean_text(item.message)}", p.DIM
    if item.error:
        return clean_text(item.error), p.BAD
    made = f"{clean_text(item.run_id)}   made {f.moment(item.created_ns)}   {f.day(item.start_ns)} to {f.day(item.end_ns)}"
    return f"{made}{'   simulated market' if item.simulated else ''}", p.DIM
