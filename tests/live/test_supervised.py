"""What a person declares runs, and what breaks comes back the way it should."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from clearedge_tui.core.errors import Refused
from clearedge_tui.core.model import Book, Mode
from clearedge_tui.market import catalog, simulated
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.store.db import open_reader
from clearedge_tui.supervisor.lock import SupervisorLock
from clearedge_tui.supervisor.protocol import Detail
from tests.live.box import Box


def test_observe_sends_no_order_to_the_account_while_the_shadow_book_fills(shared_box: Box) -> None:
    box = shared_box
    before = box.account().balance
    box.add("quiet", mode="observe", fast=3, slow=8)
    box.add("loud", mode="active", fast=3, slow=8)
    box.until(
        lambda: len(box.fills("quiet")) >= 4 and len(box.fills("loud")) >= 4, "both have traded"
    )
    assert {o.book for o in box.orders("quiet")} == {Book.SHADOW}
    assert {o.book for o in box.orders("loud")} == {Book.PAPER}
    quiet, loud = box.row("quiet"), box.row("loud")
    assert quiet.book is Book.SHADOW
    assert loud.book is Book.PAPER
    account = box.account()
    fees = sum(f.fee for f in box.fills("loud"))
    assert fees > 0
    assert account.balance != before


def test_every_order_stands_in_the_book_its_mode_allowed_under_fast_toggling(
    shared_box: Box,
) -> None:
    box = shared_box
    box.add("flip", mode="observe", fast=2, slow=3, short=True)
    box.running("flip")
    for turn in range(60):
        result = box.do("instance.mode", id="flip", mode=("active", "observe")[turn % 2])
        assert result.status == "done", result
    assert box.row("flip").actual is Mode.OBSERVE
    heard = box.account().data_ns
    box.until(lambda: box.account().data_ns > heard, "the data has moved on since the last switch")
    switched = box.account().data_ns  # an order of before may still be on its way to the disk

    def later() -> set[Book]:
        orders = [o for o in box.orders("flip") if o.at_ns > switched]
        return {o.book for o in orders} if len(orders) > 5 else set()

    box.until(later, "it goes on thinking")
    assert later() == {Book.SHADOW}


def test_killed_instance_comes_back_with_its_state(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="active", fast=3, slow=8)
    row = box.wait_row("ema", lambda r: r.state == "running" and r.fills >= 2, "it has traded")
    time.sleep(1.2)  # older than the first back-off, and its state is on disk
    before = box.detail("ema", lambda d: bool(d.widgets))
    crosses = next(w["value"] for w in before.widgets if w.get("label") == "crosses")
    os.kill(row.pid, signal.SIGKILL)
    box.until(
        lambda: box.row("ema").pid not in (0, row.pid) and box.row("ema").state == "running",
        "it is back",
    )
    after = box.row("ema")
    assert after.desired is Mode.OBSERVE, "after an unclean end at most observe"
    detail = box.detail(
        "ema",
        lambda d: (
            d.widgets_ns > before.widgets_ns and any(w.get("label") == "crosses" for w in d.widgets)
        ),  # it has seen a tick
    )
    assert next(w["value"] for w in detail.widgets if w.get("label") == "crosses") >= crosses  # type: ignore[operator]


def test_an_armed_instance_comes_back_active(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="active", fast=3, slow=8)
    pid = box.running("ema").pid
    assert box.do("instance.set", id="ema", armed="yes").status == "done"
    box.running("ema")
    os.kill(pid, signal.SIGKILL)
    box.wait_row(
        "ema", lambda r: r.pid not in (0, pid) and r.actual is Mode.ACTIVE, "it is active again"
    )


def test_killed_supervisor_leaves_engines_that_the_next_one_adopts(box: Box) -> None:
    box.add("ema", mode="active", fast=3, slow=8)
    row = box.wait_row("ema", lambda r: r.state == "running" and r.fills >= 2, "it has traded")
    gateway = box.account().pid
    box.kill()
    assert {name for _, name in box.processes()} == {"gw-paper", "sh-paper", "in-ema"}
    box.start()
    after = box.wait_row("ema", lambda r: r.state == "running", "it runs under the new one")
    assert (after.pid, after.actual, box.account().pid) == (row.pid, Mode.ACTIVE, gateway)
    box.wait_row("ema", lambda r: r.fills > after.fills, "and trades on")
    assert "epoch 2" in box.story()


def test_orphaned_engines_leave_after_their_grace(make_box: Callable[..., Box]) -> None:
    box = make_box(grace_s=1.0).start()
    box.add("ema", mode="active", fast=3, slow=8)
    box.running("ema")
    box.kill()
    box.until(lambda: not box.processes(), "every engine has left", 8.0)
    box.start()
    row = box.running("ema")
    assert row.desired is Mode.OBSERVE


def test_sigterm_stops_everything_and_the_next_start_resumes(box: Box) -> None:
    box.add("ema", mode="active", fast=3, slow=8)
    box.wait_row("ema", lambda r: r.fills >= 2, "it has traded")
    pids = [pid for pid, _ in box.processes()]
    assert box.stop() == 0
    for pid in pids:
        assert not Path(f"/proc/{pid}").exists(), f"process {pid} is left"
    fills = len(box.fills("ema"))
    size = sum(f.size if f.side == "buy" else -f.size for f in box.fills("ema"))
    box.start()
    row = box.running("ema")
    assert row.actual is Mode.ACTIVE
    assert row.fills >= fills
    assert row.position == size or row.fills > fills


def test_killed_gateway_comes_back_with_the_books_it_had(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="active", fast=3, slow=8)
    box.wait_row("ema", lambda r: r.fills >= 3, "it has traded")
    gateway = box.account().pid
    os.kill(gateway, signal.SIGKILL)
    box.until(lambda: box.account().pid not in (0, gateway), "the gateway is back")
    row = box.running("ema")
    fills = box.fills("ema")
    held = sum(f.size if f.side == "buy" else -f.size for f in fills)
    box.until(
        lambda: len(box.fills("ema")) > len(fills) or box.row("ema").position == held, "books agree"
    )
    assert row.fills >= 3
    assert box.row("ema").pid == row.pid, "the instance lived on"


def test_a_second_supervisor_is_refused_and_told_who_holds_the_home(shared_box: Box) -> None:
    box = shared_box
    assert box.process is not None
    with pytest.raises(Refused, match=f"process {box.process.pid}"):
        SupervisorLock(box.home.lock, "test").acquire()


def _crosses(detail: Detail) -> int | None:
    """Return what the strategy's own picture counts; None while a picture without it is shown."""
    return next((int(str(w["value"])) for w in detail.widgets if w.get("label") == "crosses"), None)


def test_live_fields_change_in_place_and_others_by_a_reload_that_keeps_the_state(
    shared_box: Box,
) -> None:
    box = shared_box
    box.add("ema", mode="observe", fast=3, slow=8)
    first = box.wait_row("ema", lambda r: r.fills >= 2, "it has traded")
    live = box.do("instance.set", id="ema", config={"size": "0.2"})
    assert "applied in place" in live.message
    assert box.row("ema").pid == first.pid
    before = box.detail("ema", lambda d: _crosses(d) is not None)
    reload = box.do("instance.set", id="ema", config={"fast": 4})
    assert "reload" in reload.message
    box.wait_row("ema", lambda r: r.pid not in (0, first.pid) and r.state == "running", "reloaded")
    after = box.detail(
        "ema",
        lambda d: (
            _crosses(d) is not None and d.widgets_ns > before.widgets_ns and d.config["fast"] == 4
        ),
    )
    assert (_crosses(after) or 0) >= (_crosses(before) or 0)
    assert [v.version for v in after.versions] == [3, 2, 1]
    refused = box.do("instance.set", id="ema", config={"fast": 0})
    assert refused.status == "refused"
    assert refused.code == 2
    assert "fast" in refused.message


def test_a_dead_zygote_is_replaced_and_its_engines_live_on(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="observe", fast=3, slow=8)
    row = box.running("ema")
    assert box.process is not None
    zygote = next(
        child.pid
        for child in psutil.Process(box.process.pid).children()
        if "clearedge_tui.engine.zygote" in child.cmdline()
    )
    os.kill(zygote, signal.SIGKILL)
    box.add("two", mode="observe", fast=3, slow=8)
    box.running("two")
    assert box.running("ema").pid == row.pid
    os.kill(row.pid, signal.SIGKILL)  # its end is noticed although its mother is gone
    box.wait_row("ema", lambda r: r.pid not in (0, row.pid) and r.state == "running", "it is back")


def test_an_account_nobody_wants_rests_and_its_replay_waits(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="observe", fast=3, slow=8)
    box.wait_row("ema", lambda r: r.fills >= 1, "it has traded")
    box.do("instance.stop", id="ema")
    box.until(lambda: not box.processes(), "all its engines have left")
    stopped = box.account().data_ns
    fills = box.row("ema").fills
    box.until(lambda: len(box.fills("ema")) == fills, "what the row counts is written down")
    assert box.do("instance.start", id="ema").status == "done"
    box.running("ema")
    box.until(lambda: box.account().data_ns >= stopped, "it goes on where it was")
    assert box.account().data_ns - stopped < 3_600_000_000_000


def test_a_rewound_replay_begins_anew(make_box: Callable[..., Box]) -> None:
    box = make_box(speed=1000)
    market = describe("TEST/USDT", price_precision=2)
    save_market(box.home, market)
    with catalog.locked(box.home):
        catalog.write_bars(box.home, market, "1m", [simulated.bars(11, 28_000_000, 600)])
    box.start()
    box.do(
        "instance.add",
        id="ema",
        strategy="ema_cross",
        account="paper",
        market="TEST/USDT",
        mode="observe",
    )
    box.until(lambda: (box.account().done or 0) > 0.1, "it has played")
    assert box.do("account.speed", account="paper", speed=10).status == "done"
    reached = box.account().data_ns
    assert box.do("account.rewind", account="paper").status == "done"
    box.running("ema")
    box.until(lambda: 0 < box.account().data_ns < reached, "it is back at the beginning")


def test_what_runs_is_written_down_beside_what_was_declared(shared_box: Box) -> None:
    box = shared_box

    def written(name: str) -> tuple[str, str, str]:
        with open_reader(box.home.database) as reader:
            row = reader.statuses().get(name)
        return (str(row.mode), str(row.state), row.error) if row else ("", "", "")

    box.add("ema", mode="active")
    box.running("ema")
    box.until(lambda: written("ema") == ("active", "running", ""), "it is written as running")
    box.do("instance.mode", id="ema", mode="observe")
    box.until(lambda: written("ema")[0] == "observe", "its new mode is written")
    box.do("instance.stop", id="ema")
    box.until(lambda: written("ema") == ("off", "stopped", ""), "it is written as stopped")
    box.do("instance.rm", id="ema")
    box.until(lambda: written("ema") == ("", "", ""), "what was removed has no status")


def test_without_a_supervisor_a_row_says_unknown_and_when_it_was_known(box: Box) -> None:
    box.add("ema", mode="observe")
    box.running("ema")
    with open_reader(box.home.database) as reader:
        box.until(lambda: reader.statuses()["ema"].state == "running", "its state is written")
    box.kill()
    rows = box.do("instance.list").data
    assert isinstance(rows, list)
    assert (rows[0]["state"], rows[0]["actual"]) == ("unknown", None)
    assert "was running at" in rows[0]["error"]


COUNTER = """
from clearedge_tui.contract import Strategy, chart

class Counter(Strategy):
    def init(self):
        return {"n": 0}
    def on_tick(self, tick):
        self.state["n"] += 1
    def render(self):
        return {"widgets": [chart.metric("n", self.state["n"])]}
"""


def test_a_pause_skips_ticks_outlives_a_crash_and_ends_with_a_stop(shared_box: Box) -> None:
    box = shared_box

    def counted(least: int) -> int:
        asked_ns = time.time_ns()  # a picture drawn before is of an earlier tick

        def good(d: Detail) -> bool:
            drawn = bool(d.widgets) and d.widgets_ns > asked_ns
            return drawn and int(str(d.widgets[0]["value"])) >= least

        return int(str(box.detail("nn", good).widgets[0]["value"]))

    box.write("counter", COUNTER)
    box.add("nn", strategy="counter", mode="observe")
    box.running("nn")
    assert counted(2) >= 2, "it sees ticks"
    assert box.do("instance.pause", id="nn").status == "done"
    paused = box.wait_row("nn", lambda r: r.state == "paused", "it is paused")
    assert "nn is paused" in box.do("instance.pause", id="nn").message
    n, moved = counted(0), box.account().data_ns
    box.until(lambda: box.account().data_ns > moved + 120_000_000_000, "the market goes on")
    assert counted(0) == n
    os.kill(paused.pid, signal.SIGKILL)
    box.wait_row(
        "nn", lambda r: r.pid not in (0, paused.pid) and r.state == "paused", "still paused"
    )
    assert box.do("instance.resume", id="nn").status == "done"
    assert counted(n + 2) > n, "it sees ticks again"
    assert box.do("instance.pause", id="nn").status == "done"
    box.do("instance.stop", id="nn")
    box.wait_row("nn", lambda r: r.state == "stopped", "it is off")
    box.do("instance.start", id="nn")
    box.running("nn")
