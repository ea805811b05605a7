"""A venue's live data as an account's feed: quotes, closed minutes, and the past before now.

It has the face of `Players`. What is stored in the catalog comes first, what is missing until now is
asked of the venue; a market is ready when both are there, or when the venue does not answer in time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from nautilus_trader.trading import ImportableStrategyConfig

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError, NotFound
from clearedge_tui.core.messages import MarketInfo, TickMsg
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.feed import KEEP
from clearedge_tui.engine.mute_lines import MuteLines
from clearedge_tui.engine.node import Node
from clearedge_tui.engine.players import Source
from clearedge_tui.engine.proxy import Registry
from clearedge_tui.engine.tws_line import TwsLine
from clearedge_tui.engine.venue_adapters import engine_market, hear
from clearedge_tui.engine.venue_trader import Hearers, config
from clearedge_tui.market import catalog, timeframes
from clearedge_tui.settings import Account, Home

_PERIOD_NS = 60 * timeframes.NS
_ANSWER_S = 5.0
_MOST_ASKED = 1000  # bars that one request for the past brings
_STAMPED_AT_OPEN = {"OKX"}  # others stamp a bar with its close, or a millisecond before


class VenueFeed:
    in_step = False
    done = None
    speed = 1.0

    def __init__(
        self,
        home: Home,
        account: Account,
        node: Node,
        take: Callable[[TickMsg], None],
        joined: Callable[[str, int, Iterable[BarRow]], None],
        markets: Iterable[str] = (),
    ) -> None:
        self._home = home
        self._node = node
        self._take = take
        self._joined = joined
        self._bars: dict[str, deque[BarRow]] = {}
        self._clocks: dict[str, int] = {}
        self._origins: dict[str, tuple[int, int]] = {}  # bars of the past: stored, the venue's
        self._pasts: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.sockets: dict[str, str] = {}
        self._lines = MuteLines(lambda: self._bars)
        Hearers.not_let_in = self._lines.refused
        self.error = ""
        routes = venue(account.venue).exchanges
        self._tws = TwsLine(account, self.sockets, self._away) if routes else None
        Hearers.named = partial(engine_market, account)
        Hearers.quote = self._quote
        Hearers.bar = self._bar
        Hearers.history = self._history
        Hearers.socket = self._socket
        if not account.live:
            hear(node.builder, account, {}, markets)

    def _away(self, said: str) -> None:
        if said or self.error.startswith("no connection to TWS"):
            self.error = said

    # ---- as of Players ------------------------------------------------------------------------
    def clocks(self) -> dict[str, int]:
        return dict(self._clocks)

    def history(self, market: str) -> tuple[BarRow, ...]:
        return tuple(self._bars.get(market, ()))

    def history_from(self, market: str) -> str:
        """Return how many bars of `history` each origin gave, for a person."""
        stored, there = self._origins.get(market, (0, 0))
        counts = ((stored, "the catalog"), (there, "the venue"))
        return " and ".join(f"{name} ({count:,})" for count, name in counts if count)

    def base_s(self, market: str) -> int:
        del market
        return 60

    def sessions(self, market: str, timeframe: str) -> tuple[tuple[int, int], ...]:
        if market not in self._bars or timeframe in ("quote", "1m"):
            return ()
        bars = self._bars[market]
        first = bars[0].ts_ns if bars else now_ns()
        return catalog.sessions_for(self._home, market, "1m", timeframe, first, now_ns())

    def set_speed(self, speed: float) -> None:
        """Live data have one speed."""

    def fill(self, market: str, from_ns: int, until_ns: int) -> tuple[BarRow, ...]:
        """Return nothing: what the venue gives after a gap comes as any bar does."""
        del market, from_ns, until_ns
        return ()

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def ensure(self, market: MarketInfo, resume_ns: int = 0) -> None:
        """Listen to a market, and fetch what was before now without waiting for it."""
        del resume_ns
        if market.id in self._bars:
            return
        self._bars[market.id] = deque(self._stored(market), maxlen=KEEP)
        self._origins[market.id] = len(self._bars[market.id]), 0
        self._clocks[market.id] = now_ns()
        self._pasts[market.id] = asyncio.Event()
        self._listen(market.id)
        if not self._tasks:
            self._tasks.add(asyncio.create_task(self._lines.run()))
            if self._tws is not None:
                self._tasks.add(asyncio.create_task(self._tws.run()))
        task = asyncio.create_task(self._past(market.id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ready(self, market: str) -> None:
        """Wait until a market's past is there; at most a few seconds."""
        past = self._pasts.get(market)
        if past is not None:
            await past.wait()

    # ---- the past -----------------------------------------------------------------------------
    def _stored(self, market: MarketInfo) -> list[BarRow]:
        try:
            source = Source(self._home, market)
            return source.before(now_ns()) if source.timeframe == "1m" else []
        except NotFound:
            return []  # nothing stored: the venue's own past has to do
        except ClearEdgeError as error:
            self.error = str(error)
            return []

    async def _past(self, market: str) -> None:
        bars = self._bars[market]
        until = now_ns() // _PERIOD_NS * _PERIOD_NS
        since = max(bars[-1].ts_ns if bars else 0, until - _MOST_ASKED * _PERIOD_NS)
        trader = Hearers.traders.get(market)
        if trader is not None and since < until:
            trader.ask_history(since, _MOST_ASKED)
            try:
                await asyncio.wait_for(self._pasts[market].wait(), _ANSWER_S)
            except TimeoutError:
                self.error = f"{market}: the venue gave no past bars within {_ANSWER_S:.0f} s"
        self._pasts[market].set()
        self._joined(market, 60, self._bars[market])

    def _history(self, market: str, found: list[Any]) -> None:
        bars = self._bars.get(market)
        if bars is None:
            return
        code = market.rpartition(".")[2]
        rows = {bar.ts_ns: bar for bar in bars}
        known = len(rows)
        latest = now_ns()
        for one in found:
            row = _row(one, _close_of(one.ts_event, code))
            if row.ts_ns <= latest:
                rows.setdefault(row.ts_ns, row)
        bars.clear()
        bars.extend(rows[at] for at in sorted(rows))
        self._origins[market] = known, len(rows) - known
        self._pasts[market].set()

    # ---- what comes ---------------------------------------------------------------------------
    def _listen(self, market: str) -> None:
        if market in Hearers.traders or Registry.controller is None:
            return
        named = config(market, claim=False)
        Registry.controller.create_strategy_from_config(
            ImportableStrategyConfig(
                "clearedge_tui.engine.venue_trader:Trader",
                "clearedge_tui.engine.venue_trader:TraderConfig",
                {
                    "strategy_id": str(named.strategy_id),
                    "order_id_tag": named.order_id_tag,
                    "market": market,
                },
            )
        )

    def _quote(self, market: str, bid: float, ask: float, ts_ns: int) -> None:
        if market not in self._bars:
            return
        self._lines.heard()
        self._clocks[market] = max(ts_ns, self._clocks[market])
        middle = (bid + ask) / 2
        self._take(TickMsg(market, "quote", ts_ns, 0, 0, 0, middle, 0, bid, ask))

    def _bar(self, market: str, bar: Any) -> None:
        bars = self._bars.get(market)
        if bars is None:
            return
        # a live bar comes within seconds of its close, whatever its venue stamps it with
        close = (bar.ts_init + _PERIOD_NS // 2) // _PERIOD_NS * _PERIOD_NS
        row = _row(bar, close)
        if bars and row.ts_ns <= bars[-1].ts_ns:
            return
        bars.append(row)
        self._take(
            TickMsg(market, "bar", row.ts_ns, row.open, row.high, row.low, row.close,
                    row.volume, row.close, row.close)
        )  # fmt: skip

    def _socket(self, endpoint: str, state: str) -> None:
        self.sockets[endpoint] = state.lower()
        if state.lower() == "connected":
            self._lines.came_up()


def _row(bar: Any, close_ns: int) -> BarRow:
    return BarRow(
        close_ns,
        bar.open.as_double(),
        bar.high.as_double(),
        bar.low.as_double(),
        bar.close.as_double(),
        bar.volume.as_double(),
    )


def _close_of(stamp_ns: int, code: str) -> int:
    if code in _STAMPED_AT_OPEN:
        return stamp_ns + _PERIOD_NS
    return -(-stamp_ns // _PERIOD_NS) * _PERIOD_NS
