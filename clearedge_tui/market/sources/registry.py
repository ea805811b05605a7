"""Which sources there are, how they are set up, and opening one by name."""

import importlib.util
import re
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui import secrets
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.sources.breaker import Breaker, Rule
from clearedge_tui.market.sources.model import Source
from clearedge_tui.market.sources.resilience import Clock, Guard, Retry
from clearedge_tui.settings import Home

OWN = {
    "databento": "US exchanges, paid; needs a key",
    "simulated": "the built-in market, no network",
    "tiingo": "US equities daily, crypto; needs a key",
    "venue:binance": "USD-M futures through NautilusTrader's own client",
    **{f"venue:{one}": "through NautilusTrader's own client" for one in ("bybit", "okx")},
}
USUAL = ("binance", "bybit", "coinbase", "kraken", "okx")  # of ccxt's hundred, as examples
_NAME = re.compile(r"[a-z0-9]+(:[a-z0-9]+)?")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of `config/sources.toml`. All have defaults; most homes have no such file."""

    base_url: str = ""  # another address than the source's own
    pace_s: float = 0.0  # least time between two asks; 0 is what the source is known to like
    attempts: int = 3
    failures: int = 3  # in a row, after which the source is left alone
    rest_s: float = 60.0
    adjusted: bool = True  # tiingo: prices adjusted for splits and dividends
    dataset: str = ""  # databento
    price_precision: int = 2  # databento
    options: dict[str, Any] = {}  # ccxt: handed to the venue's client


def options(home: Home, name: str) -> Options:
    """Return how one source is set up. Raises UsageError that names file and key."""
    path = home.config / "sources.toml"
    try:
        raw = tomllib.loads(path.read_text("utf-8")).get(name, {})
        return msgspec.convert(raw, Options)
    except FileNotFoundError:
        return Options()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: [{name}] {error}") from None


def is_source(name: str) -> bool:
    """Tell whether something can be pulled from, without importing any client."""
    if name in OWN:
        return True
    found = importlib.util.find_spec("ccxt") if _NAME.fullmatch(name) else None
    if found is None or found.origin is None:
        return False
    return (Path(found.origin).parent / "async_support" / f"{name}.py").is_file()


def guard(
    home: Home, name: str, chosen: Options, clock: Clock, told: Callable[[str], None]
) -> Guard:
    breaker = Breaker(home, name, Rule(chosen.failures, chosen.rest_s), clock.now_ns)
    return Guard(name, breaker, chosen.pace_s, clock, Retry(attempts=chosen.attempts), told)


@asynccontextmanager
async def opened(
    home: Home,
    name: str,
    told: Callable[[str], None] = lambda line: None,
    clock: Clock | None = None,
) -> AsyncIterator[Source]:
    """Open a source by its name. Raises NotFound, or UsageError when a key or package is missing."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"source `{clean_text(name, 40)}`; see: clearedge data sources")
    chosen = options(home, name)
    found = _made(home, name, chosen, guard(home, name, chosen, clock or Clock(), told))
    async with found as source:
        yield source


def _made(home: Home, name: str, chosen: Options, asked_by: Guard) -> Any:
    match name.partition(":")[0]:
        case "simulated":
            from clearedge_tui.market.sources.simulated import Simulated

            return Simulated(asked_by)
        case "tiingo":
            from clearedge_tui.market.sources.tiingo import Tiingo

            key = secrets.needed(home, "tiingo", "source tiingo")
            return Tiingo(asked_by, key, chosen.base_url, chosen.adjusted)
        case "databento":
            from clearedge_tui.market.sources.databento_source import DatabentoSource

            key = secrets.needed(home, "databento", "source databento")
            return DatabentoSource(
                asked_by, key, chosen.base_url, chosen.dataset, chosen.price_precision
            )
        case "venue":
            from clearedge_tui.market.sources.venue import VenueSource

            return VenueSource(name, asked_by, chosen.base_url)
        case _:
            from clearedge_tui.market.sources.ccxt_source import CcxtSource

            return CcxtSource(name, asked_by, chosen.base_url, chosen.options)
