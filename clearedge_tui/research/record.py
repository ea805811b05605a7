"""Trials kept on disk by what was asked: a study that is taken up again asks only what is missing.

One file a setup, appended to. What a kill leaves half-written at its end is cut off when it is
opened next.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.wire import FrameError, frame
from clearedge_tui.research.trial import Trial

_HEAD = 4
_FLUSHED = 1 << 16


class Kept(msgspec.Struct, frozen=True):
    """A trial under its name."""

    key: str
    trial: Trial


_decode = msgspec.msgpack.Decoder(Kept).decode


class Record:
    """The trials of one setup. Held by one process at a time: RetryLater says that another has it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise RetryLater(
                "another study of the same strategy, market and data is under way; wait for it"
            ) from None
        self._known: dict[str, Trial] = {}
        whole = 0
        for kept, end in frames(path.read_bytes()):
            self._known[kept.key] = kept.trial
            whole = end
        os.ftruncate(self._handle, whole)
        os.lseek(self._handle, whole, os.SEEK_SET)
        self._end = whole

    def get(self, key: str) -> Trial | None:
        return self._known.get(key)

    def put(self, key: str, trial: Trial) -> None:
        """Keep a trial; a full disk raises OSError and leaves the file as it was."""
        data = memoryview(frame(Kept(key, trial)))
        try:
            at = 0
            while at < len(data):
                at += os.write(self._handle, data[at:])
        except OSError:
            os.ftruncate(self._handle, self._end)
            os.lseek(self._handle, self._end, os.SEEK_SET)
            raise
        self._end += len(data)
        self._known[key] = trial

    def close(self) -> None:
        os.close(self._handle)


def frames(data: bytes) -> Iterator[tuple[Kept, int]]:
    """Yield what was kept and where it ends, up to the first part that is not whole."""
    at = 0
    while at + _HEAD <= len(data):
        size = int.from_bytes(data[at : at + _HEAD], "little")
        end = at + _HEAD + size
        if end > len(data):
            return
        try:
            yield _decode(data[at + _HEAD : end]), end
        except (msgspec.DecodeError, FrameError):
            return
        at = end
