"""Exchanges' sessions kept beside the catalog's index, for processes that must not load pandas.

`python -m clearedge_tui.market.hours_kept FOLDER NAME YEAR…` makes those ten years, once. The files
are a cache: they may be deleted, and another version of the calendars makes its own.
"""

import contextlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import BadData
from clearedge_tui.market import calendars, exchange_hours
from clearedge_tui.market.exchange_hours import Decade
from clearedge_tui.settings import Home

_LIMIT_S = 60.0


def learn(home: Home, name: str, start_ns: int, end_ns: int) -> None:
    """Have an exchange's sessions between two moments at hand. Blocks: a second, the first time.

    Raises BadData when they cannot be made.
    """
    if name in (calendars.ALWAYS, calendars.FX):
        return
    folder = home.catalog / ".index" / "hours"
    wanted = [
        first
        for first in exchange_hours.firsts(start_ns, end_ns)
        if not exchange_hours.at_hand(name, first) and not _read(folder, name, first)
    ]
    if not wanted:
        return
    said = _make(folder, name, wanted)
    lost = [first for first in wanted if not _read(folder, name, first)]
    if lost:
        raise BadData(f"calendar {name}: its sessions of {lost[0]} could not be made: {said}")


def _file(folder: Path, name: str, first: int) -> Path:
    return folder / f"{name}-{first}-{version('exchange-calendars')}.msgpack"


def _read(folder: Path, name: str, first: int) -> bool:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        body = _file(folder, name, first).read_bytes()
        exchange_hours.give(name, first, msgspec.msgpack.decode(body, type=Decade))
        return True
    return False


def _make(folder: Path, name: str, firsts: list[int]) -> str:
    """Make ten years each in a process of its own; return the last line it said."""
    command = [sys.executable, "-m", "clearedge_tui.market.hours_kept", str(folder), name]
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            [*command, *map(str, firsts)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def main(folder: Path, name: str, firsts: list[int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for first in firsts:
        path = _file(folder, name, first)
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.write_bytes(msgspec.msgpack.encode(exchange_hours.decade(name, first)))
        draft.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [int(one) for one in sys.argv[3:]])
