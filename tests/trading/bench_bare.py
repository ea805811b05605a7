"""The same orders by a bare NautilusTrader strategy: the peer of `benchmarks/trading.py`."""

import json
import subprocess
import sys
from pathlib import Path

from tests.venue_sim.process import SimProcess

ROOT = Path(__file__).parents[2]


def bare(sim: SimProcess, folder: Path, orders: int) -> dict[str, list[float]]:
    """Run it in a process of its own and return its times in ms."""
    folder.mkdir(parents=True)
    words = json.dumps({"urls": sim.urls, "folder": str(folder), "orders": orders})
    done = subprocess.run(
        [sys.executable, "-m", "tests.trading.bench_bare", words],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def main() -> None:
    import asyncio
    import time

    from nautilus_trader.common import Environment, FileWriterConfig, LoggerConfig, LogLevel
    from nautilus_trader.live import LiveNode
    from nautilus_trader.model import InstrumentId, OrderSide, Quantity, StrategyId, TraderId
    from nautilus_trader.trading import Strategy, StrategyConfig

    from tests.venue_sim.adapters import ADAPTERS

    asked = json.loads(sys.argv[1])
    found: dict[str, list[float]] = {"tick_ms": [], "fill_ms": []}
    btc = InstrumentId.from_str("BTCUSDT-LINEAR.BYBIT")
    done = asyncio.Event()

    class Timed(Strategy):
        sent_ns = 0
        buys = True

        def on_start(self) -> None:
            self.subscribe_quotes(btc)

        def on_quote(self, quote: object) -> None:
            found["tick_ms"].append((time.time_ns() - quote.ts_event) / 1e6)  # type: ignore[attr-defined]
            if self.sent_ns or len(found["tick_ms"]) <= 5:
                return
            side = OrderSide.BUY if self.buys else OrderSide.SELL
            self.sent_ns = time.time_ns()
            self.submit_order(self.order_factory.market(btc, side, Quantity.from_str("0.001")))

        def on_order_filled(self, event: object) -> None:
            found["fill_ms"].append((time.time_ns() - self.sent_ns) / 1e6)
            self.sent_ns, self.buys = 0, not self.buys
            if len(found["fill_ms"]) >= asked["orders"]:
                done.set()

    log = LoggerConfig(
        stdout_level=LogLevel.OFF, fileout_level=LogLevel.WARNING, is_colored=False,
        file_config=FileWriterConfig(directory=asked["folder"], file_name="bare"),
    )  # fmt: skip
    builder = LiveNode.builder("BARE", TraderId("BARE-001"), Environment.LIVE).with_logging(log)
    builder = builder.with_timeout_connection(10).with_delay_post_stop_secs(0)
    node = ADAPTERS["bybit"](
        builder, {"urls": asked["urls"], "account": "BYBIT-001", "venue": "bybit"}
    ).build()
    node.add_strategy(
        Timed(
            StrategyConfig(
                strategy_id=StrategyId("S-001"), order_id_tag="001", use_uuid_client_order_ids=True
            )
        )
    )

    async def run() -> None:
        running = asyncio.create_task(node.run_async())
        await asyncio.wait_for(done.wait(), 240)
        node.handle().stop()
        await running

    asyncio.run(run())
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
