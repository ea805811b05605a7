"""A reader beside a writer sees the series before or after a change, never between."""

import threading
from pathlib import Path

import numpy as np
import pytest

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.market import catalog, upkeep
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.place import Place, place
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, make_home, sim_bars, store

KEY = bars_key(BTC.market_id, "1m")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    for numbers in (np.r_[0:100], np.r_[200:300], np.r_[400:450, 460:500]):
        store(home, BTC, "1m", sim_bars(600).take(numbers))
    return home


def rows(home: Home) -> int:
    return len(catalog.stored(home, BTC.market_id, "1m"))


def test_a_file_that_goes_away_while_listing_hides_no_other(home: Home) -> None:
    where = place(home)
    folder = home.catalog / KEY.folder
    for number in range(20):
        # there to list, not to look at
        (folder / f"{number}.parquet").symlink_to(folder / "gone")
    assert len(where.listing(KEY.folder)) == 3


def test_a_listing_within_a_change_is_made_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer drops three files and has not moved the new one in when the reader lists."""
    real_move, real_listing = Place.move, Place.listing
    half, listed = threading.Event(), threading.Event()

    def move(where: Place, source: str, target: str) -> None:
        if target.startswith("data/") and not listed.is_set():
            half.set()
            assert listed.wait(20)
        real_move(where, source, target)

    def listing(where: Place, under: str) -> object:
        if threading.current_thread() is threading.main_thread() and not listed.is_set():
            writer.start()
            assert half.wait(20)
            found = real_listing(where, under)
            listed.set()
            return found
        return real_listing(where, under)

    monkeypatch.setattr(Place, "move", move)
    monkeypatch.setattr(Place, "listing", listing)
    writer = threading.Thread(target=upkeep.compact, args=(home, KEY, False))
    assert rows(home) == 290
    writer.join(20)
    assert catalog.series(home)[0].files == 1


@pytest.mark.parametrize("change", ["compact", "fill"])
def test_a_stream_whose_next_file_was_replaced_says_so(home: Home, change: str) -> None:
    stream = catalog.batches(home, KEY)
    assert next(stream).num_rows == 100
    if change == "compact":
        upkeep.compact(home, KEY, dry=False)
    else:  # the last file keeps its name and has more rows
        store(home, BTC, "1m", sim_bars(600).slice(450, 460))
    with pytest.raises(RetryLater, match="changed while it was read"):
        list(stream)
    assert rows(home) == (290 if change == "compact" else 300)


def test_rows_that_are_added_behind_do_not_disturb_a_stream(home: Home) -> None:
    stream = catalog.batches(home, KEY)
    next(stream)
    store(home, BTC, "1m", sim_bars(700).slice(650, 700))
    assert sum(batch.num_rows for batch in stream) == 190
