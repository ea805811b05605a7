"""Interactive Brokers end to end: our gateway, the unmodified adapter, and a TWS of ours."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.market.markets import Market
from tests.trading.live import GatewayProcess
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal
APPLE = "AAPL.NASDAQ"
SHARE = Market(
    "AAPL", "nasdaq", APPLE, "AAPL", "USD", "equity", 2, 0, D(1), calendar="24/7",
    price_step=D("0.01"), size_step=D(1),
)  # fmt: skip


@pytest.fixture
def sim() -> Iterator[SimProcess]:
    with SimProcess("--walk", "2", venue="interactive_brokers") as found:
        yield found


def account(sim: SimProcess, **fields: Any) -> dict[str, Any]:
    options = {"host": sim.urls["host"], "port": int(sim.urls["port"]), "account_id": "DU1000001"}
    return {"name": "main", "kind": "live", "feed": "venue", "venue": "interactive_brokers",
            "currency": "USD", "options": options, "leverage": "4", "orphan_grace_s": 600, **fields}  # fmt: skip


def gateway(sim: SimProcess, root: Path, **fields: Any) -> GatewayProcess:
    words = account(sim, **fields)
    return GatewayProcess(root, words, (SHARE,), audit=False, currencies=["USD"]).ready()


def test_orders_fill_rest_and_cancel_and_come_back_after_kill_9(
    sim: SimProcess, tmp_path: Path
) -> None:
    first = gateway(sim, tmp_path)
    try:
        first.attach("one", market=APPLE)
        first.order("one", "one-1", "buy", "100")
        first.until_status("one-1", "filled")
        first.order("one", "one-2", "buy", "10", price="150.00")
        first.until_status("one-2", "open")
        first.ask("cancel", name="one", key="one-2")
        first.until_status("one-2", "cancelled")
        first.order("one", "one-3", "buy", "10", price="151.00")
        first.order("one", "one-4", "buy", "5", price="152.00")
        first.until_status("one-3", "open")
        first.until_status("one-4", "open")
        assert first.position("one") == 100
    finally:
        first.kill()
    resting = {o["price"]: o["id"] for o in sim.call("open_orders")}
    assert sorted(resting) == ["151", "152"]
    sim.call("fill", order=resting["151"])
    with gateway(sim, tmp_path) as again:
        again.until_status("one-3", "filled")
        again.attach("one", market=APPLE)
        state = again.ask("state")["one"]
        assert state["orders"]["one-4"][0] == "open"
        assert again.position("one") == 110
        assert [D(p["size"]) for p in sim.call("positions")] == [D(110)]
        again.ask("cancel", name="one", key="one-4")
        again.until_status("one-4", "cancelled")
        assert sim.call("open_orders") == []
