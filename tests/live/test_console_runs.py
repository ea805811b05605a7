"""Runs at a real console on a real supervisor: once more, side by side, removed, back, found."""

from collections.abc import Callable

import pytest

from clearedge_tui.market import catalog, simulated
from clearedge_tui.runs import index
from tests.live.box import Box
from tests.live.seat import Seat, cli

pytestmark = pytest.mark.timeout(90)


def test_a_run_is_made_again_compared_removed_brought_back_and_found(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box()
    with catalog.locked(box.home):
        catalog.write_bars(
            box.home, simulated.market(), "1m", [simulated.bars(7, 28_000_000, 3_000)]
        )
    made = cli(
        box, "backtest", "ema_cross", "--market", "SIM/USDT", "--set", "fast=3", "--accept", "gaps"
    )
    assert made.returncode == 0, made.stderr
    box.start()
    seat = sit(box)
    seat.see(r"supervisor|●")
    seat.type("2")
    seat.see(r"ema_cross +SIM/USDT 1m sim +[-+]?\d", r" 1 run .* on disk")
    seat.type("a")
    seat.see(r" 2 runs .* on disk", limit_s=40)
    seat.type("g m m c")
    seat.see(
        r"━━ 1 ema_cross", r"━━ 2 ema_cross", r"▲ a simulated market is among them", r"all the same"
    )
    seat.type("escape escape")
    seat.see(r" 2 runs ")
    seat.type("g * x")
    seat.see(r"U brings back")
    seat.type("y")
    seat.see(r" 1 run ")
    seat.type("U")
    seat.see(r" 2 runs ", r"★")
    assert [row.star for row in index.load(box.home).rows] == [True, False]
    seat.type("/")
    seat.type("star:yes")
    seat.see(r" 1 of 2 runs ", r"filter star:yes")
