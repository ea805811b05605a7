"""The bare engine as a user would write it from its manual: what our host is measured against."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import (
    AccountType,
    BarType,
    InstrumentId,
    Money,
    OmsType,
    OrderSide,
    Quantity,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from clearedge_tui.engine.backtest_feed import Feed
from clearedge_tui.engine.instruments import currency, instrument
from clearedge_tui.market.columns import Bars
from tests.backtest.box import BTC


class Bare(Strategy):
    """Calls `decide(self, bar_number, bar)` on every bar and keeps what it hears."""

    def __new__(cls, *_: object) -> "Bare":
        return super().__new__(cls, StrategyConfig())  # type: ignore[call-arg]

    def __init__(self, decide: Callable[["Bare", int, Any], None]) -> None:
        super().__init__()
        self.decide = decide
        self.seen = 0
        self.fills: list[tuple[int, Decimal]] = []
        self.denied: list[str] = []

    def on_start(self) -> None:
        self.subscribe_bars(BarType.from_str(f"{BTC.market_id}-1-MINUTE-LAST-EXTERNAL"))

    def on_bar(self, bar: Any) -> None:
        self.seen += 1
        self.decide(self, self.seen - 1, bar)

    def market(self, side: str, size: str) -> None:
        order = self.order_factory.market(
            InstrumentId.from_str(BTC.market_id),
            OrderSide.BUY if side == "buy" else OrderSide.SELL,
            Quantity.from_str(size),
        )
        self.submit_order(order)

    def on_order_filled(self, event: Any) -> None:
        self.fills.append((event.ts_event, event.last_px.as_decimal()))

    def on_order_denied(self, event: Any) -> None:
        self.denied.append(str(event.reason))


def run_bare(
    bars: Bars,
    decide: Callable[[Bare, int, Any], None],
    balance: float = 100_000.0,
    hedging: bool = False,
) -> Bare:
    """Run over bars with default settings (only the log is silenced) and return the strategy."""
    quiet = LoggerConfig(stdout_level=LogLevel.OFF, bypass_logging=True)
    engine = BacktestEngine(BacktestEngineConfig(logging=quiet))
    engine.add_venue(
        venue=Venue("LOCAL"),
        oms_type=OmsType.HEDGING if hedging else OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[Money(balance, currency("USDT"))],
        default_leverage=Decimal(10),
        fee_model=MakerTakerFeeModel(Decimal("0.0002"), Decimal("0.0005")),
    )
    engine.add_instrument(instrument(BTC.info))
    engine.add_data(Feed(BTC.info, "1m", next_open=False, deep=False).data(bars))
    strategy = Bare(decide)
    engine.add_strategy(strategy)
    engine.run()
    engine.dispose()
    return strategy
