"""The way a price takes through a bar, as quotes: how a replay of bars becomes a market.

At the moment a bar closes, the next one opens: the opening quote goes out before the closed bar
does, so an order decided on a closed bar meets the next open, the same convention as the
backtest's. The extreme nearer to the open comes first.
"""

from collections.abc import Iterable, Iterator

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


def inside(market: str, bar: BarRow, period_ns: int) -> Iterator[TickMsg]:
    """Yield the quotes after the open: both extremes and the close."""
    low_first = bar.open - bar.low <= bar.high - bar.open
    first, second = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    start = bar.ts_ns - period_ns
    yield quote(market, start + period_ns // 3, first)
    yield quote(market, start + 2 * period_ns // 3, second)
    yield quote(market, bar.ts_ns, bar.close)


def walk(market: str, bars: Iterable[BarRow], period_ns: int) -> Iterator[TickMsg]:
    """Yield the ticks of a series of bars (`ts_ns` is the close), oldest first."""
    before: BarRow | None = None
    for bar in bars:
        opens = bar.ts_ns - period_ns
        if before is not None:
            opens = max(opens, before.ts_ns)
        yield quote(market, opens, bar.open)
        if before is not None:
            yield closed(market, before)
        yield from inside(market, bar, period_ns)
        before = bar
    if before is not None:
        yield closed(market, before)
