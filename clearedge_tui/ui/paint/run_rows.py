"""The list of runs: columns by the room there is, one line a run or job, and the foot."""

from collections.abc import Callable
from typing import Final, NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.search import NEWEST, Page
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.runs import STATUS, bar, short_id
from clearedge_tui.ui.study import NAMES

Ink = tuple[str, int]
_ROOMY: Final = 12  # columns that hold a stamp in words
ARROWS: Final = "▴▾"
Shown = Callable[[RunRow, float | None], Ink]


class Column(NamedTuple):
    """One column. `from_` is the width of the screen from which on it is there."""

    field: str  # what it is sorted by
    name: str
    width: int
    wide: int  # its width from 120 columns on
    from_: int
    right: bool
    shown: Shown | None = None  # of a figure


def _share(row: RunRow, value: float | None) -> Ink:
    return f.percent(value), words.money_ink(value)


def _fall(row: RunRow, value: float | None) -> Ink:
    return f.percent(value, signed=False), p.TEXT


def _ratio(row: RunRow, value: float | None) -> Ink:
    return "–" if value is None else f"{value:z,.2f}", p.TEXT


def _count(row: RunRow, value: float | None) -> Ink:
    return "–" if value is None else f.count(int(value)), p.TEXT


COLUMNS: Final = (
    Column("created", "RUN", 11, 11, 0, False),
    Column("strategy", "STRATEGY", 12, 18, 0, False),
    Column("market", "MARKET", 17, 22, 0, False),
    Column("total_return", "RETURN", 9, 10, 0, True, _share),
    Column("sharpe", "SHARPE", 7, 8, 0, True, _ratio),
    Column("max_drawdown", "DRAWDOWN", 9, 10, 70, True, _fall),
    Column("trades", "TRADES", 7, 8, 96, True, _count),
    Column("profit_factor", "PROFIT F", 9, 9, 150, True, _ratio),
    Column("win_rate", "WIN", 9, 9, 160, True, _fall),
    Column("from", "FROM", 11, 11, 130, False),
    Column("to", "TO", 11, 11, 130, False),
    Column("duration", "TOOK", 7, 7, 176, True),
    Column("tag", "LABELS", 5, 8, 76, False),  # takes what is left
)


def first_way(field: str) -> str:
    """Return how a field is sorted first: words and falls upwards, other figures downwards."""
    column = next((one for one in COLUMNS if one.field == field), None)
    upwards = field in ("strategy", "market", "max_drawdown", "from", "to")
    return field if upwards and column else f"-{field}"


class Placed(NamedTuple):
    column: Column
    x: int
    width: int


def layout(width: int, sort: str = NEWEST) -> list[Placed]:
    """Return the columns for a width; one that is sorted by is there in any case, as far as it fits."""
    sorted_by = sort.removeprefix("-")
    columns = list(COLUMNS)
    if sorted_by not in {column.field for column in columns}:
        name = sorted_by.replace("_", " ").upper()[:14]
        columns.insert(6, Column(sorted_by, name, max(9, len(name) + 1), 15, 0, True, _ratio))
    out: list[Placed] = []
    x = 2
    for column in columns:
        if width < column.from_ and column.field != sorted_by:
            continue
        size = column.wide if width >= 120 else column.width
        if width >= 96 and out and out[-1].column.right and not column.right:
            x += 1  # a word does not stand close to a number
        if column.field == "tag":
            size = width - x - 1
        if x + size > width or size < 4:
            break
        out.append(Placed(column, x, size))
        x += size + 1
    return out


def paint_head(cells: Cells, sort: str) -> None:
    field, down = sort.removeprefix("-"), sort.startswith("-")
    for column, x, width in layout(cells.w, sort):
        mine = column.field == field
        text = column.name + (ARROWS[down] if mine else "")
        ink = (p.ACCENT | p.BOLD) if mine else p.DIM
        if column.right:
            cells.right(0, x, width, text, ink)
        else:
            cells.text(0, x, text, ink, width=width)


def paint_run(
    cells: Cells, y: int, row: RunRow, index: Index, look: Look, sort: str, marked: bool
) -> None:
    if marked:
        cells.wash(y, p.MARKED)
        cells.text(y, 0, look.symbols.mark, p.ACCENT)
    if row.star:
        cells.text(y, 1, look.symbols.star, p.WARN)
    done = row.status == "done" and row.kind != "session"
    for column, x, width in layout(cells.w, sort):
        if column.shown is None:
            _text(cells, y, x, width, column.field, row, look)
        elif done:
            text, ink = column.shown(row, index.figure(row, column.field))
            cells.right(y, x, width, text, ink)
    if row.kind == "session":
        _session(cells, y, row, index, look, sort)
    elif not done:
        _ending(cells, y, row, look, sort)


def _text(cells: Cells, y: int, x: int, width: int, field: str, row: RunRow, look: Look) -> None:
    match field:
        case "created":
            ink = p.DIM if row.status == "cancelled" else p.BRIGHT
            cells.text(y, x, short_id(row.run_id), ink, width=width)
        case "strategy":
            cells.text(y, x, clean_text(row.strategy), p.TEXT, width=width)
        case "market":
            _market(cells, y, x, width, row)
        case "from" | "to":
            cells.text(y, x, f.day(row.start_ns if field == "from" else row.end_ns), p.DIM)
        case "duration":
            cells.right(y, x, width, f.duration(row.duration_s), p.DIM)
        case "tag":
            _labels(cells, y, x, width, row, look)


def _market(cells: Cells, y: int, x: int, width: int, row: RunRow) -> None:
    room = width - 4 if row.simulated else width
    end = cells.text(y, x, clean_text(f"{row.market} {row.timeframe}"), p.TEXT, width=room)
    if row.simulated:
        cells.text(y, end + 1, "sim", p.WARN)


def stamps_of(row: RunRow) -> list[str]:
    """Return what must not be overlooked, but for what stands beside the market anyway."""
    return [clean_text(stamp, 24) for stamp in row.stamps if not stamp.startswith("simulated")]


def _labels(cells: Cells, y: int, x: int, width: int, row: RunRow, look: Look) -> None:
    end = x + width
    stamps = f" {look.symbols.bullet} ".join(stamps_of(row))
    if width < _ROOMY:
        stamps = look.symbols.warn if stamps else ""  # the line below the list spells them out
    kind = NAMES.get(row.kind, "").partition(" with ")[0]  # of a study; a backtest says nothing
    parts = [(kind, p.TEXT)] if kind else []
    parts += [(stamps, p.WARN)] if stamps else []
    parts += [(f"#{clean_text(tag, 30)}", p.ACCENT) for tag in row.tags]
    parts += [(clean_text(row.note), p.DIM)] if row.note else []
    for text, ink in parts:
        if x < end:
            x = cells.text(y, x, text, ink, width=end - x) + 1


def _ending(cells: Cells, y: int, row: RunRow, look: Look, sort: str) -> None:
    """Paint how it ended, and why, where the figures of others stand."""
    x = next(place.x for place in layout(cells.w, sort) if place.column.right)
    labels = next((q.x for q in layout(cells.w, sort) if q.column.field == "tag"), cells.w)
    end = labels - 1 if row.tags or row.note else cells.w - 1
    cells.fill(Area(x, y, end - x, 1), cells.ink[y][x] >> 8 & 255)
    at = cells.text(y, x + 1, row.status, STATUS.get(row.status, p.WARN), width=end - x - 1) + 2
    told = "R takes it up again" if row.status == "interrupted" else clean_text(row.error)
    if at < end:
        room = end - at
        cut = told if len(told) <= room else told[: max(0, room - 1)] + look.symbols.more
        cells.text(y, at, cut, p.DIM, width=room)


def _session(cells: Cells, y: int, row: RunRow, index: Index, look: Look, sort: str) -> None:
    """Paint the phase of a session, its result and whose it is, where a backtest has its figures."""
    x = next(place.x for place in layout(cells.w, sort) if place.column.right)
    cells.fill(Area(x, y, cells.w - x, 1), cells.ink[y][x] >> 8 & 255)
    ink = STATUS.get("failed" if row.phase == "error" else row.status, p.WARN)
    x = cells.text(y, x + 1, clean_text(row.phase), ink, width=cells.w - x - 1) + 2
    earned, fills = (index.figure(row, name) for name in ("net_profit", "fills"))
    parts = [
        f"{fills:,.0f} fills" if fills is not None else "",
        "" if earned is None or look.hide_money else f"net {earned:+,.2f}",
        clean_text(row.error),
        *stamps_of(row)[:2],
    ]
    if x < cells.w:
        cells.text(y, x, "  ".join(filter(None, parts)), p.DIM, width=cells.w - x)


def paint_job(cells: Cells, y: int, job: JobRow, look: Look) -> None:
    cells.text(y, 2, short_id(job.run_id or job.id), p.ACCENT, width=11)
    end = cells.text(y, 14, clean_text(job.title), p.BRIGHT, width=32)
    x = max(next(place.x for place in layout(cells.w) if place.column.right), end + 1)
    if job.state in ("queued", "running"):
        bar(cells, Area(x, y, min(44, cells.w - x - 2), 1), job.progress, job.eta_s, look)
    else:
        at = cells.text(y, x + 1, job.state, STATUS.get(job.state, p.WARN), width=10) + 2
        cells.text(y, at, clean_text(job.message), p.DIM)


def paint_foot(
    cells: Cells, page: Page | None, asked: str, sort: str, marks: int, problem: str, look: Look
) -> None:
    """Paint how many there are, what they take, and how they are chosen and sorted."""
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    parts: list[Ink] = []
    if page is not None:
        some = (
            f"{page.found:,} of {page.total:,}" if page.found != page.total else f"{page.total:,}"
        )
        parts.append((f"{some} run{'' if page.total == 1 else 's'}", p.BRIGHT))
        parts.append((f"{f.bytes_size(page.size_bytes)} on disk", p.DIM))
    if marks:
        parts.append((f"{marks} marked", p.ACCENT))
    if asked:
        parts.append((f"filter {clean_text(asked)}", p.ACCENT))
    if sort != NEWEST:
        way = ARROWS[sort.startswith("-")]
        parts.append((f"by {sort.removeprefix('-').replace('_', ' ')} {way}", p.DIM))
    if problem:
        parts.insert(0, (clean_text(problem), p.BAD))
    x = 2
    for text, ink in parts:
        if x + 2 < cells.w:
            x = cells.text(0, x, f" {text} ", ink, width=cells.w - x - 1) + 1
