"""The venues that accounts may name, and what may be set about each: pure data, no adapter here.

Options are declared like a strategy's settings, so one rule checks them, and the console and the
command line make their forms from it. They are named as NautilusTrader's adapters name them; an
empty text is the adapter's own default. Values are kept in `config/accounts.toml` under `[NAME.options]`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from clearedge_tui.core.errors import UsageError

Options = dict[str, dict[str, Any]]


class Venue(msgspec.Struct, frozen=True):
    """One venue. `keys` are the secrets it needs to trade, stored as `ACCOUNT_KEY`."""

    name: str
    title: str
    code: str  # in instrument ids: BTCUSDT-LINEAR.BYBIT
    keys: tuple[str, ...]
    options: Options
    proven: str  # what our tests drive through the unmodified adapter
    audited: bool = True  # an independent client can read and flatten it (ccxt)
    exchanges: bool = False  # it routes: a market's id ends with its exchange, AAPL.NASDAQ
    needed: tuple[str, ...] = ()  # options that a live account cannot do without

    def lists(self, market_id: str) -> bool:
        """Whether an account here can name this market; the venue may still not have it."""
        code = market_id.rpartition(".")[2]
        if self.exchanges:
            return code not in {"LOCAL", *(one.code for one in _ALL)}
        return code == self.code

    def spot(self, options: Mapping[str, object]) -> bool:
        """Whether what an account with these options holds is coins, not positions."""
        product = self.options.get("product", {"default": ""})
        return str(options.get("product") or product["default"]) == "spot"

    @property
    def ending(self) -> str:
        """How the ids of its markets end, for a person."""
        return "the code of its exchange, as AAPL.NASDAQ" if self.exchanges else f".{self.code}"


def _text(help_: str, default: str = "") -> dict[str, Any]:
    return {"type": "string", "default": default, "help": help_}


def _one_of(help_: str, *values: str) -> dict[str, Any]:
    return {"type": "enum", "default": values[0], "choices": list(values), "help": help_}


def _count(help_: str, default: int, least: int, most: int) -> dict[str, Any]:
    return {"type": "int", "default": default, "min": least, "max": most, "help": help_}


_PROXY = _text("a proxy for HTTP, e.g. http://10.0.0.1:3128")
_TIMEOUT = _count("seconds until an HTTP request is given up", 10, 1, 120)
_RETRIES = _count("how often a failed request is tried again", 3, 0, 10)
_HTTP = _text("another HTTP address, e.g. http://127.0.0.1:8080")
_WS = _text("another WebSocket address")
_WEB: Options = {"proxy_url": _PROXY}
_KEYS = ("api_key", "api_secret")

_ALL = (
    Venue(
        "bybit",
        "Bybit",
        "BYBIT",
        _KEYS,
        {
            "product": _one_of("which markets", "linear", "spot", "inverse"),
            "environment": _one_of("which Bybit", "mainnet", "testnet", "demo"),
            "base_url_http": _HTTP,
            "base_url_ws_public": _text("another WebSocket address for prices"),
            "base_url_ws_private": _text("another WebSocket address for orders and fills"),
            "base_url_ws_trade": _text("another WebSocket address to send orders to"),
            "http_timeout_secs": _TIMEOUT,
            "max_retries": _RETRIES,
            "recv_window_ms": _count("how far the clocks may differ", 5000, 100, 60_000),
            **_WEB,
        },
        "linear and spot, against a server of ours",
    ),
    Venue(
        "binance",
        "Binance",
        "BINANCE",
        _KEYS,
        {
            "product": _one_of("which markets", "usd_m", "spot", "coin_m"),
            "environment": _one_of("which Binance", "live", "testnet", "demo"),
            "base_url_http": _HTTP,
            "base_url_ws": _WS,
            "base_url_ws_trading": _text("another WebSocket address to send orders to"),
            "recv_window_ms": _count("how far the clocks may differ", 5000, 100, 60_000),
            "max_retries": _RETRIES,
            **_WEB,
        },
        "USD-M futures, against a server of ours",
    ),
    Venue(
        "okx",
        "OKX",
        "OKX",
        (*_KEYS, "api_passphrase"),
        {
            "product": _one_of("which markets", "swap", "spot", "futures"),
            "environment": _one_of("which OKX", "live", "demo"),
            "region": _one_of("which region's servers", "global", "eea", "us"),
            "base_url_http": _HTTP,
            "base_url_ws_public": _text("another WebSocket address for prices"),
            "base_url_ws_private": _text("another WebSocket address for orders and fills"),
            "base_url_ws_business": _text("another WebSocket address for candles and algo orders"),
            "http_timeout_secs": _TIMEOUT,
            "max_retries": _RETRIES,
            **_WEB,
        },
        "spot, against a server of ours",
    ),
    Venue(
        "kraken",
        "Kraken",
        "KRAKEN",
        _KEYS,
        {
            "product": _one_of("which markets", "spot", "futures"),
            "environment": _one_of("which Kraken", "live", "demo"),
            "base_url": _HTTP,
            "ws_public_url": _text("another WebSocket address for prices"),
            "ws_private_url": _text("another WebSocket address for orders and fills"),
            "timeout_secs": _TIMEOUT,
            **_WEB,
        },
        "comes up and sends an order, no more",
    ),
    Venue(
        "hyperliquid",
        "Hyperliquid",
        "HYPERLIQUID",
        ("private_key",),
        {
            "environment": _one_of("which Hyperliquid", "mainnet", "testnet"),
            "account_address": _text("the account that an agent's key signs for"),
            "vault_address": _text("a vault to trade for"),
            "base_url_http": _HTTP,
            "base_url_ws": _WS,
            "base_url_exchange": _text("another HTTP address to send orders to"),
            "http_timeout_secs": _TIMEOUT,
            "max_retries": _RETRIES,
            **_WEB,
        },
        "comes up and sends an order, no more",
    ),
    Venue(
        "deribit",
        "Deribit",
        "DERIBIT",
        _KEYS,
        {
            "product": _one_of("which markets", "future", "option", "spot"),
            "environment": _one_of("which Deribit", "mainnet", "testnet"),
            "base_url_http": _HTTP,
            "base_url_ws": _WS,
            "http_timeout_secs": _TIMEOUT,
            "max_retries": _RETRIES,
            **_WEB,
        },
        "comes up and sends an order, no more",
    ),
    Venue(
        "coinbase",
        "Coinbase",
        "COINBASE",
        _KEYS,
        {
            "environment": _one_of("which Coinbase", "live", "sandbox"),
            "base_url_rest": _HTTP,
            "base_url_ws": _WS,
            "http_timeout_secs": _TIMEOUT,
            "max_retries": _RETRIES,
            **_WEB,
        },
        "comes up and sends an order, no more",
    ),
    Venue(
        "interactive_brokers",
        "Interactive Brokers",
        "INTERACTIVE_BROKERS",
        (),
        {
            "host": _text("where TWS or the gateway listens", "127.0.0.1"),
            "port": _count("7496 and 4001 are live, 7497 and 4002 are paper", 4002, 1, 65_535),
            "client_id": _count("a number no other client of the gateway uses", 1, 1, 999),
            "account_id": _text("U… is live, DU… is paper"),
            "connection_timeout": _count("seconds until a connection is given up", 60, 1, 600),
        },
        "shares and currency pairs, against a server of ours",
        audited=False,
        exchanges=True,
        needed=("account_id",),
    ),
)
VENUES = {venue.name: venue for venue in _ALL}


def venue(name: str) -> Venue:
    """Return a venue by its name. Raises UsageError that names the known ones."""
    found = VENUES.get(name)
    if found is None:
        raise UsageError(f"venue `{name}`; known: {', '.join(VENUES)}")
    return found
