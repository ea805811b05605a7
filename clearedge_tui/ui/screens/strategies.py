"""Screen 4, second pane: the strategy files, whether they load, and what the selected one is."""

from collections.abc import Iterable

from textual import events
from textual.widget import Widget

from clearedge_tui.core.text import clean_lines, clean_text
from clearedge_tui.supervisor.protocol import InstanceRow, Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.filtered_page import FilteredPage
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.paint import strategies as painter
from clearedge_tui.ui.paint.strategy_past import Past
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.dialogs import Line, Reading
from clearedge_tui.ui.screens.strategy_past import PastRuns
from clearedge_tui.ui.strategy import StrategyFile, rules_of, settings_of, text_of, used_by
from clearedge_tui.ui.tabs import Tabs
from clearedge_tui.ui.view import CellView

EVERY_S = 3.0  # between two looks at the folder: an edited file shows by itself
LEAST_LOOK = 11
TALL = 40  # rows; from here on the backtests of the selected strategy are shown


class StrategyRows(RowsView):
    """One line a file, in the order of their names."""

    def _shown(self) -> list[StrategyFile]:
        page = self.screen
        return page.shown() if isinstance(page, StrategiesPage) else []

    def keys_of_rows(self) -> list[str]:
        return [one.strategy for one in self._shown()]

    def paint(self, h: int, w: int) -> Cells:
        self._now = self._shown()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        painter.paint_head(cells)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        one = self._now[index]
        users = used_by(one.strategy, self.ui.model.instances.values())
        painter.paint_line(cells, y, one, users, self.ui.look)

    def empty_text(self) -> str:
        page = self.screen
        return page.why_empty() if isinstance(page, StrategiesPage) else ""


class StrategyLook(CellView):
    """The selected file; painted anew only when something of it changed."""

    def inputs(self) -> tuple[object, ...] | None:
        page = self.screen
        one = page.selected() if isinstance(page, StrategiesPage) else None
        if one is None or not isinstance(page, StrategiesPage):
            return None
        return one, tuple(page.users(one)), page.past(one)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        page = self.screen
        one = page.selected() if isinstance(page, StrategiesPage) else None
        if one is not None:
            users = used_by(one.strategy, self.ui.model.instances.values())
            past = page.past(one) if isinstance(page, StrategiesPage) else None
            painter.paint_strategy(cells, one, users, self.ui.look, past)
        return cells


class StrategiesPage(FilteredPage):
    """`4`, `tab`. Looks at the folder every few seconds while it is shown."""

    NAME = "strategies"
    BINDINGS = bindings("strategies")

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        self.title = "Strategies"
        self.pane = "files"
        self.asked: Asked[list[StrategyFile]] = Asked(list[StrategyFile])
        self._last: float | None = None
        self._past = PastRuns(self.tick)
        self._wanted = subject  # the row to stand on once it is there

    def body(self) -> Iterable[Widget]:
        yield Tabs(("ladder", "files"))
        yield StrategyRows()
        yield StrategyLook(id="strategy")
        yield FilterLine("words: name, kind, what it says, instance, market")

    def on_mount(self) -> None:
        self.asked.then.append(self._told)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._share()

    def on_screen_resume(self) -> None:
        self._last = None  # a form may have written a file
        super().on_screen_resume()

    def _told(self) -> None:
        found = self.asked.value or []
        self.ui.model.strategies = tuple(one.strategy for one in found)
        if self._wanted and any(one.strategy == self._wanted for one in found):
            self.query_one(StrategyRows).cursor_key, self._wanted = self._wanted, ""
        self.tick()

    def _share(self) -> None:
        """The list takes the rows it needs, up to half; the selected file the rest."""
        look = self.query_one(StrategyLook)
        body = self.size.height - 4
        look.display = body >= LEAST_LOOK + 4 and bool(self.shown())
        wanted = min(len(self.shown()) + 2, max(4, body // 2), max(4, body - LEAST_LOOK))
        self.query_one(StrategyRows).styles.height = wanted if look.display else "1fr"

    def tick(self) -> None:
        if not self.query(StrategyRows):  # a tick may come before the first layout
            return
        now, up = self.ui.model.mono(), self.ui.model.link is LinkState.UP
        if up and (self._last is None or now - self._last >= EVERY_S):
            self._last = now
            self.asked.ask(self.ui, "strategy.list")
        elif not up:
            self._last = None
        self._share()
        one = self.selected() if up and self._roomy() else None
        if one is not None and not one.error:
            self._past.keep(self.ui, one.strategy)
        super().tick()

    def _roomy(self) -> bool:
        """True where the backtests of a strategy have a place."""
        return self.size.width >= painter.WIDE and self.size.height >= TALL

    def past(self, one: StrategyFile) -> Past | None:
        return self._past.past(one.strategy) if self._roomy() else None

    def shown(self) -> list[StrategyFile]:
        wanted = self.words.lower().split()
        return [
            one
            for one in self.asked.value or []
            if all(word in text_of(one, self.users(one)) for word in wanted)
        ]

    def users(self, one: StrategyFile) -> list[InstanceRow]:
        return used_by(one.strategy, self.ui.model.instances.values())

    def selected(self) -> StrategyFile | None:
        key = self.query_one(StrategyRows).current()
        return next((one for one in self.shown() if one.strategy == key), None)

    def why_empty(self) -> str:
        """Return one line on why no row is there."""
        if self.words and self.asked.value:
            return "no strategy holds these words; esc shows all"
        if self.asked.value is None and self.ui.model.link is not LinkState.UP:
            return "no supervisor answers: the files are shown as soon as one does"
        if self.asked.problem:
            return clean_text(self.asked.problem)
        if self.asked.value is None:
            return "loading every file once…"
        return "no strategy file yet: N writes one from a template"

    def remark(self) -> tuple[str, int]:
        if self.asked.problem and self.asked.value is not None:
            return clean_text(self.asked.problem), p.WARN
        found = self.asked.value or []
        broken = sum(bool(one.error) for one in found)
        parts = [f"filter: {self.words}"] if self.words else []
        parts.append(
            f"{len(self.shown())} of {len(found)} files" if self.words else f"{len(found)} files"
        )
        if broken:
            parts.append(
                f"{broken} {'does' if broken == 1 else 'do'} not load: enter tells the whole error"
            )
        return "   ".join(parts), p.WARN if broken else p.DIM

    def show(self, pane: str) -> None:
        """Show the other pane of this screen: the ladder."""
        if pane != self.pane:
            self.ui.visit("ladder")

    def action_pane(self, step: int) -> None:
        del step
        self.show("ladder")

    def action_reload(self) -> None:
        if self.ui.model.link is not LinkState.UP:
            self.ui.model.say("not asked: no supervisor answers", good=False)
        else:
            self.ui.model.say("loading every file anew")
            self._past = PastRuns(self.tick)
            self.asked.ask(self.ui, "strategy.list", {"again": True})
        self.tick()

    def on_rows_view_opened(self) -> None:
        """Load the file once more and tell all of it: what it declares, or why it does not load."""
        one = self.selected()
        if one is None:
            return

        def told(result: Result) -> None:
            self._last = None
            if result.status == "lost":
                return
            fault = result.message if result.status == "refused" else ""
            self.ui.push_screen(Reading(page_of(one, self.users(one), fault)))

        self.ui.ask(
            "strategy.check", {"strategy": one.strategy}, f"{one.strategy}: check", told, quiet=True
        )

    def action_backtest(self) -> None:
        from clearedge_tui.ui.plan_backtest import open_backtest

        one = self._sound()
        if one is not None:
            open_backtest(self.ui, strategy=one.strategy)

    def action_new(self) -> None:
        from clearedge_tui.ui.plans import open_new

        one = self._sound()
        if one is not None:
            open_new(self.ui, strategy=one.strategy)

    def action_write(self) -> None:
        from clearedge_tui.ui.plan_files import open_write

        taken = frozenset(one.strategy for one in self.asked.value or [])
        open_write(self.ui, taken, self._written)

    def _written(self, name: str) -> None:
        self._wanted = name

    def _sound(self) -> StrategyFile | None:
        """Return the selected file when it can be used; else say why not."""
        one = self.selected()
        if one is None:
            self.ui.model.say("no strategy is selected here")
        elif one.error:
            self.ui.model.say(f"{one.strategy} does not load: enter tells why", good=False)
            one = None
        self.tick()
        return one


def page_of(one: StrategyFile, users: list[InstanceRow], fault: str) -> list[Line]:
    """Return everything about one file as lines of a page."""
    lines: list[Line] = [(clean_text(one.strategy), (p.BAD if fault else p.BRIGHT) | p.BOLD)]
    lines.append((clean_text(one.path), p.DIM))
    if fault:
        wrapped = painter.wrapped(fault, 70)
        lines += [("", p.TEXT), *((text, p.BAD) for text in wrapped), ("", p.TEXT)]
        same = one.error and one.error in fault
        trace = clean_lines(one.detail.rstrip()) if same and one.detail else ()
        return [*lines, *((text, p.DIM) for text in trace)]
    about = painter.wrapped(one.words or one.doc, 70)
    lines += [("loads; nothing is wrong", p.GOOD), ("", p.TEXT), *((t, p.TEXT) for t in about)]
    for setting in settings_of(one.schema):
        live = "live" if setting.live else "reload"
        limits = "  ".join(part for part in (setting.limits, setting.unit) if part)
        lines += [
            ("", p.TEXT),
            (f"{setting.name} = {setting.default or '–'}   {setting.kind}  {limits}", p.BRIGHT),
            (f"{live}  {setting.about}", p.DIM),
        ]
    lines += [(f"always {rule}", p.DIM) for rule in rules_of(one.schema)]
    if one.hooks:
        lines += [("", p.TEXT), (f"hooks: {', '.join(one.hooks)}", p.TEXT)]
    lines.append(("", p.TEXT))
    lines += [
        (clean_text(f"{row.id}  {row.desired}  {row.state}  {row.market} {row.timeframe}"), p.TEXT)
        for row in users
    ] or [("no instance uses it", p.DIM)]
    return lines
