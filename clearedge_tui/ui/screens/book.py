"""Screen 8: orders, fills and positions over all instances, in three panes."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui import plan_book
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.grid import Col, Row
from clearedge_tui.ui.grid_page import GridPage, GridRows
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.plan_book import Held, Page
from clearedge_tui.ui.plan_order import open_order
from clearedge_tui.ui.rows import RowsView
from clearedge_tui.ui.screens.dialogs import Line, Reading, Typed

_PAGE = 100
SEARCH_S = 5.0  # words are looked for in every row: less often than a page is turned
OPEN_ONLY = "open:yes"  # among the words that the screen is opened with


class BookPage(GridPage):
    """`8`. What is shown is asked for by its words, so a filter finds what is not on the page."""

    NAME = "book"
    BINDINGS = bindings("book")
    PANES = ("orders", "fills", "positions")
    HINT = "words of the row, each must match; !word must not; open, unknown, external, live …"

    def __init__(self, words: str = "") -> None:
        super().__init__()
        self.title = "Book"
        wanted = words.split()
        self.only_open = OPEN_ONLY in wanted
        self.words = " ".join(word for word in wanted if word != OPEN_ONLY)
        self.begin = 0
        self.asked = {pane: Asked[Page](Page) for pane in self.PANES}
        self._words = ""

    def on_mount(self) -> None:
        for asked in self.asked.values():
            asked.then.append(self.anew)

    def action_reload(self) -> None:
        super().action_reload()
        if self.words:
            self._asked_at += SEARCH_S - self.EVERY_S

    def ask(self) -> None:
        args: dict[str, object] = {"limit": _PAGE, "offset": self.begin, "words": self.words}
        if self.pane == "orders":
            args["open"] = self.only_open
        self._words = self.words
        self.asked[self.pane].ask(self.ui, f"book.{self.pane}", args)

    def make(self) -> list[Row]:
        """Return the rows as they were asked for: they hold the words already."""
        return list(self.rows())

    def rows(self) -> Sequence[Row]:
        found, look = self.page_now().rows, self.ui.look
        make = {
            "orders": plan_book.order_rows,
            "fills": plan_book.fill_rows,
            "positions": plan_book.position_rows,
        }[self.pane]
        return make(found, look, self._clock)

    def _clock(self, one: Mapping[str, Any]) -> int:
        """Return the time to tell an age by: what plays stored data lives in the time of its data."""
        account = self.ui.model.accounts.get(str(one.get("account")))
        if account is None or account.feed == "venue" or not account.data_ns:
            return self.ui.model.wall_ns()
        return account.data_ns

    def columns(self) -> Sequence[Col]:
        return {
            "orders": plan_book.ORDERS,
            "fills": plan_book.FILLS,
            "positions": plan_book.POSITIONS,
        }[self.pane]

    def page_now(self) -> Page:
        return self.asked[self.pane].value or Page()

    def empty(self) -> str:
        asked = self.asked[self.pane]
        if asked.value is None:
            return asked.problem or "asking…"
        return "nothing is held" if self.pane == "positions" else f"no {self.pane} yet"

    def remark(self) -> tuple[str, int]:
        asked, page = self.asked[self.pane], self.page_now()
        if asked.problem:
            return asked.problem, p.WARN
        last = min(self.begin + len(page.rows), page.total)
        parts = [f"{self.begin + 1 if last else 0}–{last} of {page.total:,}"]
        parts += ["only open ones"] if self.only_open and self.pane == "orders" else []
        parts += [f"filter: {self.words}"] if self.words else []
        parts += ["> older" if last < page.total else "", "< newer" if self.begin else ""]
        return "   ".join(part for part in parts if part), p.DIM

    def subjects(self) -> list[str]:
        found = self.selected()
        name = str(found.get("instance") or "") if found else ""
        return [name] if name in self.ui.model.instances else []

    def selected(self) -> dict[str, object]:
        row = self.row()
        for one in self.page_now().rows if row else []:
            key = {
                "orders": lambda o: str(o["id"]),
                "fills": lambda o: f"{o['instance']} {o['book']} {o['id']}",
                "positions": plan_book.position_key,
            }[self.pane](one)
            if row is not None and key == row.key:
                return dict(one)
        return {}

    def show(self, pane: str) -> None:
        self.begin = 0
        super().show(pane)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.begin = 0
        super().on_filter_line_changed(event)

    def tick(self) -> None:
        if self.words != self._words and not self.asked[self.pane].waiting:
            self.action_reload()
        super().tick()

    def on_rows_view_opened(self, event: RowsView.Opened) -> None:
        """Show all that is told of a row; esc and the instance's own screen are one key away."""
        del event
        row = self.row()
        if row is not None:
            lines: list[Line] = [(clean_text(text, 400), ink) for text, ink in row.about]
            self.ui.push_screen(Reading(lines))

    # -- acts

    def action_open_only(self) -> None:
        self.only_open, self.begin = not self.only_open, 0
        self.action_reload()

    def action_part(self, step: int) -> None:
        """Look at older or newer rows."""
        after = self.begin + step * _PAGE
        if 0 <= after < max(1, self.page_now().total):
            self.begin = after
            self.query_one(GridRows).action_jump(0)
            self.action_reload()
        else:
            self._say("there are no more")

    def action_order(self) -> None:
        open_order(self.ui, self.subjects())

    def action_cancel(self) -> None:
        """Cancel the selected order at once: out of danger nothing is asked."""
        one = self.selected()
        if self.pane != "orders" or one.get("status") not in plan_book.OPEN:
            self._say("no open order is selected here")
        elif one.get("external"):
            self._say("it is not ours: 7, enter, tab settles it")
        else:
            label = f"{clean_text(one['id'])}: cancel"
            self.ui.ask("order.cancel", {"id": one["id"]}, label, lambda _: self.action_reload())

    def action_close_position(self) -> None:
        """Close the selected position; on real money its instance's name is typed."""
        one = self.selected()
        if self.pane != "positions" or not one:
            self._say("no position is selected here: tab shows them")
            return
        held = msgspec.convert(one, Held, strict=False)
        if held.external:
            self._say("it is not ours: 7, enter, tab settles it")
        elif held.book == "shadow":
            self._say("a shadow position is nobody's money; it ends with its strategy")
        else:
            self._close(held)

    def _close(self, held: Held) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                args: dict[str, object] = {"instance": held.instance, "confirm": held.instance}
                label = f"{clean_text(held.instance)}: close"
                self.ui.ask("position.close", args, label, lambda _: self.action_reload())

        what = clean_text(f"close {held.size} {held.market} of {held.instance} at the market")
        if held.live:
            lines: tuple[Line, ...] = ((what, p.LIVE | p.BOLD), ("real money", p.LIVE))
            self.ui.push_screen(Typed(lines, held.instance), answered)
        else:
            asked = [(what, p.BRIGHT), ("", p.TEXT), ("enter closes it, esc leaves it", p.DIM)]
            self.ui.push_screen(Reading(asked), answered)

    def _say(self, text: str) -> None:
        self.ui.model.say(text)
        self.ui.paint_now()
