"""What can be traded: the list in `catalog/markets.json`, and finding a market by what was typed."""

import difflib
import os
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from clearedge_tui.core.asset_classes import ASSET_CLASSES
from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import Home

DEFAULT_VENUE = "LOCAL"
_FIAT = frozenset(
    [
        *("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK", "PLN"),
        *("CZK", "HUF", "TRY", "ZAR", "MXN", "SGD", "HKD", "CNH"),
    ]
)
_NOTHING = Decimal(0)
_JOINTS = str.maketrans("", "", "/-_: ")


class Ambiguous(UsageError):
    """A name that fits several markets; `choices` are their ids."""

    def __init__(self, message: str, choices: tuple[str, ...]) -> None:
        super().__init__(message)
        self.choices = choices


class Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One instrument at one venue. None: unknown or not said, so what is usual applies."""

    symbol: str  # as people write it: BTC/USDT
    venue: str
    market_id: str  # BTCUSDT.LOCAL
    base: str
    quote: str
    asset_class: str  # a key of ASSET_CLASSES
    price_precision: int
    size_precision: int
    min_size: Decimal
    simulated: bool = False
    source: str = ""
    calendar: str = ""  # 24/7, fx, or an exchange's code; empty is what its asset class has
    price_step: Decimal | None = None  # None: one unit of the precision
    size_step: Decimal | None = None
    max_size: Decimal = _NOTHING  # zero is no limit, also of the least
    min_notional: Decimal = _NOTHING
    maker_fee: Decimal | None = None  # share of the notional
    taker_fee: Decimal | None = None
    margin_init: Decimal | None = None  # share of the notional that a position needs
    margin_maint: Decimal | None = None
    multiplier: Decimal = Decimal(1)  # of the base in a size of 1

    def __post_init__(self) -> None:
        for step, decimals in (
            (self.price_step, self.price_precision),
            (self.size_step, self.size_precision),
        ):
            if step is not None and (step <= 0 or step % Decimal(1).scaleb(-decimals)):
                raise ValueError(f"a step of {step} is not above 0 with {decimals} decimals")

    @property
    def hours(self) -> str:
        """Return the name of its trading calendar."""
        return self.calendar or ASSET_CLASSES[self.asset_class].calendar

    @property
    def info(self) -> MarketInfo:
        """Return what an engine needs to know of it. Raises UsageError when none can trade it."""
        if self.multiplier != 1:
            raise UsageError(
                f"{self.market_id} has a multiplier of {self.multiplier}: profit is summed as size "
                "times price here, so it can be stored and looked at, not traded or backtested"
            )
        return MarketInfo(
            id=self.market_id,
            symbol=self.symbol,
            base=self.base,
            quote=self.quote,
            asset_class=self.asset_class,
            price_precision=self.price_precision,
            size_precision=self.size_precision,
            simulated=self.simulated,
            price_step=self.price_step or _NOTHING,
            step=self.size_step or _NOTHING,
            min_size=self.min_size,
            max_size=self.max_size,
            min_notional=self.min_notional,
            margin_init=self.margin_init,
            margin_maint=self.margin_maint,
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    markets: tuple[Market, ...] = ()


def describe(
    text: str,
    venue: str = "",
    asset_class: str = "",
    price_precision: int = 2,
    source: str = "",
    simulated: bool = False,
) -> Market:
    """Return the market a person means by `BTC/USDT`, `SP500` or `BTC/USDT.BINANCE`."""
    symbol, _, tail = clean_text(text).strip().upper().partition(".")
    venue = clean_text(venue).strip().upper() or tail or DEFAULT_VENUE
    base, slash, quote = symbol.partition("/")
    if bool(slash) != bool(quote) or not all(
        part.isalnum() and part.isascii() for part in (base, quote or "USD", venue)
    ):
        raise UsageError(
            f"market `{clean_text(text)}`: write it like BTC/USDT or SP500, letters and digits only"
        )
    if not asset_class:
        pair_of_fiat = base in _FIAT and quote in _FIAT
        asset_class = "fx" if pair_of_fiat else "crypto" if quote else "equity"
    if asset_class not in ASSET_CLASSES:
        raise UsageError(f"asset class `{asset_class}`; wanted one of: {', '.join(ASSET_CLASSES)}")
    size_precision = ASSET_CLASSES[asset_class].size_precision
    return Market(
        symbol=symbol,
        venue=venue,
        market_id=f"{base}{quote}.{venue}",
        base=base,
        quote=quote or "USD",
        asset_class=asset_class,
        price_precision=price_precision,
        size_precision=size_precision,
        min_size=Decimal(1).scaleb(-size_precision),
        simulated=simulated,
        source=clean_text(source),
    )


def _path(home: Home) -> Path:
    return home.catalog / "markets.json"


def load_markets(home: Home) -> dict[str, Market]:
    """Return all markets by id; an absent file is an empty list, a broken one is BadData."""
    path = _path(home)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        markets = msgspec.json.decode(raw, type=_File).markets
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadData(f"{path}: {error}; mend it, or delete it and import the data again") from None
    return {market.market_id: market for market in markets}


def save_market(home: Home, market: Market) -> None:
    """Add or replace one market; the file is replaced as a whole or not at all."""
    save_markets(home, [market])


def save_markets(home: Home, markets: Iterable[Market], without: str = "") -> None:
    """Add or replace markets and take one away. The caller holds the catalog's lock."""
    found = load_markets(home) | {market.market_id: market for market in markets}
    found.pop(without, None)
    ordered = _File(tuple(found[key] for key in sorted(found)))
    body = msgspec.json.format(msgspec.json.encode(ordered), indent=2) + b"\n"
    home.catalog.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".markets-", dir=home.catalog)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(_path(home))
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def resolve(home: Home, text: str) -> Market:
    """Return the market meant by `BTC/USDT`, `btc-usdt`, `BTCUSDT` or `BTCUSDT.LOCAL`.

    Raises NotFound with the nearest names, Ambiguous when the name fits several.
    """
    return _meant(load_markets(home), clean_text(text).strip().upper())


def _meant(markets: dict[str, Market], wanted: str) -> Market:
    if wanted in markets:
        return markets[wanted]
    name, dot, venue = wanted.rpartition(".")
    folded = (name if dot else wanted).translate(_JOINTS)
    fits = [
        m
        for m in markets.values()
        if (not dot or m.venue == venue)
        and folded in (m.symbol.translate(_JOINTS), m.market_id.rpartition(".")[0].translate(_JOINTS))
    ]  # fmt: skip
    fits = [m for m in fits if wanted in (m.symbol, f"{m.symbol}.{m.venue}")] or fits
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise NotFound(_unknown(wanted, markets))
    ids = tuple(m.market_id for m in fits)
    where = "fits more than one market" if dot else "is at more than one venue"
    raise Ambiguous(f"market `{wanted}` {where}; write one of: {', '.join(ids)}", ids)


def _unknown(wanted: str, markets: dict[str, Market]) -> str:
    names = {name: m.symbol for m in markets.values() for name in (m.symbol, m.market_id)}
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    if not markets:
        return f"no market `{wanted}`: the catalog is empty. Import data first: clearedge data import FILE or clearedge data sample"
    listed = list(dict.fromkeys(names[name] for name in near)) or sorted(set(names.values()))[:8]
    lead = "nearest" if near else "known"
    return f"no market `{wanted}`; {lead}: {', '.join(listed)}. See them all with: clearedge market list"
