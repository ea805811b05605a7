"""Searches by every sampler, objectives as expressions, pruning, what-if, and a full disk."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.contract.field import FieldType
from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.errors import UsageError
from clearedge_tui.research import ledger
from clearedge_tui.research.gauntlet import schema_of
from clearedge_tui.research.objective import Objective
from clearedge_tui.research.optimise import Wanted, optimise
from clearedge_tui.research.record import Record
from clearedge_tui.research.search import Axis, Space
from clearedge_tui.research.study import Study
from clearedge_tui.research.trial import Trial
from clearedge_tui.research.whatif import WhatIf
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home
from tests.research.box import COUNT, home_of, stands, study_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home_of(tmp_path_factory.mktemp("search"))


@pytest.fixture(scope="module")
def study(home: Home) -> Iterator[Study]:
    made = study_of(home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def space(home: Home) -> Space:
    return Space(schema_of(home, "ema_cross"), {})


@pytest.mark.parametrize("sampler", ["tpe", "random", "cmaes", "nsga2"])
def test_every_sampler_draws_what_is_valid_and_is_scored_by_the_objective(
    study: Study, space: Space, sampler: str
) -> None:
    objective = "sharpe, -max_drawdown" if sampler == "nsga2" else "sharpe - 2*max_drawdown"
    found = optimise(study, space, Wanted(objective, sampler, 10), judged=False)
    assert len(found.trials) == 10
    for one in found.trials:
        assert space.fits(one.params)
        if one.state == "scored":
            assert one.sharpe is not None
            assert one.max_drawdown is not None
            wanted = (
                (one.sharpe, -one.max_drawdown)
                if sampler == "nsga2"
                else (one.sharpe - 2 * one.max_drawdown,)
            )
            assert one.values == pytest.approx(wanted)


def test_a_grid_tries_every_valid_point_once(home: Home, study: Study) -> None:
    schema = schema_of(home, "ema_cross").to_plain()
    schema["fast"]["search"], schema["slow"]["search"] = [4, 12, 4], [8, 20, 4]
    from clearedge_tui.contract.schema import Schema

    found = optimise(
        study, Space(Schema.from_plain(schema), {}), Wanted(sampler="grid"), judged=False
    )
    points = [(one.params["fast"], one.params["slow"]) for one in found.trials]
    assert sorted(points) == sorted((f, s) for f in (4, 8, 12) for s in (8, 12, 16, 20) if f < s)


def test_a_space_without_bounds_is_told_and_never_listed() -> None:
    fine = Schema.parse({"a": {"type": "float", "default": 0.5, "search": [0.0, 1.0, 1e-12]},
                         "b": {"type": "int", "default": 1, "search": [1, 10**18, 1]}})  # fmt: skip
    space = Space(fine, {})
    assert space.size() == (10**12 + 1) * 10**18
    with pytest.raises(UsageError, match="a grid of 1,000,000,000,001,000"):
        space.grid()


@given(st.integers(-50, 50), st.integers(0, 60), st.one_of(st.none(), st.integers(1, 20)))
def test_points_of_an_axis_go_from_low_in_steps_and_never_beyond_high(
    low: int, width: int, step: int | None
) -> None:
    found = Axis("a", FieldType.INT, low, low + width, step).grid()
    assert found == list(range(low, low + width + 1, step or max(1, width // 10)))
    halves = Axis("a", FieldType.FLOAT, low / 2, (low + width) / 2, step and step / 2).grid()
    assert halves[0] == low / 2
    assert halves[-1] <= (low + width) / 2
    if step:
        assert halves == [one / 2 for one in found]


def test_pruning_spares_trials_that_do_badly_on_a_part(home: Home, space: Space) -> None:
    study = Study(stands(home).train(), home.state / "pruned")
    try:
        found = optimise(
            study, space, Wanted(sampler="random", trials=48, prune=True), judged=False
        )
    finally:
        study.close()
    states = [one.state for one in found.trials]
    assert states.count("pruned") >= 4
    assert all("median" in one.why for one in found.trials if one.state == "pruned")
    assert any(one.state == "scored" for one in found.trials[-16:])


@pytest.mark.parametrize(
    ("text", "value"),
    [("sharpe", (1.5,)), ("-max_drawdown", (-0.2,)), ("sharpe*sqrt(trades)", (15.0,)),
     ("min(sharpe, 1), trades", (1.0, 100.0)), ("sharpe/(max_drawdown-0.2)", None),
     ("calmar + 1", None), ("log(0-trades)", None)],
)  # fmt: skip
def test_an_objective_is_a_sum_over_figures_and_undefined_where_one_is(
    text: str, value: tuple[float, ...] | None
) -> None:
    figures = {"sharpe": 1.5, "max_drawdown": 0.2, "trades": 100.0, "calmar": None}
    found = Objective(text).of(figures)
    assert found == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sharp",
        "sharpe,",
        "__import__('os')",
        "sharpe.real",
        "open('x')",
        "'a'",
        "[1]",
        "9" * 300,
    ],
)
def test_what_is_no_objective_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Objective(text)


def test_what_if_answers_with_the_curve_of_a_backtest_and_counts_as_a_variant(home: Home) -> None:
    spec = BacktestSpec("ema_cross", "BTC/USDT", "1m", fetch=False)
    before = ledger.variants(ledger.read(home), "ema_cross")
    asked = WhatIf(home, spec)
    try:
        base, other = asked.ask({}), asked.ask({"fast": 5, "slow": 20})
        with pytest.raises(UsageError, match="fast"):
            asked.ask({"fast": 0})
    finally:
        asked.close()
    import msgspec

    report = run_backtest(home, msgspec.structs.replace(spec, config={"fast": 5, "slow": 20}))
    assert other.equity.value[-1] == pytest.approx(report.summary.metrics["final_equity"], abs=1e-6)
    assert other.equity.ts_ns[-1] == report.equity.ts_ns[-1]
    assert other.path == "light"
    assert base.equity != other.equity
    assert len(other.equity.value) > 100
    assert ledger.variants(ledger.read(home), "ema_cross") == before + 2
    assert report.bars == COUNT


def test_a_full_disk_keeps_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record(tmp_path / "a.trials")
    record.put("one", Trial("done"))
    real, left = os.write, [10]

    def full(handle: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        take = min(left[0], len(data))
        left[0] -= take
        return real(handle, data[:take])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        record.put("two", Trial("done"))
    monkeypatch.undo()
    record.put("three", Trial("done"))
    record.close()
    again = Record(tmp_path / "a.trials")
    assert [again.get(name) is not None for name in ("one", "two", "three")] == [True, False, True]
    again.close()
