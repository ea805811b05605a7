"""A strategy file becomes something to host, or a fault with the user's file and line."""

import textwrap
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clearedge_tui.contract import Context, Tick
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.engine.loading import fault_from, load

Write = Callable[..., Path]

CLASS = '''
"""Crosses."""
from clearedge_tui.contract import Strategy, chart
CONFIG_SCHEMA = {"size": {"type": "decimal", "default": "0.1", "live": True}}

class Cross(Strategy):
    """Buys first."""
    def init(self):
        return {"n": 0}
    def on_tick(self, tick):
        self.state["n"] += 1
        if tick.price < 0:
            raise ValueError("negative price")
    def render(self):
        return {"widgets": [chart.metric("n", self.state["n"])]}
    def on_fill(self, fill):
        self.state["fill"] = fill
'''
MODULE = """
CONFIG_SCHEMA = {"n": {"type": "int", "default": 3}}
def init(context):
    return {"left": context.config["n"]}
def on_tick(context, tick):
    context.state["left"] -= 1
def render(context):
    return {"widgets": [], "left": context.state["left"]}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str, name: str = "sample") -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(text))
        return path

    return make


def door() -> Context:
    return cast(Context, SimpleNamespace())


def test_class_strategy_lives_behind_its_context(write: Write) -> None:
    loaded = load(write(CLASS))
    assert (loaded.info.kind, loaded.info.name, loaded.info.doc) == (
        "class",
        "sample",
        "Buys first.",
    )
    assert loaded.info.hooks == ("on_fill",)
    context = door()
    hosted = loaded.create(context, loaded.typed({"size": "0.25"}))
    assert hosted.config == {"size": Decimal("0.25")} == context.config
    hosted.set_state(hosted.init())
    hosted.on_tick(Tick("bar", 1, 5.0))
    assert hosted.render()["widgets"][0]["value"] == 1
    assert context.state == {"n": 1}
    hosted.set_config({"size": "0.5"})
    assert context.config["size"] == Decimal("0.5")


def test_module_functions_work_without_a_class(write: Write) -> None:
    loaded = load(write(MODULE))
    context = door()
    hosted = loaded.create(context, loaded.typed({}))
    hosted.set_state(hosted.init())
    hosted.on_tick(Tick("bar", 1, 5.0))
    assert loaded.info.kind == "module"
    assert hosted.render()["left"] == 2
    hosted.on_stop()


def test_two_versions_live_side_by_side(write: Write) -> None:
    first = load(write(CLASS))
    second = load(write(CLASS.replace("+= 1", "+= 10")))
    counts = []
    for loaded in (first, second):
        hosted = loaded.create(door(), loaded.typed({}))
        hosted.set_state(hosted.init())
        hosted.on_tick(Tick("bar", 1, 5.0))
        counts.append(hosted.state["n"])
    assert counts == [1, 10]
    assert first.info.sha256 != second.info.sha256


def test_two_instances_of_one_file_share_nothing_of_their_own(write: Write) -> None:
    loaded = load(write(CLASS))
    one, two = (loaded.create(door(), loaded.typed({})) for _ in range(2))
    one.set_state({"n": 7})
    assert two.state == {}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\nif x\n    pass\n", 2, "SyntaxError: expected ':'"),
        ("import nothing_of_that_name\n", 1, "ModuleNotFoundError: No module named"),
        ("x = 1\n\nboom = 1 / 0\n", 3, "ZeroDivisionError"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        ("x = 1\n", 0, "no strategy: wanted one class"),
        (CLASS + CLASS.replace("Cross", "Other"), 0, "2 strategy classes: Cross (line 6), Other"),
        (CLASS.replace("decimal", "decimla"), 4, "unknown type `decimla`; nearest: decimal"),
        (
            CLASS.replace("def on_tick(self, tick)", "def on_tock(self, tick)"),
            6,
            "no on_tick(self, tick)",
        ),
        (CLASS.replace("(self, tick)", "(self)"), 10, "wanted on_tick(self, tick)"),
        (CLASS.replace("def render", "async def render"), 14, "render is async"),
        (MODULE.replace("(context, tick)", "(tick)"), 5, "wanted on_tick(context, tick)"),
        ("class A:\n    def on_tick(self, tick): ...\n", 0, "no strategy"),
        ("x = '\x00'\n", 0, "null bytes"),
    ],
)
def test_a_bad_file_is_a_fault_with_its_line(
    write: Write, text: str, line: int, words: str
) -> None:
    path = write(text)
    with pytest.raises(StrategyFault) as caught:
        load(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert caught.value.line == line


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(StrategyFault, match="cannot be read"):
        load(tmp_path / "none.py")


def test_a_failing_constructor_is_a_fault_with_its_line(write: Write) -> None:
    loaded = load(
        write(
            CLASS.replace(
                "    def init", "    def __init__(self):\n        self.x = y\n    def init"
            )
        )
    )
    with pytest.raises(StrategyFault, match=":9: NameError"):
        loaded.create(door(), loaded.typed({}))


def test_a_bad_config_value_is_a_fault(write: Write) -> None:
    with pytest.raises(StrategyFault, match="config `size`"):
        load(write(CLASS)).typed({"size": "many"})


def test_a_stored_config_outlives_a_field_that_is_gone(write: Write) -> None:
    loaded = load(write(CLASS))
    assert loaded.typed({"size": "0.2", "gone": 7}) == {"size": Decimal("0.2")}


def test_a_fault_points_at_the_deepest_line_in_the_users_file(write: Write) -> None:
    path = write(CLASS.replace('raise ValueError("negative price")', "int('x' * 3)"))
    loaded = load(path)
    hosted = loaded.create(door(), loaded.typed({}))
    hosted.set_state(hosted.init())
    with pytest.raises(ValueError) as caught:
        hosted.on_tick(Tick("bar", 1, -1.0))
    fault = fault_from(caught.value, path)
    assert (fault.line, fault.path) == (13, str(path))
    assert "ValueError: invalid literal" in fault.message
    assert "Traceback" in fault.detail


def test_an_exception_that_cannot_be_shown_is_still_a_fault(tmp_path: Path) -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert "Nasty" in str(fault_from(Nasty(), tmp_path / "a.py"))


NATIVE = """
from decimal import Decimal
from nautilus_trader.model import InstrumentId
from nautilus_trader.trading import Strategy, StrategyConfig

class BuyConfig(StrategyConfig):
    def __new__(cls, instrument_id, size: Decimal = Decimal("0.1"), fast: int = 10, **kw):
        return super().__new__(cls, **kw)
    def __init__(self, instrument_id, size: Decimal = Decimal("0.1"), fast: int = 10, **kw):
        self.instrument_id, self.size, self.fast = instrument_id, size, fast

class Buy(Strategy):
    def __init__(self, config):
        super().__init__(config)
        self.conf = config
"""


@pytest.mark.slow
def test_native_strategy_gets_its_schema_from_its_configuration(write: Write) -> None:
    from nautilus_trader.model import StrategyId

    loaded = load(write(NATIVE))
    assert loaded.info.kind == "native"
    assert loaded.schema.defaults() == {"size": "0.1", "fast": 10}
    config: Any = loaded.native_config(
        loaded.typed({"fast": 5}),
        strategy_id=StrategyId("Buy-1"),
        order_id_tag="1",
        instrument_id="BTCUSDT.SIM",
        bar_type="not taken by this class",
    )
    made = loaded.native_class(config)
    assert (made.conf.fast, made.conf.size, made.conf.instrument_id) == (
        5,
        Decimal("0.1"),
        "BTCUSDT.SIM",
    )
    assert str(config.strategy_id) == "Buy-1"


@pytest.mark.slow
def test_native_configuration_without_default_is_named(write: Write) -> None:
    with pytest.raises(StrategyFault, match="`fast` needs a type"):
        load(write(NATIVE.replace("fast: int = 10", "*, fast")))
