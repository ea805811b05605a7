"""What the palette's words about runs do; the same as the keys of the screen of runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clearedge_tui.ui.commands import Doing

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


def _find(ui: "Console", doing: Doing) -> None:
    """Show the runs that are like that; `sort=sharpe` sorts by a field, `sort=-sharpe` downwards."""
    ui.look.runs_sort = doing.options.get("sort") or ui.look.runs_sort
    ui.visit("runs", " ".join(f'"{word}"' if " " in word else word for word in doing.words))


def _compare(ui: "Console", doing: Doing) -> None:
    ui.visit("compare", " ".join(doing.words))


def _mark(ui: "Console", doing: Doing) -> None:
    """Write on a run: words, a line, a star."""
    run_id, *more = doing.words
    what: dict[str, object] = {"star": not doing.options.get("off")}
    if doing.name == "tag":
        what = {"tags": more}
    elif doing.name == "note":
        what = {"note": more[0]}
    ui.ask("run.label", {"run_id": run_id, **what}, f"{doing.name} {run_id}")


def _remove(ui: "Console", doing: Doing) -> None:
    for run_id in doing.words:
        ui.ask("run.rm", {"run_id": run_id}, f"rm-run {run_id}")


def _restore(ui: "Console", doing: Doing) -> None:
    ui.ask("run.restore", {"run_id": next(iter(doing.words), "")}, "restore a run")


ACTS: Final[dict[str, Callable[["Console", Doing], None]]] = {
    "find": _find,
    "compare": _compare,
    "tag": _mark,
    "note": _mark,
    "star": _mark,
    "rm-run": _remove,
    "restore-run": _restore,
}
