"""What stands in a node for a market of a real venue: its ear, and the hand of all instances there.

One strategy of the engine a market, not one an instance: the engine compares a venue's position with
its own by market, and after a restart only one strategy may claim what it finds there. Whose order
is whose is our ledger's business.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nautilus_trader.model import (
    BarType,
    ClientOrderId,
    InstrumentId,
    OrderSide,
    Price,
    Quantity,
    StrategyId,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from clearedge_tui.core.messages import BookShrink, BookSubmit, MarketInfo


class Hearers:
    """Where traders tell: set by the book and the feed of this process before a node runs."""

    traders: dict[str, "Trader"] = {}
    quote: Callable[[str, float, float, int], None]
    bar: Callable[[str, Any], None]
    history: Callable[[str, list[Any]], None]
    order: Callable[[str, str, Any], None]  # key, kind, the engine's event
    socket: Callable[[str, str], None]
    named: Callable[[str], str] = lambda market: market  # what the engine calls a market
    not_let_in: Callable[[], None] = lambda: None  # an order found its line not logged in


class TraderConfig(StrategyConfig):
    def __new__(cls, market: str = "", claim: bool = False, **kwargs: Any) -> "TraderConfig":
        return super().__new__(cls, **kwargs)

    def __init__(self, market: str = "", claim: bool = False, **kwargs: Any) -> None:
        del kwargs
        self.market = market
        self.claim = claim


def config(market: str, claim: bool) -> TraderConfig:
    """Return a market's trader; with `claim` whatever the venue has there comes to it."""
    tag = "".join(c if c.isalnum() else "_" for c in market)
    named: dict[str, Any] = {"strategy_id": StrategyId(f"Market-{tag}"), "order_id_tag": tag}
    if claim:
        named["external_order_instrument_ids"] = [InstrumentId.from_str(Hearers.named(market))]
    return TraderConfig(market=market, claim=claim, **named)


class Trader(Strategy):
    def __init__(self, config: TraderConfig) -> None:
        super().__init__(config)
        self.market = config.market
        self.identity = InstrumentId.from_str(Hearers.named(self.market))
        self.bars = BarType.from_str(f"{self.identity}-1-MINUTE-LAST-EXTERNAL")
        self.listens = False  # begun: it may be spoken to
        self._hears = False
        self._past: tuple[int, int] | None = None  # asked for before its market was known
        Hearers.traders[self.market] = self

    def on_start(self) -> None:
        self.subscribe_socket_state()
        if self.cache.instrument(self.identity) is None:
            self.request_instrument(self.identity)  # a venue that routes looks it up when asked
        else:
            self._listen()
        self.listens = True

    def on_instrument(self, instrument: Any) -> None:
        del instrument
        if not self._hears:
            self._listen()

    def _listen(self) -> None:
        self._hears = True
        self.subscribe_quotes(self.identity)
        self.subscribe_bars(self.bars)
        if self._past is not None:
            self.ask_history(*self._past)

    # ---- data ---------------------------------------------------------------------------------
    def on_quote(self, quote: Any) -> None:
        Hearers.quote(
            self.market, quote.bid_price.as_double(), quote.ask_price.as_double(), quote.ts_event
        )

    def on_bar(self, bar: Any) -> None:
        Hearers.bar(self.market, bar)

    def on_historical_bars(self, bars: Any) -> None:
        Hearers.history(self.market, list(bars))

    def ask_history(self, start_ns: int, most: int) -> None:
        if not self._hears:
            self._past = start_ns, most
            return
        self.request_bars(self.bars, start=datetime.fromtimestamp(start_ns / 1e9, UTC), limit=most)

    def on_socket_state(self, event: Any) -> None:
        Hearers.socket(str(event.endpoint), str(event.state).rpartition(".")[2])

    # ---- orders -------------------------------------------------------------------------------
    def send(self, ask: BookSubmit, key: str, market: MarketInfo) -> None:
        side = OrderSide.BUY if ask.side == "buy" else OrderSide.SELL
        size = Quantity.from_str(f"{ask.size:.{market.size_precision}f}")
        name = ClientOrderId(key)
        make = self.order_factory
        if ask.stop is not None:
            trigger = self._price(ask.stop, market)
            order = make.stop_market(self.identity, side, size, trigger, client_order_id=name)
        elif ask.price is None:
            order = make.market(self.identity, side, size, client_order_id=name)
        else:
            price = self._price(ask.price, market)
            order = make.limit(self.identity, side, size, price, client_order_id=name)
        self.submit_order(order)

    def drop(self, key: str) -> None:
        self.cancel_order(ClientOrderId(key))

    def shrink(self, ask: BookShrink, key: str, market: MarketInfo) -> None:
        size = Quantity.from_str(f"{ask.size:.{market.size_precision}f}")
        self.modify_order(ClientOrderId(key), size)

    def ask_order(self, key: str) -> bool:
        """Ask the venue for one order; False when the engine does not know it."""
        order = self.cache.order(ClientOrderId(key))
        if order is None:
            return False
        self.query_order(order)
        return True

    def _price(self, price: Decimal, market: MarketInfo) -> Price:
        return Price.from_str(f"{price:.{market.price_precision}f}")

    def _tell(self, kind: str, event: Any) -> None:
        Hearers.order(str(event.client_order_id), kind, event)

    def on_order_accepted(self, event: Any) -> None:
        self._tell("accepted", event)

    def on_order_triggered(self, event: Any) -> None:
        self._tell("accepted", event)

    def on_order_filled(self, event: Any) -> None:
        self._tell("filled", event)

    def on_order_canceled(self, event: Any) -> None:
        self._tell("cancelled", event)

    def on_order_expired(self, event: Any) -> None:
        self._tell("cancelled", event)

    def on_order_rejected(self, event: Any) -> None:
        self._tell("rejected", event)

    def on_order_denied(self, event: Any) -> None:
        self._tell("rejected", event)

    def on_order_cancel_rejected(self, event: Any) -> None:
        self._tell("cancel_rejected", event)

    def on_order_modify_rejected(self, event: Any) -> None:
        self._tell("modify_rejected", event)
