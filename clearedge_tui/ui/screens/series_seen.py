"""What was asked about single series: coverage and bars, kept until their row changes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.day_map import Days
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui.catalog import Bars, SeriesRow, SeriesView, charted, days_of

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_KEPT = 40
_NO_DAYS = Days({}, {}, 0)


class Seen(msgspec.Struct, frozen=True):
    """An answer about one state of one series."""

    row: SeriesRow
    view: SeriesView | None = None
    days: Days = _NO_DAYS
    problem: str = ""


class SeenSeries:
    """Asks for one thing at a time, so that a cursor that runs down the list asks for little."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then
        self._seen: dict[str, Seen] = {}
        self._bars: dict[str, tuple[SeriesRow, tuple[BarRow, ...], str]] = {}
        self._asking: set[str] = set()

    def of(self, row: SeriesRow) -> Seen:
        """Return what is known of this state of the series; an older answer until a new one is there."""
        known = self._seen.get(row.key)
        return known if known is not None else Seen(row)

    def bars(self, row: SeriesRow) -> tuple[BarRow, ...] | None:
        known = self._bars.get(row.key)
        return known[1] if known is not None else None

    def step(self, row: SeriesRow) -> str:
        """Return how long the bars are that a series of ticks is shown as."""
        known = self._bars.get(row.key)
        return known[2] if known is not None else ""

    def keep(self, ui: "Console", row: SeriesRow) -> None:
        """Ask for the coverage of a series, once for each of its states."""
        known = self._seen.get(row.key)
        if "view" in self._asking or (known is not None and known.row == row):
            return
        self._asking.add("view")

        def told(result: Result) -> None:
            self._asking.discard("view")
            if result.status != "lost":  # asking again at once would be lost as well
                self._put(row, result)
                self._then()

        ui.ask("data.coverage", {"series": row.key}, "data.coverage", told, quiet=True)

    def _put(self, row: SeriesRow, result: Result) -> None:
        made = Seen(row, problem=clean_text(result.message))
        if result.status == "done":
            try:
                view = msgspec.convert(result.data, SeriesView)
                made = Seen(row, view, days_of(view))
            except msgspec.ValidationError as error:
                made = Seen(row, problem=f"the answer cannot be read: {clean_text(error)}")
        self._seen.pop(row.key, None)
        self._seen[row.key] = made
        if len(self._seen) > _KEPT:
            del self._seen[next(iter(self._seen))]

    def keep_bars(self, ui: "Console", row: SeriesRow, count: int) -> None:
        """Ask for the newest bars of a series, once for each of its states."""
        known = self._bars.get(row.key)
        same = known is not None and (known[0].rows, known[0].last_ns) == (row.rows, row.last_ns)
        if same or "bars" in self._asking or not charted(row):
            return
        self._asking.add("bars")

        def told(result: Result) -> None:
            self._asking.discard("bars")
            if result.status == "lost":
                return
            found: tuple[BarRow, ...] = ()
            step = ""
            if result.status == "done":
                try:
                    raw = msgspec.convert(result.data, Bars)
                    found, step = tuple(BarRow(*bar) for bar in raw.bars), clean_text(raw.step)
                except msgspec.ValidationError:
                    found = ()  # the chart says that there are none
            self._bars = {row.key: (row, found, step)}
            self._then()

        ui.ask(
            "data.preview", {"series": row.key, "count": count}, "data.preview", told, quiet=True
        )
