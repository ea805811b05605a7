"""The form that brings a file of market data in: its first rows, and which column is what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import bring
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.supply import show

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
NONE: Final = "–"  # no column
_GUESS: Final = "guess"
_IS: Final = " ="  # ends the names of fields that choose a column; `ask` is also a second file
_CLOCK: Final = "of the day, where it stands in a column of its own"


class Wanted(msgspec.Struct, frozen=True):
    """What one kind of data needs, may have, and what of the needed no name stands for."""

    needed: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class FileHeader(msgspec.Struct, frozen=True):
    """The beginning of a file, as the supervisor answers it."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    kind: str = ""
    found: dict[str, str] = msgspec.field(default_factory=dict)
    wanted: dict[str, Wanted] = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class ImportPlan:
    """A file of market data. Sending it only reads the file; writing it is asked for afterwards.

    `look` is called with the whole path once it is one of a file; `seen` hears the answer.
    """

    given: Mapping[str, str]
    look: Callable[[str], None]
    title: str = "Import data   you see how the file is read before it is written"
    header: FileHeader = field(default_factory=FileHeader)
    problem: str = ""
    _looked: str = ""

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        def one(name: str, about: str, choices: tuple[str, ...] = ()) -> FormField:
            empty = choices[0] if choices else ""
            return FormField(name, self.given.get(name) or empty, choices, about=about)

        self._keep(raw.get("file", self.given.get("file", "")))
        return [
            one("file", "path of a CSV (packed too), Parquet or DBN file; ~ is understood"),
            one("market", "BTC/USDT, GBP/USD, SP500 …"),
            one("kind", "what its rows are", (_GUESS, "bars", "quotes", "trades", "depth")),
            *self._columns(raw),
            one("timeframe", "length of its bars: 1m, 5m, 1h, 1d …; empty: as they are apart"),
            one("venue", "where the market trades; empty: LOCAL"),
            one("tz", "zone of times without an offset; empty: UTC"),
            one("stamp", "which moment of the bar the time is", (_GUESS, "open", "close")),
            one("asset-class", "what it is", (_GUESS, "crypto", "fx", "equity", "index")),
            one("column", "only when a name is not understood: close=Last, volume=Vol"),
            one("ask", "path of a second file: the asks of bars whose bids are in the first"),
            one("adjusted", "scale prices to the file's adjusted close", ("no", "yes")),
        ]

    # ---- the columns of the file ----------------------------------------------------------------
    def _keep(self, path: str) -> None:
        """Have the beginning of the file looked at, once for each path that is one."""
        whole = bring.whole(path) if path else ""
        if whole == self._looked:
            return
        self._looked, self.header, self.problem = "", FileHeader(), ""
        if whole and Path(whole).is_file():
            self._looked = whole
            self.look(whole)

    def seen(self, path: str, result: Result) -> bool:
        """Take the answer of a look; False when it is of no interest any more."""
        if path != self._looked:
            return False
        if result.status == "done":
            try:
                self.header = msgspec.convert(result.data, FileHeader)
            except msgspec.ValidationError as error:
                self.problem = f"the answer cannot be read: {clean_text(error)}"
        elif result.status == "refused":
            self.problem = result.message.removeprefix(path).lstrip(": ")
        return True

    def wanted(self, raw: Mapping[str, str]) -> Wanted:
        """Return the fields whose columns are asked for: none while all names are understood."""
        kind = raw.get("kind") or self.given.get("kind") or _GUESS
        found = self.header.wanted.get(self.header.kind if kind == _GUESS else kind, Wanted())
        return found if found.missing else Wanted()

    def _columns(self, raw: Mapping[str, str]) -> list[FormField]:
        wanted, choices = self.wanted(raw), (NONE, *self.header.columns)
        said = self._said(raw)
        return [
            FormField(
                name + _IS,
                said.get(name) or self.header.found.get(name) or NONE,
                choices,
                about=self._about(name, raw.get(name + _IS, NONE), name in wanted.needed),
            )
            for name in (*wanted.needed, *wanted.more)
        ]

    def _about(self, name: str, column: str, needed: bool) -> str:
        """Return the first cells of the chosen column, so that a wrong choice is seen at once."""
        if column in self.header.columns:
            at = self.header.columns.index(column)
            return ", ".join(row[at] for row in self.header.rows[:3] if at < len(row))
        if name == "clock":
            return _CLOCK
        return "which column is it?" if needed else "may be left out"

    def _said(self, raw: Mapping[str, str]) -> dict[str, str]:
        """Return what the field `column` says."""
        text = raw.get("column", self.given.get("column", ""))
        pairs = (part.partition("=") for part in text.split(","))
        return {name.strip(): column.strip() for name, sign, column in pairs if sign}

    def chosen(self, raw: Mapping[str, str]) -> dict[str, str]:
        """Return our fields with the columns that a person chose for them."""
        wanted = self.wanted(raw)
        found = {name: raw.get(name + _IS, NONE) for name in (*wanted.needed, *wanted.more)}
        return {name: column for name, column in found.items() if column != NONE}

    # ---- the form -------------------------------------------------------------------------------
    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        needed = {"file": "a path is needed", "market": "needed, e.g. BTC/USDT"}
        errors = {name: told for name, told in needed.items() if not raw.get(name)}
        if self.problem:
            errors["file"] = self.problem
        pairs = [part for part in raw.get("column", "").split(",") if part.strip()]
        if any("=" not in part for part in pairs):
            errors["column"] = "wanted FIELD=NAME, e.g. close=Last"
        have = self.chosen(raw) | self._said(raw)
        for name in self.wanted(raw).needed:
            if name not in have:
                errors[name + _IS] = "which column is it? ← → choose"
        return errors

    def difference(self, raw: Mapping[str, str]) -> Lines:
        kind = "" if raw.get("kind", _GUESS) == _GUESS else f" {raw['kind']}"
        what = f"{raw['timeframe']} bars" if raw.get("timeframe") else f"data{kind and f':{kind}'}"
        columns = [f"{name}={column}" for name, column in self.chosen(raw).items()]
        return [
            (f"{raw['file']} is read as {what} of {raw['market']}", p.BRIGHT),
            *((", ".join(columns[i : i + 4]), p.TEXT) for i in range(0, len(columns), 4)),
            ("nothing is written yet: what was understood is shown first", p.TEXT),
        ]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        given = {
            name: value
            for name, value in raw.items()
            if value and value not in (_GUESS, "no") and not name.endswith(_IS)
        }
        bring.look(ui, given, done, self.chosen(raw))


def open_import(ui: "Console", given: Mapping[str, str]) -> None:
    """Open the form of an import, with what is known already."""
    from clearedge_tui.ui.screens.file_rows import FileRows
    from clearedge_tui.ui.screens.form_page import FormPage

    def look(path: str) -> None:
        ui.ask("data.columns", {"path": path}, "data.columns", lambda r: told(path, r), quiet=True)

    def told(path: str, result: Result) -> None:
        if not plan.seen(path, result):
            return
        for name in [name for name in page.state.raw if name.endswith(_IS)]:
            del page.state.raw[name]  # they were of another file
        page.state.refresh()
        if page.is_attached:
            page.tick()

    plan = ImportPlan(given, look)
    page = FormPage(plan, below=FileRows(plan))
    show(ui, page)
