"""What a worker elsewhere needs of a home, and has not: strategies, markets, where the data lie.

No account, no secret and no data go along: bars come from the catalog, which a worker reaches by the
same shared path or in object storage. A kit is named by the hash of what is in it.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.settings import MARKER, Home

_MOST_BYTES = 16 << 20


class Kit(msgspec.Struct, frozen=True):
    """Small files by their place in the home, and where that home lies at the one who asks."""

    root: str
    files: dict[str, bytes]

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for name, body in sorted(self.files.items()):
            digest.update(f"{name}\0{len(body)}\0".encode() + body)
        return digest.hexdigest()


def pack(home: Home) -> Kit:
    """Return a home's kit. Raises UsageError when the strategies are too large to be sent."""
    files = {str(MARKER): (home.root / MARKER).read_bytes()}
    for file in (home.catalog / "markets.json", *sorted(home.strategies.rglob("*.py"))):
        if file.is_file():
            files[str(file.relative_to(home.root))] = file.read_bytes()
    size = sum(map(len, files.values()))
    if size > _MOST_BYTES:
        raise UsageError(
            f"{home.strategies} holds {size / 2**20:.0f} MB of Python; a cluster is sent at most "
            f"{_MOST_BYTES / 2**20:.0f} MB: move what is no strategy elsewhere"
        )
    return Kit(str(home.root), files)


def unpack(kit: Kit) -> Path:
    """Return a home made of a kit, whose catalog is the asker's by the same path, where that exists.

    Made once a process group's temporary folder and kit, all or nothing.
    """
    place = Path(tempfile.gettempdir()) / f"clearedge-kit-{os.getuid()}-{kit.sha256[:16]}"
    if place.is_dir():
        return place
    draft = Path(tempfile.mkdtemp(prefix="clearedge-kit-"))
    for name, body in kit.files.items():
        file = draft / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    shared = Path(kit.root) / "catalog"
    if shared.is_dir():
        shutil.rmtree(draft / "catalog", ignore_errors=True)
        (draft / "catalog").symlink_to(shared)
    try:
        draft.rename(place)
    except OSError:  # another worker of this box was quicker
        shutil.rmtree(draft, ignore_errors=True)
    return place
