"""The watchdog breaks what does not return, and never strikes after it has."""

from pathlib import Path

import pytest

from clearedge_tui.core.clock import monotonic
from clearedge_tui.engine.watchdog import CallbackTimeout, Watchdog


def spin(seconds: float) -> None:
    """Stay in Python code, where a thread can be struck."""
    end = monotonic() + seconds
    while monotonic() < end:
        pass


@pytest.fixture
def dog(tmp_path: Path) -> Watchdog:
    return Watchdog(0.2, __file__, tmp_path / "last words")


def test_a_loop_without_end_is_broken_and_its_place_known(dog: Watchdog) -> None:
    dog.enter("on_tick")
    with pytest.raises(CallbackTimeout):
        spin(5)
    dog.leave()
    assert dog.place.startswith("test_watchdog.py:")


def test_a_call_that_has_returned_is_never_struck(dog: Watchdog) -> None:
    late = 0
    for turn in range(12):  # calls that end about when the dog looks
        try:
            try:
                dog.enter("on_tick")
                spin(0.17 + turn * 0.012)
            finally:
                dog.leave()
        except CallbackTimeout:
            dog.leave()
            late += 1
        spin(0.12)  # longer than the dog sleeps
    assert late < 12
