"""Removed runs, kept for a while so that a slip of the hand costs nothing."""

import contextlib
import os
from pathlib import Path

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.runs.ids import checked, is_one
from clearedge_tui.runs.listing import delete, require_run, run_folder
from clearedge_tui.settings import Home

KEPT_DAYS = 7
_DAY_NS = 86_400 * 10**9


def _bin(home: Home) -> Path:
    return home.runs / ".trash"


def remove(home: Home, run_id: str) -> None:
    """Put a run aside; `restore` brings it back for a week. Raises NotFound."""
    folder = require_run(home, run_id)
    purge(home)
    aside = _bin(home) / run_id
    aside.parent.mkdir(exist_ok=True)
    delete(aside)
    folder.rename(aside)
    os.utime(aside, ns=(now_ns(), now_ns()), follow_symlinks=False)  # since when it lies there


def restore(home: Home, run_id: str) -> None:
    """Bring a removed run back, with all that was written on it. Raises NotFound or Refused."""
    aside = _bin(home) / checked(run_id)
    if run_folder(home, run_id).exists():
        raise Refused(f"{run_id} is there; nothing to bring back")
    try:
        aside.rename(run_folder(home, run_id))
    except FileNotFoundError:
        known = ", ".join(removed(home)[:3]) or "none"
        raise NotFound(
            f"no removed run `{run_id}`: they are kept for {KEPT_DAYS} days; there: {known}"
        ) from None


def removed(home: Home) -> list[str]:
    """Return the runs that can be brought back, the last removed first."""
    with contextlib.suppress(FileNotFoundError), os.scandir(_bin(home)) as found:
        there = [
            (one.stat(follow_symlinks=False).st_mtime_ns, one.name)
            for one in found
            if is_one(one.name)
        ]
        return [name for _, name in sorted(there, reverse=True)]
    return []


def purge(home: Home, older_than_ns: int = KEPT_DAYS * _DAY_NS) -> list[str]:
    """Delete for good what has lain there long enough; returns the ids."""
    gone = []
    for name in removed(home):
        path = _bin(home) / name
        if now_ns() - path.lstat().st_mtime_ns >= older_than_ns:
            delete(path)
            gone.append(name)
    return gone
