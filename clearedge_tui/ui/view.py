"""The one widget base: paint cells, compare with the last ones, send the rows that changed."""

from typing import TYPE_CHECKING, cast

from textual.strip import Strip
from textual.widget import Widget

from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.palette import BAD

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

FULL_SHARE = 0.6  # above this share of changed rows one full repaint is cheaper


class CellView(Widget):
    """Subclasses say what `paint` puts on the grid; `redraw` sends only what changed."""

    full_repaint = False  # the other way, kept to prove that both show the same

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cells: Cells | None = None
        self._look_version = -1
        self._inputs: tuple[object, ...] | None = None

    @property
    def ui(self) -> "Console":
        return cast("Console", self.app)

    def paint(self, h: int, w: int) -> Cells:
        raise NotImplementedError

    def inputs(self) -> tuple[object, ...] | None:
        """Return all that the picture is made of, or None when it has to be painted to know."""
        return None

    def redraw(self) -> None:
        """Paint now; cheap when nothing changed. Nothing happens while there is no room."""
        w, h = self.size
        if w < 1 or h < 1 or not self.display:
            return
        version = self.ui.look.version
        inputs = self.inputs()
        same_place = self.cells is not None and (self.cells.h, self.cells.w) == (h, w)
        if (
            inputs is not None
            and same_place
            and (version, inputs) == (self._look_version, self._inputs)
        ):
            return
        self._inputs = inputs
        new = self._painted(h, w)
        changed = None if version != self._look_version else new.diff(self.cells)
        self.cells, self._look_version = new, version
        if changed is None or (changed and (self.full_repaint or len(changed) > h * FULL_SHARE)):
            self.refresh()
        elif changed:
            self.refresh(*changed)

    def _painted(self, h: int, w: int) -> Cells:
        """Paint; a fault of ours is named on the spot and kept, and the rest of the screen lives on."""
        try:
            return self.paint(h, w)
        except Exception as error:  # noqa: BLE001 - a border: one broken view must not end the console
            self.ui.failures.append(error)
            cells = Cells(h, w)
            cells.text(0, 1, f"this part cannot be painted: {type(error).__name__}: {error}", BAD)
            return cells

    def on_resize(self) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        if self.cells is None or y >= self.cells.h:
            return Strip.blank(self.size.width)
        return self.cells.strip(y, self.ui.look.theme)
