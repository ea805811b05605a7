"""What is kept of files: true when they change, small however often, silent on passing faults."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, ClearEdgeError
from clearedge_tui.market import catalog, index
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.place import Place, place
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, make_home, sim_bars, store

KEY = bars_key(BTC.market_id, "1m")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", sim_bars(100))
    return home


def only(home: Home) -> Path:
    (path,) = (home.catalog / KEY.folder).glob("*.parquet")
    return path


def forgotten(home: Home) -> None:
    for path in (home.catalog / ".index").iterdir():
        path.unlink()


def test_a_file_that_may_not_be_read_now_is_read_when_it_may(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten(home)

    def refused(where: Place, path: str) -> object:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as now:
        now.setattr(Place, "open", refused)
        (listed,) = catalog.series(home)
        assert "Permission denied" in listed.error
        assert "delete it" not in listed.error
        assert index.details(home, place(home), KEY)[0].error
        with pytest.raises(ClearEdgeError, match="Permission denied"):
            catalog.stored(home, BTC.market_id, "1m")
    assert catalog.series(home)[0].error == ""
    assert index.details(home, place(home), KEY)[0].facts.rows == 100


def test_a_file_of_other_columns_fails_its_series_by_name(home: Home) -> None:
    pq.write_table(pa.table({"x": [1]}), only(home))
    eth = bars_key("ETHUSDT.LOCAL", "1m")
    store(home, BTC, "5m", sim_bars(20))
    for rows in (catalog.series(home), catalog.series(home)):
        bad, good = sorted(rows, key=lambda one: not one.error)
        assert "its columns are not those of BTCUSDT.LOCAL 1m" in bad.error
        assert (good.timeframe, good.error, good.rows) == ("5m", "", 20)
    assert index.details(home, place(home), KEY)[0].error
    assert index.details(home, place(home), eth) == []
    with pytest.raises(BadData, match="columns"):
        list(catalog.batches(home, KEY, 1, 2_000_000_000_000_000_000))


def test_adding_again_and_again_leaves_one_detail(home: Home) -> None:
    for end in range(110, 200, 10):
        store(home, BTC, "1m", sim_bars(200).slice(90, end))
    kept = [p.name for p in (home.catalog / ".index").iterdir()]
    assert len(kept) == 2, kept  # the list, and the one file


def test_what_was_counted_is_known_to_the_list_when_the_list_was_lost(home: Home) -> None:
    (home.catalog / ".index" / "all.msgpack").unlink()
    assert catalog.series(home)[0].gaps == 0
    forgotten(home)
    assert catalog.series(home)[0].gaps is None
    index.details(home, place(home), KEY)
    assert catalog.series(home)[0].gaps == 0
