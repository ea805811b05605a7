"""A console on a fake supervisor, over a real unix socket, without a terminal."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from clearedge_tui.core.clock import monotonic
from clearedge_tui.settings import Home
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.console import Console
from clearedge_tui.ui.model import LinkState, Model
from tests.fakes.market import START_NS
from tests.fakes.supervisor import FakeSupervisor


@pytest.fixture(scope="session", autouse=True)
def read_style_sheets_once() -> Iterator[None]:
    """Keep what a style sheet was read as: each of a thousand consoles would read the same ones twice."""
    read, known = Stylesheet._parse_rules, {}

    def rules(sheet: Stylesheet, css: str, *place: Any, **more: Any) -> list[RuleSet]:
        key = (css, place, *more.items(), *sheet._variables.items())
        if key not in known:
            known[key] = read(sheet, css, *place, **more)
        return known[key]

    patch = pytest.MonkeyPatch()
    patch.setattr(Stylesheet, "_parse_rules", rules)
    yield
    patch.undo()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose socket folder exists."""
    made = Home(tmp_path)
    made.sockets.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture
async def world(home: Home) -> AsyncIterator[FakeSupervisor]:
    """A fake supervisor that listens where the console looks."""
    fake = FakeSupervisor()
    await fake.start(home.control_socket)
    yield fake
    await fake.stop()


class Desk:
    """One console under test: press keys, read the screen, wait for things."""

    def __init__(self, app: Console, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def page(self) -> Any:
        """The screen under any dialog; a test knows which one it has gone to."""
        assert self.app.page is not None
        return self.app.page

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        names = {
            " ": "space",
            "=": "equals_sign",
            "-": "minus",
            "_": "underscore",
            "/": "slash",
            ".": "full_stop",
        }
        await self.press(*(names.get(letter, letter) for letter in text))

    async def until(self, true: Callable[[], object], limit: float = 20.0) -> None:
        """Wait until something holds; fail with the screen when it never does."""
        end = monotonic() + limit
        while not true():
            assert monotonic() < end, "never came true; the screen:\n" + self.text()
            await self.pilot.pause(0.02)

    def text(self) -> str:
        """Return everything painted on the page, and on the dialogs over it."""
        from clearedge_tui.ui.view import CellView

        self.app.paint_now()
        return "\n".join(
            line
            for screen in self.app.screen_stack[self.app.screen_stack.index(self.page) :]
            for view in screen.query(CellView)
            if view.cells is not None and view.display
            for line in view.cells.lines()
        )

    def cells(self, selector: str) -> Cells:
        """Return what a view has painted."""
        from clearedge_tui.ui.view import CellView

        found = self.app.screen.query_one(selector, CellView).cells
        assert found is not None, f"{selector} has painted nothing"
        return found

    async def shows(self, words: str, limit: float = 20.0) -> None:
        await self.until(lambda: words in self.text(), limit)


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]
Compare = Callable[..., bool]  # the fixture `snap_compare`


def sent(world: FakeSupervisor, verb: str) -> list[Any]:
    """Return the arguments of every command of this verb that arrived."""
    return [command.args for command in world.commands if command.verb == verb]


@pytest.fixture
def desk(home: Home) -> OpenDesk:
    """Open a console of a size; use as `async with desk(size=(80, 24)) as d`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (120, 40), up: bool = True, **more: object
    ) -> AsyncIterator[Desk]:
        app = Console(home, model=Model(wall_ns=lambda: START_NS), **more)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            made = Desk(app, pilot)
            if up:
                await made.until(lambda: app.model.link is LinkState.UP and app.model.instances)
                app.paint_now()
            yield made
            assert not app.failures, app.failures

    return opened
