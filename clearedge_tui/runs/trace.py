"""One thread through everything: what the journals of runs say of a trace."""

from clearedge_tui.core.errors import BadData
from clearedge_tui.runs import index, journal
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.settings import Home
from clearedge_tui.store.rows import JournalRow

_LEAST = 6  # letters of an id that are enough to mean one


def events(home: Home, trace: str) -> list[JournalRow]:
    """Return the events of the runs with this trace id, or with one that begins so."""
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
    return found


def _line(
    seq: int, at_ns: int, event: str, subject: str, text: str, payload: dict[str, object]
) -> JournalRow:
    return JournalRow(seq, at_ns, event, subject, "run", text, payload)


def _short(value: object) -> object:
    return f"{len(value)} values" if isinstance(value, dict | list) else value
