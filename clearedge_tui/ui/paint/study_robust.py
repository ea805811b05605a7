"""Robustness: dearer costs, neighbours, intervals, shuffled trades, regimes."""

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.grid import Cell, Col
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.lines import Values, paint_lines
from clearedge_tui.ui.paint.study_parts import (
    Fact,
    bar,
    beside,
    figure_ink,
    heading,
    paint_cloud,
    paint_facts,
    plain_share,
    ratio,
    share,
    table,
)
from clearedge_tui.ui.study import Interval, Robust

_HIGH = 12  # rows of a curve
_SHARES = ("total_return", "cagr", "volatility", "max_drawdown")
_UNSIGNED = ("volatility", "max_drawdown")
_SPAN = 24  # columns of an interval
_NAMES = {
    "psr": "Sharpe above 0, P", "dsr": "deflated Sharpe", "min_track_record": "track record",
    "over_market": "Sharpe over market", "autocorrelation": "autocorr. factor",
    "permutation": "permutation p",
}  # fmt: skip


def paint_robust(cells: Cells, area: Area, found: Robust, seen: int, look: Look) -> int:
    """Paint every part of it, the curves down to what is seen; return the rows used."""
    used = paint_facts(cells, area, _facts(found)) + 1
    rest = area.top(used)[1]
    pair = beside(rest)
    left = pair.left if pair else rest
    taken = _stress(cells, left, found, look) + 1
    taken += _jitter(cells, left.top(taken)[1], found, look) + 1
    taken += _intervals(cells, left.top(taken)[1], found, look) + 1
    other = pair.right if pair else left.top(taken)[1]
    beyond = _regimes(cells, other, found, look) + 1
    high = max(_HIGH, (seen - used - beyond - 1) // 2) if pair else _HIGH
    beyond += _paths(cells, other.top(beyond)[1]._replace(h=high), found, look) + 1
    curve = other.top(beyond)[1]._replace(h=high)
    inner = heading(cells, curve, "Growth", "of 1, on the data before the held-out part")
    paint_cloud(cells, inner, (), found.curve, ("the strategy", ""), look)
    beyond += high
    return used + (max(taken, beyond) if pair else taken + beyond)


def _facts(found: Robust) -> list[Fact]:
    out: list[Fact] = [
        ("Sharpe", ratio(found.figures.get("sharpe")), p.BRIGHT | p.BOLD),
        ("market's Sharpe", ratio(found.market_sharpe), p.TEXT),
        ("variants tried", f"{found.variants:,}", p.TEXT),
    ]
    for name, said in _NAMES.items():
        value = found.figures.get(name)
        text = (
            "–"
            if value is None
            else f"{value:.3f}"
            if name != "min_track_record"
            else f"{value:,.0f} periods"
        )
        out.append((said, text, p.BRIGHT if value is not None else p.DIM))
    return out


def _stress(cells: Cells, area: Area, found: Robust, look: Look) -> int:
    inner = heading(cells, area, "Dearer costs", "fees, slippage, funding and borrowing together")
    most = max((abs(v or 0.0) for v in found.stress.returns.values()), default=0.0)
    rows: list[tuple[Cell, ...]] = [
        (
            (name, p.BRIGHT),
            (share(value), figure_ink(value)),
            (ratio(found.stress.sharpes.get(name)), p.TEXT),
            (bar(value, most, 20, look), figure_ink(value)),
        )
        for name, value in found.stress.returns.items()
    ]
    columns = (Col("COSTS", 16), Col("RETURN", 10, right=True), Col("SHARPE", 7, right=True), Col("", 20))  # fmt: skip
    return 1 + table(cells, inner._replace(h=len(rows) + 1), columns, rows)


def _jitter(cells: Cells, area: Area, found: Robust, look: Look) -> int:
    one = found.jitter
    kept = "–" if one.kept is None else f"{one.kept * 100:.0f} %"
    inner = heading(cells, area, "Neighbours", f"{kept} of the Sharpe ratio kept; {one.why}")
    most = max((abs(v or 0.0) for *_, v in (*one.tried, ("", "", one.real))), default=0.0)
    rows: list[tuple[Cell, ...]] = [
        (
            (clean_text(name, 20), p.TEXT),
            (clean_text(value, 12), p.BRIGHT),
            (ratio(score), figure_ink(score)),
            (bar(score, most, 20, look), figure_ink(score)),
        )
        for name, value, score in one.tried
    ]
    rows.insert(0, (("as it is", p.BRIGHT), ("", p.DIM), (ratio(one.real), p.BRIGHT),
                    (bar(one.real, most, 20, look), p.SERIES[0])))  # fmt: skip
    columns = (Col("SETTING", 16), Col("VALUE", 10, right=True), Col("SHARPE", 7, right=True), Col("", 20))  # fmt: skip
    return 1 + table(cells, inner._replace(h=len(rows) + 1), columns, rows)


def _intervals(cells: Cells, area: Area, found: Robust, look: Look) -> int:
    inner = heading(cells, area, "Intervals of 90 %", "stationary bootstrap")
    known = found.checked.intervals
    if not known:
        why = found.why.get("bootstrap", "none")
        cells.text(inner.y, inner.x, clean_text(why, 200), p.WARN, width=inner.w)
        return 2
    rows = [_interval(name, one, look) for name, one in known.items()]
    columns = (
        Col("FIGURE", 16), Col("VALUE", 10, right=True), Col("LOW", 10, right=True),
        Col("HIGH", 10, right=True), Col("", _SPAN, least=72),
    )  # fmt: skip
    return 1 + table(cells, inner._replace(h=len(rows) + 1), columns, rows)


def _interval(name: str, one: Interval, look: Look) -> tuple[Cell, ...]:
    plain = plain_share if name in _UNSIGNED else share
    write = plain if name in _SHARES else ratio
    ink = p.GOOD if (one.low or 0.0) > 0 else p.WARN
    return (
        (clean_text(name.replace("_", " "), 20), p.TEXT),
        (write(one.value), p.BRIGHT),
        (write(one.low), p.TEXT),
        (write(one.high), p.TEXT),
        (_span(one, look), p.DIM if name in _UNSIGNED else ink),
    )


def _span(one: Interval, look: Look) -> str:
    """Return an interval as a line with its value, and the place of 0 where it is near."""
    if one.value is None or one.low is None or one.high is None:
        return ""
    low, high = min(0.0, one.low), max(0.0, one.high)
    scale = (_SPAN - 1) / ((high - low) or 1.0)
    out = [" "] * _SPAN
    for x in range(round((one.low - low) * scale), round((one.high - low) * scale) + 1):
        out[x] = look.symbols.full
    out[round((0.0 - low) * scale)] = look.symbols.upright
    out[round((one.value - low) * scale)] = look.symbols.note
    return "".join(out)


def _regimes(cells: Cells, area: Area, found: Robust, look: Look) -> int:
    split = found.checked.regimes
    gaining = "–" if split.gaining is None else f"{split.gaining * 100:.0f} % gain"
    inner = heading(cells, area, "Regimes", gaining)
    if not split.regimes:
        why = found.why.get("regimes", "none")
        cells.text(inner.y, inner.x, clean_text(why, 200), p.WARN, width=inner.w)
        return 2
    most = max((abs(one.sharpe or 0.0) for one in split.regimes), default=0.0)
    rows: list[tuple[Cell, ...]] = [
        (
            (clean_text(one.name.replace("_", " "), 14), p.TEXT),
            (f"{one.periods:,}", p.DIM),
            (ratio(one.sharpe), figure_ink(one.sharpe)),
            (bar(one.sharpe, most, 12, look), figure_ink(one.sharpe)),
            (share(one.total_return), figure_ink(one.total_return)),
            (share(one.max_drawdown).lstrip("+"), p.TEXT),
        )
        for one in split.regimes
    ]
    columns = (
        Col("REGIME", 14), Col("PERIODS", 8, right=True), Col("SHARPE", 7, right=True), Col("", 12),
        Col("RETURN", 10, right=True), Col("FALL", 9, right=True),
    )  # fmt: skip
    return 1 + table(cells, inner._replace(h=len(rows) + 1), columns, rows)


def _paths(cells: Cells, area: Area, found: Robust, look: Look) -> int:
    paths = found.checked.paths
    lost = "" if paths.loss is None else f"; {paths.loss * 100:.1f} % end below the start"
    ruin = "" if paths.ruin is None else f", {paths.ruin * 100:.1f} % ruined"
    note = (
        f"{paths.paths:,} paths{lost}{ruin}"
        if paths.paths
        else found.why.get("monte_carlo", "none")
    )
    inner = heading(cells, area, "Monte Carlo of the trades", note)
    bands: dict[str, Values] = {
        name: list(paths.bands[name]) for name in ("p50", "p5", "p95") if name in paths.bands
    }
    if look.hide_money:
        bands = {n: [v / (b[0] or 1.0) for v in b if v is not None] for n, b in bands.items()}  # fmt: skip
    paint_lines(cells, inner, "", bands, look.symbols, (), (p.SERIES[0], p.DOWN, p.UP))
    return area.h
