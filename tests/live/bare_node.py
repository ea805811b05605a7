"""A live node without our host, to show what it does by itself: prints one JSON object."""

import asyncio
import json
import sys
from decimal import Decimal

from nautilus_trader.adapters.sandbox import (
    SandboxExecutionClientConfig,
    SandboxExecutionClientFactory,
)
from nautilus_trader.common import Environment
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.live import LiveNode
from nautilus_trader.model import (
    AccountId,
    AccountType,
    Currency,
    Money,
    OmsType,
    OrderSide,
    Quantity,
    StrategyId,
    TraderId,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from clearedge_tui.core.messages import MarketInfo, TickMsg
from clearedge_tui.engine.paper_venue import (
    VENUE,
    PaperData,
    PaperDataConfig,
    PaperDataFactory,
    instrument_id,
)

MARKET = MarketInfo("BTCUSDT.TEST", "BTC/USDT", "BTC", "USDT", "crypto", 2, 6)
SEEN = {"callbacks_after": 0, "denied": 0, "filled": False}


class Bare(Strategy):
    quotes = 0

    def on_start(self) -> None:
        self.subscribe_quotes(instrument_id(MARKET.id))

    def on_quote(self, quote: object) -> None:
        self.quotes += 1
        if sys.argv[1] == "raise":
            if self.quotes == 2:
                raise ValueError("bare trouble")
            SEEN["callbacks_after"] += self.quotes > 2
        elif self.quotes == 2:
            count, size = (150, "0.010000") if sys.argv[1] == "burst" else (1, "1000.000000")
            for n in range(count):
                side = OrderSide.BUY if n % 2 == 0 else OrderSide.SELL
                self.submit_order(
                    self.order_factory.market(
                        instrument_id(MARKET.id), side, Quantity.from_str(size)
                    )
                )

    def on_order_denied(self, event: object) -> None:
        SEEN["denied"] += 1

    def on_order_filled(self, event: object) -> None:
        SEEN["filled"] = True


async def main() -> None:
    config = SandboxExecutionClientConfig(
        venue=Venue(VENUE),
        starting_balances=[Money(1_000_000.0, Currency.from_str("USDT"))],
        account_id=AccountId(f"{VENUE}-001"),
        account_type=AccountType.MARGIN,
        oms_type=OmsType.NETTING,
        default_leverage=Decimal(10),
        fee_model=MakerTakerFeeModel(Decimal(0), Decimal(0)),
    )
    node = (
        LiveNode.builder("BARE", TraderId("BARE-001"), Environment.SANDBOX)
        .with_reconciliation(False)
        .with_delay_post_stop_secs(0)
        .add_data_client("PAPER", PaperDataFactory(), PaperDataConfig())
        .add_simulated_exec_client("PAPER", SandboxExecutionClientFactory(), config)
        .build()
    )
    node.add_strategy(Bare(StrategyConfig(strategy_id=StrategyId("BARE-1"), order_id_tag="1")))
    handle = node.handle()
    running = asyncio.create_task(node.run_async())
    async with asyncio.timeout(15):
        while not (handle.is_running and PaperData.last):  # noqa: ASYNC110  # bounded
            await asyncio.sleep(0.005)
        data = PaperData.last
        data.add(MARKET)
        for n in range(10):
            data.push(
                MARKET, TickMsg(MARKET.id, "quote", n + 1, 0, 0, 0, 40_000.0, 0, 40_000.0, 40_000.0)
            )
            await asyncio.sleep(0.02)
        handle.stop()
        await running
    sys.stdout.write(json.dumps(SEEN) + "\n")


asyncio.run(main())
