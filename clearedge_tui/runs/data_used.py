"""The data of a run: asked for, judged, named by content, and compared again later."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from clearedge_tui.core.errors import ClearEdgeError, Refused
from clearedge_tui.market import calendars, catalog, checks, spans
from clearedge_tui.market.fingerprint import fingerprint
from clearedge_tui.market.layout import Key
from clearedge_tui.market.markets import Market
from clearedge_tui.runs import events, journal
from clearedge_tui.runs.model import BacktestSpec, DataUsed, RunReport
from clearedge_tui.settings import Home

_MOST_SEEN = 1_000
_seen: dict[tuple[str, ...], str] = {}  # what was found of a run's rows in a state of the files
_MOST_ROWS = 1_000_000  # a run fetches on its way; more than two years of minutes somebody asks for


def prepare(
    home: Home, market: Market, spec: BacktestSpec, told: Callable[[str], None]
) -> DataUsed:
    """Have what a run needs, or say why not: fetch what is missing, check it, name it.

    Raises Refused when the data have a bad finding that `spec.accept` does not name.
    """
    key, first, last = catalog.selection(
        home, market.market_id, spec.timeframe, spec.start_ns, spec.end_ns
    )
    notes = _fetched(home, market, key, spec, told)
    try:
        notes += checks.demand(home, market, key, spec.start_ns, spec.end_ns, spec.accept)
    except Refused as error:
        raise Refused("; ".join([str(error), *notes])) from None
    # before it is read: a change meanwhile makes the mark an old one, and is looked for later
    stamp = checks.stamp(catalog.ready(home), key)
    named = fingerprint(home, key, first, last)
    if spec.data_sha256 and named.sha256 != spec.data_sha256:
        raise Refused(
            f"{key} is not what was asked for: wanted sha256 {spec.data_sha256[:16]}, found "
            f"{named.sha256[:16]} ({named.rows:,} rows); take `data.sha256` out to run all the same"
        )
    return DataUsed(
        series=str(key),
        sha256=named.sha256,
        rows=named.rows,
        first_ns=named.first_ns,
        last_ns=named.last_ns,
        stamp=stamp,
        accepted=checks.accepted(spec.accept),
        notes=notes,
    )


def of_journal(home: Home, told: Sequence[journal.Entry]) -> DataUsed | None:
    """Return the data that an earlier attempt has judged, if their files are still the same."""
    for entry in reversed(told):
        if entry.event == events.DATA_READY:
            used = msgspec.convert(entry.payload["data"], DataUsed)
            return used if same_files(home, used) else None
    return None


def same_files(home: Home, used: DataUsed) -> bool:
    """Say whether the files of these data are still those that were judged and named."""
    key = next((k for k in catalog.keys(home) if str(k) == used.series), None)
    return key is not None and checks.stamp(catalog.ready(home), key) == used.stamp


def _fetched(
    home: Home, market: Market, key: Key, spec: BacktestSpec, told: Callable[[str], None]
) -> tuple[str, ...]:
    """Fetch what the window lacks from the market's own source, when it has one and may be asked."""
    if not spec.fetch:
        return ()
    have = catalog.covered(home, key)
    start = spec.start_ns or (have[0][0] if have else 0)
    end = spec.end_ns or (have[-1][1] if have else 0)
    if end <= start:
        return ()
    shut = calendars.closed(market.hours, key.timeframe, start, end)
    rows = spans.length(catalog.missing(home, key, start, end, shut)) // key.step_ns
    if not rows:
        return ()
    from clearedge_tui.market import fetch

    if not fetch.source_of(market.source):
        return ()
    if rows > _MOST_ROWS:
        return (
            f"{rows:,} rows are missing: too many to fetch on the way; see clearedge data pull",
        )
    told(f"fetching what is missing of {key} from {fetch.source_of(market.source)}")
    try:
        done = asyncio.run(fetch.ensure(home, market, key.timeframe, start, end))
    except ClearEdgeError as error:
        return (f"what is missing could not be fetched: {error}",)
    if done.error:
        return (f"what is missing could not be fetched: {done.error}",)
    return (f"{done.rows:,} rows were fetched for this run",) if done.rows else ()


def changed(home: Home, used: DataUsed) -> str:
    """Return what became of a run's data since: "" (the same), or words that say what differs."""
    key = next((k for k in catalog.keys(home) if str(k) == used.series), None)
    if key is None:
        return f"{used.series} is no longer in the catalog"
    stamp = checks.stamp(catalog.ready(home), key)
    if stamp == used.stamp:
        return ""
    asked = (str(home.root), used.series, used.sha256, stamp)
    if asked not in _seen:  # a year of minutes is read in most of a second: once for these files
        if len(_seen) >= _MOST_SEEN:
            _seen.clear()
        _seen[asked] = _differs(home, key, used)
    return _seen[asked]


def state_of(home: Home, report: RunReport) -> tuple[str, ...]:
    """Return what the files of a run's data are now: another one when any of them has changed."""
    where, named = catalog.ready(home), {str(key): key for key in catalog.keys(home)}
    return tuple(
        checks.stamp(where, named[used.series]) if used.series in named else ""
        for used in report.data
    )


def _differs(home: Home, key: Key, used: DataUsed) -> str:
    now = fingerprint(home, key, used.first_ns, used.last_ns)
    if now.sha256 == used.sha256:
        return ""
    return (
        f"{used.series} has changed since this run: {used.rows:,} rows then, {now.rows:,} now "
        "in the same span, or other values"
    )


def told(used: DataUsed) -> str:
    """Return the data of a run as one line."""
    accepted = f"; accepted by name: {', '.join(used.accepted)}" if used.accepted else ""
    notes = f"; {'; '.join(used.notes)}" if used.notes else ""
    return f"Data: {used.series}, {used.rows:,} rows, sha256 {used.sha256[:16]}{accepted}{notes}"


def dated(home: Home, report: RunReport) -> RunReport:
    """Return a report that says first what of its data has changed since, if anything has."""
    words = tuple(f"DATA CHANGED: {w}" for used in report.data if (w := changed(home, used)))
    return msgspec.structs.replace(report, conventions=(*words, *report.conventions))
