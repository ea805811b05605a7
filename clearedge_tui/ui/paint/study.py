"""The picture of a study: its head, then what its kind shows."""

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.study_gates import paint_other
from clearedge_tui.ui.paint.study_held import paint_held
from clearedge_tui.ui.paint.study_map import paint_map
from clearedge_tui.ui.paint.study_parallel import paint_parallel
from clearedge_tui.ui.paint.study_parts import paint_head, settings
from clearedge_tui.ui.paint.study_robust import paint_robust
from clearedge_tui.ui.paint.study_rule import paint_rule
from clearedge_tui.ui.paint.study_search import paint_leaders, paint_search
from clearedge_tui.ui.paint.study_walk import paint_walk
from clearedge_tui.ui.study import Held, Result, Robust, Rule, Search, Shown, Walk


def paint_study(
    cells: Cells,
    shown: Shown,
    found: Result | None,
    pane: str,
    axes: tuple[str, str],
    seen: int,
    look: Look,
) -> int:
    """Paint a study onto cells taller than what is `seen` at once; return the rows used."""
    whole = cells.area.inset(1)
    verdict = ""
    if isinstance(found, Search):
        verdict = f"recommended: {settings(found.chosen)}" if found.chosen else "refused"
    used = paint_head(cells, whole, shown.finding, verdict)
    if shown.finding.market and used < seen:
        cells.rule(used - 1, 0, cells.w, look.symbols.rule, p.FAINT)
    area, left = whole.top(used)[1], max(8, seen - used)
    match found:
        case Rule():
            return used + paint_rule(cells, area, found, left, look)
        case Search():
            return used + _search(cells, area, found, pane, axes, left, look)
        case Walk():
            return used + paint_walk(cells, area, found, left, look)
        case Robust():
            return used + paint_robust(cells, area, found, left, look)
        case Held():
            return used + paint_held(cells, area, found, shown, left, look)
        case None:
            return used + paint_other(cells, area, shown.finding.result, look)


def _search(
    cells: Cells,
    area: Area,
    found: Search,
    pane: str,
    axes: tuple[str, str],
    seen: int,
    look: Look,
) -> int:
    if pane == "leaders":
        few = found.leaders()[: area.h - 2]
        return paint_leaders(cells, area, found, look, few, "All trials")
    if pane == "map":
        return paint_map(cells, area._replace(h=seen), found, axes, look)
    if pane == "parallel":
        return paint_parallel(cells, area._replace(h=seen), found, look)
    return paint_search(cells, area, found, axes, seen, look)
