"""What the palette's words about markets do: one question to the supervisor each."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.commands import Doing
from clearedge_tui.ui.screens.dialogs import Line, Reading

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console

_WIDE = 18  # columns of a field's name


def _show(ui: "Console", doing: Doing) -> None:
    def told(result: "Result") -> None:
        if isinstance(result.data, dict):
            lines: list[Line] = [(_line(*field), p.TEXT) for field in result.data.items()]
            ui.push_screen(Reading([(clean_text(doing.words[0]), p.BRIGHT | p.BOLD), *lines]))

    ui.ask("market.show", {"market": doing.words[0]}, f"market {doing.words[0]}", told)


def _line(name: str, value: object) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    return clean_text(f"{name.replace('_', ' '):<{_WIDE}}{'–' if shown in (None, '') else shown}")


def _set(ui: "Console", doing: Doing) -> None:
    if not doing.settings:
        raise UsageError("nothing to set; wanted: set-market MARKET field=value …")
    name = doing.words[0]
    ui.ask("market.set", {"market": name, "values": dict(doing.settings)}, f"market {name}")


def _add(ui: "Console", doing: Doing) -> None:
    name = doing.words[0]
    ui.ask("market.add", {"symbol": name, "values": dict(doing.settings)}, f"market {name}")


def _remove(ui: "Console", doing: Doing) -> None:
    ui.ask("market.rm", {"market": doing.words[0]}, f"rm-market {doing.words[0]}")


def _load(ui: "Console", doing: Doing) -> None:
    source, *symbols = doing.words
    ui.ask("market.load", {"source": source, "symbols": symbols}, f"load-market {source}")


ACTS: Final[dict[str, Callable[["Console", Doing], None]]] = {
    "show-market": _show,
    "set-market": _set,
    "add-market": _add,
    "rm-market": _remove,
    "load-market": _load,
}
