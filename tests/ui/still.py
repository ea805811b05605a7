"""A console whose world stands still: no socket, no time, so that every cell of it is known."""

from textual.app import App

from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import Command, Hello, Snapshot
from clearedge_tui.ui.console import Console
from clearedge_tui.ui.link import Link
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.model import LinkState, Model
from clearedge_tui.ui.palette import palette
from clearedge_tui.ui.screens.board import BoardPage
from clearedge_tui.ui.symbols import SETS
from tests.fakes import catalog
from tests.fakes.market import START_NS
from tests.fakes.supervisor import FakeSupervisor

Place = tuple[str, str]
BOARD = ("board", "")
READY = "ema_cross\tBTC/USDT\tBYBIT\t1h"  # an edge whose gates are all there


class StillLink(Link):
    """Answers from a world in memory, at once: no socket, no time."""

    world: FakeSupervisor

    def send(self, message: object) -> bool:
        if isinstance(message, Command):
            for answer in self.world._command(message):
                self.model.apply(answer)  # type: ignore[arg-type]  # what a supervisor sends
        return True

    def watch(self, instance: str, chart_columns: int = 240) -> None:
        if instance in self.world.rows and (
            self.model.detail is None or self.model.detail.id != instance
        ):
            self.model.apply(self.world.detail_of(instance))


class StillConsole(Console):
    """Opens at a place, so that a picture needs no keys that wait."""

    start: Place = BOARD

    def on_mount(self) -> None:
        super().on_mount()
        self._go()

    def _go(self) -> None:
        if self.start != BOARD:
            self.visit(*self.start)

    async def begin_as(self, fresh: "StillConsole") -> None:
        """Be what a console is that was just opened: only what Textual has read for all of them stays."""
        on_board = BOARD in (self.start, fresh.start)
        for name in vars(fresh).keys() - vars(App()).keys():
            setattr(self, name, vars(fresh)[name])
        self.set_keymap({})
        self.copy_to_clipboard("")
        self.use_theme(self.look.theme.name)
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if on_board:
            if not self.screen._result_callbacks:  # the first screen of an app has none to drop
                self.screen._push_result_callback(self.screen, None)
            await self.switch_screen(BoardPage())
        self._go()


def still(home: Home, place: Place = BOARD, theme: str = "default", symbols: str = "braille",
          colours: str = "truecolor") -> StillConsole:  # fmt: skip
    """Return a console at a place of a world of its own."""
    world = FakeSupervisor()
    model = Model(wall_ns=lambda: START_NS, mono=lambda: 1.0)
    model.apply(Hello(1, 3, 4711, "home", START_NS, "console"))
    model.apply(
        Snapshot(
            0,
            START_NS,
            tuple(world.rows.values()),
            tuple(world.accounts),
            tuple(catalog.jobs() if place[0] == "data" else world.jobs.values()),
        )
    )
    model.set_link(LinkState.UP)
    look = Look(theme=palette(theme, colours), symbols=SETS[symbols])
    app = StillConsole(home, model=model, look=look, colours=colours, live=False)
    app.home_name = "desk"
    link = StillLink(model, lambda: None)  # type: ignore[arg-type, return-value]  # never connects
    link.world = world
    app.link = link
    app.start = place
    return app
