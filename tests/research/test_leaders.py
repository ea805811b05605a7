"""The best so far of a search: kept as they come, told on change only, and shown until it is over."""

import asyncio
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.leader import POINTS, Leader
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.market.task import Step, decode_answer
from clearedge_tui.research.leaders import MOST, Leaders
from clearedge_tui.research.optimise import Tried
from clearedge_tui.research.study import Step as Studied
from clearedge_tui.research.trial import Trial
from clearedge_tui.supervisor import study_task
from clearedge_tui.supervisor.jobs import Jobs
from clearedge_tui.supervisor.study_along import Along, Size
from clearedge_tui.supervisor.work import JobStep
from tests.live.test_job_line import Held

ONE, TWO = Leader(1.5, "fast=5", 40, (1.0, 1.2)), Leader(1.2, "fast=6", 30, (1.0, 1.1))


def trial(*returns: float) -> Trial:
    return Trial("done", returns=np.array(returns, "<f8").tobytes())


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(-4, 4)), max_size=60), st.integers(1, 9))
def test_the_best_different_settings_lead_whatever_the_batches(
    draws: list[tuple[int, int]], size: int
) -> None:
    scores: dict[int, float] = {}  # equal settings have equal scores
    tried = [Tried(n, {"fast": fast}, "scored", (scores.setdefault(fast, float(score)),))
             for n, (fast, score) in enumerate(draws)]  # fmt: skip
    found = Leaders()
    for at in range(0, len(tried), size):
        found.take((one, trial(0.1)) for one in tried[at : at + size])
    first = {one.params["fast"]: one for one in reversed(tried)}
    wanted = sorted(first.values(), key=lambda one: (-one.values[0], one.number))[:MOST]
    assert [(row.score, row.settings) for row in found.rows] == [
        (one.values[0], f"fast={one.params['fast']}") for one in wanted
    ]


def test_a_leader_has_its_trades_its_growth_in_few_points_and_washed_settings() -> None:
    found = Leaders()
    one = Tried(0, {"mode": "a\x1b[31m"}, "scored", (0.7,), trades=41.0)
    found.take([(one, trial(*[0.01] * 400))])
    (row,) = found.rows
    assert (row.score, row.trades, len(row.curve)) == (0.7, 41, POINTS)
    assert row.curve[0] == 1.0
    assert row.curve[-1] == pytest.approx(1.01**400)
    assert "\x1b" not in row.settings


def test_a_search_tells_its_leaders_until_something_else_is_done() -> None:
    heard: list[Step] = []
    said = study_task._Said(Along(Size(trials=16, windows=2, wfo_trials=8)), 1, heard.append)
    steps = [
        Studied("trials", 0, 16, 0.0), Studied("trials", 3, 8, 1.0),
        Studied("trials", 8, 16, 0.0, (ONE,)), Studied("trials", 4, 8, 1.0),
        Studied("confirming the best", 1, 5, 1.0), Studied("out of sample", 1, 6, 1.0),
    ]  # fmt: skip
    for step in steps:
        said.told(step)
    assert [step.leaders for step in heard] == [(), (), (ONE,), (ONE,), (ONE,), ()]
    assert [step.text.partition("best ")[2] for step in heard[:4]] == ["", "", "1.50", "1.50"]


def test_leaders_travel_once_and_those_that_came_too_soon_come_with_the_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times, sent = iter([0.0, 0.2, 0.21, 0.4, 0.6]), list[bytes]()
    monkeypatch.setattr(study_task, "monotonic", lambda: next(times))
    tell = study_task.Teller(lambda step: sent.append(frame(step)))
    for leaders in ((), (ONE,), (ONE, TWO), (ONE, TWO), (ONE, TWO)):
        tell(Step(0.5, text="trials", leaders=leaders))
    heard = [decode_answer(body) for body in Deframer().feed(b"".join(sent))]
    assert [one.leaders for one in heard if isinstance(one, Step)] == [
        None, (ONE,), (ONE, TWO), None,
    ]  # fmt: skip
    assert len(sent[-1]) < 80


async def test_a_job_keeps_its_leaders_over_steps_without_and_ends_with_none() -> None:
    jobs, free = Jobs(at_once=1), threading.Event()
    key = jobs.start(Held(free), "research", "a ladder").id
    seen = []
    for leaders in (None, (ONE,), None, (), (TWO,)):
        jobs._step(key, JobStep(0.5, leaders=leaders))
        seen.append(jobs.rows()[0].leaders)
    assert seen == [(), (ONE,), (ONE,), (), (TWO,)]
    free.set()
    async with asyncio.timeout(20):
        await jobs.finished(key)
    await jobs.drain()
    assert jobs.rows()[0].leaders == ()
