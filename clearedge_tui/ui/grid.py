"""A table as data: columns that fit, rows of cells, words that filter. No Textual here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells

Cell = tuple[str, int]
Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Col:
    """One column, shown from `least` columns of screen on; those that grow share what is left."""

    name: str
    width: int
    least: int = 0
    right: bool = False
    grow: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `key` is what the cursor follows, `about` is told below it."""

    key: str
    cells: tuple[Cell, ...]  # one a column, shown or not
    about: tuple[Line, ...] = ()
    title: bool = False  # a heading between rows: its first cell over the whole width
    words: str = ""  # what the filter reads beside the cells

    def holds(self, word: str) -> bool:
        refuse = word.startswith("!") and len(word) > 1
        text = f"{' '.join(text for text, _ in self.cells)} {self.words}".lower()
        return (word[1:] not in text) if refuse else word in text


GAP: Final = 1


def layout(columns: Sequence[Col], width: int) -> list[tuple[int, int, int]]:
    """Return index, place and width of every column that fits."""
    chosen = [i for i, one in enumerate(columns) if width >= one.least]
    fixed = sum(columns[i].width + GAP for i in chosen) + 1
    growing = sum(columns[i].grow for i in chosen)
    spare, out, x = max(0, width - fixed) // max(1, growing), [], 1
    for i in chosen:
        size = columns[i].width + (spare if columns[i].grow else 0)
        size = max(0, min(size, width - x))
        out.append((i, x, size))
        x += size + GAP
    return out


def kept(rows: Sequence[Row], words: str) -> list[Row]:
    """Return the rows that hold every word; a heading stays while a row below it does."""
    wanted = words.lower().split()
    if not wanted:
        return list(rows)
    out: list[Row] = []
    for row in rows:
        if row.title:
            if out and out[-1].title:
                out.pop()
            out.append(row)
        elif all(row.holds(word) for word in wanted):
            out.append(row)
    if out and out[-1].title:
        out.pop()
    return out


def paint_head(cells: Cells, columns: Sequence[Col]) -> None:
    for i, x, width in layout(columns, cells.w):
        if columns[i].right:
            cells.right(0, x, width, columns[i].name, p.DIM)
        else:
            cells.text(0, x, columns[i].name, p.DIM, width=width)


def paint_row(cells: Cells, y: int, columns: Sequence[Col], row: Row) -> None:
    if row.title:
        text, ink = row.cells[0]
        cells.text(y, 1, clean_text(text, 400), ink, width=cells.w - 2)
        return
    for i, x, width in layout(columns, cells.w):
        text, ink = row.cells[i]
        if columns[i].right:
            cells.right(y, x, width, text, ink)
        else:
            cells.text(y, x, clean_text(text, 400), ink, width=width)


def paint_about(cells: Cells, row: Row | None, rule: str) -> None:
    """Paint what is told of the selected row, under a rule."""
    cells.rule(0, 0, cells.w, rule, p.FAINT)
    for y, (text, ink) in enumerate(row.about if row is not None else (), 1):
        cells.text(y, 2, clean_text(text, 600), ink, width=cells.w - 3)


def bar(share: float, width: int, full: str, empty: str) -> str:
    """Return a share as a bar; what is beyond the end fills it."""
    filled = max(0, min(width, round(share * width)))
    return full * filled + empty * (width - filled)
