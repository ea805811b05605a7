"""The runs that a filter leaves, of which only the part that is looked at is here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from clearedge_tui.core.errors import UsageError
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.model import RunSummary
from clearedge_tui.runs.query import parse
from clearedge_tui.runs.search import NEWEST, Page, fields
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.model import LinkState

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

PART = 300  # rows asked for at once: more than three screens of the tallest terminal
_SIGNS = (">", "<", "=", ":", "!", "-")


class Question(NamedTuple):
    """What was asked; a change of anything in it asks again."""

    filter: str
    sort: str
    offset: int
    times: int


class RunList:
    """`keep` asks for what is missing; the rest says what is known. Rows are numbered from 0."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.filter, self.sort = "", NEWEST
        self.seen: set[str] = set()  # every run that ever was in an answer
        self._asked: Asked[Page] = Asked(Page, then=[self._take, then])
        self._sent = Question("", "", -1, -1)
        self._page: Page | None = None
        self._offset = 0
        self._times = 0
        self._wrong = ""
        self._linked = False
        self._keys: list[str] = []

    @property
    def page(self) -> Page | None:
        """Return the part that is here, with the counts; None before the first answer."""
        return self._page

    @property
    def problem(self) -> str:
        """Return what is wrong with the filter, or why there is no answer."""
        return self._wrong or self._asked.problem

    @property
    def waiting(self) -> bool:
        return self._asked.waiting

    def reload(self) -> None:
        """Ask again for what is shown, with the next `keep`."""
        self._times += 1

    def keep(self, ui: "Console", first: int, room: int) -> None:
        """Ask for the rows from `first` on when they are not here, or when the question changed."""
        linked = ui.model.link is LinkState.UP
        if linked and not self._linked:
            self._times += 1
        self._linked = linked
        question = Question(whole(self.filter), self.sort, self._needed(first, room), self._times)
        self._wrong = self._fault(question.filter)
        if self._wrong or self._asked.waiting or question == self._sent:
            return
        self._sent = question
        args: dict[str, object] = {
            "filter": question.filter,
            "sort": question.sort,
            "offset": question.offset,
            "limit": PART,
        }
        self._asked.ask(ui, "run.search", args)

    def _fault(self, text: str) -> str:
        """Return what is wrong with a filter, as far as the fields are known here."""
        if self._page is None:
            return ""
        try:
            parse(text, fields(self._index))
        except UsageError as error:
            return str(error)
        return ""

    def _needed(self, first: int, room: int) -> int:
        page = self._page
        if page is None or (whole(self.filter), self.sort) != self._sent[:2]:
            return 0
        end = self._offset + len(page.rows)
        last = min(first + room, page.found)
        if self._offset <= min(first, page.found) and last <= end:
            return self._offset
        return max(0, (first - (PART - room) // 2) // 50 * 50)

    def _take(self) -> None:
        page = self._asked.value
        if page is None or self._asked.problem:
            return
        self._page, self._offset = page, self._sent.offset
        ids = [row.run_id for row in page.rows]
        self.seen.update(ids)
        unknown = (f"#{number}" for number in range(page.found))
        keys = list(unknown)
        keys[self._offset : self._offset + len(ids)] = ids
        self._keys = keys

    def keys(self) -> list[str]:
        """Return one key a run; `#number` for one that is not here."""
        return self._keys

    def row(self, number: int) -> RunRow | None:
        """Return a run by its number in the list; None when it is not here."""
        rows = self._page.rows if self._page else ()
        at = number - self._offset
        return rows[at] if 0 <= at < len(rows) else None

    def find(self, run_id: str) -> RunRow | None:
        rows = self._page.rows if self._page else ()
        return next((row for row in rows if row.run_id == run_id), None)

    def figure(self, row: RunRow, name: str) -> float | None:
        return self._index.figure(row, name)

    def summary(self, row: RunRow) -> RunSummary:
        return self._index.summary(row)

    @property
    def _index(self) -> Index:
        return Index(names=self._page.names if self._page else ())


def whole(text: str) -> str:
    """Return a filter without a last condition that is still being typed, such as `sharpe>`."""
    front, _, last = text.rpartition(" ")
    return front if last.endswith(_SIGNS) else text
