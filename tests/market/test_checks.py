"""Checks are kept with the catalog, outdated by a change, and asked before a run."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.resample import Grid
from clearedge_tui.market import catalog, checks, columns
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import Key, Kind, bars_key
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.market.moments import to_ns
from clearedge_tui.market.task import Step, Task, find_series
from clearedge_tui.market.task import run as run_task
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, MINUTE, make_home, sim_bars, store
from tests.market.test_changes import trades

KEY = bars_key(BTC.market_id, "1m")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    save_market(home, BTC)
    return home


def holed(home: Home) -> None:
    keep = np.ones(300, np.bool_)
    keep[100:110] = False
    store(home, BTC, "1m", sim_bars(300).take(keep))


def test_a_check_holds_until_the_data_change(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100))
    assert checks.describe(home, KEY) == "unknown"
    assert checks.run(home, BTC, KEY).verdict == "clean"
    assert checks.describe(home, KEY) == "clean"
    store(home, BTC, "1m", sim_bars(200).slice(100, 200))
    assert checks.describe(home, KEY) == "changed"
    assert checks.holds(home, KEY) is None


def test_a_run_over_a_hole_is_refused_until_somebody_accepts_it_by_name(home: Home) -> None:
    holed(home)
    first = int(sim_bars(1).ts_ns[0]) - MINUTE
    with pytest.raises(Refused, match=r"gaps: 10 bars missing in 1 place.*--accept gaps"):
        checks.demand(home, BTC, KEY, 0, 0)
    with pytest.raises(Refused, match="gaps"):
        checks.demand(home, BTC, KEY, 0, 0, ("splits",))
    (line,) = checks.demand(home, BTC, KEY, 0, 0, ("gaps",))
    assert line.startswith("gaps: 10 bars missing")
    assert checks.demand(home, BTC, KEY, first, first + 100 * MINUTE) == ()
    with pytest.raises(Refused, match="10 bars missing"):
        checks.demand(home, BTC, KEY, first + 50 * MINUTE, first + 150 * MINUTE)


def test_a_run_that_asks_for_more_than_there_is_is_told_so(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100))
    first = int(sim_bars(1).ts_ns[0]) - MINUTE
    with pytest.raises(Refused, match="60 bars missing"):
        checks.demand(home, BTC, KEY, first - 60 * MINUTE, first + 100 * MINUTE)


def test_what_a_source_did_not_have_is_a_gap_of_the_run_all_the_same(home: Home) -> None:
    first = int(sim_bars(1).ts_ns[0]) - MINUTE
    layout = columns.layout(KEY, BTC.price_precision, BTC.size_precision)
    with catalog.locked(home):
        rows = [columns.encode(sim_bars(100), layout)]
        catalog.add(home, BTC, KEY, rows, (first, first + 200 * MINUTE), "test")
    assert catalog.missing(home, KEY, first, first + 200 * MINUTE) == ()
    with pytest.raises(Refused, match="100 bars missing"):
        checks.demand(home, BTC, KEY, first, first + 200 * MINUTE)


def test_a_bad_value_outside_of_the_window_does_not_stop_a_run(home: Home) -> None:
    bars = sim_bars(1000)
    for name in columns.PRICES:
        getattr(bars, name)[700] = 0.001
    store(home, BTC, "1m", bars)
    first = int(bars.ts_ns[0]) - MINUTE
    report = checks.run(home, BTC, KEY)
    assert [one.name for one in report.findings] == ["spikes"]
    (line,) = checks.demand(home, BTC, KEY, 0, 0)
    assert line.startswith("spikes: 1 ×")
    assert checks.demand(home, BTC, KEY, first, first + 600 * MINUTE) == ()


def test_a_name_that_is_no_finding_is_refused() -> None:
    with pytest.raises(UsageError, match="accept `holes`; findings are: gaps, duplicates"):
        checks.accepted(["gaps", "holes"])


def test_a_series_is_found_by_what_people_write(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100))
    assert find_series(home, "BTC/USDT") == KEY
    ticks = Key(BTC.market_id, Kind.TRADES)
    with catalog.locked(home):
        catalog.add(home, BTC, ticks, [trades([1, 2, 3], columns.layout(ticks, 3, 6))])
    assert find_series(home, "btcusdt.local trades") == ticks
    assert find_series(home, "BTC/USDT 1m") == KEY
    with pytest.raises(UsageError, match="which one\\? `BTC/USDT 1m`, `BTC/USDT trades`"):
        find_series(home, "BTC/USDT")
    with pytest.raises(NotFound, match="no market `ETH/USDT`"):
        find_series(home, "ETH/USDT")


def test_one_broken_series_fails_by_name_and_the_others_are_checked(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100))
    store(home, BTC, "1h", columns.resample(sim_bars(600), MINUTE, Grid(3600)))
    (path,) = (home.catalog / KEY.folder).glob("*.parquet")
    path.write_bytes(b"PAR1 cut off")
    said: list[Step] = []
    ended = run_task(Task(str(home.root), "check"), said.append)
    assert ended.message == "1 series checked: 1 clean"
    assert path.name in ended.error
    assert ended.code == 2
    assert {step.text for step in said} == {"BTCUSDT.LOCAL 1h"}


def test_unknown_work_is_an_answer_and_no_crash(home: Home) -> None:
    assert run_task(Task(str(home.root), "polish"), lambda step: None).error == "no work `polish`"


def test_before_a_calendars_first_year_nothing_is_called_closed(home: Home) -> None:
    """Tokyo's is written from 1997 on: its new year's holidays count from then."""
    toyota = msgspec.structs.replace(describe("7203", asset_class="equity"), calendar="XTKS")
    days = np.arange(to_ns("1995-12-25", ""), to_ns("1998-01-12", ""), 1440 * MINUTE)
    days = days[(days // (1440 * MINUTE) + 3) % 7 < 5]
    price = (1500 + np.arange(len(days)) % 7).astype(np.float64)
    store(home, toyota, "1d", Bars(days + 1440 * MINUTE, price, price, price, price, price))
    report = checks.run(home, toyota, bars_key(toyota.market_id, "1d"))
    assert report.calendar == "XTKS, unknown 1995-12-26 to 1997-01-01"
    (closed,) = [one for one in report.findings if one.name == "closed"]
    assert iso(closed.first_ns)[:10] == "1997-01-01" and closed.count > 10
