"""Forms that make files: a strategy from a template, bars from a file of a person."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import bring
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
_GUESS = "guess"


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


@dataclass(slots=True)
class ImportPlan:
    """A file of market data. Sending it only reads the file; writing it is asked for afterwards."""

    given: Mapping[str, str]
    title: str = "Import data   you see how the file is read before it is written"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        def field(name: str, about: str, choices: tuple[str, ...] = ()) -> FormField:
            empty = choices[0] if choices else ""
            return FormField(name, self.given.get(name) or empty, choices, about=about)

        return [
            field("file", "path of a CSV (packed too), Parquet or DBN file; ~ is understood"),
            field("market", "BTC/USDT, GBP/USD, SP500 …"),
            field("kind", "what its rows are", (_GUESS, "bars", "quotes", "trades", "depth")),
            field("timeframe", "length of its bars: 1m, 5m, 1h, 1d …; empty: as they are apart"),
            field("venue", "where the market trades; empty: LOCAL"),
            field("tz", "zone of times without an offset; empty: UTC"),
            field("stamp", "which moment of the bar the time is", (_GUESS, "open", "close")),
            field("asset-class", "what it is", (_GUESS, "crypto", "fx", "equity", "index")),
            field("column", "only when a name is not understood: close=Last, volume=Vol"),
            field("ask", "path of a second file: the asks of bars whose bids are in the first"),
            field("adjusted", "scale prices to the file's adjusted close", ("no", "yes")),
        ]

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        needed = {
            "file": "a path is needed",
            "market": "needed, e.g. BTC/USDT",
        }
        errors = {name: told for name, told in needed.items() if not raw.get(name)}
        pairs = [part for part in raw.get("column", "").split(",") if part.strip()]
        if any("=" not in part for part in pairs):
            errors["column"] = "wanted FIELD=NAME, e.g. close=Last"
        return errors

    def difference(self, raw: Mapping[str, str]) -> Lines:
        kind = "" if raw.get("kind", _GUESS) == _GUESS else f" {raw['kind']}"
        what = f"{raw['timeframe']} bars" if raw.get("timeframe") else f"data{kind and f':{kind}'}"
        return [
            (f"{raw['file']} is read as {what} of {raw['market']}", p.BRIGHT),
            ("nothing is written yet: what was understood is shown first", p.TEXT),
        ]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        bring.look(ui, {k: v for k, v in raw.items() if v and v not in (_GUESS, "no")}, done)


def open_write(ui: "Console", taken: frozenset[str], written: Callable[[str], None]) -> None:
    """Open the form of a new strategy file; `written` hears its name."""
    from clearedge_tui.ui.screens.form_page import FormPage

    show(ui, FormPage(WritePlan(taken, written)))


def open_import(ui: "Console", given: Mapping[str, str]) -> None:
    """Open the form of an import, with what is known already."""
    from clearedge_tui.ui.screens.form_page import FormPage

    show(ui, FormPage(ImportPlan(given)))
