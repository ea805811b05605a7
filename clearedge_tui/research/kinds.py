"""The kinds of research on several markets: their settings, how each is run, what it is tested by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.columns import Floats
from clearedge_tui.research.multi import (
    book,
    contribution,
    cross_sectional,
    intraday_relval,
    pair_shuffle,
    pairs,
    portfolio,
    time_shuffle,
)
from clearedge_tui.research.multi.prices import changes
from clearedge_tui.research.multi.result import Result
from clearedge_tui.research.several import Several
from clearedge_tui.research.stats.rule import RuleTest

SCREEN = "pair_screen"
OF_RUNS = ("portfolio", "book")  # may be made of runs instead of markets
AGAINST_CASH = ("pairs", "book")  # the others against all parts in equal weights
_ORDER = (
    "weights do not follow from what came before what: any order of the bars gives about the same"
)
_NO_DRAW = "nothing is chosen that could be drawn at random, so it is never ready by itself"
# gates that have no meaning for a kind, and why
IDLE: dict[str, dict[str, str]] = {
    "pairs": {
        "breadth": "two legs are one bet: there are no markets to count",
        "permutation": "the rule test of a pair shuffles its moves already",
    },
    "portfolio": {"rule": _NO_DRAW, "permutation": _ORDER},
    "book": {"rule": _NO_DRAW, "permutation": _ORDER},
}
_SETTINGS: dict[str, type[Any]] = {
    "cross_sectional": cross_sectional.Settings,
    "intraday_relval": intraday_relval.Settings,
    "pairs": pairs.Settings,
    "portfolio": portfolio.Settings,
    "book": book.Settings,
}
KINDS = (*_SETTINGS, SCREEN)
NEAR, FAR = (0.75, 0.9, 1.1, 1.25), (0.25, 0.5, 2.0, 4.0)
_OURS = ("bars_a_year",)  # known from the bars
_FIXED = (*_OURS, "cost", "cap", "gross", "weights", "stop", "fixed", "top")
_LEAST = {"lookback": 3, "window": 3}
TWINS = 200


def settings(kind: str, values: Mapping[str, object], several: Several) -> Any:
    """Return a kind's settings out of texts by name, with what is usual for these markets."""
    made = _SETTINGS[kind]
    known = [one.name for one in fields(made) if one.name not in _OURS]
    for name in values:
        if name not in known:
            raise UsageError(
                f"no setting is called `{clean_text(name, 40)}`; there are {', '.join(known)}"
            )
    given: dict[str, object] = {**_usual(kind, several), **_split(values)}
    given["bars_a_year"] = several.a_year()
    try:
        return msgspec.convert(given, made, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"settings: {clean_text(error, 160)}") from None


def _split(values: Mapping[str, object]) -> dict[str, object]:
    """Read a list written with commas."""
    return {
        name: [p.strip() for p in str(value).split(",") if p] if name == "weights" else value
        for name, value in values.items()
    }


def _usual(kind: str, several: Several) -> dict[str, object]:
    third = max(1, len(several.names) // 3)
    usual: dict[str, dict[str, object]] = {
        "cross_sectional": {"signal": "momentum", "top": third, "lookback": 60, "every": 20},
        "intraday_relval": {"top": third, "wait": 5, "every": 100_000},  # once a session
    }
    return {**usual.get(kind, {}), "cost": several.fee}


def plain(made: Any) -> dict[str, object]:
    """Return settings as they are written down."""
    return {name: value for name, value in asdict(made).items() if name not in _OURS}


def texts(config: Mapping[str, object]) -> dict[str, object]:
    """Return settings that were written down as they are given."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in config.items()
        if value is not None  # a file has no endless number; it is what is usual
    }


def run(kind: str, several: Several, rows: int, made: Any, seed: int = 1, twins: int = 0) -> Result:
    """Run over the first `rows` rows; with `twins`, also the engine's own test where it has one."""
    prices = several.prices[:rows]
    if kind == "cross_sectional":
        return cross_sectional.run(prices, made, twins=twins, seed=seed)
    if kind == "intraday_relval":
        return intraday_relval.run(prices, several.ends[:rows], made, twins=twins, seed=seed)
    if kind == "pairs":
        return pairs.run(prices, made, twins=twins, seed=seed)
    return (portfolio.run(prices, made) if kind == "portfolio" else book.run(prices, made)).result


def together(kind: str, several: Several, rows: int, made: Any) -> portfolio.Portfolio | None:
    """Return what the parts of a portfolio or a book have to do with each other."""
    prices = several.prices[:rows]
    if kind == "portfolio":
        return portfolio.run(prices, made)
    return book.run(prices, made) if kind == "book" else None


def test(
    kind: str, several: Several, rows: int, made: Any, result: Result, seed: int, twins: int
) -> RuleTest | None:
    """Return the test that decides: random choices, or for a pair shuffled moves; None: nothing is drawn."""
    if kind == "pairs":
        return pair_shuffle.shuffled(several.prices[:rows], made, shuffles=twins, seed=seed)
    return result.test


def permutation(
    kind: str, several: Several, rows: int, made: Any, result: Result, seed: int, count: int = 100
) -> tuple[float, int] | None:
    """Return p among shuffles of time, and of how many; None where time has no part in it."""
    prices, ends = several.prices[:rows], several.ends[:rows]
    if kind == "cross_sectional":
        return time_shuffle.p_of(
            prices, lambda walk: cross_sectional.choice(walk, made), made.top, made.cost, result,
            count=count, seed=seed,
        )  # fmt: skip
    if kind == "intraday_relval":
        return time_shuffle.p_of(
            prices, lambda walk: intraday_relval.choice(walk, ends, made), made.top, made.cost,
            result, nights=ends, count=count, seed=seed,
        )  # fmt: skip
    return None


def dearer(made: Any, times: float = 2.0) -> Any:
    return replace(made, cost=made.cost * times)


def neighbours(kind: str, made: Any) -> Iterator[Any]:
    """Yield settings with one number moved by 10 or 25 %, as far as they are others."""
    yield from _moved(kind, made, NEAR)


def alternatives(kind: str, made: Any) -> Iterator[Any]:
    """Yield what somebody who searches would try too: one number halved or doubled, once or twice,
    another signal, hedge or weighting."""
    yield from _moved(kind, made, FAR)
    for one in fields(made):
        value = getattr(made, one.name)
        if isinstance(value, StrEnum):
            yield from (replace(made, **{one.name: word}) for word in type(value) if word != value)


def _moved(kind: str, made: Any, shares: Sequence[float]) -> Iterator[Any]:
    seen = {made}
    for one in fields(made):
        value = getattr(made, one.name)
        if one.name in _FIXED or isinstance(value, str | bool) or not value:
            continue
        for share in shares:
            moved = value * share
            if isinstance(value, int):
                moved = max(_LEAST.get(one.name, 1), round(moved))
            new = replace(made, **{one.name: moved})
            if new not in seen and _sound(kind, new):
                seen.add(new)
                yield new


def _sound(kind: str, made: Any) -> bool:
    if kind == "pairs":
        return bool(made.leave < made.entry < made.stop)
    if kind == "cross_sectional":
        return bool(made.skip < made.lookback)
    return True


def held(several: Several, result: Result) -> dict[str, float]:
    """Return what is held after the last bar, as shares of equity."""
    last = result.weights[-1]
    return {
        several.names[n]: round(float(last[n]), 6)
        for n in np.flatnonzero(np.abs(last) > 1e-9).tolist()
    }


def market_returns(prices: Floats) -> Floats:
    """Return what holding all in equal parts gave, without cost, put right at each bar."""
    moved: Floats = (changes(prices) * contribution.equal_parts(prices)).sum(axis=1)
    return moved
