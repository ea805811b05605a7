"""A strategy object as the engine calls it: class and module strategies behind one face."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from clearedge_tui.contract._types import Context, FillView, OrderView, Strategy, Tick
from clearedge_tui.contract.schema import Schema

Hook = Callable[..., Any]
OPTIONAL = ("on_fill", "on_order", "on_stop", "should_enter", "entry_quantity")
TAKES = {
    "init": 0,
    "on_tick": 1,
    "render": 0,
    "on_fill": 1,
    "on_order": 1,
    "on_stop": 0,
    "should_enter": 1,
    "entry_quantity": 1,
}


class Hosted:
    """One live strategy. Exceptions of the user's code pass through: the caller guards them."""

    on_tick: Callable[[Tick], None]
    render: Callable[[], dict[str, Any]]
    on_fill: Callable[[FillView], None]
    on_order: Callable[[OrderView], None]
    on_stop: Callable[[], None]

    def __init__(
        self, calls: Mapping[str, Hook], owner: Strategy | None, context: Context, schema: Schema
    ) -> None:
        self.owner = owner
        self._context = context
        self._schema = schema
        self._init = calls["init"]
        self.config: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.should_enter: Hook | None = calls.get("should_enter")
        for name in ("on_tick", "render", "on_fill", "on_order", "on_stop"):
            setattr(self, name, calls[name])

    def init(self) -> Any:
        """Return what the strategy's init returned; the caller checks it and calls `set_state`."""
        return self._init()

    def set_state(self, state: dict[str, Any]) -> None:
        """Give the strategy this state: what init made, or what was kept over a reload."""
        self.state = state
        self._context.state = state
        if self.owner is not None:
            self.owner.state = state

    def set_config(self, values: Mapping[str, object]) -> None:
        """Merge plain values (a subset is enough) into the typed config, in place."""
        self.config.update(self._schema.typed(values))


def host_class(
    made: type[Strategy], context: Context, config: Mapping[str, Any], schema: Schema
) -> Hosted:
    """Create the object of a class strategy. Its constructor sees neither context nor config."""
    owner = made()
    calls = {name: getattr(owner, name) for name in TAKES if hasattr(owner, name)}
    hosted = Hosted(calls, owner, context, schema)
    hosted.config = dict(config)
    owner.context = context
    owner.config = hosted.config
    context.config = hosted.config
    hosted.set_state({})
    return hosted


def host_module(
    module: ModuleType, context: Context, config: Mapping[str, Any], schema: Schema
) -> Hosted:
    """Bind a module's functions to a context: `on_tick(context, tick)` and the like."""
    calls: dict[str, Hook] = {}
    for name in TAKES:
        function = getattr(module, name, None)
        if function is not None:
            calls[name] = _bound(function, context)
        elif name not in ("should_enter", "entry_quantity"):
            calls[name] = _DEFAULTS[name]
    hosted = Hosted(calls, None, context, schema)
    hosted.config = dict(config)
    context.config = hosted.config
    hosted.set_state({})
    return hosted


def _bound(function: Hook, context: Context) -> Hook:
    def call(*args: Any) -> Any:
        return function(context, *args)

    return call


_DEFAULTS: dict[str, Hook] = {
    "init": dict,
    "render": lambda: {"widgets": []},
    "on_fill": lambda fill: None,
    "on_order": lambda order: None,
    "on_stop": lambda: None,
}
