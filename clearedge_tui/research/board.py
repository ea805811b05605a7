"""The ladder of every strategy, market and timeframe: judged anew by the thresholds of now.

A ladder whose strategy file has changed since is stale: its figures stay to be seen and none of its
gates passes. Breadth is measured over the markets a strategy was judged on.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from clearedge_tui.research import config, ledger, thresholds
from clearedge_tui.research.gates import THRESHOLDS, Evidence, ladder
from clearedge_tui.research.gauntlet import Ladder
from clearedge_tui.research.readiness import readiness
from clearedge_tui.research.stats import breadth
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.settings import Home

_decode = msgspec.json.Decoder(Ladder).decode


def _folder(home: Home) -> Path:
    return home.state / "research" / "ladders"


def put(home: Home, made: Ladder) -> None:
    """Keep a ladder as the newest of its strategy, market and timeframe."""
    name = "__".join((made.strategy, made.market, made.timeframe, made.venue))
    place = _folder(home) / f"{re.sub(r'[^A-Za-z0-9_.-]', '-', name)}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}")
    draft.write_bytes(msgspec.json.encode(made))
    draft.replace(place)


def ladders(home: Home) -> list[Ladder]:
    """Return every ladder, judged by the thresholds of now, best first."""
    found = []
    for file in sorted(_folder(home).glob("*.json")):
        with contextlib.suppress(
            OSError, msgspec.MsgspecError
        ):  # of an older version: run it again
            found.append(_decode(file.read_bytes()))
    limits = read_thresholds(home)
    codes = {one.strategy: _code(home, one.strategy) for one in found}
    groups = {(one.strategy, one.timeframe): _breadth(found, one) for one in found}
    made = [
        _judged(one, limits, codes[one.strategy], groups[one.strategy, one.timeframe])
        for one in found
    ]
    return sorted(
        made,
        key=lambda o: (-o.readiness.ready, -o.readiness.score, o.strategy, o.market, o.timeframe),
    )


def _judged(one: Ladder, limits: Mapping[str, float], code: str, wide: Evidence | None) -> Ladder:
    evidence = dict(one.evidence) | ({"breadth": wide} if wide else {})
    if code != one.code_sha256:
        why = "the strategy's file was changed since" if code else "the strategy's file is gone"
        evidence = {
            name: msgspec.structs.replace(e, stale=True, why=why) for name, e in evidence.items()
        }
    gates = ladder(evidence, thresholds=limits, looks=one.looks)
    return msgspec.structs.replace(one, gates=gates, readiness=readiness(gates), evidence=evidence)


def _breadth(found: Sequence[Ladder], one: Ladder) -> Evidence | None:
    """Return the share of a strategy's markets whose walk-forward Sharpe ratio is above 0."""
    same = [o for o in found if (o.strategy, o.timeframe, o.code_sha256) == (
        one.strategy, one.timeframe, one.code_sha256)]  # fmt: skip
    if len({(o.market, o.venue) for o in same}) < 2:
        return None
    scores = [
        evidence.value if (evidence := o.evidence.get("walk_forward")) else None for o in same
    ]
    run = next(iter(one.runs.values()), "")
    try:
        wide = breadth.breadth(scores)
    except Insufficient as error:
        why = f"{error.reason}: found {error.found}, wanted {error.wanted} or more"
        return Evidence(run, None, why)
    return Evidence(run, wide.share, f"{wide.passing} of {wide.markets} markets")


def _code(home: Home, strategy: str) -> str:
    try:
        return hashlib.sha256((home.strategies / f"{strategy}.py").read_bytes()).hexdigest()
    except OSError:
        return ""


# ---- thresholds -------------------------------------------------------------------------------
def read_thresholds(home: Home) -> dict[str, float]:
    """Return the thresholds of config/research.toml over the built-in ones; BadData for a bad file."""
    table = config.read(home).thresholds
    allowed = _recorded(ledger.read(home))
    for name, value in table.items():
        thresholds.demand(name, value, allowed.get(name), str(home.config / config.FILE))
    return {**THRESHOLDS, **table}


def _recorded(lines: Iterable[ledger.Line]) -> dict[str, float]:
    """Return the easiest value of each threshold that a reason was recorded for."""
    found: dict[str, float] = {}
    for line in lines:
        if line.kind == ledger.THRESHOLD and line.configs:
            name, _, value = line.configs[0].partition("=")
            with contextlib.suppress(ValueError):
                found[name] = float(value)
    return found


def set_threshold(home: Home, name: str, value: float, reason: str) -> thresholds.Change | None:
    """Move a threshold; one that becomes easier needs a reason, which the ledger keeps."""
    before = read_thresholds(home)
    made = thresholds.changes({name: value}, {name: reason}, before)
    if not made:
        return None
    from clearedge_tui.core.clock import now_ns

    change = made[0]
    line = ledger.Line(
        now_ns(), ledger.THRESHOLD, "", configs=(f"{name}={value!r}",), note=change.reason
    )
    ledger.add(home, line)
    after = {n: v for n, v in thresholds.applied(made, before).items() if v != THRESHOLDS[n]}
    config.put_thresholds(home, after)
    return change
