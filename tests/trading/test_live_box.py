"""The whole product with real money's path: supervisor, gateway, auditor, instance, venue."""

import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from clearedge_tui.kills import receipts
from tests.live.seat import Seat
from tests.trading.box import HAND, LiveBox
from tests.trading.live import BTC
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal
THIEF = HAND.parent / "thief.py"


SCREENS = ("Runs", "Data", "Ladder", "Risk", "Journal", "Accounts", "Book")


def held(sim: SimProcess) -> list[Decimal]:
    return [D(p["size"]) for p in sim.call("positions")]


def pid_of(box: LiveBox, name: str) -> int:
    return next(pid for pid, socket in box.processes() if socket in (name, f"{name}.sock"))


def clearedge(box: LiveBox, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "clearedge_tui", "--home", str(box.home.root), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=90)


def test_an_approved_instance_trades_and_one_changed_byte_ends_it(
    sim: SimProcess, box: LiveBox
) -> None:
    """Fault 36: the file of a strategy that trades is edited."""
    added = box.hand("eager", mode="active")
    assert added.status == "refused"
    assert "nobody has approved it" in added.message
    other = box.do("instance.add", id="far", strategy="hand", account="main", market="SIM/USDT",
                   timeframe="quote", config={})  # fmt: skip
    assert "wanted a market that ends with .BYBIT" in other.message
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
    assert held(sim) == [D("0.1")]
    path = box.home.strategies / "hand.py"
    path.write_text(path.read_text() + "\n# one more byte\n")
    box.wait_row("one", lambda r: r.desired == r.actual == "observe", "it falls to observe")
    assert "code: hand.py" in box.story()
    box.tell("one", "buy 0.1")
    box.wait_row("one", lambda r: r.book == "shadow" and r.fills == 2, "a shadow fill again")
    assert sim.count("order.create") == 1


def test_a_gateway_that_starts_at_a_mute_venue_ends_in_time_and_says_why(
    sim: SimProcess, tmp_path: Path
) -> None:
    """Fault 50, at the start: connections are taken, and nothing is answered."""
    for where in ("all", "http"):
        sim.call("silence", where=where)
    box = LiveBox(tmp_path / "home", sim, start_s=1.0)
    try:
        box.start()
        box.done("instance.add", id="one", strategy="hand", account="main", market=BTC,
                 timeframe="quote", mode="observe", config={"path": "none"})  # fmt: skip

        def said() -> str:
            rows = [row for row in box.snapshot().accounts if row.name == "main"]
            return rows[0].error if rows else ""

        box.until(lambda: "has not let it in" in said(), "the account's row says why")
        assert "within 1 s" in said() and "clearedge account probe main" in said()
        assert sim.count("order.create") == 0
    finally:
        box.close()


def test_a_gateway_that_dies_comes_back_with_everything_and_asks_a_person(
    sim: SimProcess, box: LiveBox
) -> None:
    """Faults 5, 12, 57 and 23's rule: never by itself back to real money."""
    box.hand("one")
    box.live("one")
    box.tell("one", "buy 0.2; buy 0.1 @ 1000.0; buy 0.1 @ 1001.0")
    box.wait_row("one", lambda r: r.position == D("0.2") and r.open_orders == 2, "it trades")
    os.kill(pid_of(box, "gw-main"), signal.SIGKILL)
    sim.call("fill", size="0.05")  # while nobody listens
    row = box.wait_row(
        "one", lambda r: r.desired == "observe" and r.actual == "observe", "it observes", 30
    )
    box.until(lambda: not sim.call("open_orders"), "its orders are cancelled, as it left active")
    box.until(lambda: box.live_position("one") == D("0.25"), "its position is the venue's")
    assert held(sim) == [D("0.25")]
    assert row.restarts == 0
    box.until(
        lambda: (
            {o.status for o in box.orders("one") if o.book == "live"} == {"filled", "cancelled"}
        ),
        "the database has their ends",
    )


def test_a_hung_gateway_is_ended_and_the_account_emptied(sim: SimProcess, box: LiveBox) -> None:
    """Faults 18 and 64: the gateway and the supervisor stand still, and there is no console."""
    box.hand("one")
    box.live("one")
    box.tell("one", "buy 0.2; buy 0.1 @ 1000.0")
    box.wait_row("one", lambda r: r.position == D("0.2") and r.open_orders == 1, "it trades")
    gateway = pid_of(box, "gw-main")
    assert box.process is not None
    os.kill(gateway, signal.SIGSTOP)
    os.kill(box.process.pid, signal.SIGSTOP)
    done = clearedge(box, "kill", "account", "main", "--flatten", "--reason", "it hangs")
    assert (held(sim), sim.call("open_orders")) == ([], []), done
    assert done.returncode == 0, done
    assert "UNCONFIRMED" not in done.stdout
    again = clearedge(box, "kill", "account", "main", "--flatten", "--wait", "3")
    assert again.returncode == 0, again  # said again while it is on: the same receipt
    assert "position closed" in again.stdout
    (receipt,) = [r for r in receipts(box.home) if r.by == "auditor"]
    assert receipt.confirmed
    assert {line.what for line in receipt.lines} == {"order", "position"}
    os.kill(box.process.pid, signal.SIGCONT)
    row = box.wait_row("one", lambda r: r.desired == "observe", "it is lowered")
    assert row.desired == "observe"
    refused = box.do("instance.mode", id="one", mode="active")
    assert "account main is killed (it hangs)" in refused.message
    # the ledger still has what the auditor closed: shown with both numbers, and a person decides
    box.until(lambda: box.differences(), "the difference is seen", 40)
    (one,) = box.differences()
    assert (one["kind"], one["ours"], one["theirs"]) == ("position", "0.2", "0")
    box.done("recon.resolve", account="main", market=one["market"], subject=one["subject"],
             kind="position", how="adopt", instance="one")  # fmt: skip
    box.until(lambda: box.live_position("one") == 0, "the ledger is flat")
    told = clearedge(box, "reconcile", "history").stdout
    assert "ours 0.2, the venue's 0" in told
    assert "adopt one by tester" in told
    sim.call("external", market="BTCUSDT", side="buy", size="0.3")
    box.until(lambda: box.differences(), "a stranger's position is seen", 40)
    sim.call("external", market="BTCUSDT", side="sell", size="0.3")
    box.until(lambda: not box.differences(), "it is gone by itself", 40)
    told = clearedge(box, "reconcile", "history").stdout.splitlines()[0]
    assert "ours 0, the venue's 0.3" in told
    assert "gone" in told


def screens(box: LiveBox) -> str:
    """Return what a person sees of it: every screen of the console, one after the other."""
    seat = Seat(box)
    try:
        shown = seat.see(r"one .*observe")
        for key, title in enumerate(SCREENS, 2):
            seat.type(str(key))
            shown += seat.see(rf"ClearEdge  {title}")
        seat.type("1 enter")
        return shown + seat.see(r"Orders")
    finally:
        os.kill(seat.terminal.pid, signal.SIGKILL)
        os.waitpid(seat.terminal.pid, 0)


def test_the_keys_are_nowhere_to_be_found(sim: SimProcess, box: LiveBox) -> None:
    secret = "sim-secret"  # the planted one
    box.hand("one")
    box.live("one")
    box.tell("one", "buy 0.1")
    box.wait_row("one", lambda r: r.position == D("0.1"), "it trades")
    pids = [pid for pid, _ in box.processes()]
    assert box.process is not None
    for pid in [box.process.pid, *pids]:
        for what in ("environ", "cmdline"):
            assert secret.encode() not in Path(f"/proc/{pid}/{what}").read_bytes(), (pid, what)
    os.kill(pid_of(box, "gw-main"), signal.SIGABRT)  # a crash leaves no memory behind
    box.wait_row("one", lambda r: r.desired == "observe", "the gateway ended")
    shown = str(box.snapshot()) + box.story()
    for verb in ("account.list", "kill.status", "recon.list", "approve.show"):
        shown += str(box.do(verb).data)
    shown += screens(box)
    assert "sim-key" not in shown
    assert secret not in shown
    holds = [
        p for p in box.home.root.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()
    ]
    assert [p.name for p in holds] == ["secrets.toml"]


def test_a_strategy_that_tries_everything_gets_no_order_to_the_venue_while_it_observes(
    sim: SimProcess, box: LiveBox
) -> None:
    """Seeded attacks: its own line, its own process's checks, another's name, the supervisor's."""
    shutil.copy(THIEF, box.home.strategies)
    box.hand("victim")
    box.live("victim")
    config = {"sockets": str(box.home.sockets), "seed": 20}
    box.done("instance.add", id="thief", strategy="thief", account="main", market=BTC,
             timeframe="quote", mode="observe", config=config)  # fmt: skip
    box.running("thief")

    def tried() -> int:
        detail = box.detail("thief", lambda d: bool(d.widgets))
        return int(str(detail.widgets[0].get("value", 0)))

    box.until(lambda: tried() > 60, "it has tried often", 60)
    assert sim.count("order.create") == 0
    assert box.row("thief").actual == "observe"
    assert box.row("victim").actual == "active"
    assert {o.book for o in box.orders("thief")} <= {"shadow"}
    assert box.orders("victim") == []
    box.tell("victim", "buy 0.1")  # and who may, still can
    box.wait_row("victim", lambda r: r.position == D("0.1"), "the victim trades")
    assert sim.count("order.create") == 1
