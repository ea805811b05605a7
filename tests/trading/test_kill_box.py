"""The kill switch in the whole product, while the worst is going on beside it."""

import os
import signal
from decimal import Decimal

import pytest

from clearedge_tui.core.kill import Action, Kill, Scope
from clearedge_tui.kills import receipts, write
from clearedge_tui.store.sqlite import connect_writer
from tests.trading.box import LiveBox
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow


def test_a_kill_works_during_an_endless_loop_a_locked_database_and_a_full_disk(
    sim: SimProcess, box: LiveBox
) -> None:
    """Faults 29, 65 and 67: the strategy never returns, and nobody can write to either file."""
    box.hand("one")
    box.live("one")
    box.tell("one", "buy 0.2; buy 0.1 @ 1000.0")
    box.wait_row("one", lambda r: r.position == Decimal("0.2") and r.open_orders == 1, "it trades")
    box.tell("one", "loop")
    begun = box.home.root / "one.loops"
    box.until(begun.exists, "it loops")
    locks = [connect_writer(box.home.database), connect_writer(box.home.account_file("main"))]
    for lock in locks:
        lock.execute("BEGIN IMMEDIATE")
    write(box.home, Kill(Scope.INSTANCE, "one", Action.FLATTEN, "it loops", "Ann"))
    box.until(lambda: any(r.flat_ns for r in receipts(box.home)), "the receipt says flat")
    assert (sim.call("positions"), sim.call("open_orders")) == ([], [])
    (receipt,) = receipts(box.home)
    assert (receipt.by, receipt.confirmed) == ("gateway", True)
    assert {line.what for line in receipt.lines} == {"order", "position"}
    assert receipt.seen_ns - begun.stat().st_mtime_ns < 5_000_000_000  # it was still looping
    for lock in locks:
        lock.execute("ROLLBACK")
        lock.close()
    box.wait_row("one", lambda r: "did not return" in r.error, "the loop is broken")

    folder = box.home.state / "kill"
    folder.rename(folder.with_name("kill.aside"))
    folder.write_text("a file where the folder should be: nothing can be written there")
    gateway = next(pid for pid, name in box.processes() if name == "gw-main")
    os.kill(gateway, signal.SIGUSR2)
    box.until(lambda: box.snapshot().kills, "the console's header shows it all the same")
    (row,) = box.snapshot().kills
    assert (row.what, row.reason, row.answered, row.proven) == (
        "everything", "a signal", ("main",), True,
    )  # fmt: skip
    folder.unlink()
    folder.with_name("kill.aside").rename(folder)
    box.until((folder / "global.cancel").exists, "it is written once that is possible")
    box.done("kill.clear", kill="global.cancel", confirm="global")
    box.until(lambda: [k.what for k in box.snapshot().kills] == ["instance one"], "one is lifted")
