"""A live account against a venue on loopback, through the unmodified adapter."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading.live import GatewayProcess, account
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow


def test_orders_fill_rest_and_cancel_and_the_ledger_is_the_venues(
    sim: SimProcess, tmp_path: Path
) -> None:
    with GatewayProcess(tmp_path, account(sim)) as gateway:
        gateway.attach("one")
        gateway.order("one", "one-1", "buy", "0.1")
        gateway.until_status("one-1", "filled")
        gateway.order("one", "one-2", "buy", "0.05", price="1000.0")
        gateway.until_status("one-2", "open")
        assert gateway.position("one") == Decimal("0.1")
        assert [Decimal(p["size"]) for p in sim.call("positions")] == [Decimal("0.1")]
        gateway.ask("cancel", name="one", key="one-2")
        gateway.until_status("one-2", "cancelled")
        assert sim.call("open_orders") == []


def test_two_instances_on_one_market_have_sums_of_their_own(
    sim: SimProcess, tmp_path: Path
) -> None:
    """Fault 37: two strategies claim one instrument of a netting account."""
    with GatewayProcess(tmp_path, account(sim)) as gateway:
        for name in ("one", "two"):
            gateway.attach(name)
        gateway.order("one", "one-1", "buy", "0.3")
        gateway.order("two", "two-1", "sell", "0.1")
        gateway.until_status("one-1", "filled")
        gateway.until_status("two-1", "filled")
        assert (gateway.position("one"), gateway.position("two")) == (
            Decimal("0.3"),
            Decimal("-0.1"),
        )
        assert [Decimal(p["size"]) for p in sim.call("positions")] == [Decimal("0.2")]
        gateway.ask("flatten", name="two")
        gateway.until(lambda: not gateway.position("two"), "two is flat")
        assert gateway.position("one") == Decimal("0.3")
        fees = sum(Decimal(f["fee"]) for f in sim.call("fills"))
        state = gateway.ask("state")
        assert sum(Decimal(s["position"]["fees"]) for s in state.values()) == fees


def test_after_kill_9_the_orders_and_sums_are_there_again(sim: SimProcess, tmp_path: Path) -> None:
    """Faults 12 and 57: what filled or was cancelled meanwhile is known, each fill once."""
    gateway = GatewayProcess(tmp_path, account(sim)).ready()
    gateway.attach("one")
    gateway.attach("two")
    gateway.order("one", "one-1", "buy", "0.1")
    gateway.until_status("one-1", "filled")
    for n, price in enumerate(("1000.0", "1001.0", "1002.0"), 2):
        gateway.order("one" if n < 4 else "two", f"key-{n}", "buy", "0.05", price=price)
        gateway.until_status(f"key-{n}", "open")
    before = gateway.ask("state")
    gateway.kill()
    resting = {o["price"]: o for o in sim.call("open_orders")}
    sim.call("fill", order=resting["1001.0"]["id"], size="0.02")
    sim.call("cancel", order=resting["1002.0"]["id"])
    with GatewayProcess(tmp_path, account(sim)) as again:
        state = again.ask("state")  # before anybody attached
        assert state["one"]["orders"]["key-2"][0] == "open"
        assert state["one"]["orders"]["key-3"][:2] == ["partial", "0.020"]
        assert state["two"]["orders"]["key-4"][0] == "cancelled"
        assert Decimal(state["one"]["position"]["size"]) == Decimal("0.12")
        paid = sum(Decimal(f["fee"]) for f in sim.call("fills"))
        assert Decimal(state["one"]["position"]["fees"]) == paid
        assert Decimal(before["one"]["position"]["size"]) == Decimal("0.1")
        again.attach("one")
        again.ask("cancel", name="one", key="key-2")
        again.until_status("key-2", "cancelled")
        sim.call("fill", order=resting["1001.0"]["id"])
        again.until_status("key-3", "filled")  # a fill of an order from before the restart
        assert again.position("one") == Decimal("0.15")
        assert sim.call("open_orders") == []
        assert sim.count("order.create") == 4


def test_an_observer_sends_nothing_to_the_venue(sim: SimProcess, tmp_path: Path) -> None:
    with GatewayProcess(tmp_path, account(sim)) as gateway:
        gateway.attach("one", mode="observe")
        for n in range(5):
            gateway.order("one", f"one-{n}", "buy", "0.1")
            gateway.until_status(f"one-{n}", "rejected", "cancelled")  # its shadow book is away
        gateway.ask("mode", name="one", mode="active")
        gateway.order("one", "one-9", "buy", "0.1")
        gateway.until_status("one-9", "filled")
        gateway.ask("mode", name="one", mode="observe")
        gateway.order("one", "one-10", "buy", "0.1")
        gateway.until_status("one-10", "rejected", "cancelled")
        assert sim.count("order.create") == 1
        assert gateway.position("one") == Decimal("0.1")


def test_the_keys_are_in_no_file(sim: SimProcess, tmp_path: Path) -> None:
    with GatewayProcess(tmp_path, account(sim)) as gateway:
        gateway.attach("one")
        gateway.order("one", "one-1", "buy", "0.1")
        gateway.until_status("one-1", "filled")
        gateway.stop()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"sim-secret" not in path.read_bytes(), path
