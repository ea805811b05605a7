"""The kill drill passes on the real thing, and can fail."""

from pathlib import Path

import pytest

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.kill import Kill
from clearedge_tui.drills import kill
from clearedge_tui.settings import Home

pytestmark = pytest.mark.slow


def test_the_drill_measures_how_long_it_takes_to_be_flat() -> None:
    found = kill.run(3)
    assert found.passed, found
    assert (found.positions, found.accepted_after) == (3, 0)
    assert found.orders >= 3  # and what was on its way at that moment
    assert 0 <= found.time_to_block_ms <= found.time_to_cancel_ms <= found.time_to_flat_ms < 20_000


def test_a_kill_that_does_not_work_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(home: Home, wanted: Kill) -> Path:
        del wanted
        return home.state

    monkeypatch.setattr("clearedge_tui.drills.kill.kills.write", nothing)
    monkeypatch.setattr("clearedge_tui.drills.kill._FLAT_S", 1.0)
    with pytest.raises(RetryLater, match="no receipt came"):
        kill.run(1)
