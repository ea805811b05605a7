"""What comes through the inlet goes on to books and instances: each tick to each who listens."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import iso
from clearedge_tui.core.messages import Gap, Noted, TickMsg
from clearedge_tui.core.path import closed

if TYPE_CHECKING:
    import asyncio

    from clearedge_tui.engine.desk import Desk
    from clearedge_tui.engine.inlet import Inlet
    from clearedge_tui.engine.lockstep import Lockstep
    from clearedge_tui.engine.missing import Missing
    from clearedge_tui.engine.players import Players
    from clearedge_tui.engine.seat import Seat
    from clearedge_tui.engine.shadow_link import ShadowLink
    from clearedge_tui.engine.valve import Valve
    from clearedge_tui.engine.venue_feed import VenueFeed
    from clearedge_tui.market.recordings import Recorder
    from clearedge_tui.settings import Account


class Spread:
    """Call it with a tick. The gateway puts its pieces in before the first one comes."""

    inlet: "Inlet"
    players: "Players | VenueFeed"
    missing: "Missing"

    def __init__(
        self,
        account: "Account",
        desk: "Desk",
        recorder: "Recorder",
        shadow: "ShadowLink",
        step: "Lockstep",
        valve: "Valve",
        lines: "dict[str, asyncio.StreamWriter]",
        publish: Callable[[TickMsg], None],
        say: Callable[[str, msgspec.Struct], None],
        note: Callable[[msgspec.Struct], object],
    ) -> None:
        self._account = account
        self.desk = desk
        self.recorder = recorder
        self.shadow = shadow
        self.step = step
        self.valve = valve
        self.lines = lines
        self._publish = publish
        self._say = say
        self._note = note

    def __call__(self, tick: TickMsg, odd: bool) -> None:
        """Pass on to books and instances what came through the inlet."""
        if tick.kind == "gap":
            self._gap(tick)
            return
        # a replay of the catalog is judged by its check, and trades as the backtest does
        if odd and self._account.feed != "replay":
            self.desk.odd.add(tick.market)
        else:
            self.desk.odd.discard(tick.market)
        self.recorder.take(tick)
        self.desk.mark(tick.market, tick.ts_ns, self._price(tick))
        if tick.kind == "quote":
            self._publish(tick)
            self.shadow.publish(tick)
        else:
            self.desk.point(tick.market)
        in_step = self.players.in_step and tick.kind == "bar"
        seq = self.step.next_seq() if in_step else 0
        for seat in self.desk.seats.values():
            if seat.market.id == tick.market:
                self._hand(seat, tick, seq)

    def _hand(self, seat: "Seat", tick: TickMsg, seq: int) -> None:
        """Give a tick to one instance; with a number it owes an answer."""
        ask, instance = seq, seat.instance.id
        if tick.kind == "bar":
            asked = self.missing.bar(instance, tick.ts_ns, lambda: seq or self.step.next_seq())
            ask = seq or asked
        line = self.lines.get(instance)
        if line is None:
            self.missing.left(instance)
            return
        if not (ask or seat.thinks_on(tick.kind)):
            self.valve.ride(instance, line, tick)
            return
        if ask:
            tick = msgspec.structs.replace(tick, ack=ask)
        if self.valve.send(instance, line, tick) and seq:
            self.step.owes(instance, seq)

    def _gap(self, tick: TickMsg) -> None:
        """Ticks are missing until now: tell the listeners, and fill the bars from what is stored."""
        market = tick.market
        past = (bar.ts_ns for bar in self.players.history(market) if bar.ts_ns <= tick.ts_ns)
        since = self.desk.clocks.get(market) or max(past, default=tick.ts_ns)
        stored = self.players.fill(market, since, tick.ts_ns)
        fills = len(stored) or int(tick.volume)
        self.recorder.take(msgspec.structs.replace(tick, volume=float(fills)))
        span = since, tick.ts_ns
        said = f"ticks are missing from {iso(since)} to {iso(tick.ts_ns)}"
        said += f"; {fills} stored bars fill it" if fills else "; bars over it are incomplete"
        self._note(Noted("data.gap", market, said))
        marked = stored[-1].ts_ns if stored else since
        for seat in self.desk.seats.values():
            if seat.market.id == market:
                self.missing.begin(seat, span, fills, self._account.gap_bars)
                self._say(seat.instance.id, Gap(marked, tick.ts_ns, said))
        for bar in stored:
            ready = closed(market, bar)
            self.inlet.told(ready)
            self(ready, odd=False)

    def _price(self, tick: TickMsg) -> Decimal:
        for seat in self.desk.seats.values():
            if seat.market.id == tick.market:
                return Decimal(f"{tick.close:.{seat.market.price_precision}f}")
        return Decimal(repr(tick.close))
