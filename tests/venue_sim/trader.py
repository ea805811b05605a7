"""A live node with a venue's adapter that does what its standard input says, one JSON line each."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from nautilus_trader.common import (
    Environment,
    FileWriterConfig,
    LoggerConfig,
    LogLevel,
)
from nautilus_trader.live import LiveExecutionEngineConfig, LiveNode, LiveNodeBuilder
from nautilus_trader.model import (
    BarType,
    ClientOrderId,
    InstrumentId,
    OrderSide,
    Price,
    Quantity,
    StrategyId,
    TimeInForce,
    TraderId,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from tests.venue_sim.adapters import ADAPTERS

ASKED = json.loads(sys.argv[1])
SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
TIFS = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Told(Strategy):
    """Makes the orders it is told to make and says every event."""

    quotes = trades = 0

    def on_start(self) -> None:
        for one in ASKED["instruments"]:
            self.subscribe_quotes(InstrumentId.from_str(one))
        say(event="started", **state(self))

    def on_quote(self, quote: Any) -> None:
        self.quotes += 1
        if self.quotes in (1, 2, 5):
            say(
                event="quote",
                number=self.quotes,
                bid=str(quote.bid_price),
                ask=str(quote.ask_price),
            )

    def on_trade(self, trade: Any) -> None:
        self.trades += 1

    def on_bar(self, bar: Any) -> None:
        say(event="bar", close=str(bar.close), at_ns=bar.ts_event)

    def on_historical_bars(self, bars: Sequence[Any]) -> None:
        say(event="bars", closes=[str(bar.close) for bar in bars], at_ns=[b.ts_event for b in bars])

    def on_order_event(self, event: Any) -> None:
        words = {
            name: str(getattr(event, name))
            for name in (
                "last_px",
                "last_qty",
                "commission",
                "reason",
                "trade_id",
                "liquidity_side",
            )
            if getattr(event, name, None) is not None
        }
        say(event=type(event).__name__, order=str(event.client_order_id), **words)

    def on_position_event(self, event: Any) -> None:
        say(event=type(event).__name__)


def state(node: Any) -> dict[str, Any]:
    cache, portfolio = node.cache, node.portfolio
    account = portfolio.account(venue=Venue(ASKED["account"].partition("-")[0]))
    return {
        "positions": {str(p.instrument_id): p.signed_qty for p in cache.positions_open()},
        "orders": {str(o.client_order_id): o.status.name for o in cache.orders()},
        "balances": {str(c): str(m) for c, m in account.balances_total().items()}
        if account
        else {},
        "quotes": getattr(node, "quotes", 0),
        "trades": getattr(node, "trades", 0),
    }


def made(node: Told, words: dict[str, Any]) -> Any:
    iid = InstrumentId.from_str(words["instrument"])
    make: Any = node.order_factory
    numbers: dict[str, Any] = {
        name: Price.from_str(words[name]) for name in ("price", "trigger_price") if name in words
    }
    if "tif" in words:
        numbers["time_in_force"] = TIFS[words["tif"]]
    for name in ("post_only", "reduce_only"):
        if words.get(name):
            numbers[name] = True
    return getattr(make, words["kind"])(
        iid, SIDES[words["side"]], Quantity.from_str(words["size"]),
        client_order_id=ClientOrderId(words["id"]), **numbers,
    )  # fmt: skip


def submit_list(node: Told, words: dict[str, Any]) -> None:
    node.submit_order_list([made(node, one) for one in words["orders"]])


def bars(node: Told, words: dict[str, Any]) -> None:
    """Hear one-minute bars and ask for the last ones."""
    of = BarType.from_str(f"{words['instrument']}-1-MINUTE-LAST-EXTERNAL")
    node.subscribe_trades(InstrumentId.from_str(words["instrument"]))
    node.subscribe_bars(of)
    node.request_bars(of, limit=words["limit"])


def modify(node: Told, words: dict[str, Any]) -> None:
    node.modify_order(
        ClientOrderId(words["id"]),
        Quantity.from_str(words["size"]) if "size" in words else None,
        Price.from_str(words["price"]) if "price" in words else None,
    )


DOES: dict[str, Callable[[Told, dict[str, Any]], object]] = {
    "submit": lambda node, words: node.submit_order(made(node, words)),
    "submit_list": submit_list,
    "bars": bars,
    "cancel_some": lambda node, words: node.cancel_orders([ClientOrderId(i) for i in words["ids"]]),
    "modify": modify,
    "cancel": lambda node, words: node.cancel_order(ClientOrderId(words["id"])),
    "cancel_all": lambda node, words: node.cancel_all_orders(
        InstrumentId.from_str(words["instrument"])
    ),
    "close_all": lambda node, words: node.close_all_positions(
        InstrumentId.from_str(words["instrument"])
    ),
    "state": lambda node, words: state(node),
}


def built() -> tuple[LiveNode, Told]:
    folder, _, name = ASKED["log"].rpartition("/")
    log = LoggerConfig(
        stdout_level=LogLevel.OFF, fileout_level=LogLevel.DEBUG, is_colored=False,
        file_config=FileWriterConfig(directory=folder, file_name=name), clear_log_file=True,
    )  # fmt: skip
    builder: LiveNodeBuilder = LiveNode.builder("SIM", TraderId("TRADER-001"), Environment.LIVE)
    builder = builder.with_logging(log).with_timeout_connection(10).with_delay_post_stop_secs(0)
    builder = builder.with_exec_engine_config(
        LiveExecutionEngineConfig(
            reconciliation=True, reconciliation_startup_delay_secs=0.1, **ASKED.get("engine", {})
        )
    )
    node = ADAPTERS[ASKED["venue"]](builder, ASKED).build()
    claimed = [InstrumentId.from_str(one) for one in ASKED["instruments"]]
    told = Told(
        StrategyConfig(
            strategy_id=StrategyId("S-001"), order_id_tag="001", external_order_instrument_ids=claimed,
            use_uuid_client_order_ids=True,
        )
    )  # fmt: skip
    node.add_strategy(told)
    return node, told


async def main() -> None:
    node, told = built()
    handle, loop = node.handle(), asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    running = asyncio.create_task(node.run_async())
    while not handle.is_running and not running.done():  # noqa: ASYNC110  # it has no event to wait for
        await asyncio.sleep(0.005)
    say(
        event="running" if handle.is_running else "failed",
        error=str(running.done() and running.exception()),
    )
    while line := await lines.get():
        words = json.loads(line)
        if words["do"] == "stop":
            break
        try:
            say(answer=DOES[words["do"]](told, words))
        except (ValueError, TypeError, RuntimeError) as error:
            say(answer=f"refused: {error}")
    handle.stop()
    await running
    say(answer="stopped")


if __name__ == "__main__":
    asyncio.run(main())
