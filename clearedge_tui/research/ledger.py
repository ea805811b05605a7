"""The ledger of everything ever tried: trials of studies, backtests by hand, looks at held-out data.

Append-only, one JSON object a line, under `state/research/ledger.jsonl`. How many variants a strategy
has had is what its deflated Sharpe ratio is deflated by: code, settings, market and timeframe make a
variant, so an edit by hand counts as much as a trial of an optimiser.
"""

import fcntl
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.runs.manifest import canonical_sha256
from clearedge_tui.settings import Home

_DIGITS = 12
STUDY, RUN, LOOK, THRESHOLD = "study", "run", "look", "threshold"


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry. `configs` are the first digits of each config's sha256."""

    at_ns: int
    kind: str
    strategy: str
    market: str = ""
    timeframe: str = ""
    code: str = ""
    configs: tuple[str, ...] = ()
    start_ns: int = 0  # of the held-out window of a look
    end_ns: int = 0
    run: str = ""
    note: str = ""


_decode = msgspec.json.Decoder(Line).decode


def path(home: Home) -> Path:
    return home.state / "research" / "ledger.jsonl"


def named(config: Mapping[str, object]) -> str:
    """Return the short name of a config with all its settings."""
    return canonical_sha256(dict(config))[:_DIGITS]


def add(home: Home, line: Line) -> None:
    """Append a line and have it on disk. A line that a crash left half is ended first."""
    file = path(home)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + msgspec.json.encode(line) + b"\n"
        if os.write(handle, data) != len(data):
            os.ftruncate(handle, size)
            raise OSError(28, os.strerror(28), str(file))
        os.fdatasync(handle)
    finally:
        os.close(handle)


def note(
    home: Home, kind: str, strategy: str, market: str, timeframe: str, code: str,
    configs: Iterable[Mapping[str, object]], run: str = "", start_ns: int = 0, end_ns: int = 0,
    text: str = "",
) -> None:  # fmt: skip
    """Add a line for some configs."""
    names = tuple(dict.fromkeys(map(named, configs)))
    add(
        home,
        Line(
            now_ns(), kind, strategy, market, timeframe, code[:_DIGITS], names, start_ns, end_ns, run,
            text,
        ),
    )  # fmt: skip


def read(home: Home) -> list[Line]:
    """Return all whole lines, oldest first."""
    try:
        raw = path(home).read_bytes()
    except FileNotFoundError:
        return []
    found = []
    for row in raw.split(b"\n"):
        try:
            found.append(_decode(row))
        except msgspec.DecodeError:
            continue  # the torn end of a crash
    return found


def variants(lines: Iterable[Line], strategy: str) -> int:
    """Return how many variants of a strategy were ever tried, on any market and timeframe."""
    return len(
        {
            (line.code, config, line.market, line.timeframe)
            for line in lines
            if line.strategy == strategy and line.kind in (STUDY, RUN)
            for config in line.configs
        }
    )


def revisions(lines: Iterable[Line], strategy: str) -> int:
    """Return how many versions of a strategy's file were ever run."""
    return len({one.code for one in lines if one.strategy == strategy and one.code})


def looks(
    lines: Iterable[Line], strategy: str, market: str, timeframe: str, start_ns: int, end_ns: int
) -> int:
    """Return how many variants were shown held-out data that overlap a window.

    The same variant shown again teaches nothing new and is not counted again.
    """
    return len(
        {
            (line.code, config)
            for line in lines
            if line.kind == LOOK
            and (line.strategy, line.market, line.timeframe) == (strategy, market, timeframe)
            and line.start_ns < end_ns
            and start_ns < line.end_ns
            for config in line.configs
        }
    )
