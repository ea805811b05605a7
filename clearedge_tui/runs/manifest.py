"""What made a run and what it made: hashes of everything that went in, and of every file that came out.

`inputs_sha256` is over canonical JSON (sorted keys, no spaces), so two runs with the same one had
the same code, settings, data, engine and libraries.
"""

import hashlib
import json
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui import __version__
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.runs.model import BacktestSpec, DataUsed

MANIFEST = "manifest.json"
CODE = "strategy.py"
_LIBRARIES = ("nautilus_trader", "numpy", "pyarrow", "msgspec", "pydantic")


class Inputs(msgspec.Struct, frozen=True):
    """Everything a result depends on."""

    spec_sha256: str  # of the whole specification as canonical JSON
    code_sha256: str  # of the strategy file
    config_sha256: str
    data: tuple[str, ...]  # sha256 of each selection of rows
    market_sha256: str  # of the instrument's precision, steps, limits and fees
    product: str
    python: str
    libraries: dict[str, str]
    seed: int


class Manifest(msgspec.Struct, frozen=True):
    inputs: Inputs
    inputs_sha256: str
    files: dict[str, str]  # name -> sha256
    git_commit: str = ""  # of the folder the strategy lies in
    git_dirty: bool = False
    machine: str = ""


def canonical_sha256(value: Any) -> str:
    """Return the SHA-256 of a value as canonical JSON."""
    plain = msgspec.to_builtins(value, str_keys=True)
    body = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@cache
def libraries() -> dict[str, str]:
    """Return the versions of what computes a result."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "?"
    return found


def inputs(spec: BacktestSpec, code_sha256: str, data: DataUsed | None, market: object) -> Inputs:
    """Return what a run is about to depend on."""
    return Inputs(
        spec_sha256=canonical_sha256(spec),
        code_sha256=code_sha256,
        config_sha256=canonical_sha256(spec.config),
        data=(data.sha256,) if data else (),
        market_sha256=canonical_sha256(market),
        product=__version__,
        python=".".join(map(str, sys.version_info[:3])),
        libraries=libraries(),
        seed=spec.seed,
    )


def _git(folder: Path) -> tuple[str, bool]:
    """Return the commit a folder is at and whether it was changed; empty where there is no git."""
    if not any((one / ".git").exists() for one in (folder, *folder.parents)):
        return "", False  # asking git costs more than writing the report
    try:
        asked = [
            "git",
            "-C",
            str(folder),
            "status",
            "--porcelain=v2",
            "--branch",
            "-uno",
            "--",
            ".",
        ]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=2, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "", False
    lines = done.stdout.splitlines()
    commit = next((one.split()[-1] for one in lines if one.startswith("# branch.oid")), "")
    return commit, any(not one.startswith("#") for one in lines)


def seal(folder: Path, made: Inputs, strategies: Path) -> Manifest:
    """Write the manifest of a run's folder: the last file, over all the others."""
    files = {
        path.name: file_sha256(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix != ".log" and path.name != MANIFEST
    }
    commit, dirty = _git(strategies)
    manifest = Manifest(
        made,
        canonical_sha256(made),
        files,
        commit,
        dirty,
        f"{platform.system()} {platform.machine()}",
    )
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST).write_bytes(body + b"\n")
    return manifest


def load(folder: Path) -> Manifest:
    """Return a run's manifest. Raises NotFound for a run that has none, BadData for a broken one."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise NotFound(
            f"run {folder.name} has no manifest: it failed before its end, or an older version made it"
        ) from None
    except msgspec.DecodeError as error:
        raise BadData(f"{folder / MANIFEST}: {error}") from None
