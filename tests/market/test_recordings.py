"""A recording is what came, in its order, under its cap, whatever ends it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import NotFound
from clearedge_tui.core.messages import TickMsg
from clearedge_tui.market import recordings
from clearedge_tui.market.recordings import Recorder
from clearedge_tui.settings import Home
from tests.backtest.box import make_home


def tick(market: str, ts_ns: int, kind: str = "quote", price: float = 1.5) -> TickMsg:
    return TickMsg(market, kind, ts_ns, price, price, price, price, 2.0, price - 0.5, price + 0.5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A.X", "B.X"]), st.integers(1, 50), st.sampled_from(["bar", "quote"])
        ),
        max_size=40,
    ),
    st.integers(1, 10),
)
def test_what_came_is_played_in_its_order(came: list[tuple[str, int, str]], each: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        recorder = Recorder(home, "paper", 10)
        sent = [tick(market, at, kind, at / 7) for market, at, kind in came]
        for start in range(0, len(sent), each):
            for one in sent[start : start + each]:
                recorder.take(one)
            recorder.close()  # writes what is there, as the clock does
        for market in {one.market for one in sent}:
            played = list(recordings.ticks(home, recorder.name, market))
            assert played == [one for one in sent if one.market == market]
        listed = recordings.recordings(home)
        assert [one.name for one in listed] == ([recorder.name] if sent else [])
        if sent:
            assert listed[0].markets == tuple(sorted({one.market for one in sent}))
            assert (listed[0].first_ns, listed[0].last_ns) == (
                min(t.ts_ns for t in sent), max(t.ts_ns for t in sent),
            )  # fmt: skip


def test_the_oldest_sessions_go_first_when_the_cap_is_reached(home: Home) -> None:
    names = []
    for session in range(4):
        recorder = Recorder(home, "paper", 1)
        names.append(recorder.name)
        for part in range(3):
            for n in range(20_000):
                recorder.take(tick("A.X", 1 + n, price=(n * 7919 % 10007) / 13 + session + part))
            recorder.close()
    left = recordings.recordings(home)
    assert sum(one.bytes for one in left) <= 1_000_000
    assert names[0] not in [one.name for one in left]
    assert left[-1].name == names[-1]


def test_nothing_is_recorded_when_the_cap_is_nought(home: Home) -> None:
    recorder = Recorder(home, "paper", 0)
    recorder.take(tick("A.X", 5))
    recorder.close()
    assert recordings.recordings(home) == []


def test_a_disk_that_cannot_be_written_costs_the_recording_only(home: Home) -> None:
    recordings.root(home).parent.mkdir(exist_ok=True, parents=True)
    recordings.root(home).write_text("in the way")
    recorder = Recorder(home, "paper", 10)
    recorder.take(tick("A.X", 5))
    recorder.close()
    assert "cannot be recorded" in recorder.error


def test_an_unknown_recording_is_named(home: Home) -> None:
    with pytest.raises(NotFound, match="no recording `paper/never`; there: none yet"):
        recordings.find(home, "paper/never")
