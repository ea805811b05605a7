"""Checks that were made: kept with the catalog, outdated by any change, and asked before a run."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable

import msgspec

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.market import calendars, catalog, hours_kept, index, spans
from clearedge_tui.market.check import BAD, WORDS, Checker, Report
from clearedge_tui.market.layout import Key
from clearedge_tui.market.markets import Market
from clearedge_tui.market.place import Place
from clearedge_tui.market.spans import Spans
from clearedge_tui.settings import Home

_FILE = ".checks.json"


def stamp(where: Place, key: Key) -> str:
    """Return a mark of a series' files: another one means that the data have changed."""
    parts = "|".join(f"{i.path} {i.size} {i.mtime_ns}" for i in where.listing(key.folder))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def known(home: Home) -> dict[str, Report]:
    """Return the last report of each series by its name, whether it still holds or not."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((home.catalog / _FILE).read_bytes(), type=dict[str, Report])
    return {}


def holds(home: Home, key: Key) -> Report | None:
    """Return a series' report when nothing has changed since; None is unknown."""
    report = known(home).get(str(key))
    return report if report and report.stamp == stamp(catalog.ready(home), key) else None


def run(
    home: Home, market: Market, key: Key, progress: Callable[[float], None] | None = None
) -> Report:
    """Check a whole series and keep the report. Raises BadData for a file that cannot be read."""
    where = catalog.ready(home)
    before = stamp(where, key)
    checker = Checker(market, key)
    facts = [e.facts for e in index.entries(home, where, key.folder) if e.facts.rows]
    rows = sum(one.rows for one in facts) or 1
    if facts:
        ends = min(one.first_ns for one in facts), max(one.last_ns for one in facts)
        hours_kept.learn(home, market.hours, *ends)
    for batch in catalog.batches(home, key):
        checker.see(batch)
        if progress:
            progress(min(1.0, checker.rows / rows))
    report = Report(
        str(key), checker.rows, checker.first_ns, checker.last_ns, _hours(market, checker), now_ns(), before,
        checker.findings(),
    )  # fmt: skip
    with catalog.locked(home):
        reports = known(home) | {str(key): report}
        draft = home.catalog / f"{_FILE}.new"
        draft.write_bytes(msgspec.json.encode(reports))
        draft.replace(home.catalog / _FILE)
    return report


def _hours(market: Market, checker: Checker) -> str:
    """Name the calendar, and the years of which it says nothing: there only the clock was judged."""
    unsaid = calendars.unknown(market.hours, checker.first_ns, checker.last_ns)
    return ", ".join(
        [market.hours, *(f"unknown {iso(a)[:10]} to {iso(b)[:10]}" for a, b in unsaid)]
    )


def gaps_in(home: Home, market: Market, key: Key, start_ns: int, end_ns: int) -> Spans:
    """Return the spans of [start_ns, end_ns) that have no bars though the market was open.

    A hole in which it was open for less than one bar is none: a daily bar that comes an hour later.
    """
    step, where = key.step_ns, catalog.ready(home)
    lost = [
        (before, after - step)
        for entry in index.details(home, where, key)
        for before, after in index.gaps(where, key, entry)
    ]
    have = spans.without(_rows(home, key), lost)
    empty = spans.without([(start_ns, end_ns)], have)
    shut = calendars.closed(market.hours, key.timeframe, start_ns, end_ns)
    parts, at, found = spans.without(empty, shut), 0, list[tuple[int, int]]()
    for _, end in empty:
        first = at
        while at < len(parts) and parts[at][0] < end:
            at += 1
        if spans.length(parts[first:at]) >= step:
            found += parts[first:at]
    return tuple(found)


def _rows(home: Home, key: Key) -> Spans:
    """Return the time between first and last row of each file: what it speaks for may be more."""
    facts = [e.facts for e in index.details(home, catalog.ready(home), key) if e.facts.rows]
    return spans.merged((f.first_ns - key.step_ns, f.last_ns) for f in facts)


def accepted(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of findings somebody accepts. Raises UsageError for one that is none."""
    found = tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))
    for name in found:
        if name not in WORDS:
            raise UsageError(f"accept `{name}`; findings are: {', '.join(WORDS)}")
    return found


def demand(
    home: Home, market: Market, key: Key, start_ns: int, end_ns: int, accept: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return what a run over [start_ns, end_ns) has to say of its data, one line each.

    Raises Refused for a bad finding that nobody accepted by its name. A series that was never
    checked, or has changed since, is checked now.
    """
    names = accepted(accept)
    report = holds(home, key) or run(home, market, key)
    low, high = start_ns or report.first_ns - key.step_ns, end_ns or report.last_ns
    lines: list[str] = []
    refused: list[str] = []
    gaps = gaps_in(home, market, key, low, high)
    if gaps:
        count = spans.length(gaps) // key.step_ns
        text = f"gaps: {count:,} bars missing in {len(gaps):,} place{'s' * (len(gaps) > 1)}, first {iso(gaps[0][0])}"
        (lines if "gaps" in names else refused).append(text)
    for one in report.findings:
        if one.name == "gaps" or one.last_ns < low or one.first_ns >= high:
            continue
        text = f"{one.name}: {one.count:,} × {one.text}, first {iso(one.first_ns)}"
        good = one.level != BAD or one.name in names
        (lines if good else refused).append(text)
    if refused:
        wanted = ",".join(text.partition(":")[0] for text in refused)
        raise Refused(
            f"{market.symbol} {key.timeframe} is not fit for a run: {'; '.join(refused)}. "
            f"See: clearedge data check {market.market_id}. To run all the same: --accept {wanted}"
        )
    return tuple(lines)


def describe(home: Home, key: Key) -> str:
    """Return a series' verdict for a list: clean, warn, bad, changed (since the check) or unknown."""
    return verdict(known(home).get(str(key)), stamp(catalog.ready(home), key))


def verdict(report: Report | None, now: str) -> str:
    """Return what a report says today; `now` is the stamp of the series' files."""
    if report is None:
        return "unknown"
    return report.verdict if report.stamp == now else "changed"
