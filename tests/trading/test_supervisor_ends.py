"""A supervisor that is killed while a person changes what may trade: never more than before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clearedge_tui.core.errors import RetryLater
from tests.trading.box import LiveBox
from tests.venue_sim.process import SimProcess

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[LiveBox]:
    with SimProcess() as sim:
        made = LiveBox(tmp_path / "home", sim)
        yield made
        made.close()


def asked(box: LiveBox, moment: str, verb: str, **args: object) -> None:
    """Ask a supervisor that dies over it, and start the next one."""
    box.start("tests.trading.dying_supervisor", moment)
    box.running("one")
    with pytest.raises(RetryLater):  # nobody answers
        box.do(verb, id="one", **args)
    assert box.process is not None
    assert box.process.wait(20) == -9
    box.start()


def approvals(box: LiveBox) -> list[dict[str, object]]:
    found = box.do("approve.show", id="one").data
    assert isinstance(found, list)
    return found


def test_a_supervisor_killed_over_an_approval_or_a_mode_leaves_what_was_or_all_of_it(
    box: LiveBox,
) -> None:
    """Faults 7 and 8."""
    box.start()
    box.hand("one")
    box.running("one")
    words = {"confirm": "one", "name": "Ann", "override": "a test"}

    box.kill()
    asked(box, "approval:written", "approve.give", **words)
    assert approvals(box) == []
    assert "nobody has approved it" in box.do("instance.mode", id="one", mode="active").message

    box.kill()
    asked(box, "approval:committed", "approve.give", **words)
    (given,) = approvals(box)
    assert (given["who"], given["holds"], len(str(given["digest"]))) == ("Ann", True, 64)

    for moment in ("mode:written", "mode:committed", "mode:enforced"):
        box.kill()
        asked(box, moment, "instance.mode", mode="active")
        row = box.wait_row("one", lambda r: r.state == "running" and r.actual == "observe", moment)
        assert row.desired == "observe", moment
    story = box.story()
    assert story.count("its supervisor ended before the rise was confirmed") == 2

    box.done("instance.mode", id="one", mode="active")  # and the approval still holds
    box.wait_row("one", lambda r: r.actual == "active", "it is active")
