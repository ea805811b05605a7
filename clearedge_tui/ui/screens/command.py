"""`:` the command line: type a verb and its arguments, tab completes, enter runs."""

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from clearedge_tui.core.errors import ClearEdgeError, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import commands, doing
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.line_edit import LineEdit
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.view import CellView

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

ROWS = 10


class CommandView(CellView):
    """The line, and under it what fits."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = LineEdit()
        self.at = -1  # no offer is chosen until the arrows or tab choose one
        self.error = ""
        self.styles.height = ROWS + 2

    def offers(self) -> list[commands.Offer]:
        return commands.complete(self.edit.text, self.ui.model, ROWS)

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w, p.HEAD)
        x = cells.text(0, 0, ": ", p.ACCENT | p.BOLD)
        self.edit.paint(cells, 0, x, w - x, ground=p.HEAD)
        for y, offer in enumerate(self.offers()[: h - 2]):
            chosen = y == self.at
            ink = p.LIVE if offer.danger else p.BRIGHT
            end = cells.text(y + 1, 2, clean_text(offer.line), ink, width=w - 4)
            about = max(end + 2, 38)
            cells.text(y + 1, about, clean_text(offer.about), p.DIM, width=max(0, w - about))
            if chosen:
                cells.wash(y + 1, p.CURSOR)
        note = (
            f"✖ {self.error}"
            if self.error
            else "enter runs   tab completes   ↑↓ choose   esc closes"
        )
        cells.text(h - 1, 0, note, p.BAD if self.error else p.DIM, width=w)
        return cells


class CommandScreen(ModalScreen[None]):
    """Typing never does anything before enter."""

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield CommandView()

    def on_mount(self) -> None:
        """Ask for the names of the strategy files: a name costs nothing, no file is loaded."""
        view = self.query_one(CommandView)
        model = view.ui.model

        def told(result: Result) -> None:
            rows = result.data if isinstance(result.data, list) else []
            names = (row.get("strategy") for row in rows if isinstance(row, dict))
            if result.status == "done":
                model.strategies = tuple(name for name in names if isinstance(name, str))
                view.redraw()

        if model.link is LinkState.UP:
            view.ui.ask("strategy.list", {"brief": True}, "strategies", told, quiet=True)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        view = self.query_one(CommandView)
        view.error = ""
        offers = view.offers()
        match event.key:
            case "escape":
                self.dismiss(None)
                return
            case "enter":
                self._run(view, offers)
                return
            case "up" | "down" | "ctrl+p" | "ctrl+n":
                step = 1 if event.key in ("down", "ctrl+n") else -1
                view.at = (view.at + step) % len(offers) if offers else -1
            case "tab":
                if offers:
                    view.edit = LineEdit.of(f"{offers[max(0, view.at)].line} ")
                    view.at = -1
            case _:
                view.edit.key(event.key, event.character)
                view.at = -1
        view.redraw()

    def _run(self, view: CommandView, offers: list[commands.Offer]) -> None:
        ui = view.ui
        try:
            wanted = self._wanted(view, offers)
        except ClearEdgeError as error:
            view.error = clean_text(error)
            view.redraw()
            return
        self.dismiss(None)
        ui.call_later(_do, ui, wanted)  # by the app: a question asked there outlives this screen

    @staticmethod
    def _wanted(view: CommandView, offers: list[commands.Offer]) -> commands.Doing:
        """Return the chosen offer; else what was typed when it is whole; else the best offer."""
        if view.at >= 0 and offers:
            return commands.parse(offers[view.at].line)
        safe = _safe(offers[0]) if offers and view.edit.text.strip() else None
        try:
            typed = commands.parse(view.edit.text)
        except UsageError:
            if safe is None:
                raise
            return safe
        known = not commands.names_instance(typed) or typed.words[0] in view.ui.model.instances
        return typed if known or safe is None or safe.name != typed.name else safe

    def on_paste(self, event: events.Paste) -> None:
        view = self.query_one(CommandView)
        view.edit.insert(event.text)
        view.redraw()


def _safe(best: commands.Offer) -> commands.Doing | None:
    """Return what enter may do without the offer having been chosen; None when it may not."""
    try:
        return None if best.danger else commands.parse(best.line)
    except UsageError:
        return None  # a beginning only: it wants more words


def _do(ui: "Console", wanted: commands.Doing) -> None:
    try:
        doing.run(ui, wanted)
    except ClearEdgeError as error:
        ui.model.say(clean_text(error), good=False)
        ui.paint_now()
