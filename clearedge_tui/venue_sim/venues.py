"""The venues that are spoken here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from clearedge_tui.venue_sim import markets
from clearedge_tui.venue_sim.binance.front import BinanceFront
from clearedge_tui.venue_sim.bybit.front import BybitFront
from clearedge_tui.venue_sim.floor import Floor, Front
from clearedge_tui.venue_sim.model import Market


@dataclass(frozen=True, slots=True)
class Venue:
    markets: tuple[Market, ...]
    front: Callable[[Floor], Front]
    numbered: bool = False  # its ids are numbers


VENUES: Final = {
    "bybit": Venue(markets.BYBIT, BybitFront),
    "binance": Venue(markets.BINANCE, BinanceFront, numbered=True),
}
