"""The same orders by a bare NautilusTrader strategy: the peer of `benchmarks/trading.py`."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.venue_sim.process import SimProcess

ROOT = Path(__file__).parents[2]


def bare(sim: SimProcess, folder: Path, orders: int, rest: bool = False) -> dict[str, list[float]]:
    """Run it in a process of its own and return its times in ms.

    `rest`: orders far from the market, timed to the venue's acknowledgement instead of their fill.
    """
    folder.mkdir(parents=True)
    words = json.dumps({"urls": sim.urls, "folder": str(folder), "orders": orders, "rest": rest})
    done = subprocess.run(
        [sys.executable, "-m", "tests.trading.bench_bare", words],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def timed(asked: dict[str, Any], found: dict[str, list[float]], done: asyncio.Event) -> Any:
    """Return the strategy: its class is made here, for the engine is imported late."""
    from nautilus_trader.model import InstrumentId, OrderSide, Price, Quantity, StrategyId
    from nautilus_trader.trading import Strategy, StrategyConfig

    btc = InstrumentId.from_str("BTCUSDT-LINEAR.BYBIT")

    class Timed(Strategy):
        sent_ns = 0
        buys = True

        def on_start(self) -> None:
            self.subscribe_quotes(btc)

        def on_quote(self, quote: object) -> None:
            found["tick_ms"].append((time.time_ns() - quote.ts_event) / 1e6)  # type: ignore[attr-defined]
            if self.sent_ns or len(found["tick_ms"]) <= 5:
                return
            size = Quantity.from_str("0.001")
            side = OrderSide.BUY if self.buys else OrderSide.SELL
            far = Price.from_str(f"{quote.bid_price.as_double() * 0.8:.1f}")  # type: ignore[attr-defined]
            self.sent_ns = time.time_ns()
            if asked["rest"]:
                self.submit_order(self.order_factory.limit(btc, side, size, far))
            else:
                self.submit_order(self.order_factory.market(btc, side, size))

        def on_order_accepted(self, event: object) -> None:
            if asked["rest"]:
                self.timed()
                self.cancel_order(event.client_order_id)  # type: ignore[attr-defined]

        def on_order_filled(self, event: object) -> None:
            self.buys = not self.buys
            self.timed()

        def timed(self) -> None:
            found["fill_ms"].append((time.time_ns() - self.sent_ns) / 1e6)
            self.sent_ns = 0
            if len(found["fill_ms"]) >= asked["orders"]:
                done.set()

    return Timed(
        StrategyConfig(
            strategy_id=StrategyId("S-001"), order_id_tag="001", use_uuid_client_order_ids=True
        )
    )


def main() -> None:
    from nautilus_trader.common import Environment, FileWriterConfig, LoggerConfig, LogLevel
    from nautilus_trader.live import LiveNode
    from nautilus_trader.model import TraderId

    from tests.venue_sim.adapters import ADAPTERS

    asked = json.loads(sys.argv[1])
    found: dict[str, list[float]] = {"tick_ms": [], "fill_ms": []}
    done = asyncio.Event()

    log = LoggerConfig(
        stdout_level=LogLevel.OFF, fileout_level=LogLevel.WARNING, is_colored=False,
        file_config=FileWriterConfig(directory=asked["folder"], file_name="bare"),
    )  # fmt: skip
    builder = LiveNode.builder("BARE", TraderId("BARE-001"), Environment.LIVE).with_logging(log)
    builder = builder.with_timeout_connection(10).with_delay_post_stop_secs(0)
    node = ADAPTERS["bybit"](
        builder, {"urls": asked["urls"], "account": "BYBIT-001", "venue": "bybit"}
    ).build()
    node.add_strategy(timed(asked, found, done))

    async def run() -> None:
        running = asyncio.create_task(node.run_async())
        await asyncio.wait_for(done.wait(), 240)
        node.handle().stop()
        await running

    asyncio.run(run())
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
