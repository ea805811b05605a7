"""A run of several markets once more: on the data of today, or on those of then to compare."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from clearedge_tui.core.errors import NotFound
from clearedge_tui.research import finding, jury, kinds, screening, several
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.several import Asked, Several
from clearedge_tui.runs import manifest
from clearedge_tui.runs.listing import load_report, run_folder
from clearedge_tui.runs.verify import Verdict
from clearedge_tui.settings import Home


class Repeated(Verdict, frozen=True):
    """Of a judgement of several markets."""

    SAME = "the same gates, figures, holdings and equity, to the last digit"


def kept(home: Home, run_id: str) -> Finding | None:
    """Return a run of several markets that says what it was asked; None for any other."""
    try:
        one = finding.load(home, run_id)
    except NotFound:
        return None
    return one if one is not None and one.kind in kinds.KINDS and _asked(one) else None


def _asked(one: Finding) -> Asked | None:
    return jury.of(one).asked


def again(
    home: Home, one: Finding, told: Callable[[str], None] = lambda _text: None
) -> tuple[Finding, Several]:
    """Judge it on the data of today; what has not changed since gives the run that is there."""
    then = jury.of(one)
    table = several.of(home, one.kind, then.asked or Asked())
    twins, seed = (then.twins, then.seed) if isinstance(then, jury.Judged) else (kinds.TWINS, 1)
    return jury.judge(table, one.kind, kinds.texts(one.config), twins, seed, told), table


def verify(home: Home, one: Finding) -> Repeated:
    """Judge it once more over the bars of then, and compare. Keeps nothing."""
    asked = _asked(one) or Asked()
    if not asked.runs:  # data that came later are no part of it
        span = asked.span_ns[0], asked.span_ns[1] or one.end_ns
        asked = msgspec.structs.replace(asked, span_ns=span)
    table = several.of(home, one.kind, asked)
    folder = run_folder(home, one.run_id)
    damaged = manifest.damaged(folder, manifest.load(folder))
    was: dict[str, Any] = {**one.result, "equity": load_report(home, one.run_id).equity}
    difference = next(_differences(_plain(was), _plain(_now(table, one)), ""), "")
    causes = tuple(_changed(table, one)) if difference else ()
    return Repeated(one.run_id, not difference and not damaged, difference, causes, damaged)


def _now(table: Several, one: Finding) -> dict[str, Any]:
    if one.kind == kinds.SCREEN:
        empty = load_report(table.home, one.run_id).equity
        return {**msgspec.to_builtins(screening.screened(table)), "equity": empty}
    then = msgspec.convert(one.result, jury.Judged)
    made = kinds.settings(one.kind, kinds.texts(one.config), table)
    again = jury.Jury(table, one.kind, made, then.twins, then.seed, lambda _text: None)
    found = again.judged(kinds.plain(made), then)
    return {**msgspec.to_builtins(found), "equity": again.curve}


def _plain(found: dict[str, Any]) -> Any:
    """Return it as a file would give it back, without what was asked."""
    return msgspec.json.decode(
        msgspec.json.encode({n: v for n, v in found.items() if n != "asked"})
    )


def _changed(table: Several, one: Finding) -> Iterator[str]:
    if table.used.sha256 != one.data_sha256:
        yield "the data"
    if table.code_sha256 != one.code_sha256:
        yield "this product's research on several markets"


def _differences(was: Any, now: Any, where: str) -> Iterator[str]:
    """Yield what differs, in words, with the way to it."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in was:
            yield from _differences(was[name], now.get(name), f"{where} {name}".strip())
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for at, (a, b) in enumerate(zip(was, now, strict=True)):
            name = a.get("name", at + 1) if isinstance(a, dict) else at + 1
            yield from _differences(a, b, f"{where} {name}".strip())
    elif was != now:
        yield f"{where} was {_short(was)} and is {_short(now)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
