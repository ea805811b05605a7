"""A comparison as text: what differs first, then the code."""

from collections.abc import Iterator

from clearedge_tui.runs.compare import Comparison, Line
from clearedge_tui.runs.text_report import value_text

_NAME = 26
_CELL = 18


def render(found: Comparison, width: int) -> str:
    """Return the lines of a comparison; columns that do not fit into `width` are cut."""
    return "".join(f"{line[:width].rstrip()}\n" for line in _lines(found))


def _lines(found: Comparison) -> Iterator[str]:
    for number, (run_id, title) in enumerate(zip(found.run_ids, found.titles, strict=True), 1):
        yield f"{number}  {run_id}  {title}"
    for note in found.notes:
        yield f"!  {note}"
    yield ""
    yield f"{'':<{_NAME}}{''.join(f'{number:>{_CELL}}' for number in range(1, len(found.run_ids) + 1))}"
    for line in found.figures:
        yield _row(line, [value_text(line.name, _number(one)) for one in line.values])
    for name, lines in (
        ("settings", found.settings),
        ("data", found.data),
        ("made from", found.inputs),
    ):
        differing = [line for line in lines if line.differs]
        yield ""
        yield f"{name}: {'what differs' if differing else 'all the same'}"
        for line in differing:
            yield _row(line, ["-" if one is None else str(one) for one in line.values])
    for run_id, code in zip(found.run_ids, found.code, strict=True):
        if code:
            yield ""
            yield f"code of {run_id} against {found.run_ids[0]}"
            yield from code


def _row(line: Line, cells: list[str]) -> str:
    mark = "*" if line.differs else " "
    shown = "".join(f"{cell[: _CELL - 1]:>{_CELL}}" for cell in cells)
    return f"{mark} {line.name:<{_NAME - 2}}{shown}"


def _number(value: str | float | None) -> float | None:
    return value if isinstance(value, float | int) else None
