"""The real console in a real terminal, on a real supervisor, engines and market data."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clearedge_tui.core.model import Book, Mode
from clearedge_tui.runs.listing import list_runs
from clearedge_tui.supervisor.lock import read_holder
from tests.live.box import Box
from tests.live.seat import Seat, cli

pytestmark = pytest.mark.timeout(90)
BTC = "btc-perp-20211231-20220201_1m.csv"


def test_bitcoin_is_imported_backtested_and_traded_in_three_modes_from_the_console(
    make_box: Callable[..., Box], sit: Callable[..., Seat], real_data: Path
) -> None:
    box = make_box(speed=600)
    done = cli(
        box,
        "data",
        "import",
        str(real_data / BTC),
        "--market",
        "BTC/USDT",
        "--timeframe",
        "1m",
        "--yes",
    )
    assert done.returncode == 0, done.stderr
    run = cli(box, "backtest", "ema_cross", "--market", "BTC/USDT", "--set", "fast=10")
    assert run.returncode == 0, run.stderr
    summary = list_runs(box.home)[0]
    assert summary.status == "done"
    assert (summary.metrics["trades"] or 0) > 100
    for name, mode in (("b-off", "off"), ("b-observe", "observe"), ("b-active", "active")):
        added = cli(
            box, "instance", "add", "ema_cross", "--id", name, "--account", "paper", "--market", "BTC/USDT",
            "--mode", mode, "--set", "fast=3", "--set", "slow=8",
        )  # fmt: skip
        assert added.returncode == 0, added.stderr
    seat = sit(box)  # the console starts the supervisor itself
    seat.see(r"b-off +off +stopped", r"b-observe .*observe +running", r"b-active .*active +running")
    box.until(lambda: box.fills("b-active") and box.fills("b-observe"), "both trade")
    seat.see(
        r"b-active .*(bought|sold) 0.1 @ 4\d,\d{3}", r"b-observe .*(bought|sold) 0.1 @ 4\d,\d{3}"
    )
    assert {o.book for o in box.orders("b-observe")} == {Book.SHADOW}
    seat.type("g j j m v")
    box.wait_row("b-active", lambda r: r.actual is Mode.OBSERVE, "the key lowered it")
    seat.see(r"b-active .*observe +running")
    seat.type("g s")
    box.wait_row("b-off", lambda r: r.state == "running", "the key started it")
    seat.see(r"b-off .*observe +running")
    seat.type("enter")
    seat.see(r"BTC/USDT 1m", r"Orders", r"spread")
    seat.type("escape 2")
    seat.see(r"ema_cross +BTC/USDT")
    seat.type("enter")
    seat.see(r"[Ss]harpe", r"Max fall")


def test_leaving_closing_and_killing_the_console_leave_the_instances_running(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box()
    assert box.add("ema", mode="active", fast=3, slow=8).status == "done"
    seat = sit(box)
    seat.see(r"ema .*active +running")
    pid = box.row("ema").pid
    seat.type("q")
    seat.see("leave: instances keep running")
    seat.type("enter")
    seat.gone()
    again = sit(box)
    again.see(r"ema .*active +running")
    again.hang_up()
    third = sit(box)
    third.see(r"ema .*active +running")
    os.kill(third.terminal.pid, signal.SIGKILL)
    fills = box.row("ema").fills
    row = box.wait_row("ema", lambda r: r.fills > fills, "it trades on")
    assert row.pid == pid
    assert cli(box, "stop").returncode == 0


def test_stop_everything_stops_everything(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box()
    assert box.add("ema", mode="active", fast=3, slow=8).status == "done"
    seat = sit(box)
    seat.see(r"ema .*active +running")
    seat.type("q")
    seat.see("stop everything, then leave")
    seat.type("s S T O P enter")
    seat.gone()
    box.until(lambda: not box.processes() and not box.home.control_socket.exists(), "all is gone")
    listed = cli(box, "instance", "list", "--json")
    assert '"off"' in listed.stdout


def test_the_console_brings_a_killed_supervisor_back_and_adopts_its_engines(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box().start()
    box.add("ema", mode="active", fast=3, slow=8)
    seat = sit(box)
    seat.see(r"ema .*active +running")
    pid = box.row("ema").pid
    box.kill()
    box.until(box.answers, "a new supervisor answers")
    row = box.running("ema")
    assert (row.pid, row.actual) == (pid, Mode.ACTIVE)
    seat.see(r"ema .*active +running")
    assert cli(box, "stop").returncode == 0


@pytest.mark.parametrize(
    "env", [{"COLORTERM": ""}, {"TERM": "xterm", "COLORTERM": ""}, {"NO_COLOR": "1"}]
)
def test_the_board_reads_the_same_in_fewer_colours(
    shared_box: Box, sit: Callable[..., Seat], env: dict[str, str]
) -> None:
    box = shared_box
    box.add("ema", mode="observe")
    sit(box, cols=80, rows=24, **env).see(r"ema .*observe +running", r"SIM/USDT 1m sim")


def test_a_supervisor_inside_the_console_hands_over_when_the_console_is_left(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box()
    assert box.add("ema", mode="active", fast=3, slow=8).status == "done"
    seat = sit(box, words=("--inside",))
    seat.see(r"ema .*active +running")
    pid = box.row("ema").pid
    holder = read_holder(box.home.lock)
    assert holder is not None
    assert (holder.pid, holder.what) == (seat.terminal.pid, "console")
    seat.hang_up()  # a dropped line
    row = box.running("ema")
    assert (row.pid, row.actual) == (pid, Mode.ACTIVE)
    after = read_holder(box.home.lock)
    assert after is not None
    assert after.what == "headless"
    assert cli(box, "stop").returncode == 0


def test_a_restart_replaces_the_supervisor_and_nothing_else(box: Box) -> None:
    box.add("ema", mode="active", fast=3, slow=8)
    row = box.wait_row("ema", lambda r: r.state == "running" and r.fills >= 1, "it has traded")
    gateway = box.account().pid
    done = cli(box, "restart")
    assert done.returncode == 0, done.stderr
    after = box.running("ema")
    assert (after.pid, after.actual, box.account().pid) == (row.pid, Mode.ACTIVE, gateway)
    assert after.fills >= row.fills
    assert cli(box, "stop").returncode == 0


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (200, 60)])
def test_the_console_works_in_tmux(shared_box: Box, cols: int, rows: int) -> None:
    box = shared_box
    box.add("ema", mode="observe", fast=3, slow=8)
    box.running("ema")
    socket = str(box.home.state / "tmux")
    tmux = ["tmux", "-f", "/dev/null", "-S", socket]
    command = shlex.join([sys.executable, "-m", "clearedge_tui", "--home", str(box.home.root)])
    subprocess.run(
        [*tmux, "new-session", "-d", "-x", str(cols), "-y", str(rows), command], check=True
    )

    def screen() -> str:
        return subprocess.run(
            [*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True
        ).stdout

    try:
        box.until(lambda: re.search(r"ema .*observe +running", screen()), "the board is there")
        subprocess.run([*tmux, "send-keys", "m"], check=True)
        box.until(lambda: "mode of ema" in screen(), "the mode menu is there")
        subprocess.run([*tmux, "send-keys", "a"], check=True)
        box.wait_row("ema", lambda r: r.actual is Mode.ACTIVE, "the key raised it")
        box.until(lambda: re.search(r"ema .*active +running", screen()), "and the board says it")
        assert all(len(line) <= cols for line in screen().splitlines())
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def test_a_stop_is_respected_by_an_open_console_until_a_person_says_otherwise(
    box: Box, sit: Callable[..., Seat]
) -> None:
    box.add("ema", mode="observe", fast=3, slow=8)
    seat = sit(box)
    seat.see(r"ema .*observe +running")
    assert cli(box, "stop").returncode == 0
    seat.see(r"supervisor was stopped")
    seat.terminal.read(3.0)  # long enough for one to be started, were it to be
    assert not box.answers()
    seat.type(": s u p e r v i s e enter")
    box.until(box.answers, "a new one answers")
    seat.see(r"ema .*observe +running")
    assert cli(box, "stop").returncode == 0
