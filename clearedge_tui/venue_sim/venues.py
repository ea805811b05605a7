"""The venues that are spoken here."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from clearedge_tui.venue_sim import markets
from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.binance.front import BinanceFront
from clearedge_tui.venue_sim.bybit.front import BybitFront
from clearedge_tui.venue_sim.floor import Floor, Front
from clearedge_tui.venue_sim.ib.front import IbFront
from clearedge_tui.venue_sim.model import Market
from clearedge_tui.venue_sim.okx.front import OkxFront


@dataclass(frozen=True, slots=True)
class Venue:
    markets: tuple[Market, ...]
    front: Callable[[Floor], Front]
    numbered: bool = False  # its ids are numbers
    accounts: tuple[Account, ...] = (Account(),)


_DOLLARS = {"USD": Decimal(100_000)}
VENUES: Final = {
    "bybit": Venue(markets.BYBIT, BybitFront),
    "binance": Venue(markets.BINANCE, BinanceFront, numbered=True),
    "okx": Venue(markets.OKX, OkxFront, numbered=True),
    "interactive_brokers": Venue(
        markets.IB, IbFront, numbered=True, accounts=(Account(name="DU1000001", coins=_DOLLARS),)
    ),
}
