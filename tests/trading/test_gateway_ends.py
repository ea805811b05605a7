"""A gateway that is killed at a named moment: what the next one knows, and what the venue has."""

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.store.account_file import read_orders
from tests.trading.live import GatewayProcess, account
from tests.venue_sim.process import SimProcess

pytestmark = [pytest.mark.slow, pytest.mark.chaos]
D = Decimal


def held(sim: SimProcess) -> Decimal:
    return sum((D(p["size"]) for p in sim.call("positions")), D(0))


def test_an_order_counts_once_wherever_its_gateway_dies(sim: SimProcess, tmp_path: Path) -> None:
    """Faults 3, 4 and 6: before its intent is whole, before it leaves, before its rows."""
    file = tmp_path / "state" / "accounts" / "main.db"

    def dies(gateway: GatewayProcess, at: str, key: str, **fields: Any) -> None:
        gateway.attach("one")
        gateway.ask("die", at=at, key=key)
        gateway.tell(do="submit", name="one", key=key, side="buy", size="0.1", **fields)
        gateway.until(lambda: gateway.process.poll() is not None, f"it dies: {at}")
        assert gateway.process.returncode == -9
        gateway.close()

    def orders(gateway: GatewayProcess) -> dict[str, list[str]]:
        found: dict[str, list[str]] = gateway.ask("state")["one"]["orders"]
        return found

    def written() -> dict[str, str]:
        return {entry.order.id: str(entry.order.status) for entry in read_orders(file)}

    with GatewayProcess(tmp_path, account(sim, audit_s=0.5)) as gateway:
        dies(gateway, "intent begun", "begun")
    assert (written(), sim.count("order.create")) == ({}, 0)

    with GatewayProcess(tmp_path, account(sim, audit_s=0.5)) as gateway:
        dies(gateway, "intent written", "written")
    assert (written(), sim.count("order.create")) == ({"written": "sent"}, 0)

    with GatewayProcess(tmp_path, account(sim, audit_s=0.5)) as gateway:
        assert orders(gateway)["written"][0] == "unknown"
        gateway.attach("one")
        never = gateway.until_status("written", "cancelled")
        assert "the venue does not have it" in never["reason"]
        assert sim.count("order.create") == 0
        dies(gateway, "answered", "answered", price="1000.0")
    assert (written()["answered"], sim.count("order.create")) == ("sent", 1)

    with GatewayProcess(tmp_path, account(sim, audit_s=0.5)) as gateway:
        assert orders(gateway)["answered"][0] == "open"
        dies(gateway, "filled", "filled")
    assert written()["filled"] in ("sent", "open")
    assert held(sim) == D("0.1")

    with GatewayProcess(tmp_path, account(sim, audit_s=0.5)) as gateway:
        assert orders(gateway)["filled"][:2] == ["filled", "0.100"]
        gateway.attach("one")
        assert gateway.position("one") == held(sim) == D("0.1")
        assert gateway.differences() == []
        gateway.ask("cancel", name="one", key="answered")
        gateway.until_status("answered", "cancelled")
        assert sim.count("order.create") == 2
        gateway.stop()
    ends = {"written": "cancelled", "answered": "cancelled", "filled": "filled"}
    assert written() == ends


def test_a_gateway_killed_while_it_compares_itself_begins_again_and_finds_the_same(
    sim: SimProcess, tmp_path: Path
) -> None:
    """Fault 13, at what the engine asks for at its start: first, in the middle, last."""

    def came(report: str, before: int) -> bool:
        return sim.count(report) > before

    with GatewayProcess(tmp_path, account(sim)) as gateway:
        gateway.attach("one")
        gateway.order("one", "held", "sell", "0.1")
        gateway.until_status("held", "filled")
        gateway.order("one", "rest", "buy", "0.2", price="1000.0")
        gateway.until_status("rest", "open")
        gateway.kill()
    sim.call("fill", size="0.05")  # there is something to learn as well
    for report in ("balances", "fills", "order_history"):
        sim.call("fault", what="lose_ack", on=report, times=0)
        asked = sim.count(report)
        gateway = GatewayProcess(tmp_path, account(sim), audit=False)
        gateway.until(partial(came, report, asked), f"it asks for {report}")
        gateway.kill()
        assert not gateway.of("ready"), report
        sim.call("clear_faults")
    with GatewayProcess(tmp_path, account(sim)) as gateway:
        state = gateway.ask("state")["one"]
        assert state["orders"]["rest"][:2] == ["partial", "0.050"]
        assert D(state["position"]["size"]) == D("-0.05") == held(sim)
        gateway.attach("one")
        assert gateway.differences() == []
    assert sim.count("order.create") == 2
