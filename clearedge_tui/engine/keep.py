"""A strategy's state on disk: plain values, and objects of our own contract. Never pickle.

Written by the instance's own process to a temporary name and renamed, so that a kill at any
moment leaves the former state whole.
"""

import errno
import importlib
import os
from collections import deque
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.core.errors import StrategyFault

_OURS = "clearedge_tui.contract."
_TAG = "$"


class Kept(msgspec.Struct, frozen=True):
    code: str
    config_version: int
    at_ns: int
    body: Any


def packed(state: dict[str, Any]) -> bytes:
    """Return the state as bytes, equal for equal states. Raises StrategyFault naming a bad key."""
    return msgspec.msgpack.encode(_pack(state, "state"))


def write(path: Path, state: dict[str, Any], code: str, config_version: int, at_ns: int) -> None:
    """Save the state. Raises StrategyFault naming the key that cannot be kept."""
    write_packed(path, packed(state), code, config_version, at_ns)


def write_packed(path: Path, body: bytes, code: str, config_version: int, at_ns: int) -> None:
    """Save what `packed` gave."""
    raw = msgspec.msgpack.encode(Kept(code, config_version, at_ns, msgspec.Raw(body)))
    name = os.fspath(path)
    draft = f"{name.removesuffix(path.suffix)}.new"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:  # once a second in each of a hundred processes: no file object in between
        if os.write(handle, raw) != len(raw):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), draft)
    finally:
        os.close(handle)
    os.replace(draft, name)  # noqa: PTH105  # see above


def read(path: Path) -> dict[str, Any] | None:
    """Return the kept state, or None when there is none that can be read."""
    try:
        kept = msgspec.msgpack.decode(path.read_bytes(), type=Kept)
        state = _unpack(kept.body)
    except (OSError, msgspec.DecodeError, ImportError, AttributeError, TypeError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def _pack(value: Any, where: str) -> Any:
    if value is None or type(value) in _PLAIN:
        return value
    if type(value) is list:
        return [_pack(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else {_TAG: "int", "v": str(value)}
    for kind, name, write_ in _WRITERS:
        if isinstance(value, kind):
            return {_TAG: name, **write_(value, where)}
    made = type(value)
    if made.__module__.startswith(_OURS):
        fields = {k: _pack(v, f"{where}.{k}") for k, v in _fields(value).items()}
        return {_TAG: "object", "t": f"{made.__module__}:{made.__qualname__}", "v": fields}
    raise StrategyFault(
        f"{where} is a {made.__qualname__}, which cannot be kept over a restart; "
        "use plain values or the contract's indicators"
    )


def _items(value: Any, where: str) -> dict[str, Any]:
    return {"v": [_pack(v, where) for v in value]}


_PLAIN = (bool, float, str, bytes)
_WRITERS: tuple[tuple[Any, str, Callable[[Any, str], dict[str, Any]]], ...] = (
    (Decimal, "decimal", lambda v, _: {"v": str(v)}),
    (datetime, "datetime", lambda v, _: {"v": v.isoformat()}),
    (deque, "deque", lambda v, w: _items(v, w) | {"n": v.maxlen}),
    (tuple, "tuple", _items),
    ((set, frozenset), "set", _items),
    (
        dict,
        "dict",
        lambda v, w: {"v": [[_pack(k, w), _pack(x, f"{w}[{k!r}]")] for k, x in v.items()]},
    ),
)
_READERS: dict[str, Callable[[Any, Any], Any]] = {
    "int": lambda body, _: int(body),
    "decimal": lambda body, _: Decimal(body),
    "datetime": lambda body, _: datetime.fromisoformat(body),
    "tuple": lambda body, _: tuple(map(_unpack, body)),
    "set": lambda body, _: set(map(_unpack, body)),
    "deque": lambda body, whole: deque(map(_unpack, body), maxlen=whole["n"]),
    "dict": lambda body, _: {_unpack(k): _unpack(v) for k, v in body},
}


def _fields(value: object) -> dict[str, Any]:
    slots = [s for k in type(value).__mro__ for s in getattr(k, "__slots__", ())]
    found = {s: getattr(value, s) for s in slots if hasattr(value, s)}
    return found | getattr(value, "__dict__", {})


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(v) for v in value]
    if not isinstance(value, dict):
        return value
    body = value["v"]
    if value[_TAG] in _READERS:
        return _READERS[value[_TAG]](body, value)
    module, name = value["t"].split(":")
    if not module.startswith(_OURS):
        raise TypeError(f"{module} is not ours")
    kind = getattr(importlib.import_module(module), name)
    made = kind.__new__(kind)
    for key, item in body.items():
        setattr(made, key, _unpack(item))
    return made
