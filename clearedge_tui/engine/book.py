"""A book: one engine node with a simulated venue, fed with quotes and asked to trade.

The same object is the paper account of a gateway and, in a process of its own, the shadow book.
Orders wait until the node has worked through every quote that was published before them: without
that an order may meet the quote before (the engine's data and order channels are not in step).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

import msgspec
from nautilus_trader.adapters.sandbox import SandboxExecutionClientFactory

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import Bug
from clearedge_tui.core.messages import (
    BookCancel,
    BookEvent,
    BookOpen,
    BookShrink,
    BookSubmit,
    MarketInfo,
    TickMsg,
)
from clearedge_tui.engine.node import Node
from clearedge_tui.engine.paper_venue import PaperData, PaperDataConfig, PaperDataFactory, sandbox
from clearedge_tui.engine.proxy import Registry
from clearedge_tui.settings import Account

_MOST_AHEAD = 256  # quotes that the node has not seen: more make an order meet an old price


class Book:
    """A simulated venue in a node that is built later."""

    def __init__(
        self,
        node: Node,
        account: Account,
        currencies: set[str],
        emit: Callable[[BookEvent], None],
    ) -> None:
        self._emit = emit
        self._markets: dict[str, MarketInfo] = {}
        self._home: dict[str, str] = {}  # order id -> instance
        self._ahead: dict[str, int] = {}  # quotes published and not yet seen, by market
        self._waiting: deque[BookSubmit | BookCancel | BookShrink] = deque()
        self._open: set[str] = set()  # orders sent whose fate is unknown
        self._told: set[str] = set()  # markets of which the node has seen a quote
        self._held: dict[str, BookSubmit] = {}  # orders that wait for their market's first quote
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._node = node
        node.builder.add_data_client("PAPER", PaperDataFactory(), PaperDataConfig())
        node.builder.add_simulated_exec_client(
            "PAPER",
            SandboxExecutionClientFactory(),
            sandbox(account.name, currencies, account.maker_fee, account.taker_fee),
        )
        Registry.emit = self._heard
        Registry.seen = self._seen

    async def start(self) -> None:
        """Run the node; return when it trades. Raises RetryLater when it does not come up."""
        await self._node.start(lambda: PaperData.last)

    async def stop(self) -> None:
        await self._node.stop()

    def open(self, ask: BookOpen) -> None:
        """Let an instance trade a market here; asking again tells of a market that has changed."""
        controller, data = Registry.controller, PaperData.last
        if controller is None or data is None:
            raise Bug("a book was asked to open an instance before its node ran")
        known = self._markets.get(ask.market.id)
        if known != ask.market:
            self._markets[ask.market.id] = ask.market
            data.add(ask.market)
        if known is None:
            self._ahead[ask.market.id] = 0
            controller.make("Tap", ask.market.id)
        if ask.instance not in Registry.proxies:
            controller.make("Proxy", ask.instance)

    def publish(self, tick: TickMsg) -> None:
        """Show the venue a quote of an opened market; other ticks mean nothing to it."""
        market = self._markets.get(tick.market)
        if market is None or tick.kind != "quote" or PaperData.last is None:
            return
        self._ahead[tick.market] += 1
        self._quiet.clear()
        PaperData.last.push(market, tick)

    @property
    def keeps_up(self) -> bool:
        """Whether the node is near enough to what was published for more."""
        return sum(self._ahead.values()) < _MOST_AHEAD

    async def room(self, limit_s: float = 1.0) -> None:
        """Wait until the node keeps up, at most so long."""
        limit = monotonic() + limit_s
        while not self.keeps_up and monotonic() < limit:  # noqa: ASYNC110  # the node has no event
            await asyncio.sleep(0.001)

    def submit(self, ask: BookSubmit) -> None:
        """Send an order once the node knows its market, which it does with the first quote."""
        if ask.market not in self._told:
            self._held[ask.id] = ask
            self._home[ask.id] = ask.instance
            return
        self._waiting.append(ask)
        self._open.add(ask.id)
        self._home[ask.id] = ask.instance
        self._quiet.clear()
        self._flush()

    def cancel(self, ask: BookCancel | BookShrink) -> None:
        """Cancel an order, or make it smaller."""
        held = self._held.get(ask.id)
        if held is not None and isinstance(ask, BookCancel):
            del self._held[ask.id]
            self._heard(BookEvent(ask.instance, ask.id, "cancelled"))
            return
        if held is not None and isinstance(ask, BookShrink):
            self._held[ask.id] = msgspec.structs.replace(held, size=ask.size)
            return
        self._waiting.append(ask)
        self._flush()

    async def settled(self, limit_s: float = 1.0) -> bool:
        """Wait until every quote is seen and every order sent has an answer."""
        if self._quiet.is_set():
            return True
        try:
            await asyncio.wait_for(self._quiet.wait(), limit_s)
        except TimeoutError:
            return False
        return True

    def _seen(self, market: str) -> None:
        self._ahead[market] = max(0, self._ahead[market] - 1)
        if market not in self._told:
            self._told.add(market)
            for ask in [one for one in self._held.values() if one.market == market]:
                del self._held[ask.id]
                self.submit(ask)
        self._flush()
        self._settle()

    def _flush(self) -> None:
        while self._waiting and not any(self._ahead.values()):
            ask = self._waiting.popleft()
            proxy = Registry.proxies.get(ask.instance)
            if proxy is None:
                self._heard(BookEvent(ask.instance, ask.id, "rejected", reason="not opened here"))
            elif isinstance(ask, BookSubmit):
                try:
                    proxy.send(ask, self._markets[ask.market])
                except (ValueError, RuntimeError, KeyError) as error:
                    self._heard(BookEvent(ask.instance, ask.id, "rejected", reason=str(error)))
            else:
                with contextlib.suppress(ValueError, RuntimeError):  # already gone: its event told
                    if isinstance(ask, BookShrink):
                        proxy.shrink(ask, self._markets[ask.market])
                    else:
                        proxy.drop(ask.id)

    def _heard(self, event: BookEvent) -> None:
        self._open.discard(event.id)
        self._emit(event)
        self._settle()

    def _settle(self) -> None:
        if not self._open and not self._waiting and not any(self._ahead.values()):
            self._quiet.set()
