"""`data list` tells what the console's screen tells of each series."""

import json
from pathlib import Path

import pytest

from clearedge_tui.cli import data_table
from clearedge_tui.cli.main import run
from clearedge_tui.core.clock import now_ns
from clearedge_tui.market import samples
from clearedge_tui.settings import Home
from clearedge_tui.ui.catalog import SeriesRow
from tests.backtest.box import make_home

DAY_NS = 86_400_000_000_000
ROW = SeriesRow(
    market="SIM/USDT", market_id="SIMUSDT.SIMULATED", timeframe="1m", rows=1_008_000, simulated=True,
    first_ns=1_767_225_660_000_000_000, last_ns=1_827_705_600_000_000_000, missing=12_345,
    bytes=23_400_000, verdict="changed", checked_ns=1_827_705_600_000_000_000,
    source="simulated, seeded",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    samples.write_samples(home, 1)
    return home


def test_the_list_has_age_check_and_what_a_check_found_missing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*words: str) -> str:
        run(["--home", str(home.root), "data", *words])
        return capsys.readouterr().out

    names, first, *_ = say("list").splitlines()
    assert names.split() == [
        "VENUE", "MARKET", "TYPE", "ROWS", "FROM", "TO", "MISSING", "AGE", "SIZE", "CHECK", "SOURCE",
    ]  # fmt: skip
    assert "unchecked" in first and " – " in first
    say("check", "SP500 1d")
    listed = {one["market"]: one for one in json.loads(say("list", "--json"))["series"]}
    index, simulated = listed["SP500"], listed["SIM/USDT"]
    assert (index["missing"], simulated["missing"]) == (0, 0)
    assert index["checked_ns"] and not simulated["checked_ns"]
    assert abs(index["age_s"] - (now_ns() - index["last_ns"]) / 1e9) < 60
    line = next(line for line in say("list").splitlines() if " SP500 " in line)
    assert f"{index['verdict']} now" in line and " 0 " in line and " – " not in line


@pytest.mark.parametrize("width", [80, 100, 130])
def test_a_narrow_terminal_keeps_age_and_check(width: int) -> None:
    names, line = data_table.lines([ROW], (ROW.last_ns or 0) + 40 * DAY_NS, width)
    assert max(map(len, (names, line))) <= width
    for word in ("SIM/USDT", "1m sim", "1,008,000", "2026-01-01", "12,345", "changed"):
        assert word in line, word
    assert ("SOURCE" in names) is (width == 130)
    assert line.split().count("·") == (width == 130)


def test_the_age_is_of_the_newest_row() -> None:
    line = data_table.lines([ROW], (ROW.last_ns or 0) + 40 * DAY_NS)[1]
    assert " 40d " in line
    assert "changed 40d" in line
