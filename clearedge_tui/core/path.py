"""The way a price takes through a bar, as quotes: how a replay of bars becomes a market.

At the moment a bar closes, the next one opens: the opening quote goes out before the closed bar
does, so an order decided on a closed bar meets the next open, the same convention as the
backtest's. The extreme nearer to the open comes first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import BarRow


def quote(market: str, ts_ns: int, price: float) -> TickMsg:
    return TickMsg(market, "quote", ts_ns, 0.0, 0.0, 0.0, price, 0.0, price, price)


def closed(market: str, bar: BarRow) -> TickMsg:
    return TickMsg(
        market,
        "bar",
        bar.ts_ns,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.close,
        bar.close,
    )


class Resting(NamedTuple):
    """An order that waits for a price."""

    side: str
    price: float
    stop: bool  # else a limit order


def nothing() -> Sequence[Resting]:
    return ()


def inside(
    market: str,
    bar: BarRow,
    period_ns: int,
    resting: Callable[[], Sequence[Resting]] = nothing,
) -> Iterator[TickMsg]:
    """Yield the quotes after the open: both extremes and the close.

    A price gets from one quote to the next through all between, so the stops on its way are quoted
    too, and go off at their price. A stop that the bar touches with a limit order of its side is
    quoted first: nobody knows which of the extremes came first.
    """
    low_first = bar.open - bar.low <= bar.high - bar.open
    first, second = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    start, at = bar.ts_ns - period_ns, bar.open
    for stop in _early(bar, resting()):
        yield quote(market, start + period_ns // 6, stop)
    for when, price in (
        (start + period_ns // 3, first),
        (start + 2 * period_ns // 3, second),
        (bar.ts_ns, bar.close),
    ):
        for stop in _between(at, price, resting()):
            yield quote(market, when, stop)
        yield quote(market, when, price)
        at = price


def _early(bar: BarRow, resting: Sequence[Resting]) -> list[float]:
    stops: list[float] = []
    for side, far in (("sell", bar.high), ("buy", bar.low)):
        ours = [one for one in resting if one.side == side]
        sign = 1 if side == "sell" else -1
        near = bar.low if side == "sell" else bar.high
        if any(not one.stop and sign * bar.open < sign * one.price <= sign * far for one in ours):
            stops += [
                one.price
                for one in ours
                if one.stop and sign * near <= sign * one.price < sign * bar.open
            ]
    return sorted(set(stops), key=lambda price: abs(price - bar.open))


def _between(at: float, price: float, resting: Sequence[Resting]) -> list[float]:
    """Return the stops that a price sets off on its way, in the order of the way."""
    side = "buy" if price > at else "sell"
    low, high = min(at, price), max(at, price)
    found = {one.price for one in resting if one.stop and one.side == side}
    return sorted((one for one in found if low < one < high), key=lambda one: abs(one - at))


def walk(
    market: str,
    bars: Iterable[BarRow],
    period_ns: int,
    resting: Callable[[], Sequence[Resting]] = nothing,
) -> Iterator[TickMsg]:
    """Yield the ticks of a series of bars (`ts_ns` is the close), oldest first.

    `resting` is asked between them for the orders that wait at that moment.
    """
    before: BarRow | None = None
    for bar in bars:
        opens = bar.ts_ns - period_ns
        if before is not None:
            opens = max(opens, before.ts_ns)
        yield quote(market, opens, bar.open)
        if before is not None:
            yield closed(market, before)
        yield from inside(market, bar, period_ns, resting)
        before = bar
    if before is not None:
        yield closed(market, before)
