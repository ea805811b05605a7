"""What goes wrong at our venue goes wrong when and as often as its rules say, and then ends."""

import asyncio
import json
import signal
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from clearedge_tui.venue_sim.faults import Fault, Plan, What
from clearedge_tui.venue_sim.model import Denied
from clearedge_tui.venue_sim.sim import VenueSim
from tests.venue_sim.clients import running
from tests.venue_sim.process import SimProcess

LIMIT_S = 5.0


async def until(good: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not good():  # noqa: ASYNC110  # what it waits for has no event
            await asyncio.sleep(0.005)


def hits(fault: Fault, verb: str = "order.create", times: int = 6, now_s: float = 0) -> list[int]:
    plan = Plan([fault], seed=3)
    return [n for n in range(1, times + 1) if plan.matching(verb, now_s)]


def test_a_rule_holds_from_its_nth_request_on_for_its_times() -> None:
    assert hits(Fault(what=What.LOSE_ACK, nth=2)) == [2]
    assert hits(Fault(what=What.LOSE_ACK, nth=2, times=3)) == [2, 3, 4]
    assert hits(Fault(what=What.LOSE_ACK, nth=3, times=0)) == [3, 4, 5, 6]
    assert hits(Fault(what=What.LOSE_ACK, on="order.*", times=0), "positions") == []
    assert hits(Fault(what=What.LOSE_ACK, on="order.*", times=2)) == [1, 2]


@pytest.mark.parametrize(("now_s", "holds"), [(0.9, False), (1.0, True), (2.9, True), (3.0, False)])
def test_a_rule_with_a_time_holds_for_its_while(now_s: float, holds: bool) -> None:
    fault = Fault(what=What.RATE_LIMIT, at_s=1, for_s=2)
    assert bool(hits(fault, now_s=now_s)) is holds


def test_chance_is_drawn_from_the_seed() -> None:
    fault = Fault(what=What.LOSE_ACK, times=0, chance=0.4)
    first = hits(fault, times=200)
    assert first == hits(fault, times=200)
    assert 50 < len(first) < 110


async def test_what_was_to_happen_at_a_time_happens() -> None:
    market = "BTCUSDT-LINEAR"
    faults = [
        Fault(what=What.EXTERNAL, at_s=0, market=market, size=Decimal("0.2"), price=Decimal(39000)),
        Fault(what=What.FILL, at_s=0.02, size=Decimal("0.05")),
        Fault(what=What.PRICE, at_s=0.04, market="BTCUSDT", price=Decimal(38000)),
    ]
    async with running(faults=faults, beat_s=0.01) as sim:
        await until(lambda: sim.open_orders() == [] and sim.fills())
        assert [fill.size for fill in sim.fills()] == [Decimal("0.05"), Decimal("0.15")]
        assert sim.orders()[0].external
        assert not sim.requests()


async def test_a_venue_refuses_connections_for_a_while_and_keeps_what_is_open() -> None:
    async with running() as sim, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{sim.ws_url}/v5/public/linear")
        sim.fault(what=What.UNREACHABLE, for_s=0.2)
        await until(lambda: not sim.listening)
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"{sim.http_url}/v5/market/time", headers={"Connection": "close"})
        await socket.send_str('{"op": "ping"}')
        assert "pong" in await socket.receive_str(timeout=LIMIT_S)
        async with session.post(f"{sim.control_url}/_sim/positions", json={}) as answer:
            assert (await answer.json()) == {"result": []}
        await until(lambda: sim.listening)
        async with session.get(f"{sim.http_url}/v5/market/time") as answer:
            assert (await answer.json())["retCode"] == 0


async def test_a_silent_socket_stays_open_and_says_nothing_until_it_does() -> None:
    async with running(beat_s=0.01) as sim, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{sim.ws_url}/v5/private", autoping=False)
        await socket.send_str('{"op": "auth", "args": ["k", 1, "s"]}')
        await socket.send_str('{"op": "subscribe", "args": ["order", "execution"]}')
        assert [json.loads(await socket.receive_str())["op"] for _ in "ab"] == ["auth", "subscribe"]
        sim.fault(what=What.SILENCE, where="private")
        sim.external("BTCUSDT-LINEAR", "buy", "0.1")
        await socket.ping()
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)
        assert not socket.closed
        sim.clear_faults()
        order = sim.external("BTCUSDT-LINEAR", "buy", "0.1", "30000")
        said = json.loads(await socket.receive_str(timeout=LIMIT_S))
        assert (said["topic"], said["data"][0]["orderId"]) == ("order", order.id)
        sim.revoke()
        closed = await socket.receive(timeout=LIMIT_S)
        assert closed.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


async def test_pushes_come_late_twice_or_in_another_order() -> None:
    async with running(beat_s=30) as sim, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{sim.ws_url}/v5/private")
        await socket.send_str('{"op": "auth", "args": ["k", 1, "s"]}')
        await socket.send_str('{"op": "subscribe", "args": ["order", "execution", "position"]}')

        async def told(fault: dict[str, Any] | None, count: int) -> list[str]:
            if fault:
                sim.fault(**fault)
            sim.external("BTCUSDT-LINEAR", "buy", "0.1")
            said = [json.loads(await socket.receive_str(timeout=LIMIT_S)) for _ in range(count)]
            return [one["topic"] for one in said]

        assert [json.loads(await socket.receive_str())["op"] for _ in "ab"] == ["auth", "subscribe"]
        assert await told(None, 3) == ["execution", "order", "position"]
        swapped = {"what": What.SWAP_PUSH, "on": "push.fill"}
        assert await told(swapped, 3) == ["order", "execution", "position"]
        late = {"what": What.DELAY_PUSH, "on": "push.fill", "delay_s": 0.05}
        assert await told(late, 3) == ["order", "position", "execution"]
        twice = {"what": What.DOUBLE_PUSH, "on": "push.order"}
        assert await told(twice, 4) == ["execution", "order", "order", "position"]
        lost = {"what": What.DROP_PUSH, "on": "push.fill"}
        assert await told(lost, 2) == ["order", "position"]


async def candles(sim: VenueSim, path: str, asks: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a socket says of a candle, until one is whole."""
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(sim.ws_url + path)
        await socket.send_json(asks)
        said: list[dict[str, Any]] = []
        async with asyncio.timeout(LIMIT_S):
            while not (said and said[-1].get("confirm", said[-1].get("x"))):
                words = await socket.receive_json()
                found = words["data"][0] if words.get("topic") else words.get("k", {})
                said += [found] if found else []
                if len(said) == 3:
                    sim.price("BTCUSDT", 41000)
                    sim.skew(60)
        return said


async def test_a_candle_is_whole_once_when_its_minute_is_over() -> None:
    async with running(beat_s=0.01) as sim:
        asks: dict[str, Any] = {"op": "subscribe", "args": ["kline.1.BTCUSDT"]}
        *growing, whole = await candles(sim, "/v5/public/linear", asks)
        assert (whole["open"], whole["high"]) == ("40000.00", "41000.00")
        assert whole["end"] - whole["start"] == 59_999
        assert len(growing) >= 3
    async with running(beat_s=0.01, venue="binance") as sim:
        asks = {"method": "SUBSCRIBE", "params": ["btcusdt@kline_1m"], "id": 1}
        *_, whole = await candles(sim, "/ws", asks)
        assert (whole["o"], whole["h"], whole["T"] - whole["t"]) == ("40000.00", "41000.00", 59_999)


async def test_accounts_have_rights_and_coins_of_their_own() -> None:
    async with running() as sim:
        sim.account(rights=["read", "withdraw"])
        sim.account("other", key="k2", coins={"USDT": "500"})
        sim.deposit("USDT", "-100", "other")
        assert sim.floor.account_of("sim-key").rights == ("read", "withdraw")
        assert sim.floor.account_of("k2").name == "other"
        sim.external("BTCUSDT-LINEAR", "buy", "0.01", account="other")
        with pytest.raises(Denied, match="margin"):
            sim.external("BTCUSDT-LINEAR", "buy", "1", account="other")
        assert [position.account for position in sim.positions()] == ["other"]
        (coin,) = sim.balances("other")
        assert Decimal(399) < coin.total < Decimal(400)


def test_prices_walk_by_the_seed_alone() -> None:
    def walked(seed: int) -> list[Decimal]:
        sim = VenueSim(seed=seed, walk=5)
        path = []
        for _ in range(100):
            sim.beat()
            path.append(sim.floor.exchange.price("BTCUSDT-LINEAR"))
        assert all(price % Decimal("0.1") == 0 for price in path)
        return path

    assert walked(1) == walked(1)
    assert len({*walked(1)}) > 20
    assert walked(1) != walked(2)


async def test_a_venue_that_stopped_goes_on_from_there() -> None:
    sim = VenueSim(beat_s=0.01)
    before = asyncio.all_tasks()
    for size in ("0.1", "0.2"):
        await sim.start()
        sim.external("BTCUSDT-LINEAR", "buy", size)
        url = sim.http_url
        await sim.stop()
    assert asyncio.all_tasks() == before
    assert [str(position.size) for position in sim.positions()] == ["0.3"]
    await sim.start()
    assert sim.http_url == url
    await sim.stop()


def test_a_process_takes_rules_from_a_file_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    rule = {"what": "external", "at_s": 0, "market": "BTCUSDT-LINEAR", "size": "0.5"}
    file.write_text(json.dumps([rule]))
    with SimProcess("--fault", str(file), "--seed", "7") as sim:
        assert sim.urls["base_url_http"] == sim.http_url
        with pytest.raises(ValueError, match="no call buy; known: price"):
            sim.call("buy")
        with pytest.raises(ValueError, match="no market X; known: BTCUSDT-LINEAR"):
            sim.call("price", market="X", px=1)
        with pytest.raises(ValueError, match="fault: Invalid enum value 'explode'"):
            sim.call("fault", what="explode")
        assert [fill["size"] for fill in sim.call("fills")] == ["0.5"]
        assert sim.stop(signal.SIGINT) == 0
