"""What made a run and what it made: hashes of everything that went in, and of every file that came out.

`inputs_sha256` is over canonical JSON (sorted keys, no spaces), so two runs with the same one had
the same code, settings, data, engine and libraries.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui import __version__
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.runs.model import BacktestSpec, DataUsed

MANIFEST = "manifest.json"
CODE = "strategy.py"
# what people write beside a run is no part of it, nor is what goes when it has its place
_UNSEALED = (MANIFEST, "labels.json", "pids", "equity.log")
_LOCKS = ("requirements.lock", "uv.lock", "pylock.toml", "poetry.lock", "pdm.lock")
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
    imports: dict[str, str] = {}  # the strategy's own modules: file -> sha256
    environment: str = ""  # sha256 over the names and versions of all that is installed


class Manifest(msgspec.Struct, frozen=True):
    inputs: Inputs
    inputs_sha256: str  # empty when the run ended before all of them were known
    files: dict[str, str]  # name -> sha256
    git_commit: str = ""  # of the folder the strategy lies in
    git_dirty: bool = False
    machine: str = ""
    locks: dict[str, str] = {}  # lock files of the home -> sha256


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


def environment() -> str:
    """Return a hash over what is installed: packages are folders named by name and version.

    Asked anew by each worker: what is installed while its farm lives, it may import.
    """
    folder = sysconfig.get_path("purelib")
    return _environment(folder, Path(folder).stat().st_mtime_ns)


@lru_cache(1)
def _environment(folder: str, changed_ns: int) -> str:
    del changed_ns  # when a package came or went
    with os.scandir(folder) as found:
        names = sorted(one.name for one in found if one.name.endswith(".dist-info"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def imports(strategies: Path, strategy: Path) -> dict[str, str]:
    """Return the modules beside a strategy that this process has imported."""
    found, below = {}, f"{strategies}{os.sep}"  # as text: a thousand Paths cost 70 ms
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if name and name.startswith(below) and name != str(strategy):
            found[name.removeprefix(below)] = file_sha256(Path(name))
    return dict(sorted(found.items()))


def python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def machine() -> str:
    """Return what computes here: system, processor, cores, memory."""
    try:
        told = Path("/proc/cpuinfo").read_text()
        model = next(x.partition(": ")[2] for x in told.splitlines() if x.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}"
    return f"{system}, {model}, {os.cpu_count()} cores, {memory:.0f} GiB"


def identity(spec: BacktestSpec) -> BacktestSpec:
    """Return a specification without what changes no result: words, permissions, the data's name."""
    return msgspec.structs.replace(spec, fees_of="", accept=(), fetch=True, data_sha256="")


def inputs(
    spec: BacktestSpec,
    code_sha256: str,
    data: DataUsed | None,
    market: object,
    own: dict[str, str] | None = None,
) -> Inputs:
    """Return what a run is about to depend on; `own` are the strategy's own modules."""
    return Inputs(
        spec_sha256=canonical_sha256(identity(spec)),
        code_sha256=code_sha256,
        config_sha256=canonical_sha256(spec.config),
        data=(data.sha256,) if data else (),
        market_sha256=canonical_sha256(market),
        product=__version__,
        python=python(),
        libraries=libraries(),
        seed=spec.seed,
        imports=own or {},
        environment=environment(),
    )


def asked_for(spec: BacktestSpec) -> Inputs:
    """Return what is known of a run that somebody else has ended: nothing of code, data and market."""
    return Inputs(
        spec_sha256=canonical_sha256(identity(spec)),
        code_sha256="",
        config_sha256=canonical_sha256(spec.config),
        data=(),
        market_sha256="",
        product=__version__,
        python=python(),
        libraries=libraries(),
        seed=spec.seed,
    )


def told(made: Inputs) -> list[tuple[str, str]]:
    """Return what made a run as names and values, for a person."""
    versions = ", ".join(f"{name} {version}" for name, version in made.libraries.items())
    return [
        ("code sha256", made.code_sha256),
        *((f"module {name}", sha256) for name, sha256 in made.imports.items()),
        ("config sha256", made.config_sha256),
        ("market sha256", made.market_sha256),
        ("seed", str(made.seed)),
        ("made by", f"ClearEdge {made.product}, Python {made.python}, {versions}"),
    ]


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


def seal(folder: Path, made: Inputs, strategies: Path, home: Path) -> Manifest:
    """Write the manifest of a run's folder: the last file, over all the others."""
    files = {
        path.name: file_sha256(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in _UNSEALED
    }
    commit, dirty = _git(strategies)
    manifest = Manifest(
        made,
        canonical_sha256(made) if made.code_sha256 else "",
        files,
        commit,
        dirty,
        machine(),
        {name: file_sha256(home / name) for name in _LOCKS if (home / name).is_file()},
    )
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / MANIFEST).write_bytes(body + b"\n")
    return manifest


def damaged(folder: Path, made: Manifest) -> tuple[str, ...]:
    """Return the files that are not what was written."""
    return tuple(
        name
        for name, sha256 in made.files.items()
        if not (folder / name).is_file() or file_sha256(folder / name) != sha256
    )


def load(folder: Path) -> Manifest:
    """Return a run's manifest. Raises NotFound for a run that has none, BadData for a broken one."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise NotFound(f"run {folder.name} has no manifest: an older version made it") from None
    except msgspec.DecodeError as error:
        raise BadData(f"{folder / MANIFEST}: {error}") from None
