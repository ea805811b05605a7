"""What a venue source and its worker in the engine say to each other, one question at a time."""

import msgspec

from clearedge_tui.market.sources.model import Listing

MODULE = "clearedge_tui.engine.venue_worker"
GONE = "gone"  # the worker ends after it: the next question needs another one


class Describe(msgspec.Struct, frozen=True, tag="describe"):
    symbol: str


class Bring(msgspec.Struct, frozen=True, tag="bring"):
    """Bars that open in [start, end), both in ns."""

    market_id: str
    timeframe: str
    start_ns: int
    end_ns: int


class Described(msgspec.Struct, frozen=True, tag="described"):
    listing: Listing


class Brought(msgspec.Struct, frozen=True, tag="brought"):
    """Bars stamped with their open: little-endian 64-bit columns."""

    ts_ns: bytes
    values: tuple[bytes, bytes, bytes, bytes, bytes]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """What the venue's client said; `kind` is passing, unknown, key, usage or GONE."""

    kind: str
    message: str


Question = Describe | Bring
Answer = Described | Brought | Failed
