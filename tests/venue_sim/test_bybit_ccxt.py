"""ccxt's own Bybit client against our venue: the second opinion on its HTTP."""

import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from clearedge_tui.engine.audit.wallet import WalletReader
from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.faults import What
from clearedge_tui.venue_sim.sim import VenueSim
from tests.venue_sim.clients import ccxt_client, running

PERP, SPOT = "BTC/USDT:USDT", "BTC/USDT"


@pytest.fixture
async def sim() -> AsyncIterator[VenueSim]:
    async with running(seed=1, check_keys=True) as venue:
        yield venue


@pytest.fixture
async def client(sim: VenueSim) -> AsyncIterator[Any]:
    async with ccxt_client(sim) as exchange:
        yield exchange


async def test_a_perpetual_from_first_order_to_flat(sim: VenueSim, client: Any) -> None:
    limit = await client.create_order(PERP, "limit", "buy", 0.1, 39000, {"clientOrderId": "c1"})
    (seen,) = await client.fetch_open_orders(PERP)
    assert (seen["id"], seen["clientOrderId"], seen["price"]) == (limit["id"], "c1", 39000.0)
    await client.edit_order(limit["id"], PERP, "limit", "buy", 0.2, 38000)
    assert (sim.orders()[0].size, sim.orders()[0].price) == (Decimal("0.2"), Decimal(38000))

    await client.create_order(PERP, "market", "buy", 0.3)
    (held,) = await client.fetch_positions()
    assert (held["symbol"], held["side"], held["contracts"]) == (PERP, "long", 0.3)
    sim.price("BTCUSDT", 41000)
    (held,) = await client.fetch_positions([PERP])
    assert held["unrealizedPnl"] == pytest.approx(0.3 * (41000 - 40000.1))

    await client.cancel_all_orders(PERP)
    await client.create_order(PERP, "market", "sell", 0.3, None, {"reduceOnly": True})
    assert not sim.positions()
    assert not sim.open_orders()
    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        await client.create_order(PERP, "market", "sell", 0.3, None, {"reduceOnly": True})
    trades = await client.fetch_my_trades(PERP)
    assert [(t["side"], t["amount"], t["price"]) for t in trades] == [
        ("buy", 0.3, 40000.1), ("sell", 0.3, 40999.9),
    ]  # fmt: skip
    balance = await client.fetch_balance()
    paid = sum(t["fee"]["cost"] for t in trades)
    assert balance["USDT"]["total"] == pytest.approx(100_000 + 0.3 * 999.8 - paid)
    (gone,) = await client.fetch_canceled_orders(PERP)
    assert gone["status"] == "canceled"


async def test_spot_is_paid_in_coins_and_refused_without(sim: VenueSim, client: Any) -> None:
    await client.create_order(SPOT, "market", "buy", 0.5)
    balance = await client.fetch_balance()
    assert balance["BTC"]["total"] == pytest.approx(1.5 - 0.5 * 0.001)
    await client.create_order(SPOT, "limit", "sell", 1.4, 50000)
    (order,) = await client.fetch_open_orders(SPOT)
    assert order["remaining"] == 1.4
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(SPOT, "limit", "sell", 0.2, 50000)
    await client.cancel_all_orders(SPOT)
    assert not sim.open_orders()


async def test_a_key_is_looked_at_as_the_venue_does(sim: VenueSim, client: Any) -> None:
    rights = (await client.private_get_v5_user_query_api())["result"]["permissions"]
    assert "Withdraw" not in rights["Wallet"]
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError, match="10004"):
        await client.fetch_balance()
    client.secret = "sim-secret"
    sim.skew(60)
    with pytest.raises(ccxt.InvalidNonce, match="10002"):
        await client.fetch_balance()
    assert await client.fetch_time() > time.time() * 1000 + 50_000
    sim.skew(0)
    sim.revoke()
    with pytest.raises(ccxt.AuthenticationError, match="10003"):
        await client.fetch_balance()


async def test_a_key_may_read_only_or_withdraw() -> None:
    accounts = [Account(rights=("read",)), Account(name="w", key="w", rights=("read", "withdraw"))]
    async with running(accounts=accounts) as sim, ccxt_client(sim) as client:
        with pytest.raises(ccxt.PermissionDenied):
            await client.create_order(PERP, "market", "buy", 0.1)
        client.apiKey = "w"
        told = await client.private_get_v5_user_query_api()
        assert "Withdraw" in told["result"]["permissions"]["Wallet"]
        assert not sim.orders()


async def test_pages_hold_every_order_and_fill_once(sim: VenueSim, client: Any) -> None:
    for number in range(45):
        await client.create_order(PERP, "limit", "buy", 0.01, 30000 + number)
        sim.external("BTCUSDT-LINEAR", "buy", "0.001")
    for method, most in (("order_realtime", 20), ("execution_list", 10), ("order_history", 50)):
        seen, cursor = [], ""
        while True:
            ask = {"category": "linear", "symbol": "BTCUSDT", "limit": most, "cursor": cursor}
            page = await getattr(client, f"private_get_v5_{method}")(ask)
            assert len(page["result"]["list"]) <= most
            seen += [row.get("execId", row["orderId"]) for row in page["result"]["list"]]
            cursor = page["result"]["nextPageCursor"]
            if not cursor:
                break
        assert len(seen) == len(set(seen)) == 45, method


@pytest.mark.parametrize(
    ("what", "code", "error"),
    [
        (What.RATE_LIMIT, None, ccxt.RateLimitExceeded),
        (What.RATE_LIMIT, 429, ccxt.RateLimitExceeded),
        (What.BAN, None, ccxt.RateLimitExceeded),
        (What.LOSE_REQUEST, None, ccxt.RequestTimeout),
        (What.LOSE_ACK, None, ccxt.RequestTimeout),
        (What.CUT_ACK, None, ccxt.NetworkError),
    ],
)
async def test_an_order_in_trouble_reached_the_venue_or_did_not(
    sim: VenueSim, client: Any, what: What, code: int | None, error: type[Exception]
) -> None:
    client.timeout = 300
    sim.fault(what=what, on="order.create", code=code)
    with pytest.raises(error):
        await client.create_order(PERP, "limit", "buy", 0.1, 39000)
    reached = what in (What.LOSE_ACK, What.CUT_ACK)
    assert len(sim.orders()) == reached
    assert len(sim.requests("order.create")) == 1
    assert not sim.requests("order.create")[0].answered or not reached
    await client.create_order(PERP, "limit", "buy", 0.1, 39000)
    assert len(sim.orders()) == 1 + reached


async def test_too_many_orders_in_a_second_are_refused(sim: VenueSim, client: Any) -> None:
    sim.limit(3)
    done = []
    for number in range(5):
        try:
            done.append(await client.create_order(PERP, "limit", "buy", 0.01, 30000 + number))
        except ccxt.RateLimitExceeded:
            assert len(done) == 3
    assert len(sim.orders()) == 3
    assert client.last_response_headers["X-Bapi-Limit"] == "3"
    assert client.last_response_headers["X-Bapi-Limit-Status"] == "0"
    assert await client.fetch_open_orders(PERP)  # asking is not trading


async def test_the_venue_may_lie_and_the_truth_is_still_there(sim: VenueSim, client: Any) -> None:
    await client.create_order(PERP, "market", "buy", 0.3)
    sim.fault(what=What.LIE, on="positions", values={"size": "0.9"})
    sim.fault(what=What.LIE, on="positions", nth=2, text="empty")
    assert (await client.fetch_positions())[0]["contracts"] == 0.9
    assert await client.fetch_positions() == []
    assert (await client.fetch_positions())[0]["contracts"] == 0.3
    assert sim.positions()[0].size == Decimal("0.3")


async def test_a_fill_may_overtake_a_cancellation(sim: VenueSim, client: Any) -> None:
    order = await client.create_order(PERP, "limit", "buy", 0.1, 39000)
    other = await client.create_order(PERP, "limit", "buy", 0.1, 38000)
    sim.fault(what=What.FILL, on="order.cancel", within=order["id"], first=True)
    await client.cancel_order(other["id"], PERP)
    with pytest.raises(ccxt.OrderNotFound, match="110001"):
        await client.cancel_order(order["id"], PERP)
    assert [fill.order_id for fill in sim.fills()] == [order["id"]]


async def test_odd_words_of_a_refusal_arrive_as_they_are(sim: VenueSim, client: Any) -> None:
    odd = "[red]no[/] \x1b[2J \N{RIGHT-TO-LEFT OVERRIDE} <b>&amp;"
    sim.fault(what=What.REFUSE, on="order.create", text=odd, code=110_007)
    with pytest.raises(ccxt.InsufficientFunds) as refused:
        await client.create_order(PERP, "market", "buy", 0.1)
    assert "[red]no[/] \\u001b[2J" in str(refused.value)
    assert not sim.orders()


async def test_the_log_of_balances_adds_up_page_by_page_and_a_lie_is_not_in_it(
    sim: VenueSim, client: Any
) -> None:
    begun = time.time_ns() // 1_000_000
    for _ in range(30):
        await client.create_order(PERP, "market", "buy", 0.1)
        await client.create_order(PERP, "market", "sell", 0.1)
    await client.create_order(PERP, "market", "buy", 0.1)
    sim.fund("BTCUSDT", "0.0001")
    sim.deposit("USDT", "-250")

    async def ask(call: Any) -> Any:
        return await call

    reader = WalletReader(client, ask, "linear", {"BTCUSDT": "ours"})
    seen = await reader.read(begun * 1_000_000, 0.0)
    assert len(seen.log) == 63
    assert seen.balances["USDT"] == 100_000 + sum(one.amount for one in seen.log)
    others = [(one.kind, one.market) for one in seen.log if not one.trade]
    assert sorted(others) == [("SETTLEMENT", "ours"), ("TRANSFER_OUT", "")]
    sim.deposit("USDT", "5", logged=False)
    again = await reader.read(begun * 1_000_000, 0.0)
    assert again.log == seen.log
    assert again.balances["USDT"] == seen.balances["USDT"] + 5
