"""One line of text being typed: cursor, the usual keys, paste. Nothing here knows a screen."""

from dataclasses import dataclass

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells

MOST = 400


@dataclass(slots=True)
class LineEdit:
    """Text and cursor. `key` returns True when it used the key."""

    text: str = ""
    at: int = 0

    @classmethod
    def of(cls, text: str) -> "LineEdit":
        return cls(text, len(text))

    def key(self, name: str, character: str | None) -> bool:
        match name:
            case "backspace" | "ctrl+h":
                self._cut(self.at - 1, self.at)
            case "delete":
                self._cut(self.at, self.at + 1)
            case "ctrl+w":
                self._cut(len(self.text[: self.at].rstrip().rpartition(" ")[0]), self.at)
            case "ctrl+u":
                self._cut(0, self.at)
            case "left" | "right":
                self.at = max(0, min(len(self.text), self.at + (1 if name == "right" else -1)))
            case "home" | "ctrl+a":
                self.at = 0
            case "end" | "ctrl+e":
                self.at = len(self.text)
            case _:
                if not character or not character.isprintable():
                    return False
                self.insert(character)
        return True

    def insert(self, text: str) -> None:
        """Put typed or pasted text at the cursor, washed and in one line."""
        washed = clean_text(text, MOST)[: MOST - len(self.text)]
        self.text = self.text[: self.at] + washed + self.text[self.at :]
        self.at += len(washed)

    def _cut(self, start: int, end: int) -> None:
        start, end = max(0, start), min(len(self.text), end)
        if start < end:
            self.text, self.at = self.text[:start] + self.text[end:], start

    def paint(
        self, cells: Cells, y: int, x: int, width: int, ink: int = p.BRIGHT, ground: int = p.CURSOR
    ) -> None:
        """Paint the part around the cursor; the cursor is a cell of the accent colour."""
        first = max(0, self.at - width + 1)
        cells.text(y, x, " " * width, ink, ground, width)
        cells.text(y, x, self.text[first : first + width], ink, ground, width)
        under = self.text[self.at] if self.at < len(self.text) else " "
        cells.text(y, x + self.at - first, under, p.INK, p.ACCENT, 1)
