"""Screen 3: what the catalog holds."""

from collections.abc import Iterable

import msgspec
from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.rows import RowsView


class MarketData(msgspec.Struct, frozen=True):
    """One series of the catalog, as the supervisor answers it."""

    market: str
    market_id: str
    kind: str = "bars"
    timeframe: str | None = ""
    rows: int = 0
    first_ns: int | None = 0
    last_ns: int | None = 0
    gaps: int | None = 0
    bytes: int | None = 0
    simulated: bool = False
    source: str | None = ""


def _key(one: MarketData) -> str:
    return f"{one.market_id} {one.kind} {one.timeframe}"


class DataRows(RowsView):
    """One line a series."""

    def _shown(self) -> list[MarketData]:
        page = self.screen
        return page.shown() if isinstance(page, DataPage) else []

    def keys_of_rows(self) -> list[str]:
        return [_key(m) for m in self._shown()]

    def paint_head(self, cells: Cells) -> None:
        for x, name in ((1, "MARKET"), (19, "KIND"), (52, "FROM"), (63, "TO")):
            cells.text(0, x, name, p.DIM)
        cells.right(0, 33, 10, "ROWS", p.DIM)
        cells.right(0, 44, 6, "GAPS", p.DIM)
        if cells.w >= 100:
            cells.right(0, 76, 9, "SIZE", p.DIM)
            cells.text(0, 88, "ID", p.DIM)
            cells.text(0, 110, "SOURCE", p.DIM)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        one = self._now[index]
        x = cells.text(y, 1, clean_text(one.market), p.BRIGHT, width=13)
        if one.simulated:
            cells.text(y, x + 1, "sim", p.WARN)
        cells.text(y, 19, clean_text(f"{one.kind} {one.timeframe or ''}"), p.TEXT, width=13)
        cells.right(y, 33, 10, f"{one.rows:,}", p.TEXT)
        cells.right(
            y, 44, 6, "–" if one.gaps is None else f"{one.gaps:,}", p.WARN if one.gaps else p.DIM
        )
        cells.text(y, 52, f.day(one.first_ns or 0), p.TEXT)
        cells.text(y, 63, f.day(one.last_ns or 0), p.TEXT)
        if cells.w >= 100:
            cells.right(y, 76, 9, f.bytes_size(one.bytes or 0), p.DIM)
            cells.text(y, 88, clean_text(one.market_id), p.DIM, width=20)
            cells.text(y, 110, clean_text(one.source or ""), p.DIM)

    def paint(self, h: int, w: int) -> Cells:
        self._now = self._shown()
        return super().paint(h, w)

    def empty_text(self) -> str:
        page = self.screen
        asked = page.asked if isinstance(page, DataPage) else None
        if asked is None or asked.waiting:
            return "asking…"
        return (
            asked.problem
            or "the catalog is empty: i imports a file, : data sample adds the built-in data"
        )


class DataPage(Page):
    """`3`."""

    NAME = "data"
    BINDINGS = bindings("data")

    def __init__(self) -> None:
        super().__init__()
        self.title = "Data"
        self.words = ""
        self.asked: Asked[list[MarketData]] = Asked(list[MarketData])

    def body(self) -> Iterable[Widget]:
        yield DataRows()
        yield FilterLine("words: market, kind, source")

    def on_mount(self) -> None:
        self.asked.then.append(self.tick)
        self.action_reload()

    def shown(self) -> list[MarketData]:
        wanted = self.words.lower().split()
        found = self.asked.value or []
        return [
            m
            for m in found
            if all(
                w in f"{m.market} {m.market_id} {m.kind} {m.timeframe} {m.source}".lower()
                for w in wanted
            )
        ]

    def remark(self) -> tuple[str, int]:
        found = self.asked.value or []
        if self.asked.problem:
            return self.asked.problem, p.WARN
        size = f.bytes_size(sum(m.bytes or 0 for m in found))
        note = f"{len(found)} series   {sum(m.rows for m in found):,} rows   {size}"
        if self._unknown_gaps():
            note += "   gaps –: needs a calendar"
        return (f"filter: {self.words}   {note}" if self.words else note), p.DIM

    def _unknown_gaps(self) -> bool:
        """True when gaps of the selected series cannot be told: its market closes at times."""
        key = self.query_one(DataRows).current()
        return any(m.gaps is None and _key(m) == key for m in self.shown())

    def action_reload(self) -> None:
        self.asked.ask(self.ui, "data.list")

    def action_filter(self) -> None:
        self.query_one(FilterLine).open(self.words)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.words = event.words
        self.tick()

    def on_rows_view_moved(self) -> None:
        self.tick()

    def clear_transient(self) -> bool:
        had, self.words = bool(self.words), ""
        if had:
            self.tick()
        return had

    def action_backtest(self) -> None:
        from clearedge_tui.ui.plan_backtest import open_backtest

        rows = self.query_one(DataRows)
        key = rows.current()
        if key:
            open_backtest(self.ui, market_id=key.split(" ")[0])

    def action_bring(self) -> None:
        from clearedge_tui.ui.plan_files import open_import

        open_import(self.ui, {})

    def on_rows_view_opened(self) -> None:
        self.action_backtest()
