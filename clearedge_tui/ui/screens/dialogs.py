"""Small questions over a screen: choose one, type a word, read a text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from clearedge_tui.ui import killing
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.line_edit import LineEdit
from clearedge_tui.ui.view import CellView

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Line = tuple[str, int]


def kill_key(screen: ModalScreen[Any], event: events.Key) -> bool:
    """Whether a key was about the kill: it works over every question that takes no letters."""
    ui = cast("Console", screen.app)
    if event.key == "H":
        ui.action_kill()
        return True
    return event.key == "escape" and killing.disarm(ui)


class Option(NamedTuple):
    """One answer: the key that gives it, what it says, and its ink."""

    key: str
    label: str
    ink: int = p.TEXT


class Lines(CellView):
    """Painted lines in a box."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.lines = lines
        self.styles.height = len(lines)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w, p.HEAD)
        for y, (text, ink) in enumerate(self.lines):
            cells.text(y, 0, text, ink, width=w)
        return cells

    def show(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.styles.height = len(lines)
        self.redraw()


class Choice(ModalScreen[str | None]):
    """Ask for one of some answers: by its key, or with the arrows and enter. Esc answers None."""

    def __init__(
        self, title: str, options: Sequence[Option], note: str = "", start: int = 0
    ) -> None:
        super().__init__(classes="dialog")
        self._title, self._options, self._note, self._at = title, list(options), note, start

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Lines(self._lines())

    def _lines(self) -> list[Line]:
        lines: list[Line] = [(self._title, p.BRIGHT | p.BOLD), ("", p.TEXT)]
        for i, option in enumerate(self._options):
            pointer = "›" if i == self._at else " "
            bold = p.BOLD if i == self._at else 0
            lines.append((f"{pointer} {option.key:<6} {option.label}", option.ink | bold))
        if self._note:
            lines += [("", p.TEXT), (self._note, p.DIM)]
        return lines

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if kill_key(self, event):
            return
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in ("down", "j", "up", "k"):
            step = 1 if event.key in ("down", "j") else -1
            self._at = (self._at + step) % len(self._options)
            self.query_one(Lines).show(self._lines())
        elif event.key == "enter":
            self.dismiss(self._options[self._at].key)
        elif any(option.key == event.character for option in self._options):
            self.dismiss(cast("str", event.character))


class Typed(ModalScreen[bool]):
    """Ask for a word to be typed before something that is hard to undo."""

    def __init__(self, lines: Sequence[Line], word: str) -> None:
        super().__init__(classes="dialog")
        self._text, self._word = list(lines), word
        self._edit = LineEdit()
        self._wrong = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Lines(self._lines())

    def _lines(self) -> list[Line]:
        typed = f"> {self._edit.text}▏"
        wrong = (
            f"that is not {self._word}"
            if self._wrong
            else "enter sends, esc leaves everything as it is"
        )
        return [
            *self._text,
            ("", p.TEXT),
            (f"type {self._word} to go on", p.TEXT),
            (typed, p.BRIGHT | p.BOLD),
            ("", p.TEXT),
            (wrong, p.BAD if self._wrong else p.DIM),
        ]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._wrong = False
        if event.key == "escape":
            self.dismiss(False)
            return
        if event.key == "enter":
            if self._edit.text == self._word:
                self.dismiss(True)
                return
            self._wrong = True
        else:
            self._edit.key(event.key, event.character)
        self.query_one(Lines).show(self._lines())


class Reading(ModalScreen[bool]):
    """Show lines; enter answers True, esc False. Long texts scroll with j and k."""

    def __init__(self, lines: Sequence[Line], most: int = 18) -> None:
        super().__init__(classes="dialog")
        self._text, self._most, self._first = list(lines), most, 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Lines(self._shown())

    def _shown(self) -> list[Line]:
        return self._text[self._first : self._first + self._most]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if kill_key(self, event):
            return
        if event.key in ("enter", "escape", "q", "question_mark"):
            self.dismiss(event.key == "enter")
            return
        step = {
            "j": 1,
            "down": 1,
            "k": -1,
            "up": -1,
            "ctrl+d": 8,
            "ctrl+u": -8,
            "pagedown": 8,
            "pageup": -8,
        }
        last = max(0, len(self._text) - self._most)
        self._first = max(0, min(last, self._first + step.get(event.key, 0)))
        self.query_one(Lines).show(self._shown())
