"""What happened to one run: `journal.jsonl`, one line an event, each bound to the one before.

The status of a run is what its journal says. Worker and owner both write: a lock keeps them apart,
and an update that comes late is not taken.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import now_ns, to_datetime
from clearedge_tui.core.errors import BadData, Bug, NotFound
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import events
from clearedge_tui.runs.life import FINAL, Status, may

JOURNAL = "journal.jsonl"
_MOST_ERROR = 2_000
_KNOWN = frozenset(Status)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. The hash is over the line without it, as canonical JSON."""

    seq: int
    ts_utc: str
    ts_ns: int
    event: str
    run_id: str
    trace_id: str
    mode: str
    engine: str
    status: str
    config_sha256: str
    artifacts_dir: str
    payload: dict[str, object] = {}
    prev_sha256: str = ""
    sha256: str = ""


class About(msgspec.Struct, frozen=True):
    """What every line of one run repeats."""

    run_id: str
    trace_id: str
    config_sha256: str
    artifacts_dir: str
    mode: str = "backtest"
    engine: str = "nautilus"


def append(
    folder: Path, about: About, event: str, status: Status | None = None, **payload: object
) -> bool:
    """Add an event; `status` is what the run becomes by it. Return whether it was taken.

    Not taken is an update that comes late: a journal that has come to its end stays as it is.
    """
    if event not in events.NAMES:
        raise Bug(f"the journal knows no event `{event}`")
    descriptor = os.open(folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with open(descriptor, "r+b") as file:  # noqa: PTH123  # by descriptor
        fcntl.flock(file, fcntl.LOCK_EX)
        raw = file.read()
        if raw and not raw.endswith(b"\n"):  # half a line of a writer that was killed
            raw = raw[: raw.rfind(b"\n") + 1]
            file.truncate(len(raw))
            file.seek(len(raw))
        last = _last(raw)
        now = Status(last.status) if last else None
        wanted = status or now
        if wanted is None or not may(now, wanted):
            return False
        file.write(_made(about, event, wanted, last, payload))
    return True


def _made(
    about: About,
    event: str,
    status: Status,
    last: Entry | None,
    payload: dict[str, object],
) -> bytes:
    at = now_ns()
    entry = Entry(
        seq=last.seq + 1 if last else 1,
        ts_utc=to_datetime(at).isoformat(),
        ts_ns=at,
        event=event,
        run_id=about.run_id,
        trace_id=about.trace_id,
        mode=about.mode,
        engine=about.engine,
        status=status,
        config_sha256=about.config_sha256,
        artifacts_dir=about.artifacts_dir,
        payload={name: _short(value) for name, value in payload.items()},
        prev_sha256=last.sha256 if last else "",
    )
    return _line(msgspec.structs.replace(entry, sha256=_sha256(entry)))


def _short(value: object) -> object:
    return clean_text(value, _MOST_ERROR) if isinstance(value, str) else value


def _line(entry: Entry) -> bytes:
    plain = msgspec.to_builtins(entry)
    return json.dumps(plain, sort_keys=True, ensure_ascii=True, default=str).encode() + b"\n"


def _sha256(entry: Entry) -> str:
    return hashlib.sha256(_line(msgspec.structs.replace(entry, sha256=""))).hexdigest()


def _last(raw: bytes) -> Entry | None:
    """Return the last line that is one of ours; half a line is of a writer that was killed."""
    for line in reversed(raw.splitlines()):
        with contextlib.suppress(msgspec.DecodeError):
            entry = msgspec.json.decode(line, type=Entry)
            if entry.status in _KNOWN:
                return entry
    return None


def reopen(folder: Path) -> None:
    """Take back an end that was written but not sealed: the folder is still a draft."""
    path = folder / JOURNAL
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return
    while lines and (last := _last(b"".join(lines))) and last.status in FINAL:
        lines.pop()
    path.write_bytes(b"".join(lines))


def status(folder: Path) -> Status | None:
    """Return what the journal of a folder says; None when there is none."""
    try:
        last = _last((folder / JOURNAL).read_bytes())
    except FileNotFoundError:
        return None
    return Status(last.status) if last else None


def read_ended(folder: Path) -> tuple[Entry, ...]:
    """Return all events of an ended run. Raises BadData when the chain is broken, or cut short.

    A shorter chain is a chain, so its end is held against the run's status and its manifest.
    """
    from clearedge_tui.runs import manifest

    found = read(folder)
    with contextlib.suppress(NotFound):
        if JOURNAL in manifest.damaged(folder, manifest.load(folder)):
            raise BadData(f"{folder / JOURNAL}: it is not what was written when the run ended")
    with contextlib.suppress(OSError, msgspec.DecodeError):
        told = msgspec.json.decode((folder / "run.json").read_bytes(), type=_Summary)
        if found and found[-1].status != told.status:
            raise BadData(
                f"{folder / JOURNAL}: it ends with {found[-1].status}, and the run is {told.status}"
            )
    return found


class _Summary(msgspec.Struct):
    status: str


def read(folder: Path) -> tuple[Entry, ...]:
    """Return a run's events, oldest first. Raises BadData when the chain is broken, saying where."""
    try:
        lines = (folder / JOURNAL).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    found: list[Entry] = []
    for number, line in enumerate(lines, 1):
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except msgspec.DecodeError:
            if number == len(lines):
                break  # half a line of a writer that was killed
            raise BadData(f"{folder / JOURNAL}:{number}: not an event") from None
        before = found[-1].sha256 if found else ""
        if entry.prev_sha256 != before or entry.sha256 != _sha256(entry):
            raise BadData(f"{folder / JOURNAL}:{number}: this line was changed, or one before it")
        found.append(entry)
    return tuple(found)
