"""A strategy's state on disk: plain values, and objects of our own contract. Never pickle.

Written by the instance's own process to a temporary name and renamed, so that a kill at any
moment leaves the former state whole.
"""

import importlib
import os
from collections import deque
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


def write(path: Path, state: dict[str, Any], code: str, config_version: int, at_ns: int) -> None:
    """Save the state. Raises StrategyFault naming the key that cannot be kept."""
    raw = msgspec.msgpack.encode(Kept(code, config_version, at_ns, _pack(state, "state")))
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_suffix(".new")
    temp.write_bytes(raw)
    os.replace(temp, path)


def read(path: Path) -> dict[str, Any] | None:
    """Return the kept state, or None when there is none that can be read."""
    try:
        kept = msgspec.msgpack.decode(path.read_bytes(), type=Kept)
        state = _unpack(kept.body)
    except (OSError, msgspec.DecodeError, ImportError, AttributeError, TypeError):
        return None
    return state if isinstance(state, dict) else None


def _pack(value: Any, where: str) -> Any:
    match value:
        case None | bool() | float() | str() | bytes():
            return value
        case int() if -(2**63) <= value < 2**64:
            return value
        case int():
            return {_TAG: "int", "v": str(value)}
        case Decimal():
            return {_TAG: "decimal", "v": str(value)}
        case datetime():
            return {_TAG: "datetime", "v": value.isoformat()}
        case list():
            return [_pack(v, f"{where}[{i}]") for i, v in enumerate(value)]
        case tuple() | set() | frozenset():
            kind = "tuple" if isinstance(value, tuple) else "set"
            return {_TAG: kind, "v": [_pack(v, where) for v in value]}
        case deque():
            return {_TAG: "deque", "v": [_pack(v, where) for v in value], "n": value.maxlen}
        case dict():
            pairs = [[_pack(k, where), _pack(v, f"{where}[{k!r}]")] for k, v in value.items()]
            return {_TAG: "dict", "v": pairs}
    kind = type(value)
    if kind.__module__.startswith(_OURS):
        fields = {k: _pack(v, f"{where}.{k}") for k, v in _fields(value).items()}
        return {_TAG: "object", "t": f"{kind.__module__}:{kind.__qualname__}", "v": fields}
    raise StrategyFault(
        f"{where} is a {kind.__qualname__}, which cannot be kept over a restart; "
        "use plain values or the contract's indicators"
    )


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
    match value[_TAG]:
        case "int":
            return int(body)
        case "decimal":
            return Decimal(body)
        case "datetime":
            return datetime.fromisoformat(body)
        case "tuple":
            return tuple(_unpack(v) for v in body)
        case "set":
            return {_unpack(v) for v in body}
        case "deque":
            return deque((_unpack(v) for v in body), maxlen=value["n"])
        case "dict":
            return {_unpack(k): _unpack(v) for k, v in body}
    module, name = value["t"].split(":")
    if not module.startswith(_OURS):
        raise TypeError(f"{module} is not ours")
    kind = getattr(importlib.import_module(module), name)
    made = kind.__new__(kind)
    for key, item in body.items():
        setattr(made, key, _unpack(item))
    return made
