"""What can be traded: the list in `catalog/markets.json`, and finding a market by what was typed."""

import difflib
import os
import tempfile
from decimal import Decimal
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import Home

DEFAULT_VENUE = "LOCAL"
BY_CLASS = {"crypto": "24/7", "fx": "fx", "equity": "XNYS", "index": "XNYS"}  # trading calendars
ASSET_CLASSES = tuple(BY_CLASS)
_SIZE_PRECISION = {"crypto": 6, "fx": 0, "equity": 0, "index": 2}
_FIAT = frozenset(
    [
        *("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK", "PLN"),
        *("CZK", "HUF", "TRY", "ZAR", "MXN", "SGD", "HKD", "CNH"),
    ]
)


class Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument at one venue. Prices and sizes are whole multiples of their last digit."""

    symbol: str  # as people write it: BTC/USDT
    venue: str
    market_id: str  # BTCUSDT.LOCAL
    base: str
    quote: str
    asset_class: str  # crypto | fx | equity | index
    price_precision: int
    size_precision: int
    min_size: Decimal
    simulated: bool = False
    source: str = ""
    calendar: str = ""  # 24/7, fx, or an exchange's code; empty is what its asset class has

    @property
    def hours(self) -> str:
        """Return the name of its trading calendar."""
        return self.calendar or BY_CLASS[self.asset_class]

    @property
    def info(self) -> MarketInfo:
        """Return what an engine needs to know of it."""
        return MarketInfo(
            id=self.market_id,
            symbol=self.symbol,
            base=self.base,
            quote=self.quote,
            asset_class=self.asset_class,
            price_precision=self.price_precision,
            size_precision=self.size_precision,
            simulated=self.simulated,
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
    size_precision = _SIZE_PRECISION[asset_class]
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
    markets = load_markets(home) | {market.market_id: market}
    ordered = _File(tuple(markets[key] for key in sorted(markets)))
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
    """Return the market meant by `BTC/USDT`, `BTCUSDT` or `BTCUSDT.LOCAL`.

    Raises NotFound with the nearest names, UsageError when the name fits more than one venue.
    """
    markets = load_markets(home)
    wanted = clean_text(text).strip().upper()
    exact = markets.get(wanted.replace("/", ""))
    if exact:
        return exact
    fits = [m for m in markets.values() if m.symbol.replace("/", "") == wanted.replace("/", "")]
    if len(fits) == 1:
        return fits[0]
    if fits:
        ids = ", ".join(m.market_id for m in fits)
        raise UsageError(f"market `{wanted}` is at more than one venue; write one of: {ids}")
    raise NotFound(_unknown(wanted, markets))


def _unknown(wanted: str, markets: dict[str, Market]) -> str:
    names = {name: m.symbol for m in markets.values() for name in (m.symbol, m.market_id)}
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    if not markets:
        return f"no market `{wanted}`: the catalog is empty. Import data first: clearedge data import FILE or clearedge data sample"
    listed = list(dict.fromkeys(names[name] for name in near)) or sorted(set(names.values()))[:8]
    lead = "nearest" if near else "known"
    return (
        f"no market `{wanted}`; {lead}: {', '.join(listed)}. See them all with: clearedge data list"
    )
