"""What a person asks of a gateway about single orders. Each is answered by `Done`."""

from decimal import Decimal

import msgspec


class HandOrder(msgspec.Struct, frozen=True, tag=True):
    """Place this for an instance on its account's own book, whatever its mode; or only look.

    A preview places nothing: `Done.data` says what the order would do and which rules refuse it.
    """

    command: str
    instance: str
    id: str
    side: str
    size: Decimal
    price: Decimal | None = None
    stop: Decimal | None = None
    reduce_only: bool = False
    preview: bool = False


class HandCancel(msgspec.Struct, frozen=True, tag=True):
    command: str
    instance: str
    order: str


class HandClose(msgspec.Struct, frozen=True, tag=True):
    """Close an instance's position on its account's own book at the market."""

    command: str
    instance: str


ByHand = HandOrder | HandCancel | HandClose
