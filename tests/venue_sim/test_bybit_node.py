"""NautilusTrader's own Bybit adapter against our venue, in processes of their own."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.venue_sim.process import SimProcess, Trader

pytestmark = pytest.mark.slow
BTC = "BTCUSDT-LINEAR.BYBIT"
LINEAR = {"instruments": [BTC], "account": "BYBIT-001"}


@pytest.fixture
def sim() -> Iterator[SimProcess]:
    with SimProcess("--check-keys") as process:
        yield process


def fills(node: Trader, order: str) -> list[str]:
    return [event["last_qty"] for event in node.seen("OrderFilled", order)]


def test_orders_fills_positions_and_a_restart(sim: SimProcess, tmp_path: Path) -> None:
    with Trader(sim, tmp_path / "one", **LINEAR) as node:
        first = node.until_event("quote")
        assert (first["bid"], first["ask"]) == ("39999.9", "40000.1")
        node.order("A1", "market", "buy", "0.100")
        filled = node.until_event("OrderFilled", "A1")
        assert (filled["last_px"], filled["last_qty"]) == ("40000.1", "0.100")
        assert filled["commission"] == "2.20000550 USDT"
        for name, price in (("A2", "30000.0"), ("A3", "29000.0"), ("A4", "28000.0")):
            node.order(name, "limit", "buy", "0.010", price=price)
            node.until_event("OrderAccepted", name)
        node.ask("cancel", id="A3")
        node.until_event("OrderCanceled", "A3")
        assert node.ask("state")["balances"]["USDT"] == "99997.79999450 USDT"
        node.kill()
    sim.call("fill", order="A4")  # while nobody is connected
    for n in range(55):  # more than a page
        sim.call(
            "external", market="BTCUSDT-LINEAR", side="buy", size="0.001", price=str(20000 + n)
        )
    assert [Decimal(p["size"]) for p in sim.call("positions")] == [Decimal("0.11")]
    assert sim.count("order.create") == 4

    with Trader(sim, tmp_path / "two", **LINEAR) as node:
        started = node.until_event("started")
        assert started["positions"] == {BTC: 0.11}
        assert (started["orders"]["A2"], started["orders"]["A4"]) == ("ACCEPTED", "FILLED")
        assert list(started["orders"].values()).count("ACCEPTED") == 56
        node.ask("cancel_all", instrument=BTC)
        node.until_event("OrderCanceled", "A2")
        node.ask("close_all", instrument=BTC)
        node.until_event("PositionClosed")
        node.ask("stop")
    assert sim.call("positions") == sim.call("open_orders") == []
    assert sim.count("order.create") == 5


def test_every_kind_of_order(sim: SimProcess, tmp_path: Path) -> None:
    with Trader(sim, tmp_path / "log", **LINEAR) as node:
        node.until_event("quote")
        node.order("P1", "limit", "buy", "0.1", price="41000.0", post_only=True)
        assert "PostOnly" in node.until_event("OrderRejected", "P1")["reason"]
        node.order("I1", "limit", "buy", "0.1", price="39000.0", tif="ioc")
        node.until_event("OrderCanceled", "I1")
        sim.call("depth", market="BTCUSDT", sizes=["0.2"])
        node.order("F1", "limit", "buy", "0.5", price="40001.0", tif="fok")
        node.until_event("OrderCanceled", "F1")
        node.order("L1", "limit", "buy", "0.5", price="40001.0")
        node.until_event("OrderFilled", "L1", times=3)
        assert fills(node, "L1") == ["0.200", "0.200", "0.100"]
        assert not fills(node, "I1") + fills(node, "F1")

        sim.call("depth", market="BTCUSDT", sizes=["50"])
        node.order("M1", "limit", "buy", "0.1", price="39000.0")
        node.until_event("OrderAccepted", "M1")
        node.ask("modify", id="M1", size="0.2", price="38000.0")
        node.until_event("OrderUpdated", "M1")
        node.order("S1", "stop_market", "sell", "0.1", trigger_price="39500.0")
        node.order("S2", "stop_limit", "buy", "0.1", trigger_price="40500.0", price="40400.0")
        node.order("T1", "market_if_touched", "sell", "0.1", trigger_price="40600.0")
        for name in ("S1", "S2", "T1"):
            node.until_event("OrderAccepted", name)
        for price, event, name in (
            ("39400", "OrderFilled", "S1"),
            ("40500", "OrderTriggered", "S2"),
            ("40600", "OrderFilled", "T1"),
            ("40300", "OrderFilled", "S2"),
        ):
            assert not node.seen(event, name)
            sim.call("price", market="BTCUSDT", px=price)
            node.until_event(event, name)
        limits = [
            {
                "id": f"B{n}",
                "kind": "limit",
                "side": "buy",
                "size": "0.1",
                "price": f"{30000 + n}.0",
            }
            for n in range(3)
        ]
        node.batch(*limits, {**limits[0], "id": "B9", "side": "buy", "reduce_only": True})
        node.until_event("OrderRejected", "B9")
        for n in range(3):
            node.until_event("OrderAccepted", f"B{n}")
        node.ask("cancel_some", ids=["B0", "B1", "B2"])
        for n in range(3):
            node.until_event("OrderCanceled", f"B{n}")
        node.order("R1", "market", "buy", "0.1", reduce_only=True)
        assert "reduce-only" in node.until_event("OrderRejected", "R1")["reason"]
        assert node.ask("state")["positions"][BTC] == pytest.approx(0.4)
    assert [Decimal(p["size"]) for p in sim.call("positions")] == [Decimal("0.4")]


def test_what_goes_wrong_between_venue_and_node(sim: SimProcess, tmp_path: Path) -> None:
    def wrong(
        name: str, kind: str, event: str, price: str = "", **fault: str | int
    ) -> dict[str, str]:
        sim.call("fault", **fault)
        node.order(name, kind, "buy", "0.100", **({"price": price} if price else {}))
        return node.until_event(event, name)

    with Trader(sim, tmp_path / "log", **LINEAR) as node:
        node.until_event("quote")
        odd = "[red]no[/] \x1b[2J"
        refused = wrong("X1", "market", "OrderRejected", what="refuse", on="order.create", text=odd)
        assert refused["reason"] == odd
        wrong("X2", "limit", "OrderAccepted", "39000.0", what="lose_ack", on="order.create")
        wrong("X3", "limit", "OrderAccepted", "39000.0", what="double_ack", on="order.create")
        wrong("X4", "market", "OrderFilled", what="late_ack", on="order.create")
        wrong("X5", "market", "OrderFilled", what="double_push", on="push.fill")
        wrong("X6", "market", "OrderFilled", what="second_id", on="push.fill")
        wrong("X7", "market", "OrderFilled", what="swap_push", on="push.fill")
        wrong(
            "X8", "limit", "OrderFilled", "41000.0", what="partial", on="order.create", share="0.4"
        )
        assert fills(node, "X8") == ["0.040"]
        assert [len(fills(node, f"X{n}")) for n in range(4, 8)] == [1, 1, 1, 1]
        held = node.ask("state")["positions"][BTC]
        assert (held, sim.count("order.create")) == (pytest.approx(0.44), 8)

        for where, words in (("public", "subscribe"), ("private", "login"), ("trade", "login")):
            before = sum(r["via"] == where for r in sim.call("requests", verb=words))
            sim.call("disconnect", where=where)
            node.until(lambda: via(sim, words, where) > before, 10)  # noqa: B023  # used at once
        sim.call("silence", where="public")
        quiet = node.ask("state")["quotes"]
        node.order("Y1", "market", "sell", "0.040")
        node.until_event("OrderFilled", "Y1")
        assert node.ask("state")["quotes"] <= quiet + 1
        sim.call("silence", where="public", on=False)
        node.until(lambda: node.ask("state")["quotes"] > quiet + 1)
        other = sim.call("external", market="BTCUSDT-LINEAR", side="buy", size="0.05")
        node.until_event("OrderFilled", other["id"])


def via(sim: SimProcess, verb: str, where: str) -> int:
    return sum(request["via"] == where for request in sim.call("requests", verb=verb))


def test_spot_buys_coins(sim: SimProcess, tmp_path: Path) -> None:
    pair = "BTCUSDT-SPOT.BYBIT"
    options = {"instruments": [pair], "account": "BYBIT-001", "product": "spot"}
    with Trader(sim, tmp_path / "log", **options) as node:
        quote = node.until_event("quote")
        assert (quote["bid"], quote["ask"]) == ("39999.99", "40000.01")
        node.order("A1", "market", "buy", "0.500000")
        filled = node.until_event("OrderFilled", "A1")
        assert filled["commission"] == "0.00050000 BTC"
        node.ask("bars", instrument=pair, limit=10)
        history = node.until_event("bars")
        steps = {b - a for a, b in pairwise(history["at_ns"])}
        assert steps == {60_000_000_000}
        assert history["closes"][-1] == "40000.00"  # the minute before the venue began
        node.until(lambda: node.ask("state")["trades"])
        sim.call("skew", seconds=60)
        bar = node.until_event("bar")
        assert bar["at_ns"] > history["at_ns"][-1]
        sim.call("skew", seconds=0)
        node.order("A2", "limit", "sell", "0.100000", price="41000.00")
        node.until_event("OrderAccepted", "A2")
        sim.call("price", market="BTCUSDT-SPOT", px="41000.01")
        assert node.until_event("OrderFilled", "A2")["liquidity_side"].endswith("MAKER")
        wanted = {"BTC": "1.39950000 BTC"}
        node.until(lambda: wanted.items() <= node.ask("state")["balances"].items())
    coins = {one["coin"]: Decimal(one["total"]) for one in sim.call("balances")}
    assert coins["BTC"] == Decimal("1.3995")
    assert coins["USDT"] == 100_000 - Decimal("20000.005") + Decimal("4100") * Decimal("0.999")
