"""What a venue itself says of an account, asked raw: not through the engine, not from our ledger."""

from decimal import Decimal

import msgspec


class RawOrder(msgspec.Struct, frozen=True):
    """An open order. `key` is the name its sender gave it; empty when it gave none."""

    key: str
    venue_id: str
    market: str
    side: str
    size: Decimal
    filled: Decimal = Decimal(0)
    price: Decimal | None = None


class RawPosition(msgspec.Struct, frozen=True):
    market: str
    size: Decimal  # signed, long > 0
    avg_price: Decimal = Decimal(0)


class RawFill(msgspec.Struct, frozen=True):
    """One execution. `base_fee` is what the fee took of the base currency; it is in `fee` already."""

    trade: str
    venue_id: str
    market: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    base_fee: Decimal = Decimal(0)
    at_ns: int = 0
    key: str = ""


class Moved(msgspec.Struct, frozen=True):
    """One line of a venue's own log of what changed a balance."""

    at_ns: int
    coin: str
    amount: Decimal  # signed
    kind: str  # as the venue calls it
    market: str = ""  # of ours; empty is none, or another product
    trade: bool = False  # what a fill realised or cost, which its fill says as well


class Wallet(msgspec.Struct, frozen=True):
    """What an account holds without the profit of open positions, and what its log says of it.

    The balance was the same before the log was read and after it; `at_ns`, by the venue's clock,
    lies between. With an `error` nothing else counts.
    """

    at_ns: int = 0
    since_ns: int = 0  # the log is whole from here on
    balances: dict[str, Decimal] = {}
    log: tuple[Moved, ...] = ()
    error: str = ""


class VenueState(msgspec.Struct, frozen=True, tag=True):
    """An account at its venue, between two moments. With an `error` nothing else counts."""

    account: str
    asked_ns: int
    answered_ns: int
    positions: tuple[RawPosition, ...] = ()
    orders: tuple[RawOrder, ...] = ()
    balances: dict[str, Decimal] = {}
    fills: tuple[RawFill, ...] = ()
    skew_ms: float | None = None  # the venue's clock minus ours; None is unknown
    latency_ms: float = 0.0
    rights: tuple[str, ...] | None = None  # of the key; None is unknown
    error: str = ""
    wallet: Wallet | None = None  # of a derivatives account

    def position(self, market: str) -> Decimal:
        return sum((p.size for p in self.positions if p.market == market), Decimal(0))
