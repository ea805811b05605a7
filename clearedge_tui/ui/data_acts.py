"""What keys and palette do to stored data. All of it is a job; what deletes or costs is shown first."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import JobRow, Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.catalog import SeriesRow, Source
from clearedge_tui.ui.screens.dialogs import Line, Reading, Typed

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Args = dict[str, object]
_MOST_WORDS = 70  # columns of a dialog


def start(
    ui: "Console", verb: str, args: Args, label: str, then: Callable[[JobRow], None] | None = None
) -> None:
    """Start a job; `then` hears its last row, wherever the person is by then."""

    def told(result: Result) -> None:
        job = result.data.get("job") if isinstance(result.data, dict) else None
        if then is not None and isinstance(job, str):
            ui.model.when_job_ends(job, then)

    ui.ask(verb, args, label, told)


def check(ui: "Console", names: Sequence[str]) -> None:
    """Check these series; none is all of them."""
    start(ui, "data.check", {"series": list(names)}, "check")


def fingerprint(ui: "Console", name: str, span: Mapping[str, str]) -> None:
    args: Args = {"series": name, **span}

    def told(job: JobRow) -> None:
        lines = [(piece, p.TEXT) for piece in wrapped(job.message)]
        ui.push_screen(Reading([(clean_text(job.title), p.BRIGHT | p.BOLD), ("", p.TEXT), *lines]))

    start(ui, "data.fingerprint", args, "fingerprint", told)


# ---- what changes files: shown first ------------------------------------------------------------
def keep(ui: "Console", what: str, names: Sequence[str], dry_only: bool = False) -> None:
    """Compact or deduplicate: show what would change, and do it after enter."""
    args: Args = {"series": list(names)}

    def shown(job: JobRow) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                start(ui, f"data.{what}", args, what)
            else:
                ui.model.say(f"{what}: nothing was changed")

        if job.state == "done":
            ui.push_screen(Reading(_dry_lines(what, job.message)), None if dry_only else answered)

    start(ui, f"data.{what}", args | {"dry": True}, f"look at {what}", shown)


def delete(
    ui: "Console", name: str, word: str, span: Mapping[str, str], dry_only: bool = False
) -> None:
    """Delete a range of a series: show what would go, and delete it once `word` is typed."""
    args: Args = {"series": name, **span}

    def shown(job: JobRow) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                start(ui, "data.rm", args, "delete")
            else:
                ui.model.say("nothing was deleted")

        if job.state != "done":
            return
        lines = [(piece, p.WARN | p.BOLD) for piece in wrapped(job.message)]
        if dry_only:
            ui.push_screen(Reading(lines))
        else:
            ui.push_screen(Typed([*lines, ("it cannot be taken back", p.TEXT)], word), answered)

    start(ui, "data.rm", args | {"dry": True}, "look at what would be deleted", shown)


def _dry_lines(what: str, message: str) -> list[Line]:
    lines: list[Line] = [(f"{what}: nothing is changed yet", p.BRIGHT | p.BOLD), ("", p.TEXT)]
    for part in clean_text(message, 4000).split("; ") if message else ["nothing to do"]:
        lines += [(piece, p.TEXT) for piece in wrapped(part)]
    return [*lines, ("", p.TEXT), ("enter does it, esc leaves everything as it is", p.DIM)]


def wrapped(text: str) -> list[str]:
    """Return a text in lines that fit a box."""
    import textwrap

    return textwrap.wrap(clean_text(text, 4000), _MOST_WORDS) or [""]


# ---- what may cost money ------------------------------------------------------------------------
def pull(ui: "Console", args: Args) -> None:
    """Pull; a source that is paid for is asked for its price first."""
    name = str(args.get("source", ""))

    def known(found: list[Source]) -> None:
        paid = any(one.source == name and one.paid for one in found)
        _send(ui, "data.pull", args, paid)

    with_sources(ui, known)


def sync(ui: "Console", markets: Sequence[str]) -> None:
    """Bring these markets (none: all) up to now from where they came from."""
    args: Args = {"markets": list(markets)}

    def listed(result: Result) -> None:
        rows = _converted(result, list[SeriesRow]) or []
        chosen = [r for r in rows if not markets or r.market in markets or r.market_id in markets]
        asked = {row.syncs_from for row in chosen} - {""}

        def known(found: list[Source]) -> None:
            _send(ui, "data.sync", args, any(one.source in asked and one.paid for one in found))

        if result.status == "done" and not asked:
            ui.model.say("nothing to fetch: these series came from files, not from a source")
        elif result.status == "done":
            with_sources(ui, known)

    ui.ask("data.list", {}, "data.list", listed, quiet=True)


def _send(ui: "Console", verb: str, args: Args, paid: bool) -> None:
    label = verb.partition(".")[2]

    def priced(job: JobRow) -> None:
        if job.state != "done" or job.asks != "pay":
            return  # its row says what was fetched for nothing, or why it failed

        def answered(yes: bool | None) -> None:
            if yes:
                start(ui, verb, args | {"yes": True}, label)
            else:
                ui.model.say("nothing was paid, nothing was fetched")

        lines = [(piece, p.LIVE | p.BOLD) for piece in wrapped(job.message)]
        ui.push_screen(Typed([*lines, (clean_text(job.title), p.DIM)], "PAY"), answered)

    if paid:
        start(ui, verb, args | {"price": True}, f"price of {label}", priced)
    else:
        start(ui, verb, args, label)


def with_sources(ui: "Console", use: Callable[[list[Source]], None]) -> None:
    """Ask for the sources, then go on; a refusal is shown and ends it."""

    def told(result: Result) -> None:
        found = _converted(result, list[Source])
        if found is not None:
            use(found)

    ui.ask("data.sources", {}, "sources", told, quiet=True)


def _converted[T](result: Result, kind: type[T]) -> T | None:
    if result.status != "done":
        return None
    try:
        return msgspec.convert(result.data, kind)
    except msgspec.ValidationError:
        return None


# ---- what a key does to the chosen series ---------------------------------------------------------
def _delete_from(ui: "Console", found: Sequence[SeriesRow]) -> None:
    from clearedge_tui.ui.plan_data import open_delete

    if len(found) > 1:
        ui.model.say("one series at a time is deleted from: unmark the others")
    else:
        open_delete(ui, found[0])


def _backtest(ui: "Console", found: Sequence[SeriesRow]) -> None:
    from clearedge_tui.ui.plan_backtest import open_backtest

    open_backtest(ui, market_id=found[0].market_id)


def _keys(found: Sequence[SeriesRow]) -> list[str]:
    return [one.key for one in found]


def _markets(found: Sequence[SeriesRow]) -> list[str]:
    return list(dict.fromkeys(one.market_id for one in found))


WORK: Final[dict[str, Callable[["Console", Sequence[SeriesRow]], None]]] = {
    "check": lambda ui, found: check(ui, _keys(found)),
    "check_all": lambda ui, found: check(ui, []),
    "compact": lambda ui, found: keep(ui, "compact", _keys(found)),
    "dedupe": lambda ui, found: keep(ui, "dedupe", _keys(found)),
    "sync": lambda ui, found: sync(ui, _markets(found)),
    "delete": _delete_from,
    "backtest": _backtest,
}
