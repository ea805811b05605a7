"""The venues' adapters as the engine has them, unmodified: which classes, with which settings."""

import inspect
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import msgspec
from nautilus_trader.live import RoutingConfig
from nautilus_trader.model import AccountId, InstrumentId

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.venues import venue
from clearedge_tui.settings import Account

Keys = dict[str, str]  # api_key -> its value; only ever in the memory of the process that trades
Made = tuple[Any, Any]  # a client's factory and its configuration
_PAIRS = {"IDEALPRO", "PAXOS", "ZEROHASH"}  # where Interactive Brokers trades pairs


class _Choice(msgspec.Struct, frozen=True):
    """An option of ours that is an enum of the adapter, and what the adapter calls it."""

    enum: str
    name: str
    many: bool = False


class _Adapter(msgspec.Struct, frozen=True):
    stem: str
    choices: dict[str, _Choice] = {}
    execution: dict[str, str] = {}  # options that the execution client calls otherwise
    for_orders: frozenset[str] = frozenset()  # options that would lead the data client astray
    fixed: dict[str, object] = {}  # of the execution client, not to be chosen
    provider: str = ""  # the class that is told which markets to look up; others look up all


def _where(stem: str) -> _Choice:
    return _Choice(f"{stem}Environment", "environment")


_ADAPTERS = {
    "bybit": _Adapter(
        "Bybit",
        {
            "product": _Choice("BybitProductType", "product_types", True),
            "environment": _where("Bybit"),
        },
    ),
    "binance": _Adapter(
        "Binance",
        {
            "product": _Choice("BinanceProductType", "product_type"),
            "environment": _where("Binance"),
        },
        fixed={"use_position_ids": False},  # with lost events the engine invents a position
    ),
    "okx": _Adapter(
        "OKX",
        {
            "product": _Choice("OKXInstrumentType", "instrument_types", True),
            "environment": _where("OKX"),
            "region": _Choice("OKXRegion", "region"),
        },
    ),
    "kraken": _Adapter(
        "Kraken",
        {"product": _Choice("KrakenProductType", "product_type"), "environment": _where("Kraken")},
        {"ws_private_url": "ws_url"},
        frozenset({"ws_private_url"}),  # given it, the data client listens to nothing else
    ),
    "hyperliquid": _Adapter("Hyperliquid", {"environment": _where("Hyperliquid")}),
    "deribit": _Adapter(
        "Deribit",
        {
            "product": _Choice("DeribitProductType", "product_types", True),
            "environment": _where("Deribit"),
        },
    ),
    "coinbase": _Adapter("Coinbase", {"environment": _where("Coinbase")}),
    "interactive_brokers": _Adapter(
        "InteractiveBrokers", provider="InteractiveBrokersInstrumentProviderConfig"
    ),
}


def hear(builder: Any, account: Account, keys: Keys, markets: Iterable[str]) -> None:
    """Give a node the venue's prices."""
    client = data_client(account, keys, markets)
    builder.add_data_client(None, *client, _routing(account))


def trade(builder: Any, account: Account, keys: Keys, markets: Iterable[str]) -> None:
    """Give a node the venue's orders."""
    client = execution_client(account, keys, markets)
    builder.add_exec_client(None, *client, _routing(account))


def _routing(account: Account) -> RoutingConfig | None:
    """Return that everything goes to this client, where a market's id does not name the venue."""
    return RoutingConfig(default=True) if venue(account.venue).exchanges else None


def data_client(account: Account, keys: Keys | None = None, markets: Iterable[str] = ()) -> Made:
    """Return the venue's data client; most need no keys for prices."""
    return _made(account, "Data", keys or {}, _looked_up(account, markets))


def execution_client(account: Account, keys: Keys, markets: Iterable[str] = ()) -> Made:
    """Return the venue's execution client."""
    fixed = {**_ADAPTERS[account.venue].fixed, **_looked_up(account, markets)}
    if "account_id" not in venue(account.venue).options:
        fixed["account_id"] = AccountId(f"{venue(account.venue).code}-{account.name}")
    return _made(account, "Execution", keys, fixed)


def engine_market(account: Account, market: str) -> str:
    """Return what the adapter calls a market: a pair of a venue that routes has a stroke in it."""
    symbol, _, code = market.rpartition(".")
    if not venue(account.venue).exchanges or code not in _PAIRS or "/" in symbol:
        return market
    return f"{symbol[:-3]}/{symbol[-3:]}.{code}"


def _looked_up(account: Account, markets: Iterable[str]) -> dict[str, object]:
    """Return what makes a client know these markets, where it does not know all by itself."""
    adapter = _ADAPTERS[account.venue]
    if not adapter.provider:
        return {}
    module = import_module(f"nautilus_trader.adapters.{account.venue}")
    ids = {InstrumentId.from_str(engine_market(account, market)) for market in markets}
    return {"instrument_provider": getattr(module, adapter.provider)(load_ids=ids)}


def _made(account: Account, kind: str, keys: Keys, fixed: dict[str, object]) -> Made:
    adapter = _ADAPTERS[account.venue]
    module = import_module(f"nautilus_trader.adapters.{account.venue}")
    factory = getattr(module, f"{adapter.stem}{kind}ClientFactory")
    config = getattr(module, f"{adapter.stem}{kind}ClientConfig")
    known = inspect.signature(config).parameters
    given = {**_settings(account, adapter, module, kind), **keys, **fixed}
    return factory(), config(**{name: value for name, value in given.items() if name in known})


def _settings(account: Account, adapter: _Adapter, module: Any, kind: str) -> dict[str, Any]:
    """Return the account's options as the adapter wants them; what is empty is left to it."""
    values = Schema.parse(venue(account.venue).options).validate(account.options)
    found: dict[str, Any] = {}
    for name, value in values.items():
        choice = adapter.choices.get(name)
        if choice is not None:
            member = getattr(getattr(module, choice.enum), str(value).upper())
            found[choice.name] = [member] if choice.many else member
        elif value != "" and (kind == "Execution" or name not in adapter.for_orders):
            found[adapter.execution.get(name, name) if kind == "Execution" else name] = value
    return found
