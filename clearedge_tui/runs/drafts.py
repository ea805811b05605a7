"""Folders of runs under way: who writes to them, and what becomes of those nobody writes to."""

import contextlib
import os
import shutil
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.runs import events, journal
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import draft_folder
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home

PIDS = "pids"  # of the worker, then of who started it
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
    """Make the folder of a run that begins, or that is taken up again."""
    folder = start(home, asked.about.run_id)
    (folder / ASKED).write_bytes(msgspec.json.encode(asked) + b"\n")
    (folder / SPEC).write_text(spec_text, "utf-8")
    if journal.status(folder) is None:
        journal.append(folder, asked.about, events.RUN_INITIALIZED, Status.QUEUED)
    return folder


def start(home: Home, run_id: str, owner: int = 0) -> Path:
    """Make the folder a run writes to until it ends, and say in it which processes will."""
    folder = draft_folder(home, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PIDS).write_text(f"{os.getpid()} {owner or os.getpid()}\n")
    return folder


def asked(folder: Path) -> Asked | None:
    """Return what the run of a folder was asked to be; None when it cannot be read."""
    try:
        return msgspec.json.decode((folder / ASKED).read_bytes(), type=Asked)
    except (OSError, msgspec.DecodeError):
        return None


def abandoned(home: Home) -> list[Path]:
    """Return the drafts whose worker and owner are dead. A living owner still records the end."""
    return [folder for folder in home.runs.glob(".[0-9]*") if _left(folder)]


def sweep(home: Home) -> list[str]:
    """Remove what is left of removed runs, and abandoned drafts that say too little to be kept."""
    gone = []
    for folder in (*home.runs.glob(".gone-*"), *abandoned(home)):
        if folder.name.startswith(".gone-") or asked(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)
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
        worker, owner = map(int, (folder / PIDS).read_text().split())
    except (ValueError, OSError):
        return old  # it does not say whose it is
    return not _alive(worker) and (old or not _alive(owner))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
