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


def test_a_call_is_broken_near_its_limit_whenever_it_begins(tmp_path: Path) -> None:
    for rest_s in (0.0, 0.13, 0.29):  # wherever in the dog's sleep
        dog = Watchdog(0.3, __file__, tmp_path / "last words")
        spin(0.15 + rest_s)
        began = monotonic()
        dog.enter("on_tick")
        with pytest.raises(CallbackTimeout):
            spin(5)
        took = monotonic() - began
        dog.leave()
        assert 0.3 <= took < 0.6
