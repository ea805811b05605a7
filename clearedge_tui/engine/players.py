"""The markets an account plays: where their bars come from, and how far each has got."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from clearedge_tui.core.errors import ClearEdgeError, NotFound, UsageError
from clearedge_tui.core.messages import MarketInfo, TickMsg
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.path import Resting, walk
from clearedge_tui.engine.feed import KEEP, Load, Player
from clearedge_tui.market import catalog, recordings, simulated, timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.samples import SEED
from clearedge_tui.settings import Account, Home

_WINDOW = 20_000  # bars read at a time
_SIM_START = "2025-01-06"


def start_ns(account: Account) -> int:
    """Return the account's start date in UTC ns, 0 when it has none."""
    if not account.start:
        return 0
    try:
        moment = datetime.fromisoformat(account.start)
    except ValueError:
        raise UsageError(
            f"[{account.name}] start `{account.start}` is no ISO date, e.g. 2022-01-03"
        ) from None
    return (
        int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * timeframes.NS
    )


def rows(bars: Bars) -> Iterator[BarRow]:
    for row in zip(*(column.tolist() for column in bars.columns()), strict=True):
        yield BarRow(*row)


class Source:
    """One market's bars by time, from the catalog or from the simulated market."""

    def __init__(
        self, home: Home, market: MarketInfo, resting: Callable[[], Sequence[Resting]] = tuple
    ) -> None:
        self._home = home
        self._market = market
        self._resting = resting
        if market.simulated:
            self.timeframe = "1m"
            self.span = (0, 0)
            return
        known = catalog.timeframes_of(home, market.id)
        if not known:
            raise NotFound(f"{market.symbol} has no bars in the catalog; see: clearedge data list")
        self.timeframe = known[0]
        self.span = catalog.span(home, market.id, self.timeframe) or (0, 0)

    @property
    def base_s(self) -> int:
        return timeframes.seconds(self.timeframe)

    def before(self, ts_ns: int) -> list[BarRow]:
        """Return up to KEEP bars that closed at or before a moment."""
        period = self.base_s * timeframes.NS
        if self._market.simulated:
            last = ts_ns // period
            return list(rows(simulated.bars(SEED, last - KEEP, KEEP)))
        found = catalog.stored(
            self._home, self._market.id, self.timeframe, ts_ns - 3 * KEEP * period, ts_ns
        )
        return list(rows(found))[-KEEP:]

    def after(self, ts_ns: int) -> Iterator[BarRow]:
        """Yield bars that close after a moment, a window at a time."""
        period = self.base_s * timeframes.NS
        if self._market.simulated:
            minute = ts_ns // period
            while True:
                yield from rows(simulated.bars(SEED, minute, _WINDOW))
                minute += _WINDOW
        first, last = ts_ns + 1, self.span[1]
        while first <= last:
            until = min(first + _WINDOW * period, last)
            yield from rows(
                catalog.stored(self._home, self._market.id, self.timeframe, first, until)
            )
            first = until + 1

    def ticks(self, ts_ns: int) -> Iterator[TickMsg]:
        """Yield the way through the bars after a moment, as quotes and closed bars.

        A bar that opens where the last one closed has nothing new to quote at its open.
        """
        last = None
        period = self.base_s * timeframes.NS
        for tick in walk(self._market.id, self.after(ts_ns), period, self._resting):
            if tick.kind == "quote":
                if tick == last:
                    continue
                last = tick
            yield tick


class Recorded:
    """One market of a recording: the same ticks in the same order."""

    def __init__(self, home: Home, name: str, market: MarketInfo) -> None:
        self._home, self._name, self._market = home, name, market
        self.base_s = recordings.base_s(home, name, market.id)
        found = next(one for one in recordings.recordings(home) if one.name == name)
        first = next(recordings.ticks(home, name, market.id), None)
        self.span = (first.ts_ns if first else found.first_ns, found.last_ns)

    def before(self, ts_ns: int) -> list[BarRow]:
        return recordings.before(self._home, self._name, self._market.id, ts_ns)[-KEEP:]

    def ticks(self, ts_ns: int) -> Iterator[TickMsg]:
        return recordings.ticks(self._home, self._name, self._market.id, ts_ns)


class Players:
    """All of an account's markets; a market joins when the first instance asks for it."""

    def __init__(
        self,
        home: Home,
        account: Account,
        send: Callable[[TickMsg], None],
        settled: Callable[[], Awaitable[None]],
        trouble: Callable[[str], None],
        joined: Callable[[str, int, Iterable[BarRow]], None],
        resting: Callable[[str], Sequence[Resting]] = lambda _market: (),
    ) -> None:
        self._home = home
        self._send = send
        self._settled = settled
        self._trouble = trouble
        self._joined = joined
        self._resting = resting
        self._players: dict[str, Player] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._bases: dict[str, int] = {}
        self._sources: dict[str, Source | Recorded] = {}
        self._start_ns = start_ns(account)
        self._recording = account.recording
        self.speed = account.speed
        self.error = ""

    @property
    def in_step(self) -> bool:
        return self.speed == 0

    @property
    def done(self) -> float | None:
        """Return how much of the replays is played, the least of them; None when none ends."""
        shares = [p.done for p in self._players.values() if p.done is not None]
        return min(shares) if shares else None

    def clocks(self) -> dict[str, int]:
        return {m: p.clock_ns for m, p in self._players.items()}

    def history(self, market: str) -> tuple[BarRow, ...]:
        player = self._players.get(market)
        return tuple(player.bars) if player else ()

    def history_from(self, market: str) -> str:
        """Return where the bars of `history` are from, for a person."""
        source = self._sources.get(market)
        if isinstance(source, Recorded):
            return "the recording"
        simulated = source is None or source.span == (0, 0)
        return "the simulated market" if simulated else "the catalog"

    def fill(self, market: str, from_ns: int, until_ns: int) -> tuple[BarRow, ...]:
        """Return the bars that closed in a span and were not played, if all of them are stored.

        They join the market's history. A recording has its own in its stream.
        """
        player, source = self._players.get(market), self._sources.get(market)
        if player is None or not isinstance(source, Source):
            return ()
        period = player.period_ns
        known = {bar.ts_ns for bar in player.bars}
        first = from_ns // period + 1
        wanted = {n * period for n in range(first, until_ns // period + 1)} - known
        if not wanted or len(wanted) > KEEP:
            return ()
        found = tuple(bar for bar in source.before(until_ns) if bar.ts_ns in wanted)
        if len(found) < len(wanted):
            return ()
        history = sorted((*player.bars, *found), key=lambda bar: bar.ts_ns)
        player.bars.clear()
        player.bars.extend(history)
        return found

    def base_s(self, market: str) -> int:
        return self._bases.get(market, 60)

    def sessions(self, market: str, timeframe: str) -> tuple[tuple[int, int], ...]:
        """Return the trading days that bars of a timeframe keep to: as in the catalog's own."""
        player, base = self._players.get(market), timeframes.spelled(self.base_s(market))
        if player is None or timeframe in ("quote", base):
            return ()
        first = player.bars[0].ts_ns if player.bars else player.clock_ns
        return catalog.sessions_for(self._home, market, base, timeframe, first, player.span[1])

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        for player in self._players.values():
            player.set_speed(speed)

    async def ensure(self, market: MarketInfo, resume_ns: int = 0) -> None:
        """Play a market from where it was, from the account's start, or from its first bar."""
        if market.id in self._players:
            return
        try:
            source: Source | Recorded = (
                Recorded(self._home, self._recording, market)
                if self._recording
                else Source(self._home, market, lambda: self._resting(market.id))
            )
        except ClearEdgeError as error:
            self.error = str(error)
            self._trouble(str(error))
            return
        default = (
            int(datetime.fromisoformat(_SIM_START + "T00:00+00:00").timestamp()) * timeframes.NS
        )
        first = default if source.span == (0, 0) else source.span[0] - 1
        from_ns = resume_ns or max(first, self._start_ns)
        load: Load = source.ticks
        player = Player(
            market.id, source.base_s, source.span, load, self._send, self._settled, self.speed
        )
        self._players[market.id] = player
        self._bases[market.id] = source.base_s
        self._sources[market.id] = source
        player.bars.extend(source.before(from_ns))
        player.clock_ns = from_ns
        self._joined(market.id, source.base_s, player.bars)
        self._tasks[market.id] = asyncio.create_task(self._play(player, from_ns))

    async def _play(self, player: Player, from_ns: int) -> None:
        try:
            await player.play(from_ns)
        except ClearEdgeError as error:
            self.error = str(error)
            self._trouble(str(error))

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
