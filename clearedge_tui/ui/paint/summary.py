"""The configuration of an instance at a glance: field, value, unit, `*` where it changes in place."""

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells

UNIT = 8


def summary_rows(detail: Detail) -> int:
    """Return the rows that the whole summary takes; 0 when there is nothing to show."""
    return len(detail.config) + 2 if detail.config else 0


def shown_value(value: object, spec: dict[str, object]) -> str:
    """Return a value of the configuration as it is typed, or dots for a secret."""
    from clearedge_tui.ui.values import as_text, duration_text  # text only: no schema is loaded

    if spec.get("secret"):
        return "••••"
    if spec.get("type") == "duration":
        return duration_text(value)
    return as_text(value) if isinstance(value, bool | list | tuple) else f.number(value)


def paint_summary(cells: Cells, area: Area, detail: Detail) -> None:
    """Paint as many fields as there is room for, and say how many more there are."""
    if area.h < 3:
        return
    x = cells.text(area.y, area.x, "Configuration", p.BRIGHT | p.BOLD, width=area.w)
    cells.right(area.y, x + 1, area.x + area.w - x - 1, "E edits  * live", p.DIM)
    fields = list(detail.config.items())
    room = area.h - 1
    shown = fields if len(fields) <= room else fields[: room - 1]
    for y, (name, value) in enumerate(shown, area.y + 1):
        raw = detail.schema.get(name)
        spec = raw if isinstance(raw, dict) else {}
        live = bool(spec.get("live"))
        end = cells.text(y, area.x, clean_text(name, 16), p.DIM, width=16)
        cells.text(y, end + 1, "*" if live else "", p.GOOD)
        value_w = area.w - 18 - UNIT - 1
        text = clean_text(shown_value(value, spec), 60)
        cells.right(y, area.x + 18, value_w, text, p.BRIGHT)
        cells.text(
            y, area.x + area.w - UNIT, clean_text(spec.get("unit", ""), UNIT), p.DIM, width=UNIT
        )
    if len(shown) < len(fields):
        cells.text(area.y + room, area.x, f"{len(fields) - len(shown)} more: E shows all", p.DIM)
