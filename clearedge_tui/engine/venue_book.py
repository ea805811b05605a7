"""The book of a live account: orders to a real venue through the engine's unmodified adapter."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.model import ClientOrderId, InstrumentId, OrderStatus
from nautilus_trader.trading import ImportableStrategyConfig

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.kept import Entry
from clearedge_tui.core.messages import (
    BookCancel,
    BookEvent,
    BookOpen,
    BookShrink,
    BookSubmit,
    MarketInfo,
    TickMsg,
)
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.mute_lines import NOT_LET_IN
from clearedge_tui.engine.node import Node
from clearedge_tui.engine.proxy import Registry
from clearedge_tui.engine.venue_adapters import Keys, hear, trade
from clearedge_tui.engine.venue_trader import Hearers, Trader, config
from clearedge_tui.settings import Account

_ENDED = {
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.EXPIRED: "cancelled",
    OrderStatus.REJECTED: "rejected",
    OrderStatus.DENIED: "rejected",
}


class Stranger(msgspec.Struct, frozen=True):
    """An order at the venue that none of our intents speaks of."""

    key: str
    market: str
    side: str
    size: Decimal
    filled: Decimal
    price: Decimal | None


class VenueBook:
    """The same face as the paper `Book`. Nothing here decides anything: the desk did."""

    keeps_up = True

    def __init__(
        self,
        node: Node,
        account: Account,
        keys: Keys,
        markets: Iterable[str],
        emit: Callable[[BookEvent], None],
    ) -> None:
        self._node = node
        self._account = account
        self._emit = emit
        self._infos: dict[str, MarketInfo] = {}
        self._by_key: dict[str, tuple[str, str, str]] = {}  # key -> instance, order, market
        self._keys: dict[str, str] = {}  # order -> key
        self.strange: dict[str, Stranger] = {}
        # cancels an order past the engine, for one that the engine takes for ended
        self.hand: Callable[[str, str], object] = lambda _key, _market: None
        self._first = sorted(set(markets))
        Hearers.order = self._heard
        self._closed = venue(account.venue).exchanges
        hear(node.builder, account, keys, self._first)
        trade(node.builder, account, keys, self._first)

    async def start(self) -> None:
        """Run the node; it has compared itself with the venue when this returns.

        Raises RetryLater when the venue does not answer, or lets nobody in.
        """
        for market in self._first:
            self._node.node.add_strategy(Trader(config(market, claim=True)))
        try:
            await self._node.start(lambda: all(t.listens for t in Hearers.traders.values()))
        except RetryLater as error:
            raise RetryLater(
                f"{venue(self._account.venue).title} has not let it in: {error}; ask with: "
                f"clearedge account probe {self._account.name}"
            ) from None

    async def stop(self) -> None:
        await self._node.stop()

    # ---- the desk's asks ----------------------------------------------------------------------
    def open(self, ask: BookOpen) -> None:
        """Trade a market; one that was not known at the start is claimed from now on.

        A venue that is told its markets at the start (`_closed`) would lose the fills of another:
        there such a market is heard, and trades from the gateway's next start on.
        """
        claim = not self._closed or ask.market.id in self._first
        if claim:
            self._infos[ask.market.id] = ask.market
        if ask.market.id in Hearers.traders or Registry.controller is None:
            return
        named = config(ask.market.id, claim=claim)
        Registry.controller.create_strategy_from_config(
            ImportableStrategyConfig(
                "clearedge_tui.engine.venue_trader:Trader",
                "clearedge_tui.engine.venue_trader:TraderConfig",
                {
                    "strategy_id": str(named.strategy_id),
                    "order_id_tag": named.order_id_tag,
                    "market": ask.market.id,
                    "claim": claim,
                    "external_order_instrument_ids": (
                        [Hearers.named(ask.market.id)] if claim else []
                    ),
                },
            )
        )

    def know(self, entry: Entry) -> None:
        """Remember whose an order is that left before a restart."""
        order = entry.order
        self._own(entry.key, order.instance, order.id, order.market)

    def _own(self, key: str, instance: str, order_id: str, market: str) -> None:
        self._by_key[key] = (instance, order_id, market)
        self._keys[order_id] = key
        self.strange.pop(key, None)

    def publish(self, tick: TickMsg) -> None:
        """The venue has its own prices."""

    def submit(self, ask: BookSubmit) -> None:
        trader, info = Hearers.traders.get(ask.market), self._infos.get(ask.market)
        if trader is None or info is None:
            self._refuse(ask, "its market is not opened here: start the account's gateway anew")
            return
        self._own(ask.key, ask.instance, ask.id, ask.market)
        try:
            trader.send(ask, ask.key, info)
        except (ValueError, RuntimeError) as error:
            self._refuse(ask, str(error))

    def _refuse(self, ask: BookSubmit, reason: str) -> None:
        self._emit(BookEvent(ask.instance, ask.id, "rejected", reason=clean_text(reason)))

    def cancel(self, ask: BookCancel | BookShrink) -> None:
        """Cancel an order, or make it smaller. What fails is told by the venue or by nobody."""
        key = self._keys.get(ask.id, "")
        owner = self._by_key.get(key)
        trader = Hearers.traders.get(owner[2]) if owner else None
        if trader is None or owner is None:
            return
        try:
            if isinstance(ask, BookShrink):
                trader.shrink(ask, key, self._infos[ask.market])
            elif (known := self._node.cache.order(ClientOrderId(key))) and not known.is_closed:
                trader.drop(key)
            else:
                self.hand(key, owner[2])
                self._say(key, "unknown", reason="its cancel went past the engine")
        except (ValueError, RuntimeError) as error:
            self._say(key, "cancel_refused", reason=str(error))

    def cancel_market(self, market: str) -> None:
        """Cancel whatever of this account rests on a market, in one request where it has one."""
        trader = Hearers.traders.get(market)
        if trader is not None:
            trader.cancel_all_orders(trader.identity)

    def ask_order(self, order_id: str) -> None:
        """Ask the venue what became of an order; the answer comes as events, or never."""
        key = self._keys.get(order_id, "")
        owner = self._by_key.get(key)
        trader = Hearers.traders.get(owner[2]) if owner else None
        if trader is not None:
            trader.ask_order(key)

    async def settled(self, limit_s: float = 1.0) -> bool:
        del limit_s
        return True

    # ---- what the venue says ------------------------------------------------------------------
    def catch_up(self, entries: Iterable[Entry]) -> list[str]:
        """Tell what the engine learned at its start of orders that were open; return the unknown.

        Events of that time reach no strategy of the engine: they are read from its cache.
        """
        lost = []
        for entry in entries:
            self.know(entry)
            order = self._node.cache.order(ClientOrderId(entry.key))
            if order is None:
                lost.append(entry.order.id)
            else:
                self._retell(entry.key, order)
        self._look_for_strangers()
        return lost

    def _retell(self, key: str, order: Any) -> None:
        for event in order.events():
            if type(event).__name__ == "OrderFilled":
                self._heard(key, "filled", event)
        status = order.status
        kind = _ENDED.get(status, "accepted")
        if kind == "accepted" and status is OrderStatus.SUBMITTED:
            return
        if kind != "accepted" or order.is_open:
            self._say(key, kind, venue_id=str(order.venue_order_id or ""))

    def _look_for_strangers(self) -> None:
        for order in self._node.cache.orders_open():
            key = str(order.client_order_id)
            if key not in self._by_key:
                price = order.price.as_decimal() if getattr(order, "has_price", False) else None
                self.strange[key] = Stranger(
                    key,
                    _market_of(order.instrument_id),
                    "buy" if order.is_buy else "sell",
                    order.quantity.as_decimal(),
                    order.filled_qty.as_decimal(),
                    price,
                )

    def _heard(self, key: str, kind: str, event: Any) -> None:
        if key not in self._by_key:
            self._look_for_strangers()
            return
        reason = clean_text(str(getattr(event, "reason", "") or ""))
        if kind in ("cancel_rejected", "modify_rejected"):
            self._say(key, "cancel_refused", reason=reason)
            return
        if NOT_LET_IN in reason:
            Hearers.not_let_in()
        venue_id = str(getattr(event, "venue_order_id", "") or "")
        if kind != "filled":
            self._say(key, kind, reason=reason, venue_id=venue_id)
            return
        market = self._infos.get(self._by_key[key][2])
        price = event.last_px.as_decimal()
        fee, base_fee = _fee(event.commission, price, market)
        self._say(
            key,
            "filled",
            size=event.last_qty.as_decimal(),
            price=price,
            fee=fee,
            base_fee=base_fee,
            trade=str(event.trade_id),
            venue_id=venue_id,
            at_ns=event.ts_event,
        )

    def _say(self, key: str, kind: str, **fields: Any) -> None:
        instance, order, _market = self._by_key[key]
        self._emit(BookEvent(instance, order, kind, **fields))


def _market_of(identity: InstrumentId) -> str:
    """Return what a market of the engine is called here."""
    found = (name for name, one in Hearers.traders.items() if one.identity == identity)
    return next(found, str(identity))


def _fee(commission: Any, price: Decimal, market: MarketInfo | None) -> tuple[Decimal, Decimal]:
    """Return a fee in the quote currency, and how much of the base currency it took.

    A venue may take the fee of a purchase from what was bought. A fee in a third currency counts
    at its face, which the account screen's balances show.
    """
    if commission is None:
        return Decimal(0), Decimal(0)
    amount = commission.as_decimal()
    if market is not None and str(commission.currency) == market.base != market.quote:
        return amount * price, amount
    return amount, Decimal(0)
