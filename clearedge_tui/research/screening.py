"""Pairs of several markets that belong together, found on the training part alone and kept as a run."""

from typing import Any

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.research import finding, kinds, ledger
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.multi import pair_screen
from clearedge_tui.research.several import Asked, Several


class Screened(msgspec.Struct, frozen=True):
    """Pairs of a screen, the likeliest first."""

    pairs: tuple[dict[str, Any], ...]
    tests: int
    names: tuple[str, ...]
    asked: Asked | None = None


def screen(several: Several) -> Finding:
    """Screen and keep it: a pair that is traded later must not have been chosen on what is held out."""
    key = finding.key_of(kinds.SCREEN, several, {})
    known = finding.known(several.home, key)
    if known is not None:
        return known
    began = now_ns()
    made = screened(several)
    # each test is a try at finding a pair, and deflates what is found
    ledger.note(
        several.home, ledger.STUDY, "pairs", several.spec.market, several.spec.timeframe,
        several.code_sha256, [{"a": row["a"], "b": row["b"]} for row in made.pairs],
    )  # fmt: skip
    good = sum(row["q"] is not None and row["q"] < 0.1 for row in made.pairs)
    verdict = f"{good} of {made.tests} pairs with q below 0.1"
    return finding.keep(
        several, kinds.SCREEN, key, {}, began, verdict, made, {"pairs": float(good)}
    )


def screened(several: Several) -> Screened:
    """Test all pairs on the training part."""
    found = pair_screen.screen(several.prices[: several.at + 1], several.names)
    rows = tuple(
        {"a": p.a, "b": p.b, "bars": p.bars, "p": p.p, "q": p.q, "beta": p.beta, "half_life": p.half_life}
        for p in found.pairs
    )  # fmt: skip
    return Screened(rows, found.tests, several.names, several.asked)
