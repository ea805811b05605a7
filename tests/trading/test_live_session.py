"""A session of real money, from its first phase to its figures, with the venue's own word beside it."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.session import Phase
from clearedge_tui.runs import journal, manifest, sessions
from clearedge_tui.runs.listing import load_report
from tests.trading.box import LiveBox
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal


def test_a_session_of_real_money_is_a_run_whole_with_its_restart_and_its_flatten(
    tmp_path: Path,
) -> None:
    with SimProcess() as sim:
        box = LiveBox(tmp_path / "home", sim)
        try:
            run_id = trade(box)
            flatten(box)
            assert (sim.call("positions"), sim.call("open_orders")) == ([], [])
            look(box, sim, run_id)
        finally:
            box.close()


def trade(box: LiveBox) -> str:
    """Fill, rest, die once, fill again; return the session's id."""
    (box.home.config / "clearedge.toml").write_text("stop_grace_s = 60\n")
    box.start()
    box.hand("one")
    box.live("one")
    box.tell("one", "buy 0.2; buy 0.1 @ 1000.0")
    row = box.wait_row("one", lambda r: r.position == D("0.2") and r.open_orders == 1, "it trades")
    ((_, begun),) = sessions.under_way(box.home)
    os.kill(row.pid, signal.SIGKILL)
    box.wait_row("one", lambda r: r.pid not in (0, row.pid) and r.state == "running", "it is back")
    if box.row("one").desired != "active":
        box.live("one")
    box.tell("one", "sell 0.05")
    box.wait_row("one", lambda r: r.position == D("0.15"), "it trades again")
    return str(begun.about.run_id)


def flatten(box: LiveBox) -> None:
    """Stop with a countdown, and choose."""
    assert box.process is not None
    box.process.send_signal(signal.SIGTERM)
    out = box.home.state / "supervisor.out"
    box.until(lambda: "stopping in" in out.read_text(), "it counts down")
    words = ["--home", str(box.home.root), "stop", "--policy", "flatten"]
    done = subprocess.run([sys.executable, "-m", "clearedge_tui", *words], check=False)
    assert (done.returncode, box.process.wait(30)) == (0, 0)
    assert "one: left active by `flatten`\n" in out.read_text()


def look(box: LiveBox, sim: SimProcess, run_id: str) -> None:
    folder = box.home.runs / run_id
    told = journal.read(folder)
    journal.read_ended(folder)
    assert manifest.damaged(folder, manifest.load(folder)) == ()
    phases = [str(e.payload["phase"]) for e in told if e.event == "session_phase"]
    start = [Phase.INITIALIZING, Phase.WARMUP, Phase.RUNNING]
    assert phases == [*start, *start, Phase.STOPPED]

    fills = [
        row for row in pq.read_table(folder / "fills.parquet").to_pylist() if row["book"] == "live"
    ]
    theirs = sim.call("fills")
    signed = [(row["side"], D(str(row["size"]))) for row in fills]
    assert signed == [("buy", D("0.2")), ("sell", D("0.05")), ("sell", D("0.15"))]
    assert [D(str(row["fee"])) for row in fills] == [D(one["fee"]) for one in theirs]
    orders = pq.read_table(folder / "orders.parquet").to_pylist()
    ends = sorted(row["status"] for row in orders if row["book"] == "live")
    assert ends == ["cancelled", "filled", "filled", "filled"]
    books = [
        row for row in pq.read_table(folder / "equity.parquet").to_pylist() if row["book"] == "live"
    ]
    paid = sum(D(one["fee"]) for one in theirs)
    made = sum(
        D(one["size"]) * D(one["price"]) * (1 if one["side"] == "sell" else -1) for one in theirs
    )
    assert D(str(books[-1]["fees"])) == paid
    assert D(str(books[-1]["total"])) == made - paid

    report = load_report(box.home, run_id)
    summary = report.summary
    assert (summary.kind, summary.status, summary.phase) == ("session", "done", "stopped")
    metrics = summary.metrics
    assert metrics["net_profit"] == float(made - paid)
    assert (metrics["fees"], metrics["fills"], metrics["restarts"]) == (float(paid), 3, 1)


def test_other_settings_of_an_account_begin_its_gateway_anew_and_change_nothing_at_the_venue(
    tmp_path: Path,
) -> None:
    with SimProcess() as sim:
        box = LiveBox(tmp_path / "home", sim)
        try:
            box.start()
            box.hand("one")
            box.live("one")
            box.tell("one", "buy 0.2")
            held = box.wait_row("one", lambda r: r.position == D("0.2"), "it trades")
            before = next(pid for pid, name in box.processes() if name == "gw-main")
            file = box.home.config / "accounts.toml"
            file.write_text(file.read_text().replace("leverage = '10'", "leverage = '5'"))
            box.until(lambda: "its settings changed: leverage 10 -> 5" in box.story(), "it is seen")
            row = box.wait_row("one", lambda r: r.desired == r.actual == "observe", "it observes")
            assert (row.restarts, row.pid) == (0, held.pid)

            def gateway() -> int:
                return next((pid for pid, name in box.processes() if name == "gw-main"), before)

            box.until(lambda: gateway() != before, "another gateway is there")
            story = box.story()
            assert "account: leverage" in story  # who approved it knew another account
            assert "ended unasked" not in story
            box.live("one")
            box.until(lambda: not box.differences(), "it agrees with the venue")
            assert box.live_position("one") == D("0.2")
            box.tell("one", "sell 0.2")
            box.until(lambda: not sim.call("positions"), "it trades on")
            assert box.story().count("its settings changed") == 1
        finally:
            box.close()
