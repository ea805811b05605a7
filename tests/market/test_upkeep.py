"""Compact, deduplicate, delete, move: shown first, done at once, provable by the fingerprint."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.cli.main import run
from clearedge_tui.core.errors import NotFound, Refused
from clearedge_tui.market import catalog, columns, upkeep
from clearedge_tui.market.fingerprint import fingerprint, of_batches
from clearedge_tui.market.layout import Key, Kind, bars_key, file_name
from clearedge_tui.market.markets import save_market
from clearedge_tui.market.place import place
from clearedge_tui.settings import MARKER, Home, load_options
from tests.backtest.box import BTC, MINUTE, make_home, sim_bars, store

KEY = bars_key(BTC.market_id, "1m")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    save_market(home, BTC)
    return home


def files(home: Home) -> list[str]:
    return sorted(p.name for p in (home.catalog / KEY.folder).glob("*.parquet"))


def test_a_fingerprint_names_rows_and_not_files(home: Home, tmp_path: Path) -> None:
    for start in range(0, 900, 300):
        store(home, BTC, "1m", sim_bars(900).slice(start, start + 300))
    apart = fingerprint(home, KEY)
    other = make_home(tmp_path / "other")
    store(other, BTC, "1m", sim_bars(900))
    assert apart == fingerprint(other, KEY)
    assert apart.rows == 900
    upkeep.compact(home, KEY, dry=False)
    assert fingerprint(home, KEY) == apart
    part = fingerprint(home, KEY, apart.first_ns + 10 * MINUTE, apart.first_ns + 20 * MINUTE)
    assert (part.rows, part.first_ns) == (11, apart.first_ns + 10 * MINUTE)
    assert part.sha256 != apart.sha256


@given(st.data())
def test_any_cut_of_the_rows_has_the_same_fingerprint(data: st.DataObject) -> None:
    layout = columns.layout(KEY, 3, 6)
    whole = columns.encode(sim_bars(50), layout)
    cuts = sorted(data.draw(st.sets(st.integers(1, 49), max_size=5)))
    edges = [0, *cuts, 50]
    parts = [whole.slice(a, b - a) for a, b in pairwise(edges)]
    assert of_batches("x", parts) == of_batches("x", [whole])


@given(st.integers(0, 49), st.sampled_from(["open", "volume", "ts_init"]))
def test_one_changed_value_changes_the_fingerprint(row: int, name: str) -> None:
    layout = columns.layout(KEY, 3, 6)
    bars = sim_bars(50)
    before = of_batches("x", [columns.encode(bars, layout)])
    column = bars.ts_ns if name == "ts_init" else getattr(bars, name)
    column[row] += 1
    assert of_batches("x", [columns.encode(bars, layout)]).sha256 != before.sha256


def test_compacting_shows_first_and_joins_the_files(home: Home) -> None:
    for start in range(0, 900, 300):
        store(home, BTC, "1m", sim_bars(900).slice(start, start + 300))
    shown = upkeep.compact(home, KEY, dry=True)
    assert (shown.files_before, shown.files_after, shown.rows_after) == (3, 1, 900)
    assert "would be compacted" in shown.line()
    assert len(files(home)) == 3
    upkeep.compact(home, KEY, dry=False)
    assert len(files(home)) == 1
    assert catalog.stored(home, BTC.market_id, "1m").close.tolist() == sim_bars(900).close.tolist()


def test_duplicates_that_another_program_wrote_are_found_and_left_out(home: Home) -> None:
    bars = sim_bars(100)
    store(home, BTC, "1m", bars)
    layout = columns.layout(KEY, BTC.price_precision, BTC.size_precision)
    again = columns.encode(bars.slice(90, 100), layout)
    first, last = int(bars.ts_ns[90]), int(bars.ts_ns[99])
    pq.write_table(
        pa.Table.from_batches([again]), home.catalog / KEY.folder / file_name(first, last)
    )
    assert len(catalog.stored(home, BTC.market_id, "1m")) == 110
    assert upkeep.compact(home, KEY, dry=True).rows_after == 110
    assert upkeep.deduplicate(home, KEY, dry=True).rows_after == 100
    assert len(catalog.stored(home, BTC.market_id, "1m")) == 110, "it was only shown"
    upkeep.deduplicate(home, KEY, dry=False)
    found = catalog.stored(home, BTC.market_id, "1m")
    assert found.ts_ns.tolist() == bars.ts_ns.tolist()


@given(st.integers(0, 299), st.integers(1, 300), st.booleans())
def test_deleting_a_range_leaves_the_rest(low: int, length: int, whole_file: bool) -> None:
    import tempfile

    bars = sim_bars(300)
    high = min(300, low + length)
    opens = bars.ts_ns - MINUTE
    start, end = int(opens[low]), int(opens[high - 1]) + MINUTE
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        save_market(home, BTC)
        step = 300 if whole_file else 100
        for at in range(0, 300, step):
            store(home, BTC, "1m", bars.slice(at, at + step))
        shown = upkeep.delete_range(home, KEY, start, end, dry=True)
        assert len(catalog.stored(home, BTC.market_id, "1m")) == 300
        done = upkeep.delete_range(home, KEY, start, end, dry=False)
        assert shown.rows_after == done.rows_after == 300 - (high - low)
        keep = np.ones(300, np.bool_)
        keep[low:high] = False
        left = catalog.stored(home, BTC.market_id, "1m")
        assert left.ts_ns.tolist() == bars.ts_ns[keep].tolist()
        assert sum(one.rows for one in catalog.series(home)) == int(keep.sum())


def test_what_was_deleted_has_to_be_fetched_again(home: Home) -> None:
    bars = sim_bars(300)
    opens = int(bars.ts_ns[0]) - MINUTE
    layout = columns.layout(KEY, BTC.price_precision, BTC.size_precision)
    with catalog.locked(home):
        span = (opens, opens + 300 * MINUTE)
        catalog.add(home, BTC, KEY, [columns.encode(bars, layout)], span, "test")
    gone = (opens + 100 * MINUTE, opens + 150 * MINUTE)
    upkeep.delete_range(home, KEY, *gone, dry=False)
    assert catalog.missing(home, KEY, opens, opens + 300 * MINUTE) == (gone,)


def test_an_unknown_series_is_named(home: Home) -> None:
    with pytest.raises(NotFound, match=r"no series NOPE.LOCAL trades"):
        upkeep.compact(home, Key("NOPE.LOCAL", Kind.TRADES), dry=True)


def test_a_catalog_moves_to_s3_and_is_proved_there(
    home: Home, s3_home: Callable[[str], Home]
) -> None:
    store(home, BTC, "1m", sim_bars(500).slice(0, 250))
    store(home, BTC, "1m", sim_bars(500).slice(250, 500))
    far = s3_home("moved")
    (shown,) = upkeep.copy_catalog(home, place(far), dry=True)
    assert (shown.files_after, shown.rows_after) == (2, 500)
    assert catalog.series(far) == []
    upkeep.copy_catalog(home, place(far), dry=False)
    assert fingerprint(far, KEY) == fingerprint(home, KEY)
    store(home, BTC, "5m", sim_bars(20))  # as if the copy had been killed before this one
    assert [one.rows_after for one in upkeep.copy_catalog(home, place(far), dry=False)] == [500, 20]
    assert {one.timeframe for one in catalog.series(far)} == {"1m", "5m"}
    store(home, BTC, "1m", sim_bars(501))
    with pytest.raises(Refused, match=r"holds other rows of BTCUSDT.LOCAL 1m"):
        upkeep.copy_catalog(home, place(far), dry=False)


def test_a_home_is_pointed_at_another_catalog_and_keeps_its_other_lines(home: Home) -> None:
    (home.root / MARKER).write_text('# mine\n[home]\nname = "x"\n')
    upkeep.retarget(home, "s3://b/p")
    assert load_options(home).catalog == "s3://b/p"
    upkeep.retarget(home, "")
    assert load_options(home).catalog == ""
    assert (home.root / MARKER).read_text() == '# mine\n[home]\nname = "x"\n'


def test_the_command_moves_a_home_to_s3_and_back(
    s3_home: Callable[[str], Home], capsys: pytest.CaptureFixture[str]
) -> None:
    home = s3_home("commanded")
    upkeep.retarget(home, "")
    store(home, BTC, "1m", sim_bars(500))
    there = "s3://commanded/lake"
    say = partial(run, ["--home", str(home.root), "data", "move", there, "--dry-run"])
    assert say() == 0
    assert "would be copied to s3://commanded/lake; 1 → 1 files, 500" in capsys.readouterr().out
    assert load_options(home).catalog == ""
    assert run(["--home", str(home.root), "data", "move", there]) == 0
    assert load_options(home).catalog == there
    capsys.readouterr()
    assert run(["--home", str(home.root), "data", "list"]) == 0
    assert "BTC/USDT" in capsys.readouterr().out
    assert catalog.stored(home, BTC.market_id, "1m").ts_ns.tolist() == sim_bars(500).ts_ns.tolist()
    store(home, BTC, "1m", sim_bars(501))
    assert run(["--home", str(home.root), "data", "move", "local"]) == 3
    assert "holds other rows of BTCUSDT.LOCAL 1m" in capsys.readouterr().err
