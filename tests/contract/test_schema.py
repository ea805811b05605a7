"""One declaration of fields is the rule for everybody who gives a value."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.errors import StrategyFault, UsageError

EMA: dict[str, Any] = {
    "fast": {"type": "int", "default": 12, "min": 2, "max": 200, "unit": "bars", "live": True},
    "slow": {"type": "int", "default": 48, "min": 3, "max": 500, "search": [20, 200, 5]},
    "size": {"type": "decimal", "default": "0.10", "min": "0"},
    "$rules": ["fast < slow"],
}
EVERY: dict[str, Any] = {
    "a": {"type": "int", "default": 1},
    "b": {"type": "float", "default": 1.5, "min": 0, "max": 2, "step": 0.5},
    "c": {"type": "decimal", "default": "0.1"},
    "d": {"type": "bool", "default": False},
    "e": {"type": "enum", "default": "slow", "choices": ["slow", "quick"]},
    "f": {"type": "string", "default": "x", "max": 5, "secret": True},
    "g": {"type": "duration", "default": "1h30m", "max": "1d"},
    "h": {"type": "market", "default": "BTC/USDT"},
    "i": {"type": "list", "item": "decimal", "default": ["0.1", "0.2"], "min": 0, "help": "levels"},
    "copy": {"type": "int", "default": 0},
    "model_config": {"type": "int", "default": 0},
}


def test_text_of_a_form_becomes_plain_values() -> None:
    values, errors = Schema.parse(EMA).check({"fast": " 10 ", "size": "0.250"})
    assert not errors
    assert values == {"fast": 10, "slow": 48, "size": "0.250"}


def test_typed_values_are_what_a_strategy_computes_with() -> None:
    schema = Schema.parse(EVERY)
    typed = schema.typed(schema.defaults())
    assert typed["c"] == Decimal("0.1")
    assert typed["g"] == 5400
    assert typed["i"] == [Decimal("0.1"), Decimal("0.2")]


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ({"fast": 1}, "fast", "1 is too low; at least 2 bars"),
        ({"slow": "501"}, "slow", "501 is too high; at most 500"),
        ({"fast": "x"}, "fast", "`x` is no whole number"),
        ({"fast": True}, "fast", "no whole number"),
        ({"fast": 2.5}, "fast", "no whole number"),
        ({"fast": None}, "fast", "no whole number"),
        ({"size": "NaN"}, "size", "no number"),
        ({"size": "1e999999999"}, "size", "no number|too many digits"),
        ({"size": float("inf")}, "size", "no number"),
        ({"size": "-1"}, "size", "too low"),
        ({"fasst": 3}, "fasst", "unknown field; nearest: fast"),
        ({"fast": 50, "slow": 40}, "slow", "wanted fast < slow; found fast 50, slow 40"),
    ],
)
def test_a_wrong_value_names_field_and_what_was_wanted(
    raw: dict[str, object], field: str, words: str
) -> None:
    values, errors = Schema.parse(EMA).check(raw)
    assert not values
    assert any(word in errors[field] for word in words.split("|")), errors


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ({"d": "perhaps"}, "d", "neither yes nor no"),
        ({"e": "slw"}, "e", "slw is no choice; nearest: slow"),
        ({"f": "abcdef"}, "f", "at most 5"),
        ({"f": "a\x1b[2J"}, "f", "does not fit"),
        ({"g": "2x"}, "g", "wanted 90s, 5m, 1h30m"),
        ({"g": "2d"}, "g", "too high"),
        ({"h": "../etc"}, "h", "no market"),
        ({"i": "0.1, -2"}, "i", "value 2: -2 is too low"),
        ({"i": "[1, [2]]"}, "i", "value 2"),
    ],
)
def test_every_type_refuses_in_words(raw: dict[str, object], field: str, words: str) -> None:
    _, errors = Schema.parse(EVERY).check(raw)
    assert words in errors[field]


def test_a_broken_rule_shows_on_each_field_it_names() -> None:
    _, errors = Schema.parse(EMA).check({"fast": 100})
    assert errors.keys() == {"fast", "slow"}


def test_validate_raises_every_error_at_once() -> None:
    with pytest.raises(UsageError, match=r"fast: .*; slow: |slow: .*; fast: "):
        Schema.parse(EMA).validate({"fast": 0, "slow": 0})


def test_a_secret_is_not_repeated_in_its_error() -> None:
    schema = Schema.parse({"key": {"type": "string", "default": "", "max": 3, "secret": True}})
    _, errors = schema.check({"key": "hunter2"})
    assert "hunter2" not in errors["key"]


def test_live_fields_are_those_declared_live() -> None:
    assert Schema.parse(EMA).live_fields == {"fast"}


def test_plain_form_survives_json() -> None:
    for raw in (EMA, EVERY):
        schema = Schema.parse(raw)
        again = Schema.from_plain(json.loads(json.dumps(schema.to_plain())))
        assert again.to_plain() == schema.to_plain()
        assert again.defaults() == schema.defaults()


def test_the_model_describes_itself() -> None:
    properties = Schema.parse(EMA).model().model_json_schema()["properties"]
    assert properties["fast"]["minimum"] == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            {"fast": {"type": "int", "default": 1, "mni": 2}},
            "field `fast`: unknown key `mni`; nearest: min",
        ),
        ({"fast": {"type": "integer", "default": 1}}, "unknown type `integer`; nearest: int"),
        ({"fast": {"type": "int"}}, "`default` is missing"),
        ({"fast": {"type": "int", "default": 1, "min": 2}}, "its default is wrong: 1 is too low"),
        ({"fast": {"type": "int", "default": 1, "min": 3, "max": 2}}, "min 3 is above max 2"),
        ({"fast": {"type": "bool", "default": True, "min": 0}}, "`min` means nothing"),
        ({"fast": {"type": "enum", "default": "a"}}, "`choices` goes with type enum"),
        ({"fast": {"type": "list", "default": []}}, "`item` goes with type list"),
        ({"fast": {"type": "list", "item": "list", "default": []}}, "cannot hold lists"),
        ({"fast": 3}, "wanted a dict"),
        ({"f-st": {"type": "int", "default": 1}}, "cannot be a field's name"),
        ({"fast": {"type": "int", "default": 1, "search": [5, 2]}}, "`search` is no range"),
        ({"fast": {"type": "int", "default": 1, "search": [1, 9, 0]}}, "a step of 0; wanted more"),
        ({"fast": {"type": "float", "default": 1, "search": [1, 9, -1]}}, "a step of -1"),
        ({"fast": {"type": "float", "default": 1, "search": [1, float("inf")]}}, "is no number"),
        ({"fast": {"type": "int", "default": 1, "help": 3}}, "field `fast`"),
        (EMA | {"$rules": ["fast < slwo"]}, "unknown field `slwo`; nearest: slow"),
        (EMA | {"$rules": ["__import__('os').system('x')"]}, "Call is not allowed"),
        (EMA | {"$rules": ["fast.real < 1"]}, "Attribute is not allowed"),
        (EMA | {"$rules": ["fast <"]}, "not an expression"),
        (EMA | {"$rules": ["2 ** 9 > fast"]}, "Pow is not allowed"),
        (EMA | {"$rules": "fast < slow"}, "wanted a list"),
        ([], "no dict"),
    ],
)
def test_a_wrong_schema_names_field_key_and_nearest(raw: Any, words: str) -> None:
    with pytest.raises(StrategyFault) as caught:
        Schema.parse(raw)
    assert words in str(caught.value)


def test_rules_compute_exactly_and_never_divide_by_zero() -> None:
    schema = Schema.parse(
        {
            "a": {"type": "decimal", "default": "0.3"},
            "b": {"type": "float", "default": 0.1},
            "c": {"type": "enum", "default": "x", "choices": ["x", "y"]},
            "$rules": ["a == b * 3 or c == 'y'", "not (a / b > 100)"],
        }
    )
    assert schema.check({})[1] == {}
    assert "a / b" in schema.check({"b": 0.0, "c": "y"})[1]["a"]


def test_deeply_nested_rules_are_refused_not_crashed_on() -> None:
    with pytest.raises(StrategyFault):
        Schema.parse(EMA | {"$rules": ["(" * 5000 + "fast" + ")" * 5000]})


RAW = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.decimals().map(str),
    st.lists(st.integers() | st.text(max_size=5), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@given(st.dictionaries(st.sampled_from([*EVERY, "zzz"]), RAW))
def test_any_input_gives_values_or_errors_and_values_pass_again(raw: dict[str, Any]) -> None:
    schema = Schema.parse(EVERY)
    values, errors = schema.check(raw)
    assert bool(values) != bool(errors)
    if values:
        stored = json.loads(json.dumps(values))
        assert schema.check(stored) == (values, {})
        schema.typed(stored)
    else:
        assert errors.keys() <= raw.keys()


@given(st.integers(), st.integers())
def test_accepted_numbers_are_within_limits_and_rules(fast: int, slow: int) -> None:
    values, errors = Schema.parse(EMA).check({"fast": fast, "slow": str(slow)})
    allowed = 2 <= fast <= 200 and 3 <= slow <= 500 and fast < slow
    assert bool(values) == allowed == (not errors)


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_summed(d: int, h: int, m: int, s: int) -> None:
    schema = Schema.parse({"wait": {"type": "duration", "default": 0}})
    assert (
        schema.validate({"wait": f"{d}d{h}h{m}m{s}s"})["wait"] == d * 86400 + h * 3600 + m * 60 + s
    )
