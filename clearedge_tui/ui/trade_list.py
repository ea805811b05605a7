"""The trades of a run as they are asked for: a filter, an order, and the pages seen so far."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.report_rows import PAGE, TradePage, TradeRow
from clearedge_tui.supervisor.protocol import Result

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


class TradeList:
    """Rows by their place in the list. Those of the former question stay until new ones come."""

    def __init__(self, run_id: str, then: Callable[[], None]) -> None:
        self.run_id = run_id
        self.words, self.sort, self.down = "", "number", True
        self.page = TradePage(0, 0, 0, ())  # the newest: its sums are of all that match
        self.problem = ""
        self.keys: list[str] = []
        self.asked = False
        self.version = 0  # grows with every question and answer
        self._then = then
        self._rows: dict[int, TradeRow] = {}
        self._version = 0
        self._seen: set[int] = set()  # pages asked for of this version
        self._fresh = True  # no answer to this version yet

    def row(self, index: int) -> TradeRow | None:
        return self._rows.get(index)

    def question(self) -> dict[str, object]:
        """Return the filter and order as arguments of a verb."""
        return {
            "run_id": self.run_id,
            "filter": self.words,
            "sort": self.sort,
            "down": self.down,
        }

    def change(self, words: str, sort: str, down: bool) -> None:
        """Ask another question; nothing is sent before somebody wants rows."""
        if (words, sort, down) != (self.words, self.sort, self.down):
            self.words, self.sort, self.down = words, sort, down
            self._version += 1
            self.version += 1
            self._seen, self._fresh = set(), True

    def want(self, ui: "Console", first: int, last: int) -> None:
        """Have the rows from `first` to `last`, and the page after them, asked for once."""
        pages = {0} if self._fresh else {first // PAGE, last // PAGE, last // PAGE + 1}
        for page in sorted(pages):  # asking paints, and painting comes here again
            if page not in self._seen and (self._fresh or page * PAGE < self.page.matched):
                self._seen.add(page)
                self.asked = True
                args = self.question() | {"offset": page * PAGE, "limit": PAGE}
                ui.ask("run.trades", args, "trades", self._taker(self._version), quiet=True)

    def _taker(self, version: int) -> Callable[[Result], None]:
        def told(result: Result) -> None:
            if version == self._version:
                self._take(result)
                self._then()

        return told

    def _take(self, result: Result) -> None:
        self.version += 1
        if result.status != "done":
            self.problem = clean_text(result.message)
            return
        try:
            page = msgspec.convert(result.data, TradePage)
        except msgspec.ValidationError as error:
            self.problem = f"the answer cannot be read: {clean_text(error)}"
            return
        if self._fresh:
            self._rows, self._fresh = {}, False
        self.problem, self.page = "", page
        self._rows |= {page.offset + i: row for i, row in enumerate(page.rows)}
        if len(self.keys) != page.matched:
            self.keys = [str(i) for i in range(page.matched)]
