"""The way in of an account's ticks: judged, put in order, looked at for gaps, queued in a burst.

Feeds call `take`. What passes goes to the gateway at once while its books keep up. Stored data are
never reordered, conflated or searched for silence: they play as they are.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import TickCounts
from clearedge_tui.core.tick_gap import Silence
from clearedge_tui.core.tick_gate import TickGate
from clearedge_tui.core.tick_order import Window
from clearedge_tui.core.tick_queue import TickQueue
from clearedge_tui.settings import Account

_MOST = 1000  # quotes that wait for the books; then only the newest of each market does
_SLICE = 64  # ticks between two breaths of the loop
_NO_ROOM_S = 0.001
_NOTHING = TickMsg("", "gap", 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class _Passed(msgspec.Struct, frozen=True):
    """A tick, and whether its price stood far away and alone when it came."""

    tick: TickMsg
    odd: bool

    @property
    def market(self) -> str:
        return self.tick.market

    @property
    def kind(self) -> str:
        return self.tick.kind


class Inlet:
    def __init__(
        self,
        account: Account,
        out: Callable[[TickMsg, bool], None],
        room: Callable[[], bool],
        open_ns: Callable[[str, int, int], int],
    ) -> None:
        """`room` says whether the books keep up; `open_ns` how long of a span a market was open."""
        self._account = account
        self._out = out
        self._room = room
        self._open_ns = open_ns
        self._speed = account.speed
        self._gates: dict[str, TickGate] = {}
        self._silence: dict[str, Silence] = {}
        self._queue: TickQueue[_Passed] = TickQueue(_MOST)
        self._filled = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.gaps = 0

    def begin(self, market: str, base_s: int, from_ns: int) -> None:
        """A market joins: its data are known up to a moment."""
        limit = 0 if self._account.stored else int(self._account.gap_s * 1e9)
        self._silence[market] = Silence(limit, base_s * 1_000_000_000, from_ns)

    def take(self, tick: TickMsg) -> None:
        """Take a tick of a feed, or its word that it was away (`gap`)."""
        gate = self._gate(tick.market)
        if tick.kind == "gap":
            self._pass(gate, gate.flush())
            self._told_gap(tick)
            return
        self._pass(gate, gate.take(tick, at_s=monotonic()))
        if len(gate.window):
            self._set_timer()

    def told(self, tick: TickMsg) -> None:
        """Note a bar that reached the listeners by another way than the feed's."""
        self._gate(tick.market).told(tick)

    def set_speed(self, speed: float) -> None:
        """Follow a feed that plays at another pace from now on."""
        self.flush()
        self._speed = speed
        for gate in self._gates.values():
            gate.window.set_pace(speed)

    def flush(self) -> None:
        """Let out at once whatever is held or waits."""
        for gate in self._gates.values():
            self._pass(gate, gate.flush())
        while self._queue:
            self._next()

    def held(self, market: str) -> bool:
        """Whether ticks of a market came and nobody has seen them yet."""
        gate = self._gates.get(market)
        return len(self._queue) > 0 or (gate is not None and len(gate.window) > 0)

    def counts(self) -> TickCounts:
        """Return the sums over all markets; the newest reason names its market."""
        total = TickCounts(conflated=self._queue.conflated, gaps=self.gaps)
        for market, gate in self._gates.items():
            one = gate.counts()
            said = f"{market}: {one.last}" if one.last else ""
            total += msgspec.structs.replace(one, last=said)
        return total

    def _gate(self, market: str) -> TickGate:
        gate = self._gates.get(market)
        if gate is None:
            width = 0 if self._account.stored else int(self._account.reorder_ms * 1e6)
            gate = self._gates[market] = TickGate(Window(width, self._speed))
        return gate

    # ---- order and gaps -----------------------------------------------------------------------
    def _pass(self, gate: TickGate, passed: Iterable[TickMsg]) -> None:
        for tick in passed:
            self._look(tick)
            self._put(tick, gate.odd)

    def _look(self, tick: TickMsg) -> None:
        """Say before a tick what is missing before it."""
        silence = self._silence.get(tick.market)
        if silence is None:
            return
        span = silence.before(tick, partial(self._open_ns, tick.market))
        if span is not None:
            self.gaps += 1
            self._put(msgspec.structs.replace(_NOTHING, market=tick.market, ts_ns=span[1]), False)

    def _told_gap(self, tick: TickMsg) -> None:
        silence = self._silence.get(tick.market)
        if silence is not None and silence.before(tick) is not None:
            self.gaps += 1
            self._put(tick, False)

    def _set_timer(self) -> None:
        """Wake when something held is due, though nothing may follow it."""
        if self._timer is not None:
            return
        due = [at for g in self._gates.values() if (at := g.window.due_s) is not None]
        if due:
            wait = max(0.0, min(due) - monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = monotonic()
        for gate in self._gates.values():
            self._pass(gate, gate.due(now))
        self._set_timer()

    # ---- bursts -------------------------------------------------------------------------------
    def _put(self, tick: TickMsg, odd: bool) -> None:
        if self._account.stored or (not self._queue and self._room()):
            self._out(tick, odd)
            return
        self._queue.put(_Passed(tick, odd))
        self._filled.set()

    def _next(self) -> None:
        passed = self._queue.take()
        self._out(passed.tick, passed.odd)

    async def run(self) -> None:
        """Let out what waits, as fast as the books take it, until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                for _ in range(_SLICE):
                    if not self._queue or not self._room():
                        break
                    self._next()
                await asyncio.sleep(0 if self._room() else _NO_ROOM_S)
