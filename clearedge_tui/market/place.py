"""Where the catalog's files lie: a folder of this machine or a prefix of an S3 bucket.

The same code reads and writes both; paths are relative to the catalog and use `/`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pyarrow as pa
from pyarrow import fs

from clearedge_tui.core.errors import ClearEdgeError, Refused, RetryLater, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import writer
from clearedge_tui.settings import Home, S3Options, load_options

_S3_TIMEOUT_S = 20.0


class Item(msgspec.Struct, frozen=True):
    """A file that is there."""

    path: str
    size: int
    mtime_ns: int


class Place:
    """Whole files under one root. A missing file is FileNotFoundError, as ever."""

    def __init__(
        self, system: Any, root: str, name: str, local: Path | None, home: Home | None = None
    ) -> None:
        self._fs = system
        self._root = root
        self._home = home  # of a bucket: who asks
        self.name = name  # as messages call it
        self.local = local

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def listing(self, under: str) -> list[Item]:
        """Return every file below a folder, by path; nothing when the folder is not there."""
        if self.local is not None:
            return sorted(_walk(self._root, under), key=lambda item: item.path)
        selector = fs.FileSelector(self._full(under), recursive=True, allow_not_found=True)
        cut = len(self._root) + 1
        return sorted(
            (
                Item(info.path[cut:], info.size, info.mtime_ns or 0)
                for info in self._asked(lambda: self._fs.get_file_info(selector))
                if info.type == fs.FileType.File
            ),
            key=lambda item: item.path,
        )

    def item(self, path: str) -> Item | None:
        """Return a file as it is now; None when it is not there."""
        if self.local is not None:
            return _item(self.local / path, path)
        info = self._asked(lambda: self._fs.get_file_info(self._full(path)))
        there = info.type == fs.FileType.File
        return Item(path, info.size, info.mtime_ns or 0) if there else None

    def folders(self, under: str) -> list[str]:
        """Return the names of the folders directly below one."""
        if self.local is not None:
            try:
                with os.scandir(f"{self._root}/{under}") as found:
                    return sorted(entry.name for entry in found if entry.is_dir())
            except FileNotFoundError:
                return []
        selector = fs.FileSelector(self._full(under), recursive=False, allow_not_found=True)
        found = self._asked(lambda: self._fs.get_file_info(selector))
        return sorted(one.base_name for one in found if one.type == fs.FileType.Directory)

    def open(self, path: str) -> Any:
        """Return a random-access file for reading."""
        return self._asked(lambda: self._fs.open_input_file(self._full(path)))

    def read(self, path: str) -> bytes:
        with self.open(path) as file:
            body: bytes = file.read()
        return body

    @contextmanager
    def writing(self, path: str) -> Iterator[Any]:
        """Give a file to write. It is there whole (and on disk) when the block ends, or not at all."""
        if self.local is not None:
            full = self.local / path
            full.parent.mkdir(parents=True, exist_ok=True)
            with full.open("wb") as handle:
                yield pa.PythonFile(handle, mode="w")
                handle.flush()
                os.fsync(handle.fileno())
            return
        stream = self._asked(lambda: self._fs.open_output_stream(self._full(path)))
        with stream:
            yield stream

    def write(self, path: str, body: bytes) -> None:
        """Write a small file at once: readers see the old one or the new one."""
        if self.local is None:
            with self.writing(path) as file:
                file.write(body)
            return
        draft = f"{path}.new"
        with self.writing(draft) as file:
            file.write(body)
        self.move(draft, path)

    def hold(self, take_over: bool = False) -> None:
        """Make sure that no other home writes here. Raises Refused when one does.

        The first writer leaves its mark. Two that come to an unmarked bucket within the same moment
        are told apart by whose mark stays.
        """
        if self._home is None:
            return
        me = writer.of(self._home)
        if take_over or writer.demand(self._mark(), me, self.name):
            self.write(writer.MARK, msgspec.json.encode(me))
            writer.demand(self._mark(), me, self.name)

    def _mark(self) -> bytes | None:
        try:
            return self.read(writer.MARK)
        except FileNotFoundError:
            return None

    def move(self, source: str, target: str) -> None:
        if self.local is not None:
            (self.local / target).parent.mkdir(parents=True, exist_ok=True)
            (self.local / source).replace(self.local / target)
            return
        if self._asked(lambda: self._fs.get_file_info(self._full(source))).type != fs.FileType.File:
            raise FileNotFoundError(source)
        self._asked(lambda: self._fs.move(self._full(source), self._full(target)))

    def remove(self, path: str) -> None:
        """Delete a file; one that is gone already is fine."""
        if self.local is not None:
            (self.local / path).unlink(missing_ok=True)
            return
        try:
            self._asked(lambda: self._fs.delete_file(self._full(path)))
        except FileNotFoundError:
            return

    def remove_folder(self, path: str) -> None:
        try:
            self._asked(lambda: self._fs.delete_dir(self._full(path)))
        except FileNotFoundError:
            return

    def _asked(self, call: Any) -> Any:
        """Ask the file system; what S3 answers comes back as one line that says what to do."""
        try:
            return call()
        except FileNotFoundError:
            raise
        except OSError as error:
            if self.local is not None:
                raise
            words = clean_text(str(error), 300)
            if "ACCESS_DENIED" in words or "403" in words or "InvalidAccessKey" in words:
                raise ClearEdgeError(
                    f"{self.name}: access denied; check the secrets s3_access_key and s3_secret_key ({words})"
                ) from None
            if "NO_SUCH_BUCKET" in words:
                raise Refused(
                    f"{self.name}: there is no such bucket; make it, or mend `catalog`"
                ) from None
            raise RetryLater(f"{self.name}: {words}") from None


def _walk(root: str, under: str) -> Iterator[Item]:
    waiting = [under]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(f"{root}/{folder}") as found:
                for entry in found:
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir():
                        waiting.append(path)
                    elif (item := _item(entry, path)) is not None:
                        yield item
        except (FileNotFoundError, NotADirectoryError):
            continue


def _item(entry: os.DirEntry[str] | Path, path: str) -> Item | None:
    try:
        stat = entry.stat()
    except FileNotFoundError:  # taken away a moment ago; the others are there still
        return None
    return Item(path, stat.st_size, stat.st_mtime_ns)


def place(home: Home) -> Place:
    """Return where this home's catalog lies. Raises UsageError when the setting is not understood."""
    return at(home, load_options(home).catalog)


def at(home: Home, line: str) -> Place:
    """Return the place a `catalog = …` line means; empty is the folder of the home."""
    if not line:
        return _local(home)
    return _remote(home, line, load_options(home).s3)


@lru_cache(maxsize=8)
def _local(home: Home) -> Place:
    return Place(fs.LocalFileSystem(), str(home.catalog), str(home.catalog), home.catalog)


@lru_cache(maxsize=8)
def _remote(home: Home, line: str, options: S3Options) -> Place:
    from clearedge_tui.secrets import secret

    url = urlsplit(line)
    root = f"{url.netloc}{url.path}".strip("/")
    if url.scheme != "s3" or not root:
        raise UsageError(
            f"catalog = `{clean_text(line)}` in {home.config / 'clearedge.toml'}; "
            "wanted s3://bucket/prefix, or no such line for the folder `catalog`"
        )
    key, word = secret(home, "s3_access_key"), secret(home, "s3_secret_key")
    endpoint = urlsplit(options.endpoint)
    system = fs.S3FileSystem(
        access_key=key.reveal() if key else None,
        secret_key=word.reveal() if word else None,
        region=options.region or None,
        endpoint_override=endpoint.netloc or None,
        scheme=endpoint.scheme or "https",
        connect_timeout=_S3_TIMEOUT_S,
        request_timeout=_S3_TIMEOUT_S,
    )
    return Place(system, root, line, None, home)
