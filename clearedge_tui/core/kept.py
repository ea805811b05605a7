"""What a gateway writes down of its account before and after it acts: frozen, for one file."""

import hashlib
from decimal import Decimal

import msgspec

from clearedge_tui.core.messages import LedgerRow, MarketInfo
from clearedge_tui.core.model import Instance, Order


class Entry(msgspec.Struct, frozen=True):
    """One order as its gateway knows it. `key` is what the venue knows it by."""

    order: Order
    key: str
    reduce_only: bool = False
    venue_id: str = ""
    sent_ns: int = 0  # wall clock; 0 is not sent


class SeatKept(msgspec.Struct, frozen=True):
    """An instance that has traded here, so that its sums are right before anybody attaches it."""

    instance: Instance
    market: MarketInfo
    ledger: LedgerRow
    base_fees: Decimal = Decimal(0)  # of the base currency, that the venue kept


def venue_key(salt: str, order_id: str) -> str:
    """Return what a venue knows an order by: 32 hex digits, the same for ever for one order.

    Every venue takes that: OKX wants letters and digits, at most 32; Kraken a UUID or very little.
    """
    return hashlib.blake2b(f"{salt}/{order_id}".encode(), digest_size=16).hexdigest()
