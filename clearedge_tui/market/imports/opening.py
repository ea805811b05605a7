"""What a file is, by its first bytes and never by its name, and its bytes without the packing."""

import lzma
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text

HEAD = 65_536
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bz2",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
}


class Form(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    DBN = "dbn"


def form_of(path: Path) -> tuple[Form, str]:
    """Return what a file is and how it is packed; raises UsageError when there is none."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    with path.open("rb") as handle:
        start = handle.read(8)
    if start.startswith(b"PAR1"):
        return Form.PARQUET, ""
    packing = next((name for mark, name in _PACKED.items() if start.startswith(mark)), "")
    return (Form.DBN if head(path, packing)[:3] == b"DBN" else Form.CSV), packing


def stream(path: Path, packing: str) -> Any:
    """Return the unpacked bytes as a stream to read once."""
    if not packing:
        return pa.OSFile(str(path))
    if packing == "xz":
        return pa.PythonFile(lzma.open(path, "rb"), mode="r")
    if packing == "zip":
        archive = zipfile.ZipFile(path)
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise BadData(f"{path}: an archive of {len(names)} files; unpack it and import one")
        return pa.PythonFile(archive.open(names[0]), mode="r")
    return pa.CompressedInputStream(pa.OSFile(str(path)), packing)


# what the readers of packed files raise for one that is cut off or spoilt
UNREADABLE = (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowInvalid)


def head(path: Path, packing: str) -> bytes:
    """Return the first unpacked bytes."""
    try:
        with stream(path, packing) as source:
            found: bytes = source.read(HEAD)
    except UNREADABLE as error:
        raise spoilt(path, error) from None
    return found


def spoilt(path: Path, error: BaseException) -> BadData:
    """Return what to say of a file that breaks off or does not unpack."""
    words = clean_text(str(error).split("\n")[0], 160) or type(error).__name__
    return BadData(f"{path}: cannot be read to its end ({words}); nothing was written")
