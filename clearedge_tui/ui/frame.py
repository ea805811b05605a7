"""The frame of every screen: status line, body, one line of news, one line of keys."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.keys import Key, hints
from clearedge_tui.ui.model import Notice
from clearedge_tui.ui.paint.header import kill_text, paint_header, today_parts
from clearedge_tui.ui.view import CellView

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

LEAST = (60, 16)
NOTICE_S = 6.0
ARMED = "H again KILLS EVERYTHING: nothing leaves, orders are cancelled   esc: no"


class HeaderView(CellView):
    """The status line."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w, p.HEAD)
        title = self.screen.title or ""
        paint_header(cells, self.ui.model, self.ui.look, str(self.ui.home_name), title)
        return cells


class NoticeView(CellView):
    """News for some seconds, then commands under way, then what the screen says of its selection."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        if self.ui.model.armed:
            cells.fill(cells.area, p.BAD, p.INK)
            cells.text(0, 1, ARMED, p.INK | p.BOLD, width=w - 2)
            return cells
        text, ink = self._line()
        cells.text(0, 1, text, ink, width=w - 2)
        return cells

    def _line(self) -> tuple[str, int]:
        model, symbols = self.ui.model, self.ui.look.symbols
        notice = model.notices[-1] if model.notices else None
        if notice is not None and model.mono() - notice.at < NOTICE_S:
            glyph = {True: symbols.ok, False: symbols.bad, None: symbols.bullet}[notice.good]
            return f"{glyph} {notice.text}", _notice_ink(notice)
        waiting = [open_ for open_ in model.pending.values() if not open_.quiet]
        if waiting:
            oldest = waiting[0]
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            return (
                f"{symbols.more} {oldest.label} {f.duration(model.mono() - oldest.sent)}{more}",
                p.ACCENT,
            )
        if model.stale and model.link_note:
            return f"{model.link_note}; trying again", p.WARN
        screen = self.screen
        return screen.remark() if isinstance(screen, Page) else ("", p.DIM)


def _notice_ink(notice: Notice) -> int:
    return {True: p.GOOD, False: p.BAD, None: p.TEXT}[notice.good]


class HintsView(CellView):
    """The keys that matter here; each can be clicked."""

    def __init__(self, keys: list[Key]) -> None:
        super().__init__(classes="hints")
        self._keys = keys
        self._spans: list[tuple[int, int, str]] = []

    def show(self, keys: list[Key]) -> None:
        """Tell other keys from now on: another pane has its own."""
        self._keys = keys

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w, p.HEAD)
        self._spans = []
        last = [key for key in self._keys if key.hint >= 90]
        x = 1
        reserve = sum(len(k.shown) + len(k.label) + 3 for k in last)
        for key in [k for k in self._keys if k.hint < 90]:
            size = len(key.shown) + 1 + len(key.label)
            if x + size + 2 + reserve > w:
                continue
            x = self._one(cells, x, key)
        for key in last:
            x = self._one(cells, x, key)
        return cells

    def _one(self, cells: Cells, x: int, key: Key) -> int:
        end = cells.text(0, x, key.shown, p.ACCENT | p.BOLD) + 1
        end = cells.text(0, end, key.label, p.DIM)
        self._spans.append((x, end, key.keys.split(",")[0]))
        return end + 2

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._spans:
            if start <= event.x < end:
                self.app.simulate_key(key)


class SmallView(CellView):
    """What is left below 60x16: the money, the count of live instances, and the way out."""

    def paint(self, h: int, w: int) -> Cells:
        cells = Cells(h, w)
        model, look = self.ui.model, self.ui.look
        rows = model.instances.values()
        live = sum(r.actual == "active" and r.account_kind == "live" for r in rows)
        money = today_parts(model, look)
        killed = kill_text(model, self.size.width - 2)
        lines = (
            *(((killed, p.BAD | p.BOLD),) if killed else ()),
            (f"too small: {self.screen.size.width}x{self.screen.size.height}", p.WARN),
            (f"wanted {LEAST[0]}x{LEAST[1]}", p.DIM),
            *money[:2],
            (f"LIVE {live}" if live else "nothing live", p.LIVE if live else p.DIM),
            ("q leaves; instances run on", p.DIM),
        )
        for y, (text, ink) in enumerate(lines):
            cells.text(y, 1, text, ink)
        return cells


class Page(Screen[None]):
    """Base of the screens: subclasses give `NAME`, `body` and what the selection is."""

    NAME: ClassVar[str] = "board"
    AUTO_FOCUS = ".main"

    def compose(self) -> ComposeResult:
        yield HeaderView(classes="head")
        yield from self.body()
        yield NoticeView(classes="notice")
        yield HintsView(hints(self.NAME, 12))
        yield SmallView(classes="small")

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    @property
    def ui(self) -> "Console":
        return cast("Console", self.app)

    def subjects(self) -> list[str]:
        """Return the ids of the instances that the keys of this screen act on."""
        return []

    def remark(self) -> tuple[str, int]:
        """Return the line under the body when there is no news."""
        return "", p.DIM

    def place(self) -> tuple[str, str]:
        """Return what `-` needs to come back here."""
        return self.NAME, ""

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        self.set_class(small, "-small")

    def on_screen_resume(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Paint what changed."""
        for view in self.query(CellView):
            view.redraw()
