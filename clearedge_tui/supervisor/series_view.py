"""What the console is told of stored series: lines of the list, and one series in full.

The list reads no rows: all of it comes from file names, the index and the last check.
"""

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import BadData
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.market.columns import Bars
    from clearedge_tui.market.layout import Key
    from clearedge_tui.market.markets import Market
    from clearedge_tui.market.spans import Spans

_MOST_GAPS = 500
_DAY_NS = 86_400_000_000_000


class Coverage(msgspec.Struct, frozen=True):
    """What there is of one series: rows a day as runs, holes, and what the last check found."""

    series: str
    market: str
    kind: str
    timeframe: str
    rows: int
    first_ns: int
    last_ns: int
    days: tuple[tuple[int, int, int], ...]  # (first day since 1970, days, rows a day)
    expected_a_day: int  # rows of a full day; 0 where nobody can say
    gaps: tuple[tuple[int, int], ...]  # at most 500, by the clock
    verdict: str  # clean | warn | bad | changed | unknown
    checked_ns: int
    findings: tuple[dict[str, object], ...]
    files: tuple[tuple[str, int, int], ...]  # (name, rows, bytes)
    source: str
    calendar: str = ""
    open_days: tuple[tuple[int, int, int], ...] = ()  # as `days`: rows a full day has; () unknown
    unknown_days: tuple[tuple[int, int], ...] = ()  # (first day, days) its calendar says nothing of
    holes: tuple[tuple[int, int, int], ...] = ()  # (from, to, bars) missing while it was open
    holes_left_out: int = 0
    errors: tuple[str, ...] = ()  # files that cannot be read, by name


def rows(home: Home) -> list[dict[str, object]]:
    """Return every series as a line, with the verdict of its last check and where news come from."""
    from clearedge_tui.market import catalog, checks, fetch, index, layout
    from clearedge_tui.market.layout import Key

    reports, where = checks.known(home), catalog.ready(home)
    uncounted = {
        layout.key_of(e.path) for e in index.entries(home, where) if not e.deep and not e.error
    }
    found: list[dict[str, object]] = []
    origins: dict[str, str] = {}
    for one in catalog.series(home):
        key = Key(one.market_id, one.kind, one.timeframe)
        report = reports.get(str(key))
        verdict = checks.verdict(report, checks.stamp(where, key))
        line: dict[str, object] = msgspec.to_builtins(one)
        if one.source not in origins:
            origins[one.source] = fetch.source_of(one.source)
        line |= {
            "series": str(key),
            "verdict": verdict,
            "checked_ns": report.checked_ns if report else 0,
            "syncs_from": origins[one.source],
            "counted": key not in uncounted,
        }
        if one.gaps is None and report is not None and verdict != "changed":
            line["missing"] = sum(f.count for f in report.findings if f.name == "gaps")
        found.append(line)
    return found


def coverage(home: Home, name: str) -> Coverage:
    """Return one series in full. A file that cannot be read is named, the others are counted.

    A file that another program wrote is read once for it; `rows` says of which series that is so.
    """
    from clearedge_tui.market import catalog, checks, index, series_file
    from clearedge_tui.market.markets import load_markets

    key = _named(home, name)
    market = load_markets(home).get(key.market_id)
    where = catalog.ready(home)
    entries = index.details(home, where, key)
    report = checks.known(home).get(str(key))
    facts = [entry.facts for entry in entries if entry.facts.rows]
    first = min((f.first_ns for f in facts), default=0)
    last = max((f.last_ns for f in facts), default=0)
    always = market is not None and market.hours == "24/7" and key.timeframe
    hours = _hours(home, market, key, first - key.step_ns, last)
    return Coverage(
        series=str(key),
        market=market.symbol if market else key.market_id,
        kind=str(key.kind),
        timeframe=key.timeframe,
        rows=sum(f.rows for f in facts),
        first_ns=first,
        last_ns=last,
        days=tuple(run for f in facts for run in f.days),
        expected_a_day=max(1, _DAY_NS // key.step_ns) if always else 0,
        gaps=tuple(g for f in facts for g in f.gaps)[:_MOST_GAPS],
        verdict=checks.verdict(report, checks.stamp(where, key)),
        checked_ns=report.checked_ns if report else 0,
        findings=tuple(msgspec.to_builtins(one) for one in report.findings) if report else (),
        files=tuple((e.path.rpartition("/")[2], e.facts.rows, e.size) for e in entries),
        source=series_file.joined_sources(f.source for f in facts),
        calendar=market.hours if market else "",
        open_days=hours.open_days,
        unknown_days=hours.unknown_days,
        holes=tuple((a, b, max(1, (b - a) // key.step_ns)) for a, b in hours.holes[:_MOST_GAPS]),
        holes_left_out=max(0, len(hours.holes) - _MOST_GAPS),
        errors=(*(e.error for e in entries if e.error), *hours.errors),
    )


class _Hours(NamedTuple):
    """What a series' calendar says of its days; empty where nobody can tell."""

    open_days: tuple[tuple[int, int, int], ...] = ()
    unknown_days: tuple[tuple[int, int], ...] = ()
    holes: "Spans" = ()
    errors: tuple[str, ...] = ()


def _hours(home: Home, market: "Market | None", key: "Key", start_ns: int, end_ns: int) -> _Hours:
    """Judge the days of a series. An exchange's sessions come from a file, or once from a process."""
    from clearedge_tui.market import calendars, checks, hours_kept

    if market is None or not key.timeframe or end_ns <= 0:
        return _Hours()
    try:
        hours_kept.learn(home, market.hours, start_ns - 2 * _DAY_NS, end_ns + 2 * _DAY_NS)
    except BadData as error:  # the rest is shown all the same
        return _Hours(errors=(str(error),))
    unknown = calendars.unknown(market.hours, start_ns, end_ns)
    days = [(low // _DAY_NS, -(-high // _DAY_NS)) for low, high in unknown]
    return _Hours(
        _open_days(market, key, start_ns, end_ns),
        tuple((first, after - first) for first, after in days),
        checks.gaps_in(home, market, key, start_ns, end_ns),
    )


def _named(home: Home, name: str) -> "Key":
    """Return the series of this name; one of another program may be of a market nobody listed."""
    from clearedge_tui.market import catalog
    from clearedge_tui.market.task import find_series

    exact = next((key for key in catalog.keys(home) if str(key) == name), None)
    return exact or find_series(home, name)


def _open_days(
    market: "Market | None", key: "Key", start_ns: int, end_ns: int
) -> tuple[tuple[int, int, int], ...]:
    """Return how many bars each day of [start_ns, end_ns) has when nothing is missing, as runs."""
    from clearedge_tui.market import calendars, spans

    step = key.step_ns
    if market is None or step > _DAY_NS:
        return ()
    shut = calendars.closed(market.hours, key.timeframe, start_ns, end_ns)
    runs: list[tuple[int, int, int]] = []
    for low, high in spans.without([(start_ns, end_ns)], shut):
        for day in range(low // _DAY_NS, -(-high // _DAY_NS)):
            begins, ends = max(low, day * _DAY_NS), min(high, (day + 1) * _DAY_NS)
            _count(runs, day, -(-ends // step) - -(-begins // step))
    return tuple(runs)


def _count(runs: list[tuple[int, int, int]], day: int, rows_: int) -> None:
    """Add a day to runs of equal days; a day that is there already grows."""
    if runs and runs[-1][0] + runs[-1][1] - 1 == day:
        first, days, before = runs.pop()
        if days > 1:
            runs.append((first, days - 1, before))
        rows_ += before
    if runs and runs[-1][0] + runs[-1][1] == day and runs[-1][2] == rows_:
        first, days, _ = runs.pop()
        runs.append((first, days + 1, rows_))
    else:
        runs.append((day, 1, rows_))


def preview(home: Home, name: str, count: int, end_ns: int) -> object:
    """Return the last `count` bars that close by `end_ns`, for a chart; trades and quotes as bars.

    `step` is how long bars of ticks are; a book has no bars.
    """
    from clearedge_tui.market import catalog, tick_bars

    key = _named(home, name)
    count = max(1, min(count, 2000))
    if not key.timeframe:
        books = key.kind not in tick_bars.KINDS
        found, step = (None, "") if books else tick_bars.newest(home, key, count, end_ns)
        return {"series": str(key), "bars": _listed(found) if found else [], "step": step}
    span = catalog.span(home, key.market_id, key.timeframe)
    last = min(span[1], end_ns) if span and end_ns else span[1] if span else 0
    bars = catalog.stored(home, key.market_id, key.timeframe, last - 4 * count * key.step_ns, last)
    return {"series": str(key), "bars": _listed(bars.slice(max(0, len(bars) - count), len(bars)))}


def _listed(bars: "Bars") -> list[list[float]]:
    columns = [column.tolist() for column in bars.columns()]
    return [list(row) for row in zip(*columns, strict=True)]


class SourceRow(msgspec.Struct, frozen=True):
    """One place to pull from, and whether it may be asked now."""

    source: str
    about: str
    light: str  # closed | half-open | open
    until_ns: int = 0  # left alone until then
    reason: str = ""  # the last failure
    failures: int = 0
    paid: bool = False
    needs: str = ""  # what is missing before it can be asked


def sources(home: Home, reset: str = "") -> list[SourceRow]:
    """Return the sources that are known by name; `reset` asks one again that was left alone."""
    from clearedge_tui import secrets
    from clearedge_tui.market.sources import breaker, registry

    if reset:
        breaker.reset(home, reset)
    now, states = now_ns(), breaker.states(home)
    about = {
        **dict.fromkeys(registry.USUAL, "crypto, through ccxt"),
        **{name: "through ccxt" for name in states if registry.is_source(name)},
        **registry.OWN,
    }
    try:
        kept = set(secrets.names(home))
    except BadData:
        kept = set()
    found = []
    for name in sorted(about):
        state = states.get(name) or breaker.State(name)
        needs = f"the secret `{name}`" if name in _KEYED and name not in kept else ""
        if not needs and not registry.is_source(name):
            needs = "the extra `sources`"
        light = state.light(now)
        found.append(
            SourceRow(
                name, about[name], str(light), state.until_ns, state.last_error, state.failures,
                name in _PAID, needs,
            )
        )  # fmt: skip
    return found


_KEYED = ("databento", "tiingo")
_PAID = ("databento",)
