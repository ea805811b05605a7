"""Look into strategy files in a child with a time limit: their top level may do anything.

`python -m clearedge_tui.engine.inspect FILE...` writes one JSON array. The results travel through
a pipe of their own, so nothing that a file prints can be taken for one.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from clearedge_tui.contract.info import LoadError, StrategyInfo
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import StrategyFault

_RESULTS = "CLEAREDGE_INSPECT_FD"


class Seen(msgspec.Struct, frozen=True):
    """One line of the child's answer."""

    info: StrategyInfo | None = None
    error: LoadError | None = None


_line = msgspec.json.Decoder(Seen).decode


def inspect_files(paths: Sequence[Path], timeout_s: float) -> list[StrategyInfo | LoadError]:
    """Return what each file holds, in order. Blocks up to `timeout_s` in all.

    A file that ends the child or loops for ever is a LoadError; those behind it are looked at in
    a new child, as long as there is time.
    """
    found: list[StrategyInfo | LoadError] = []
    until = monotonic() + timeout_s
    while len(found) < len(paths):
        rest = paths[len(found) :]
        left = until - monotonic()
        if left <= 0:
            found.extend(
                _failed(path, "not looked at: the time was used up by others") for path in rest
            )
            break
        # the first file may use what time there is, but leaves some to those behind it
        limit = left if len(rest) == 1 else max(left / 2, min(left, 2.0))
        lines, reason = _ask(rest, limit)
        found.extend(lines)
        if len(lines) < len(rest):
            found.append(_failed(rest[len(lines)], reason))
    return found


def _failed(path: Path, reason: str) -> LoadError:
    return LoadError(path.stem, str(path), str(StrategyFault(reason, str(path))))


def _ask(paths: Sequence[Path], limit_s: float) -> tuple[list[StrategyInfo | LoadError], str]:
    """Run one child; return its lines and, when there are too few, why it stopped."""
    read, write = os.pipe()
    command = [sys.executable, "-m", __name__, *map(str, paths)]
    with subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(write,),
        env=os.environ | {_RESULTS: str(write)},  # the child needs ours
        start_new_session=True,
    ) as child:
        os.close(write)
        body, whole = _read_until(read, limit_s)
        if not whole:
            child.kill()
        code = child.wait()
    lines = []
    for line in body.split(b"\n"):
        try:
            seen = _line(line)
        except msgspec.DecodeError:
            break
        one = seen.info or seen.error
        if one is not None:
            lines.append(one)
    if not whole:
        return (
            lines,
            f"does not finish loading within {limit_s:.0f} s (an endless loop at its top level?)",
        )
    return lines, f"ended the process that loaded it (exit code {code})"


def _read_until(fd: int, limit_s: float) -> tuple[bytes, bool]:
    """Return what came until the writer closed, and whether it did so in time."""
    import select

    body = bytearray()
    until = monotonic() + limit_s
    try:
        while (left := until - monotonic()) > 0:
            ready, _, _ = select.select([fd], [], [], left)
            if not ready:
                break
            chunk = os.read(fd, 65536)
            if not chunk:
                return bytes(body), True
            body += chunk
        return bytes(body), False
    finally:
        os.close(fd)


def look(path: Path) -> Seen:
    """Load one file in this process and say what it holds."""
    from clearedge_tui.engine.loading import load

    try:
        return Seen(info=load(path).info)
    except StrategyFault as fault:
        return Seen(error=LoadError(path.stem, str(path), str(fault), fault.line, fault.detail))


def main(arguments: Sequence[str]) -> int:
    """Write one JSON line a file to the result pipe, or one JSON array to stdout without a pipe."""
    pipe = os.environ.pop(_RESULTS, "")  # how the parent names the pipe
    if not pipe:
        seen = [look(Path(one)) for one in arguments]
        sys.stdout.buffer.write(
            msgspec.json.encode([one.info or one.error for one in seen]) + b"\n"
        )
        return 0
    out = int(pipe)
    os.set_inheritable(out, False)
    for one in arguments:
        os.write(out, msgspec.json.encode(look(Path(one))) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
