"""A backtest report: figures, equity over buy-and-hold, drawdown, months, trades, distribution."""

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.model import RunReport, Trade
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.lines import paint_drawdown, paint_lines
from clearedge_tui.ui.paint.runs import paint_figures

MONTHS = "JFMAMJJASOND"
CURVES = (p.ACCENT, p.DIM)


def paint_overview(cells: Cells, area: Area, report: RunReport, look: Look) -> None:
    """Paint figures, curve and drawdown; months too when there is room."""
    used = paint_figures(cells, area, report.summary, look)
    rest = area.top(used + 1)[1]
    years = sorted({key[:4] for key in report.monthly})
    if rest.h >= 24 and years:
        months, rest = rest.bottom(len(years) + 3)
        paint_months(cells, months, report, look)
    if rest.h >= 9:
        fall, rest = rest.bottom(max(3, rest.h // 5))
        paint_drawdown(cells, fall, list(report.drawdown.value), look.symbols)
    paint_equity(cells, rest, report, look)


def paint_equity(cells: Cells, area: Area, report: RunReport, look: Look) -> None:
    series: dict[str, list[float | None]] = {"equity": list(report.equity.value)}
    if report.buy_hold.value:
        series["buy and hold"] = list(report.buy_hold.value)
    title = "" if look.hide_money else clean_text(report.currency)
    if look.hide_money:
        cells.text(area.y + area.h // 2, area.x + 2, "amounts are hidden ($ shows them)", p.DIM)
        return
    paint_lines(cells, area, title, series, look.symbols, report.equity.ts_ns, CURVES)


def paint_months(cells: Cells, area: Area, report: RunReport, look: Look) -> None:
    """Paint one row a year, one cell a month, coloured by gain and loss; the number is there too."""
    years = sorted({key[:4] for key in report.monthly}, reverse=True)
    size = max(5, min(9, (area.w - 16) // 12))
    cells.text(area.y, area.x, "months", p.BRIGHT | p.BOLD)
    for i, letter in enumerate(MONTHS):
        cells.right(area.y, area.x + 7 + i * size, size - 1, letter, p.DIM)
    cells.right(area.y, area.x + 7 + 12 * size, 8, "year", p.DIM)
    most = max((abs(v) for v in report.monthly.values()), default=0.0) or 1.0
    for row, year in enumerate(years[: area.h - 1]):
        y, whole = area.y + 1 + row, 1.0
        cells.text(y, area.x, year, p.TEXT)
        for month in range(12):
            value = report.monthly.get(f"{year}-{month + 1:02d}")
            if value is None:
                continue
            whole *= 1 + value
            step = p.DIVERGE[4 + max(-4, min(4, round(value / most * 4)))]
            text = f"{value * 100:+.1f}"
            cells.text(y, area.x + 7 + month * size, " " * (size - 1), p.BRIGHT, step)
            cells.right(y, area.x + 7 + month * size, size - 1, text, p.BRIGHT, step)
        cells.right(
            y, area.x + 7 + 12 * size, 8, f"{(whole - 1) * 100:+.1f} %", words.money_ink(whole - 1)
        )


def paint_trade(cells: Cells, y: int, trade: Trade, look: Look) -> None:
    side = p.UP if trade.side == "long" else p.DOWN
    cells.text(y, 1, f.moment(trade.exit_ns), p.DIM)
    cells.text(y, 19, trade.side, side, width=5)
    cells.right(y, 25, 9, f.number(trade.size), p.TEXT)
    cells.right(y, 35, 11, f.price(trade.entry_price), p.TEXT)
    cells.right(y, 47, 11, f.price(trade.exit_price), p.BRIGHT)
    cells.right(y, 59, 11, f.money(trade.pnl, look.hide_money), words.money_ink(trade.pnl))
    cells.right(y, 71, 7, f"{trade.bars} b", p.DIM)
    if cells.w >= 100:
        cells.right(y, 79, 10, f"fee {f.amount(trade.fees, look.hide_money)}", p.DIM)
        cells.text(y, 92, f"in {f.moment(trade.entry_ns)}", p.DIM)


def paint_trade_head(cells: Cells, report: RunReport) -> None:
    shown, total = len(report.trades), report.trades_total
    note = f"  newest {shown} of {total:,}" if total > shown else f"  {total:,}"
    for x, width, name in (
        (35, 11, "ENTRY"),
        (47, 11, "EXIT"),
        (59, 11, "PNL"),
        (71, 7, "BARS"),
    ):
        cells.right(0, x, width, name, p.DIM)
    cells.text(0, 1, f"TRADES{note}", p.DIM, width=28)


def about_lines(report: RunReport) -> list[tuple[str, int]]:
    """Return how this run was made, so that it can be judged and made again."""
    spec, run = report.spec, report.summary
    kind = "simulated market" if run.simulated else "real data"
    lines = [
        (f"{run.run_id}   {run.kind}   {run.strategy}   {run.market} {run.timeframe}   {kind}", p.BRIGHT),
        (f"{f.moment(run.start_ns)} to {f.moment(run.end_ns)}   {report.bars:,} bars   {f.duration(run.duration_s)}", p.TEXT),
        ("", p.TEXT),
        *((f"· {clean_text(line)}", p.TEXT) for line in report.conventions),
        (f"· maker fee {spec.maker_fee}   taker fee {spec.taker_fee}   fills at {spec.fill_at}   seed {spec.seed}", p.TEXT),
        (f"· starts with {f.amount(spec.balance)} {clean_text(report.currency)}", p.TEXT),
        ("", p.TEXT),
        *((f"  {clean_text(k)} = {clean_text(v)}", p.TEXT) for k, v in spec.config.items()),
        ("", p.TEXT),
        *((f"{clean_text(k):<10} {clean_text(v)}", p.DIM) for k, v in report.paths.items()),
    ]  # fmt: skip
    return [(text, ink) for text, ink in lines]


def paint_distribution(cells: Cells, area: Area, report: RunReport, look: Look) -> None:
    """Paint the histogram of trade results (plotext, once: it is a static picture)."""
    from clearedge_tui.ui.paint.static import histogram

    values = [float(trade.pnl) for trade in report.trades]
    if look.hide_money:
        cells.text(area.y, area.x, "amounts are hidden ($ shows them)", p.DIM)
    elif len(values) < 3:
        cells.text(area.y, area.x, "too few trades for a distribution", p.DIM)
    else:
        histogram(cells, area, values, f"PnL a trade, {clean_text(report.currency)}")
