"""The configuration form of an instance; waits for its detail when that is not here yet."""

from collections.abc import Iterable

from textual.widget import Widget

from clearedge_tui.ui import fields, plans
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.screens.form_page import FormPage
from clearedge_tui.ui.view import CellView


class Waiting(CellView, can_focus=True):
    """One line while the schema is on its way."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        text = page.problem if isinstance(page, ConfigPage) else ""
        cells.text(1, 2, text or "waiting for the configuration…", p.WARN if text else p.DIM)
        return cells


class ConfigPage(Page):
    """Becomes the form as soon as the detail of the instance is known."""

    NAME = "form"
    BINDINGS = bindings("form")

    def __init__(self, instance: str) -> None:
        super().__init__()
        self.instance = instance
        self.problem = ""
        self._opened = False

    def body(self) -> Iterable[Widget]:
        yield Waiting(classes="main")

    def place(self) -> tuple[str, str]:
        return "config", self.instance

    def tick(self) -> None:
        self.ui.link.watch(self.instance, self.size.width)
        self._try()
        super().tick()

    def _try(self) -> None:
        model = self.ui.model
        row, detail = model.instances.get(self.instance), model.detail
        if self._opened or row is None or detail is None or detail.id != self.instance:
            return
        if not detail.schema:
            self.problem = (
                "this strategy has no configuration (or it could not be loaded); esc goes back"
            )
            return
        schema = fields.load(detail.schema)
        if schema is None:
            self.problem = (
                "the schema of this strategy cannot be read; the row says why; esc goes back"
            )
            return
        self._opened = True
        form = FormPage(plans.ConfigPlan(row, detail, schema), self.instance, detail.versions)
        self.call_later(self._become, form)

    def _become(self, form: FormPage) -> None:
        self.ui.switch_screen(form)  # not awaited: this screen would wait for its own end
