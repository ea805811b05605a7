import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.box import Box
from tests.live.seat import Seat


@pytest.fixture
def make_box(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    """Return a maker of boxes; whatever they started is gone at the end of the test."""
    made: list[Box] = []

    def make(**options: object) -> Box:
        box = Box(tmp_path / f"home{len(made)}", **options)  # type: ignore[arg-type]
        made.append(box)
        return box

    yield make
    for box in made:
        box.close()


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    return make_box().start()


@pytest.fixture(scope="package")
def kept_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("kept") / "home")
    yield made.start()
    made.close()


@pytest.fixture
def shared_box(kept_box: Box) -> Iterator[Box]:
    """A box whose supervisor and gateway have run for the tests before: for tests that kill neither."""
    yield kept_box
    kept_box.clear()


@pytest.fixture
def sit() -> Iterator[Callable[..., Seat]]:
    seats: list[Seat] = []

    def make(box: Box, **options: object) -> Seat:
        seats.append(Seat(box, **options))  # type: ignore[arg-type]
        return seats[-1]

    yield make
    for seat in seats:
        try:
            os.kill(seat.terminal.pid, signal.SIGKILL)
            os.waitpid(seat.terminal.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            continue
