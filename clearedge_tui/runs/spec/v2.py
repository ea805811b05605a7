"""Version 2: our own run specification. Every key has a default but strategy and market."""

from decimal import Decimal
from typing import Any, Literal

import msgspec

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.errors import BadData
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.spec.strict import convert


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Models by name, see runs.costs; empty is what is usual for the market."""

    fees: str = ""
    maker: Decimal | None = None
    taker: Decimal | None = None
    slippage: str = ""
    latency: str = ""
    funding: str = ""
    borrow: str = ""


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accept: list[str] = []  # findings to run with all the same
    fetch: bool = True  # ask the market's source for what is missing
    sha256: str = ""  # the run is refused when its rows are others


class SpecV2(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"start": "from", "end": "to"},
):
    """What a file, a form or the command line asks for, before the home is looked at."""

    strategy: str
    market: str
    spec_version: Literal[2, "2", "v2"] = 2
    kind: Literal["backtest"] = "backtest"
    timeframe: str = ""  # empty: the shortest stored one
    start: str = ""
    end: str = ""
    balance: Decimal = Decimal(100_000)
    fill: str = "next_open"
    seed: int = 1
    config: dict[str, Any] = {}
    costs: Costs = Costs()
    data: Data = Data()
    tags: list[str] = []
    note: str = ""


def read(values: dict[str, Any]) -> SpecV2:
    """Return a version 2 specification. Raises BadData with the key and what is wrong with it."""
    spec = convert(values, SpecV2)
    if not spec.strategy or not spec.market:
        raise BadData("`strategy` and `market` cannot be empty")
    return spec


def of_backtest(spec: BacktestSpec, data_sha256: str = "") -> SpecV2:
    """Return what would ask for this run again, with everything that was usual written out."""
    by_rates = spec.fees == "rates"
    return SpecV2(
        strategy=spec.strategy,
        market=spec.market,
        timeframe=spec.timeframe,
        start=_moment(spec.start_ns),
        end=_moment(spec.end_ns),
        balance=spec.balance,
        fill=spec.fill_at,
        seed=spec.seed,
        config=dict(spec.config),
        costs=Costs(
            spec.fees,
            spec.maker_fee if by_rates else None,
            spec.taker_fee if by_rates else None,
            spec.slippage,
            spec.latency,
            spec.funding,
            spec.borrow,
        ),
        data=Data(list(spec.accept), spec.fetch, data_sha256),
    )


def _moment(ts_ns: int) -> str:
    return to_datetime(ts_ns).replace(tzinfo=None).isoformat() if ts_ns else ""


def plain(spec: SpecV2) -> dict[str, Any]:
    """Return a specification as the plain values of its file, without what is empty."""
    found = msgspec.to_builtins(spec, builtin_types=(Decimal,))
    order = ("spec_version", "kind", "strategy", "market", *found)
    named = {
        name: found[name] if name == "config" else _short(found[name])
        for name in dict.fromkeys(order)
    }
    return {name: value for name, value in named.items() if value not in ("", [], {}, None)}


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if one not in ("", [], None)}
    return value
