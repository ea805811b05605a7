"""Lines of the catalog: series as a tree, work on it with progress, sources with their lights."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import catalog as c
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.catalog import Choice, SeriesRow, Source
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.model import JOB_ENDED
from clearedge_tui.ui.paint.runs import bar
from clearedge_tui.ui.paint.strategies import cut
from clearedge_tui.ui.symbols import Symbols


class Places(NamedTuple):
    """Where the columns stand; 0 where there is no room for one."""

    size: int
    source: int
    check: int
    wide: int  # columns of the source


_HEADS: Final = (
    ("v", 3, "VENUE"),
    ("m", 13, "MARKET"),
    ("", 25, "TYPE"),
    ("f", 43, "FROM"),
    ("t", 54, "TO"),
)
_RIGHT: Final = (("n", 33, 9, "ROWS"), ("g", 64, 8, "MISSING"), ("t", 72, 6, "AGE"))
_FROM: Final = 43
_LEAST_WORDS: Final = 16  # letters of a reason: less says nothing
_FILE: Final = re.compile(r"^\S+\.parquet:? ")
_VERDICTS: Final = {"clean": p.GOOD, "warn": p.WARN, "bad": p.BAD, "changed": p.ACCENT}


def places(width: int) -> Places:
    if width >= 108:
        source = min(30, width - 101)
        return Places(79, 89, width - 11, source)
    return Places(79 if width >= 88 else 0, 0, 89 if width >= 100 else 0, 0)


def verdict(name: str, symbols: Symbols) -> tuple[str, int]:
    """Return the sign and the ink of a check's outcome."""
    signs = {
        "clean": symbols.sound, "warn": symbols.warn, "bad": symbols.bad, "changed": symbols.changed,
    }  # fmt: skip
    return signs.get(name, symbols.unknown), _VERDICTS.get(name, p.DIM)


def paint_head(cells: Cells, choice: Choice, symbols: Symbols) -> None:
    at = places(cells.w)
    rights = _RIGHT + ((("z", at.size, 8, "SIZE"),) if at.size else ())
    lefts = [*_HEADS]
    if at.source:
        lefts.append(("", at.source, "SOURCE"))
    if at.check:
        lefts.append(("c", at.check, "CHECK"))
    for letter, x, name in lefts:
        cells.text(0, x, name, _head_ink(letter, choice))
    for letter, x, width, name in rights:
        cells.right(0, x, width, name, _head_ink(letter, choice))


def _head_ink(letter: str, choice: Choice) -> int:
    chosen = letter == choice.sort and letter != "t"  # two columns stand for one order
    return p.ACCENT | p.BOLD if chosen else p.DIM


def letter_at(x: int, width: int) -> str:
    """Return the order that a click on the column names means; empty for none."""
    at = places(width)
    ends = [
        (3, 12, "v"),
        (13, 24, "m"),
        (33, 42, "n"),
        (43, 53, "f"),
        (54, 64, "t"),
        (65, 72, "g"),
        (73, 78, "t"),
    ]
    if at.size:
        ends.append((at.size, at.size + 8, "z"))
    if at.check:
        ends.append((at.check, width, "c"))
    return next((letter for low, high, letter in ends if low <= x < high), "")


def paint_line(
    cells: Cells, y: int, one: SeriesRow, above: SeriesRow | None, look: Look, now_ns: int
) -> None:
    """Paint one series. What it shares with the row above it is left out, so that a tree is seen."""
    sign, ink = verdict("bad" if one.error else one.verdict, look.symbols)
    cells.text(y, 1, sign, ink)
    same_venue = above is not None and above.venue == one.venue
    same_market = same_venue and above is not None and above.market == one.market
    cells.text(y, 3, "" if same_venue else clean_text(one.venue), p.TEXT, width=9)
    cells.text(y, 13, "" if same_market else clean_text(one.market), p.BRIGHT, width=11)
    x = cells.text(y, 25, clean_text(one.type), p.TEXT, width=7)
    if one.simulated and x < 29:
        cells.text(y, x + 1, "sim", p.WARN, width=3)
    cells.right(y, 33, 9, _count(one.rows), p.TEXT)
    if one.error:
        told = _FILE.sub("", clean_text(one.error))  # the details name the file
        cells.text(y, _FROM, cut(told, cells.w - _FROM - 2, look), p.BAD)
        return
    cells.text(y, _FROM, f.day(one.first_ns or 0), p.TEXT)
    cells.text(y, 54, f.day(one.last_ns or 0), p.TEXT)
    _paint_gaps(cells, y, one)
    _paint_age(cells, y, one, look.symbols, now_ns)
    at = places(cells.w)
    if at.size:
        cells.right(y, at.size, 8, f.bytes_size(one.bytes or 0), p.DIM)
    if at.source:
        cells.text(y, at.source, cut(clean_text(one.source or ""), at.wide, look), p.DIM)
    if at.check:
        cells.text(y, at.check, c.verdict_words(one.verdict, one.checked_ns, now_ns), ink)


def _count(rows: int) -> str:
    return f"{rows:,}" if rows < 10_000_000 else f.count(rows)


def _paint_gaps(cells: Cells, y: int, one: SeriesRow) -> None:
    missing = one.missing if one.missing is not None else one.gaps
    text = "–" if missing is None else f.count(missing)
    cells.right(y, 64, 8, text, p.WARN if missing else p.DIM)


def _paint_age(cells: Cells, y: int, one: SeriesRow, symbols: Symbols, now_ns: int) -> None:
    """Paint the age of the newest row; of what a sync brings up to date also whether it is late."""
    state = c.freshness(one, now_ns)
    sign, ink = {"fresh": (symbols.ok, p.GOOD), "old": (symbols.warn, p.WARN)}.get(
        state, ("", p.DIM)
    )
    cells.right(y, 72, 6, f"{sign}{c.age(one.last_ns, now_ns)}", ink)


# ---- jobs ---------------------------------------------------------------------------------------
def paint_jobs(cells: Cells, jobs: Sequence[JobRow], look: Look) -> None:
    """Paint one line a job under a rule, newest first."""
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    running = sum(job.state not in JOB_ENDED for job in jobs)
    title = f" Jobs {look.symbols.bullet} {running} at work " if running else " Jobs "
    cells.text(0, 2, title, p.BRIGHT)
    for y, job in enumerate(jobs[: cells.h - 1], 1):
        _paint_job(cells, y, job, look)


def _paint_job(cells: Cells, y: int, job: JobRow, look: Look) -> None:
    sign, ink = {
        "done": (look.symbols.sound, p.GOOD), "failed": (look.symbols.bad, p.BAD),
        "cancelled": (look.symbols.idle, p.DIM), "running": (look.symbols.ok, p.ACCENT),
    }.get(job.state, (look.symbols.idle, p.DIM))  # fmt: skip
    cells.text(y, 1, sign, ink)
    wide = 34 if cells.w >= 110 else 26
    ink_of_title = p.TEXT if job.state in JOB_ENDED else p.BRIGHT
    cells.text(y, 3, cut(clean_text(job.title), wide, look), ink_of_title)
    x = 3 + wide + 1
    if job.state in JOB_ENDED:
        x = cells.text(y, x, job.state, ink) + 1
        cells.text(y, x, clean_text(job.message), p.BAD if ink == p.BAD else p.DIM)
        return
    if job.state == "queued":
        cells.text(y, x, "waits for its turn", p.DIM)
        return
    size = 34 if cells.w >= 110 else 26
    bar(cells, Area(x, y, size, 1), job.progress, job.eta_s, look)
    x += size + 2
    if job.rows:
        x = cells.text(y, x, f"{f.count(job.rows)} rows", p.TEXT) + 1
        x = cells.text(y, x, f"{f.count(round(job.rate))}/s", p.DIM) + 2
    cells.text(y, x, clean_text(job.message), p.DIM)


# ---- sources ------------------------------------------------------------------------------------
def light(one: Source, symbols: Symbols) -> tuple[str, int]:
    return {"closed": (symbols.ok, p.GOOD), "half-open": (symbols.warn, p.WARN)}.get(
        one.light, (symbols.bad, p.BAD)
    )


def light_words(one: Source, now_ns: int) -> str:
    """Return why a source is not asked; empty when it is."""
    if one.light == "closed":
        return ""
    rest = f.duration(max(0.0, (one.until_ns - now_ns) / 1e9))
    left = f"left alone {rest}" if one.light == "open" else "on trial"
    return f"{left}: {clean_text(one.reason)}" if one.reason else left


def paint_sources(cells: Cells, sources: Sequence[Source], look: Look, now_ns: int) -> None:
    """Paint one line: the troubled ones with their reason, then the others by name while they fit."""
    x = cells.text(0, 1, "SOURCES", p.DIM) + 2
    ordered = sorted(sources, key=lambda one: one.light == "closed")
    for i, one in enumerate(ordered):
        left = f"and {len(ordered) - i} more: o"
        room = cells.w - x - (len(left) + 3 if i < len(ordered) - 1 else 1)
        sign, ink = light(one, look.symbols)
        words = light_words(one, now_ns)
        told = f"{sign} {clean_text(one.source)} {words}".rstrip()
        if room < min(len(told), _LEAST_WORDS):
            cells.text(0, x, left, p.DIM)
            return
        if words:
            x = cells.text(0, x, cut(told, room, look), ink) + 2
            continue
        cells.text(0, x, look.symbols.idle if one.needs else sign, p.DIM if one.needs else ink)
        x = cells.text(0, x + 2, told[2:], p.DIM if one.needs else p.TEXT) + 2
