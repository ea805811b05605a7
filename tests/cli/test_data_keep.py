"""Looking after the catalog from the command line: shown first, asked about, exact."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from clearedge_tui.cli.main import run
from clearedge_tui.market import catalog
from clearedge_tui.market.markets import save_market
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, make_home, sim_bars, store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    save_market(home, BTC)
    keep = np.ones(300, np.bool_)
    keep[100:110] = False
    for start in (0, 200):
        part = sim_bars(300).take(keep)
        store(home, BTC, "1m", part.slice(start, 200 if not start else 290))
    return home


class Said(NamedTuple):
    exit_code: int
    output: str
    error: str


@pytest.fixture
def say(home: Home, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def do(*words: str) -> Said:
        code = run(["--home", str(home.root), "data", *words])
        return Said(code, *capsys.readouterr())

    return do


def test_a_check_says_what_is_wrong_and_exits_with_one(
    home: Home, say: Callable[..., Said]
) -> None:
    done = say("check")
    assert done.exit_code == 1, done.output
    assert "BTCUSDT.LOCAL 1m" in done.output
    assert "10 missing to" in done.output
    assert "1 series checked: 1 bad" in done.output
    said = json.loads(say("check", "BTC/USDT", "--json").output)
    assert said["checked"][0]["findings"][0]["name"] == "gaps"
    assert said["checked"][0]["verdict"] == "bad"


def test_a_clean_series_exits_with_nought(home: Home, say: Callable[..., Said]) -> None:
    assert say("rm", "BTC/USDT", "--yes").exit_code == 0
    store(home, BTC, "1m", sim_bars(300))
    done = say("check", "BTC/USDT 1m")
    assert done.exit_code == 0, done.output
    assert " clean " in done.output


def test_coverage_is_a_map_of_months(home: Home, say: Callable[..., Said]) -> None:
    done = say("coverage", "BTC/USDT")
    assert "290 rows in 2 files" in done.output
    assert "calendar 24/7, 10 missing" in done.output
    assert "2025  " in done.output and "▓ nearly" in done.output
    said = json.loads(say("coverage", "BTC/USDT", "--json").output)
    assert len(said["covered"]) == 1


def test_deleting_shows_asks_and_deletes_the_range(home: Home, say: Callable[..., Said]) -> None:
    bars = catalog.stored(home, BTC.market_id, "1m")
    assert "would be deleted" in say("rm", "BTC/USDT", "--dry-run").output
    refused = say("rm", "BTC/USDT")
    assert refused.exit_code != 0
    assert len(catalog.stored(home, BTC.market_id, "1m")) == len(bars)
    done = say("rm", "BTC/USDT", "--from", "2025-02-19T22:00", "--yes")
    assert done.exit_code == 0, done.output
    assert 0 < len(catalog.stored(home, BTC.market_id, "1m")) < len(bars)


def test_compacting_and_fingerprint_go_together(home: Home, say: Callable[..., Said]) -> None:
    before = say("fingerprint", "BTC/USDT").output
    assert "2 → 1 files" in say("compact", "--dry-run").output
    assert say("fingerprint", "BTC/USDT").output == before
    assert "2 → 1 files" in say("compact").output
    assert "290 → 290 rows" in say("dedupe").output
    assert say("fingerprint", "BTC/USDT").output == before
    part = json.loads(say("fingerprint", "BTC/USDT", "--to", "2025-02-19T22:00", "--json").output)
    assert part["rows"] < 290


def test_moving_to_where_it_is_already_is_refused(home: Home, say: Callable[..., Said]) -> None:
    done = say("move", "local")
    assert done.exit_code == 2
    assert "the catalog is at local already" in done.error
