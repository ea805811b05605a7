"""One thread through everything: what the runs of a trace say of it, their orders among it."""

from collections.abc import Sequence

from clearedge_tui.core.errors import BadData
from clearedge_tui.runs import events as names
from clearedge_tui.runs import index, journal
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.runs.session_look import folder_of, with_sessions
from clearedge_tui.runs.sessions import KIND
from clearedge_tui.settings import Home
from clearedge_tui.store.rows import JournalRow

_LEAST = 6  # letters of an id that are enough to mean one


def events(home: Home, trace: str) -> list[JournalRow]:
    """Return events, orders and fills of the runs with this trace id, or one that begins so."""
    if len(trace) < _LEAST:
        return []
    found = []
    for row in with_sessions(home, index.load(home)).rows:
        if not row.trace_id.startswith(trace):
            continue
        try:
            told = _told(home, row)
        except BadData as error:
            found.append(_line(0, row.changed_ns, "journal_broken", row.run_id, str(error), {}))
            continue
        for entry in told:
            said = ", ".join(f"{n} {_short(v)}" for n, v in entry.payload.items())
            payload = {**entry.payload, "trace_id": entry.trace_id}
            found.append(_line(entry.seq, entry.ts_ns, entry.event, entry.run_id, said, payload))
        found += _traded(home, row, told)
    return found


def _told(home: Home, row: index.RunRow) -> tuple[journal.Entry, ...]:
    if row.changed_ns:
        return journal.read_ended(run_folder(home, row.run_id))
    return journal.read(folder_of(home, row.run_id))  # a session under way


def _traded(home: Home, row: index.RunRow, told: Sequence[journal.Entry]) -> list[JournalRow]:
    if row.kind == KIND:
        return _of_session(home, row, told)
    ended = [entry.ts_ns for entry in told if entry.event == names.BACKTEST_COMPLETED]
    if not ended:
        return []
    from clearedge_tui.runs.trace_orders import lines  # late: brings Arrow along

    try:  # between the engine's first word and its last, where they were made
        return lines(run_folder(home, row.run_id), row.run_id, row.trace_id, ended[-1] - 1)
    except BadData as error:
        return [_line(0, ended[-1], "orders_broken", row.run_id, str(error), {})]


def _of_session(home: Home, row: index.RunRow, told: Sequence[journal.Entry]) -> list[JournalRow]:
    from clearedge_tui.runs.session_record import traded
    from clearedge_tui.runs.session_tables import fill_table, order_table
    from clearedge_tui.runs.trace_orders import lines, lines_of

    at_ns = told[-1].ts_ns if told else row.created_ns
    folder = folder_of(home, row.run_id)
    try:
        if row.changed_ns:
            return lines(folder, row.run_id, row.trace_id, at_ns - 1)
        orders, fills = traded(home, row.run_id)
        tables = order_table(orders), fill_table(fills, orders)
        return lines_of(*tables, row.run_id, row.trace_id, at_ns)
    except BadData as error:
        return [_line(0, at_ns, "orders_broken", row.run_id, str(error), {})]


def _line(
    seq: int, at_ns: int, event: str, subject: str, text: str, payload: dict[str, object]
) -> JournalRow:
    return JournalRow(seq, at_ns, event, subject, "run", text, payload)


def _short(value: object) -> object:
    return f"{len(value)} values" if isinstance(value, dict | list) else value
