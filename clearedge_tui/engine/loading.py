"""From a strategy file to something the engine can host. Every failure names the user's line."""

import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from clearedge_tui.contract._types import Context, Strategy
from clearedge_tui.contract.info import LoadError, StrategyInfo
from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.core.text import clean_text
from clearedge_tui.engine import native_schema
from clearedge_tui.engine.faults import fault_from
from clearedge_tui.engine.hosted import OPTIONAL, TAKES, Hosted, host_class, host_module

__all__ = ["Hosted", "LoadError", "Loaded", "StrategyInfo", "fault_from", "load"]

_MOST_BYTES = 1_000_000
_LOADED = "clearedge_strategy_"
_OURS = ("clearedge_tui.", "nautilus_trader.trading", "builtins")
_STOPS = re.compile(r"(?i)(?<!on_)stop|bracket|trailing")


class Loaded:
    """A loaded file. Two loads of two versions live side by side: each has its own module."""

    def __init__(
        self, info: StrategyInfo, module: ModuleType, schema: Schema, made: type[Any] | None
    ) -> None:
        self.info = info
        self.module = module
        self.schema = schema
        self._made = made
        self._stops: bool | None = None

    def same_schema(self, raw: object) -> Schema | None:
        """Return this load's schema when a later one of the file declares the same."""
        return self.schema if raw == getattr(self.module, "CONFIG_SCHEMA", None) else None

    @property
    def mentions_stops(self) -> bool:
        """Whether its code speaks of stop orders: the file, modules beside it, its bases'."""
        if self._stops is None:
            self._stops = self._find_stops()
        return self._stops

    def follow(self, before: "Loaded") -> None:
        """Take over what an earlier load of the same code has found out."""
        if before.info.sha256 == self.info.sha256:
            self._stops = before._stops

    def _find_stops(self) -> bool:
        made = self._made.__mro__ if self._made else ()
        names = {one.__module__ for one in made if not one.__module__.startswith(_OURS)}
        files = {getattr(sys.modules.get(name), "__file__", None) for name in names}
        files.add(self.module.__file__)
        folder = f"{Path(self.info.path).parent}/"
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None) or ""
            if file.startswith(folder) and not name.startswith(_LOADED):
                files.add(file)
        return any(_STOPS.search(_text(file)) for file in files if file and file.endswith(".py"))

    def typed(self, config: Mapping[str, object]) -> dict[str, Any]:
        """Return what the strategy sees of a stored config. A bad value is a StrategyFault.

        The file may have changed since: a field it no longer has is left out, a new one has its
        default.
        """
        values, errors = self.schema.check(self.schema.known(config))
        for name, text in errors.items():
            raise StrategyFault(f"config `{name}`: {text}", self.info.path)
        return self.schema.typed(values)

    def create(self, context: Context, config: Mapping[str, Any]) -> Hosted:
        """Create the strategy with a typed config; sets its context, config and an empty state."""
        if self.info.kind == "native":
            raise StrategyFault(
                "a native strategy runs in a node, not behind a context", self.info.path
            )
        try:
            if self._made is None:
                return host_module(self.module, context, config, self.schema)
            return host_class(self._made, context, config, self.schema)
        except Exception as error:  # noqa: BLE001  # guard: the user's constructor
            raise fault_from(error, self.info.path) from None

    @property
    def native_class(self) -> type[Any]:
        """The NautilusTrader Strategy subclass of a native file."""
        if self.info.kind != "native" or self._made is None:
            raise StrategyFault("not a native strategy", self.info.path)
        return self._made

    def native_config(self, values: Mapping[str, Any], **engine: Any) -> Any:
        """Return the configuration object of a native strategy from typed values.

        `instrument_id` and `bar_type` are left out where the class does not take them; what else
        is in `engine` (strategy_id, order_id_tag) always goes through.
        """
        made = native_schema.config_class(self.module, self.native_class)
        taken = native_schema.parameters(made)
        given = {
            k: v for k, v in engine.items() if k not in native_schema.MARKET_KEYS or k in taken
        }
        try:
            return made(**values, **given)
        except Exception as error:  # noqa: BLE001  # guard: the user's configuration class
            raise fault_from(error, self.info.path) from None


def _text(file: str) -> str:
    try:
        return Path(file).read_text("utf-8", "replace")
    except OSError:
        return ""


def load(path: Path, wanted: str = "", before: Loaded | None = None) -> Loaded:
    """Load a strategy file under a name of its own. Every failure is a StrategyFault with a place.

    Runs the file's top level: call it only where the user's code may run. Nothing of it is run when
    its hash is not the `wanted` one. An earlier load of the file spares reading its schema again.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise StrategyFault(f"cannot be read: {error.strerror}", str(path)) from None
    if len(source) > _MOST_BYTES:
        raise StrategyFault(f"{len(source)} bytes; a strategy has at most {_MOST_BYTES}", str(path))
    digest = hashlib.sha256(source).hexdigest()
    if wanted and digest != wanted:
        raise StrategyFault("it was changed while its process was started", str(path))
    module = _run(path, _compiled(path, source), digest)
    try:
        loaded = _understood(path, module, digest, before)
    except StrategyFault as error:
        line = error.line or _line_of(
            source, "CONFIG_SCHEMA" if "CONFIG_SCHEMA" in error.message else ""
        )
        raise StrategyFault(error.message, str(path), line, error.detail) from None
    if before is not None:
        loaded.follow(before)
    return loaded


def _compiled(path: Path, source: bytes) -> CodeType:
    try:
        return compile(source, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
        raise fault_from(error, path) from None


def _run(path: Path, code: CodeType, digest: str) -> ModuleType:
    where = hashlib.sha256(str(path).encode()).hexdigest()[:6]
    module = ModuleType(f"{_LOADED}{path.stem}_{where}_{digest[:12]}")
    module.__file__ = str(path)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # last: a helper beside it never hides what is installed
    sys.modules[module.__name__] = module  # dataclasses and the engine's import paths look here
    try:
        exec(code, module.__dict__)  # noqa: S102  # the user's own file is the point of this function
    except (Exception, SystemExit) as error:  # noqa: BLE001  # guard: the file's top level
        del sys.modules[module.__name__]
        raise fault_from(error, path) from None
    return module


def _understood(
    path: Path, module: ModuleType, digest: str, before: Loaded | None = None
) -> Loaded:
    kind, made = _kind(module)
    raw: Any = getattr(module, "CONFIG_SCHEMA", None)
    if raw is None:
        raw = {}
        if kind == "native" and made is not None:
            raw = native_schema.raw_schema(native_schema.config_class(module, made))
    schema = (before.same_schema(raw) if before is not None else None) or Schema.parse(raw)
    hooks = tuple(name for name in OPTIONAL if kind != "native" and _has(made, module, name))
    doc = inspect.getdoc(made) if made is not None and made.__doc__ else module.__doc__
    first = clean_text((doc or "").strip().split("\n")[0], 200)
    info = StrategyInfo(path.stem, str(path), digest, kind, first, schema.to_plain(), hooks)
    return Loaded(info, module, schema, made)


def _kind(module: ModuleType) -> tuple[str, type[Any] | None]:
    own = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and one.__name__[0] != "_"
    ]
    ours = [one for one in own if issubclass(one, Strategy)]
    native = [one for one in own if _is_native(one)]
    found = list(dict.fromkeys(ours + native))
    if len(found) > 1:
        names = ", ".join(f"{one.__name__} (line {_class_line(one)})" for one in found)
        raise StrategyFault(f"{len(found)} strategy classes: {names}; wanted exactly one in a file")
    if ours:
        _check_class(ours[0])
        return "class", ours[0]
    if native:
        return "native", native[0]
    if callable(getattr(module, "on_tick", None)):
        for name in TAKES:
            _check_takes(getattr(module, name, None), name, TAKES[name] + 1, "context")
        return "module", None
    raise StrategyFault(
        "no strategy: wanted one class based on clearedge_tui.contract.Strategy,"
        " or functions init, on_tick and render"
    )


def _is_native(one: type[Any]) -> bool:
    trading = sys.modules.get("nautilus_trader.trading")
    return trading is not None and issubclass(one, trading.Strategy)


def _has(made: type[Any] | None, module: ModuleType, name: str) -> bool:
    if made is None:
        return callable(getattr(module, name, None))
    return getattr(made, name, None) is not getattr(Strategy, name, None)


def _check_class(made: type[Any]) -> None:
    if made.on_tick is Strategy.on_tick:
        raise StrategyFault(f"{made.__name__} has no on_tick(self, tick)", line=_class_line(made))
    for name in TAKES:
        _check_takes(getattr(made, name, None), name, TAKES[name] + 1, "self")


def _check_takes(function: Callable[..., Any] | None, name: str, count: int, first: str) -> None:
    if function is None:
        return
    code = getattr(function, "__code__", None)
    line = code.co_firstlineno if code else 0
    if inspect.iscoroutinefunction(function):
        raise StrategyFault(f"{name} is async; wanted a plain function", line=line)
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        second = {"on_tick": "tick", "on_fill": "fill", "on_order": "order"}.get(name, "value")
        wanted = f"{first}, {second}" if count == 2 else first
        raise StrategyFault(
            f"{name} takes other arguments; wanted {name}({wanted})", line=line
        ) from None
    except ValueError:
        return  # a built-in without a signature: the first call will tell


def _class_line(made: type[Any]) -> int:
    return int(getattr(made, "__firstlineno__", 0))


def _line_of(source: bytes, word: str) -> int:
    if not word:
        return 0
    lines = source.decode("utf-8", "replace").split("\n")
    return next((n for n, line in enumerate(lines, 1) if line.startswith(word)), 0)
