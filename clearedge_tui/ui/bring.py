"""Bring a file in: the supervisor reads it, a person looks at the reading, then it is written."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Line, Reading

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_MOST = 600  # letters of one line of the reading


def nothing() -> None:
    """For those who have nothing to do afterwards."""


def look(
    ui: "Console",
    given: Mapping[str, str],
    done: Callable[[], None] = nothing,
    columns: Mapping[str, str] = MappingProxyType({}),
    refused: Callable[[], None] = nothing,
) -> None:
    """Ask how the file is read, show it, and write only after enter. `done` follows the writing.
    `refused` follows a file that cannot be read so; why is told by then.

    `given` has the words of the command line: file, market, kind, timeframe, venue, tz, stamp,
    asset-class, ask, adjusted and column (`close=Last, volume=Vol`); `columns` are chosen ones,
    whose names may hold anything.
    """
    args = _args(given, columns)
    name = Path(str(args["path"])).name

    def read(result: Result) -> None:
        if result.status == "refused":
            refused()
        if result.status != "done" or not isinstance(result.data, dict):
            return
        seen = args | {"seen": result.data.get("seen", "")}

        def answered(yes: bool | None) -> None:
            if yes:
                ui.ask("data.import", seen, f"import {name}", written)
            else:
                ui.model.say(f"{name}: nothing was written")

        ui.push_screen(Reading(_lines(name, result.data.get("lines"))), answered)

    def written(result: Result) -> None:
        if result.status == "done":
            done()
            reload_ = getattr(ui.page, "action_reload", None)
            if reload_ is not None and ui.page is not None and ui.page.NAME == "data":
                reload_()

    ui.ask("data.plan", args, f"read {name}", read, quiet=False)


def _args(given: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, object]:
    """Return the arguments; the path is made whole here, for it is the console's folder that counts."""
    pairs = (part.partition("=") for part in given.get("column", "").split(",") if part.strip())
    args: dict[str, object] = {
        "path": whole(given.get("file", "")),
        "columns": {**columns, **{field.strip(): name.strip() for field, _, name in pairs}},
    }
    plain = ("market", "kind", "timeframe", "venue", "tz", "stamp", "adjusted")
    args |= {key: given[key] for key in plain if given.get(key)}
    if given.get("ask"):
        args["ask"] = whole(given["ask"])
    if given.get("asset-class"):
        args["asset_class"] = given["asset-class"]
    return args


def whole(path: str) -> str:
    """Return a path from / on, for the supervisor stands in another folder."""
    return str(Path(path).expanduser().resolve())


def _lines(name: str, told: object) -> list[Line]:
    import textwrap

    lines: list[Line] = [(f"{clean_text(name)} is read as", p.BRIGHT | p.BOLD), ("", p.TEXT)]
    for line in told if isinstance(told, list | tuple) else ():
        text = clean_text(line, _MOST)
        ink = p.WARN if text.startswith("note") else p.TEXT
        pieces = textwrap.wrap(text, 70, subsequent_indent=" " * 10)
        lines += [(piece, ink) for piece in pieces]
    return [*lines, ("", p.TEXT), ("enter writes it, esc writes nothing", p.DIM)]
