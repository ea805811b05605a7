"""What a rewrite must not change: decimals, who was asked, sources, and rows of any year."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, Refused
from clearedge_tui.market import catalog, columns, series_file, upkeep
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.layout import Key, Kind, bars_key, file_name
from clearedge_tui.market.markets import save_market
from clearedge_tui.market.place import place
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, MINUTE, make_home, sim_bars
from tests.market.test_changes import trades

KEY = bars_key(BTC.market_id, "1m")
LAYOUT = columns.layout(KEY, 3, 6)
TICKS = Key(BTC.market_id, Kind.TRADES)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    save_market(home, BTC)
    return home


def bars_of(numbers: object, price: float) -> Bars:
    ts_ns = sim_bars(100).ts_ns[numbers]  # type: ignore[call-overload]
    flat = np.full(len(ts_ns), price)
    return Bars(ts_ns, flat, flat, flat, flat, flat)


def add(
    home: Home, batch: pa.RecordBatch | None, span: tuple[int, int] | None, source: str
) -> None:
    with catalog.locked(home):
        catalog.add(home, BTC, KEY, [] if batch is None else [batch], span, source)


def foreign(home: Home, bars: Bars, precision: int = 3) -> None:
    """Write a file as another program would."""
    folder = home.catalog / KEY.folder
    folder.mkdir(parents=True, exist_ok=True)
    rows = columns.encode(bars, columns.layout(KEY, precision, 6))
    name = file_name(int(bars.ts_ns[0]), int(bars.ts_ns[-1]))
    pq.write_table(pa.Table.from_batches([rows]), folder / name)


def test_a_market_made_coarser_does_not_round_what_is_stored(home: Home) -> None:
    fine, coarse = (msgspec.structs.replace(BTC, price_precision=n) for n in (5, 1))
    around = np.r_[0:50, 60:70]
    for market, numbers, price in ((fine, around, 100.12345), (coarse, np.r_[52:58], 100.1)):
        with catalog.locked(home):
            catalog.write_bars(home, market, "1m", [bars_of(numbers, price)])
    assert catalog.stored(home, BTC.market_id, "1m").close[0] == 100.12345


@pytest.mark.parametrize("others", [np.r_[50:60], np.r_[5:60]])
def test_compacting_files_of_different_decimals_keeps_the_finest(
    home: Home, others: object
) -> None:
    foreign(home, bars_of(np.r_[0:50], 100.1), precision=1)
    foreign(home, bars_of(others, 100.12345), precision=5)
    streamed = [columns.decode(pa.Table.from_batches([b])) for b in catalog.batches(home, KEY)]
    assert columns.joined(streamed).close[-1] == 100.12345
    upkeep.compact(home, KEY, dry=False)
    assert catalog.stored(home, BTC.market_id, "1m").close[-1] == 100.12345


def test_a_source_is_named_once_however_often_it_adds(home: Home) -> None:
    whole = columns.encode(sim_bars(400), LAYOUT)
    for turn, source in enumerate(("file", "binance", "binance", "binance")):
        add(home, whole.slice(turn * 50, 60), None, source)
    assert catalog.series(home)[0].source == "file, binance"


def test_a_rewrite_does_not_claim_that_a_source_was_asked(home: Home) -> None:
    whole = columns.encode(sim_bars(100), LAYOUT)
    opens = int(sim_bars(1).ts_ns[0]) - MINUTE
    add(home, whole.slice(0, 50), (opens, opens + 50 * MINUTE), "test")
    add(home, columns.encode(sim_bars(100).take(np.r_[50, 60:100]), LAYOUT), None, "file")
    upkeep.compact(home, KEY, dry=False)
    where = place(home)
    (item,) = where.listing(KEY.folder)
    assert not series_file.survey(where, item.path, KEY).asked
    (hole,) = catalog.missing(home, KEY, opens, opens + 100 * MINUTE)
    assert hole == (opens + 51 * MINUTE, opens + 60 * MINUTE)


def test_bars_from_before_1970_are_read(home: Home) -> None:
    bars = sim_bars(300)
    old = Bars.of([bars.ts_ns - 60 * 365 * 1440 * MINUTE, *bars.columns()[1:]])
    add(home, columns.encode(old, LAYOUT), None, "")
    assert len(catalog.read_bars(home, BTC.market_id, "1m")) == 300
    assert len(catalog.read_bars(home, BTC.market_id, "5m")) == 60


def test_compacting_ticks_claims_nothing_between_what_was_asked_for(home: Home) -> None:
    rows = columns.layout(TICKS, 3, 6)
    for start in (0, 1000):
        with catalog.locked(home):
            batch = trades([start + 5, start + 50], rows)
            catalog.add(home, BTC, TICKS, [batch], span=(start, start + 100))
    assert catalog.missing(home, TICKS, 0, 1100) == ((100, 1000),)
    upkeep.compact(home, TICKS, dry=False)
    assert catalog.missing(home, TICKS, 0, 1100) == ((100, 1000),)


def test_compacting_claims_nothing_behind_a_span_that_was_empty(home: Home) -> None:
    opens = int(sim_bars(1).ts_ns[0]) - MINUTE
    late = columns.encode(sim_bars(400).slice(200, 250), LAYOUT)
    add(home, None, (opens, opens + 100 * MINUTE), "test")
    add(home, late, (opens + 200 * MINUTE, opens + 250 * MINUTE), "test")
    add(home, None, (opens + 250 * MINUTE, opens + 300 * MINUTE), "test")
    hole = ((opens + 100 * MINUTE, opens + 200 * MINUTE),)
    assert catalog.missing(home, KEY, opens, opens + 300 * MINUTE) == hole
    done = upkeep.compact(home, KEY, dry=False)
    assert (done.files_before, done.files_after, done.rows_after) == (3, 2, 50)
    assert catalog.missing(home, KEY, opens, opens + 300 * MINUTE) == hole


@pytest.mark.parametrize("second", [np.r_[0, 1, 49, 80], np.r_[0, 1, 49]])
def test_deleting_from_files_that_overlap_loses_nothing_else(home: Home, second: object) -> None:
    foreign(home, bars_of(np.r_[0, 7, 49, 99], 1.0))
    foreign(home, bars_of(second, 2.0))
    before = set(catalog.stored(home, BTC.market_id, "1m").ts_ns.tolist())
    edge = int(sim_bars(100).ts_ns[49])
    with pytest.raises(Refused, match="overlap; compact it first"):
        upkeep.delete_range(home, KEY, edge, 0, dry=False)
    upkeep.compact(home, KEY, dry=False)
    upkeep.delete_range(home, KEY, edge, 0, dry=False)
    left = set(catalog.stored(home, BTC.market_id, "1m").ts_ns.tolist())
    assert left == {one for one in before if one <= edge}


def test_deleting_inside_of_the_first_bar_leaves_no_file_that_ends_before_it_begins(
    home: Home,
) -> None:
    opens = int(sim_bars(1).ts_ns[0]) - MINUTE
    add(home, None, (opens, opens + 10 * MINUTE), "test")
    upkeep.delete_range(home, KEY, opens + MINUTE // 2, opens + 5 * MINUTE, dry=False)
    (item,) = place(home).listing(KEY.folder)
    assert item.path.endswith(file_name(opens + 6 * MINUTE, opens + 10 * MINUTE))


@pytest.mark.parametrize("value", [1e16, -1e17, float("nan"), float("inf")])
def test_a_number_that_does_not_fit_is_refused_and_not_turned_into_another(
    home: Home, value: float
) -> None:
    bars = bars_of(np.r_[0:10], 1.0)
    bars.close[5] = value  # all columns are one here
    with pytest.raises(BadData, match="cannot be kept with 3 decimals"), catalog.locked(home):
        catalog.write_bars(home, BTC, "1m", [bars])
    assert catalog.series(home) == []


def test_a_bucket_whose_beginning_is_not_stored_is_left_out_of_a_series_with_few_bars(
    home: Home,
) -> None:
    whole = sim_bars(600)
    few = whole.take(np.flatnonzero(whole.ts_ns // MINUTE % 10 == 1))
    opens = int(few.ts_ns[0]) - MINUTE
    assert opens // MINUTE % 15 == 5, "the series begins within a bar of 15 minutes"
    with catalog.locked(home):
        catalog.write_bars(home, BTC, "1m", [few])
    made = catalog.read_bars(home, BTC.market_id, "15m")
    assert int(made.ts_ns[0]) == opens + 25 * MINUTE
