"""Lines finer than a cell: a matrix of dots laid over an area, drawn in the chosen glyphs."""

from collections.abc import Sequence

from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.paint.scale import Scale
from clearedge_tui.ui.symbols import Symbols


class Dots:
    """Bits by cell; the last line drawn owns the colour of a cell."""

    def __init__(self, area: Area, symbols: Symbols) -> None:
        self.area, self.symbols = area, symbols
        self.w, self.h = area.w * symbols.across, area.h * symbols.down
        self._bits: dict[tuple[int, int], int] = {}
        self._inks: dict[tuple[int, int], int] = {}

    def span(self, x: int, top: int, bottom: int, ink: int) -> None:
        """Set the dots of one column from `top` to `bottom`, both inside the area."""
        across, down = self.symbols.across, self.symbols.down
        if not 0 <= x < self.w:
            return
        column, bit_x = divmod(x, across)
        for y in range(max(0, top), min(self.h - 1, bottom) + 1):
            row, bit_y = divmod(y, down)
            place = (row, column)
            self._bits[place] = self._bits.get(place, 0) | 1 << (bit_y * across + bit_x)
            self._inks[place] = ink

    def line(self, columns: Sequence[tuple[float, float] | None], scale: Scale, ink: int) -> None:
        """Draw one (low, high) a dot column, joined to its neighbour; None is a gap."""
        down = self.symbols.down
        before: tuple[int, int] | None = None
        for x, pair in enumerate(columns):
            if pair is None:
                before = None
                continue
            top, bottom = scale.at(pair[1], down), scale.at(pair[0], down)
            reach_top, reach_bottom = top, bottom
            if before is not None:
                if before[0] > bottom + 1:
                    reach_bottom = before[0] - 1
                elif before[1] < top - 1:
                    reach_top = before[1] + 1
            self.span(x, reach_top, reach_bottom, ink)
            before = (top, bottom)

    def paint(self, cells: Cells, keep: str = "") -> None:
        """Write the dots; cells that hold one of `keep` stay as they are."""
        area, dots = self.area, self.symbols.dots
        for (row, column), bits in self._bits.items():
            y, x = area.y + row, area.x + column
            if 0 <= y < cells.h and 0 <= x < cells.w and cells.ch[y][x] not in (keep or "\0"):
                cells.put(y, x, dots[bits], self._inks[row, column])
