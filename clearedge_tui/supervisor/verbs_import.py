"""`data.columns`, `data.plan`, `data.import` and `data.sample`: bring bars in, after a person has seen what was understood."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.supervisor.arguments import Args, need, number, table, text

if TYPE_CHECKING:
    from clearedge_tui.market.ingest import Imported, Plan, Request
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]
MOST_DAYS = 3650


class Understood(msgspec.Struct, frozen=True):
    """What a person is shown before anything is written; `seen` is how the file was then."""

    lines: tuple[str, ...]
    market: str
    timeframe: str
    rows: int
    seen: str
    kind: str = "bars"
    preview: tuple[str, ...] = ()


class _Looked(NamedTuple):
    """A file that somebody looks at just now: its rows lie aside, ready to be made to count."""

    asked: dict[str, object]
    seen: str
    plan: "Plan"


_looked: "WeakKeyDictionary[Commands, _Looked]" = WeakKeyDictionary()  # the last one of each


async def plan(commands: "Commands", args: Args, who: str) -> Answer:
    """Read the whole file, make nothing count, and say what an import would do."""
    del who

    def work() -> Understood:
        _forget(commands)
        request = _request(args)
        stamp = _stamp(request)
        found = _plan(commands, request)
        _looked[commands] = _Looked(_asked(args), stamp, found)
        return Understood(
            found.lines(),
            found.market.symbol,
            found.timeframe,
            found.rows,
            stamp,
            found.kind,
            found.preview,
        )

    shown = await asyncio.to_thread(work)  # all of it: the imports alone would hold the loop
    told = f"{shown.rows:,} {_rows(shown.kind)} understood; nothing is written yet"
    return told, msgspec.to_builtins(shown)


async def columns(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the columns and first rows of a file, and which of them are understood by name."""
    del commands, who
    path = _whole(need(args, "path"), "path")

    def work() -> object:
        from clearedge_tui.market.imports.header import read_header

        return msgspec.to_builtins(read_header(path))

    return "", await asyncio.to_thread(work)


async def import_(commands: "Commands", args: Args, who: str) -> Answer:
    """Import a file. `seen` is what `data.plan` said of it: a file changed since then is refused."""

    def work() -> "Imported":
        from clearedge_tui.market import ingest

        request, seen = _request(args), text(args, "seen")
        stamp, kept = _stamp(request), _looked.get(commands)
        if seen and seen != stamp:
            raise Refused(f"{request.path} changed since it was looked at; look at it again")
        if kept and (kept.asked, kept.seen) == (_asked(args), stamp):
            del _looked[commands]
            return ingest.run(commands.home, kept.plan)
        return ingest.run(commands.home, _plan(commands, request))

    done = await asyncio.to_thread(work)
    commands.event("data.import", done.market_id, _told(done), who)
    return _told(done), msgspec.to_builtins(done)


def _forget(commands: "Commands") -> None:
    kept = _looked.pop(commands, None)
    if kept:
        kept.plan.close()


def _asked(args: Args) -> dict[str, object]:
    return {name: value for name, value in args.items() if name != "seen"}


async def sample(commands: "Commands", args: Args, who: str) -> Answer:
    """Add the built-in data; of series that are there, only what is missing."""
    days = number(args, "days", 60)
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"days {days}; wanted 1 to {MOST_DAYS}")

    def work() -> "list[Imported]":
        from clearedge_tui.market.samples import write_samples

        return write_samples(commands.home, days)

    done = await asyncio.to_thread(work)
    commands.event("data.sample", "", f"{days} days", who)
    return "; ".join(map(_told, done)), [msgspec.to_builtins(one) for one in done]


def _request(args: Args) -> "Request":
    from clearedge_tui.market.ingest import Request

    ask = text(args, "ask")
    return Request(
        path=_whole(need(args, "path"), "path"),
        market=need(args, "market"),
        timeframe=text(args, "timeframe"),
        venue=text(args, "venue"),
        zone=text(args, "tz") or "UTC",
        stamp=text(args, "stamp"),
        asset_class=text(args, "asset_class"),
        columns=_columns(table(args, "columns")),
        kind=text(args, "kind"),
        ask=_whole(ask, "ask") if ask else None,
        adjusted=text(args, "adjusted").lower() in ("true", "yes", "1"),
    )


def _whole(path: str, name: str) -> Path:
    found = Path(path)
    if not found.is_absolute():  # of the console's folder, not of the supervisor's
        raise UsageError(f"{name} `{path}`; wanted the whole path, from / on")
    return found


def _columns(given: dict[str, object]) -> dict[str, str]:
    from clearedge_tui.market.imports.names import FIELDS

    for field in given:
        if field not in FIELDS:
            raise UsageError(f"column `{field}`; wanted one of: {', '.join(FIELDS)}")
    return {field: str(name) for field, name in given.items()}


def _plan(commands: "Commands", request: "Request") -> "Plan":
    from clearedge_tui.market import ingest

    return ingest.plan(commands.home, request)


def _stamp(request: "Request") -> str:
    marks = []
    for path in filter(None, (request.path, request.ask)):
        try:
            found = path.stat()
        except OSError:
            return ""  # the reading of it says why
        marks.append(f"{found.st_mtime_ns} {found.st_size}")
    return " ".join(marks)


def _rows(kind: str) -> str:
    return "books" if kind == "depth" else kind


def _told(done: "Imported") -> str:
    name, rows = f"{done.market} {done.timeframe or done.kind}", _rows(done.kind)
    if not done.added:
        return f"{name}: all {done.rows:,} {rows} were there already"
    there = f", {done.already:,} were there already" if done.already else ""
    return f"{name}: {done.added:,} {rows} added{there}"


VERBS = {
    "data.columns": columns,
    "data.plan": plan,
    "data.import": import_,
    "data.sample": sample,
}
