"""NautilusTrader's own Bybit adapter against our venue, in processes of their own."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.venue_sim.process import SimProcess, Trader

pytestmark = pytest.mark.slow
BTC = "BTCUSDT-LINEAR.BYBIT"
LINEAR = {"instruments": [BTC], "account": "BYBIT-001"}


@pytest.fixture
def sim() -> Iterator[SimProcess]:
    with SimProcess() as process:
        yield process


def test_orders_fills_positions_and_a_restart(sim: SimProcess, tmp_path: Path) -> None:
    with Trader(sim, tmp_path / "one", **LINEAR) as node:
        first = node.until_event("quote")
        assert (first["bid"], first["ask"]) == ("39999.9", "40000.1")
        node.ask("submit", kind="market", instrument=BTC, side="buy", size="0.100", id="A1")
        filled = node.until_event("OrderFilled", "A1")
        assert (filled["last_px"], filled["last_qty"]) == ("40000.1", "0.100")
        assert filled["commission"] == "2.20000550 USDT"
        node.ask(
            "submit",
            kind="limit",
            instrument=BTC,
            side="buy",
            size="0.050",
            price="30000.0",
            id="A2",
        )
        node.ask(
            "submit",
            kind="limit",
            instrument=BTC,
            side="buy",
            size="0.010",
            price="29000.0",
            id="A3",
        )
        node.until_event("OrderAccepted", "A2")
        node.until_event("OrderAccepted", "A3")
        node.ask("cancel", id="A3")
        node.until_event("OrderCanceled", "A3")
        assert node.ask("state")["balances"]["USDT"] == "99997.79999450 USDT"
        node.kill()
    assert [Decimal(p["size"]) for p in sim.call("positions")] == [Decimal("0.1")]
    assert sim.count("order.create") == 3

    with Trader(sim, tmp_path / "two", **LINEAR) as node:
        started = node.until_event("started")
        assert started["positions"] == {BTC: 0.1}
        assert started["orders"]["A2"] == "ACCEPTED"
        node.ask("cancel_all", instrument=BTC)
        node.until_event("OrderCanceled", "A2")
        node.ask("close_all", instrument=BTC)
        node.until_event("PositionClosed")
    assert sim.call("positions") == sim.call("open_orders") == []
    assert sim.count("order.create") == 4
