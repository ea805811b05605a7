"""What if a setting were another: the form, and the new equity laid over the old as it is typed."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from textual import events
from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.form import FormRows
from clearedge_tui.ui.paint.whatif import paint_whatif
from clearedge_tui.ui.plan_whatif import WhatIfPlan
from clearedge_tui.ui.screens.form_page import FormPage
from clearedge_tui.ui.view import CellView
from clearedge_tui.ui.whatif_line import WhatIfLine

_LOOK_S = 0.05


class Answers(CellView):
    """The answers so far: the first is of the settings as they were."""

    def inputs(self) -> tuple[object, ...]:
        page = cast("WhatIfPage", self.screen)
        return (page.seq, self.size)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = cast("WhatIfPage", self.screen)
        if not page.answers:
            text = page.problem or page.step or "reading the bars…"
            cells.text(1, 2, clean_text(text, 400), p.BAD if page.problem else p.DIM, width=w - 4)
            return cells
        paint_whatif(cells, cells.area.inset(1), page.answers, self.ui.look)
        return cells


class WhatIfPage(FormPage):
    """`W` in a report or on an instance."""

    def __init__(self, plan: WhatIfPlan) -> None:
        super().__init__(plan)
        self.title = "What if"
        self.plan = plan
        self.answers: list[dict[str, Any]] = []
        self.step = self.problem = ""
        self.seq = 0
        self._asked: dict[str, str] = {}
        self._line: WhatIfLine | None = None
        self._work: asyncio.Task[None] | None = None

    def body(self) -> Iterable[Widget]:
        yield FormRows(self.state)
        yield Answers(id="answers")

    def on_mount(self) -> None:
        self._line = WhatIfLine(self.ui.home.root, dict(self.plan.about), self._heard)
        self._work = asyncio.create_task(self._line.run())
        self.set_interval(_LOOK_S, self._look)

    def on_unmount(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._work is not None:
            self._work.cancel()

    def lay_out(self, event: events.Resize) -> None:
        self.query_one(Answers).styles.height = "1fr"
        fields = len(self.plan.schema.fields) + FormRows.HEAD + 1
        self.query_one(FormRows).styles.height = min(fields, max(5, (event.size.height - 3) // 2))

    def _look(self) -> None:
        """Ask when what is entered is valid and another than was asked last."""
        if self._line is None or self.query_one(FormRows).edit is not None:
            return
        now = self.state.entered()
        if not self._asked:
            self._asked = now
        if self.answers and now != self._asked and not self.state.errors:
            self._asked = now
            self._line.ask(self.plan.values(now))

    def _heard(self, told: dict[str, Any]) -> None:
        self.seq += 1
        self.problem = str(told.get("error") or "")
        self.step = str(told.get("step") or "")
        if "answer" in told:
            self.answers = [*self.answers[:1], told["answer"]]
        if self.is_attached:
            self.query_one(Answers).redraw()
            self.tick()

    def remark(self) -> tuple[str, int]:
        wrong = [name for name in self.state.errors if name]
        if wrong:
            return f"wrong: {', '.join(wrong)}", p.BAD
        if self.problem:
            return clean_text(self.problem, 200), p.BAD
        if self.step or (self._line is not None and self._line.busy):
            return f"{self.step or 'running'}…", p.ACCENT
        if not self.answers:
            return "", p.DIM
        told = clean_text(self.answers[-1].get("told"), 80)
        return (
            f"{told}; every question counts as a variant tried; w keeps it as a backtest",
            p.DIM,
        )

    def place(self) -> tuple[str, str]:
        return "board", ""
