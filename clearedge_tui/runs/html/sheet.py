"""One run as a page: figures, curves, tables, trades, conventions, and what it was made from."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

import numpy as np

from clearedge_tui.core.clock import iso
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis, Histogram, Slot
from clearedge_tui.runs.analysis.text import figure_text
from clearedge_tui.runs.equity import thinned
from clearedge_tui.runs.html import svg
from clearedge_tui.runs.html.style import STYLE
from clearedge_tui.runs.html.svg import Band, Line, Marks
from clearedge_tui.runs.model import Curve, RunReport, Trade
from clearedge_tui.runs.text_report import value_text

_CARDS = (
    "total_return", "buy_hold_return", "cagr", "sharpe", "sortino", "max_drawdown", "volatility",
    "trades", "win_rate", "profit_factor", "exposure", "fees",
)  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_TRADES = 200
_POINTS = svg.WIDTH // 2


def page(
    report: RunReport,
    analysis: Analysis | None,
    extra: Sequence[tuple[str, str]] = (),
    price: Curve | None = None,
) -> str:
    """Return the whole page; `extra` are lines about what made the run (name, value).

    `price` are closes for the chart with the trades; without them there is none.
    """
    run = report.summary
    title = f"{run.strategy} on {run.market} {run.timeframe}"
    parts = [*_head(report, title), *_curves(report, analysis), *_market(report, price)]
    if analysis is not None:
        parts += [*_figures(analysis), *_falls(analysis), *_slots(analysis), *_shapes(analysis)]
    parts += [*_trades(report), *_about(report, extra)]
    body = "\n".join(part for part in parts if part)
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{_safe(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _safe(text: object) -> str:
    return escape(clean_text(text))


def _head(report: RunReport, title: str) -> Iterator[str]:
    run = report.summary
    yield f"<h1>{_safe(title)}</h1>"
    yield (
        f'<div class="dim">{iso(run.start_ns)[:16]} to {iso(run.end_ns)[:16]} UTC · {report.bars:,} bars · '
        f"run {_safe(run.run_id)} · made {iso(run.created_ns)[:16]}</div>"
    )
    stamps = [*run.stamps] or (["simulated"] if run.simulated else [])
    if run.status != "done":
        stamps.insert(0, run.status)
    if stamps:
        shown = "".join(f'<span class="stamp">{_safe(one)}</span>' for one in stamps)
        yield f'<div class="stamps">{shown}</div>'
    if run.error:
        yield f'<p class="bad">{_safe(run.error)}</p>'
    cards = "".join(
        f'<div class="card"><span class="dim">{_name(name)}</span>'
        f'<b class="{_tone(name, run.metrics[name])}">{value_text(name, run.metrics[name])}</b></div>'
        for name in _CARDS
        if name in run.metrics
    )
    yield f'<div class="cards">{cards}</div>'


def _name(name: str) -> str:
    return _safe(
        {"cagr": "CAGR", "buy_hold_return": "buy and hold"}.get(name, name.replace("_", " "))
    )


def _tone(name: str, value: float | None) -> str:
    if value is None or name not in ("total_return", "cagr", "sharpe", "sortino"):
        return ""
    return "good" if value > 0 else "bad" if value < 0 else ""


def _curves(report: RunReport, analysis: Analysis | None) -> Iterator[str]:
    if len(report.equity.ts_ns) < 2:
        return
    parts: list[Line | Band] = []
    drawn = analysis.simulation if analysis else None
    if drawn is not None:
        parts.append(Band(drawn.ts_ns, drawn.bands["p5"], drawn.bands["p95"], "band"))
        parts.append(Band(drawn.ts_ns, drawn.bands["p25"], drawn.bands["p75"], "band"))
    parts += [_as_line(report.buy_hold, "hold"), _as_line(report.equity, "main")]
    yield f"<h2>Equity ({_safe(report.currency)})</h2>"
    yield svg.chart(parts, 300, label="equity over time")
    band = (
        f"; shaded: {drawn.paths:,} resampled paths, 5–95 % and 25–75 %; "
        f"{drawn.probability_of_loss:.0%} of them end with a loss"
        if drawn
        else ""
    )
    yield f'<div class="dim">blue: the run; grey: buy and hold{band}</div>'
    falls = _thinned(report.drawdown)
    if len(falls.ts_ns) > 1:
        zeros = [0.0] * len(falls.value)
        under = Band(falls.ts_ns, falls.value, zeros, "under")
        yield "<h2>Below the peak</h2>"
        yield svg.chart(
            [under, _as_line(falls, "fall")], 150, shares=True, zero=True, label="drawdown"
        )
    if report.monthly:
        yield "<h2>Months</h2>"
        yield _months(report.monthly, analysis.yearly if analysis else {})


def _market(report: RunReport, price: Curve | None) -> Iterator[str]:
    """The market with the trades that the page lists."""
    if price is None or len(price.ts_ns) < 2:
        return
    shown = report.trades[:_MOST_TRADES]
    entries = Marks([t.entry_ns for t in shown], [float(t.entry_price) for t in shown], "in")
    exits = Marks([t.exit_ns for t in shown], [float(t.exit_price) for t in shown], "out")
    yield f"<h2>{_safe(report.summary.market)}</h2>"
    yield svg.chart([_as_line(price, "hold"), entries, exits], 260, label="price and trades")
    yield (
        f'<div class="dim">closes; green: entries, red: exits of the last {len(shown):,} trades</div>'
    )


def _as_line(curve: Curve, kind: str) -> Line:
    """Return a point for every other pixel, highs and lows among them."""
    shown = _thinned(curve)
    return Line(shown.ts_ns, shown.value, kind)


def _thinned(curve: Curve) -> Curve:
    if len(curve.value) <= _POINTS:
        return curve
    at = thinned(_POINTS, np.asarray(curve.value)).tolist()
    return Curve(tuple(curve.ts_ns[n] for n in at), tuple(curve.value[n] for n in at))


def _months(monthly: dict[str, float], yearly: dict[str, float]) -> str:
    rows = []
    digits = 1 if max(map(abs, monthly.values())) >= 0.01 else 3
    for year in sorted({month[:4] for month in monthly}):
        cells = [_share(monthly.get(f"{year}-{n:02}"), digits) for n in range(1, 13)]
        rows.append([_safe(year), *cells, _share(yearly.get(year), digits)])
    return _table(["", *_MONTHS, "year"], rows)


def _share(value: float | None, digits: int) -> str:
    if value is None:
        return ""
    tone = "good" if value > 0 else "bad" if value < 0 else ""
    return f'<span class="{tone}">{value:+.{digits}%}</span>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; the cells are HTML already."""
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _figures(analysis: Analysis) -> Iterator[str]:
    sided = [name for name in analysis.figures if name in analysis.long]
    alone = [name for name in analysis.figures if name not in analysis.long]
    yield "<h2>Figures</h2>"
    half = (len(alone) + 1) // 2
    tables = "".join(
        _table(["", ""], [[_name(n), _figure(n, analysis.figures[n])] for n in part])
        for part in (alone[:half], alone[half:])
    )
    yield f'<div class="two">{tables}</div>'
    yield "<h2>Trades, and the long and short ones</h2>"
    rows = [
        [
            _name(n),
            *(_figure(n, one.get(n)) for one in (analysis.figures, analysis.long, analysis.short)),
        ]
        for n in sided
    ]
    yield _table(["", "all", "long", "short"], rows)


def _figure(name: str, value: float | None) -> str:
    from clearedge_tui.runs.analysis.text import SHARES

    told = (
        figure_text(name, value)
        if name in SHARES or name.endswith("_duration_s")
        else value_text(name, value)
    )
    return escape(told)


def _falls(analysis: Analysis) -> Iterator[str]:
    if not analysis.falls:
        return
    yield "<h2>Deepest drawdowns</h2>"
    rows = [
        [
            iso(one.start_ns)[:16],
            iso(one.trough_ns)[:16],
            iso(one.end_ns)[:16] if one.end_ns else "lasts",
            f"{one.depth:.2%}",
            f"{one.days:,.1f}",
            "–" if one.recovery_days is None else f"{one.recovery_days:,.1f}",
        ]
        for one in analysis.falls
    ]
    yield _table(["from", "trough", "until", "depth", "days", "days to recover"], rows)


def _slots(analysis: Analysis) -> Iterator[str]:
    groups = (
        ("By hour of entry (UTC)", analysis.hours),
        ("By weekday of entry (UTC)", analysis.weekdays),
        ("By tag of the exit", analysis.exits),
    )
    for title, slots in groups:
        kept = [one for one in slots if one.trades]
        if kept:
            yield f"<h2>{title}</h2>"
            yield _table(["", "trades", "PnL", "win rate"], map(_slot, kept))


def _slot(one: Slot) -> list[str]:
    tone = "good" if one.pnl > 0 else "bad" if one.pnl < 0 else ""
    rate = "–" if one.win_rate is None else f"{one.win_rate:.0%}"
    return [
        _safe(one.name or "none"),
        f"{one.trades:,}",
        f'<span class="{tone}">{one.pnl:,.2f}</span>',
        rate,
    ]


def _shapes(analysis: Analysis) -> Iterator[str]:
    for title, found in (
        ("Daily returns", analysis.daily_returns),
        ("Returns of trades", analysis.trade_returns),
    ):
        yield from _histogram(title, found)
    window = f"of the last {analysis.window_days} days"
    for title, curve in (
        (f"Volatility {window}", analysis.rolling_volatility),
        ("Exposure", analysis.exposure),
    ):
        if len(curve.ts_ns) > 1:
            yield f"<h2>{title}</h2>"
            yield svg.chart([_as_line(curve, "main")], 130, shares=True, zero=True, label=title)
    if len(analysis.rolling_sharpe.ts_ns) > 1:
        yield f"<h2>Sharpe ratio {window}</h2>"
        yield svg.chart(
            [_as_line(analysis.rolling_sharpe, "main")], 150, zero=True, label="rolling Sharpe"
        )


def _histogram(title: str, found: Histogram) -> Iterator[str]:
    drawn = svg.columns(found.first, found.width, found.counts, 150, title)
    if drawn:
        yield f"<h2>{title}</h2>"
        yield drawn


def _trades(report: RunReport) -> Iterator[str]:
    if not report.trades:
        return
    shown = report.trades[:_MOST_TRADES]
    yield f"<h2>Trades, the last {len(shown):,} of {report.trades_total:,}</h2>"
    heads = ("closed", "side", "size", "entry", "exit", "PnL", "fees", "bars")
    yield _table(heads, map(_trade, shown))


def _trade(one: Trade) -> list[str]:
    tone = "good" if one.pnl > 0 else "bad" if one.pnl < 0 else ""
    return [
        iso(one.exit_ns)[:16],
        _safe(one.side),
        f"{one.size.normalize():f}",
        f"{float(one.entry_price):,.6g}",
        f"{float(one.exit_price):,.6g}",
        f'<span class="{tone}">{float(one.pnl):,.2f}</span>',
        f"{float(one.fees):,.2f}",
        f"{one.bars:,}",
    ]


def _about(report: RunReport, extra: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield "<h2>How to read this</h2>"
    yield f"<ul>{''.join(f'<li>{_safe(line)}</li>' for line in report.conventions)}</ul>"
    if report.spec.config:
        yield "<h2>Settings</h2>"
        yield _table(["", ""], [[_safe(n), _safe(v)] for n, v in report.spec.config.items()])
    run = report.summary
    lines: list[tuple[str, Any]] = [
        ("run", run.run_id), ("trace", run.trace_id), ("inputs sha256", run.inputs_sha256), *extra,
    ]  # fmt: skip
    lines += [(f"data {u.series}", f"{u.rows:,} rows, sha256 {u.sha256}") for u in report.data]
    yield "<h2>Made from</h2>"
    yield _table(["", ""], [[_safe(name), _safe(value)] for name, value in lines if value])
