"""One study in full: a rule test, a search, a walk-forward, robustness, a held-out look."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, cast

from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui import study
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.frame import HintsView, Page
from clearedge_tui.ui.keys import Key, bindings, hints
from clearedge_tui.ui.paint.study import paint_study
from clearedge_tui.ui.sheet import ScrolledSheet
from clearedge_tui.ui.study import Result, Search, Shown
from clearedge_tui.ui.tabs import Tabs

_OF_SEARCH = ("pane.study", "study.across")


class StudySheet(ScrolledSheet):
    """Painted anew only when an answer came or a key was pressed."""

    @property
    def page(self) -> "StudyPage":
        return cast("StudyPage", self.screen)

    def inputs(self) -> tuple[object, ...]:
        page = self.page
        asked = (id(page.shown.value), page.shown.problem, page.shown.waiting)
        return page.pane, self.top, page.axes(), *asked

    def paint_whole(self, cells: Cells, h: int) -> int:
        page = self.page
        shown, problem = page.shown.value, page.shown.problem
        if shown is None:
            said = clean_text(problem) or "asking for what it found…"
            cells.text(1, 2, said, p.BAD if problem else p.DIM, width=cells.w - 3)
            return 2
        return paint_study(cells, shown, page.found, page.pane, page.axes(), h, self.ui.look)


class StudyPage(Page):
    """`enter` on a gate, or on a study in the list of runs."""

    NAME: ClassVar[str] = "study"
    BINDINGS = bindings("study")

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.title = clean_text(run_id, 40)
        self.pane = "overview"
        self.found: Result | None = None
        self.shown: Asked[Shown] = Asked(Shown)
        self._axes = (0, 1)

    def body(self) -> Iterable[Widget]:
        yield Tabs(study.PANES["optimize"])
        yield StudySheet()

    def on_mount(self) -> None:
        self.query_one(Tabs).display = False
        self.shown.then.append(self._came)
        self.shown.ask(self.ui, "research.show", {"run_id": self.run_id})

    def _came(self) -> None:
        shown = self.shown.value
        if shown is None or not self.is_attached:
            return
        if shown.finding.kind == "ladder":
            result, names = shown.finding.result, ("strategy", "market", "venue", "timeframe")
            self.ui.visit("gates", "\t".join(str(result.get(name, "")) for name in names))
            return
        self.found = study.read(shown.finding)
        self.query_one(Tabs).display = len(self.panes()) > 1
        self.query_one(HintsView).show(self._hints())
        one = shown.finding
        self.title = clean_text(f"{one.strategy} {one.market} {one.timeframe}", 48)
        self.tick()

    def _hints(self) -> list[Key]:
        """Return the keys to tell: panes and axes only where there are some."""
        search = isinstance(self.found, Search)
        return [key for key in hints(self.NAME, 12) if search or key.id not in _OF_SEARCH]

    def place(self) -> tuple[str, str]:
        return "study", self.run_id

    def remark(self) -> tuple[str, int]:
        return (clean_text(self.shown.problem), p.WARN) if self.shown.problem else ("", p.DIM)

    # -- panes and axes

    def panes(self) -> Sequence[str]:
        shown = self.shown.value
        kind = shown.finding.kind if shown is not None else ""
        return study.PANES.get(kind, ("overview",)) if self.found is not None else ("overview",)

    def show(self, pane: str) -> None:
        self.pane = pane
        self.query_one(StudySheet).top = 0
        self.tick()

    def action_pane(self, step: int) -> None:
        panes = self.panes()
        self.show(panes[(panes.index(self.pane) + step) % len(panes)])

    def axes(self) -> tuple[str, str]:
        """Return the parameters across and down the map; the two that matter most at first."""
        names = self.found.names() if isinstance(self.found, Search) else []
        if len(names) < 2:
            return (names or [""])[0], (names or [""])[0]
        return names[self._axes[0] % len(names)], names[self._axes[1] % len(names)]

    def action_across(self, step: int) -> None:
        self._turn(0, step)

    def action_down(self, step: int) -> None:
        self._turn(1, step)

    def _turn(self, which: int, step: int) -> None:
        """Take the next parameter that the other axis does not have; of two they change places."""
        names = self.found.names() if isinstance(self.found, Search) else []
        if len(names) < 2:
            self.ui.model.say("a map needs a search of two parameters or more")
            self.ui.paint_now()
            return
        axes = list(self._axes)
        axes[which] = (axes[which] + step) % len(names)
        if axes[which] == axes[1 - which]:
            if len(names) == 2:
                axes[1 - which] = (axes[1 - which] + 1) % 2
            else:
                axes[which] = (axes[which] + step) % len(names)
        self._axes = (axes[0], axes[1])
        self.tick()

    # -- the run

    def action_report(self) -> None:
        self.ui.visit("report", self.run_id)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.run_id)
        self.ui.model.say(f"copied {clean_text(self.run_id, 80)}")
