"""The selected series: what it is, its coverage, what is missing, what the last check found."""

from collections.abc import Sequence
from typing import NamedTuple

from clearedge_tui.core.day_map import Days
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import catalog as c
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.catalog import SeriesRow, SeriesView
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import coverage
from clearedge_tui.ui.paint.candles import CandleChart, paint_candles
from clearedge_tui.ui.paint.catalog import verdict

Line = tuple[str, int]


class Shown(NamedTuple):
    """All that the picture of one series is made of."""

    row: SeriesRow
    view: SeriesView | None = None
    days: Days = Days({}, {}, 0)
    year: int = 0
    chart: bool = False
    bars: tuple[BarRow, ...] | None = None
    problem: str = ""
    unread: bool = False  # its days are known only after reading it once
    minute: int = 0  # of the clock: ages are told in minutes at the finest
    step: str = ""  # how long the bars are that ticks are shown as


def paint_series(cells: Cells, shown: Shown, look: Look, now_ns: int) -> None:
    """Paint a rule with the name, the facts, and below them the map, the chart or both."""
    row = shown.row
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    x = cells.text(0, 2, f" {clean_text(row.market)} {clean_text(row.type)} ", p.BRIGHT | p.BOLD)
    x = cells.text(0, x + 1, f" {clean_text(row.market_id)} ", p.DIM)
    if row.simulated:
        cells.text(0, x + 1, " simulated ", p.WARN)
    y = _paint_facts(cells, shown, look, now_ns)
    area = cells.area.inset(1).top(y)[1]
    if shown.problem or _unreadable(shown):
        _paint_problem(cells, area, shown)
    elif shown.chart:
        _paint_chart(cells, area, shown, look)
    else:
        _paint_view(cells, area, shown, look)


def _unreadable(shown: Shown) -> bool:
    """True when no file of a series can be read; of one with some good files the map is shown."""
    return bool(shown.row.error) and not shown.row.rows


def paint_newest(cells: Cells, shown: Shown, look: Look) -> None:
    """Paint the newest bars under a rule."""
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    cells.text(0, 2, " Newest bars ", p.BRIGHT)
    if not shown.problem and not _unreadable(shown):
        _paint_chart(cells, cells.area.inset(1).top(1)[1], shown, look)


def _paint_facts(cells: Cells, shown: Shown, look: Look, now_ns: int) -> int:
    """Paint the figures of a series in one line, or in three where there is room."""
    row, view = shown.row, shown.view
    sign, ink = verdict("bad" if row.error else row.verdict, look.symbols)
    told = c.verdict_words(row.verdict, row.checked_ns, now_ns)
    told = "cannot be read" if _unreadable(shown) else told
    x = cells.text(1, 1, f"{sign} {told}", ink | p.BOLD)
    late = c.freshness(row, now_ns)
    age = f"{c.age(row.last_ns, now_ns)} old"
    news = (
        f"{age}, U brings it up to now from {clean_text(row.syncs_from)}" if row.syncs_from else age
    )
    files = f"{row.files} file{'' if row.files == 1 else 's'}"
    size = f"{row.rows:,} rows  {f.bytes_size(row.bytes or 0)} in {files}"
    if cells.h < 16:
        cells.text(1, x + 2, f"{size}   {_calendar(view)}", p.TEXT)
        return 2
    cells.text(1, x + 2, size, p.TEXT)
    cells.text(2, 1, f"{f.moment(row.first_ns or 0)} to {f.moment(row.last_ns or 0)}", p.TEXT)
    cells.text(2, 38, news, p.WARN if late == "old" else p.GOOD if late == "fresh" else p.DIM)
    source = clean_text(row.source or "nobody knows")
    cells.text(3, 1, f"source {source}   {_calendar(view)}", p.DIM, width=cells.w - 3)
    return 5


def _calendar(view: SeriesView | None) -> str:
    return f"trades {clean_text(view.calendar)}" if view is not None and view.calendar else ""


def _paint_problem(cells: Cells, area: Area, shown: Shown) -> None:
    import textwrap

    said = shown.problem or shown.row.error
    lines = textwrap.wrap(clean_text(said, 2000), max(20, area.w - 2))
    for y, line in enumerate(lines[: area.h]):
        cells.text(area.y + y, area.x, line, p.BAD)
    below = area.y + min(len(lines), area.h) + 1
    cells.text(below, area.x, "the other series are not touched by it", p.DIM)


def _paint_chart(cells: Cells, area: Area, shown: Shown, look: Look) -> None:
    row = shown.row
    if not c.charted(row):
        told = f"a chart shows bars, trades and quotes; these are {clean_text(row.kind)}"
        cells.text(area.y + area.h // 2, area.x + 1, told, p.DIM)
    elif shown.bars is None:
        cells.text(area.y + area.h // 2, area.x + 1, "waiting for its bars…", p.DIM)
    else:
        sim = " simulated" if row.simulated else ""
        title = clean_text(f"{row.market} {_charted_as(shown)}{sim}")
        paint_candles(cells, area, CandleChart(shown.bars, title=title), look.symbols)


def _charted_as(shown: Shown) -> str:
    """Return what the bars of a chart are: of ticks also how long they are made."""
    if shown.row.timeframe:
        return shown.row.timeframe
    name = "middles of quotes" if shown.row.kind == "quotes" else shown.row.kind
    return f"{name} as bars of {shown.step}" if shown.step else name


def _paint_view(cells: Cells, area: Area, shown: Shown, look: Look) -> None:
    """Paint the map, and under it as many holes, findings and files as there is room for."""
    view = shown.view
    if shown.unread:
        told = "another program wrote it: enter reads it once and counts its days"
        cells.text(area.y, area.x, told, p.ACCENT, width=area.w)
        return
    if view is None:
        cells.text(area.y + 1, area.x, "asking…", p.DIM)
        return
    top, rest = area.top(_map_rows(area.h, shown.days, shown.year))
    coverage.paint_map(cells, top, shown.days, shown.year, look)
    if rest.h >= 2:
        coverage.paint_legend(cells, rest.y, rest.x, shown.days, look)
        rest = rest.top(2 if rest.h > 3 else 1)[1]
    lines = lines_of(view, max(4, rest.h // 3)) if rest.h >= 6 else [_worst(view)]
    fits = rest.h
    if len(lines) > fits:
        more = f"and {len(lines) - fits + 1} more lines: enter shows all"
        lines = [*lines[: fits - 1], (more, p.DIM)] if fits > 1 else lines[:fits]
    for y, (text, ink) in enumerate(lines, rest.y):
        cells.text(y, rest.x, text, ink, width=rest.w)


def _map_rows(height: int, days: Days, year: int) -> int:
    """Return the rows of the map: one year where room is scarce, else two or more below each other."""
    years = days.years
    least = min(coverage.ROWS, height)
    if height < 30:
        return least
    back = years.index(year) + 1 if year in years else 1
    shown = max(1, min(back, (height - 20) // (coverage.ROWS + 1)))
    return max(shown * (coverage.ROWS + 1), min(len(years) + 1, height - 20))


def lines_of(view: SeriesView, most_holes: int = 1000) -> list[Line]:
    """Return what is wrong with a series and where, as lines; a sound one says so."""
    broken: list[Line] = [(clean_text(error, 300), p.BAD) for error in view.errors]
    return [*broken, *_hole_lines(view, most_holes), *_finding_lines(view), *_file_lines(view)]


def _worst(view: SeriesView) -> Line:
    """Return the one line that matters most."""
    if view.errors:
        return clean_text(view.errors[0]), p.BAD
    worst = sorted(view.findings, key=lambda one: one.level != "bad")
    if worst and view.verdict in ("bad", "warn"):
        told = "  ".join(f"{one.name} {one.count:,}" for one in worst)
        ink = p.BAD if worst[0].level == "bad" else p.WARN
        return f"{clean_text(told)}   first {f.moment(worst[0].first_ns)}: enter tells all", ink
    if view.holes:
        return _sum_of_holes(view), p.WARN
    return (
        ("nothing is wrong with it", p.GOOD)
        if view.verdict == "clean"
        else (_unchecked(view), p.DIM)
    )


def _unchecked(view: SeriesView) -> str:
    if view.verdict == "changed":
        return "it has changed since its last check: c checks it again"
    return "never checked: c checks it"


def _sum_of_holes(view: SeriesView) -> str:
    bars = sum(count for _, _, count in view.holes)
    places = len(view.holes) + view.holes_left_out
    more = " or more" if view.holes_left_out else ""
    return f"{bars:,}{more} bars missing in {places:,} place{'' if places == 1 else 's'}"


def _hole_lines(view: SeriesView, most: int) -> list[Line]:
    if not view.timeframe:
        return []
    if not view.open_days:
        told = (
            "a check tells holidays and gaps apart"
            if view.verdict in ("unknown", "changed")
            else ""
        )
        return [(told, p.DIM), ("", p.TEXT)] if told else []
    if not view.holes:
        return [("Gaps   none", p.GOOD), ("", p.TEXT)]
    lines: list[Line] = [(f"Gaps   {_sum_of_holes(view)}", p.WARN | p.BOLD)]
    for start, end, count in view.holes[:most]:
        unit = "bar" if count == 1 else "bars"
        lines.append((f"  {f.moment(start)} to {f.moment(end)}  {count:>9,} {unit}", p.TEXT))
    left = len(view.holes) - most + view.holes_left_out
    if left > 0:
        lines.append((f"  and {left:,} more", p.DIM))
    return [*lines, ("", p.TEXT)]


def _finding_lines(view: SeriesView) -> list[Line]:
    lines: list[Line] = []
    if view.verdict in ("unknown", "changed"):
        lines += [(f"Check  {_unchecked(view)}", p.DIM), ("", p.TEXT)]
    elif not view.findings:
        return [("Check  nothing is wrong with it", p.GOOD), ("", p.TEXT)]
    if view.findings:
        old = "of before it changed " if view.verdict == "changed" else ""
        lines.append((f"Found  {old}on {f.moment(view.checked_ns)}", p.BRIGHT | p.BOLD))
    for one in sorted(view.findings, key=lambda found: found.level != "bad"):
        ink = p.BAD if one.level == "bad" else p.WARN
        head = f"  {one.level:<5}{one.name:<11}{one.count:>9,}  {one.text}"
        lines.append((clean_text(head, 300), ink))
        lines += [
            (clean_text(f"       {f.moment(at)}  {text}", 300), p.DIM) for at, text in one.examples
        ]
    return [*lines, ("", p.TEXT)] if view.findings else lines


def _file_lines(view: SeriesView) -> list[Line]:
    lines: list[Line] = [(f"Files  {len(view.files)}", p.BRIGHT | p.BOLD)]
    for name, rows, size in view.files:
        shown = clean_text(name).removesuffix(".parquet").replace("-000000000Z", "Z")
        lines.append((f"  {shown}  {rows:>11,} rows  {f.bytes_size(size)}", p.DIM))
    return lines


def page_of(row: SeriesRow, view: SeriesView, now_ns: int) -> Sequence[Line]:
    """Return everything about one series as lines of a page."""
    return [
        (clean_text(f"{row.market} {row.type}   {row.market_id}"), p.BRIGHT | p.BOLD),
        (f"{row.rows:,} rows   {f.bytes_size(row.bytes or 0)}   {c.verdict_words(row.verdict, row.checked_ns, now_ns)}",
         p.DIM),
        (f"{f.moment(row.first_ns or 0)} to {f.moment(row.last_ns or 0)}", p.DIM),
        (clean_text(f"source {row.source or '–'}   {_calendar(view)}"), p.DIM),
        ("", p.TEXT),
        *lines_of(view),
    ]  # fmt: skip
