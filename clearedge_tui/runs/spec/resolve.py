"""From what was asked for to what is run: names looked up in the home, usual values filled in."""

import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import catalog, checks, markets, moments, timeframes
from clearedge_tui.runs import costs as models
from clearedge_tui.runs import fees, labels
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.spec import text, v1, v2
from clearedge_tui.runs.spec.v2 import SpecV2
from clearedge_tui.settings import Home

_BEYOND = 1 << 63  # of a number of 64 bits
FILLS = ("next_open", "same_close")
_MOST_MONEY = Decimal("1e12")
_LEAST_MAKER, _MOST_FEE = Decimal("-0.01"), Decimal("0.1")


class Read(msgspec.Struct, frozen=True):
    """A file that was read: what it asks for, its version, and its hash as a configuration."""

    spec: SpecV2
    version: str
    config_sha256: str
    run_name: str = ""  # what version 1 calls its run


def read(path: Path) -> Read:
    """Return what a file asks for. Raises NotFound or BadData, both with the file's name."""
    values = text.read(path)
    try:
        return of_values(values)
    except BadData as error:
        raise BadData(f"{path}: {error}") from None


def of_values(values: dict[str, Any]) -> Read:
    """Return what plain values ask for, in the version that they say."""
    version = values.get("spec_version", 2)
    if version == "v1":
        old = v1.read(values)
        asked = SpecV2(strategy=old.strategy.name, market=v1.market_of(old), timeframe="1m")
        return Read(asked, "v1", old.config_sha256, old.run_id)
    if version in (2, "2", "v2"):
        spec = v2.read(values)
        from clearedge_tui.runs.manifest import canonical_sha256

        return Read(spec, "v2", canonical_sha256(v2.plain(spec)))
    raise BadData(f"`spec_version` is {clean_text(version, 20)}; wanted 2 (ours) or v1 (ops-lab)")


def resolve(home: Home, asked: SpecV2) -> BacktestSpec:
    """Return the backtest that is asked for. Raises what a person can act on; runs nothing."""
    market = markets.resolve(home, asked.market)
    timeframe = asked.timeframe
    if not timeframe:
        stored = catalog.timeframes_of(home, market.market_id)
        timeframe = stored[0] if stored else "1m"
    timeframe = timeframes.canonical(timeframe)
    if asked.fill not in FILLS:
        raise UsageError(f"fill `{asked.fill}`{nearest(asked.fill, FILLS)}")
    costs, usual = asked.costs, models.usual(market.asset_class)
    paid = fees.of_run(
        market,
        _fee(costs.maker, "maker", _LEAST_MAKER),
        _fee(costs.taker, "taker", Decimal(0)),
        costs.fees,
    )
    start_ns, end_ns = _span_ns(asked)
    labels.checked_tags(asked.tags)  # before the run, not after it
    return BacktestSpec(
        strategy=_strategy(home, asked.strategy),
        market=market.market_id,
        timeframe=timeframe,
        start_ns=start_ns,
        end_ns=end_ns,
        config={name: _config(value) for name, value in asked.config.items()},
        balance=_money(asked.balance, "balance", Decimal("0.01"), _MOST_MONEY),
        maker_fee=paid.maker,
        taker_fee=paid.taker,
        fees_of=paid.told,
        fees=paid.model,
        slippage=models.checked("slippage", costs.slippage or usual.slippage),
        latency=models.checked("latency", costs.latency or models.NONE),
        funding=models.checked("funding", costs.funding or models.usual_funding(market.symbol)),
        borrow=models.checked("borrow", costs.borrow or usual.borrow),
        fill_at=asked.fill,
        seed=asked.seed,
        accept=checks.accepted(asked.data.accept),
        fetch=asked.data.fetch,
        data_sha256=asked.data.sha256,
    )


def _span_ns(asked: SpecV2) -> tuple[int, int]:
    """Return the window, when it and the seed are numbers that fit."""
    start_ns, end_ns = moments.span_ns(asked.start, asked.end)
    for name, value in (("from", start_ns), ("to", end_ns), ("seed", asked.seed)):
        if not -_BEYOND <= value < _BEYOND:
            told = "a seed of 64 bits" if name == "seed" else "a time from 1678 to 2262"
            raise UsageError(f"`{name}` is out of reach; wanted {told}")
    return start_ns, end_ns


def _strategy(home: Home, name: str) -> str:
    stem = name.removesuffix(".py").rpartition("/")[2]
    with contextlib.suppress(OSError, ValueError):  # no file can have such a name
        if (home.strategies / f"{stem}.py").is_file():
            return stem
    known = sorted(p.stem for p in home.strategies.glob("[!_]*.py"))
    raise NotFound(f"no strategy `{clean_text(name)}` in {home.strategies}{nearest(stem, known)}")


def _config(value: Any) -> Any:
    """Return a value as the schema reads it: exact numbers go as texts."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, int) and not -_BEYOND <= value < _BEYOND else value


def _fee(value: Decimal | None, name: str, least: Decimal) -> Decimal | None:
    return None if value is None else _money(value, f"{name} fee", least, _MOST_FEE)


def _money(value: Decimal, name: str, least: Decimal, most: Decimal) -> Decimal:
    if not value.is_finite() or not least <= value <= most:
        raise UsageError(f"{name} {value}; wanted {least} to {most:f}")
    return Decimal(f"{value.normalize():f}")  # 1E5 and 100000.0 ask for the same run
