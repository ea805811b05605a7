"""What the first rows of a file and the person's words say together, before the rest is read."""

from dataclasses import dataclass, replace
from decimal import Decimal

import msgspec
import numpy as np

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.market import timeframes
from clearedge_tui.market.columns import Ints
from clearedge_tui.market.imports import names, rows
from clearedge_tui.market.imports.plan import Request
from clearedge_tui.market.imports.raw_file import NotPlain, RawBatch, RawFile, open_file
from clearedge_tui.market.imports.rows import Pass
from clearedge_tui.market.imports.tick_rows import NO_SIZE
from clearedge_tui.market.imports.times import TimeStyle, time_style, times
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import Market, describe, load_markets
from clearedge_tui.settings import Home

_ADJUSTED_DECIMALS = 4
_SAMPLE = 2_000  # rows that the length of a bar is guessed from


@dataclass(frozen=True, slots=True)
class Seen:
    """How a file is to be read. `plain` is False when its numbers have to be read as text."""

    raw: RawFile
    style: TimeStyle
    other: tuple[RawFile, TimeStyle] | None
    key: Key
    stamp: str
    market: Market
    known: Market | None
    plain: bool


def look(home: Home, request: Request) -> Seen:
    """Return how to read a file; raises BadData or UsageError when that is in doubt."""
    raw, batch, plain = _opened(request)
    style = time_style(raw, batch, request.zone)
    when = times(raw, _head(batch), style)
    raw = _turned(raw, when)
    other = _asks(request, raw)
    timeframe, stamp = "", ""
    if raw.kind is Kind.BARS:
        timeframe = _timeframe(request, raw, when)
        stamp = _stamp(request, raw)
    price, size = rows.guessed(raw, batch)
    price += other is not None
    if request.adjusted:
        price = max(price, _ADJUSTED_DECIMALS)
    market, known = _market(home, request, raw, price, size)
    key = Key(market.market_id, raw.kind, timeframe)
    return Seen(raw, style, other, key, stamp, market, known, plain)


def _opened(request: Request) -> tuple[RawFile, RawBatch, bool]:
    kind = names.kind_named(request.kind)
    if request.timeframe:
        timeframes.period_ns(request.timeframe)
        if kind not in (None, Kind.BARS):
            raise UsageError(f"--timeframe is for bars; {kind} have none")
        kind = Kind.BARS
    raw = open_file(request.path, request.columns, kind)
    if request.adjusted and "adj_close" not in raw.mapping:
        raise BadData(
            f"{raw.path}: --adjusted needs a column of adjusted closes; name it with: "
            "--column adj_close=NAME"
        )
    raw = _without_clock(raw)
    try:
        return raw, _first(raw, True), True
    except NotPlain:
        return raw, _first(raw, False), False


def _first(raw: RawFile, plain: bool) -> RawBatch:
    batch = raw.first(plain)
    if batch is None or not len(batch.fields["time"]):
        raise BadData(f"{raw.path}: no rows; nothing to import")
    return batch


def _without_clock(raw: RawFile) -> RawFile:
    """A column `time` beside a `date` is a time of day, unless it is a whole time itself."""
    if "clock" not in raw.mapping:
        return raw
    try:
        batch = _first(raw, True)
    except NotPlain:
        batch = _first(raw, False)
    text = str(batch.fields["clock"][0].as_py() or "").strip()
    if (len(text) <= 15 and not text.isdigit()) or len(text) <= 6:
        return raw
    rest = {k: v for k, v in raw.mapping.items() if k != "clock"}
    return replace(raw, mapping=rest | {"time": raw.mapping["clock"]})


def _asks(request: Request, bids: RawFile) -> tuple[RawFile, TimeStyle] | None:
    if request.ask is None:
        return None
    if bids.kind is not Kind.BARS or "bid_open" in bids.mapping or request.adjusted:
        raise UsageError("--ask is for two files of bars, one of bids and one of asks")
    raw = open_file(request.ask, request.columns, Kind.BARS)
    try:
        batch = _first(raw, True)
    except NotPlain:
        batch = _first(raw, False)
    style = time_style(raw, batch, request.zone)
    return _turned(raw, times(raw, _head(batch), style)), style


def _head(batch: RawBatch) -> RawBatch:
    return RawBatch(batch.line, {n: column.slice(0, _SAMPLE) for n, column in batch.fields.items()})


def _turned(raw: RawFile, when: Ints) -> RawFile:
    """Have a file whose newest row comes first read from its end."""
    falls = len(when) > 1 and when[0] > when[-1] and bool((np.diff(when) <= 0).all())
    return replace(raw, backwards=falls)


def _timeframe(request: Request, raw: RawFile, when: Ints) -> str:
    """Return the length of the bars: as it was said, as the file says, or as most rows are apart."""
    if request.timeframe or raw.timeframe:
        if raw.timeframe and request.timeframe not in ("", raw.timeframe):
            raise BadData(f"{raw.path}: the file holds bars of {raw.timeframe}")
        return request.timeframe or raw.timeframe
    steps = np.abs(np.diff(when))
    found, count = np.unique(steps, return_counts=True)
    step = int(found[np.argmax(count)]) if len(found) else 0
    guess = timeframes.spelled(step // timeframes.NS) if step > 0 else ""
    try:
        timeframes.split(guess)
    except UsageError:
        raise UsageError(f"{raw.path}: how long are its bars? Say it: --timeframe 1m") from None
    return guess


def _stamp(request: Request, raw: RawFile) -> str:
    named = "close" in raw.mapping["time"].lower() or raw.closes
    stamp = request.stamp or ("close" if named else "open")
    if stamp not in ("open", "close"):
        raise UsageError(f"stamp `{stamp}`; wanted open or close")
    return stamp


def _market(
    home: Home, request: Request, raw: RawFile, price: int, size: int
) -> tuple[Market, Market | None]:
    fresh = describe(request.market, request.venue, request.asset_class, price, raw.path.name)
    known = load_markets(home).get(fresh.market_id)
    if known is None:
        return with_decimals(fresh, price, max(size, fresh.size_precision)), None
    if known.simulated:
        raise UsageError(
            f"{known.market_id} is a simulated market; real data need another venue: --venue NAME"
        )
    if stepped(known):
        return known, known
    more = max(price, known.price_precision), max(size, known.size_precision)
    return with_decimals(known, *more), known


def stepped(known: Market | None) -> bool:
    """Whether somebody said a market's steps: its decimals then stand, and finer data are rounded."""
    return known is not None and not (known.price_step is None and known.size_step is None)


def with_decimals(market: Market, price: int, size: int) -> Market:
    """Return a market of more decimals."""
    usual = market.min_size == Decimal(1).scaleb(-market.size_precision)
    least = Decimal(1).scaleb(-size) if usual else market.min_size
    return msgspec.structs.replace(
        market, price_precision=price, size_precision=size, min_size=least
    )


def notes(reading: Pass, request: Request, market: Market, known: Market | None) -> tuple[str, ...]:
    """Return what a person should know before agreeing."""
    raw, need = reading.raw, reading.decimals
    has, of = set(raw.mapping), raw.kind
    price, size = market.price_precision, market.size_precision
    raw_prices = "prices are stored as traded; --adjusted scales them to the adjusted close"
    old = known or market
    told = (
        (price > old.price_precision, f"prices have {price} decimals; the market had {old.price_precision} and gets as many"),
        (size > old.size_precision, f"sizes have {size} decimals; the market had {old.size_precision} and gets as many"),
        (need.needed_price > price, f"prices have {need.needed_price} decimals and are rounded to the market's {price}"),
        (need.needed_size > size, f"sizes have {need.needed_size} decimals and are rounded to the market's {size}"),
        (of is Kind.BARS and "volume" not in has, "the file has no volume; it is stored as 0"),
        (of is Kind.QUOTES and not {"bid_size", "ask_size"} <= has, f"the file has no sizes; each is stored as {NO_SIZE:,.0f}"),
        (of is Kind.TRADES and not {"side", "buyer_maker"} & has, "the file does not say who bought; the side is stored as unknown"),
        (reading.paired > 0, "stored are the middles between bid and ask"),
        (reading.crossed > 0, f"{reading.crossed:,} bars have a bid a little above the ask"),
        ("adj_close" in has, "prices are scaled to the adjusted close" if request.adjusted else raw_prices),
        (reading.dropped > 0, f"{reading.dropped:,} records without a bid or an ask are left out"),
        (raw.backwards, "the newest row comes first in the file; it was read from its end"),
        (bool(raw.style and raw.style.named), "the file has no header; its columns were told by their values"),
    )  # fmt: skip
    return tuple(text for holds, text in told if holds)
