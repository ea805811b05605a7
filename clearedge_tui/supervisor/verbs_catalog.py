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
    "fingerprint": "fingerprint of",
    "compact": "compact",
    "dedupe": "deduplicate",
    "rm": "delete from",
}


def _starting(what: str) -> "Verb":
    async def start(commands: "Commands", args: Args, who: str) -> Answer:
        if commands.supervisor is None:
            raise Refused(f"no supervisor runs; use: clearedge data {what}")
        names = args.get("markets") or args.get("series") or []
        listed = [str(n) for n in names] if isinstance(names, list | tuple) else [str(names)]
        subject = ", ".join(listed[:3]) + ("…" if len(listed) > 3 else "") or "all series"
        said = "price of" if args.get("price") is True else _TITLES[what]
        title = f"{said.format(source=text(args, 'source'))} {subject}"
        work = DataWork(commands.home, what, {str(k): v for k, v in args.items()})
        row = commands.jobs.start(work, what, title)
        if args.get("wait") is True:
            end = await commands.jobs.finished(row.id)
            if end.state != "done":
                raise Refused(end.message)
            return end.message, end.data
        commands.event(f"data.{what}", subject, title, who, {"trace_id": row.trace_id})
        return f"{title} started", {"job": row.id, "trace_id": row.trace_id}

    return start


async def coverage(commands: "Commands", args: Args, who: str) -> Answer:
    """Return what there is of one series and how good it is, without reading its rows again."""
    del who
    found = await asyncio.to_thread(_coverage, commands, need(args, "series"))
    return "", msgspec.to_builtins(found)


def _coverage(commands: "Commands", name: str) -> object:
    from clearedge_tui.supervisor import series_view  # on this thread: what it imports is heavy

    return series_view.coverage(commands.home, name)


async def preview(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the last `count` bars of a series (before `end_ns`), for a chart; of ticks, as bars."""
    del who
    from clearedge_tui.supervisor import series_view

    return "", await asyncio.to_thread(
        series_view.preview,
        commands.home,
        need(args, "series"),
        number(args, "count", 400),
        number(args, "end_ns", 0),
    )


async def sources(commands: "Commands", args: Args, who: str) -> Answer:
    """Return where data can be pulled from; `reset` names one to be asked again at once."""
    from clearedge_tui.supervisor import series_view

    name = text(args, "reset")
    found = await asyncio.to_thread(series_view.sources, commands.home, name)
    if name:
        commands.event("data.sources", name, "asked again", who)
    return f"{name} is asked again" if name else "", msgspec.to_builtins(found)


VERBS: "dict[str, Verb]" = {
    **{f"data.{what}": _starting(what) for what in _TITLES},
    "data.coverage": coverage,
    "data.preview": preview,
    "data.sources": sources,
}
