"""A day's work at the console on a real box: configs, backtests, new instances, the palette."""

from collections.abc import Callable

import pytest

from clearedge_tui.core.model import Mode
from clearedge_tui.market import catalog, simulated
from clearedge_tui.runs.listing import list_runs
from tests.live.box import Box
from tests.live.seat import Seat, cli

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def box(shared_box: Box) -> Box:
    return shared_box


def test_a_config_is_edited_with_a_diff_live_in_place_and_others_by_reload(
    box: Box, sit: Callable[..., Seat]
) -> None:
    box.add("ema", mode="observe", fast=3, slow=8)
    pid = box.running("ema").pid
    seat = sit(box)
    seat.see(r"ema .*observe +running")
    seat.type("E")
    seat.see(r"fast", r"slow", r"length of the fast average")
    seat.type("j j enter")  # size, a live field
    for _ in range(4):
        seat.type("\x7f")
    seat.type("0 . 3 enter w")
    seat.see(r"0\.1 +(→|->) +0\.3", r"live")
    seat.type("enter")
    box.wait_row("ema", lambda r: r.config_version == 2, "it is applied")
    assert box.row("ema").pid == pid, "in place"
    seat.type("escape E")
    seat.see(r"config v2")
    seat.type("enter")
    for _ in range(3):
        seat.type("\x7f")
    seat.type("9 9 9 enter")
    seat.see(r"at most 200|less than or equal to 200|200")
    seat.type("w")
    assert box.row("ema").config_version == 2, "an invalid form cannot be applied"
    seat.type("enter")
    for _ in range(4):
        seat.type("\x7f")
    seat.type("4 enter w")
    seat.see(r"3 +(→|->) +4", r"reload")
    seat.type("enter")
    box.wait_row("ema", lambda r: r.config_version == 3 and r.pid not in (0, pid), "it is reloaded")
    box.running("ema")


def test_a_backtest_is_started_from_an_instance_and_its_report_is_read(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box()
    with catalog.locked(box.home):
        catalog.write_bars(
            box.home, simulated.market(), "1m", [simulated.bars(7, 28_000_000, 20_000)]
        )
    box.start()
    box.add("ema", mode="observe", fast=3, slow=8)
    box.running("ema")
    seat = sit(box)
    seat.see(r"ema .*observe +running")
    seat.type("b")
    seat.see(r"length of the fast average", r"SIM/USDT 1m")
    seat.type("w")
    seat.see(r"enter sends it")
    seat.type("enter")
    box.until(lambda: list_runs(box.home), "the run is there", 30.0)
    seat.see(r"ema_cross +SIM/USDT 1m sim +[-+]?\d", limit_s=30)
    seat.type("g enter")
    seat.see(r"Sharpe", r"Max fall", r"SIMULATED", r"ends in a loss|buy and hold")
    seat.type("t")
    seat.see(r"[\d,]+ trades +PnL", r"long +20")
    seat.type("enter")
    seat.see(r"Orders 2", r"Fills 2", r"1 of [\d,]+ ")
    seat.type("n")
    seat.see(r"2 of [\d,]+ ")
    seat.type("v")
    seat.see(r"SIM/USDT 1m, \d+ a candle", r"[▲▼]")
    seat.type("S")
    seat.see(r"specs/\S+\.yaml written")


def test_the_palette_speaks_the_words_of_the_command_line(
    box: Box, sit: Callable[..., Seat]
) -> None:
    box.add("ema", mode="observe", fast=3, slow=8)
    box.running("ema")
    seat = sit(box)
    seat.see(r"ema .*observe +running")
    seat.type(": m o d e space e m a space a c t i v e enter")
    box.wait_row("ema", lambda r: r.actual is Mode.ACTIVE, "the palette raised it")
    seat.see(r"ema .*active +running")
    assert cli(box, "instance", "mode", "ema", "observe").returncode == 0
    seat.see(r"ema .*observe +running")


def test_a_fault_is_read_on_its_row(box: Box, sit: Callable[..., Seat]) -> None:
    box.write(
        "broken",
        "from clearedge_tui.contract import Strategy\n"
        "class Broken(Strategy):\n"
        "    def on_tick(self, tick):\n"
        "        return 1 / 0\n",
    )
    box.add("broken", strategy="broken", mode="active")
    box.add("fine", mode="observe", fast=3, slow=8)
    seat = sit(box, cols=160, rows=45)
    seat.see(r"broken .*faulted", r"broken\.py:4: ZeroDivisionError", r"fine .*running")
    box.write(
        "broken",
        "from clearedge_tui.contract import Strategy\nclass Broken(Strategy):\n    def on_tick(self, tick):\n        pass\n",
    )
    seat.see(r"broken .*observe +running")
