"""Folders of runs under way: who writes to them, and what to do with those nobody writes to."""

import os
import shutil
from pathlib import Path

from clearedge_tui.core.clock import now_ns
from clearedge_tui.runs.listing import draft_folder
from clearedge_tui.settings import Home

PIDS = "pids"  # of the worker, then of who started it
_DAY_NS = 86_400 * 10**9


def start(home: Home, run_id: str, owner: int = 0) -> Path:
    """Make the folder a run writes to until it ends, and say in it which processes will."""
    folder = draft_folder(home, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PIDS).write_text(f"{os.getpid()} {owner or os.getpid()}\n")
    return folder


def sweep(home: Home) -> list[str]:
    """Remove what dead processes left, and return its names.

    A draft goes when its worker and its owner are gone: a living owner still records the end. It
    also goes when the worker is gone and nothing touched it for a day, for ids get used again.
    """
    gone = []
    for folder in home.runs.glob(".[0-9g]*"):
        if folder.name.startswith(".gone-") or _left(folder):
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder.name)
    return gone


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
