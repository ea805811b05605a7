"""History of Binance's USD-M futures, through a node: rc7 has no HTTP client of it for Python.

The node's data client connects to the venue's streams as well, although only history is asked.
A request that fails is never answered: the failure stands in the node's log alone, so that is
read along. Without either, nothing is known about the node any more, and the worker ends.
"""

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

from clearedge_tui.core.clock import monotonic
from clearedge_tui.engine.venue_history import (
    Columns,
    NodeGone,
    UnknownMarket,
    columns,
    listing,
    moment,
)
from clearedge_tui.market import timeframes
from clearedge_tui.market.sources.model import Listing

_START_S = 20.0
_ANSWER_S = 30.0
_LOOK_S = 0.02
_FAILED = re.compile(r"request failed: (.*?)(?:Stack backtrace|$)", re.DOTALL)


class Binance:
    """`BTC/USDT:USDT` is the perpetual. Spot history speaks another encoding: use ccxt for it."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._folder = tempfile.TemporaryDirectory(prefix="clearedge-node-")
        self._asker: Any = None
        self._cache: Any = None
        self._run: asyncio.Task[None] | None = None
        self._answers: asyncio.Queue[Any] = asyncio.Queue()

    async def describe(self, symbol: str) -> Listing:
        return listing(await self._instrument(_code(symbol)))

    async def bars(self, market_id: str, timeframe: str, start_ns: int, end_ns: int) -> Columns:
        from nautilus_trader.model import BarType

        await self._instrument(market_id.partition(".")[0])
        period = timeframes.period_ns(timeframe)
        read = len(self._log())
        self._asker.request_bars(
            BarType.from_str(timeframes.bar_type(market_id, timeframe)),
            start=moment(start_ns),
            end=moment(end_ns - 1_000_000),
            limit=(end_ns - start_ns) // period,
        )
        times, *values = columns(await self._answer(read), 0)
        # rc7 stamps them with the venue's closing time, a millisecond before the end
        return times // period * period, *values

    async def _instrument(self, code: str) -> Any:
        from nautilus_trader.model import InstrumentId

        await self._started()
        found = self._cache.instrument(InstrumentId.from_str(f"{code}.BINANCE"))
        if found is None:
            raise UnknownMarket(f"binance has no USD-M market {code}; spot: source `binance`")
        return found

    async def _answer(self, read: int) -> Any:
        end = monotonic() + _ANSWER_S
        while monotonic() < end:
            try:
                return await asyncio.wait_for(self._answers.get(), _LOOK_S)
            except TimeoutError:
                said = _FAILED.search(self._log()[read:])
                if said:
                    raise ValueError(" ".join(said[1].split())) from None
        raise NodeGone("the node did not answer")

    def _log(self) -> str:
        """Return the node's errors; there are few, or it would have ended."""
        files = sorted(Path(self._folder.name).glob("*"))
        return "".join(file.read_text("utf-8", "replace") for file in files)

    async def _started(self) -> None:
        if self._asker is not None:
            return
        node, started = self._built()
        self._cache = node.cache
        self._run = asyncio.ensure_future(node.run_async())
        waiting = asyncio.ensure_future(started.wait())
        await asyncio.wait({waiting, self._run}, timeout=_START_S, return_when="FIRST_COMPLETED")
        waiting.cancel()
        if not started.is_set():
            self._run.cancel()
            raise NodeGone(f"the node did not start: {' '.join(self._log()[-300:].split())}")

    def _built(self) -> tuple[Any, asyncio.Event]:
        from nautilus_trader.adapters.binance import BinanceDataClientFactory
        from nautilus_trader.common import Environment, LogLevel
        from nautilus_trader.live import LiveNode
        from nautilus_trader.model import TraderId

        from clearedge_tui.engine.quiet import file_logging

        started = asyncio.Event()
        node = (
            LiveNode.builder("HISTORY", TraderId("HISTORY-001"), Environment.LIVE)
            .with_logging(file_logging(Path(self._folder.name), "node", LogLevel.ERROR))
            .with_reconciliation(False)
            .with_timeout_connection(int(_START_S))
            .with_delay_post_stop_secs(0)
            .add_data_client("BINANCE", BinanceDataClientFactory(), _client(self._base_url))
            .build()
        )
        node.add_strategy(self._strategy(started))
        return node, started

    def _strategy(self, started: asyncio.Event) -> Any:
        """Return what asks on the node's behalf; it never trades."""
        from nautilus_trader.config import StrategyConfig
        from nautilus_trader.model import StrategyId
        from nautilus_trader.trading import Strategy

        history = self

        class Asker(Strategy):
            def on_start(self) -> None:
                history._asker = self
                started.set()

            def on_historical_bars(self, bars: Any) -> None:
                history._answers.put_nowait(list(bars))

        return Asker(StrategyConfig(strategy_id=StrategyId("HISTORY-001"), order_id_tag="001"))


def _client(base_url: str) -> Any:
    from nautilus_trader.adapters.binance import BinanceDataClientConfig, BinanceProductType

    return BinanceDataClientConfig(
        product_type=BinanceProductType.USD_M,
        base_url_http=base_url or None,
        base_url_ws=base_url.replace("http", "ws", 1) or None,
        max_retries=0,
    )


def _code(symbol: str) -> str:
    text = symbol.strip().upper().removesuffix(".BINANCE")
    pair, _, settled = text.partition(":")
    code = pair.replace("/", "")
    return f"{code}-PERP" if settled and "-" not in code else code
