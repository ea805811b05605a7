"""A basket on a paper account that replays three markets: it changes sides when they do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from clearedge_tui.core.errors import BadData, ClearEdgeError, Refused
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import describe
from clearedge_tui.research import baskets
from clearedge_tui.research.baskets import Basket
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.rebalance import rebalance
from tests.backtest.box import MINUTE, store
from tests.live.box import Box
from tests.live.seat import cli

NAMES = ("AAA/USDT", "BBB/USDT", "CCC/USDT")
IDS = tuple(describe(name, price_precision=3).market_id for name in NAMES)
FIRST, BARS, TURN, BEGIN = 28_000_000, 2_000, 300, 280
TREND = {"signal": "momentum", "top": "1", "lookback": "20", "every": "1"}


def fill(home: Home) -> None:
    """AAA rises until the turn, then BBB does; CCC never moves much."""
    random = np.random.default_rng(5)
    ts = (np.arange(BARS, dtype=np.int64) + FIRST + 1) * MINUTE
    for n, name in enumerate(NAMES):
        steps = random.normal(0, 0.0002, BARS)
        steps[:TURN] += 0.002 * (n == 0)
        steps[TURN:] += 0.002 * (n == 1)
        close = np.round(100 * np.exp(np.cumsum(steps)), 3)
        opened = np.concatenate([close[:1], close[:-1]])
        high, low = np.maximum(opened, close), np.minimum(opened, close)
        bars = Bars(ts, opened, high, low, close, np.full(BARS, 10.0))
        store(home, describe(name, price_precision=3), "1m", bars)


def basket(**fields: object) -> Basket:
    usual = {"kind": "cross_sectional", "markets": IDS, "timeframe": "1m", "account": "stored",
             "capital": 1000.0, "settings": TREND}  # fmt: skip
    return Basket(**{**usual, **fields})  # type: ignore[arg-type]


def worth(home: Home) -> dict[str, float]:
    done = rebalance(home, "trend", "tester")
    return {one.market: one.value for one in done.changes}


def test_a_basket_follows_its_markets_on_paper_and_by_its_schedule(
    make_box: Callable[..., Box],
) -> None:
    begin = datetime.fromtimestamp((FIRST + BEGIN) * 60, UTC)
    box = make_box(
        extra=f"[stored]\nfeed = 'replay'\nspeed = 600\nstart = '{begin:%Y-%m-%dT%H:%M}'\n"
    )
    fill(box.home)
    baskets.put(box.home, "trend", basket())
    box.start()
    assert set(worth(box.home).values()) == {0.0}, "nothing was played, so nothing is known"
    names = {market: baskets.instance_id("trend", market) for market in IDS}
    for name in names.values():
        box.wait_row(name, lambda r: r.state == "running", "it runs")
        assert box.do("instance.mode", id=name, mode="active").status == "done"
    box.until(lambda: worth(box.home)[IDS[0]] > 900, "the one that rose is held")
    box.until(lambda: box.fills(names[IDS[0]]), "it is bought")
    box.until(lambda: worth(box.home)[IDS[1]] > 900, "the other one leads now", 40)
    box.until(lambda: box.fills(names[IDS[1]]), "the other one is bought")
    box.until(lambda: box.row(names[IDS[0]]).position == 0, "the first one is sold")
    assert box.fills(names[IDS[2]]) == []
    baskets.put(box.home, "trend", basket(every="1h"))
    box.until(
        lambda: [j.message for j in box.snapshot().jobs if (j.kind, j.state) == ("rebalance", "done")],
        "the schedule has put it right",
    )  # fmt: skip
    (job,) = [j for j in box.snapshot().jobs if j.kind == "rebalance"]
    assert "of 3 changed, by bars up to" in job.message
    told = cli(box, "research", "rebalance", "trend", "--dry", "--json")
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    assert {one["market"] for one in said["changes"]} == set(IDS)
    assert (FIRST + BEGIN) * MINUTE < said["at_ns"] < (FIRST + BARS) * MINUTE
    assert "trend" in cli(box, "research", "baskets").stdout
    gone = cli(box, "research", "baskets", "--rm", "trend")
    assert "its instances stay" in gone.stdout
    assert cli(box, "research", "rebalance", "trend").returncode != 0


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Home:
    box = Box(tmp_path_factory.mktemp("baskets") / "home", extra="[stored]\nfeed = 'replay'\n")
    fill(box.home)
    return box.home


def test_what_is_wanted_knows_no_bar_that_closes_later(stored: Home) -> None:
    for at, best in ((TURN - 1, 0), (TURN + 10, 0), (TURN + 40, 1)):
        moment = (FIRST + at) * MINUTE
        for late in (0, MINUTE - 1):  # within a bar the newest whole one counts
            found = baskets.wanted(stored, basket(), moment + late)
            assert found.at_ns == moment
            assert found.values == {one: 1000.0 * (n == best) for n, one in enumerate(IDS)}
    with pytest.raises(BadData, match="data sync"):
        baskets.wanted(stored, basket(), (FIRST + BARS + 3) * MINUTE)
    with pytest.raises(BadData, match="had closed by"):
        baskets.wanted(stored, basket(), FIRST * MINUTE)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "pair_screen"}, "wanted cross_sectional, pairs"),
        ({"markets": IDS[:1]}, "1 markets; wanted 2 or more"),
        ({"capital": -1.0}, "capital -1; wanted more than 0"),
        ({"every": "now and then"}, "every = `now and then`; wanted 15m"),
    ],
)
def test_a_wrong_basket_is_not_written(stored: Home, fields: dict[str, object], said: str) -> None:
    with pytest.raises(ClearEdgeError, match=said):
        baskets.put(stored, "wrong", basket(**fields))
    assert "wrong" not in baskets.read(stored)


def test_files_and_names_that_do_not_fit_are_told(stored: Home) -> None:
    file = stored.config / baskets.FILE
    baskets.put(stored, "one", basket())
    file.write_text("# by hand\n" + file.read_text())
    baskets.put(stored, "two", basket(every="1d"))
    assert file.read_text().startswith("# by hand")
    assert list(baskets.read(stored)) == ["one", "two"]
    with pytest.raises(ClearEdgeError, match="nearest: one"):
        baskets.named(stored, "onne")
    with pytest.raises(ClearEdgeError, match="wanted a name"):
        baskets.put(stored, "No Name", basket())
    baskets.put(stored, "sim", basket(account="paper"))
    with pytest.raises(Refused, match="plays simulated data"):
        rebalance(stored, "sim")
    baskets.put(stored, "none", basket(account="nobody"))
    with pytest.raises(Refused, match="no account is called `nobody`"):
        rebalance(stored, "none")
    whole = file.read_text()
    file.write_text(whole + "\n[three]\nkind = 5\n")
    with pytest.raises(BadData, match=r"baskets\.toml"):
        baskets.read(stored)
    file.write_text(whole)
