"""A venue on loopback that each test has to itself, and a whole home that trades there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trading.box import LiveBox
from tests.venue_sim.process import SimProcess


@pytest.fixture
def sim() -> Iterator[SimProcess]:
    with SimProcess() as found:
        yield found


@pytest.fixture
def box(sim: SimProcess, tmp_path: Path) -> Iterator[LiveBox]:
    made = LiveBox(tmp_path / "home", sim)
    made.start()
    yield made
    made.close()
