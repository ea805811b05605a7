"""What a feed does wrong, through a real gateway: disorder, silence, other steps, a flood (40, 41, 46, 48)."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import FeedStatus
from clearedge_tui.core.model import EngineState, Health, Instance, Mode
from clearedge_tui.settings import Account
from clearedge_tui.supervisor.protocol import InstanceRow, Snapshot
from clearedge_tui.supervisor.rows import instance_row
from clearedge_tui.supervisor.runtime import EngineProcess, InstanceRun
from clearedge_tui.ui.model import LinkState, Model
from tests.live.box import Box

MINUTE = 60_000_000_000
SECOND = 1_000_000_000
BURST_S = 1.0


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One gateway, fed by hand: see `venue_feed`."""
    home = tmp_path_factory.mktemp("venue")
    done = subprocess.run(
        [sys.executable, "-m", "tests.live.venue_feed", str(home), str(BURST_S)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_late_ticks_are_put_in_order_and_come_out_though_none_follows(
    seen: dict[str, Any],
) -> None:
    late = seen["late"]
    assert late["prices"] == [100.0, 100.2, 100.4, 100.6, 104.0]
    assert 0.05 < late["waited_s"] < 3.0, "the last ones waited for the window, and no longer"
    assert late["counts"]["reordered"] == 2
    assert late["counts"]["reasons"] == {"late": 1}
    assert late["counts"]["last"].startswith("SIMUSDT.SIMULATED: late: 5.06 s")


def test_a_gap_is_filled_from_stored_bars_before_anything_is_entered(seen: dict[str, Any]) -> None:
    gap = seen["filled"]
    assert gap["order"] == ["Gap", *["bar"] * 10, "quote"]
    first, back = gap["span"]
    wanted = list(range((first // MINUTE + 1) * MINUTE, back + 1, MINUTE))
    assert gap["bars"] == wanted == gap["history"], "who joins later has them too"
    status, reason = gap["denied"]
    assert status == "denied" and "before the stored bars of that time were thought about" in reason
    assert gap["passed"] == ["filled", ""], "the instance has thought about them"
    assert any("10 stored bars fill it" in text for text in gap["noted"])


def test_a_gap_that_nobody_can_fill_is_waited_out_with_a_whole_bar(seen: dict[str, Any]) -> None:
    gap = seen["open"]
    assert gap["held"][0] == "filled", "before it all is well"
    assert gap["tried"]["at once"][0] == gap["tried"]["cut bar"][0] == "denied"
    assert gap["tried"]["cut bar"][1].startswith("data: ticks are missing from ")
    assert gap["tried"]["exit"] == ["filled", ""], "what only reduces passes"
    assert gap["tried"]["whole bar"] == ["filled", ""]
    assert gap["waits"].endswith("nothing is entered before 1 whole 1m bar closed after it")
    assert gap["other"] == "", "another market's instance is not held up"


def test_orders_off_a_new_tick_are_cancelled_with_the_reason(seen: dict[str, Any]) -> None:
    steps = seen["steps"]
    assert steps["on"] == ["open", ""]
    assert steps["off"] == [
        "cancelled",
        "the market's tick is 0.05 now, and 50.12 is no multiple of it",
    ]
    assert steps["told"] == ["0.05"], "the instance rounds to it from now on"
    assert steps["again"][0] == "denied" and steps["fits"][0] == "open"
    assert "now cancelled: 1" in steps["noted"]


def test_a_flood_is_cut_to_the_newest_quotes_and_loses_no_bar(seen: dict[str, Any]) -> None:
    flood = seen["burst"]
    assert flood["came"] >= 50_000 * BURST_S
    assert flood["passed"] == flood["came"] + flood["bars"] and flood["dropped"] == 0
    assert flood["conflated"] > 0, "no book takes that many"
    assert flood["most_ahead"] <= 256 + 1 and flood["most_waiting"] <= 1000 + flood["bars"]
    assert seen["heard_bars"] == flood["bars"]
    assert seen["newest"] == [True, True], "the newest quote of each market came through"
    slow = seen["slow"]
    assert slow["conflated"] > 0 and slow["bars"] == slow["heard_bars"], (
        "a slow reader loses quotes"
    )
    assert slow["newest"], "and has the newest one in the end"


def test_a_row_says_why_nothing_is_entered_and_how_old_its_price_is(tmp_path: Path) -> None:
    instance = Instance("one", "s", "paper", "A.X", "1m", Mode.OBSERVE)
    engine = EngineProcess("in-one", tmp_path, pid=1, state=EngineState.RUNNING)
    run = InstanceRun(instance, engine, enforced=Mode.OBSERVE, beat_s=monotonic())
    feed = FeedStatus(
        100 * SECOND, {}, 1.0, None, True, {}, silent_s={"A.X": 7.0}, waits={"one": "a gap"}
    )
    account = Account("paper", stale_s=60)
    row = instance_row(run, account, None, "", feed)
    assert (row.health, row.error) == (Health.WARN, "a gap")
    assert (row.market_ns, row.stale_s) == (93 * SECOND, 60)
    over = msgspec.structs.replace(feed, waits={}, done=1.0)
    row = instance_row(run, account, None, "", over)
    assert (row.health, row.error) == (Health.OK, "")
    assert row.stale_s == 0, "a replay that has been played has nothing more to say"


def test_a_silent_market_is_stale_in_the_console_until_it_speaks(
    make_box: Callable[..., Box],
) -> None:
    box = make_box(speed=1, extra="stale_s = 0.5\n")
    box.start()
    box.add("ema", mode="observe")
    box.running("ema")
    model = Model()
    model.set_link(LinkState.UP)

    def stale(row: InstanceRow) -> bool:
        model.apply(Snapshot(0, 0, (row,), (), ()))
        return model.price_stale(row) and model.price_age_s(row) > 0.5 and not model.row_stale(row)

    row = box.wait_row("ema", stale, "its quotes are twenty seconds apart")
    assert row.stale_s == 0.5
    assert box.do("account.speed", account="paper", speed="1000").status == "done"
    box.wait_row("ema", lambda r: r.market_ns > row.market_ns and not stale(r), "it speaks again")
    counts = box.account().ticks
    assert counts.passed > 0 and counts.dropped == 0
    listed = box.do("account.list").data
    assert isinstance(listed, list) and msgspec.convert(listed[0]["ticks"], type(counts)).passed > 0
