"""What a derivatives account should hold, from what was last agreed on: pure.

Realised profit is the whole account's: a venue nets all positions of a market, whoever traded them,
so the fills of every instance and of strangers are followed as one position. Both sides are cut at
one moment of the venue's clock, between two looks at the balance that were equal.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.model import Position
from clearedge_tui.core.venue_state import Moved, Wallet

_SHARE = Decimal("1e-6")  # of the balance, that is never a difference


class Agreed(msgspec.Struct, frozen=True):
    """What an account held at a moment, as both sides said or a person decided."""

    at_ns: int  # by the venue's clock
    balances: dict[str, Decimal]
    positions: dict[str, Position] = {}  # market -> the account's own net position
    why: str = ""


class Traded(msgspec.Struct, frozen=True):
    """One fill of anybody on the account, in the coin that its market settles in."""

    market: str
    coin: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    at_ns: int


class Expected(msgspec.Struct, frozen=True):
    balances: dict[str, Decimal]
    positions: dict[str, Position]
    doubts: dict[str, str]  # coin -> why nothing can be said of it

    def net(self, market: str) -> Decimal:
        return self.positions.get(market, Position()).size


def expected(
    agreed: Agreed, fills: Iterable[Traded], log: Iterable[Moved], coins: dict[str, str]
) -> Expected:
    """Return what should be there now. `coins`: our markets, each with the coin it settles in.

    The log's lines of trades on our markets are left out: those we know by ourselves. On others
    nobody of ours trades, and the log is believed.
    """
    sums = {coin: agreed.balances.get(coin, Decimal(0)) for coin in coins.values()}
    positions, doubts = dict(agreed.positions), dict[str, str]()
    for one in sorted(fills, key=lambda fill: fill.at_ns):
        if one.at_ns > agreed.at_ns and one.coin in sums:
            before = positions.get(one.market, Position())
            after, realised = apply_fill(before, one.side, one.size, one.price, one.fee)
            positions[one.market] = after
            sums[one.coin] += realised - one.fee
    for line in log:
        if line.at_ns <= agreed.at_ns:
            continue
        if line.trade and line.market in coins:
            if line.coin != coins[line.market]:
                doubts[coins[line.market]] = f"fees are taken in {line.coin}"
        elif line.coin in sums:
            sums[line.coin] += line.amount
    return Expected(sums, positions, doubts)


def agree(ours: Decimal, theirs: Decimal, tolerance: Decimal) -> bool:
    return abs(ours - theirs) <= max(tolerance, abs(theirs) * _SHARE)


def made(seen: Wallet, due: Expected | None, held: dict[str, Position], why: str) -> Agreed:
    """Return what is agreed from here on: with `due`, as it should be, or else as the venue says.

    What should be is carried on, and not what is there, so that small remainders add up and are seen.
    """
    own = due.positions if due else {}
    positions = {
        market: Position(
            there.size, own[market].avg_price if _same(own, market, there) else there.avg_price
        )
        for market, there in held.items()
    }
    return Agreed(seen.at_ns, seen.balances | (due.balances if due else {}), positions, why)


def _same(own: dict[str, Position], market: str, there: Position) -> bool:
    return market in own and own[market].size == there.size
