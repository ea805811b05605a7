"""An approval holds for exactly the things it was given for."""

import string
from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clearedge_tui.core.approval import (
    DAY_NS,
    Approval,
    Evidence,
    Parts,
    Standing,
    approve,
    changed,
    differences,
    digest,
    limit_part,
    names_a_person,
    sealed,
    standing,
    why_not,
)
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.limits import Action, Limit, Scope

SHARPE = Evidence("sharpe", "1.4", ">=1", True, "20260101-000000-ema-0001")
LIMITS = (
    Limit(Scope.ACCOUNT, "bybit", "daily_loss", "5% UTC", action=Action.FLATTEN),
    Limit(Scope.INSTANCE, "ema-1", "order_notional", "1000"),
)
PARTS = Parts(
    instance={"id": "ema-1", "strategy": "ema_cross", "timeframe": "1m"},
    code={"ema_cross.py": "a" * 64, "_lib.py": "b" * 64},
    config={"size": "0.1", "fast": 12, "key": sealed("ema-1", "key", "hunter2"), "list": [1, 2.5]},
    account={"kind": "live", "venue": "BYBIT", "environment": "live", "key": "bybit_main"},
    market={"id": "BTCUSDT.BYBIT", "price_step": "0.1", "size_step": "0.001", "multiplier": "1"},
    limits=limit_part(LIMITS),
    evidence=(SHARPE,),
)
GIVEN = approve(PARTS, "Ann", "ready", 1000)
names = st.text(string.ascii_lowercase + "._é[]", min_size=1, max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
configs = st.dictionaries(names, values, max_size=4)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, (*path, key))]
    if isinstance(value, list | tuple):
        return [leaf for at, one in enumerate(value) for leaf in leaves(one, (*path, at))]
    return [path]


def spoiled(text: str, at: int) -> str:
    """Return a text with one of its letters another one."""
    at %= len(text)
    return text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]


@given(st.data())
def test_any_changed_byte_changes_the_digest_and_names_its_part(data: st.DataObject) -> None:
    override = msgspec.structs.replace(PARTS, override="thin but wanted")
    plain = msgspec.json.decode(msgspec.json.encode(override))
    path = data.draw(st.sampled_from(leaves(plain)))
    other = deepcopy(plain)
    spot = other
    for key in path[:-1]:
        spot = spot[key]
    old = spot[path[-1]]
    if isinstance(old, str):
        spot[path[-1]] = spoiled(old, data.draw(st.integers(0, 200)))
    else:
        spot[path[-1]] = not old if isinstance(old, bool) else old + 1
    before, after = (msgspec.convert(one, Parts) for one in (plain, other))
    assert digest(before) != digest(after)
    (told,) = differences(after, before)
    assert told.startswith(path[0])


@given(configs, configs)
def test_two_configurations_have_one_digest_only_when_they_are_written_alike(
    one: dict[str, object], other: dict[str, object]
) -> None:
    def text(config: dict[str, object]) -> bytes:
        return msgspec.json.encode(config, order="sorted")

    first, second = (msgspec.structs.replace(PARTS, config=c) for c in (one, other))
    same = text(one) == text(other)
    assert (digest(first) == digest(second)) == same
    assert (differences(second, first) == []) == same
    assert all(line.startswith("config") for line in differences(second, first))


@pytest.mark.parametrize(
    ("one", "other"), [({"a.b": 1}, {"a": {"b": 1}}), ({"a": 0.0}, {"a": -0.0})]
)
def test_a_difference_that_no_text_shows_is_told_all_the_same(
    one: dict[str, object], other: dict[str, object]
) -> None:
    first, second = (msgspec.structs.replace(PARTS, config=c) for c in (one, other))
    assert digest(first) != digest(second)
    assert differences(second, first) == ["config changed"]


@given(configs)
def test_what_comes_back_from_disk_is_the_same(config: dict[str, object]) -> None:
    made = approve(msgspec.structs.replace(PARTS, config=config), "Ann", "", 5)
    back = msgspec.json.decode(msgspec.json.encode(made), type=Approval)
    assert standing(back, 6) is Standing.VALID
    assert changed(back, made.parts) == []


def test_a_change_is_told_with_its_old_and_new_value() -> None:
    now = msgspec.structs.replace(
        PARTS,
        code={**PARTS.code, "ema_cross.py": "c" * 64},
        config={**PARTS.config, "size": "0.2", "key": sealed("ema-1", "key", "hunter3")},
        limits=limit_part(LIMITS[:1]),
        evidence=(),
    )
    assert changed(GIVEN, now) == [
        "code: ema_cross.py aaaaaaaaaaaa -> cccccccccccc",
        "config: size 0.1 -> 0.2",
        "config: key changed",
        *(f"limits: instance ema-1 order_notional.{k} {v} -> nothing"
          for k, v in PARTS.limits["instance ema-1 order_notional"].items()),
    ]  # fmt: skip
    assert "hunter" not in str(msgspec.to_builtins(now))


def test_the_order_of_limits_and_fields_is_nothing() -> None:
    turned = {name: dict(reversed(part.items())) for name, part in reversed(PARTS.limits.items())}
    config = dict(reversed(PARTS.config.items()))
    assert digest(msgspec.structs.replace(PARTS, limits=turned, config=config)) == GIVEN.digest
    assert limit_part(LIMITS[::-1]) == PARTS.limits


@pytest.mark.parametrize(
    ("change", "now_ns", "state"),
    [
        ({}, 1000, Standing.VALID),
        ({}, 1000 + 30 * DAY_NS - 1, Standing.VALID),
        ({}, 1000 + 30 * DAY_NS, Standing.EXPIRED),
        ({}, 999, Standing.EARLY),
        ({"revoked_ns": 7, "revoked_by": "Bob"}, 2000, Standing.REVOKED),
        ({"digest": "0" * 64}, 2000, Standing.DAMAGED),
        ({"parts": msgspec.structs.replace(PARTS, override="!")}, 2000, Standing.DAMAGED),
    ],
)
def test_an_approval_ends(change: dict[str, Any], now_ns: int, state: Standing) -> None:
    one = msgspec.structs.replace(GIVEN, **change)
    assert standing(one, now_ns) is state
    assert (why_not(one, PARTS, now_ns) == []) == (state is Standing.VALID)


def test_nobody_and_another_instance_are_not_approved() -> None:
    assert why_not(None, PARTS, 2000) == ["nobody has approved it"]
    other = msgspec.structs.replace(PARTS, instance={**PARTS.instance, "id": "ema-2"})
    assert why_not(GIVEN, other, 2000) == ["it is of ema-1", "instance: id ema-1 -> ema-2"]


@pytest.mark.parametrize("who", ["", "  ", "root", "Supervisor", "uid 1000"])
def test_only_a_named_person_approves(who: str) -> None:
    assert not names_a_person(who)
    with pytest.raises(UsageError, match="wanted the name of a person"):
        approve(PARTS, who, "", 1)


@given(st.lists(st.booleans(), max_size=3), st.sampled_from(["", "  ", "known and wanted"]))
def test_without_passed_evidence_only_a_reason_overrides(passed: list[bool], why: str) -> None:
    evidence = tuple(msgspec.structs.replace(SHARPE, passed=one) for one in passed)
    parts = msgspec.structs.replace(PARTS, evidence=evidence, override=why)
    if why.strip() or (passed and all(passed)):
        assert approve(parts, "Ann", "", 1).parts.evidence == evidence
    else:
        with pytest.raises(UsageError, match="evidence"):
            approve(parts, "Ann", "", 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_cannot_be_written_exactly_is_not_approved(value: object) -> None:
    with pytest.raises(UsageError, match="exactly"):
        approve(msgspec.structs.replace(PARTS, config={"x": value}), "Ann", "", 1)


@given(st.integers(-DAY_NS, 500 * DAY_NS))
def test_an_approval_holds_for_at_most_a_year(valid_ns: int) -> None:
    assume(not 0 < valid_ns <= 365 * DAY_NS)
    with pytest.raises(UsageError, match="at most 365 days"):
        approve(PARTS, "Ann", "", 1, valid_ns)
