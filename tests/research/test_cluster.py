"""A real Dask cluster of two worker processes: the same results as here, also when one is killed."""

import os
import signal
from pathlib import Path

import pytest

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.research.pool import Local
from clearedge_tui.research.trial import Ask, Trial
from clearedge_tui.settings import Home
from tests.research.box import home_of, stands
from tests.research.cluster_box import cluster

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home_of(tmp_path_factory.mktemp("cluster-home"))


def told(trial: Trial) -> tuple[object, ...]:
    return trial.status, trial.fills_sha256, trial.equity_sha256, trial.returns, trial.metrics


def test_a_cluster_says_what_one_box_says_also_after_a_worker_was_killed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearedge_tui.research import cluster as module
    from clearedge_tui.research.cluster import Dask

    setup = stands(home, "moody").train()
    asks = [Ask(config={"length": n, "nap": 0.1}) for n in range(5, 29)]
    local = Local(setup)
    try:
        here = dict(local.run(asks))
    finally:
        local.close()
    with cluster(tmp_path) as there:
        pool = Dask(setup, there.address)
        try:
            found: dict[int, Trial] = {}
            for at, trial in pool.run(asks):
                assert at not in found, "a trial came twice"
                found[at] = trial
                if len(found) == 4:
                    os.kill(there.processes[-1].pid, signal.SIGKILL)  # in the middle of a trial
            os.kill(there.processes[-2].pid, signal.SIGKILL)
            monkeypatch.setattr(module, "_LOOK_S", 0.2)
            monkeypatch.setattr(module, "_ALONE_S", 0.5)
            with pytest.raises(RetryLater, match=r"has had no worker for .*--executor local"):
                list(pool.run(asks[:4]))
        finally:
            pool.close()
    assert sorted(found) == list(range(len(asks)))
    assert [told(found[n]) for n in range(len(asks))] == [told(here[n]) for n in range(len(asks))]


def test_a_scheduler_that_is_not_there_is_told_in_a_line(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearedge_tui.research import cluster as module

    monkeypatch.setattr(module, "_ENOUGH_S", 0.5)
    with pytest.raises(RetryLater, match="no Dask scheduler answers"):
        module.Dask(stands(home).train(), "tcp://127.0.0.1:1")


def test_a_kit_has_no_account_and_no_secret(home: Home) -> None:
    from clearedge_tui.research.kit import pack

    (home.config / "accounts.toml").write_text("[accounts.x]\n")
    (home.config / "secrets.age").write_text("hidden")
    names = set(pack(home).files)
    assert names == {
        "config/clearedge.toml", "catalog/markets.json", "strategies/ema_cross.py",
        "strategies/moody.py",
    }  # fmt: skip
