"""Work on the catalog is a job: it goes on without a screen, tells how far it is, can be cancelled."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clearedge_tui.market import catalog
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.store.db import open_reader, open_store
from clearedge_tui.supervisor.commands import VERBS, Commands
from clearedge_tui.supervisor.protocol import Command, JobRow
from tests.backtest.box import make_home, sim_bars, store
from tests.live.box import Box

NAME = "SIM/USDT 1m"


@pytest.fixture
def box(shared_box: Box) -> Iterator[Box]:
    yield shared_box
    if catalog.series(shared_box.home):
        shared_box.do("data.rm", series=NAME, wait=True)


def job(box: Box) -> JobRow:
    return box.snapshot().jobs[-1]


def test_a_check_is_a_job_and_its_verdict_is_seen(box: Box) -> None:
    keep = np.ones(500, np.bool_)
    keep[100] = False
    store(box.home, simulated_market(), "1m", sim_bars(500).take(keep))
    answer = box.do("data.check", series=[NAME])
    assert answer.status == "done", answer
    box.until(lambda: job(box).state == "done", "the check has ended")
    assert job(box).message == "1 series checked: 1 bad"
    seen = box.do("data.coverage", series=NAME).data
    assert isinstance(seen, dict)
    assert (seen["verdict"], seen["rows"]) == ("bad", 499)
    assert [one["name"] for one in seen["findings"]] == ["gaps"]
    assert sum(days * rows for _, days, rows in seen["days"]) == 499


def test_a_waited_job_answers_with_what_it_did(box: Box) -> None:
    for start in (0, 100, 200):
        store(box.home, simulated_market(), "1m", sim_bars(300).slice(start, start + 100))
    shown = box.do("data.compact", series=[NAME], dry=True, wait=True)
    assert "would be compacted; 3 → 1 files, 300 → 300 rows" in shown.message
    done = box.do("data.compact", series=[NAME], wait=True)
    assert "compacted; 3 → 1 files" in done.message
    assert len(catalog.series(box.home)) == 1
    assert catalog.series(box.home)[0].files == 1
    gone = box.do("data.rm", series=NAME, wait=True)
    assert "300 → 0 rows" in gone.message
    assert catalog.series(box.home) == []


def test_a_job_that_cannot_be_done_says_why(box: Box) -> None:
    refused = box.do("data.check", series=["NOPE/USDT"], wait=True)
    assert refused.status == "refused"
    assert "no market `NOPE/USDT`" in refused.message
    refused = box.do(
        "data.pull", source="mars", markets=["BTC/USDT"], start="2024-01-01", wait=True
    )
    assert refused.status == "refused"
    assert "mars" in refused.message


def test_a_preview_is_the_newest_bars(box: Box) -> None:
    store(box.home, simulated_market(), "1m", sim_bars(500))
    seen = box.do("data.preview", series=NAME, count=50).data
    assert isinstance(seen, dict)
    assert [row[0] for row in seen["bars"]] == sim_bars(500).ts_ns[-50:].tolist()


async def test_a_verb_that_breaks_by_a_bug_of_ours_answers_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def breaks(commands: Commands, args: object, who: str) -> tuple[str, object]:
        raise ZeroDivisionError("ours")

    monkeypatch.setitem(VERBS, "data.break", breaks)
    with open_store(tmp_path / "clearedge.db") as store_:
        result = await Commands(make_home(tmp_path / "home"), store_, None).run(
            Command("1", "data.break", {}, "me")
        )
    assert (result.status, result.code) == ("refused", 70)
    assert result.message == "a bug of ours: ZeroDivisionError: ours"
    assert "in breaks" in capsys.readouterr().err, "the place is kept for us"


def test_a_sync_that_is_due_is_started_once(make_box: Callable[..., Box]) -> None:
    box = make_box()
    marker = box.home.config / "clearedge.toml"
    marker.write_text('[sync]\nevery = "1h"\n')
    box.start()
    box.until(lambda: any(j.kind == "sync" for j in box.snapshot().jobs), "it is started")
    box.until(lambda: box.snapshot().jobs[-1].state == "done", "it has ended")
    box.stop()
    box.start()
    with open_reader(box.home.database) as reader:
        started = [r for r in reader.journal_tail(100) if r.event == "data.sync"]
    assert len(started) == 1, "an hour has not passed"


def test_a_schedule_that_is_not_understood_is_said_once(make_box: Callable[..., Box]) -> None:
    box = make_box()
    (box.home.config / "clearedge.toml").write_text('[sync]\nevery = "often"\n')
    box.start()

    def said() -> list[str]:
        with open_reader(box.home.database) as reader:
            return [r.text for r in reader.journal_tail(100) if r.event == "data.schedule"]

    box.until(said, "it is said")
    assert said() == ["[sync] every = `often`; wanted 15m, 1h, 1d …, or no such line"]
