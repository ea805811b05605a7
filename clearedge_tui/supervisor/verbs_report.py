"""`run.analysis`, `run.trades`, `run.trade`, `run.candles`, `run.about`: a finished run piece by piece.

Each answer is made in a thread: it reads files, and Arrow is loaded there when it is first needed.
The tables of the runs looked at last stay in memory; an ended run never changes.
"""

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.runs import listing
from clearedge_tui.runs.session_look import folder_of
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.arguments import Args, need, number, plain, text

if TYPE_CHECKING:
    from clearedge_tui.runs.report_rows import RunBars
    from clearedge_tui.runs.trade_pages import Order, TradeTable
    from clearedge_tui.supervisor.commands import Commands

Answer = tuple[str, object]
_MOST_TABLES = 4
_wholes: dict[tuple[str, int, tuple[str, ...]], "RunBars"] = {}  # charts of whole runs
_tables: dict[tuple[str, int], "TradeTable"] = {}
_loading = threading.Lock()


async def analysis(commands: "Commands", args: Args, who: str) -> Answer:
    """Everything computed of a run; computed now when it has none on disk."""
    del who
    run_id = need(args, "run_id")

    def made() -> object:
        from clearedge_tui.runs.analysis.load import load_analysis
        from clearedge_tui.runs.session_look import analysis_now

        return plain(analysis_now(commands.home, run_id) or load_analysis(commands.home, run_id))

    return "", await asyncio.to_thread(made)


async def trades(commands: "Commands", args: Args, who: str) -> Answer:
    """A page of the trades that match, sorted."""
    del who
    run_id, asked = need(args, "run_id"), dict(args)
    offset, limit = number(args, "offset", 0), number(args, "limit", 100)

    def made() -> object:
        return plain(_table(commands.home, run_id).page(_order(asked), offset, limit))

    return "", await asyncio.to_thread(made)


async def trade(commands: "Commands", args: Args, who: str) -> Answer:
    """One trade with its orders, fills and log lines, and its neighbours in the list.

    Without a `number` it is the first one from `at_ns` on, or with a negative `step` the last before.
    """
    del who
    run_id, asked = need(args, "run_id"), dict(args)
    which, at_ns, step = (number(args, n, d) for n, d in (("number", 0), ("at_ns", 0), ("step", 1)))

    def made() -> object:
        from clearedge_tui.runs.trade_look import nearest, one_trade

        home = commands.home
        table = _table(home, run_id)
        chosen = which or nearest(table, at_ns, step)
        return plain(one_trade(home, run_id, table, _order(asked), chosen))

    return "", await asyncio.to_thread(made)


async def candles(commands: "Commands", args: Args, who: str) -> Answer:
    """A stretch of the run's bars with its trades."""
    del who
    run_id = need(args, "run_id")
    at_ns, count, every = (
        number(args, n, d) for n, d in (("at_ns", 0), ("count", 400), ("every", 0))
    )

    def made() -> object:
        return plain(_bars(commands.home, run_id, at_ns, count, every))

    return "", await asyncio.to_thread(made)


async def about(commands: "Commands", args: Args, who: str) -> Answer:
    """The run's own journal, its files, and the hashes of what went in."""
    del who
    folder = folder_of(commands.home, need(args, "run_id"))

    def made() -> object:
        from clearedge_tui.runs.run_past import past

        return plain(past(folder))

    return "", await asyncio.to_thread(made)


def _order(args: Args) -> "Order":
    from clearedge_tui.runs.trade_pages import Order

    return Order(
        text(args, "filter").strip(), text(args, "sort") or "number", args.get("down") is not False
    )


def _table(home: Home, run_id: str) -> "TradeTable":
    """Return the trades of a run, read once while its folder stays as it is."""
    from clearedge_tui.runs.session_look import trades_now
    from clearedge_tui.runs.trade_pages import load

    now = trades_now(home, run_id)
    if now is not None:
        return now  # of a session under way: it changes
    folder: Path = listing.require_run(home, run_id)
    key = str(folder), folder.stat().st_mtime_ns
    with _loading:
        found = _tables.pop(key, None) or load(folder)
        _tables[key] = found  # the newest last
        while len(_tables) > _MOST_TABLES:
            del _tables[next(iter(_tables))]
    return found


def _bars(home: Home, run_id: str, at_ns: int, count: int, every: int) -> "RunBars":
    from clearedge_tui.runs import data_used
    from clearedge_tui.runs.run_bars import around

    report = listing.load_report(home, run_id)
    try:
        table = _table(home, run_id)
    except ClearEdgeError:  # bars are shown all the same
        table = None
    if every > 0:
        return around(home, report, table, at_ns, count, every)
    # the whole of a run without candles of its own: once while its data stay
    state = data_used.state_of(home, report)
    key = run_id, count, state
    with _loading:
        found = _wholes.pop(key, None)
    if found is None:
        found = around(home, report, table, at_ns, count, every)
    with _loading:
        if not found.problem:
            _wholes[key] = found
        while len(_wholes) > _MOST_TABLES:
            del _wholes[next(iter(_wholes))]
    return found


VERBS = {
    "run.analysis": analysis,
    "run.trades": trades,
    "run.trade": trade,
    "run.candles": candles,
    "run.about": about,
}
