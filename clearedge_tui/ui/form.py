"""A form painted as a list: one field a row, checked as you type. What it means is a plan's matter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from textual import events

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.line_edit import LineEdit
from clearedge_tui.ui.rows import RowsView

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


@dataclass(frozen=True, slots=True)
class FormField:
    """One row. With `choices` it is cycled, without it is typed. `about` stands beside it."""

    name: str
    value: str = ""
    choices: tuple[str, ...] = ()
    unit: str = ""
    about: str = ""
    live: bool | None = None  # None: says nothing
    secret: bool = False


class Plan(Protocol):
    """What a form is for."""

    @property
    def title(self) -> str: ...

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        """Return the fields, given what is entered so far."""
        ...

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        """Return errors by field; an empty name is an error of the whole."""
        ...

    def difference(self, raw: Mapping[str, str]) -> list[tuple[str, int]]:
        """Return what applying would change, a line each; empty is nothing."""
        ...

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        """Send it; `done` is called once it was accepted."""
        ...


@dataclass(slots=True)
class FormState:
    """What is entered; values of fields that went away are kept for their return."""

    plan: Plan
    raw: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    rows: list[FormField] = field(default_factory=list)

    def refresh(self) -> None:
        self.rows = list(self.plan.fields(self.raw))
        for row in self.rows:
            self.raw.setdefault(row.name, row.value)
            if row.choices and self.raw[row.name] not in row.choices:
                self.raw[row.name] = row.value if row.value in row.choices else row.choices[0]
        self.errors = self.plan.check(self.entered())

    def entered(self) -> dict[str, str]:
        return {row.name: self.raw.get(row.name, row.value) for row in self.rows}

    def put(self, name: str, value: str) -> None:
        self.raw[name] = value
        self.refresh()

    def revert(self) -> None:
        self.raw.clear()
        self.refresh()


class FormRows(RowsView):
    """Enter edits a typed field; arrows and space cycle a choice."""

    BINDINGS = bindings("form")
    HEAD = 2

    def __init__(self, state: FormState) -> None:
        super().__init__()
        self.state = state
        self.edit: LineEdit | None = None
        self._before = ""

    def on_mount(self) -> None:
        self.state.refresh()

    def keys_of_rows(self) -> list[str]:
        return [row.name for row in self.state.rows]

    def paint_head(self, cells: Cells) -> None:
        cells.text(0, 2, self.state.plan.title, p.BRIGHT | p.BOLD, width=cells.w - 3)
        whole = self.state.errors.get("", "")
        cells.text(1, 2, f"✖ {clean_text(whole)}" if whole else "", p.BAD, width=cells.w - 3)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        row = self.state.rows[index]
        value = self.state.raw.get(row.name, row.value)
        error, changed = self.state.errors.get(row.name, ""), value != row.value
        cells.text(y, 2, clean_text(row.name), p.BRIGHT if changed else p.TEXT, width=14)
        cells.text(y, 16, "*" if changed else " ", p.WARN)
        ink = p.BAD if error else p.ACCENT if changed else p.BRIGHT
        if index == self.cursor and self.edit is not None:
            self.edit.paint(cells, y, 18, 22, ground=p.FAINT)
        elif row.choices:
            cells.text(y, 18, f"‹ {clean_text(value)} ›", ink, width=22)
        else:
            shown = "•" * len(value) if row.secret else clean_text(value)
            cells.text(y, 18, f"[{shown:<20}]", ink, width=22)
        x = cells.text(y, 41, clean_text(row.unit), p.DIM, width=6)
        if error:
            cells.text(y, max(x + 1, 42), f"✖ {clean_text(error)}", p.BAD)
            return
        note = {True: "live", False: "reload", None: ""}[row.live]
        cells.text(y, 48, note, p.GOOD if row.live else p.DIM)
        cells.text(y, 48 if row.live is None else 55, clean_text(row.about), p.DIM)

    def action_edit(self) -> None:
        self.current()
        row = self.state.rows[self.cursor] if self.state.rows else None
        if row is None:
            return
        if row.choices:
            self.action_choose(1)
            return
        self._before = self.state.raw.get(row.name, row.value)
        self.edit = LineEdit.of(self._before)
        self.redraw()

    def action_open(self) -> None:
        self.action_edit()

    def action_choose(self, step: int) -> None:
        self.current()
        row = self.state.rows[self.cursor] if self.state.rows else None
        if row is None or not row.choices:
            return
        at = row.choices.index(self.state.raw.get(row.name, row.value))
        self.state.put(row.name, row.choices[(at + step) % len(row.choices)])
        self.redraw()

    def on_key(self, event: events.Key) -> None:
        if self.edit is None:
            return
        event.stop()
        event.prevent_default()
        row = self.state.rows[self.cursor]
        if event.key in ("enter", "tab", "down", "up"):
            self.edit = None
            if event.key in ("tab", "down"):
                self.action_move(1)
            elif event.key == "up":
                self.action_move(-1)
        elif event.key == "escape":
            self.edit = None
            self.state.put(row.name, self._before)
        elif self.edit.key(event.key, event.character):
            self.state.put(row.name, self.edit.text)
        self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        if self.edit is not None:
            event.stop()
            self.edit.insert(event.text)
            self.state.put(self.state.rows[self.cursor].name, self.edit.text)
            self.redraw()
