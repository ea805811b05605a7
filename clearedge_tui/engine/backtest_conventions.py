"""What a reader of a backtest must know to judge its numbers, one line each."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.engine.instruments import leverage
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import costs
from clearedge_tui.runs.model import BacktestSpec

if TYPE_CHECKING:
    from clearedge_tui.engine.backtest import Plan

NEXT_OPEN, SAME_CLOSE = "next_open", "same_close"
FILL_TEXT = {
    NEXT_OPEN: "fills: an order decided on a bar's close meets the next bar's open",
    SAME_CLOSE: "fills: an order decided on a bar's close is filled at that same close (optimistic)",
}


def conventions(plan: "Plan") -> tuple[str, ...]:
    """Return the lines. Raises UsageError for a model of costs that does not exist."""
    spec, native = plan.spec, plan.loaded.info.kind == "native"
    lines = [
        FILL_TEXT[spec.fill_at],
        "inside a bar: the extreme nearer to the open comes first, but a stop before a limit order "
        "of its side when the bar touches both; a limit order is filled when it is touched, a stop "
        "at its price or, through a gap, at the open",
        _fees(spec),
        *_costs(spec, native),
        _depth(spec, plan.bars, native),
        f"account: margin, up to {leverage(plan.market).normalize():f} times its money; the run ends at a close with no equity left",
        "an open position is marked at the last close; it counts in equity, not in the trades",
    ]
    lines.extend(_limits(plan.market, native))
    if between_ticks(plan.market, plan.bars):
        lines.append(
            f"data: some prices lie between the market's ticks of {plan.market.price_step}; market "
            "orders are filled there"
        )
    lines.append(f"strategy file: sha256 {plan.loaded.info.sha256[:16]}")
    if plan.market.simulated:
        lines.append("data: SIMULATED market; nothing here is evidence about a real one")
    return tuple(lines)


def _fees(spec: BacktestSpec) -> str:
    found = costs.commission(spec.fees)
    whose = f" ({spec.fees_of})" if spec.fees_of else ""
    if spec.fees == costs.NONE:
        return "fees: ZERO, as asked for"
    if found is None:
        return f"fees: maker {spec.maker_fee:%}, taker {spec.taker_fee:%} of the notional{whose}"
    least = f", at least {found.least:f} an order" if found.least else ""
    most = f", at most {found.most:%} of the notional" if found.most else ""
    return f"fees: {found.per:f} a unit of size{least}{most}{whose}"


def _costs(spec: BacktestSpec, native: bool) -> Iterator[str]:
    found = costs.slippage(spec.slippage)
    if found is None:
        yield "slippage: NONE; orders that take pay no spread and do not move the price"
    else:
        yield (
            f"slippage: {_slippage(found)} on market and stop orders, rounded to the tick against "
            "them; limit orders pay none"
        )
    late_ns = costs.latency_ns(spec.latency)
    if late_ns:
        yield (
            f"latency: orders and cancels reach the venue {late_ns / 1e6:g} ms after the decision and "
            "meet the first price known from then on: the close of the bar they arrive in, or the "
            "next open when they arrive between two bars"
        )
    paid = costs.funding(spec.funding)
    if paid is not None:
        yield (
            f"funding: longs pay shorts {paid.rate:%} of position times the last close every "
            f"{paid.every_ns // 3_600_000_000_000} h from 00:00 UTC"
        )
    yearly = costs.borrow(spec.borrow)
    if yearly:
        yield (
            f"borrow: a short pays {yearly:%} a year of its size times the last close, a 365th each "
            "midnight UTC, days without bars included"
        )
    if native and (paid or yearly):
        yield "carry: is in this account, not in what the native strategy reads of its portfolio"


def _slippage(found: costs.Slippage) -> str:
    if found.ticks:
        return f"{found.ticks} ticks"
    if found.share:
        return f"{found.share * 10_000:f} basis points of the price"
    return (
        f"{found.impact:f} of the price times the root of (size / mean volume of the last 20 bars)"
    )


def _depth(spec: BacktestSpec, bars: Bars, native: bool) -> str:
    if not native or not bars.volume.any():
        return "depth: orders are filled whole, however large"
    shared = "a bar's volume limits fills inside it to a quarter at each of its four prices"
    if spec.slippage != costs.NONE:
        return f"depth: {shared}; market and stop orders are filled whole at the slipped price"
    opens = "; orders that meet an open are filled whole" if spec.fill_at == NEXT_OPEN else ""
    return f"depth: {shared}, the rest a tick worse{opens}"


def between_ticks(market: MarketInfo, bars: Bars) -> bool:
    """Say whether bars have prices that are no multiple of the market's tick."""
    scale = 10**market.price_precision
    tick = int(market.price_step * scale)
    columns = (bars.open, bars.high, bars.low, bars.close)
    return tick > 1 and any((np.rint(column * scale) % tick).any() for column in columns)


def _limits(market: MarketInfo, native: bool) -> Iterator[str]:
    limits = market.limits
    if limits is None:
        return
    least = f"an order is at least {limits.min_size} in size and {limits.min_notional} in worth"
    most = f", at most {limits.max_size} in size" if limits.max_size else ""
    exits = "the engine holds exits to it too" if native else "orders that only reduce pass"
    yield f"limits: {least}{most}; {exits}"
