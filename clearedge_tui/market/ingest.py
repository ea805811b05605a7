"""Import a file of market data: read and check it once, writing aside; show it; then make it count.

Nothing is visible before `run`. A refusal, a kill or `Plan.close` leaves nothing behind.
"""

import weakref
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, Refused, RetryLater
from clearedge_tui.market import catalog, columns, timeframes
from clearedge_tui.market.catalog import Staged
from clearedge_tui.market.imports import look
from clearedge_tui.market.imports.gates import Gate
from clearedge_tui.market.imports.look import Seen
from clearedge_tui.market.imports.plan import Imported, Plan, Request
from clearedge_tui.market.imports.raw_file import NotPlain
from clearedge_tui.market.imports.rows import Decimals, Finer, Pass
from clearedge_tui.market.markets import Market, load_markets, save_market
from clearedge_tui.market.series_file import times_of
from clearedge_tui.settings import Home

__all__ = ["Imported", "Plan", "Request", "plan", "run"]

Progress = Callable[[int], None]  # rows so far


def plan(home: Home, request: Request, progress: Progress | None = None) -> Plan:
    """Read, check and stage the whole file; raises BadData with file, line and reason."""
    seen = look.look(home, request)
    market, plain = seen.market, seen.plain
    while True:  # again with more decimals or as text: each turn comes closer to an end
        try:
            return _staged(home, request, seen, market, plain, progress)
        except Finer as more:
            market = look.with_decimals(market, more.price, more.size)
        except NotPlain:
            plain = False


def _staged(
    home: Home, request: Request, seen: Seen, market: Market, plain: bool, progress: Progress | None
) -> Plan:
    raw, key = seen.raw, seen.key
    period = timeframes.period_ns(key.timeframe) if key.timeframe else 0
    staged = Staged(home, market, key)
    try:
        reading = Pass(
            raw,
            seen.style,
            Decimals.of(market, look.stepped(seen.known), key.kind),
            staged.layout,
            Gate(raw, period),
            shift_ns=period if seen.stamp == "open" else 0,
            adjusted=request.adjusted,
            other=seen.other,
        )
        staged.fill(_told(reading.rows(plain), progress), source=raw.path.name)
        _check(reading, staged, key.timeframe)
    except BaseException:
        staged.__exit__()
        raise
    more, refusal = _looked_ahead(reading, staged) if key.timeframe else ((), "")
    notes = (*look.notes(reading, request, market, seen.known), *more)
    found = Plan(reading, staged, market, seen.known, key, seen.stamp, notes, refusal)
    weakref.finalize(found, staged.__exit__)  # of one that nobody closes
    return found


def _looked_ahead(reading: Pass, staged: Staged) -> tuple[tuple[str, ...], str]:
    """Say before anybody agrees which bars are there already, and what contradicts one that is."""
    try:
        seen = staged.compare(partial(_refuse_conflict, reading))
    except BadData as error:
        return (f"it cannot be written: {error}",), str(error)
    except (RetryLater, OSError):
        return (), ""  # the writing of it says why
    told = f"{seen.already:,} of them are in the catalog already, {seen.added:,} are new"
    return ((told,) if seen.already else ()), ""


def _told(batches: Iterator[pa.RecordBatch], progress: Progress | None) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        yield batch
        done += batch.num_rows
        if progress:
            progress(done)


def _check(reading: Pass, staged: Staged, timeframe: str) -> None:
    count, gate = staged.facts.rows, reading.gate
    if not count:
        raise BadData(f"{reading.raw.path}: no rows; nothing to import")
    if timeframe and count > 2 and gate.regular - 1 < (count - 1) / 2:
        raise BadData(
            f"{reading.raw.path}: most rows are not {timeframe} apart ({gate.regular - 1} of {count - 1} are); "
            "give the file's own --timeframe"
        )


def run(home: Home, plan: Plan) -> Imported:
    """Make a plan's rows count; those that the catalog has are left out, a contradiction is BadData.

    Importing the same file again adds nothing.
    """
    with plan, catalog.locked(home):
        if load_markets(home).get(plan.market.market_id) != plan.known:
            raise Refused(
                f"{plan.market.market_id} was changed by somebody else meanwhile; import again"
            )
        added = plan.staged.commit(partial(_refuse_conflict, plan.reading)).added
        if plan.market != plan.known:
            save_market(home, plan.market)
    return Imported(
        market=plan.market.symbol,
        market_id=plan.market.market_id,
        timeframe=plan.timeframe,
        rows=plan.rows,
        added=added,
        already=plan.rows - added,
        first_ns=plan.first_ns,
        last_ns=plan.last_ns,
        gaps=plan.gaps,
        kind=plan.kind,
    )


def _refuse_conflict(reading: Pass, old: pa.Table, new: pa.Table, at: columns.Ints) -> None:
    differs = catalog.differing(old, new)
    if not differs.any():
        return
    row = int(np.argmax(differs))
    names = [n for n in new.column_names if not n.startswith("ts_")]
    name = next(n for n in ("close", *names) if old.column(n)[row] != new.column(n)[row])
    here, there = (f"{t.column(name)[row].as_py().normalize():f}" for t in (new, old))
    raise BadData(
        f"{reading.raw.place(reading.line_of(int(at[row])))}: the bar closing "
        f"{iso(int(times_of(new)[row]))} has {name} {here} here and {there} in the catalog "
        f"({int(differs.sum())} bars differ); nothing was written. Import it under another "
        "venue: --venue NAME"
    )
