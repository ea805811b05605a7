"""Folders of runs under way: who writes to them, and what becomes of those nobody writes to."""

import contextlib
import os
import shutil
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.runs import events, journal
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import delete, draft_folder, run_folder
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home

PIDS = "pids"  # of the worker, then of who started it
_OF_SESSION = "session.json"  # its supervisor lives longer than a day, and its engine may be away
ASKED = "asked.json"
SPEC = "spec.yaml"
_DAY_NS = 86_400 * 10**9


class Asked(msgspec.Struct, frozen=True):
    """What a run was asked to be; with it a run can be taken up again."""

    about: About
    spec: BacktestSpec
    market_name: str
    created_ns: int
    again: bool = False  # run although the same was run before


def begin(home: Home, asked: Asked, spec_text: str) -> Path:
    """Make the folder of a run that begins. Raises RetryLater when another has its name."""
    run_id = asked.about.run_id
    if run_folder(home, run_id).exists() or draft_folder(home, run_id).exists():
        raise RetryLater(f"there is a run {run_id} already; start it once more for another name")
    folder = start(home, run_id)
    (folder / ASKED).write_bytes(msgspec.json.encode(asked) + b"\n")
    (folder / SPEC).write_text(spec_text, "utf-8")
    if journal.status(folder) is None:
        journal.append(folder, asked.about, events.RUN_INITIALIZED, Status.QUEUED)
    return folder


def start(home: Home, run_id: str, owner: int = 0) -> Path:
    """Make the folder a run writes to until it ends, and say in it which processes will."""
    folder = draft_folder(home, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    own(folder, owner)
    return folder


def own(folder: Path, owner: int = 0, worker: int = 0) -> None:
    """Say in a folder which processes write to it, all or nothing."""
    draft = folder / f".{PIDS}.{os.getpid()}"
    draft.write_text(f"{_named(worker or os.getpid())} {_named(owner or os.getpid())}\n")
    draft.replace(folder / PIDS)


def asked(folder: Path) -> Asked | None:
    """Return what the run of a folder was asked to be; None when it cannot be read."""
    try:
        found = msgspec.json.decode((folder / ASKED).read_bytes(), type=Asked)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.about.run_id == folder.name.removeprefix(".") else None


def abandoned(home: Home) -> list[Path]:
    """Return the drafts whose worker and owner are dead. A living owner still records the end."""
    return [folder for folder in home.runs.glob(".[0-9]*") if _left(folder)]


def sweep(home: Home) -> list[str]:
    """Remove what is left of removed runs, and abandoned drafts that say too little to be kept."""
    gone = []
    for folder in (*home.runs.glob(".gone-*"), *abandoned(home)):
        if folder.name.startswith(".gone-") or not (
            asked(folder) or (folder / _OF_SESSION).is_file()
        ):
            delete(folder)
            gone.append(folder.name)
    return gone


def drop(folder: Path) -> None:
    """Remove a draft that leaves no run behind."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _left(folder: Path) -> bool:
    try:
        old = now_ns() - folder.stat().st_mtime_ns > _DAY_NS
    except OSError:
        return False  # it has just been finished by its worker
    try:
        worker, owner = (folder / PIDS).read_text().split()
        old = old and not (folder / _OF_SESSION).is_file()
        return not _alive(worker) and (old or not _alive(owner))
    except (ValueError, OSError):
        return old  # it does not say whose it is


def _named(pid: int) -> str:
    """Return a process as text that no later process of the same number has."""
    return f"{pid}:{_born(pid)}"


def _alive(named: str) -> bool:
    pid, _, born = named.partition(":")
    now = _born(int(pid))
    return now == born if born else bool(now)


def _born(pid: int) -> str:
    """Return when a process began, in ticks since the machine did; empty for one that has ended."""
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if told[0] in (b"Z", b"X") else told[19].decode()
