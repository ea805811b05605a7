"""A supervisor that is there and does nothing: stopped, swapped out, or stuck."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from clearedge_tui.core.model import OrderStatus
from tests.live.box import Box

HAND = Path(__file__).parent.parent / "trading" / "strategies" / "hand.py"


def test_with_a_frozen_supervisor_nothing_is_entered_and_exits_pass(
    make_box: Callable[..., Box],
) -> None:
    """Fault 19: its line is open, and it is as good as none."""
    box = make_box().start()
    shutil.copy(HAND, box.home.strategies)
    wish = box.home.root / "wish"
    box.do("instance.add", id="one", strategy="hand", account="paper", market="SIM/USDT",
           timeframe="quote", mode="active", config={"path": str(wish)})  # fmt: skip
    box.wait_row("one", lambda r: r.state == "running", "it runs")
    wish.write_text("buy 0.3")
    box.until(lambda: len(box.fills("one")) == 1, "it holds")
    assert box.process is not None
    os.kill(box.process.pid, signal.SIGSTOP)
    time.sleep(6)  # a second longer than a gateway believes in it
    wish.write_text("buy 0.2; sell 0.1")
    kept = box.home.state / "instances" / "one" / "state.msgpack"
    end = time.monotonic() + 10
    while b"buy 0.2" not in kept.read_bytes():
        assert time.monotonic() < end, "the strategy goes on thinking"
        time.sleep(0.05)
    os.kill(box.process.pid, signal.SIGCONT)
    box.until(lambda: len(box.fills("one")) == 2, "the exit was filled")
    assert [fill.side for fill in box.fills("one")].count("sell") == 1
    (denied,) = [o for o in box.orders("one") if o.status is OrderStatus.DENIED]
    assert (denied.side, denied.size) == ("buy", Decimal("0.2"))
    assert "no supervisor is listening" in denied.reason
    wish.write_text("buy 0.4")
    box.until(lambda: len(box.fills("one")) == 3, "it may enter again")
