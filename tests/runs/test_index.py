"""The index of runs: what the folders say, at once, whatever becomes of the file."""

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.runs import index, labels, listing, trash
from clearedge_tui.runs.labels import Labels
from clearedge_tui.runs.model import RunSummary
from clearedge_tui.settings import Home


def put(home: Home, number: int, **more: object) -> str:
    run_id = f"20260101-0000{number:02d}-x-{number:04x}"
    summary = RunSummary(
        run_id, "backtest", "done", "x", "SIM/USDT", "1m", 1, 2, 3, 0.5, True,
        metrics={"sharpe": float(number), "trades": None}, stamps=("zero cost",),
    )  # fmt: skip
    folder = listing.run_folder(home, run_id)
    folder.mkdir(parents=True)
    summary = msgspec.structs.replace(summary, **more)
    (folder / listing.SUMMARY).write_bytes(msgspec.json.encode(summary))
    return run_id


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_it_says_what_the_folders_say_newest_first(home: Home) -> None:
    assert index.load(home).rows == []
    first, second = put(home, 1), put(home, 2, metrics={"trades": 4.0, "omega": 1.5})
    (home.runs / "notes").mkdir()
    (home.runs / ".20260101-000009-x-0009").mkdir()
    for _ in range(2):  # from the folders, then from the file
        found = index.load(home)
        assert [row.run_id for row in found.rows] == [second, first]
        assert found.summary(found.rows[1]).metrics["sharpe"] == 1.0
        assert found.figure(found.rows[0], "omega") == 1.5
        assert found.figure(found.rows[0], "sharpe") is None
        assert found.figure(found.rows[1], "omega") is None
        assert found.figure(found.rows[0], "nothing") is None
        assert found.rows[0].stamps == ("zero cost",)
        assert found.size_bytes == sum(path.stat().st_size for path in home.runs.glob("2*/*"))


@pytest.mark.parametrize("spoilt", [b"", b"no index", None])
def test_a_spoilt_or_lost_file_loses_nothing(home: Home, spoilt: bytes | None) -> None:
    put(home, 1)
    before = index.load(home)
    path = home.runs / ".index"
    path.unlink() if spoilt is None else path.write_bytes(spoilt)
    assert index.load(home) == before


def test_labels_and_removals_show_at_once(home: Home) -> None:
    run_id, other = put(home, 1), put(home, 2)
    index.load(home)
    labels.save(home, run_id, Labels(("Best", "btc", "best"), "a note", True))
    row = next(row for row in index.load(home).rows if row.run_id == run_id)
    assert (row.tags, row.note, row.star) == (("best", "btc"), "a note", True)
    labels.add(home, run_id, ["more"])
    row = next(row for row in index.load(home).rows if row.run_id == run_id)
    assert (row.tags, row.note) == (("best", "btc", "more"), "a note")
    shutil.rmtree(listing.run_folder(home, other))
    assert [row.run_id for row in index.load(home).rows] == [run_id]


def test_a_folder_that_cannot_be_read_is_left_out_and_the_rest_is_there(home: Home) -> None:
    good, bad = put(home, 1), put(home, 2)
    (listing.run_folder(home, bad) / listing.SUMMARY).write_text("{")
    assert [row.run_id for row in index.load(home).rows] == [good]


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "say'"])
def test_a_tag_is_one_word(home: Home, tag: str) -> None:
    run_id = put(home, 1)
    with pytest.raises(UsageError, match="one word"):
        labels.add(home, run_id, [tag])
    assert labels.load(listing.run_folder(home, run_id)) == Labels()


def test_labels_want_a_run(home: Home) -> None:
    for name in ("20260101-000001-x-0001", "../../escaped"):
        with pytest.raises(NotFound):
            labels.add(home, name, ["a"])
    run_id = put(home, 1)
    with pytest.raises(UsageError, match="at most 20"):
        labels.add(home, run_id, [f"t{n}" for n in range(21)])


def test_an_index_in_memory_sees_every_change_at_once_and_reads_nothing_twice(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = index.Kept(home)
    assert kept.load().rows == []
    first = put(home, 1)
    assert [row.run_id for row in kept.load().rows] == [first]
    long_ago = now_ns() - 10**10
    os.utime(home.runs, ns=(long_ago, long_ago))  # as if nothing had changed for a while
    found = kept.load()
    monkeypatch.setattr(index, "_folders", lambda home: pytest.fail("it looked into the folders"))
    assert kept.load() is found
    monkeypatch.undo()
    labels.save(home, first, Labels(("best",), "", True))
    assert kept.load().rows[0].star
    second = put(home, 2)
    trash.remove(home, first)
    assert [row.run_id for row in kept.load().rows] == [second]


def test_a_change_in_the_same_tick_of_the_clock_is_not_overlooked(home: Home) -> None:
    kept, first = index.Kept(home), put(home, 1)
    at = home.runs.stat().st_mtime_ns
    kept.load()
    os.utime(home.runs, ns=(at, at))
    shutil.rmtree(listing.run_folder(home, first))
    os.utime(home.runs, ns=(at, at))
    assert kept.load().rows == []
