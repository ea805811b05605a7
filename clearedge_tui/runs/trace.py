"""One thread through everything: what the runs of a trace say of it, their orders among it."""

from collections.abc import Sequence

from clearedge_tui.core.errors import BadData
from clearedge_tui.runs import events as names
from clearedge_tui.runs import index, journal
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.settings import Home
from clearedge_tui.store.rows import JournalRow

_LEAST = 6  # letters of an id that are enough to mean one


def events(home: Home, trace: str) -> list[JournalRow]:
    """Return events, orders and fills of the runs with this trace id, or one that begins so."""
    if len(trace) < _LEAST:
        return []
    found = []
    for row in index.load(home).rows:
        if not row.trace_id.startswith(trace):
            continue
        try:
            told = journal.read_ended(run_folder(home, row.run_id))
        except BadData as error:
            found.append(_line(0, row.changed_ns, "journal_broken", row.run_id, str(error), {}))
            continue
        for entry in told:
            said = ", ".join(f"{n} {_short(v)}" for n, v in entry.payload.items())
            payload = {**entry.payload, "trace_id": entry.trace_id}
            found.append(_line(entry.seq, entry.ts_ns, entry.event, entry.run_id, said, payload))
        found += _traded(home, row, told)
    return found


def _traded(home: Home, row: index.RunRow, told: Sequence[journal.Entry]) -> list[JournalRow]:
    ended = [entry.ts_ns for entry in told if entry.event == names.BACKTEST_COMPLETED]
    if not ended:
        return []
    from clearedge_tui.runs.trace_orders import lines  # late: brings Arrow along

    try:  # between the engine's first word and its last, where they were made
        return lines(run_folder(home, row.run_id), row.run_id, row.trace_id, ended[-1] - 1)
    except BadData as error:
        return [_line(0, ended[-1], "orders_broken", row.run_id, str(error), {})]


def _line(
    seq: int, at_ns: int, event: str, subject: str, text: str, payload: dict[str, object]
) -> JournalRow:
    return JournalRow(seq, at_ns, event, subject, "run", text, payload)


def _short(value: object) -> object:
    return f"{len(value)} values" if isinstance(value, dict | list) else value
