from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.research import evidence as made
from clearedge_tui.research import gates, thresholds
from clearedge_tui.research.gates import SPECS, THRESHOLDS, Direction, Evidence, State
from clearedge_tui.research.readiness import readiness
from clearedge_tui.research.stats.errors import Insufficient

NAMES = [spec.name for spec in SPECS]
GOOD = {
    spec.name: Evidence("run-1", spec.threshold + (-0.04 if spec.direction == "below" else 0.04))
    for spec in SPECS
}


def test_all_that_passes_is_a_hundred_and_points_add_up() -> None:
    found = readiness(gates.ladder(GOOD))
    assert (found.score, found.possible, found.ready) == (100, 100, True)
    assert sum(spec.points for spec in SPECS) == 100
    assert sum(spec.points for spec in SPECS if spec.hard) == 70
    assert (found.next_gate, found.missing) == ("", ())


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(-2, 60)), st.integers(1, 9))
def test_readiness_is_what_passes_out_of_what_was_run(values: dict[str, float], looks: int) -> None:
    ladder = gates.ladder(
        {name: Evidence("r", value) for name, value in values.items()}, looks=looks
    )
    found = readiness(ladder)
    assert found.score == sum(one.earned for one in found.contributions) <= found.possible
    assert set(found.missing) == set(NAMES) - set(values)
    assert found.ready == all(gate.state is State.PASS for gate in ladder if gate.hard)
    assert found.score < 100 or found.ready
    for gate in ladder:
        assert (gate.state is State.PASS) == (gate.action == "")
        if gate.margin is not None:
            assert (gate.margin >= 0) or gate.state is State.FAIL


@pytest.mark.parametrize("name", NAMES)
def test_a_gate_that_was_not_run_is_missing_and_neither_pass_nor_fail(name: str) -> None:
    ladder = gates.ladder({n: e for n, e in GOOD.items() if n != name})
    gate = next(gate for gate in ladder if gate.name == name)
    assert (gate.state, gate.earned, gate.value) == (State.NOT_RUN, 0, None)
    found = readiness(ladder)
    assert found.possible == found.score == 100 - gate.points
    assert found.missing == (name,)
    assert found.ready == (not gate.hard)
    assert found.next_gate == name
    assert found.next_action


@pytest.mark.parametrize("value", [None, nan, float("inf")])
def test_a_figure_that_is_not_defined_never_passes(value: float | None) -> None:
    for name in NAMES:
        gate = gates.judge(name, Evidence("r", value))
        assert gate.state is State.INSUFFICIENT
        assert gate.earned == 0


def test_stale_evidence_never_passes_however_good_it_was() -> None:
    gate = gates.judge("dsr", Evidence("r", 0.999, stale=True))
    assert (gate.state, gate.earned) == (State.STALE, 0)
    assert readiness([gate]).possible == 90


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_a_value_at_the_threshold_passes_only_where_at_least_is_asked(spec: gates.Spec) -> None:
    gate = gates.judge(spec.name, Evidence("r", spec.threshold))
    assert (gate.state is State.PASS) == (spec.direction is Direction.AT_LEAST)


def test_every_further_look_at_the_held_out_window_raises_its_threshold() -> None:
    good = Evidence("r", 0.65)
    states = [gates.judge("held_out", good, looks=looks).state for looks in (0, 1, 2, 3)]
    assert states == [State.PASS, State.PASS, State.PASS, State.FAIL]
    assert round(gates.held_out_threshold(4), 9) == 0.8
    assert gates.judge("walk_forward", good, looks=9).threshold == 0.5


def test_thresholds_are_raised_freely_and_eased_only_with_a_reason() -> None:
    raised = thresholds.changes({"dsr": 0.99, "pbo": 0.2}, {})
    assert [one.eased for one in raised] == [False, False]
    stricter = thresholds.applied(raised)
    assert gates.judge("dsr", Evidence("r", 0.97), thresholds=stricter).state is State.FAIL
    for easier in ({"dsr": 0.9}, {"pbo": 0.5}, {"rule": 0.1}, {gates.PER_LOOK: 0.0}):
        with pytest.raises(Refused):
            thresholds.changes(easier, {})
        with pytest.raises(Refused):
            thresholds.changes(easier, dict.fromkeys(easier, "  short  "))
    with pytest.raises(Refused):
        thresholds.changes({"dsr": 0.95}, {}, before=stricter)
    (eased,) = thresholds.changes({"trades": 20}, {"trades": "weekly bars of ten years"})
    assert (eased.eased, eased.before, eased.after) == (True, 30, 20)


def test_wrong_names_and_numbers_are_refused() -> None:
    with pytest.raises(NotFound):
        thresholds.changes({"luck": 1.0}, {})
    with pytest.raises(UsageError):
        thresholds.changes({"dsr": nan}, {"dsr": "a reason that is long"})
    with pytest.raises(NotFound):
        gates.ladder({"luck": Evidence("r", 1.0)})


def test_insufficient_statistics_become_evidence_that_says_so() -> None:
    def too_few() -> float:
        raise Insufficient("trades", 3, 30)

    gate = gates.judge("rule", made.measured("r", too_few))
    assert gate.state is State.INSUFFICIENT
    assert "found 3, wanted 30" in gate.why
    assert gates.judge("dsr", made.measured("r", lambda: 0.97)).state is State.PASS
    assert gates.judge("rule", made.of_rule("r", 0.01, "12 trades")).state is State.INSUFFICIENT


def test_thresholds_are_the_published_ones() -> None:
    wanted = {
        "rule": 0.05, "held_out": 0.5, "walk_forward": 0.5, "dsr": 0.95, "pbo": 0.3, "cost": 0.0,
        "trades": 30.0, "buy_hold": 0.0,
    }  # fmt: skip
    assert {spec.name: THRESHOLDS[spec.name] for spec in SPECS if spec.hard} == wanted
