"""What the keys do to runs that have ended: write on them, remove and bring back, run once more."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.index import RunRow
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Choice, Option
from clearedge_tui.ui.screens.line_dialog import AskLine

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Then = Callable[[], None]
_KEEPS = "enter keeps, esc leaves it as it is"


def _told(then: Then) -> Callable[[Result], None]:
    return lambda _: then()


def _names(rows: Sequence[RunRow]) -> str:
    return clean_text(rows[0].run_id) if len(rows) == 1 else f"{len(rows)} runs"


def star(ui: "Console", rows: Sequence[RunRow], then: Then) -> None:
    """Put a star on all of them; when all have one, take it off."""
    on = not all(row.star for row in rows)
    for row in rows:
        ui.ask("run.label", {"run_id": row.run_id, "star": on}, "star", _told(then), quiet=True)


def tag(ui: "Console", rows: Sequence[RunRow], then: Then) -> None:
    """Ask for words. Of one run the line holds those it has; of several it adds, `-word` takes off."""
    alone = rows[0].tags if len(rows) == 1 else ()
    note = _KEEPS if len(rows) == 1 else "words are added, -word takes one off; esc leaves all"

    def answered(text: str | None) -> None:
        if text is None:
            return
        typed = text.replace(",", " ").replace("#", " ").lower().split()
        words = [*typed, *(f"-{one}" for one in alone if one not in typed)]
        for row in rows:
            args: dict[str, object] = {"run_id": row.run_id, "tags": words}
            ui.ask("run.label", args, f"tag {row.run_id}", _told(then))

    ui.push_screen(AskLine(f"tags of {_names(rows)}", " ".join(alone), note), answered)


def note(ui: "Console", rows: Sequence[RunRow], then: Then) -> None:
    """Ask for one line, which all of them get."""
    now = rows[0].note if len(rows) == 1 else ""

    def answered(text: str | None) -> None:
        if text is None:
            return
        for row in rows:
            args: dict[str, object] = {"run_id": row.run_id, "note": text}
            ui.ask("run.label", args, f"note {row.run_id}", _told(then))

    ui.push_screen(AskLine(f"note on {_names(rows)}", now, _KEEPS), answered)


def remove(
    ui: "Console", rows: Sequence[RunRow], gone: Callable[[Sequence[str]], None], then: Then
) -> None:
    """Ask once, then put them aside; `gone` hears which, so that they can be brought back."""
    ids = [row.run_id for row in rows]

    def answered(key: str | None) -> None:
        if key != "y":
            return
        gone(ids)
        for run_id in ids:
            ui.ask("run.rm", {"run_id": run_id}, f"remove {run_id}", _told(then))

    options = [Option("y", f"remove {_names(rows)}", p.WARN), Option("n", "leave it")]
    ui.push_screen(Choice("remove?", options, "U brings back; after a week it is gone"), answered)


def undo(ui: "Console", ids: Sequence[str], then: Then) -> None:
    """Bring back what was removed last here; else what was removed last by anybody."""
    for run_id in ids or ("",):
        ui.ask("run.restore", {"run_id": run_id}, f"bring back {run_id}".strip(), _told(then))


def once_more(ui: "Console", row: RunRow) -> None:
    ui.ask("run.again", {"run_id": row.run_id}, f"run {row.run_id} again")


def resume(ui: "Console", row: RunRow) -> None:
    if row.kind == "session":
        ui.model.say("a session happens once: it cannot be taken up again")
        ui.paint_now()
        return
    if row.status != "interrupted":
        ui.model.say(f"this run was not interrupted: it is {row.status}; a runs it again")
        ui.paint_now()
        return
    ui.ask("run.resume", {"run_id": row.run_id}, f"resume {row.run_id}")


def save(ui: "Console", row: RunRow) -> None:
    ui.ask("spec.save", {"run_id": row.run_id}, f"save {row.run_id} as a specification")
