"""Ticks as bars for a chart: every tick counts once, the newest are shown, only the end is read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.market import tick_bars
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import call
from tests.backtest.box import make_home

SECOND = 1_000_000_000
FIRST = 1_704_067_200


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 99)), min_size=1), st.integers(1, 50))
def test_bars_hold_every_tick_once(ticks: list[tuple[int, int]], step: int) -> None:
    times = np.sort(np.array([at for at, _ in ticks], np.int64))
    prices = np.array([float(price) for _, price in ticks])
    bars = tick_bars.joined(times, prices, np.ones(len(ticks)), step)
    assert bars.volume.sum() == len(ticks)
    for i, close_ns in enumerate(bars.ts_ns):
        inside = prices[(times >= close_ns - step) & (times < close_ns)]
        made = [float(c[i]) for c in bars.columns()[1:]]
        assert made == [inside[0], inside.max(), inside.min(), inside[-1], len(inside)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def bring(home: Home, tmp_path: Path, market: str, text: str) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text(text)
    done = call(home, "data.import", {"path": str(path), "market": market})
    assert done.status == "done", done.message


def preview(home: Home, series: str, **more: object) -> Any:
    return call(home, "data.preview", {"series": series, **more}).data


def test_trades_become_some_hundred_bars_of_a_round_length(home: Home, tmp_path: Path) -> None:
    rows = "".join(f"{FIRST + 2 * i},{100 + i % 7}.5,2\n" for i in range(5_000))
    bring(home, tmp_path, "ETH/USDT", "time,price,size\n" + rows)
    seen = preview(home, "ETHUSDT.LOCAL trades", count=400)
    assert seen["step"] == "30s"
    assert len(seen["bars"]) == pytest.approx(334, abs=1)
    assert seen["bars"][-1][0] >= (FIRST + 9_998) * SECOND
    assert seen["bars"][1][1:] == [101.5, 106.5, 100.5, 101.5, 30.0]
    until = preview(home, "ETHUSDT.LOCAL trades", count=400, end_ns=(FIRST + 600) * SECOND)
    assert until["bars"][-1][0] <= (FIRST + 602) * SECOND


def test_quotes_are_shown_by_their_middles_and_only_the_end_is_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = "".join(f"{FIRST + 10 * i},1.0,1.1\n" for i in range(40_000))
    late = "".join(f"{FIRST + 400_000 + i},1.2,1.3\n" for i in range(2_000))
    bring(home, tmp_path, "EUR/USD", "time,bid,ask\n" + early + late)
    joined, lengths = tick_bars.joined, list[int]()

    def counted(times: Any, *rest: Any) -> Any:
        lengths.append(len(times))
        return joined(times, *rest)

    monkeypatch.setattr(tick_bars, "joined", counted)
    seen = preview(home, "EURUSD.LOCAL quotes", count=30)
    assert lengths == [1_500], "fifty a bar"
    assert {bar[4] for bar in seen["bars"]} == {1.25} and 10 <= len(seen["bars"]) <= 30


def test_a_few_ticks_are_a_bar_each(home: Home, tmp_path: Path) -> None:
    rows = "".join(f"{FIRST + 86_400 * i},{100 + i},1\n" for i in range(3))
    bring(home, tmp_path, "ETH/USDT", "time,price,size\n" + rows)
    seen = preview(home, "ETHUSDT.LOCAL trades")
    assert (seen["step"], [bar[4] for bar in seen["bars"]]) == ("1d", [100.0, 101.0, 102.0])
