"""The look-ahead probe: a strategy that knows the future passes every other test."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.research import finding
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.ground import Ground
from clearedge_tui.research.pool import Local
from clearedge_tui.research.probing import Difference, Part, Probe, Probed, Shift, Touch
from clearedge_tui.research.study import Study, Told, nobody
from clearedge_tui.research.trial import Ask, Trial

PARTS: tuple[Part, ...] = ("ends", "futures")
Verdict = Literal["clean", "looks ahead", "reads", "not the same twice", "insufficient"]


class Found(msgspec.Struct, frozen=True):
    """What a probe found. `shifts` say how long it warms up; they are never an alarm."""

    verdict: Verdict
    why: str
    bars: int = 0
    decisions: int = 0
    cuts_ns: tuple[int, ...] = ()
    differences: tuple[Difference, ...] = ()
    touches: tuple[Touch, ...] = ()
    shifts: tuple[Shift, ...] = ()

    @property
    def alarm(self) -> bool:
        return self.verdict not in ("clean", "insufficient")


def probe(study: Study, config: dict[str, object], seed: int = 1) -> Found:
    """Probe a config over the study's window; both parts run side by side."""
    asks = [Ask(config=config, probe=Probe(part, seed=seed)) for part in PARTS]
    return judged(study.do("looking for look-ahead", asks))


def judged(trials: list[Trial]) -> Found:
    """Say what both parts together mean."""
    failed = next((one.error for one in trials if one.probed is None), "")
    if failed:
        return Found("insufficient", f"it failed: {failed}")
    ends, futures = (one.probed or Probed() for one in trials)
    differences = (*ends.differences, *futures.differences)
    if ends.digest != futures.digest and not differences:
        differences = (Difference("repeat", 0, 0, "one thing", "another, in another process"),)
    touches = tuple(dict.fromkeys((*ends.touches, *futures.touches)))
    verdict, why = _verdict(ends, differences, touches)
    return Found(
        verdict, why, ends.bars, ends.decisions, ends.cuts_ns, differences, touches, futures.shifts
    )


def _verdict(
    ends: Probed, differences: tuple[Difference, ...], touches: tuple[Touch, ...]
) -> tuple[Verdict, str]:
    ahead = next((one for one in differences if one.kind != "repeat"), None)
    if ahead is not None:
        return "looks ahead", in_words(ahead)
    if touches:  # also when it failed: what it looked for may only be missing here
        return "reads", f"its code reaches outside: {touch_in_words(touches[0])}"
    if differences:
        return "not the same twice", in_words(differences[0])
    if ends.error:
        return "insufficient", f"it failed: {ends.error}"
    if not ends.decisions:
        return "insufficient", f"it decided nothing in {ends.bars:,} bars"
    return "clean", (
        f"the same {ends.decisions:,} decisions up to {len(ends.cuts_ns)} moments, whether the data "
        "end there or go on in another way"
    )


def in_words(one: Difference) -> str:
    """Return a difference in words."""
    if one.kind == "repeat":
        at = f"{iso(one.bar_ns)[:16]}: " if one.bar_ns else ""
        return f"{at}{one.whole}; run again on the same data: {one.other}"
    how = "data that end" if one.kind == "end" else "another future after"
    return f"{iso(one.bar_ns)[:16]}: {one.whole}; with {how} {iso(one.cut_ns)[:16]}: {one.other}"


def touch_in_words(one: Touch) -> str:
    return f"{one.event} {one.what} ({one.place})"


def warm_up(found: Found) -> str:
    """Return how long it warms up, in words; empty when no start was tried."""
    if not found.shifts:
        return ""
    known = [one.bars for one in found.shifts if one.bars is not None]
    if len(known) < len(found.shifts):
        return (
            "begun later, it does not come to the same decisions (they hang on what it did before)"
        )
    return f"begun later, it decides the same after {max(known):,} bars"


def kept(
    ground: Ground, config: dict[str, Any], seed: int = 1,
    study: Callable[[], Study] | None = None, told: Told = nobody,
    stop: Callable[[], bool] = lambda: False,
) -> Finding:  # fmt: skip
    """Return the probe of a config as a run: the one that is there, or a new one by `study`."""
    key = finding.key_of("probe", ground, config, seed=seed)
    known = finding.known(ground.home, key)
    if known is not None:
        return known
    began = now_ns()
    folder = ground.home.state / "research" / "probes"
    used = study() if study else Study(ground.train(), folder, told, stop, Local)
    try:
        found = probe(used, config, seed)
    finally:
        if study is None:
            used.close()
    figures = {"decisions": float(found.decisions), "alarms": float(found.alarm)}
    verdict = f"{found.verdict}: {found.why}"
    return finding.keep(ground, "probe", key, config, began, verdict, found, figures)


def of(one: Finding) -> Found:
    """Return what a kept probe found."""
    return msgspec.convert(one.result, Found)
