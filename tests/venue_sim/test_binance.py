"""Binance's USD-M futures at our venue: NautilusTrader's own adapter, and ccxt's client."""

import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import ccxt
import pytest

from clearedge_tui.venue_sim.faults import What
from clearedge_tui.venue_sim.sim import VenueSim
from tests.venue_sim.clients import ccxt_client, running
from tests.venue_sim.process import SimProcess, Trader

BTC, PERP = "BTCUSDT-PERP.BINANCE", "BTC/USDT:USDT"
NODE = {"instruments": [BTC], "account": "BINANCE-001", "venue": "binance"}


@pytest.fixture
def process() -> Iterator[SimProcess]:
    with SimProcess("--check-keys", venue="binance") as sim:
        yield sim


@pytest.mark.slow
def test_the_unmodified_adapter_trades_and_finds_everything_again(
    process: SimProcess, tmp_path: Path
) -> None:
    with Trader(process, tmp_path / "one", **NODE) as node:
        assert node.until_event("quote")["bid"] == "39999.9"
        node.ask("bars", instrument=BTC, limit=10)
        history = node.until_event("bars")
        steps = {b - a for a, b in pairwise(history["at_ns"])}
        assert steps == {60_000_000_000}
        assert history["closes"][-1] == "40000.00"  # the minute before the venue began
        node.until(lambda: node.ask("state")["trades"])
        process.call("skew", seconds=60)
        bar = node.until_event("bar")
        assert bar["at_ns"] > history["at_ns"][-1]
        process.call("skew", seconds=0)
        node.order("P1", "limit", "buy", "0.1", price="41000.0", post_only=True)
        assert "-5022" in node.until_event("OrderRejected", "P1")["reason"]
        node.order("I1", "limit", "buy", "0.1", price="39000.0", tif="ioc")
        node.until_event("OrderExpired", "I1")
        process.call("depth", market="BTCUSDT", sizes=["0.2"])
        node.order("L1", "limit", "buy", "0.5", price="40001.0")
        node.until_event("OrderFilled", "L1", times=3)
        assert [e["last_qty"] for e in node.seen("OrderFilled", "L1")] == [
            "0.200",
            "0.200",
            "0.100",
        ]
        process.call("depth", market="BTCUSDT", sizes=["50"])
        node.order("M1", "limit", "buy", "0.1", price="39000.0")
        node.until_event("OrderAccepted", "M1")
        node.ask("modify", id="M1", size="0.2", price="38000.0")
        node.until_event("OrderUpdated", "M1")
        for name, kind, side, words in (
            ("S1", "stop_market", "sell", {"trigger_price": "39500.0"}),
            ("S2", "stop_limit", "buy", {"trigger_price": "40500.0", "price": "40400.0"}),
            ("T1", "market_if_touched", "sell", {"trigger_price": "40600.0"}),
            ("S3", "stop_market", "sell", {"trigger_price": "30000.0"}),
        ):
            node.order(name, kind, side, "0.1", **words)
            node.until_event("OrderAccepted", name)
        for price, name in (("39400", "S1"), ("40600", "T1"), ("40300", "S2")):
            process.call("price", market="BTCUSDT", px=price)
            node.until_event("OrderFilled", name)
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
        node.ask("cancel", id="S3")
        node.until_event("OrderCanceled", "S3")
        process.call("fault", what="second_id", on="push.fill")
        node.order("X1", "market", "sell", "0.1")
        node.until_event("OrderFilled", "X1")
        for where, verb in (("private", "login"), ("public", "subscribe")):
            before = process.count(verb)
            process.call("disconnect", where=where)
            node.until(lambda: process.count(verb) > before, 10)  # noqa: B023  # used at once
        assert node.ask("state")["positions"][BTC] == pytest.approx(0.3)
        node.kill()
    process.call("fill", size="0.05")
    with Trader(process, tmp_path / "two", **NODE) as node:
        assert node.until_event("started")["positions"][BTC] == pytest.approx(0.35)
        assert node.ask("state")["orders"]["M1"] == "PARTIALLY_FILLED"
        node.ask("cancel_all", instrument=BTC)
        node.until_event("OrderCanceled", "M1")
        node.ask("close_all", instrument=BTC)
        node.until_event("PositionClosed")
    assert process.call("positions") == process.call("open_orders") == []


@pytest.fixture
async def sim() -> AsyncIterator[VenueSim]:
    async with running(seed=1, venue="binance", check_keys=True) as venue:
        yield venue


@pytest.fixture
async def client(sim: VenueSim) -> AsyncIterator[Any]:
    async with ccxt_client(sim, exchange="binanceusdm") as exchange:
        yield exchange


async def test_ccxt_trades_reads_and_flattens(sim: VenueSim, client: Any) -> None:
    limit = await client.create_order(PERP, "limit", "buy", 0.1, 39000, {"clientOrderId": "c1"})
    (seen,) = await client.fetch_open_orders(PERP)
    assert (seen["id"], seen["clientOrderId"], seen["price"]) == (limit["id"], "c1", 39000.0)
    await client.edit_order(limit["id"], PERP, "limit", "buy", 0.2, 38000)
    assert sim.orders()[0].size == Decimal("0.2")
    await client.create_order(PERP, "market", "buy", 0.3)
    (held,) = [p for p in await client.fetch_positions() if p["contracts"]]
    assert (held["symbol"], held["side"], held["contracts"]) == (PERP, "long", 0.3)
    await client.cancel_all_orders(PERP)
    await client.create_order(PERP, "market", "sell", 0.3, None, {"reduceOnly": True})
    assert not sim.positions()
    assert not sim.open_orders()
    with pytest.raises(ccxt.ExchangeError, match="-5022"):
        await client.create_order(PERP, "limit", "buy", 0.3, 41000, {"timeInForce": "GTX"})
    trades = await client.fetch_my_trades(PERP)
    assert [(t["side"], t["amount"], t["price"]) for t in trades] == [
        ("buy", 0.3, 40000.1), ("sell", 0.3, 39999.9),
    ]  # fmt: skip
    balance = await client.fetch_balance()
    paid = sum(t["fee"]["cost"] for t in trades)
    assert balance["USDT"]["total"] == pytest.approx(100_000 - 0.3 * 0.2 - paid)
    assert abs(await client.fetch_time() - time.time() * 1000) < 5000


async def test_ccxt_is_refused_as_by_the_real_one(sim: VenueSim, client: Any) -> None:
    # ccxt knows most codes by the host of the address: on loopback they stay plain errors
    with pytest.raises(ccxt.ExchangeError, match="-2019"):
        await client.create_order(PERP, "market", "buy", 100)
    for what, code, error in (
        (What.RATE_LIMIT, None, ccxt.DDoSProtection),
        (What.BAN, None, ccxt.DDoSProtection),
        (What.LOSE_ACK, None, ccxt.RequestTimeout),
    ):
        client.timeout = 300
        sim.fault(what=what, on="order.create", code=code)
        with pytest.raises(error):
            await client.create_order(PERP, "limit", "buy", 0.1, 39000)
    assert len(sim.orders()) == 1
    client.timeout = 3000
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError, match="-1022"):
        await client.fetch_balance()
    client.secret = "sim-secret"
    sim.skew(60)
    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        await client.fetch_balance()
    sim.skew(0)
    sim.revoke()
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await client.fetch_balance()
