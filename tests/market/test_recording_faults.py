"""A recording that is broken or trimmed spoils no other, and says what it is."""

from pathlib import Path

import pytest

from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.market import recordings
from clearedge_tui.market.recordings import Recorder
from clearedge_tui.settings import Home
from tests.backtest.box import make_home
from tests.market.test_recordings import tick

MARKET = "A.X"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def recorded(home: Home, account: str, parts: int) -> str:
    recorder = Recorder(home, account, 10)
    for part in range(parts):
        recorder.take(tick(MARKET, 1 + part))
        recorder.close()
    return recorder.name


def files(home: Home, name: str) -> list[Path]:
    return sorted((recordings.root(home) / name / MARKET).glob("*.parquet"))


def test_a_broken_file_fails_its_recording_by_name_and_no_other(home: Home) -> None:
    good, bad = recorded(home, "paper", 2), recorded(home, "sim", 2)
    files(home, bad)[1].write_bytes(b"")
    assert {one.name for one in recordings.recordings(home)} == {good, bad}
    assert len(list(recordings.ticks(home, good, MARKET))) == 2
    with pytest.raises(BadData, match="not a readable recording"):
        list(recordings.ticks(home, bad, MARKET))
    recordings.remove(home, bad)
    assert [one.name for one in recordings.recordings(home)] == [good]


def test_a_recording_that_is_trimmed_while_it_is_played_says_so(home: Home) -> None:
    name = recorded(home, "paper", 3)
    playing = recordings.ticks(home, name, MARKET)
    assert next(playing).ts_ns == 1
    for path in files(home, name)[1:]:
        path.unlink()
    with pytest.raises(NotFound, match="has made room for newer ones"):
        next(playing)
