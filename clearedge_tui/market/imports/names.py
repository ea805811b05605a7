"""Which column is what: the names that other programs give them, and the kind of data they make."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.layout import Kind

OHLC = ("open", "high", "low", "close")
WIDE = tuple(f"{side}_{name}" for side in ("bid", "ask") for name in OHLC)
_TIME = (
    *("timestamp", "ts", "datetime", "date_time", "open_time", "opentime", "close_time"),
    *("closetime", "time", "date", "ts_event", "ts_init", "unix", "gmt_time", "local_time", "day"),
    *("time_utc", "utc", "timestamp_utc", "date_utc", "transact_time", "timestamp_ms", "t"),
    *("index", "__index_level_0__"),  # how pandas calls an index without a name
)
_NAMES: dict[str, tuple[str, ...]] = {
    "time": _TIME,
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price", "last"),
    "volume": ("volume", "vol", "v", "base_volume", "volume_base", "tick_volume", "tickvol"),
    "adj_close": ("adj_close", "adjclose", "adjusted_close", "close_adjusted", "adj._close"),
    "bid": ("bid", "bid_price", "best_bid", "bid_px_00", "best_bid_price", "bidprice", "b"),
    "ask": ("ask", "ask_price", "best_ask", "ask_px_00", "best_ask_price", "askprice", "a"),
    "bid_size": ("bid_size", "bid_sz_00", "bid_qty", "bid_amount", "best_bid_qty", "bid_volume"),
    "ask_size": ("ask_size", "ask_sz_00", "ask_qty", "ask_amount", "best_ask_qty", "ask_volume"),
    "price": ("price", "px", "trade_price", "last_price", "p"),
    "size": ("size", "quantity", "qty", "amount", "volume", "vol", "trade_size", "q", "sz"),
    "side": ("side", "aggressor_side", "taker_side", "direction"),
    "buyer_maker": ("buyer_maker", "is_buyer_maker", "isbuyermaker"),
    "trade_id": ("trade_id", "tradeid", "id", "agg_trade_id", "tid", "sequence"),
    "sequence": ("sequence", "seq", "update_id"),
    "received": ("ts_init", "ts_recv", "local_timestamp", "received"),
    "bids": ("bids",),
    "asks": ("asks",),
    "clock": ("time", "time_of_day", "clock", "hour"),
    **{
        name: (name, name.replace("_", ""), f"{name[:3]}_{name[4]}", f"{name[4:]}_{name[:3]}")
        for name in WIDE
    },
}
FIELDS = tuple(_NAMES)
_DAYS = ("date", "day", "gmt_date", "trading_day")
_WANTED = {
    Kind.BARS: (("time", *OHLC), ("volume", "adj_close")),
    Kind.QUOTES: (("time", "bid", "ask"), ("bid_size", "ask_size", "received")),
    Kind.TRADES: (
        ("time", "price", "size"),
        ("side", "buyer_maker", "trade_id", "received"),
    ),
    Kind.DEPTH: (("time",), ("received", "sequence")),
}
# bids[0].price, bid_px_00, bid_price_0, bid0_price, bid_0_size: side, then what and level
_PARTS = {
    "price": "price|px|p",
    "size": "size|sz|amount|qty|quantity|volume|v|s",
    "count": "count|ct",
}
_LEVEL = re.compile(
    r"(bid|ask)s?_?(?:\[(?P<a>\d+)\]|(?P<b>\d+))?[._]?(?P<what>[a-z]+)_?(?P<c>\d+)?"
)


def plain(name: str) -> str:
    """Return a column's name as it is compared."""
    return clean_text(name).strip().strip("\ufeff<>").lower().replace(" ", "_")


def levels(header: Sequence[str]) -> dict[str, str]:
    """Return the columns of an order book as `bid_price_0` …, the best first."""
    found: dict[tuple[str, str, int], str] = {}
    for name in header:
        match = _LEVEL.fullmatch(plain(name))
        number = match and (match["a"] or match["b"] or match["c"])
        if not match or not number:
            continue
        what = next((w for w, forms in _PARTS.items() if match["what"] in forms.split("|")), "")
        if what:
            found[match[1], what, int(number)] = name
    least = min((number for _, _, number in found), default=0)
    return {f"{side}_{what}_{n - least}": name for (side, what, n), name in found.items()}


class Columns:
    """The header of one file and what a person said about it."""

    def __init__(self, path: Path, header: Sequence[str], chosen: Mapping[str, str]) -> None:
        self.path, self.header, self.chosen = path, list(header), dict(chosen)
        self._by_key = {plain(name): name for name in reversed(self.header)}
        for field, name in self.chosen.items():
            if name not in self.header:
                raise BadData(
                    f"{path}: no column `{clean_text(name)}` for {field}; it has: {self.listed()}"
                )

    def listed(self) -> str:
        return ", ".join(clean_text(name, 40) for name in self.header[:12])

    def find(self, field: str) -> str:
        if field in self.chosen:
            return self.chosen[field]
        return next((self._by_key[n] for n in _NAMES[field] if n in self._by_key), "")

    def _has(self, *fields: str) -> bool:
        return all(map(self.find, fields))

    def kind(self) -> Kind:
        """Return the kind of data; bars when nothing else fits, to say what is missing of them."""
        book = levels(self.header)
        if self._has(*OHLC) or self._has(*WIDE):
            return Kind.BARS
        if {"bid_price_1", "ask_price_1"} <= set(book) or self._has("bids", "asks"):
            return Kind.DEPTH
        if self._has("bid", "ask"):
            return Kind.QUOTES
        return Kind.TRADES if self._has("price", "size") else Kind.BARS

    def mapping(self, kind: Kind) -> dict[str, str]:
        """Return our field -> the file's column. Raises BadData for a column that is not there."""
        needed, more = _WANTED[kind]
        if kind is Kind.BARS and not self._has(*OHLC) and self._has(*WIDE):
            needed = ("time", *WIDE)
        found = self._time()
        for field in needed:
            if field not in found:
                found[field] = self.find(field) or self._missing(field)
        found |= {field: name for field in more if (name := self.find(field))}
        if kind is Kind.DEPTH:
            found |= self._book()
        if found.get("received") == found["time"]:
            del found["received"]
        return found

    def told(self, field: str) -> str:
        """Return the column that stands for a field by its name; empty for none."""
        return self._time().get(field, "") if field in ("time", "clock") else self.find(field)

    def wanted(self, kind: Kind) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Return the fields that a kind needs, those it may have, and the needed that are missing."""
        needed, more = _WANTED[kind]
        missing = tuple(field for field in needed if not self.told(field))
        if kind is Kind.BARS and self._has(*WIDE):
            missing = tuple(field for field in missing if field == "time")
        return needed, (*more, "clock"), missing

    def _time(self) -> dict[str, str]:
        """A day and a time of day in two columns are one time; `clock` may be withdrawn later."""
        if "time" in self.chosen:
            clock = {"clock": self.chosen["clock"]} if "clock" in self.chosen else {}
            return {"time": self.chosen["time"], **clock}
        first = self.find("time")
        day = next((self._by_key[name] for name in _DAYS if name in self._by_key), "")
        clock_ = self.find("clock")
        if day and clock_ and first in (day, clock_):
            return {"time": day, "clock": clock_}
        return {"time": first} if first else {}

    def _book(self) -> dict[str, str]:
        if self._has("bids", "asks"):
            return {"bids": self.find("bids"), "asks": self.find("asks")}
        book = levels(self.header)
        for field in ("bid_price_0", "ask_price_0", "bid_size_0", "ask_size_0"):
            if field not in book:
                self._missing(field)
        return book

    def _missing(self, field: str) -> str:
        raise BadData(
            f"{self.path}:1: no column for `{field}`; it has: {self.listed()}. "
            f"Name it with: --column {field}=NAME"
        )


def kind_named(text: str) -> Kind | None:
    """Return the kind a person said; None for nothing said."""
    if not text:
        return None
    try:
        return Kind(text)
    except ValueError:
        raise UsageError(f"kind `{clean_text(text)}`; wanted one of: {', '.join(Kind)}") from None
