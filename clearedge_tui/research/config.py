"""`config/research.toml`: who runs trials, and thresholds that were moved."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.research.gates import THRESHOLDS
from clearedge_tui.research.pool import Local, Pool
from clearedge_tui.research.trial import Setup
from clearedge_tui.settings import Home

FILE = "research.toml"
EXECUTORS = ("local", "dask")


class Executor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who runs trials: this machine (`workers` 0: as many as it has room for), or a cluster."""

    name: str = "local"
    address: str = ""
    workers: int = 0


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    executor: Executor = Executor()
    thresholds: dict[str, float] = {}


def read(home: Home) -> Config:
    """Return the file, or what is usual without one. BadData names what is wrong in it."""
    file = home.config / FILE
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=Config)
    except FileNotFoundError:
        return Config()
    except msgspec.MsgspecError as error:
        raise BadData(f"{file}: {clean_text(error, 160)}") from None
    for name in found.thresholds:
        if name not in THRESHOLDS:
            raise BadData(
                f"{file}: no threshold is called `{clean_text(name)}`{nearest(name, THRESHOLDS)}"
            )
    checked(found.executor)
    return found


def checked(executor: Executor) -> Executor:
    """Return it, or raise UsageError."""
    if executor.name not in EXECUTORS:
        raise UsageError(
            f"executor `{clean_text(executor.name, 40)}`; wanted {' or '.join(EXECUTORS)}"
        )
    if executor.name == "dask" and not executor.address:
        raise UsageError(
            "executor `dask` wants the scheduler's address, such as tcp://10.0.0.5:8786"
        )
    if executor.workers < 0:
        raise UsageError(f"{executor.workers} workers; wanted 1 or more, or 0 for as many as fit")
    return executor


def pools(executor: Executor) -> Callable[[Setup], Pool]:
    """Return what makes the pool of a setup."""
    if checked(executor).name == "dask":
        from clearedge_tui.research.cluster import Dask

        return partial(Dask, address=executor.address)
    return partial(Local, at_once=executor.workers)


def put_thresholds(home: Home, moved: dict[str, float]) -> None:
    """Write the thresholds that differ from the usual ones; the rest of the file stays as it is."""
    import os

    import tomlkit

    file = home.config / FILE
    try:
        document: Any = tomlkit.parse(file.read_text("utf-8"))
    except FileNotFoundError:
        document = tomlkit.document()
    table = tomlkit.table()
    for name, value in sorted(moved.items()):
        table.add(name, value)
    document["thresholds"] = table
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(tomlkit.dumps(document), "utf-8")
    draft.replace(file)
