"""The whole product with real money's path: supervisor, gateway, auditor, instance, venue."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading.box import LiveBox
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal


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


def test_an_approved_instance_trades_and_one_changed_byte_ends_it(
    sim: SimProcess, box: LiveBox
) -> None:
    box.hand("one")
    box.running("one")
    box.tell("one", "buy 0.1")  # it observes: its shadow book fills it
    box.wait_row("one", lambda r: r.fills == 1, "a shadow fill")
    refused = box.do("instance.mode", id="one", mode="active")
    assert refused.status == "refused"
    assert "nobody has approved it" in refused.message
    assert sim.count("order.create") == 0
    box.live("one")
    box.tell("one", "buy 0.1")
    row = box.wait_row("one", lambda r: r.position == D("0.1") and r.book == "live", "a live fill")
    assert row.account_kind == "live"
    assert [D(p["size"]) for p in sim.call("positions")] == [D("0.1")]
    path = box.home.strategies / "hand.py"
    path.write_text(path.read_text() + "\n# one more byte\n")
    row = box.wait_row("one", lambda r: r.desired == "observe", "it falls to observe")
    assert "code: hand.py" in box.story()
    box.tell("one", "buy 0.1")
    box.wait_row("one", lambda r: r.book == "shadow" and r.fills == 2, "a shadow fill again")
    assert sim.count("order.create") == 1
