"""Imports over the control socket's verbs: looked at first, written only as it was looked at."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.cli.init import make_home
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import call
from clearedge_tui.supervisor.protocol import Command

HEAD = "timestamp,open,high,low,close,volume\n"
BARS = "".join(f"2022-01-01 00:0{i}:00,1.5,2.5,1.0,2.0,10\n" for i in range(5))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my bars.csv"
    path.write_text(HEAD + BARS)
    return path


def data(home: Home, verb: str, args: dict[str, object] | None = None) -> Any:
    return call(home, verb, args or {}).data


def asked(file: Path, **more: object) -> dict[str, object]:
    return {"path": str(file), "market": "NEW/USDT", "timeframe": "1m", **more}


def test_a_look_writes_nothing_and_the_import_writes_what_was_looked_at(
    home: Home, file: Path
) -> None:
    seen = call(home, "data.plan", asked(file))
    assert seen.status == "done" and "5 bars understood" in seen.message
    reading = data(home, "data.plan", asked(file))
    assert any("NEW/USDT at LOCAL" in line for line in reading["lines"])
    assert data(home, "data.list") == []
    done = call(home, "data.import", asked(file, seen=reading["seen"]))
    assert done.message == "NEW/USDT 1m: 5 bars added"
    assert call(home, "data.import", asked(file)).message.endswith("all 5 bars were there already")
    told = [e["subject"] for e in data(home, "journal.tail") if e["event"] == "data.import"]
    assert told == ["NEWUSDT.LOCAL"] * 2


def test_a_file_that_changed_since_it_was_looked_at_is_refused(home: Home, file: Path) -> None:
    reading = data(home, "data.plan", asked(file))
    file.write_text(HEAD + BARS.replace("2.0,10", "2.0,110"))
    refused = call(home, "data.import", asked(file, seen=reading["seen"]))
    assert refused.status == "refused" and "look at it again" in refused.message
    assert data(home, "data.list") == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"path": "bars.csv"}, "wanted the whole path"),
        ({"market": ""}, "`market` is missing"),
        ({"columns": {"last": "x"}}, "column `last`; wanted one of"),
        ({"path": "/nowhere/bars.csv"}, "/nowhere/bars.csv"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(
    home: Home, file: Path, more: dict[str, object], told: str
) -> None:
    refused = call(home, "data.plan", asked(file) | more)
    assert refused.status == "refused" and told in refused.message


def test_samples_take_days_within_reason(home: Home) -> None:
    assert "wanted 1 to 3650" in call(home, "data.sample", {"days": 0}).message
    assert "SIM/USDT 1m: 1,440 bars added" in call(home, "data.sample", {"days": 1}).message


async def test_what_was_looked_at_is_written_without_being_read_again(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearedge_tui.market import ingest
    from clearedge_tui.store.db import open_store
    from clearedge_tui.supervisor.commands import Commands

    read: list[str] = []
    plan = ingest.plan

    def counted(home: Home, request: ingest.Request) -> ingest.Plan:
        read.append(request.market)
        return plan(home, request)

    monkeypatch.setattr(ingest, "plan", counted)
    with contextlib.closing(open_store(home.database)) as store:
        commands = Commands(home, store, None)
        looked = await commands.run(Command("1", "data.plan", asked(file)))
        seen: Any = looked.data
        assert seen["preview"][0].startswith("2022-01-01 00:01:00  open 1.5")
        other = await commands.run(Command("1", "data.plan", asked(file, market="B/USDT")))
        assert other.status == "done" and len(staged(home)) == 1  # the first look was thrown away
        await commands.run(Command("1", "data.plan", asked(file)))
        read.clear()
        done = await commands.run(Command("1", "data.import", asked(file, seen=seen["seen"])))
        assert (done.message, read) == ("NEW/USDT 1m: 5 bars added", [])
        again = await commands.run(Command("1", "data.import", asked(file, seen=seen["seen"])))
        assert again.message.endswith("were there already") and read == ["NEW/USDT"]
    assert staged(home) == []


def staged(home: Home) -> list[Path]:
    return list((home.catalog / ".staging").iterdir())


def test_ticks_and_pairs_are_asked_for_by_the_same_words(home: Home, tmp_path: Path) -> None:
    ticks = tmp_path / "ticks.csv"
    ticks.write_text("time,bid,ask,price,size\n1704067200,1.5,1.6,1.55,3\n")
    args = {"path": str(ticks), "market": "EUR/USD"}
    assert call(home, "data.plan", args).message.startswith("1 quotes understood")
    done = call(home, "data.import", args | {"kind": "trades"})
    assert done.message == "EUR/USD trades: 1 trades added"
    refused = call(home, "data.plan", args | {"ask": "asks.csv"})
    assert "ask `asks.csv`; wanted the whole path" in refused.message
