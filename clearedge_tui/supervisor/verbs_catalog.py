"""`data.pull`, `data.check`, `data.coverage`, …: work on the catalog, and what is known of a series.

Work is started as a job and answered at once; it goes on whoever leaves the screen.
"""

import asyncio
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.errors import Refused
from clearedge_tui.supervisor.arguments import Args, need, number, text
from clearedge_tui.supervisor.work import DataWork

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]
_TITLES = {
    "pull": "pull from {source}",
    "sync": "sync",
    "check": "check",
    "compact": "compact",
    "dedupe": "deduplicate",
    "rm": "delete from",
}
_MOST_GAPS = 500


def _starting(what: str) -> "Verb":
    async def start(commands: "Commands", args: Args, who: str) -> Answer:
        if commands.supervisor is None:
            raise Refused(f"no supervisor runs; use: clearedge data {what}")
        names = args.get("markets") or args.get("series") or []
        listed = [str(n) for n in names] if isinstance(names, list | tuple) else [str(names)]
        subject = ", ".join(listed[:3]) + ("…" if len(listed) > 3 else "") or "all series"
        title = f"{_TITLES[what].format(source=text(args, 'source'))} {subject}"
        work = DataWork(commands.home, what, {str(k): v for k, v in args.items()})
        row = commands.jobs.start(work, what, title)
        if args.get("wait") is True:
            end = await commands.jobs.finished(row.id)
            if end.state != "done":
                raise Refused(end.message)
            return end.message, end.data
        commands.event(f"data.{what}", subject, title, who)
        return f"{title} started", {"job": row.id}

    return start


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


async def coverage(commands: "Commands", args: Args, who: str) -> Answer:
    """Return what there is of one series and how good it is, without reading its rows again."""
    del who
    return "", await asyncio.to_thread(_coverage, commands, need(args, "series"))


def _coverage(commands: "Commands", name: str) -> object:
    from clearedge_tui.market import catalog, checks, index
    from clearedge_tui.market.markets import load_markets
    from clearedge_tui.market.task import find_series

    home = commands.home
    key = find_series(home, name)
    market = load_markets(home).get(key.market_id)
    entries = index.details(home, catalog.ready(home), key)
    report = checks.known(home).get(str(key))
    facts = [entry.facts for entry in entries if entry.facts.rows]
    always = market is not None and market.hours == "24/7" and key.timeframe
    return msgspec.to_builtins(
        Coverage(
            series=str(key),
            market=market.symbol if market else key.market_id,
            kind=str(key.kind),
            timeframe=key.timeframe,
            rows=sum(f.rows for f in facts),
            first_ns=min((f.first_ns for f in facts), default=0),
            last_ns=max((f.last_ns for f in facts), default=0),
            days=tuple(run for f in facts for run in f.days),
            expected_a_day=max(1, 86_400_000_000_000 // key.step_ns) if always else 0,
            gaps=tuple(g for f in facts for g in f.gaps)[:_MOST_GAPS],
            verdict=checks.describe(home, key),
            checked_ns=report.checked_ns if report else 0,
            findings=tuple(msgspec.to_builtins(one) for one in report.findings) if report else (),
            files=tuple((e.path.rpartition("/")[2], e.facts.rows, e.size) for e in entries),
            source=", ".join(dict.fromkeys(f.source for f in facts if f.source)),
        )
    )


async def preview(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the last `count` bars of a series of bars (before `end_ns`), for a chart."""
    del who
    return "", await asyncio.to_thread(
        _preview,
        commands,
        need(args, "series"),
        number(args, "count", 400),
        number(args, "end_ns", 0),
    )


def _preview(commands: "Commands", name: str, count: int, end_ns: int) -> object:
    from clearedge_tui.market import catalog
    from clearedge_tui.market.task import find_series

    key = find_series(commands.home, name)
    if not key.timeframe:
        return {"series": str(key), "bars": []}
    span = catalog.span(commands.home, key.market_id, key.timeframe)
    last = min(span[1], end_ns) if span and end_ns else span[1] if span else 0
    count = max(1, min(count, 2000))
    bars = catalog.stored(
        commands.home, key.market_id, key.timeframe, last - 4 * count * key.step_ns, last
    )
    tail = bars.slice(max(0, len(bars) - count), len(bars))
    rows = [list(row) for row in zip(*(c.tolist() for c in tail.columns()), strict=True)]
    return {"series": str(key), "bars": rows}


VERBS: "dict[str, Verb]" = {
    **{f"data.{what}": _starting(what) for what in _TITLES},
    "data.coverage": coverage,
    "data.preview": preview,
}
