"""What the catalog screen tells in a box: a series in full, the sources, the jobs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.acts import show_error
from clearedge_tui.ui.catalog import Source
from clearedge_tui.ui.data_acts import with_sources, wrapped
from clearedge_tui.ui.paint import catalog as painter
from clearedge_tui.ui.paint.series import Shown, page_of
from clearedge_tui.ui.screens.dialogs import Choice, Line, Option, Reading

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_ROWS = 30


def show_series(ui: "Console", shown: Shown) -> None:
    """Show everything about a series, or the whole error of one that cannot be read."""
    error = shown.problem or shown.row.error
    if shown.view is not None:
        ui.push_screen(Reading(page_of(shown.row, shown.view, ui.model.wall_ns()), _ROWS))
    elif error:
        show_error(ui, shown.row.key, error)


def show_sources(ui: "Console") -> None:
    """Show every source with its light; those left alone can be asked again at once."""
    with_sources(ui, lambda found: _show_sources(ui, found))


def _show_sources(ui: "Console", found: list[Source]) -> None:
    now = ui.model.wall_ns()
    ill = [one.source for one in found if one.light != "closed"][:9]
    options = []
    for one in found:
        sign, ink = painter.light(one, ui.look.symbols)
        why = painter.light_words(one, now)
        needs = f"needs {clean_text(one.needs)}" if one.needs else ""
        told = f"{sign} {clean_text(one.source):<15}{why or needs or clean_text(one.about)}"
        key = str(ill.index(one.source) + 1) if one.source in ill else ""
        options.append(Option(key, told, ink if why else p.DIM if needs else p.TEXT))

    def chosen(key: str | None) -> None:
        if key:
            reset(ui, ill[int(key) - 1])

    also = "and any other exchange that ccxt knows, by its name there"
    note = "a number asks that source again at once" if ill else also
    first = next((i for i, option in enumerate(options) if option.key), 0)
    ui.push_screen(Choice("sources", options, note, first), chosen)


def reset(ui: "Console", source: str) -> None:
    """Ask a source again that was left alone after failures."""
    ui.ask("data.sources", {"reset": source}, f"{source}: reset", lambda _: _reload(ui))


def _reload(ui: "Console") -> None:
    page = ui.page
    act = getattr(page, "action_reload", None)
    if page is not None and page.NAME == "data" and act is not None:
        act()


def cancel(ui: "Console", jobs: Sequence[JobRow]) -> None:
    """Cancel the job at work; of several, the one that is chosen."""

    def one(job: JobRow) -> None:
        ui.ask("job.cancel", {"id": job.id}, f"cancel {clean_text(job.title)}")

    if not jobs:
        ui.model.say("no job is at work")
    elif len(jobs) == 1:
        one(jobs[0])
    else:
        options = [Option(str(i), clean_text(job.title)) for i, job in enumerate(jobs[:9], 1)]
        ui.push_screen(
            Choice("cancel which job", options, "what it had written stays"),
            lambda key: one(jobs[int(key) - 1]) if key else None,
        )


def show_jobs(ui: "Console", jobs: Sequence[JobRow]) -> None:
    """Show all that the jobs said, in full."""
    lines: list[Line] = [("jobs on data", p.BRIGHT | p.BOLD), ("", p.TEXT)]
    for job in jobs:
        ink = {"failed": p.BAD, "done": p.GOOD}.get(job.state, p.TEXT)
        lines.append((clean_text(f"{job.title}   {job.state}"), ink))
        lines += [(f"  {piece}", p.DIM) for piece in wrapped(job.message) if piece]
        lines += [(f"  trace {clean_text(job.trace_id, 32)}", p.FAINT)] if job.trace_id else []
    if not jobs:
        lines.append(("none yet: c checks, u pulls", p.DIM))
    ui.push_screen(Reading(lines))
