"""The list of series is made of names, footers and the index: rows are never read for it."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clearedge_tui.market import catalog, fetch, ingest, task
from clearedge_tui.market.ingest import Request
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.markets import describe
from clearedge_tui.market.place import Place
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, make_home, sim_bars, store


class Counted:
    """A file that counts what is read of it."""

    def __init__(self, file: Any, read: list[int]) -> None:
        self._file, self._read = file, read

    def read(self, size: int = -1) -> bytes:
        found: bytes = self._file.read(size)
        self._read.append(len(found))
        return found

    def read_buffer(self, size: int = -1) -> Any:
        found = self._file.read_buffer(size)
        self._read.append(len(found))
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what is read of data files, in bytes."""
    found: list[int] = []
    open_ = Place.open
    monkeypatch.setattr(Place, "open", lambda self, path: Counted(open_(self, path), found))
    return found


def test_the_list_reads_nothing_of_what_we_wrote_and_footers_of_what_others_did(
    tmp_path: Path, read: list[int]
) -> None:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", sim_bars(200_000))
    read.clear()
    (one,) = catalog.series(home)
    assert (one.rows, read) == (200_000, [])
    key = bars_key(BTC.market_id, "1m")
    (file,) = (home.catalog / key.folder).glob("*.parquet")
    for index in (home.catalog / ".index").iterdir():
        index.unlink()
    (again,) = catalog.series(home)
    assert again.rows == 200_000
    assert 0 < sum(read) < 70_000 < file.stat().st_size / 20
    read.clear()
    assert len(catalog.covered(home, key)) == 1 and catalog.span(home, BTC.market_id, "1m")
    assert read == []


def test_the_first_rows_of_a_selection_cost_a_row_group_not_a_file(
    tmp_path: Path, read: list[int]
) -> None:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", sim_bars(600_000))
    key = bars_key(BTC.market_id, "1m")
    (file,) = (home.catalog / key.folder).glob("*.parquet")
    read.clear()
    assert next(catalog.batches(home, key)).num_rows
    assert sum(read) < file.stat().st_size / 3


def test_a_plan_of_a_file_is_not_in_the_list(tmp_path: Path) -> None:
    home: Home = make_home(tmp_path / "home")
    path = tmp_path / "b.csv"
    path.write_text(
        "time,open,high,low,close\n2024-01-01 00:00,1,1,1,1\n2024-01-01 00:01,1,1,1,1\n"
    )
    with ingest.plan(home, Request(path, "BTC/USDT")):
        assert catalog.series(home) == []


def test_a_foreign_name_fails_its_own_series_and_no_other(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    other = msgspec.structs.replace(describe("ETH/USDT", price_precision=2), source="simulated")
    store(home, BTC, "1m", sim_bars(300))
    store(home, other, "1m", sim_bars(300))
    folder = home.catalog / bars_key(BTC.market_id, "1m").folder
    (file,) = folder.glob("*.parquet")
    shutil.copy(file, folder / "copy of january.parquet")
    shutil.copy(file, folder.parent / "beside.parquet")
    trades = home.catalog / "data" / "trades"
    trades.mkdir()
    shutil.copy(file, trades / "beside.parquet")
    odd = folder.parent / "BTCUSDT.LOCAL-7-MINUTE-LAST-EXTERNAL"
    odd.mkdir()
    shutil.copy(file, odd / file.name)
    listed = {one.market: one.error for one in catalog.series(home)}
    assert set(listed) == {"BTC/USDT", "ETH/USDT"} and not listed["ETH/USDT"]
    assert "copy of january.parquet: the name is not <first>_<last>" in listed["BTC/USDT"]
    assert len(catalog.read_bars(home, other.market_id, "5m")) > 50
    for what in ("check", "compact", "dedupe"):
        done = task.run(task.Task(str(home.root), what, {"dry": True}), lambda step: None)
        assert "BTCUSDT.LOCAL 1m: " in done.error and "copy of january" in done.error, what
        assert isinstance(done.data, list) and len(done.data) == 1, "the other one is done"
        assert done.data[0]["series"] == "ETHUSDT.LOCAL 1m"


def test_a_sync_goes_on_past_a_series_with_a_foreign_name(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    market = msgspec.structs.replace(BTC, source="simulated")
    store(home, market, "1m", sim_bars(300))
    folder = home.catalog / bars_key(BTC.market_id, "1m").folder
    (folder / "notes.parquet").write_text("no data")
    (done,) = asyncio.run(fetch.sync(home))
    assert done.symbol == "BTC/USDT" and "notes.parquet" in done.error and done.exit_code == 2
