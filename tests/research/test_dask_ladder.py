"""A whole ladder on a Dask cluster of two workers, and what is left when a part of it is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.research import finding
from clearedge_tui.research.record import frames
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, MINUTE, add_strategy, make_home, sim_bars, store
from tests.research.box import MOODY
from tests.research.cluster_box import Cluster, cluster

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
DAYS = 700
LADDER = ("ema_cross", "--market", "BTC/USDT", "--trials", "4", "--twins", "20", "--windows", "2")
RULE = ("moody", "--market", "BTC/USDT", "--set", "nap=0.1", "--only", "rule", "--twins", "40")


def home_of(root: Path) -> Home:
    """Return a home with two years of days."""
    home = make_home(root)
    home.config.mkdir(exist_ok=True)
    days = (np.arange(DAYS, dtype=np.int64) + 19_001) * 1440 * MINUTE
    store(home, BTC, "1d", replace(sim_bars(DAYS, 3), ts_ns=days))
    add_strategy(home, "ema_cross")
    add_strategy(home, "moody", MOODY)
    return home


def told(home: Home, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    run(["--home", str(home.root), "research", "run", *words, "--json"])
    out, err = capsys.readouterr()
    assert not err
    found: dict[str, Any] = json.loads(out)
    return found


def trials(home: Home) -> dict[str, Any]:
    """Return what every trial said, by its name; none is there twice. A probe is never a cluster's."""
    found: dict[str, Any] = {}
    for file in (home.state / "research" / "trials").glob("*"):
        for kept, _ in frames(file.read_bytes()):
            assert kept.key not in found, "a trial was asked again"
            if kept.trial.probed is not None:
                continue
            found[kept.key] = msgspec.structs.replace(kept.trial, took_s=0.0, ran_s=0.0)
    return found


def found_by(home: Home, made: dict[str, Any]) -> dict[str, Any]:
    """Return what every step of a ladder found."""
    steps = {kind: finding.load(home, name) for kind, name in made["runs"].items()}
    return {kind: (one.verdict, one.result) for kind, one in steps.items() if one is not None}


def without_runs(made: dict[str, Any]) -> dict[str, Any]:
    gates = [{**gate, "evidence": ""} for gate in made["gates"]]
    evidence = {name: {**one, "run": ""} for name, one in made["evidence"].items()}
    return {**made, "gates": gates, "evidence": evidence, "runs": 0, "at_ns": 0}


def test_a_ladder_on_a_cluster_is_that_of_one_box_and_outlives_what_is_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = home_of(tmp_path / "here"), home_of(tmp_path / "there")
    alone = told(here, capsys, *LADDER)
    with cluster(tmp_path) as workers:
        dask = ("--executor", "dask", "--address", workers.address)
        together = told(there, capsys, *LADDER, *dask)
        assert without_runs(together) == without_runs(alone)
        assert found_by(there, together) == found_by(here, alone)
        assert trials(there) == trials(here)
        _killed(there, workers, dask)
    kept = len(trials(there)) - len(trials(here))
    (rest,) = told(there, capsys, *RULE)["findings"]
    assert len(rest["result"]["sharpes"]) + rest["result"]["dropped"] == 40
    assert 0 < kept < len(trials(there)) - len(trials(here))


def _killed(home: Home, workers: Cluster, dask: tuple[str, ...]) -> None:
    """Kill a study on the cluster, and the next one's scheduler."""
    before = len(trials(home))
    study = start(home, *RULE, *dask)
    kept = wait_for_more(home, before)
    study.kill()
    study.communicate()
    study = start(home, *RULE, *dask)
    wait_for_more(home, kept)
    os.kill(workers.processes[0].pid, signal.SIGKILL)
    began = time.monotonic()
    _, said = study.communicate(timeout=40)
    assert time.monotonic() - began < 20
    assert study.returncode == RetryLater.exit_code
    assert said.count("\n") == 1, said
    assert f"the Dask scheduler at {workers.address} is gone" in said
    assert "--executor local" in said


def start(home: Home, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "clearedge_tui", "--home", str(home.root), "research", "run", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for_more(home: Home, before: int) -> int:
    """Return how many trials are kept, once there are more."""
    end = time.monotonic() + 60
    while (count := len(trials(home))) <= before:
        assert time.monotonic() < end, "no trials"
        time.sleep(0.02)
    return count
