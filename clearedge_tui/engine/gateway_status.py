"""What a gateway says of itself a few times a second: sums, clocks, modes, what is wrong."""

from typing import TYPE_CHECKING

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.messages import FeedStatus, Ledgers
from clearedge_tui.core.model import TickCounts
from clearedge_tui.engine.venue_feed import VenueFeed

if TYPE_CHECKING:
    from clearedge_tui.engine.gateway import Gateway


def tell_status(gateway: "Gateway") -> None:
    desk, players, recorder = gateway.desk, gateway.players, gateway.recorder
    rows = desk.ledgers()
    if rows:
        gateway.lease.tell(Ledgers(rows))
    gateway.lease.tell(
        FeedStatus(
            now_ns(),
            _clocks(gateway),
            players.speed,
            players.done,
            gateway.shadow.up,
            {s.instance.id: s.mode for s in desk.seats.values() if s.pid},
            gateway.error or gateway.record.error or players.error or recorder.error,
            counts(gateway),
            recorder.name if gateway.spec.account.record_mb else "",
            {m: monotonic() - at for m, at in desk.spoke_s.items()},
            gateway.missing.texts(),
            tuple({seat.market for seat in desk.seats.values()}),
            gateway.ready,
            dict(players.sockets) if isinstance(players, VenueFeed) else {},
        )
    )


def _clocks(gateway: "Gateway") -> dict[str, int]:
    """Return how far each market has got for its listeners: what is held comes again."""
    clocks, inlet = gateway.desk.clocks, gateway.inlet
    return {
        market: clocks.get(market, at) if inlet.held(market) else at
        for market, at in gateway.players.clocks().items()
    }


def counts(gateway: "Gateway") -> TickCounts:
    slow = gateway.valve.conflated + gateway.shadow.valve.conflated
    return gateway.inlet.counts() + TickCounts(conflated=slow)
