"""A change of the catalog: files in, files out, seen at once or not at all.

Drafts are written aside. `commit` first writes down what is to be done, as one small file; from
then on the change counts, and whoever comes next finishes what a killed process has begun.
"""

import contextlib
import fcntl
import os
import re
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError, RetryLater
from clearedge_tui.market.place import Place, place
from clearedge_tui.settings import Home

STAGING = ".staging"
_COMMIT = "commit.json"
_WAIT_S = 10.0
_PAUSE_S = 0.01
_ABANDONED_NS = 7 * 86_400 * 1_000_000_000


class _Plan(msgspec.Struct, frozen=True):
    moves: tuple[tuple[str, str], ...]
    drops: tuple[str, ...]


class Change:
    """Collects drafts and drops; nothing is visible before `commit`."""

    def __init__(self, where: Place) -> None:
        self.place = where
        self._folder = f"{STAGING}/{_owner()}~{uuid.uuid4().hex}"
        self._moves: list[tuple[str, str]] = []
        self._drops: list[str] = []

    def __enter__(self) -> "Change":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def draft(self) -> str:
        """Return a path to write a new file to."""
        return f"{self._folder}/{len(self._moves)}-{uuid.uuid4().hex}.parquet"

    def put(self, draft: str, target: str) -> None:
        """Have a written draft take the place of `target`."""
        self._moves.append((draft, target))

    def drop(self, path: str) -> None:
        self._drops.append(path)

    @property
    def empty(self) -> bool:
        return not self._moves and not self._drops

    def commit(self) -> None:
        if self.empty:
            return
        self.place.hold()
        plan = _Plan(tuple(self._moves), tuple(self._drops))
        self.place.write(f"{self._folder}/{_COMMIT}", msgspec.json.encode(plan))
        _carry_out(self.place, self._folder, plan)

    def close(self) -> None:
        """Throw away what was not committed; what cannot be reached now goes with the next writer."""
        with contextlib.suppress(ClearEdgeError, OSError):
            self.place.remove_folder(self._folder)


def _owner() -> str:
    """Name this process so that another can tell whether it lives."""
    return f"{_host()}~{os.getpid()}~{_born(str(os.getpid()))}"


def _host() -> str:
    return re.sub(r"[~/]", "-", socket.gethostname())


def _born(pid: str) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]  # start time in clock ticks since boot


def _alive(where: Place, folder: str) -> bool:
    """Whether the owner of a staging folder is at work still.

    Another machine's is taken for alive until it has written nothing for a week.
    """
    host, pid, born, _ = folder.rpartition("/")[2].split("~")
    if host == _host():
        return bool(born) and _born(pid) == born
    written = [item.mtime_ns for item in where.listing(folder)]
    return not written or max(written) > now_ns() - _ABANDONED_NS


def _carry_out(where: Place, folder: str, plan: _Plan) -> None:
    """Do what a change says. Doing it twice, or the second half of it, comes to the same."""
    fresh = {target for _, target in plan.moves}
    for path in plan.drops:
        if path not in fresh:
            where.remove(path)
    for draft, target in plan.moves:
        try:
            where.move(draft, target)
        except FileNotFoundError:
            continue  # moved before the process was killed
    where.remove_folder(folder)


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the catalog against other writers of this machine; finishes what a killed one left."""
    home.catalog.mkdir(parents=True, exist_ok=True)
    with (home.catalog / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        recover(place(home))
        yield


def recover(where: Place) -> None:
    """Finish what was committed and clear what was left. The caller holds the lock."""
    for name in where.folders(STAGING):
        folder = f"{STAGING}/{name}"
        plan = _committed(where, folder)
        if plan is not None:
            _carry_out(where, folder, plan)
        elif name.count("~") != 3 or not _alive(where, folder):
            where.remove_folder(folder)


def _committed(where: Place, folder: str) -> _Plan | None:
    try:
        return msgspec.json.decode(where.read(f"{folder}/{_COMMIT}"), type=_Plan)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def settle(home: Home, where: Place) -> None:
    """Before reading: let a committed change come to its end, or bring it there."""
    end = monotonic() + _WAIT_S
    while any(_committed(where, f"{STAGING}/{n}") for n in where.folders(STAGING)):
        home.catalog.mkdir(parents=True, exist_ok=True)
        with (home.catalog / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # its writer is at it
                if monotonic() > end:
                    raise RetryLater(
                        f"{where.name}: a change has been under way for {_WAIT_S:.0f} s; try again"
                    ) from None
                time.sleep(_PAUSE_S)
            else:
                recover(where)
