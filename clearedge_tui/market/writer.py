"""Which home writes a catalog in a bucket: a mark beside the data, so that no two are at it at once.

The lock of the catalog is a file of the home and holds nobody else off. The mark names the home that
wrote first; another one is refused until somebody says that it takes over.
"""

import contextlib
import socket
import uuid
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import Refused
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import Home

MARK = ".writer.json"


class Writer(msgspec.Struct, frozen=True):
    """A home that writes; `id` is its own for good, whatever its machine is called."""

    id: str
    host: str
    root: str
    since_ns: int

    def __str__(self) -> str:
        return (
            f"{clean_text(self.host, 80)}:{clean_text(self.root, 200)} (since {iso(self.since_ns)})"
        )


def of(home: Home) -> Writer:
    """Return this home as a writer. Its id lies in the home's own folder of the catalog."""
    path = home.catalog / MARK
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Writer)
    made = Writer(uuid.uuid4().hex, socket.gethostname(), str(home.root), now_ns())
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(f"{path}.{made.id}")
    draft.write_bytes(msgspec.json.encode(made))
    draft.replace(path)
    return made


def demand(mark: bytes | None, me: Writer, name: str) -> bool:
    """Return whether a place has to be marked first. Raises Refused when it is another home's."""
    if mark is None:
        return True
    try:
        known = msgspec.json.decode(mark, type=Writer)
    except msgspec.DecodeError:
        raise Refused(
            f"{name}/{MARK} cannot be read; if nobody else writes there, {_over(name)}"
        ) from None
    if known.id != me.id:
        raise Refused(
            f"{name} is written by {known}; two at once would spoil it, and nothing was written. "
            f"If that home writes no more, {_over(name)}"
        )
    return False


def _over(name: str) -> str:
    return f"take over: clearedge data move {name} --take-over"
