"""One simulated venue for every market of an account: instruments join while the node runs.

All markets live under the engine venue PAPER (`BTCUSDT.LOCAL` becomes `BTCUSDT-LOCAL.PAPER`), so
one sandbox client serves them all and none needs to be known when the node is built.
"""

from decimal import Decimal
from typing import Any

from nautilus_trader.adapters.sandbox import SandboxExecutionClientConfig
from nautilus_trader.common import Clock
from nautilus_trader.config import DataClientConfig
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.live import ClientCache
from nautilus_trader.live.clients import DataClient, DataClientFactory
from nautilus_trader.model import (
    AccountId,
    AccountType,
    CurrencyPair,
    InstrumentId,
    Money,
    OmsType,
    Price,
    Quantity,
    QuoteTick,
    Symbol,
    Venue,
)

from clearedge_tui.core.messages import MarketInfo, TickMsg
from clearedge_tui.engine.instruments import currency, unit

VENUE = "PAPER"
_DEEP = 10**9  # a quote's size: paper fills are not limited by depth, and the docs say so


def instrument_id(market_id: str) -> InstrumentId:
    return InstrumentId.from_str(f"{market_id.replace('.', '-')}.{VENUE}")


def instrument(market: MarketInfo) -> CurrencyPair:
    """Return the paper instrument: only digits and currencies matter to the sandbox.

    Steps and limits are the gate's, so they may change while the sandbox runs; digits may not.
    """
    identity = instrument_id(market.id)
    return CurrencyPair(
        instrument_id=identity,
        raw_symbol=Symbol(identity.symbol.value),
        base_currency=currency(market.base),
        quote_currency=currency(market.quote),
        price_precision=market.price_precision,
        size_precision=market.size_precision,
        price_increment=unit(market),
        size_increment=Quantity.from_str(str(Decimal(1).scaleb(-market.size_precision))),
        ts_event=0,
        ts_init=0,
        margin_init=Decimal("0.05"),
        margin_maint=Decimal("0.03"),
    )


def sandbox(
    account: str, currencies: set[str], maker: Decimal, taker: Decimal
) -> SandboxExecutionClientConfig:
    """Return a sandbox that fills at quotes only; the gate, not the sandbox, guards the money."""
    return SandboxExecutionClientConfig(
        venue=Venue(VENUE),
        starting_balances=[Money(1_000_000_000.0, currency(code)) for code in sorted(currencies)],
        account_id=AccountId(f"{VENUE}-{account}"),
        account_type=AccountType.MARGIN,
        oms_type=OmsType.NETTING,
        default_leverage=Decimal(100),
        bar_execution=False,
        trade_execution=False,
        reject_stop_orders=False,  # a stop that is beyond the price already goes off at once
        use_position_ids=False,
        fee_model=MakerTakerFeeModel(maker, taker),
    )


class PaperDataConfig(DataClientConfig):
    def __new__(cls, **kwargs: Any) -> "PaperDataConfig":
        return super().__new__(cls, **kwargs)


class PaperData(DataClient):
    """The way in for quotes: the feed pushes, subscriptions need no work."""

    last: "PaperData | None" = None

    async def _connect(self) -> None:
        PaperData.last = self

    async def _disconnect(self) -> None:
        PaperData.last = None

    async def _subscribe_quotes(self, command: object) -> None:
        del command

    async def _unsubscribe_quotes(self, command: object) -> None:
        del command

    def add(self, market: MarketInfo) -> None:
        self._handle_instrument(instrument(market))

    def push(self, market: MarketInfo, tick: TickMsg) -> None:
        size = Quantity.from_str(f"{_DEEP:.{market.size_precision}f}")
        self._handle_data(
            QuoteTick(
                instrument_id(market.id),
                Price(tick.bid, market.price_precision),
                Price(tick.ask, market.price_precision),
                size,
                size,
                tick.ts_ns,
                tick.ts_ns,
            )
        )


class PaperDataFactory(DataClientFactory):
    @staticmethod
    def create(*, name: str, config: Any, cache: ClientCache, clock: Clock) -> PaperData:
        return PaperData(name=name, config=config, cache=cache, clock=clock, venue=Venue(VENUE))
