"""Charts that plotext draws: static, once per look, never at tick rate. Its only home.

plotext keeps one global figure: it is cleared and sized anew each time.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells

_SGR = re.compile(r"\x1b\[[0-9;]*m")


def histogram(cells: Cells, area: Area, values: Sequence[float], title: str) -> None:
    """Paint how often values fall into each of some ranges."""
    for y, line in enumerate(_histogram(tuple(values), title, area.w, area.h)[: area.h]):
        cells.text(area.y + y, area.x, line, p.ACCENT if y else p.BRIGHT, width=area.w)


@lru_cache(maxsize=8)
def _histogram(values: tuple[float, ...], title: str, width: int, height: int) -> tuple[str, ...]:
    import plotext

    plotext.main()
    plotext.clear_figure()
    plotext.limit_size(False, False)  # after clear_figure, which sets it again
    plotext.plot_size(width, height)
    plotext.hist(list(values), bins=max(8, min(40, width // 4)))
    plotext.title(title)
    plotext.theme("clear")
    return tuple(_SGR.sub("", str(plotext.build())).split("\n"))
