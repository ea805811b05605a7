"""What people write on a run: tags, a note, a star. Beside the run, and no part of its hashes."""

import fcntl
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import BadData, RetryLater, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.listing import require_run
from clearedge_tui.settings import Home

FILE = "labels.json"
_MOST_TAGS, _MOST_NOTE = 20, 2_000
_PATIENCE_S = 2.0  # a writer holds the lock for one small file


class Labels(msgspec.Struct, frozen=True):
    tags: tuple[str, ...] = ()
    note: str = ""
    star: bool = False


def load(folder: Path) -> Labels:
    """Return what is written on the run of a folder. Raises BadData for a broken file."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Labels)
    except FileNotFoundError:
        return Labels()
    except msgspec.DecodeError as error:
        raise BadData(f"{folder / FILE}: {error}; remove it to start anew") from None


def save(home: Home, run_id: str, labels: Labels) -> Labels:
    """Put these on a run, in one step. Raises NotFound, or UsageError for a tag that is none."""
    folder = require_run(home, run_id)
    kept = Labels(checked_tags(labels.tags), clean_text(labels.note, _MOST_NOTE), labels.star)
    draft = folder / f".{FILE}.{os.getpid()}.{threading.get_ident()}"
    draft.write_bytes(msgspec.json.encode(kept) + b"\n")
    draft.replace(folder / FILE)
    os.utime(home.runs)  # so that an index in memory sees it without looking into every folder
    return kept


def add(home: Home, run_id: str, tags: Iterable[str], note: str = "") -> Labels:
    """Add tags to a run, and a note when one is given."""
    with alone(home, run_id) as folder:
        old = load(folder)
        return save(home, run_id, Labels((*old.tags, *tags), note or old.note, old.star))


def change(
    home: Home,
    run_id: str,
    tags: Iterable[str] = (),
    note: str | None = None,
    star: bool | None = None,
) -> Labels:
    """Change what is given: `-word` among the tags takes one off, an empty note takes it off."""
    with alone(home, run_id) as folder:
        old = load(folder)
        kept = set(old.tags)
        for tag in tags:
            if tag.startswith("-"):
                kept.discard(tag[1:].lower())
            else:
                kept.add(tag)
        said = old.note if note is None else note
        return save(home, run_id, Labels(tuple(kept), said, old.star if star is None else star))


@contextmanager
def alone(home: Home, run_id: str) -> Iterator[Path]:
    """Keep other writers of a run out meanwhile, also those of other processes; else RetryLater."""
    folder = require_run(home, run_id)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, run_id)
        yield folder
    finally:
        os.close(descriptor)


def _lock(descriptor: int, run_id: str) -> None:
    end = monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > end:
                raise RetryLater(
                    f"{run_id} is being written on by another; try again in a moment"
                ) from None
            time.sleep(0.002)
        else:
            return


def checked_tags(given: Iterable[str]) -> tuple[str, ...]:
    """Return tags as they are kept. Raises UsageError for one that is none, or for too many."""
    found = []
    for tag in given:
        word = clean_text(tag, 60).strip().lower()
        if not word or any(sign in word for sign in " ,\"'"):
            raise UsageError(
                f"tag `{clean_text(tag, 60)}`; wanted one word, without commas or quotes"
            )
        found.append(word)
    if len(set(found)) > _MOST_TAGS:
        raise UsageError(f"{len(set(found))} tags; at most {_MOST_TAGS}")
    return tuple(sorted(set(found)))
