"""A ladder as marks and bars: never colour alone, and what is missing looks unlike what failed."""

from collections.abc import Sequence
from typing import Final

from clearedge_tui.research.gates import Gate, State
from clearedge_tui.research.readiness import Readiness
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.symbols import Symbols

_INK: Final = {
    State.PASS: p.GOOD | p.BOLD, State.FAIL: p.BAD | p.BOLD, State.NOT_RUN: p.DIM,
    State.INSUFFICIENT: p.WARN | p.BOLD, State.STALE: p.WARN | p.BOLD,
}  # fmt: skip
_DIMMER: Final = {
    State.PASS: p.UP, State.FAIL: p.DOWN, State.NOT_RUN: p.DIM,
    State.INSUFFICIENT: p.DIM, State.STALE: p.DIM,
}  # fmt: skip
WORDS: Final = {
    State.PASS: "pass", State.FAIL: "fail", State.NOT_RUN: "not run",
    State.INSUFFICIENT: "too little data", State.STALE: "out of date",
}  # fmt: skip


def glyph(state: State, symbols: Symbols) -> str:
    return {
        State.PASS: symbols.sound, State.FAIL: symbols.hole, State.NOT_RUN: symbols.minus,
        State.INSUFFICIENT: "?", State.STALE: symbols.changed,
    }[state]  # fmt: skip


def ink(gate: Gate) -> int:
    return (_INK if gate.hard else _DIMMER)[gate.state]


def legend(symbols: Symbols) -> str:
    return "  ".join(f"{glyph(state, symbols)} {word}" for state, word in WORDS.items())


def paint_marks(cells: Cells, y: int, x: int, gates: Sequence[Gate], look: Look) -> None:
    """Paint a mark a gate, in the order of the ladder."""
    for i, gate in enumerate(gates):
        cells.put(y, x + i, glyph(gate.state, look.symbols), ink(gate))


def paint_bar(cells: Cells, y: int, x: int, width: int, found: Readiness, look: Look) -> None:
    """Paint what was earned, what could have been, and what was never measured."""
    earned = round(found.score / 100 * width)
    possible = max(earned, round(found.possible / 100 * width))
    symbols = look.symbols
    cells.text(y, x, symbols.full * earned, p.GOOD if found.ready else p.ACCENT, width=width)
    cells.text(y, x + earned, symbols.empty * (possible - earned), p.DIM, width=width - earned)
    rest = width - possible
    cells.text(y, x + possible, symbols.bullet * rest, p.DIM, width=rest)


def paint_points(
    cells: Cells, y: int, x: int, width: int, gates: Sequence[Gate], look: Look
) -> None:
    """Paint a hundred points: every gate as wide as its points, filled where they were earned."""
    total = sum(gate.points for gate in gates) or 1
    at, symbols = 0, look.symbols
    for gate in gates:
        start = x + round(at / total * width)
        at += gate.points
        end = x + round(at / total * width)
        full = {
            State.PASS: symbols.full,
            State.FAIL: symbols.empty,
            State.INSUFFICIENT: symbols.empty,
        }
        unit = full.get(gate.state, symbols.bullet)
        size = max(0, end - start - 1)
        cells.text(y, start, unit * size, ink(gate), width=size)
        cells.text(y + 1, start, glyph(gate.state, symbols), ink(gate), width=1)
        name = gate.name.replace("_", " ")
        cells.text(y + 1, start + 1, name, p.TEXT if gate.hard else p.DIM, width=max(0, size - 1))


def paint_margin(cells: Cells, y: int, x: int, width: int, gate: Gate, look: Look) -> None:
    """Paint how far a value is from its threshold, which is the middle: right of it passes."""
    half, symbols = width // 2, look.symbols
    cells.text(y, x, symbols.grid * (2 * half + 1), p.FAINT, width=width)
    if gate.margin is not None:
        share = min(1.0, abs(gate.margin) / (abs(gate.threshold) or 1.0))
        size = max(1, round(share * half))
        start = x + half + 1 if gate.margin > 0 else x + half - size
        shown = ink(gate) if gate.state is not State.STALE else p.DIM
        if gate.margin:
            cells.text(y, start, symbols.full * size, shown, width=size)
    cells.put(y, x + half, symbols.upright, p.TEXT)
