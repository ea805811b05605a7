"""One signal counts down and lets a person choose, a second one ends everything at once."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

import pytest

from clearedge_tui.core.model import Mode, Order
from clearedge_tui.runs import index
from tests.live.box import Box

HOLDER = """
from clearedge_tui.contract import Strategy

class Holder(Strategy):
    def init(self):
        return {"n": 0}
    def on_tick(self, tick):
        self.state["n"] += 1
        if self.state["n"] == 1:
            self.context.place_order("buy", "0.2")
            self.context.place_order("buy", "0.1", price="5")
    def render(self):
        return {"widgets": []}
"""


@pytest.fixture
def acting(make_box: Callable[..., Box]) -> Iterator[Box]:
    """A box with an instance that holds 0.2 and has an order resting; a stop waits a minute."""
    box = make_box()
    (box.home.config / "clearedge.toml").write_text("stop_grace_s = 60\n")
    box.start()
    box.write("holder", HOLDER)
    box.add("hold", strategy="holder", mode="active")
    box.wait_row("hold", lambda r: r.position and r.open_orders == 1, "it holds, and waits")
    yield box
    (box.home.config / "clearedge.toml").write_text("stop_grace_s = 0\n")


def said(box: Box) -> str:
    return (box.home.state / "supervisor.out").read_text()


def signalled(box: Box) -> subprocess.Popen[bytes]:
    """Send one signal and wait for the countdown."""
    assert box.process is not None
    before = said(box).count("stopping in")
    box.process.send_signal(signal.SIGTERM)
    box.until(lambda: said(box).count("stopping in") > before, "it counts down")
    assert box.process.poll() is None
    return box.process


def resting(box: Box) -> Order:
    return next(order for order in box.orders("hold") if order.price == 5)


def test_each_choice_does_what_it_says_and_ends_the_countdown(acting: Box) -> None:
    box = acting
    for policy, rests, held in (("leave", 1, "0.2"), ("cancel", 0, "0.2"), ("flatten", 0, "0")):
        process = signalled(box)
        assert box.row("hold").actual is Mode.ACTIVE, "it acts on while a person may choose"
        words = ["--home", str(box.home.root), "stop", "--policy", policy]
        done = subprocess.run([sys.executable, "-m", "clearedge_tui", *words], check=False)
        assert (done.returncode, process.wait(20)) == (0, 0)
        assert f"hold: left active by `{policy}`\n" in said(box)
        assert resting(box).status.is_open is bool(rests)
        box.start()
        row = box.wait_row("hold", lambda r: r.state == "running", "it runs again")
        assert row.position == Decimal(held)
        assert row.desired is Mode.ACTIVE
        box.until(partial(_rests, box, rests), "its orders are known")
    assert {(row.kind, row.status) for row in index.load(box.home).rows} == {("session", "done")}


def test_without_a_choice_the_exit_policy_applies_and_a_second_signal_waits_for_nothing(
    acting: Box,
) -> None:
    box = acting
    process = signalled(box)
    pids = [pid for pid, _ in box.processes()]
    process.send_signal(signal.SIGTERM)
    process.wait(5)
    assert said(box).endswith("stopped at once\n")
    box.until(lambda: not any(_alive(pid) for pid in pids), "the engines were told to stop")
    (box.home.config / "clearedge.toml").write_text("stop_grace_s = 1\n")
    box.start()
    row = box.wait_row("hold", lambda r: r.state == "running", "it runs again")
    assert row.desired is Mode.OBSERVE, "nobody knows how it ended: a person raises it"
    box.until(lambda: index.load(box.home).rows, "its session is ended")
    (run,) = index.load(box.home).rows
    assert (run.status, run.error) == ("interrupted", "its supervisor was forced to stop at once")
    box.do("instance.mode", id="hold", mode="active")
    box.running("hold")
    assert signalled(box).wait(20) == 0
    assert "hold: left active by `cancel`\n" in said(box)
    assert not resting(box).status.is_open


def _rests(box: Box, count: int) -> bool:
    return box.row("hold").open_orders == count


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
