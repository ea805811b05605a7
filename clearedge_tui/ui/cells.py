"""A grid of cells: painters write here, the screen gets only the rows that changed."""

from itertools import groupby
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from clearedge_tui.ui.palette import BG, TEXT, Palette


class Area(NamedTuple):
    """A rectangle of cells; cutting returns the piece and the rest."""

    x: int
    y: int
    w: int
    h: int

    def top(self, rows: int) -> "tuple[Area, Area]":
        n = max(0, min(rows, self.h))
        return Area(self.x, self.y, self.w, n), Area(self.x, self.y + n, self.w, self.h - n)

    def bottom(self, rows: int) -> "tuple[Area, Area]":
        n = max(0, min(rows, self.h))
        rest, piece = self.top(self.h - n)
        return piece, rest

    def left(self, columns: int) -> "tuple[Area, Area]":
        n = max(0, min(columns, self.w))
        return Area(self.x, self.y, n, self.h), Area(self.x + n, self.y, self.w - n, self.h)

    def right(self, columns: int) -> "tuple[Area, Area]":
        n = max(0, min(columns, self.w))
        rest, piece = self.left(self.w - n)
        return piece, rest

    def inset(self, columns: int, rows: int = 0) -> "Area":
        return Area(
            self.x + columns, self.y + rows, max(0, self.w - 2 * columns), max(0, self.h - 2 * rows)
        )


class Cells:
    """`h` rows of `w` cells: one character and one ink (fore | ground << 8 | attributes) each."""

    __slots__ = ("ch", "h", "ink", "w")

    def __init__(self, h: int, w: int, ground: int = BG) -> None:
        self.h, self.w = h, w
        self.ch = [[" "] * w for _ in range(h)]
        self.ink = [[TEXT | ground << 8] * w for _ in range(h)]

    @property
    def area(self) -> Area:
        return Area(0, 0, self.w, self.h)

    def text(
        self,
        y: int,
        x: int,
        text: str,
        fore: int = TEXT,
        ground: int | None = None,
        width: int = -1,
    ) -> int:
        """Write one line, cut to `width` and to the grid; return the column after it.

        `fore` may carry attributes. Without `ground` the cells keep theirs. Control characters
        never get in, and a wide character takes two cells or none.
        """
        if not 0 <= y < self.h or x >= self.w or x < 0:
            return x
        room = self.w - x if width < 0 else min(width, self.w - x)
        glyphs = list(text[:room]) if text.isascii() else _glyphs(text, room)
        if not text.isprintable():
            glyphs = [c if not c or c.isprintable() else "�" for c in glyphs]
        n = len(glyphs)
        if not n:
            return x
        self._mend(y, x, x + n)
        self.ch[y][x : x + n] = glyphs
        row = self.ink[y]
        if ground is None:
            row[x : x + n] = [fore | i & 0xFF00 for i in row[x : x + n]]
        else:
            row[x : x + n] = [fore | ground << 8] * n
        return x + n

    def right(
        self, y: int, x: int, width: int, text: str, fore: int = TEXT, ground: int | None = None
    ) -> None:
        """Write `text` so that it ends at column `x + width`; too long is cut on the right."""
        size = len(text) if text.isascii() else sum(_width(c) for c in text)
        self.text(y, x + max(0, width - size), text, fore, ground, min(width, size))

    def put(self, y: int, x: int, glyph: str, fore: int) -> None:
        """Write one single-width glyph of our own, keeping the ground; outside the grid is nothing."""
        if 0 <= y < self.h and 0 <= x < self.w:
            self._mend(y, x, x + 1)
            self.ch[y][x] = glyph
            self.ink[y][x] = fore | self.ink[y][x] & 0xFF00

    def _mend(self, y: int, start: int, end: int) -> None:
        """Blank the halves of wide characters that a write from `start` to `end` will cut."""
        row = self.ch[y]
        if row[start] == "":
            row[start - 1] = " "
        if end < self.w and row[end] == "":
            row[end] = " "

    def fill(self, area: Area, ground: int, fore: int = TEXT) -> None:
        x0, x1 = max(0, area.x), min(self.w, area.x + area.w)
        for y in range(max(0, area.y), min(self.h, area.y + area.h)):
            self.ch[y][x0:x1] = [" "] * (x1 - x0)
            self.ink[y][x0:x1] = [fore | ground << 8] * (x1 - x0)

    def wash(self, y: int, ground: int) -> None:
        """Give one row another ground, keeping what is written on it."""
        if 0 <= y < self.h:
            self.ink[y] = [i & ~0xFF00 | ground << 8 for i in self.ink[y]]

    def rule(self, y: int, x: int, width: int, glyph: str, fore: int) -> None:
        self.text(y, x, glyph * max(0, width), fore, width=width)

    def strip(self, y: int, theme: Palette) -> Strip:
        segments, at, row = [], 0, self.ch[y]
        for ink, run in groupby(self.ink[y]):
            n = sum(1 for _ in run)
            segments.append(Segment("".join(row[at : at + n]), theme.style(ink)))
            at += n
        return Strip(segments, self.w)

    def diff(self, old: "Cells | None") -> list[Region] | None:
        """Return one region per changed row; None when everything has to be drawn."""
        if old is None or (old.h, old.w) != (self.h, self.w):
            return None
        return [
            _changed_span(y, self, old)
            for y in range(self.h)
            if self.ch[y] != old.ch[y] or self.ink[y] != old.ink[y]
        ]

    def lines(self) -> list[str]:
        """Return what is written, without colours (for tests and copies)."""
        return ["".join(row) for row in self.ch]


def _changed_span(y: int, new: Cells, old: Cells) -> Region:
    differs = [
        x
        for x, (a, b, i, j) in enumerate(
            zip(new.ch[y], old.ch[y], new.ink[y], old.ink[y], strict=True)
        )
        if a != b or i != j
    ]
    first, last = differs[0], differs[-1]
    while first > 0 and (new.ch[y][first] == "" or old.ch[y][first] == ""):
        first -= 1  # never start inside a wide character
    return Region(first, y, min(last + 2, new.w) - first, 1)


def _width(glyph: str) -> int:
    return 1 if glyph.isascii() else get_character_cell_size(glyph)


def _glyphs(text: str, room: int) -> list[str]:
    out: list[str] = []
    for glyph in text:
        size = _width(glyph)
        if len(out) + size > room:
            break
        if size:
            out.append(glyph)
        if size == 2:
            out.append("")
    return out
