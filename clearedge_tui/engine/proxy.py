"""What stands in a gateway's node for an instance: one strategy each, made at run time.

The module-level registry exists because the engine builds these objects from an import path.
"""

from collections.abc import Callable
from decimal import Decimal

from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import ClientOrderId, OrderSide, Price, Quantity
from nautilus_trader.trading import Controller, ImportableStrategyConfig, Strategy, StrategyConfig

from clearedge_tui.core.messages import BookEvent, BookShrink, BookSubmit, MarketInfo
from clearedge_tui.engine.paper_venue import instrument_id


class Registry:
    """The objects the engine made for us, by the names we gave them."""

    controller: "ProxyController | None" = None
    proxies: dict[str, "Proxy"] = {}
    taps: dict[str, "Tap"] = {}
    emit: Callable[[BookEvent], None]
    seen: Callable[[str], None]


class ProxyController(Controller):
    def on_start(self) -> None:
        Registry.controller = self

    def make(self, kind: str, name: str) -> None:
        """Create and start a proxy or a tap; `name` is the instance or the market.

        The engine takes the text after the last hyphen as the order id tag, so it may hold none.
        """
        tag = name.replace("-", "_")
        self.create_strategy_from_config(
            ImportableStrategyConfig(
                f"clearedge_tui.engine.proxy:{kind}",
                "clearedge_tui.engine.proxy:ProxyConfig",
                {"strategy_id": f"{kind}-{tag}", "order_id_tag": tag, "name": name},
            )
        )


class ControllerConfig(DataActorConfig):
    pass


class ProxyConfig(StrategyConfig):
    def __new__(cls, name: str = "", **kwargs: object) -> "ProxyConfig":
        return super().__new__(cls, **kwargs)

    def __init__(self, name: str = "", **kwargs: object) -> None:
        del kwargs
        self.name = name


class Tap(Strategy):
    """Tells when the node has worked through a market's quote."""

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__(config)
        self.market = config.name
        Registry.taps[self.market] = self

    def on_start(self) -> None:
        self.subscribe_quotes(instrument_id(self.market))

    def on_quote(self, quote: object) -> None:
        del quote
        Registry.seen(self.market)


class Proxy(Strategy):
    """Submits for one instance and reports what became of it."""

    def __init__(self, config: ProxyConfig) -> None:
        super().__init__(config)
        self.instance = config.name
        Registry.proxies[self.instance] = self

    def send(self, ask: BookSubmit, market: MarketInfo) -> None:
        side = OrderSide.BUY if ask.side == "buy" else OrderSide.SELL
        size = Quantity.from_str(f"{ask.size:.{market.size_precision}f}")
        identity = instrument_id(market.id)
        key = ClientOrderId(ask.id)
        if ask.stop is not None:
            trigger = Price.from_str(f"{ask.stop:.{market.price_precision}f}")
            order = self.order_factory.stop_market(
                identity, side, size, trigger, client_order_id=key
            )
        elif ask.price is None:
            order = self.order_factory.market(identity, side, size, client_order_id=key)
        else:
            price = Price.from_str(f"{ask.price:.{market.price_precision}f}")
            order = self.order_factory.limit(identity, side, size, price, client_order_id=key)
        self.submit_order(order)

    def drop(self, order_id: str) -> None:
        self.cancel_order(ClientOrderId(order_id))

    def shrink(self, ask: BookShrink, market: MarketInfo) -> None:
        size = Quantity.from_str(f"{ask.size:.{market.size_precision}f}")
        self.modify_order(ClientOrderId(ask.id), size)

    def _tell(self, event: object, kind: str, **fields: object) -> None:
        Registry.emit(
            BookEvent(self.instance, str(event.client_order_id), kind, **fields)  # type: ignore[attr-defined, arg-type]
        )

    def on_order_accepted(self, event: object) -> None:
        self._tell(event, "accepted")

    def on_order_filled(self, event: object) -> None:
        fee = event.commission  # type: ignore[attr-defined]
        self._tell(
            event,
            "filled",
            size=Decimal(str(event.last_qty)),  # type: ignore[attr-defined]
            price=Decimal(str(event.last_px)),  # type: ignore[attr-defined]
            fee=fee.as_decimal() if fee is not None else Decimal(0),
            trade=str(event.trade_id),  # type: ignore[attr-defined]
        )

    def on_order_canceled(self, event: object) -> None:
        self._tell(event, "cancelled")

    def on_order_expired(self, event: object) -> None:
        self._tell(event, "cancelled", reason="expired")

    def on_order_rejected(self, event: object) -> None:
        self._tell(event, "rejected", reason=str(event.reason))  # type: ignore[attr-defined]

    def on_order_denied(self, event: object) -> None:
        self._tell(event, "rejected", reason=str(event.reason))  # type: ignore[attr-defined]
