"""`config/baskets.toml`: what research on several markets holds, kept as instances and put right.

A basket has one `holder` instance for each of its markets, also for those that it does not hold now,
so nothing has to be declared, raised or approved when the choice changes: only amounts do.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.core.every import interval_s
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import Home

FILE = "baskets.toml"
HOLDER = "holder"
KINDS = ("cross_sectional", "pairs", "portfolio", "book", "intraday_relval")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?")
_OLD_PERIODS = 2  # of trading hours: data that end earlier say nothing of now


class Basket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the file. `capital` is the worth of all positions together at full weight."""

    kind: str
    markets: tuple[str, ...]  # instrument ids
    timeframe: str
    account: str
    capital: float
    settings: dict[str, str] = {}
    every: str = ""  # 15m, 1h, 1d …; empty: by hand


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a basket holds after the bar that closed at `at_ns` (0: none), in money by market id."""

    at_ns: int
    values: dict[str, float]


def read(home: Home) -> dict[str, Basket]:
    """Return the baskets by name; none without a file. Raises BadData with the file and the fault."""
    file = home.config / FILE
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=dict[str, Basket])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise BadData(f"{file}: {clean_text(error, 200)}") from None
    for name, one in found.items():
        check(name, one, f"{file}: ")
    return found


def named(home: Home, name: str) -> Basket:
    found = read(home)
    if name not in found:
        raise NotFound(
            f"no basket is called `{clean_text(name, 40)}`{nearest(name, found)}; make one with: "
            "clearedge research multi KIND … --instances ACCOUNT --basket NAME"
        )
    return found[name]


def put(home: Home, name: str, basket: Basket) -> None:
    """Write a basket; the rest of the file stays as it is."""
    check(name, basket)
    _write(home, name, {k: v for k, v in msgspec.to_builtins(basket).items() if v not in ("", {})})


def remove(home: Home, name: str) -> None:
    """Take a basket out of the file. Its instances stay what they are."""
    named(home, name)
    _write(home, name, None)


def instance_id(name: str, market_id: str) -> str:
    """Return the name of a basket's instance: the same for ever."""
    words = re.sub(r"[^a-z0-9]+", "-", market_id.lower()).strip("-")
    return f"{name}-{words}"[:40].rstrip("-")


def nothing(basket: Basket) -> Wanted:
    """Return what is held while no bar is known."""
    return Wanted(0, dict.fromkeys(basket.markets, 0.0))


def wanted(home: Home, basket: Basket, as_of_ns: int) -> Wanted:
    """Return what is right at a moment, by bars that had closed by then.

    Raises BadData when the newest of them is too old to say anything of that moment.
    """
    import numpy as np  # late, as the catalog is

    from clearedge_tui.market import timeframes
    from clearedge_tui.market.open_time import OpenTime
    from clearedge_tui.research import kinds, several

    asked = list(basket.markets)
    found = several.of_markets(home, basket.kind, asked, basket.timeframe, (0, 0))
    rows = int(np.searchsorted(found.bars, as_of_ns, "right"))  # by close times
    if rows < 2:
        raise BadData(f"no bars of {', '.join(asked[:3])} had closed by {iso(as_of_ns)}")
    at_ns = int(found.bars[rows - 1])
    old_ns = min(OpenTime(home).between(one, at_ns, as_of_ns) for one in asked)
    if old_ns > _OLD_PERIODS * timeframes.period_ns(basket.timeframe):
        raise BadData(
            f"the newest bar of {', '.join(asked[:3])} closed at {iso(at_ns)}; wanted one near "
            f"{iso(as_of_ns)}. Bring the data up to date: clearedge data sync"
        )
    made = kinds.settings(basket.kind, basket.settings, found)
    held = kinds.held(found, kinds.run(basket.kind, found, rows, made))
    ids = dict(zip(found.names, found.spec.market.split("+"), strict=True))
    values = dict.fromkeys(asked, 0.0) | {
        ids[name]: round(weight * basket.capital, 2) for name, weight in held.items()
    }
    return Wanted(at_ns, values)


def check(name: str, basket: Basket, where: str = "") -> None:
    """Raise UsageError for a basket that cannot be kept."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{where}basket `{clean_text(name, 40)}`; wanted a name of 1 to 16 of a-z, 0-9 and -"
        )
    if basket.kind not in KINDS:
        raise UsageError(
            f"{where}{name}: kind `{clean_text(basket.kind, 40)}`; wanted {', '.join(KINDS)}"
        )
    if len(set(basket.markets)) < 2:
        raise UsageError(f"{where}{name}: {len(set(basket.markets))} markets; wanted 2 or more")
    if not 0 < basket.capital < 1e12:
        raise UsageError(f"{where}{name}: capital {basket.capital:g}; wanted more than 0")
    interval_s(basket.every, f"{where}{name}: every")


def _write(home: Home, name: str, fields: Mapping[str, object] | None) -> None:
    import tomlkit

    file: Path = home.config / FILE
    try:
        document: Any = tomlkit.parse(file.read_text("utf-8"))
    except FileNotFoundError:
        document = tomlkit.document()
    if fields is None:
        document.pop(name, None)
    else:
        document[name] = fields
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(tomlkit.dumps(document), "utf-8")
    draft.replace(file)
