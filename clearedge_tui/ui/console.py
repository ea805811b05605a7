"""The app: one model, one link, one tick. Screens paint; acts send; nothing here trades."""

import asyncio
import contextlib
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from clearedge_tui.settings import Home
from clearedge_tui.ui import killing
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.frame import HeaderView, NoticeView, Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.kill_watch import KillWatch
from clearedge_tui.ui.link import Connect, Link, unix_connect
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.model import Answer, Model
from clearedge_tui.ui.pacing import QUESTION, Pacer
from clearedge_tui.ui.screens import countdown
from clearedge_tui.ui.screens.board import BoardPage

RATES = (1.0, 2.0, 5.0, 10.0)


_ROOTS = {  # places that open over others
    "detail": (),
    "report": ("runs", "compare", "study"),
    "compare": ("runs",),
    "config": ("detail",),
    "account": ("accounts",),
    "gates": ("ladder", "runs"),
    "study": ("gates", "runs", "compare"),
}
QUIET_S = 3  # between two full paintings when nothing but the time has changed


class Console(App[int], inherit_bindings=False):
    """The console. `live=False` leaves link and tick out, for tests that feed the model."""

    CSS_PATH = Path(__file__).with_name("theme.tcss")
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Binding | tuple[str, str] | tuple[str, str, str]]] = [
        *bindings("global"),
        *bindings("act"),
    ]

    def __init__(
        self,
        home: Home,
        *,
        connect: Connect | None = None,
        ensure: Callable[[], None] | None = None,
        look: Look | None = None,
        model: Model | None = None,
        colours: str = "truecolor",
        live: bool = True,
    ) -> None:
        super().__init__(ansi_color=True if colours == "none" else None)
        self.look = look or Look()
        self.model = model or Model()
        self.home_name = home.root.name
        self.home = home
        self.killed = KillWatch(home, self.model)
        self.colours = colours
        self.live = live
        self.pacer = Pacer()
        self.link = Link(
            self.model,
            connect or unix_connect(home.control_socket),
            ensure,
            self.look.rate_hz,
            self.tick,
        )
        self.failures: deque[Exception] = deque(maxlen=20)  # what views could not paint
        self.previous: tuple[str, str] = ("board", "")
        self._ticker: Timer | None = None
        self._shown = (-1, -1, -1)
        self._holding: asyncio.Task[None] | None = None

    def get_default_screen(self) -> Screen[None]:
        return BoardPage()

    def on_mount(self) -> None:
        self.use_theme(self.look.theme.name)
        if not self.live:
            return
        self.call_after_refresh(self._settle)
        self._holding = asyncio.create_task(self.link.run(), name="link")
        self._ticker = self.set_interval(1 / self.look.rate_hz, self.tick)
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                with contextlib.suppress(ValueError, RuntimeError):  # not the main thread: not ours
                    loop.add_signal_handler(number, self.leave)

    def _settle(self) -> None:
        """Do what the first frame should not wait for."""
        from clearedge_tui.ui import crop

        crop.install()

    async def on_unmount(self) -> None:
        if self._holding is not None:
            self._holding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._holding

    # -- time

    def tick(self) -> None:
        """The one beat of the screen: news in, changed rows out, unless the terminal is behind."""
        self.model.expire()
        self.killed.look()
        countdown.look(self)
        news = (self.model.version, self.look.version, int(self.model.mono()))
        if news == self._shown or not self.pacer.may_paint():
            return  # nothing new, and no second has passed for the ages to show
        only_time = news[:2] == self._shown[:2] and news[2] % QUIET_S != 0
        self._shown = news
        if only_time:  # the clock each second, the ages of rows that lie still now and then
            self._paint_time()
        else:
            self.paint_now()
        if not self.is_headless and self.pacer.ask():
            self.call_after_refresh(self._ask_terminal)

    def paint_now(self) -> None:
        page = self.page
        if page is None:
            return
        if self.look.frozen:
            self._paint_time()
        else:
            page.tick()
        if self.screen is not page and hasattr(self.screen, "tick"):
            self.screen.tick()

    def _paint_time(self) -> None:
        page = self.page
        if page is not None:  # of a page that has just been opened nothing may be there yet
            for view in (*page.query(HeaderView), *page.query(NoticeView)):
                view.redraw()

    def _ask_terminal(self) -> None:
        if self._driver is not None:
            self._driver.write(QUESTION)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        self.pacer.answered()

    # -- places

    @property
    def page(self) -> Page | None:
        """Return the screen under any dialog."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, Page)), None)

    def visit(self, name: str, subject: str = "") -> None:
        """Go to a place: board, runs, data, journal, detail of an instance, report of a run."""
        from clearedge_tui.ui.places import make_page  # brings the screen with it

        here = self.page.place() if self.page else ("board", "")
        if here != (name, subject):
            self.previous = here
        deep = name in _ROOTS
        while len(self.screen_stack) > 1 and not (deep and self._is_root(self.screen, name)):
            self.pop_screen()
        if name != "board":
            self.push_screen(make_page(name, subject))
        self.paint_now()

    @staticmethod
    def _is_root(screen: Screen[object], name: str) -> bool:
        """True when a deeper place may open over this screen, so that esc comes back to it."""
        return isinstance(screen, Page) and screen.NAME in _ROOTS[name]

    # -- commands

    def ask(
        self,
        verb: str,
        args: dict[str, object] | None = None,
        label: str = "",
        on_result: Answer | None = None,
        quiet: bool = False,
    ) -> None:
        """Send a command; its answer, refusal or loss is always shown."""
        command = self.model.command(verb, args or {}, label, on_result, quiet)
        if not self.link.send(command):
            self.model.fail(command.id, "not sent: no link to the supervisor")
        self.paint_now()

    def leave(self, code: int = 0) -> None:
        self.exit(code, return_code=code)

    # -- looks

    def use_theme(self, name: str) -> None:
        """Show another theme, in painters and in style sheets alike."""
        self.look.theme = p.palette(name, self.colours)
        self.look.version += 1
        rgb = self.look.theme.hex
        key = f"clearedge-{name}"
        self.register_theme(
            Theme(
                key, primary=rgb(p.ACCENT), background=rgb(p.BG), surface=rgb(p.HEAD), panel=rgb(p.HEAD),
                boost=rgb(p.CURSOR), foreground=rgb(p.TEXT), error=rgb(p.BAD), warning=rgb(p.WARN),
                success=rgb(p.GOOD), accent=rgb(p.ACCENT), dark=True,
            )
        )  # fmt: skip
        self.theme = key

    def redraw_all(self) -> None:
        self.look.version += 1
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.tick()

    def set_rate(self, rate_hz: float) -> None:
        self.look.rate_hz = rate_hz
        self.link.set_rate(rate_hz)
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = self.set_interval(1 / rate_hz, self.tick)

    # -- keys that work everywhere

    def action_go(self, name: str) -> None:
        self.visit(name)

    def action_go_back(self) -> None:
        page = self.page
        if killing.disarm(self):
            return
        if self.screen is not page:
            self.screen.dismiss(None)
        elif isinstance(page, BoardPage):
            page.clear_transient()
        elif page is not None and not _cleared(page):
            self.previous = page.place()
            self.pop_screen()
            self.paint_now()

    def action_kill(self) -> None:
        killing.press(self)

    def action_last(self) -> None:
        self.visit(*self.previous)

    def action_freeze(self) -> None:
        self.look.frozen = not self.look.frozen
        self.paint_now()

    def action_theme(self) -> None:
        names = p.THEMES
        name = names[(names.index(self.look.theme.name) + 1) % len(names)]
        self.use_theme(name)
        self.redraw_all()
        self.model.say(f"theme {name}")

    def action_symbols(self) -> None:
        from clearedge_tui.ui.symbols import SETS

        names = list(SETS)
        name = names[(names.index(self.look.symbols.name) + 1) % len(names)]
        self.look.symbols = SETS[name]
        self.redraw_all()
        self.model.say(f"symbols {name}")

    def action_rate(self) -> None:
        rate = next((r for r in RATES if r > self.look.rate_hz), RATES[0])
        self.set_rate(rate)
        self.model.say(f"{rate:g} frames a second")
        self.paint_now()

    def action_money(self) -> None:
        self.look.hide_money = not self.look.hide_money
        self.redraw_all()

    def action_help(self) -> None:
        from clearedge_tui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.page.NAME if self.page else "board"))

    def action_news(self) -> None:
        from clearedge_tui.ui.news import show_news

        show_news(self)

    def action_palette(self) -> None:
        from clearedge_tui.ui.screens.command import CommandScreen

        self.push_screen(CommandScreen())

    def action_leave(self) -> None:
        from clearedge_tui.ui.acts import leave

        leave(self)

    # -- keys that act on instances

    def action_mode(self) -> None:
        from clearedge_tui.ui.acts import choose_mode

        choose_mode(self, self._subjects())

    def action_start_stop(self) -> None:
        from clearedge_tui.ui.acts import start_stop

        start_stop(self, self._subjects())

    def action_config(self) -> None:
        subjects = self._subjects()
        if subjects:
            self.visit("config", subjects[0])

    def action_backtest(self) -> None:
        from clearedge_tui.ui.acts import backtest_instance

        backtest_instance(self, self._subjects())

    def action_approve(self) -> None:
        from clearedge_tui.ui.plan_approve import open_approve

        for name in self._subjects()[:1]:
            open_approve(self, name)

    def action_clear_fault(self) -> None:
        for name in self._subjects():
            self.ask("instance.clear", {"id": name}, f"{name}: clear")

    def action_new(self) -> None:
        from clearedge_tui.ui.plans import open_new

        open_new(self)

    def _subjects(self) -> list[str]:
        subjects = self.page.subjects() if self.page else []
        if not subjects:
            self.model.say("no instance is selected here")
            self.paint_now()
        return subjects


def _cleared(page: Page) -> bool:
    clear = getattr(page, "clear_transient", None)
    return bool(clear and clear())
