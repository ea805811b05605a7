"""Trials on this machine: killed workers, cancelled studies, torn records, failing strategies."""

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from clearedge_tui.core.errors import Refused, RetryLater, UsageError
from clearedge_tui.market import catalog
from clearedge_tui.research.gauntlet import schema_of
from clearedge_tui.research.optimise import Wanted, optimise
from clearedge_tui.research.pool import Local
from clearedge_tui.research.record import Record
from clearedge_tui.research.rule_test import rule_test
from clearedge_tui.research.search import Space
from clearedge_tui.research.study import Cancelled, Step, Study, returns_of
from clearedge_tui.research.trial import Ask, Trial, key
from clearedge_tui.settings import Home
from tests.research.box import home_of, stands, study_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home_of(tmp_path_factory.mktemp("studies"))


@pytest.fixture
def study(home: Home) -> Iterator[Study]:
    made = study_of(home)
    yield made
    made.close()


@pytest.fixture
def moody(home: Home) -> Iterator[Study]:
    made = study_of(home, "moody")
    yield made
    made.close()


def lengths(*values: int, **more: object) -> list[Ask]:
    return [Ask(config={"length": n, **more}) for n in values]


def test_a_trial_is_the_same_alone_beside_others_and_on_any_number_of_workers(home: Home) -> None:
    setup = stands(home).train()
    asks = [Ask(config={"fast": 3 + n, "slow": 12 + 3 * n}) for n in range(9)]
    many, one = Local(setup, 3), Local(setup, 1)
    try:
        found, alone = dict(many.run(asks)), dict(one.run(asks))
    finally:
        many.close()
        one.close()
    for n in range(9):
        assert found[n].status == "done"
        assert found[n].fills_sha256 == alone[n].fills_sha256
        assert found[n].returns == alone[n].returns
        assert found[n].metrics == alone[n].metrics


def test_a_killed_worker_costs_its_trial_once_and_no_result_comes_twice(
    home: Home, tmp_path: Path
) -> None:
    pool = Local(stands(home, "moody").train(), 2)
    asks = lengths(5, 6, 7) + lengths(8, deadly=1, marker=str(tmp_path / "a")) + lengths(9, 10)
    asks += lengths(11, deadly=9, marker=str(tmp_path / "b"))
    try:
        told = list(pool.run(asks))
    finally:
        pool.close()
    assert sorted(at for at, _ in told) == list(range(7))
    found = dict(told)
    assert found[3].status == "done"
    assert len((tmp_path / "a").read_text()) == 1
    assert found[6].status == "failed"
    assert "died 2 times" in found[6].error
    assert len((tmp_path / "b").read_text()) == 2
    assert all(found[n].status == "done" for n in (0, 1, 2, 4, 5))


def test_workers_end_with_the_study_and_with_its_process(home: Home) -> None:
    pool = Local(stands(home, "moody").train(), 2)
    list(pool.run(lengths(5, 6)))
    mother = pool.pids[0]
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(mother, 0)


def test_cancel_keeps_what_is_done_and_the_rest_is_asked_the_next_time(home: Home) -> None:
    setup = stands(home, "moody").train()
    asks = lengths(*range(5, 17), nap=0.05)
    stop = threading.Event()

    def third(step: Step) -> None:
        if step.done >= 3:
            stop.set()

    first = Study(setup, home.state / "cancelled", third, stop.is_set)
    with pytest.raises(Cancelled):
        first.do("trials", asks)
    done = first.ran
    first.close()
    assert 3 <= done < 12
    second = Study(setup, home.state / "cancelled")
    try:
        found = second.do("trials", asks)
    finally:
        second.close()
    assert second.ran == 12 - done
    assert all(trial.status == "done" for trial in found)


def test_a_torn_record_loses_its_torn_end_alone(home: Home, tmp_path: Path) -> None:
    record = Record(tmp_path / "one.trials")
    for n in range(5):
        record.put(f"k{n}", Trial("done", error=str(n)))
    with pytest.raises(RetryLater, match="under way"):
        Record(tmp_path / "one.trials")
    record.close()
    data = (tmp_path / "one.trials").read_bytes()
    for cut in (1, 3, 30):
        (tmp_path / "one.trials").write_bytes(data[:-cut])
        again = Record(tmp_path / "one.trials")
        assert again.get("k3") is not None
        assert again.get("k4") is None
        again.put("k4", Trial("done", error="anew"))
        again.close()
        whole = Record(tmp_path / "one.trials")
        assert (whole.get("k4") or Trial("failed")).error == "anew"
        whole.close()


def test_workers_of_the_train_part_have_no_bar_of_the_held_out_one(home: Home) -> None:
    ground = stands(home)
    bars = catalog.read_bars(home, ground.market.id, "1m")
    train = ground.train()
    assert train.spec.end_ns == ground.split_ns < int(bars.ts_ns[-1])
    pool = Local(train, 1)
    try:
        beyond = Ask(start_ns=ground.split_ns)
        whole, held = (trial for _, trial in sorted(pool.run([Ask(), beyond])))
    finally:
        pool.close()
    assert whole.bars == int(np.searchsorted(bars.ts_ns, ground.split_ns, "right"))
    assert held.status == "failed"
    assert "no bars" in held.error


def test_other_data_or_code_than_named_are_refused(home: Home) -> None:
    import msgspec

    setup = stands(home).train()
    with pytest.raises(Refused, match="not what was asked for"):
        Local(msgspec.structs.replace(setup, data_sha256="0" * 64), 1)
    pool = Local(msgspec.structs.replace(setup, code_sha256="0" * 64), 1)
    try:
        (_, trial), *_ = pool.run([Ask()])
    finally:
        pool.close()
    assert trial.status == "failed"
    assert "changed" in trial.error


def test_asks_that_differ_have_other_names_and_where_the_home_lies_does_not_matter(
    home: Home,
) -> None:
    import msgspec

    setup = stands(home).train()
    names = {key(setup, one) for one in (Ask(), Ask(cost="2"), Ask(path="light"), Ask(permuted=1))}
    assert len(names) == 4
    moved = msgspec.structs.replace(setup, root="/elsewhere")
    assert key(moved, Ask()) == key(setup, Ask())


def test_half_of_the_trials_fail_and_are_told_not_scored(home: Home, moody: Study) -> None:
    space = Space(schema_of(home, "moody"), {"odd_fails": True}, ("length",))
    found = optimise(moody, space, Wanted(trials=16, sampler="random", seed=4))
    states = [one.state for one in found.trials]
    assert len(states) == 16
    for one in found.trials:
        odd = one.params["length"] % 2 == 1
        assert one.state == ("failed" if odd else "scored")
        assert bool(one.values) is not odd
    assert "failed" in found.why
    assert states.count("failed") >= 4


def test_the_same_seed_searches_the_same_on_one_worker_and_on_two(home: Home) -> None:
    space = Space(schema_of(home, "ema_cross"), {})
    setup = stands(home).train()
    made = []
    for workers in (1, 2):
        study = Study(setup, home.state / f"w{workers}", pool=partial(Local, at_once=workers))
        made.append(optimise(study, space, Wanted(trials=12, seed=5), judged=False))
        study.close()
    assert made[0] == made[1]
    assert len({str(one.params) for one in made[0].trials}) > 6


def test_twins_enter_as_often_and_at_other_times_by_either_path(home: Home, study: Study) -> None:
    found = rule_test(study, {"fast": 3, "slow": 12}, twins=20)
    assert found.verdict == "insufficient"  # 20 twins are not 200
    assert found.paths["light"] == 20
    assert not found.why_engine
    engine = Study(study.setup, home.state / "by-engine", quick=False)
    same = rule_test(engine, {"fast": 3, "slow": 12}, twins=20)
    engine.close()
    assert same.sharpes == found.sharpes
    assert same.paths == {"engine": 21}
    assert same.why_engine == "asked for"
    assert len(set(found.sharpes)) == 20


def test_a_light_loop_that_differs_is_switched_off_and_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study(stands(home).train(), home.state / "differs")
    real = Study.do

    def lying(self: Study, what: str, asks: list[Ask]) -> list[Trial]:
        import msgspec

        return [
            msgspec.structs.replace(t, fills_sha256="other") if a.path == "light" else t
            for a, t in zip(asks, real(self, what, asks), strict=True)
        ]

    monkeypatch.setattr(Study, "do", lying)
    found = rule_test(study, {"fast": 3, "slow": 12}, twins=20)
    study.close()
    assert "the light loop differed" in found.why_engine
    assert "light" not in found.paths


def test_a_killed_study_process_leaves_no_worker_behind(home: Home) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from clearedge_tui.settings import Home\n"
        "from tests.research.box import stands\nfrom clearedge_tui.research.pool import Local\n"
        "from clearedge_tui.research.trial import Ask\n"
        f"pool = Local(stands(Home(Path({str(home.root)!r})), 'moody').train(), 2)\n"
        "for _ in pool.run([Ask(config={'nap': 60.0, 'length': n}) for n in range(5, 9)],"
        " lambda: print(*pool.pids, flush=True) or False): pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        pids: list[int] = []
        while len(pids) < 3:
            pids = [int(one) for one in child.stdout.readline().split()]
        child.send_signal(signal.SIGKILL)
    import psutil

    gone, alive = psutil.wait_procs(
        [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=20
    )
    assert not alive, f"{len(gone)} ended"


def test_a_space_that_is_empty_or_contradicts_the_rules_is_refused(home: Home) -> None:
    schema = schema_of(home, "ema_cross")
    with pytest.raises(UsageError, match="no `search` range"):
        Space(schema, {}, ("size",))
    from clearedge_tui.contract.schema import Schema

    plain = schema.to_plain()
    for one in plain.values():
        if isinstance(one, dict):
            one.pop("search", None)
    with pytest.raises(UsageError, match="nothing to search"):
        Space(Schema.from_plain(plain), {})
    crossed = schema.to_plain()
    crossed["fast"]["search"], crossed["slow"]["search"] = [100, 120], [20, 40]
    with pytest.raises(UsageError, match="contradict fast < slow"):
        Space(Schema.from_plain(crossed), {})


def test_returns_are_one_a_period_and_make_the_accounts_growth(home: Home, study: Study) -> None:
    trial = study.do("one", [Ask(config={"fast": 3, "slow": 12})])[0]
    grown = float(np.prod(1.0 + returns_of(trial)))
    assert grown == pytest.approx(1.0 + (trial.figure("total_return") or 0.0), abs=1e-12)


def test_the_best_are_judged_by_draws_of_their_trades_and_a_lucky_one_is_refused(
    home: Home,
) -> None:
    space = Space(schema_of(home, "ema_cross"), {"fast": 3}, ("slow",))
    study = Study(stands(home).train(), home.state / "luck")
    try:
        found = optimise(study, space, Wanted(trials=24, sampler="random", seed=2))
    finally:
        study.close()
    judged = {one.number: one for one in found.luck}
    assert set(found.top) <= set(judged)
    for one in found.luck:
        assert one.verdict in ("lucky", "sound", "insufficient")
        if one.verdict != "insufficient":
            assert (one.losing is not None and one.losing > 0.2) is (one.verdict == "lucky")
    # minutes of a made-up market, with fees: nothing there earns them back
    assert found.chosen is None
    assert any(one.verdict == "lucky" for one in found.luck)
