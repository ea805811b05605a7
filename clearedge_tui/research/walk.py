"""Walk-forward: parameters fixed, or chosen anew on each window's own past, judged on what follows."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.research.optimise import Wanted, optimise
from clearedge_tui.research.rule_test import counted
from clearedge_tui.research.search import Space
from clearedge_tui.research.stats import wf
from clearedge_tui.research.stats.errors import Insufficient
from clearedge_tui.research.study import Study, returns_of
from clearedge_tui.research.trial import Ask, Trial

WINDOWS = 6


class Part(msgspec.Struct, frozen=True):
    """One window: UTC ns, what was traded outside, and how it went in and out of sample."""

    train_start_ns: int
    train_end_ns: int
    test_start_ns: int
    test_end_ns: int
    params: dict[str, Any]
    inside: float | None  # annual Sharpe ratio
    outside: float | None
    outside_return: float | None
    trades: float | None
    why: str = ""


class Walked(msgspec.Struct, frozen=True):
    """What a walk-forward found. `sharpe` is of the stitched tests; `ratio` the efficiency."""

    optimised: bool
    anchored: bool
    parts: tuple[Part, ...]
    sharpe: float | None
    ratio: float | None
    winning: int
    why: str
    drift: tuple[float, ...]
    curve: tuple[float, ...]  # growth of 1 over the stitched tests
    paths: dict[str, int]


def walk(
    study: Study,
    span: tuple[int, int],
    a_year: float,
    config: dict[str, object],
    *,
    space: Space | None = None,
    wanted: Wanted | None = None,
    windows: int = WINDOWS,
    anchored: bool = False,
) -> Walked:
    """Walk over `span` (UTC ns); with a space each window's parameters are searched on its past.

    A window whose search refuses every candidate trades nothing outside: it counts as flat.
    """
    cut = wf.by_count(*span, windows, anchored=anchored)
    chosen, notes = [], []
    for at, window in enumerate(cut, 1):
        params, why = _chosen(study, window, space, wanted, f"window {at} of {len(cut)}")
        chosen.append(params)
        notes.append(why)
    path = study.path(config)
    inside = study.do(
        "in sample",
        [Ask({**config, **(p or {})}, w.train_start, w.train_end, path=path)
         for w, p in zip(cut, chosen, strict=True)],
    )  # fmt: skip
    outside = study.do(
        "out of sample",
        [Ask({**config, **(p or {})}, w.test_start, w.test_end)
         for w, p in zip(cut, chosen, strict=True)],
    )  # fmt: skip
    flat = [p is None for p in chosen]
    return _walked(
        cut, inside, outside, flat, [p or {} for p in chosen], notes, a_year, space, anchored
    )


def _chosen(
    study: Study, window: wf.Window, space: Space | None, wanted: Wanted | None, what: str
) -> tuple[dict[str, Any] | None, str]:
    if space is None or wanted is None:
        return {}, ""
    try:
        found = optimise(study, space, wanted, (window.train_start, window.train_end), judged=False)
    except Insufficient as error:
        return None, f"{what}: {error}"
    if found.chosen is None:
        return None, f"{what}: {found.why}"
    return found.chosen, found.why


def _walked(
    cut: Sequence[wf.Window], inside: list[Trial], outside: list[Trial], flat: list[bool],
    chosen: list[dict[str, Any]], notes: list[str], a_year: float, space: Space | None,
    anchored: bool,
) -> Walked:  # fmt: skip
    failed = next((t.error for t in [*inside, *outside] if t.status != "done"), "")
    parts = tuple(
        Part(
            w.train_start, w.train_end, w.test_start, w.test_end, p, i.figure("sharpe"),
            None if still else o.figure("sharpe"), 0.0 if still else o.figure("total_return"),
            0.0 if still else o.figure("trades"), why,
        )
        for w, p, i, o, still, why in zip(cut, chosen, inside, outside, flat, notes, strict=True)
    )  # fmt: skip
    optimised, paths = space is not None, counted([*inside, *outside])
    ins = [returns_of(one) for one in inside]
    outs = [
        returns_of(one) * (0.0 if still else 1.0) for one, still in zip(outside, flat, strict=True)
    ]
    try:
        if failed:
            raise Insufficient(f"windows that ran ({failed})", 0, len(parts))
        found = wf.efficiency(ins, outs, a_year)
        drift = wf.drift(chosen, None) if optimised and len(chosen) > 1 and all(chosen) else ()
    except (Insufficient, ClearEdgeError) as error:
        return Walked(optimised, anchored, parts, None, None, 0, str(error), (), (), paths)
    joined = np.concatenate(outs)
    grown = np.concatenate([[1.0], np.cumprod(1.0 + joined)])
    at = np.unique(np.linspace(0, len(grown) - 1, 160).astype(np.int64))
    trades = sum(part.trades or 0 for part in parts)
    why = f"{found.winning} of {found.windows} windows gained, {trades:g} trades outside"
    sharpe = None if trades < len(parts) else found.sharpe
    if sharpe is None:
        why = f"too few trades outside: {trades:g} in {len(parts)} windows"
    return Walked(
        optimised, anchored, parts, sharpe, found.ratio, found.winning, why, drift,
        tuple(np.round(grown[at], 6).tolist()), paths,
    )  # fmt: skip
