"""The worker of a what-if: it stays from question to question, and its death costs no answer."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from clearedge_tui.research.one_worker import OneWorker
from clearedge_tui.research.trial import Ask, Trial
from tests.research.box import home_of, stands

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneWorker]:
    home = home_of(tmp_path_factory.mktemp("one"), 800)
    made = OneWorker(stands(home, "moody").whole())
    yield made
    alive = [psutil.Process(pid) for pid in made.pids]
    made.close()
    assert not psutil.wait_procs(alive, timeout=20)[1]


def asked(pool: OneWorker, ask: Ask) -> Trial:
    ((at, trial),) = pool.run([ask])
    assert at == 0
    return trial


def test_it_stays_and_answers_the_same_after_it_was_killed(pool: OneWorker) -> None:
    ask = Ask(config={"length": 7}, detail=True)
    first, before = asked(pool, ask), pool.pids
    assert asked(pool, ask).fills_sha256 == first.fills_sha256
    assert pool.pids == before, "one process for both"
    os.kill(before[1], signal.SIGKILL)
    again = asked(pool, ask)
    assert pool.pids[0] == before[0]
    assert pool.pids[1] != before[1]
    assert (again.fills_sha256, again.returns, again.pnls) == (
        first.fills_sha256, first.returns, first.pnls,
    )  # fmt: skip


def test_a_question_that_kills_is_asked_once_more_and_then_told(
    pool: OneWorker, tmp_path: Path
) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    trial = asked(pool, Ask(config={"deadly": 1, "marker": str(once)}))
    assert trial.status == "done"
    trial = asked(pool, Ask(config={"deadly": 9, "marker": str(twice)}))
    assert (trial.status, len(twice.read_text())) == ("failed", 2)
    assert "died 2 times" in trial.error
    assert asked(pool, Ask(config={"length": 9})).status == "done"


@pytest.mark.parametrize("path", ["light", "engine"])
def test_whoever_draws_is_given_the_same_curve_and_figures_and_nothing_else(
    pool: OneWorker, path: str
) -> None:
    config = {"length": 12}
    whole = asked(pool, Ask(config=config, path=path, detail=True))  # type: ignore[arg-type]  # one of both
    drawn = asked(pool, Ask(config=config, path=path, detail="curve"))  # type: ignore[arg-type]
    assert (drawn.returns, drawn.times, drawn.metrics) == (
        whole.returns, whole.times, whole.metrics,
    )  # fmt: skip
    assert len(drawn.times) == len(drawn.returns) > 0
    assert (drawn.fills, drawn.fills_sha256, drawn.pnls) == ((), "", b"")
    assert whole.fills_sha256
    assert len(whole.fills) > 10
