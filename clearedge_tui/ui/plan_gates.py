"""The gates of one ladder as rows: value, threshold, how far from it, points, evidence, what to do."""

from typing import Final

from clearedge_tui.research.gates import Gate
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.grid import Cell, Col, Line, Row
from clearedge_tui.ui.ladder import PROTECTS, Standing, plainly, value_text, wanted_text
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import ladder as marks

MARGIN = 5  # the column that is painted
COLUMNS: Final = (
    Col("", 1),
    Col("GATE", 26),
    Col("STANDS", 10, least=92),
    Col("VALUE", 10, right=True),
    Col("WANTED", 9, right=True),
    Col("MARGIN", 13),
    Col("POINTS", 7, right=True),
    Col("WHY", 40, least=110, grow=True),
    Col("EVIDENCE", 36, least=170),
)


def rows(one: Standing | None, look: Look) -> list[Row]:
    """Return the hard gates, then the scored ones, each under its heading."""
    if one is None or not one.gates:
        return []
    out = [Row("hard", (("Hard: all of them must pass", p.ACCENT | p.BOLD),), title=True)]
    out += [_row(gate, look) for gate in one.hard]
    out.append(Row("scored", (("Scored: they add to readiness", p.ACCENT | p.BOLD),), title=True))
    return [*out, *(_row(gate, look) for gate in one.scored)]


def _row(gate: Gate, look: Look) -> Row:
    ink = marks.ink(gate)
    plain = p.TEXT if gate.hard else p.DIM
    word = {"too little data": "too little"}.get(marks.WORDS[gate.state], marks.WORDS[gate.state])
    cells: tuple[Cell, ...] = (
        (marks.glyph(gate.state, look.symbols), ink),
        (gate.title, p.BRIGHT if gate.hard else p.TEXT),
        (word, ink),
        (value_text(gate), p.BRIGHT if gate.hard else plain),
        (wanted_text(gate), plain),
        ("", plain),
        (f"{gate.earned} / {gate.points}", plain),
        (plainly(gate), plain),
        (gate.evidence or "–", p.DIM),
    )
    return Row(gate.name, cells, about(gate), words=gate.state)


def about(gate: Gate) -> tuple[Line, ...]:
    """Return all of one gate."""
    kind = "hard: must pass" if gate.hard else "scored"
    lines: list[Line] = [
        (f"{gate.title}   {marks.WORDS[gate.state]}   {gate.earned} of {gate.points} points   {kind}",
         p.BRIGHT | p.BOLD),
        (plainly(gate), p.TEXT),
        (f"protects against {PROTECTS.get(gate.name, '–')}", p.DIM),
    ]  # fmt: skip
    if gate.action:
        lines.append((f"next: {gate.action}", p.ACCENT))
    if gate.evidence:
        lines.append((f"evidence: {gate.evidence}   enter opens it", p.DIM))
    lines.append(
        ("points are given when it passes, and not otherwise; t moves its threshold", p.DIM)
    )
    return tuple(lines)
