"""`data.plan`, `data.import` and `data.sample`: bring bars in, after a person has seen what was understood."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

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


async def plan(commands: "Commands", args: Args, who: str) -> Answer:
    """Read the whole file, write nothing, and say what an import would do."""
    del who

    def work() -> Understood:
        request = _request(args)
        stamp = _stamp(request.path)
        found = _plan(commands, request)
        return Understood(found.lines(), found.market.symbol, found.timeframe, found.rows, stamp)

    shown = await asyncio.to_thread(work)  # all of it: the imports alone would hold the loop
    return f"{shown.rows:,} bars understood; nothing is written yet", msgspec.to_builtins(shown)


async def import_(commands: "Commands", args: Args, who: str) -> Answer:
    """Import a file. `seen` is what `data.plan` said of it: a file changed since then is refused."""

    def work() -> "Imported":
        from clearedge_tui.market import ingest

        request, seen = _request(args), text(args, "seen")
        if seen and seen != _stamp(request.path):
            raise Refused(f"{request.path} changed since it was looked at; look at it again")
        return ingest.run(commands.home, _plan(commands, request))

    done = await asyncio.to_thread(work)
    commands.event("data.import", done.market_id, _told(done), who)
    return _told(done), msgspec.to_builtins(done)


async def sample(commands: "Commands", args: Args, who: str) -> Answer:
    """Add the built-in data; series that are there stay as they are."""
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

    path = Path(need(args, "path"))
    if not path.is_absolute():  # of the console's folder, not of the supervisor's
        raise UsageError(f"path `{path}`; wanted the whole path, from / on")
    return Request(
        path=path,
        market=need(args, "market"),
        timeframe=need(args, "timeframe"),
        venue=text(args, "venue"),
        zone=text(args, "tz") or "UTC",
        stamp=text(args, "stamp"),
        asset_class=text(args, "asset_class"),
        columns=_columns(table(args, "columns")),
    )


def _columns(given: dict[str, object]) -> dict[str, str]:
    from clearedge_tui.market.imports.names import FIELDS

    for field in given:
        if field not in FIELDS:
            raise UsageError(f"column `{field}`; wanted one of: {', '.join(FIELDS)}")
    return {field: str(name) for field, name in given.items()}


def _plan(commands: "Commands", request: "Request") -> "Plan":
    from clearedge_tui.market import ingest

    return ingest.plan(commands.home, request)


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""  # the reading of it says why
    return f"{found.st_mtime_ns} {found.st_size}"


def _told(done: "Imported") -> str:
    if not done.added:
        return f"{done.market} {done.timeframe}: all {done.rows:,} bars were there already"
    there = f", {done.already:,} were there already" if done.already else ""
    return f"{done.market} {done.timeframe}: {done.added:,} bars added{there}"


VERBS = {"data.plan": plan, "data.import": import_, "data.sample": sample}
