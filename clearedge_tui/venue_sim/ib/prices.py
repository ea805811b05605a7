"""The prices that a client of a TWS listens to."""

from clearedge_tui.venue_sim.book import Level
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.ib import rows
from clearedge_tui.venue_sim.ib.line import Line, told
from clearedge_tui.venue_sim.model import Side
from clearedge_tui.venue_sim.words import plain

_BID, _ASK, _BID_ASK = 1, 2, 3  # kinds of ticks
Top = tuple[Level, Level]


def top(floor: Floor, market: str) -> Top:
    """Return the best bid and the best offer, each with its size."""
    book = floor.exchange.books[market]
    return book.shown(Side.BUY)[0], book.shown(Side.SELL)[0]


def quote(req_id: int, best: Top) -> list[bytes]:
    """Return both sides as ticks of their own, which is how prices usually come."""
    return [
        told("TickPrice", req_id=req_id, tick_type=number, price=float(price), size=plain(size))
        for number, (price, size) in zip((_BID, _ASK), best, strict=True)
    ]


def tick(floor: Floor, req_id: int, best: Top) -> list[bytes]:
    """Return both sides as one tick."""
    (bid, bid_size), (ask, ask_size) = best
    words = {
        "time": floor.time_ns() // 1_000_000_000, "price_bid": float(bid),
        "price_ask": float(ask), "size_bid": plain(bid_size), "size_ask": plain(ask_size),
    }  # fmt: skip
    return [told("TickByTick", req_id=req_id, tick_type=_BID_ASK, bid_ask=words)]


def publish(floor: Floor, line: Line) -> None:
    """Say what changed of what a client listens to; a market that rests says nothing."""
    for req_id, (market, ticks) in line.quotes.items():
        best = top(floor, market)
        if line.newest.get(req_id) != best:
            line.newest[req_id] = best
            for message in tick(floor, req_id, best) if ticks else quote(req_id, best):
                line.put(message)
    for req_id, (market, length) in line.bars.items():
        for candle, _ in floor.candles.now(market, length):
            if line.newest.get(req_id) != candle:
                line.newest[req_id] = candle
                line.put(told("HistoricalUpdate", req_id=req_id, bar=rows.bar(candle)))
