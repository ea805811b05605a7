"""A paper account after kill -9 of its gateway: positions, sums and resting orders are there again."""

import os
import shutil
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from clearedge_tui.store.account_file import read_orders
from tests.live.box import Box
from tests.trading.box import HAND

pytestmark = pytest.mark.slow
D = Decimal


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path / "home", speed=300)
    shutil.copy(HAND, made.home.strategies)
    yield made.start()
    made.close()


def test_what_rested_rests_again_and_what_was_earned_is_kept(box: Box) -> None:
    wish = box.home.root / "wish"
    box.do("instance.add", id="one", strategy="hand", account="paper", market="SIM/USDT",
           timeframe="quote", mode="active", config={"path": str(wish)})  # fmt: skip
    wish.write_text("buy 2; buy 1 @ 1; sell 1 @ 9999")
    row = box.wait_row("one", lambda r: r.position == 2 and r.open_orders == 2, "it trades")
    fees = row.fees
    gateway = next(pid for pid, name in box.processes() if name == "gw-paper")
    os.kill(gateway, signal.SIGKILL)
    box.until(
        lambda: (
            any(o.status == "unknown" for o in box.orders("one"))
            or next((p for p, n in box.processes() if n == "gw-paper"), gateway) != gateway
        ),
        "the gateway is gone",
    )
    row = box.wait_row(
        "one",
        lambda r: r.actual == "active" and r.open_orders == 2 and r.pid and r.error == "",
        "it is back",
        30,
    )
    assert (row.position, row.fees) == (D(2), fees)

    def resting() -> list[Decimal]:
        return sorted(o.price for o in box.orders("one") if o.status == "open" and o.price)

    box.until(lambda: resting() == [D(1), D(9999)], "both rest again")
    wish.write_text("cancel; sell 2")
    row = box.wait_row("one", lambda r: r.position == 0 and r.open_orders == 0, "it is flat")
    box.until(lambda: len(box.fills("one")) == 2, "both fills are in the database")
    fills = [f for f in box.fills("one") if f.book == "paper"]
    assert sum((f.size if f.side == "buy" else -f.size for f in fills), D(0)) == 0
    assert sum((f.fee for f in fills), D(0)) == row.fees
    written = [e.order for e in read_orders(box.home.account_file("paper"))]
    assert sorted(o.status for o in written) == ["cancelled", "cancelled", "filled", "filled"]


def test_another_instance_of_the_same_name_begins_with_nothing(box: Box) -> None:
    wish = box.home.root / "wish"
    words = {"id": "one", "strategy": "hand", "account": "paper", "market": "SIM/USDT",
             "timeframe": "quote", "mode": "active", "config": {"path": str(wish)}}  # fmt: skip
    box.do("instance.add", **words)
    wish.write_text("buy 2")
    box.wait_row("one", lambda r: r.position == 2, "it trades")
    box.do("instance.mode", id="one", mode="off")
    box.wait_row("one", lambda r: r.state == "stopped", "it has stopped")
    assert box.do("instance.rm", id="one").status == "done"
    wish.write_text("buy 1")
    box.do("instance.add", **words)
    row = box.wait_row("one", lambda r: r.fills == 1 and r.book == "paper", "the new one trades")
    assert row.position == 1
