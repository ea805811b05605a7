"""Research through the supervisor: where strategies stand, what a study found, ladders as jobs."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.research import board
from clearedge_tui.research.finding import STUDY, Finding
from clearedge_tui.research.gauntlet import Ladder
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.settings import Home
from clearedge_tui.store.db import open_store
from clearedge_tui.supervisor.commands import Commands
from clearedge_tui.supervisor.protocol import Command, JobRow, Result
from tests.backtest.box import add_strategy, make_home, sim_bars, store
from tests.fakes import research
from tests.live.box import Box

HELD, ROBUST = "20260101-000000-ema_cross_held_out-0001", "20260101-000000-ema_cross_robust-0002"
TINY = {"trials": 6, "twins": 20, "windows": 2, "wfo_trials": 4, "permutations": 4}


def judged(home: Home) -> Ladder:
    """Keep a made-up ladder of a strategy's file as it lies there."""
    standing = research.board()["ladders"][0]
    sha = hashlib.sha256((home.strategies / "ema_cross.py").read_bytes()).hexdigest()
    figures = {gate["name"]: gate for gate in standing["gates"] if gate["name"] != "breadth"}
    evidence = {
        name: {"run": g["evidence"], "value": g["value"], "why": g["why"]}
        for name, g in figures.items()
    }
    more = {"code_sha256": sha, "data_sha256": "", "period_ns": 1, "why_engine": "", "evidence": evidence,
            "runs": {"held_out": HELD, "robust": ROBUST}}  # fmt: skip
    made: Ladder = msgspec.convert({**standing, **more}, Ladder)
    board.put(home, made)
    return made


def study(home: Home, run_id: str, made_up: str) -> None:
    """Keep a made-up study where its run would have put it."""
    plain = {
        **research.show(made_up)["finding"],
        "run_id": run_id,
        "key": "",
        "code_sha256": "",
        "data_sha256": "",
    }
    folder = run_folder(home, run_id)
    folder.mkdir(parents=True)
    (folder / STUDY).write_bytes(msgspec.json.encode(msgspec.convert(plain, Finding)))


def states(found: dict[str, Any]) -> dict[str, str]:
    return {gate["name"]: gate["state"] for gate in found["ladders"][0]["gates"]}


async def test_the_list_is_judged_by_file_and_thresholds_of_now_and_sent_once(
    tmp_path: Path,
) -> None:
    home = make_home(tmp_path / "home")
    for name in ("ema_cross", "rsi_pullback"):
        add_strategy(home, name)
    judged(home)
    with open_store(tmp_path / "clearedge.db") as store_:
        commands = Commands(home, store_, None)

        async def ask(verb: str, **args: object) -> Result:
            return await commands.run(Command("1", verb, args, "me"))

        async def seen(**args: object) -> dict[str, Any]:
            found = (await ask("research.list", **args)).data
            assert isinstance(found, dict)
            return found

        first = await seen()
        assert first["ladders"][0]["readiness"]["ready"] and states(first)["rule"] == "pass"
        assert first["missing"] == [("rsi_pullback", "", "", "")]
        again = await seen(version=first["version"])
        assert again == {"version": first["version"], "same": True}

        refused = await ask("research.threshold", name="rule", value="0.2")
        assert refused.status == "refused" and "reason" in refused.message
        moved = await ask("research.threshold", name="rule", value="0.001")
        assert moved.message == "rule: 0.05 -> 0.001, made stricter"
        stricter = await seen(version=first["version"])
        assert states(stricter)["rule"] == "fail" and stricter["thresholds"]["rule"] == 0.001

        (home.strategies / "ema_cross.py").write_text("# another one\n")
        assert set(states(await seen()).values()) == {"stale", "not_run"}
        lost = await ask("research.run", strategy="ema_cross", market="SIM/USDT")
        assert lost.status == "refused" and "no supervisor runs" in lost.message


async def test_a_held_out_look_comes_with_what_was_found_before_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    add_strategy(home, "ema_cross")
    judged(home)
    study(home, HELD, "st-held")
    study(home, ROBUST, "st-robust")
    with open_store(tmp_path / "clearedge.db") as store_:
        commands = Commands(home, store_, None)
        found = await commands.run(Command("1", "research.show", {"run_id": HELD}, "me"))
        gone = await commands.run(
            Command("2", "research.show", {"run_id": HELD.replace("0001", "0009")}, "me")
        )
    assert isinstance(found.data, dict)
    assert found.data["finding"]["result"]["figures"]["sharpe"] == 0.91
    assert found.data["beside"]["result"]["metrics"]["sharpe"] == 1.31 and found.data["looks"] == 1
    assert gone.status == "refused" and "is no study" in gone.message


def test_a_ladder_is_a_job_that_ends_within_a_second_of_being_cancelled(
    make_box: Callable[..., Box],
) -> None:
    box = make_box()
    store(box.home, simulated_market(), "1m", sim_bars(4000))
    box.start()

    def job() -> JobRow:
        return box.snapshot().jobs[-1]

    asked = {"strategy": "ema_cross", "market": "SIM/USDT", "timeframe": "1m"}
    refused = box.do("research.run", **{**asked, "preset": "huge"})
    assert refused.status == "refused" and "quick, standard, production" in refused.message
    started = box.do("research.run", **asked, preset="production", twins=2000)
    assert started.status == "done", started
    twice = box.do("research.run", **asked)
    assert twice.status == "refused" and "being judged already" in twice.message
    box.until(lambda: job().progress > 0, "it tells how far it is")
    assert job().message.startswith("twins that enter at random: ")
    began = time.monotonic()
    box.do("job.cancel", id=job().id)
    box.until(lambda: job().state == "cancelled", "it is cancelled")
    assert time.monotonic() - began < 2.0, "a second, on a busy box two"
    assert "goes on from there" in job().message

    box.do("research.run", **asked, **TINY, only="rule")
    box.until(lambda: job().state in ("done", "failed"), "one step of it ends")
    assert job().state == "done" and job().message.startswith("rule_test: insufficient"), job()
    (row,) = box.do("run.search", filter="kind:rule_test").data["rows"]  # type: ignore[index]  # a page
    found = box.do("research.show", run_id=row[0]).data
    assert isinstance(found, dict)
    assert (
        found["finding"]["kind"] == "rule_test" and len(found["finding"]["result"]["sharpes"]) > 10
    )
