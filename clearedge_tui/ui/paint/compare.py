"""Figures and settings side by side: one column a run, what differs first, the best one marked."""

from typing import Final, NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.compare import Comparison, Line
from clearedge_tui.runs.text_report import COUNTS, value_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.compare_curves import ink_of
from clearedge_tui.ui.paint.runs import FIGURES, MONEY, SHARES, SIGNED

PANES: Final = ("figures", "settings", "data", "made from", "code")
_WITH_DIFFERENCE: Final = 24  # columns of a cell that holds a value and its distance from the first
_MOST_CELL: Final = 28
_WHOLE: Final = frozenset({*COUNTS, "rows"})
_LEAST_CELL: Final = 14
_LABELS: Final = {key: label for label, key, _ in FIGURES}


class Entry(NamedTuple):
    """One line of a pane: a line of figures or settings, or text with its ink."""

    line: Line | None
    text: str = ""
    ink: int = p.TEXT


def entries(found: Comparison, pane: str, equal: bool) -> list[Entry]:
    """Return the lines of a pane, what differs first; without `equal` only that."""
    if pane == "code":
        return _code(found)
    lines = {
        "figures": found.figures,
        "settings": found.settings,
        "data": found.data,
        "made from": found.inputs,
    }[pane]
    differing = [Entry(line) for line in lines if line.differs]
    same = [Entry(line) for line in lines if not line.differs]
    if not lines:
        return [Entry(None, "nothing is known of it", p.DIM)]
    if not differing:
        differing = [Entry(None, "all the same", p.GOOD)]
    if not same:
        return differing
    told = f"the same in all: {len(same)}" + ("" if equal else "   e shows them")
    return [*differing, Entry(None, ""), Entry(None, told, p.DIM), *(same if equal else ())]


def _code(found: Comparison) -> list[Entry]:
    out = []
    for number, diff in enumerate(found.code):
        if not number:
            continue
        if diff:
            out.append(Entry(None, f"{number + 1} against 1", ink_of(number) | p.BOLD))
            out += [Entry(None, line, _diff_ink(line)) for line in diff]
        else:
            out.append(Entry(None, f"{number + 1} has the same code as 1", p.GOOD))
        out.append(Entry(None, ""))
    return out[:-1]


def _diff_ink(line: str) -> int:
    if line.startswith(("+++", "---")):
        return p.DIM
    return {"+": p.UP, "-": p.DOWN, "@": p.ACCENT}.get(line[:1], p.TEXT)


class Columns(NamedTuple):
    """Which runs have a column, and how wide it is; the first run always has one."""

    runs: tuple[int, ...]
    names: int
    cell: int


def columns(found: Comparison, width: int, first: int) -> Columns:
    """Return what fits, from the run `first` on after the first one."""
    names = 18 if width < 100 else 28
    count = len(found.run_ids)
    fits = max(2, min(count, (width - names - 3) // _LEAST_CELL))
    cell = min(_MOST_CELL, (width - names - 3) // fits)
    start = max(1, min(first, count - fits + 1))
    return Columns((0, *range(start, start + fits - 1)), names, cell)


def paint_head(cells: Cells, found: Comparison, pane: str, first: int) -> None:
    if pane == "code":
        cells.text(0, 1, "what was changed: - in 1, + in the other", p.DIM)
        return
    at = columns(found, cells.w, first)
    hidden = len(found.run_ids) - len(at.runs)
    cells.text(0, 1, f"{hidden} more: → ←" if hidden else "", p.ACCENT, width=at.names)
    for place, number in enumerate(at.runs):
        name = f"{number + 1} {clean_text(found.titles[number])}"
        x = 1 + at.names + place * at.cell
        cells.right(0, x, at.cell - 1, name[: at.cell - 2].rstrip(), ink_of(number) | p.BOLD)


def paint_entry(
    cells: Cells, y: int, entry: Entry, found: Comparison, look: Look, first: int
) -> None:
    line = entry.line
    if line is None:
        cells.text(y, 1, entry.text, entry.ink, width=cells.w - 2)
        return
    at = columns(found, cells.w, first)
    cells.text(y, 1, _label(line.name), p.TEXT if line.differs else p.DIM, width=at.names - 1)
    apart = 12 if at.cell >= _WITH_DIFFERENCE and isinstance(line.values[0], float | int) else 0
    for place, number in enumerate(at.runs):
        best = number == line.best
        text = _value(line.name, line.values[number], look)
        shade = (p.GOOD | p.BOLD) if best else (p.BRIGHT if line.differs else p.DIM)
        x, room = 1 + at.names + place * at.cell, at.cell - 1 - apart
        shown = f"{look.symbols.star} {text}" if best else text
        cells.right(y, x, room, _cut(shown, room - 1, look), shade)
        if apart and line.differs:
            cells.right(y, x + room, apart, _difference(line, number, look), p.DIM)


def _label(name: str) -> str:
    plain = name.removeprefix("config.").replace("_", " ")
    return _LABELS.get(name) or clean_text(plain)


def _value(name: str, value: str | float | None, look: Look) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return clean_text(value)
    if look.hide_money and name in MONEY:
        return f.HIDDEN
    if name in SHARES:
        return f.percent(float(value), signed=name in SIGNED)
    return f"{value:,.0f}" if name in _WHOLE else value_text(name, float(value))


def _difference(line: Line, number: int, look: Look) -> str:
    """Return how far a figure is from the first run's: of shares in points, else as it is."""
    first, value = line.values[0], line.values[number]
    if not number or not isinstance(first, float | int) or not isinstance(value, float | int):
        return ""
    if look.hide_money and line.name in MONEY:
        return ""
    away = value - first
    if not away:
        return "="
    if line.name in SHARES:
        return f"{away * 100:+z,.2f} pp"
    return f"{away:+,.0f}" if line.name in _WHOLE else f"{away:+z,.2f}"


def _cut(text: str, width: int, look: Look) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + look.symbols.more


def notes(found: Comparison, width: int, look: Look) -> list[str]:
    """Return what makes the comparison less than fair, as lines of this width."""
    lines: list[str] = []
    for note in found.notes:
        text = f"{look.symbols.warn} {clean_text(note)}"
        if lines and len(lines[-1]) + 3 + len(text) <= width:
            lines[-1] += f"   {text}"
        else:
            lines.append(text)
    return lines
