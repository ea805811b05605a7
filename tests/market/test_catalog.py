"""The catalog: the engine reads what we write, we read what it writes, and a crash leaves nothing."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.core.resample import Grid
from clearedge_tui.market import catalog, columns
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.market.timeframes import bar_type
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, FIRST, MINUTE, REPO, import_btc, make_home, sim_bars, store

HOUR, DAY = 60 * MINUTE, 1440 * MINUTE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def same(left: Bars, right: Bars) -> bool:
    pairs = zip(left.columns(), right.columns(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_the_engine_reads_what_we_write(home: Home, real_data: Path) -> None:
    from nautilus_trader.model import BarType, NautilusDataType
    from nautilus_trader.persistence import ParquetDataCatalog

    bars = import_btc(home, real_data)
    name = bar_type("BTCUSDT.LOCAL", "1m")
    theirs = ParquetDataCatalog(str(home.catalog))
    found = theirs.query_bars([name])
    assert len(found) == len(bars) == 45_031
    assert found[0].bar_type == BarType.from_str(name)
    assert [bar.ts_init for bar in found] == bars.ts_ns.tolist()
    for at in (0, 1, 777, 45_030):
        assert found[at].close.as_decimal() == Decimal(repr(float(bars.close[at])))
        assert found[at].low.as_decimal() == Decimal(repr(float(bars.low[at])))
    assert theirs.get_intervals(NautilusDataType.Bar, name) == [
        (int(bars.ts_ns[0]), int(bars.ts_ns[-1]))
    ]


def test_we_read_what_the_engine_writes(home: Home) -> None:
    from nautilus_trader.model import Bar, BarType, Price, Quantity
    from nautilus_trader.persistence import ParquetDataCatalog

    kind = BarType.from_str(bar_type("BTCUSDT.LOCAL", "1m"))
    bars = sim_bars(500)
    made = [
        Bar(kind, Price(o, 2), Price(h, 2), Price(low, 2), Price(c, 2), Quantity(v, 3), t, t)
        for t, o, h, low, c, v in zip(*(x.tolist() for x in bars.columns()), strict=True)
    ]
    home.catalog.mkdir()
    ParquetDataCatalog(str(home.catalog)).write_bars(made)
    assert same(catalog.read_bars(home, "BTCUSDT.LOCAL", "1m"), bars)


prices = st.integers(1, 10**11).map(lambda units: units / 1000)


@given(st.lists(prices, min_size=1, max_size=40))
def test_prices_come_back_as_the_same_floats(values: list[float]) -> None:
    import pyarrow as pa

    given_ = np.array(values)
    ts = np.arange(len(values), dtype=np.int64) * MINUTE
    bars = Bars(ts, given_, given_, given_, given_, given_)
    layout = columns.schema(bar_type("BTCUSDT.LOCAL", "1m"), 3, 3)
    back = columns.decode(pa.Table.from_batches([columns.encode(bars, layout)]))
    assert same(back, bars)


def test_a_crash_while_writing_leaves_no_trace(home: Home) -> None:
    def failing() -> Iterator[Bars]:
        yield sim_bars(100)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError), catalog.locked(home):
        catalog.write_bars(home, BTC, "1m", failing())
    assert [p.name for p in home.catalog.rglob("*") if p.is_file()] == [".lock"]


def test_a_writer_killed_while_writing_leaves_the_catalog_as_it_was(home: Home) -> None:
    code = (
        "import os, sys; from pathlib import Path; from clearedge_tui.settings import Home;"
        "from clearedge_tui.market import catalog; from tests.backtest.box import BTC, sim_bars\n"
        "def batches():\n    yield sim_bars(5000)\n    os.kill(os.getpid(), 9)\n"
        "with catalog.locked(Home(Path(sys.argv[1]))):\n"
        "    catalog.write_bars(Home(Path(sys.argv[1])), BTC, '1m', batches())\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(home.root)], cwd=REPO, check=False)
    assert died.returncode == -9
    assert catalog.series(home) == []
    store(home, BTC, "1m", sim_bars(100))
    assert len(catalog.read_bars(home, BTC.market_id, "1m")) == 100
    assert not list(home.catalog.glob(".staging/*"))


def test_overlapping_writes_add_only_what_is_new(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100).slice(20, 60))
    store(home, BTC, "1m", sim_bars(100))
    assert same(catalog.read_bars(home, BTC.market_id, "1m"), sim_bars(100))
    assert catalog.series(home)[0].gaps == 0


def test_a_write_that_contradicts_what_is_stored_is_refused_whole(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100))
    wrong = sim_bars(120)
    wrong.high[50] += 1
    wrong.high[51] += 1
    with pytest.raises(BadData, match=r"the bar closing .* \(2 bars differ\); nothing was written"):
        store(home, BTC, "1m", wrong)
    assert same(catalog.read_bars(home, BTC.market_id, "1m"), sim_bars(100))


def test_ranges_are_by_opening_time_and_exclude_the_end(home: Home) -> None:
    bars = sim_bars(100)
    store(home, BTC, "1m", bars)
    start = (FIRST + 10) * MINUTE
    part = catalog.read_bars(home, BTC.market_id, "1m", start, start + 5 * MINUTE)
    assert (part.ts_ns - MINUTE).tolist() == [start + n * MINUTE for n in range(5)]
    assert same(part, bars.slice(10, 15))


@pytest.mark.parametrize("minutes", [5, 15, 60, 240])
def test_longer_bars_equal_a_plain_grouping(minutes: int, home: Home) -> None:
    bars = sim_bars(3000)
    keep = np.ones(3000, np.bool_)
    keep[[7, 8, 9, 100, 1203]] = False
    bars = bars.take(keep)
    store(home, BTC, "1m", bars)
    name = f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"
    found = catalog.read_bars(home, BTC.market_id, name)
    period = minutes * MINUTE
    groups: dict[int, list[int]] = {}
    for at, ts in enumerate(bars.ts_ns.tolist()):
        groups.setdefault(-(-ts // period) * period, []).append(at)
    whole = {
        close: rows
        for close, rows in groups.items()
        if bars.ts_ns[0] - MINUTE <= close - period and close <= bars.ts_ns[-1]
    }
    assert catalog.timeframes_of(home, BTC.market_id) == ["1m"], "nothing of them is stored"
    assert found.ts_ns.tolist() == sorted(whole)
    for at, close in enumerate(found.ts_ns.tolist()):
        rows = whole[close]
        assert found.open[at] == bars.open[rows[0]]
        assert found.close[at] == bars.close[rows[-1]]
        assert found.high[at] == max(bars.high[rows])
        assert found.low[at] == min(bars.low[rows])
        assert found.volume[at] == pytest.approx(sum(bars.volume[rows]))


def test_a_range_of_longer_bars_has_whole_bars_at_its_edges(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(2000))
    whole = catalog.read_bars(home, BTC.market_id, "1h")
    start, end = int(whole.ts_ns[3]) - HOUR, int(whole.ts_ns[8]) - HOUR
    assert same(catalog.read_bars(home, BTC.market_id, "1h", start, end), whole.slice(3, 8))


def test_a_timeframe_that_cannot_be_made_is_named(home: Home) -> None:
    store(home, BTC, "1h", columns.resample(sim_bars(600), MINUTE, Grid(3600)))
    with pytest.raises(NotFound, match="has no bars to make 5m from; it has 1h"):
        catalog.read_bars(home, BTC.market_id, "5m")


def test_series_are_described(home: Home) -> None:
    keep = np.ones(100, np.bool_)
    keep[[40, 41, 60]] = False
    store(home, simulated_market(), "1m", sim_bars(100).take(keep))
    (found,) = catalog.series(home)
    assert (found.market, found.timeframe, found.rows, found.gaps) == ("SIM/USDT", "1m", 97, 2)
    assert found.simulated
    assert found.bytes > 1000
    assert found.last_ns - found.first_ns == 99 * MINUTE


def test_a_damaged_file_is_named(home: Home) -> None:
    store(home, BTC, "1m", sim_bars(100))
    (path,) = (home.catalog / bars_key(BTC.market_id, "1m").folder).glob("*.parquet")
    store(home, simulated_market(), "1m", sim_bars(100))
    path.write_bytes(b"PAR1 and then nonsense")
    with pytest.raises(BadData, match="not a readable data file"):
        catalog.read_bars(home, BTC.market_id, "1m")
    bad, good = catalog.series(home)
    assert path.name in bad.error
    assert (good.rows, good.error) == (100, "")
