"""`strategy.…` and `journal.…`: what lies in the folder, what was written down."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.errors import Refused, StrategyFault, UsageError
from clearedge_tui.store.rows import JournalRow
from clearedge_tui.supervisor.arguments import Args, need, number, plain, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]


async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    """Return a row a file. `brief`: names only, nothing is loaded; `again`: load unchanged files too."""
    del who
    files = commands.files
    if args.get("brief"):
        return "", [{"strategy": name} for name in files.names()]
    seen = await files.look_all(again=bool(args.get("again")))
    used = [i.strategy for i in commands.store.instances()]
    rows = [
        {
            "strategy": name,
            "kind": row.kind,
            "doc": row.doc,
            "schema": row.schema,
            "hooks": list(row.hooks),
            "instances": used.count(name),
            "error": row.error,
            "words": row.words,
            "line": row.line,
            "detail": row.detail,
            "path": row.path,
            "changed_ns": files.changed_ns(name),
        }
        for name, row in seen.items()
    ]
    return "", rows


async def check(commands: "Commands", args: Args, who: str) -> Answer:
    """Load one strategy as an engine would; report what it declares and what its code may do wrong."""
    from clearedge_tui.research.reading import read

    del who
    name = need(args, "strategy")
    seen = await commands.files.look(name, again=True)
    if seen.error:
        raise StrategyFault(seen.error)
    fields = len([k for k in seen.schema if not k.startswith("$")])
    hooks = f", hooks: {', '.join(seen.hooks)}" if seen.hooks else ""
    remarks = await asyncio.to_thread(read, Path(seen.path))
    more = ""
    if remarks:
        first = remarks[0]
        more = f"; {len(remarks)} remark{'s' if len(remarks) > 1 else ''}, first {first.file}:{first.line}: {first.what}"
    about = f"{name}: {seen.kind} strategy, {fields} fields{hooks}{more}"
    return about, {**msgspec.structs.asdict(seen), "remarks": plain(remarks)}


async def new(commands: "Commands", args: Args, who: str) -> Answer:
    """Write a new strategy file from the template of its kind; never over an old one."""
    from clearedge_tui.contract.templates import TEMPLATES

    name, kind = need(args, "name"), text(args, "kind", "class")
    if not name.isidentifier() or name.startswith("_") or name != name.lower():
        raise UsageError(
            f"name `{name}`; wanted lower case letters, digits and _, e.g. my_strategy"
        )
    if kind not in TEMPLATES:
        raise UsageError(f"kind `{kind}`; wanted one of: {', '.join(TEMPLATES)}")
    path = commands.home.strategies / f"{name}.py"
    if path.exists():
        raise Refused(f"{path} is there already; choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    class_name = "".join(part.capitalize() for part in name.split("_"))
    path.write_text(TEMPLATES[kind].replace("__NAME__", class_name), "utf-8")
    commands.event("strategy.new", name, f"written from the {kind} template", who)
    return f"{path} written; next: clearedge strategy check {name}", {"path": str(path)}


async def tail(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the newest journal lines, newest first; `trace` follows one thread, runs included."""
    del who
    subject = text(args, "subject") or None
    if commands.supervisor:
        commands.supervisor.record.flush()
    trace, most = text(args, "trace"), min(2000, number(args, "limit", 200))
    if trace:
        return "", [plain(row) for row in await asyncio.to_thread(_traced, commands, trace, most)]
    return "", [plain(row) for row in commands.store.journal_tail(most, subject)]


def _traced(commands: "Commands", trace: str, most: int) -> list[JournalRow]:
    from clearedge_tui.runs.trace import events

    told = commands.store.journal_trace(trace, most)
    return sorted([*told, *events(commands.home, trace)], key=_moment, reverse=True)[:most]


def _moment(row: JournalRow) -> tuple[int, int]:
    return row.at_ns, row.seq


VERBS = {
    "strategy.list": list_,
    "strategy.check": check,
    "strategy.new": new,
    "journal.tail": tail,
}
