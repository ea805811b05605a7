"""The form that makes a file: a strategy from a template."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.supply import show

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
KINDS = ("class", "module", "native")
_ABOUT_KIND = {
    "class": "a class with callbacks: the usual way",
    "module": "plain functions, no class",
    "native": "a NautilusTrader strategy as it is",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


@dataclass(slots=True)
class WritePlan:
    """A new strategy file; never over an old one."""

    taken: frozenset[str]
    written: Callable[[str], None]
    title: str = "New strategy file   written from a template that runs as it is"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        about = _ABOUT_KIND[raw.get("kind") or KINDS[0]]
        return [
            FormField("name", "", about="a-z, 0-9 and _: the file is NAME.py"),
            FormField("kind", KINDS[0], KINDS, about=about),
        ]

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        name = raw.get("name", "")
        if not name:
            return {"name": "a name is needed, e.g. my_strategy"}
        if not _NAME.fullmatch(name):
            return {"name": "a-z, 0-9 and _, a letter first"}
        return {"name": "this file is there already"} if name in self.taken else {}

    def difference(self, raw: Mapping[str, str]) -> Lines:
        return [
            (f"strategies/{raw['name']}.py is written", p.BRIGHT),
            (f"from the {raw['kind']} template: {_ABOUT_KIND[raw['kind']]}", p.TEXT),
        ]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        name = raw["name"]

        def told(result: Result) -> None:
            if result.status == "done":
                self.written(name)
                done()

        ui.ask("strategy.new", {"name": name, "kind": raw["kind"]}, f"{name}: write", told)


def open_write(ui: "Console", taken: frozenset[str], written: Callable[[str], None]) -> None:
    """Open the form of a new strategy file; `written` hears its name."""
    from clearedge_tui.ui.screens.form_page import FormPage

    show(ui, FormPage(WritePlan(taken, written)))
