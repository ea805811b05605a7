"""Screen 6: who did what, when and why."""

from collections.abc import Iterable

import msgspec
from textual.widget import Widget

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import acts
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.asked import Asked
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.filter_line import FilterLine
from clearedge_tui.ui.frame import Page
from clearedge_tui.ui.keys import bindings
from clearedge_tui.ui.rows import RowsView

LIMIT = 500
_TRACE = "trace:"
EVERY_S = 2.0
_INK = {
    "fault": p.BAD,
    "error": p.BAD,
    "fail": p.BAD,
    "refused": p.BAD,
    "denied": p.BAD,
    "crash": p.BAD,
    "unknown": p.WARN,
    "lowered": p.WARN,
    "restart": p.WARN,
    "backoff": p.WARN,
    "lost": p.WARN,
    "stop": p.WARN,
    "ready": p.GOOD,
    "running": p.GOOD,
    "fill": p.GOOD,
    "mode": p.ACCENT,
    "config": p.ACCENT,
    "add": p.ACCENT,
    "declare": p.ACCENT,
}


def _places(width: int) -> tuple[int, int, int, int, int]:
    """Return where the columns stand; a narrow screen leaves out the year."""
    return (1, 22, 42, 64, 78) if width >= 120 else (1, 16, 32, 45, 56)


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal, as the supervisor answers it."""

    at_ns: int
    event: str
    subject: str | None = ""
    who: str | None = ""
    text: str | None = ""
    payload: dict[str, object] = {}

    @property
    def trace(self) -> str:
        found = self.payload.get("trace_id")
        return found if isinstance(found, str) else ""


def event_ink(entry: Entry) -> int:
    """Return the colour of an event: trouble, care, good news, a person's wish, or plain."""
    return next((ink for word, ink in _INK.items() if word in entry.event.lower()), p.TEXT)


def in_trouble(entry: Entry) -> bool:
    """True for an event that went wrong, or that tells of something wrong."""
    return event_ink(entry) == p.BAD or "error" in (entry.text or "").lower()


def _key(entry: Entry) -> str:
    return f"{entry.at_ns} {entry.event} {entry.subject} {entry.text}"


class JournalRows(RowsView):
    """Newest first."""

    def _shown(self) -> list[Entry]:
        page = self.screen
        return page.shown() if isinstance(page, JournalPage) else []

    def keys_of_rows(self) -> list[str]:
        return [_key(e) for e in self._shown()]

    def paint(self, h: int, w: int) -> Cells:
        self._now = self._shown()
        return super().paint(h, w)

    def paint_head(self, cells: Cells) -> None:
        for x, name in zip(_places(cells.w), ("WHEN", "EVENT", "WHAT", "WHO", "WHY"), strict=True):
            cells.text(0, x, name, p.DIM)

    def paint_line(self, cells: Cells, y: int, index: int) -> None:
        one = self._now[index]
        when, event, what, who, why = _places(cells.w)
        stamp = f"{f.day(one.at_ns)} {f.clock_time(one.at_ns)}"
        cells.text(y, when, stamp if event > 20 else stamp[5:], p.DIM)
        cells.text(y, event, clean_text(one.event), event_ink(one), width=what - event - 1)
        cells.text(y, what, clean_text(one.subject or ""), p.BRIGHT, width=who - what - 1)
        cells.text(y, who, clean_text(one.who or ""), p.DIM, width=why - who - 1)
        cells.text(y, why, clean_text(one.text or ""), p.TEXT)

    def empty_text(self) -> str:
        page = self.screen
        asked = page.asked if isinstance(page, JournalPage) else None
        if asked is None or asked.waiting:
            return "asking…"
        if isinstance(page, JournalPage) and page.narrowed:
            return "no line matches; esc shows all"
        return asked.problem or "nothing happened yet"


class JournalPage(Page):
    """`6`. Asks again every two seconds while it is shown."""

    NAME = "journal"
    BINDINGS = bindings("journal")

    def __init__(self, subject: str = "") -> None:
        super().__init__()
        self.title = "Journal"
        self.words = ""
        said, _, trace = subject.partition(_TRACE)
        self.subject: str | None = said or None
        self.trace = trace  # one thread: a job, its run and what they did
        self.errors_only = False
        self.asked: Asked[list[Entry]] = Asked(list[Entry])
        self._last = 0.0

    def body(self) -> Iterable[Widget]:
        yield JournalRows()
        yield FilterLine("words: event, instance, who, why")

    def on_mount(self) -> None:
        self.asked.then.append(lambda: self.query_one(JournalRows).redraw())

    def shown(self) -> list[Entry]:
        wanted = self.words.lower().split()
        found = sorted(self.asked.value or [], key=lambda e: -e.at_ns)
        return [
            e
            for e in found
            if all(w in f"{e.event} {e.subject} {e.who} {e.text}".lower() for w in wanted)
            and (self.subject is None or (e.subject or "") == self.subject)
            and (not self.errors_only or in_trouble(e))
        ]

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.errors_only or self.trace or self.subject is not None)

    def remark(self) -> tuple[str, int]:
        if self.asked.problem:
            return self.asked.problem, p.WARN
        parts = [
            f"filter: {self.words}" if self.words else "",
            f"only {clean_text(self.subject) or 'lines about nothing'}"
            if self.subject is not None
            else "",
            "errors only" if self.errors_only else "",
            f"trace {clean_text(self.trace, 12)}" if self.trace else "",
        ]
        note = "".join(f"{part}   " for part in parts if part)
        entry = self._current()
        return (f"{note}{clean_text(entry.text or '')}" if entry else f"{note}0 lines"), p.DIM

    def _current(self) -> Entry | None:
        key = self.query_one(JournalRows).current()
        return next((e for e in self.shown() if _key(e) == key), None)

    def tick(self) -> None:
        now = self.ui.model.mono()
        if not self._last or now - self._last > EVERY_S:
            self._last = now
            self.action_reload()
        super().tick()

    def action_reload(self) -> None:
        self.asked.ask(self.ui, "journal.tail", {"limit": LIMIT, "trace": self.trace})

    def action_filter(self) -> None:
        self.query_one(FilterLine).open(self.words)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        self.words = event.words
        super().tick()

    def clear_transient(self) -> bool:
        had = self.narrowed
        self.words, self.subject, self.errors_only, self.trace = "", None, False, ""
        if had:
            self.action_reload()
            self.query_one(FilterLine).shut()
            super().tick()
        return had

    def action_errors(self) -> None:
        self.errors_only = not self.errors_only
        super().tick()

    def action_trace(self) -> None:
        """Follow the selected line's thread through job, run and data; again shows all."""
        entry = self._current()
        if self.trace:
            self.trace = ""
        elif entry is not None and entry.trace:
            self.trace = entry.trace
        else:
            self.ui.model.say("this line belongs to no job")
        self.action_reload()

    def action_only(self) -> None:
        """Keep the lines about what the selected line is about; again shows all."""
        entry = self._current()
        found = (entry.subject or "") if entry is not None else None
        self.subject = found if self.subject is None else None
        super().tick()

    def on_rows_view_moved(self) -> None:
        super().tick()

    def on_rows_view_opened(self) -> None:
        entry = self._current()
        if entry is not None:
            acts.show_error(self.ui, f"{entry.event} {entry.subject or ''}", entry.text or "–")
