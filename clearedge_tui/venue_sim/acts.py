"""Rules that act on the whole venue: what each one does, and how it ends."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.model import Denied

if TYPE_CHECKING:
    from clearedge_tui.venue_sim.sim import VenueSim

Deed = Callable[[], object]


def act(sim: "VenueSim", fault: Fault) -> None:
    """Do what a rule says, and undo it after `for_s` if it says so."""
    do, undo = _deeds(sim, fault)[fault.what]
    do()
    if fault.for_s and undo is not None:
        sim.floor.later(fault.for_s, undo)


def _deeds(sim: "VenueSim", fault: Fault) -> dict[What, tuple[Deed, Deed | None]]:
    where = fault.where
    return {
        What.DISCONNECT: (lambda: sim.disconnect(where), None),
        What.SILENCE: (lambda: sim.silence(where), lambda: sim.silence(where, on=False)),
        What.UNREACHABLE: (lambda: sim.reachable(on=False), lambda: sim.reachable(on=True)),
        What.SKEW: (lambda: sim.skew(fault.delay_s), lambda: sim.skew(0)),
        What.REVOKE: (sim.revoke, lambda: sim.revoke(on=False)),
        What.PRICE: (lambda: sim.price(fault.market, fault.price or 0), None),
        What.FILL: (lambda: _fill(sim, fault), None),
        What.EXTERNAL: (lambda: _external(sim, fault), None),
    }


def _fill(sim: "VenueSim", fault: Fault) -> None:
    if any(fault.link in ("", o.id, o.asked.link) for o in sim.open_orders()):
        sim.fill(fault.link, fault.size, fault.price)


def _external(sim: "VenueSim", fault: Fault) -> None:
    size = fault.size or sim.markets(fault.market)[0].min_size
    try:
        sim.external(fault.market, fault.side, size, fault.price)
    except Denied as denied:
        sim.floor.request("external", "rule", "", str(denied)).outcome = str(denied.denial)
