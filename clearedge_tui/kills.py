"""Kills on the disk: read often and cheaply, written whole, and not needed to be written at all."""

import os
import signal
import socket
import struct
import tempfile
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.kill import TOUCHED, Kill, named
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.settings import Home

_MOST_BYTES = 65_536


class _Words(msgspec.Struct, frozen=True):
    """What may stand in a kill's file. An empty file kills as well."""

    reason: str = ""
    who: str = ""
    at_ns: int = 0


def folder(home: Home) -> Path:
    return home.state / "kill"


def write(home: Home, kill: Kill) -> Path:
    """Put a kill on the disk. Raises OSError when that cannot be done.

    One that is on already stays on since its own moment: who answered it has answered it.
    """
    place = folder(home)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / kill.name
    path.touch(mode=0o600)  # from here on it kills; the words may fail
    old = _with_words(kill, path)
    if old is kill:
        old = msgspec.structs.replace(kill, reason="", who="", at_ns=0)
    words = _Words(
        kill.reason or old.reason, old.who or kill.who, old.at_ns or kill.at_ns or now_ns()
    )
    _replace(path, msgspec.json.encode(words))
    return path


def signal_engines(home: Home) -> list[int]:
    """Tell every gateway and auditor of a home to stop all, by signal; for a disk that takes no file.

    Who listens is asked of the kernel. Takes up to a second for each that does not answer.
    """
    pids = []
    for path in [*home.sockets.glob("gw-*.sock"), *home.sockets.glob("au-*.sock")]:
        try:
            with socket.socket(socket.AF_UNIX) as knock:
                knock.settimeout(1.0)
                knock.connect(str(path))
                raw = knock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            pid = struct.unpack("3i", raw)[0]
            os.kill(pid, signal.SIGUSR2)
        except OSError:
            continue
        pids.append(pid)
    return pids


def running(home: Home) -> list[str]:
    """Return the accounts that have a gateway's socket; nobody may be behind it."""
    return sorted(path.stem.removeprefix("gw-") for path in home.sockets.glob("gw-*.sock"))


def clear(home: Home, kill: Kill) -> None:
    """Take a kill off the disk."""
    (folder(home) / kill.name).unlink(missing_ok=True)
    if not kill.key and kill.name.startswith("global."):
        (home.state / TOUCHED).unlink(missing_ok=True)


class KillFiles:
    """The kills that are on. `look` is cheap enough to be asked many times a second."""

    def __init__(self, home: Home) -> None:
        self._folder = folder(home)
        self._asked = str(self._folder), str(home.state / TOUCHED)  # 25 times a second
        self._stamp: tuple[int, bool] = (-1, False)
        self._found: tuple[Kill, ...] = ()

    def look(self) -> tuple[Kill, ...]:
        """Return the kills on the disk, the strongest of each name's scope and key first."""
        kept, touch = self._asked
        try:
            changed = os.stat(kept).st_mtime_ns  # noqa: PTH116  # a path object costs more than this
        except OSError:
            changed = 0
        touched = os.path.exists(touch)  # noqa: PTH110
        if (changed, touched) != self._stamp:
            self._found = self._read(touched)
            self._stamp = (changed, touched)
        return self._found

    def _read(self, touched: bool) -> tuple[Kill, ...]:
        found = []
        try:
            names = sorted(os.listdir(self._folder))  # noqa: PTH208
        except OSError:
            names = []
        for name in names:
            kill = named(name)
            if kill is not None:
                found.append(_with_words(kill, self._folder / name))
        touch = named(TOUCHED)
        if touched and touch is not None:
            found.append(touch)
        return tuple(sorted(found, key=lambda k: -k.action.rank))


def _with_words(kill: Kill, path: Path) -> Kill:
    try:
        with path.open("rb") as file:
            words = msgspec.json.decode(file.read(_MOST_BYTES), type=_Words)
    except (OSError, msgspec.MsgspecError):
        return kill  # made by hand, or half written: it kills
    return msgspec.structs.replace(kill, reason=words.reason, who=words.who, at_ns=words.at_ns)


def keep_receipt(home: Home, receipt: Receipt) -> bool:
    """Write a receipt down; say whether that was possible. It is written anew as it fills."""
    place = folder(home) / "receipts"
    name = f"{receipt.seen_ns}.{receipt.account}.{receipt.kill}.json"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        _replace(place / name, msgspec.json.encode(receipt))
    except OSError:
        return False
    return True


def receipts(home: Home, most: int = 100) -> list[Receipt]:
    """Return the newest receipts, newest first; what cannot be read is left out."""
    place = folder(home) / "receipts"
    try:
        names = sorted(os.listdir(place), reverse=True)[:most]  # noqa: PTH208
    except OSError:
        return []
    found = []
    for name in names:
        try:
            found.append(msgspec.json.decode((place / name).read_bytes(), type=Receipt))
        except (OSError, msgspec.MsgspecError):
            continue
    return found


class ReceiptFiles:
    """The newest receipts, read again only when one was written."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._stamp = -1
        self._found: tuple[Receipt, ...] = ()

    def look(self) -> tuple[Receipt, ...]:
        try:
            changed = os.stat(folder(self._home) / "receipts").st_mtime_ns  # noqa: PTH116
        except OSError:
            changed = 0
        if changed != self._stamp:
            self._found, self._stamp = tuple(receipts(self._home)), changed
        return self._found


def _replace(path: Path, body: bytes) -> None:
    handle, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
