"""Pairs of several markets that belong together, found on the training part alone and kept as a run."""

from typing import Any

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.research import finding, kinds, ledger
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.multi import pair_screen
from clearedge_tui.research.several import Several


class Screened(msgspec.Struct, frozen=True):
    """Pairs of a screen, the likeliest first."""

    pairs: tuple[dict[str, Any], ...]
    tests: int
    names: tuple[str, ...]


def screen(several: Several) -> Finding:
    """Screen the training part alone: a pair that is traded later must not have been chosen on it."""
    key = finding.key_of(kinds.SCREEN, several, {})
    known = finding.known(several.home, key)
    if known is not None:
        return known
    began = now_ns()
    found = pair_screen.screen(several.prices[: several.at + 1], several.names)
    rows = [
        {"a": p.a, "b": p.b, "bars": p.bars, "p": p.p, "q": p.q, "beta": p.beta, "half_life": p.half_life}
        for p in found.pairs
    ]  # fmt: skip
    # each test is a try at finding a pair, and deflates what is found
    ledger.note(
        several.home, ledger.STUDY, "pairs", several.spec.market, several.spec.timeframe,
        several.code_sha256, [{"a": row["a"], "b": row["b"]} for row in rows],
    )  # fmt: skip
    good = sum(one.q is not None and one.q < 0.1 for one in found.pairs)
    verdict = f"{good} of {found.tests} pairs with q below 0.1"
    made = Screened(tuple(rows), found.tests, several.names)
    return finding.keep(
        several, kinds.SCREEN, key, {}, began, verdict, made, {"pairs": float(good)}
    )
