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

    def position(self, market: str) -> Decimal:
        return sum((p.size for p in self.positions if p.market == market), Decimal(0))
