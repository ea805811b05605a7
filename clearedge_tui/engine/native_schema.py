"""The schema of a native NautilusTrader strategy, read from its configuration class."""

import inspect
import typing
from collections.abc import Mapping
from decimal import Decimal
from types import ModuleType
from typing import Any, Literal

from clearedge_tui.contract.field import plain
from clearedge_tui.core.errors import StrategyFault

# what the engine gives a native configuration; never a field of a form
MARKET_KEYS = frozenset({"instrument_id", "bar_type"})
_TYPES = {int: "int", float: "float", Decimal: "decimal", bool: "bool", str: "string"}


def config_class(module: ModuleType, native: type[Any]) -> type[Any]:
    """Return the StrategyConfig subclass of the strategy, or StrategyConfig itself."""
    from nautilus_trader.trading import StrategyConfig

    found = [
        one
        for one in vars(module).values()
        if isinstance(one, type)
        and issubclass(one, StrategyConfig)
        and one.__module__ == module.__name__
    ]
    if len(found) < 2:
        return found[0] if found else StrategyConfig
    named = [one for one in found if one.__name__ == f"{native.__name__}Config"]
    if named:
        return named[0]
    names = ", ".join(one.__name__ for one in found)
    raise StrategyFault(
        f"several configuration classes ({names}); name one {native.__name__}Config"
    )


def raw_schema(config: type[Any]) -> dict[str, object]:
    """Return a CONFIG_SCHEMA made of the named parameters of the configuration's constructor."""
    taken = parameters(config)
    hints = _hints(config)
    fields: dict[str, object] = {}
    for name, default in taken.items():
        if name in MARKET_KEYS or name in _engine_keys():
            continue
        spec = _spec(hints.get(name, type(default)), default)
        if spec is not None:
            fields[name] = spec
        elif default is inspect.Parameter.empty:
            raise StrategyFault(
                f"{config.__name__}: `{name}` needs a type (int, float, Decimal, bool, str) and a default"
            )
    return fields


def parameters(config: type[Any]) -> Mapping[str, Any]:
    """Return name and default of what the configuration's own constructor takes."""
    maker = _maker(config)
    if maker is None:
        return {}
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    signature = list(inspect.signature(maker).parameters.values())[1:]
    return {one.name: one.default for one in signature if one.kind in kinds}


def _maker(config: type[Any]) -> Any:
    for name in ("__init__", "__new__"):
        for owner in config.__mro__:
            if owner.__module__.startswith("nautilus_trader") or owner is object:
                break
            if name in vars(owner):
                return getattr(owner, name)
    return None


def _hints(config: type[Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(_maker(config))
    except (NameError, TypeError, AttributeError, SyntaxError):
        return {}


def _engine_keys() -> frozenset[str]:
    from nautilus_trader.trading import StrategyConfig

    return frozenset(name for name in dir(StrategyConfig) if not name.startswith("_"))


def _spec(hint: Any, default: Any) -> dict[str, object] | None:
    if default is inspect.Parameter.empty:
        return None
    if typing.get_origin(hint) is Literal:
        choices = list(typing.get_args(hint))
        return {"type": "enum", "choices": choices, "default": default}
    if hint in _TYPES:
        return {"type": _TYPES[hint], "default": plain(default)}
    return None
