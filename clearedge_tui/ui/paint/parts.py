"""The small widgets of a `render()`: each paints from the top of its area and says how many rows it took.

Anything wrong in a spec raises KeyError, TypeError or ValueError; the caller shows it in place.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from clearedge_tui.core.text import clean_lines, clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look

Spec = Mapping[str, object]
Painter = Callable[[Cells, Area, Spec, Look], int]
MOST_ROWS: Final = 200


def number(spec: Spec, key: str) -> float:
    """Return a finite number of a spec; ValueError says what was found."""
    value = spec[key]
    try:
        found = float(str(value)) if not isinstance(value, bool) else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"{key}: found {clean_text(repr(value), 40)}, wanted a number")
    return found


def items(spec: Spec, key: str) -> Sequence[object]:
    value = spec[key]
    if isinstance(value, list | tuple):
        return value
    raise ValueError(f"{key}: found {type(value).__name__}, wanted a list")


def heading(cells: Cells, area: Area, title: object) -> int:
    """Paint a title line when there is one; return the rows it took."""
    text = clean_text(title or "", area.w)
    if text:
        cells.text(area.y, area.x, text, p.BRIGHT | p.BOLD, width=area.w)
    return 1 if text else 0


def paint_metric(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    good = spec.get("good")
    ink = {True: p.UP, False: p.DOWN}.get(good, p.BRIGHT) if isinstance(good, bool) else p.BRIGHT
    unit = clean_text(spec.get("unit", ""), 12)
    value = clean_text(f.reading(spec["value"], unit), 40)
    text = f"{value} {unit}".rstrip()
    cells.text(
        area.y, area.x, clean_text(spec["label"], 40), p.DIM, width=max(0, area.w - len(text) - 1)
    )
    cells.right(area.y, area.x, area.w, text, ink | p.BOLD)
    return 1


def paint_gauge(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    value, low, high = (number(spec, key) for key in ("value", "low", "high"))
    if high <= low:
        raise ValueError(f"high {high:g} is not above low {low:g}")
    text = f"{f.number(value)} {clean_text(spec.get('unit', ''), 8)}".rstrip()
    name = clean_text(spec["label"], 12)
    cells.text(area.y, area.x, name, p.DIM, width=12)
    room = area.w - 13 - len(text) - 1
    if room > 3:
        share = max(0.0, min(1.0, (value - low) / (high - low)))
        full = round(share * room)
        cells.text(area.y, area.x + 13, look.symbols.full * full, p.ACCENT, width=room)
        cells.text(
            area.y,
            area.x + 13 + full,
            look.symbols.empty * (room - full),
            p.FAINT,
            width=room - full,
        )
    cells.right(area.y, area.x, area.w, text, p.BRIGHT)
    return 1


def paint_sparkline(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    values = [number({"values": v}, "values") for v in items(spec, "values") if v is not None]
    cells.text(area.y, area.x, clean_text(spec["label"], 12), p.DIM, width=12)
    newest = f.number(values[-1]) if values else "–"
    room = area.w - 13 - len(newest) - 1
    cells.text(
        area.y,
        area.x + 13,
        f.sparkline(values, room, look.symbols.spark),
        p.ACCENT,
        width=max(0, room),
    )
    cells.right(area.y, area.x, area.w, newest, p.BRIGHT)
    return 1


def paint_text(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    import textwrap

    used = 0
    for line in clean_lines(spec["text"], limit=2000, most=50):
        for piece in textwrap.wrap(line, max(8, area.w)) or [""]:
            if used >= area.h:
                return used
            cells.text(area.y + used, area.x, piece, p.TEXT, width=area.w)
            used += 1
    return used


def paint_log(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    used = heading(cells, area, spec.get("title"))
    lines = [clean_text(line, 300) for line in items(spec, "lines")]
    room = max(1, min(8, area.h - used))
    for line in lines[-room:]:
        cells.text(area.y + used, area.x, line, p.TEXT, width=area.w)
        used += 1
    return used


def paint_table(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    used = heading(cells, area, spec.get("title"))
    names = [clean_text(c, 40) for c in items(spec, "columns")]
    rows = []
    for i, row in enumerate(items(spec, "rows")[:MOST_ROWS]):
        if not isinstance(row, list | tuple):
            raise ValueError(f"row {i + 1}: found {type(row).__name__}, wanted a list")
        rows.append(
            [clean_text(f.number(v), 60) for v in row[: len(names)]]
            + [""] * (len(names) - len(row))
        )
    if not names:
        return used
    return used + paint_grid_of_text(cells, area.top(used)[1], names, rows, items(spec, "rows"))


def paint_grid_of_text(
    cells: Cells, area: Area, names: list[str], rows: list[list[str]], raw: Sequence[object] = ()
) -> int:
    """Paint columns as wide as they need, numbers to the right; return the rows it took."""
    wide = [max(len(name), *(len(row[i]) for row in rows), 1) for i, name in enumerate(names)]
    numeric = [all(_is_number(row[i]) for row in rows) and bool(rows) for i in range(len(names))]
    spare = area.w - sum(wide) - 2 * (len(names) - 1)
    if spare < 0:
        widest = wide.index(max(wide))
        wide[widest] = max(4, wide[widest] + spare)
    for y, row in enumerate([names, *rows][: area.h]):
        x = area.x
        for i, text in enumerate(row):
            room = min(wide[i], area.x + area.w - x)
            if room <= 0:
                break
            ink = p.DIM if y == 0 else p.TEXT
            if numeric[i]:
                cells.right(area.y + y, x, room, text, ink)
            else:
                cells.text(area.y + y, x, text, ink, width=room)
            x += wide[i] + 2
    return min(area.h, len(rows) + 1)


def _is_number(text: str) -> bool:
    return (
        text in ("", "–")
        or text.replace(",", "").lstrip("+-−").rstrip("%").strip().replace(".", "", 1).isdigit()
    )


def paint_bars(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    values = spec["values"]
    if not isinstance(values, Mapping):
        raise ValueError(f"values: found {type(values).__name__}, wanted name and number")
    used = heading(cells, area, spec.get("title"))
    pairs = [(clean_text(k, 16), number(values, k)) for k in list(values)[:40]]
    most = max((abs(v) for _, v in pairs), default=0.0) or 1.0
    name_width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        if used >= area.h:
            break
        text = f.number(value)
        room = max(1, area.w - name_width - len(text) - 2)
        cells.text(area.y + used, area.x, name, p.DIM, width=name_width)
        bar = look.symbols.eighths[-1] * max(1 if value else 0, round(abs(value) / most * room))
        cells.text(
            area.y + used, area.x + name_width + 1, bar, p.UP if value >= 0 else p.DOWN, width=room
        )
        cells.right(area.y + used, area.x, area.w, text, p.TEXT)
        used += 1
    return used


def paint_heatmap(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    rows = [[number({"rows": v}, "rows") for v in _row(r)] for r in items(spec, "rows")[:MOST_ROWS]]
    used = heading(cells, area, spec.get("title"))
    flat = [v for row in rows for v in row]
    if not flat:
        return used
    low, high = min(flat), max(flat)
    span = (high - low) or 1.0
    steps = [[p.HEAT[round((v - low) / span * (len(p.HEAT) - 1))] for v in row] for row in rows]
    columns = max(len(row) for row in rows)
    size = max(1, min(6, area.w // max(1, columns)))
    height = min(area.h - used, len(rows) if look.theme.mono or size > 2 else (len(rows) + 1) // 2)
    plain = height == len(rows)
    for y in range(height):
        for column in range(min(columns, area.w // size)):
            place = (area.y + used + y, area.x + column * size)
            if plain:
                _heat_number(cells, place, size, _at(steps, y, column), _at(rows, y, column))
            else:
                upper, lower = _at(steps, 2 * y, column), _at(steps, 2 * y + 1, column)
                pair = (p.BG if upper is None else upper, p.BG if lower is None else lower)
                cells.text(*place, look.symbols.half * size, *pair)
    return used + height


def _at[T](rows: list[list[T]], y: int, x: int) -> T | None:
    return rows[y][x] if y < len(rows) and x < len(rows[y]) else None


def _heat_number(
    cells: Cells, place: tuple[int, int], size: int, step: int | None, value: float | None
) -> None:
    if step is None or value is None:
        return
    text = f.number(value)
    shown = text if len(text) < size else ""
    ink = p.BRIGHT if step in p.HEAT[:5] else p.INK
    cells.text(*place, shown.ljust(size), ink, step)


def _row(row: object) -> Sequence[object]:
    if isinstance(row, list | tuple):
        return row
    raise ValueError(f"rows: found {type(row).__name__}, wanted a list of lists")


def paint_unknown(cells: Cells, area: Area, spec: Spec, look: Look) -> int:
    """Show a widget nobody knows as a table of its fields."""
    rows = [
        [clean_text(key, 30), clean_text(value, 200)]
        for key, value in spec.items()
        if key != "type"
    ]
    used = heading(cells, area, f"{clean_text(spec.get('type', 'widget'), 30)} (unknown type)")
    return used + paint_grid_of_text(cells, area.top(used)[1], ["field", "value"], rows)


PAINTERS: Final[dict[str, Painter]] = {
    "metric": paint_metric,
    "gauge": paint_gauge,
    "sparkline": paint_sparkline,
    "text": paint_text,
    "log": paint_log,
    "table": paint_table,
    "bars": paint_bars,
    "heatmap": paint_heatmap,
}
