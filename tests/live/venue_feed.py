"""A real gateway under a feed of our own: late ticks, gaps, changed steps, a burst. Prints JSON.

The test is the feed, the supervisor and the instance; node, book, gate and sockets are the real ones.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.core.messages import (
    Ack,
    Attach,
    Gap,
    Join,
    Joined,
    MarketChanged,
    Noted,
    OrderUpdate,
    Submit,
    TickMsg,
    ToInstance,
)
from clearedge_tui.core.model import Instance, Mode
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.engine.gateway import Gateway
from clearedge_tui.engine.gateway_status import counts as counts_of
from clearedge_tui.engine.specs import GatewaySpec, gateway_socket
from clearedge_tui.market import catalog, simulated
from clearedge_tui.market.markets import Market, describe, save_market
from clearedge_tui.settings import Account, Home
from tests.fakes.lease import FakeLease

S = 1_000_000_000
WINDOW_MS = 100.0
_decode = msgspec.msgpack.Decoder(ToInstance).decode


class Ear(FakeLease):
    """Hears what a supervisor would."""

    said: list[msgspec.Struct]

    def tell(self, message: msgspec.Struct) -> bool:
        self.said.append(message)
        return True


class Client:
    """The instance's end of the line: what it heard and when, and orders by hand."""

    def __init__(self, market: Market, name: str) -> None:
        self.market, self.name = market, name
        self.heard: list[Any] = []
        self.times: list[float] = []
        self.slow = False  # reads nothing

    async def sit(self, gateway: Gateway) -> None:
        instance = Instance(self.name, "s", "venue", self.market.market_id, "1m", Mode.ACTIVE)
        # as a native strategy, which hears every quote beside its bars
        await gateway._command(Attach(instance, self.market.info, os.getpid(), native=True))
        path = gateway_socket(gateway.spec.home, "venue")
        reader, self.writer = await asyncio.open_unix_connection(str(path), limit=1 << 16)
        self.writer.write(frame(Join(self.name)))
        self.task = asyncio.create_task(self._read(reader))
        await until(lambda: self.of(Joined))
        self.heard.clear()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for body in frames(reader):
            self.heard.append(_decode(body))
            self.times.append(time.monotonic())
            while self.slow:  # noqa: ASYNC110  # it is to be slow
                await asyncio.sleep(0.01)

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.heard if isinstance(one, kind)]

    def ticks(self, kind: str) -> list[TickMsg]:
        return [one for one in self.of(TickMsg) if one.kind == kind]

    async def order(self, key: str, price: str | None = None, side: str = "buy") -> tuple[str, str]:
        """Place an order; return (status, reason) once it is known."""
        limit = Decimal(price) if price else None
        self.writer.write(frame(Submit(key, side, Decimal(1), limit)))
        await until(lambda: self.status(key)[0] not in ("", "sent"))
        return self.status(key)

    def status(self, key: str) -> tuple[str, str]:
        found = [one.order for one in self.of(OrderUpdate) if one.order.id == key]
        return (found[-1].status.value, found[-1].reason) if found else ("", "")


async def until(good: Callable[[], object], limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not good():
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass")
        await asyncio.sleep(0.002)


def quote(market: Market, ts_ns: int, price: float) -> TickMsg:
    return TickMsg(market.market_id, "quote", ts_ns, 0, 0, 0, price, 0, price, price)


def bar(market: Market, ts_ns: int, price: float) -> TickMsg:
    return TickMsg(market.market_id, "bar", ts_ns, price, price, price, price, 1, price, price)


async def late(gateway: Gateway, client: Client) -> dict[str, object]:
    """Ticks out of order, then nothing: the last ones must come out all the same."""
    market, take = client.market, gateway.inlet.take
    start = gateway.players.clocks()[market.market_id] + S
    for at_ms in (0, 60, 20, 40, 400):
        take(quote(market, start + at_ms * 1_000_000, 100 + at_ms / 100))
    asked = time.monotonic()
    take(quote(market, start - 5 * S, 90))  # far too late
    await until(lambda: len(client.ticks("quote")) >= 5)
    waited = time.monotonic() - asked
    return {
        "prices": [one.close for one in client.ticks("quote")],
        "waited_s": waited,
        "counts": msgspec.to_builtins(gateway.inlet.counts()),
    }


async def filled_gap(gateway: Gateway, client: Client) -> dict[str, object]:
    """Ten minutes of silence in a market whose bars are there to be had."""
    market, take = client.market, gateway.inlet.take
    last = client.ticks("quote")[-1].ts_ns
    client.heard.clear()
    back = last + 600 * S
    take(quote(market, back, 101.0))
    await until(lambda: client.ticks("quote"))
    denied = await client.order("f1")
    asked = client.ticks("bar")[-1].ack
    client.writer.write(frame(Ack(asked)))
    passed = await client.order("f2")
    order = [type(one).__name__ if isinstance(one, Gap) else one.kind for one in client.heard
             if isinstance(one, Gap | TickMsg)]  # fmt: skip
    return {
        "order": order,
        "bars": [one.ts_ns for one in client.ticks("bar")],
        "span": [last, back],
        "denied": denied,
        "passed": passed,
        "noted": [one.text for one in gateway.lease.said if isinstance(one, Noted)],  # type: ignore[attr-defined]
        "history": [one.ts_ns for one in gateway.players.history(market.market_id)][-10:],
    }


def _came(client: Client, ts_ns: int) -> bool:
    return any(one.ts_ns == ts_ns for one in client.ticks("bar"))


async def open_gap(gateway: Gateway, client: Client, flat: Client) -> dict[str, object]:
    """The feed says that it was away, and nobody has the bars: whole new ones are waited for."""
    market, take = client.market, gateway.inlet.take
    start = gateway.players.clocks()[market.market_id]
    take(quote(market, start + S, 100.0))
    await until(lambda: client.ticks("quote") and client.ticks("quote")[-1].ts_ns == start + S)
    held = await client.order("held")
    back = start + 630 * S  # half a minute into a bar
    take(msgspec.structs.replace(quote(market, back, 0.0), kind="gap"))
    take(quote(market, back + S, 101.0))
    await until(lambda: client.of(Gap))
    tried = {"at once": await client.order("at once")}
    waits = gateway.missing.texts().get(client.name, "")
    tried["exit"] = await client.order("exit", side="sell")
    for name, at in (("cut bar", 660), ("whole bar", 720)):
        take(quote(market, start + at * S, 101.0))
        take(bar(market, start + at * S, 101.0))
        wanted = start + at * S
        await until(partial(_came, client, wanted))
        tried[name] = await client.order(name)
    return {
        "held": held,
        "tried": tried,
        "waits": waits,
        "other": gateway.missing.texts().get(flat.name, ""),
    }


async def steps(gateway: Gateway, client: Client) -> dict[str, object]:
    """The tick grows while orders work."""
    market = client.market
    for key, price in (("on", "50.10"), ("off", "50.12")):
        await client.order(key, price)
    new = msgspec.structs.replace(market, price_step=Decimal("0.05"))
    await gateway._command(MarketChanged(new.info))
    await until(lambda: client.status("off")[0] != "open")
    return {
        "on": client.status("on"),
        "off": client.status("off"),
        "told": [str(one.market.price_step) for one in client.of(MarketChanged)],
        "again": await client.order("again", "50.12"),
        "fits": await client.order("fits", "50.15"),
        "noted": next(
            one.text
            for one in gateway.lease.said  # type: ignore[attr-defined]
            if isinstance(one, Noted) and one.event == "market.applied"
        ),
    }


async def burst(
    gateway: Gateway, clients: list[Client], seconds: float, rate: int = 50_000
) -> dict[str, object]:
    """Ticks at a rate, as a socket gives them: many at a time. A bar each thousand of them."""
    start = {c.name: gateway.desk.clocks[c.market.market_id] + 60 * S for c in clients}
    for client in clients:
        client.heard.clear()
        client.times.clear()
    before = counts_of(gateway)
    came = bars = 0
    most_ahead = most_waiting = 0
    begun = time.monotonic()
    cpu = time.process_time()
    while came < rate * seconds:
        due = int((time.monotonic() - begun) * rate) - came
        for _ in range(min(due, 5000)):
            client = clients[came % len(clients)]
            came += 1
            ts = start[client.name] + came * 20_000
            gateway.inlet.take(quote(client.market, ts, 100 + (came % 100) / 100))
            if came % 1000 == 0:
                bars += 1
                gateway.inlet.take(bar(client.market, ts, 100.0))
        most_ahead = max(most_ahead, sum(gateway.book._ahead.values()))  # type: ignore[union-attr]
        most_waiting = max(most_waiting, len(gateway.inlet._queue))
        await asyncio.sleep(0.001)
    fed_s = time.monotonic() - begun
    await until(lambda: not gateway.inlet.held(clients[0].market.market_id))
    await gateway.book.settled(5.0)
    drained_s = time.monotonic() - begun - fed_s
    counts = counts_of(gateway)
    return {
        "came": came,
        "fed_s": fed_s,
        "drained_s": drained_s,
        "cpu_s": time.process_time() - cpu,
        "passed": counts.passed - before.passed,
        "conflated": counts.conflated - before.conflated,
        "dropped": counts.dropped - before.dropped,
        "bars": bars,
        "most_ahead": most_ahead,
        "most_waiting": most_waiting,
        "price": str(gateway.desk.prices[clients[0].market.market_id]),
    }


async def slow_reader(gateway: Gateway, client: Client) -> dict[str, object]:
    """An instance reads nothing while many quotes come: its line fills, the others go on."""
    market, before = client.market, gateway.valve.conflated
    start = gateway.desk.clocks[market.market_id] + 60 * S
    client.heard.clear()
    client.slow = True
    for n in range(20_000):
        gateway.inlet.take(quote(market, start + n * 1_000_000, 100 + n / 1000))
        if n % 1000 == 0:
            gateway.inlet.take(bar(market, start + n * 1_000_000, 100.0))
        if n % 100 == 0:
            await gateway.book.settled(1.0)
            await asyncio.sleep(0)
    client.slow = False
    newest = start + 19_999 * 1_000_000
    await until(lambda: client.ticks("quote") and client.ticks("quote")[-1].ts_ns == newest)
    return {
        "conflated": gateway.valve.conflated - before,
        "bars": 20,
        "heard_bars": len(client.ticks("bar")),
        "newest": client.ticks("quote")[-1].ts_ns == newest,
    }


def home(root: str) -> tuple[Home, Market, Market]:
    found = Home(Path(root))
    for folder in (found.config, found.state, found.logs):
        folder.mkdir(parents=True, exist_ok=True)
    sim, test = simulated.market(), describe("TEST/USDT", price_precision=2)
    save_market(found, sim)
    save_market(found, test)
    with catalog.locked(found):
        catalog.write_bars(found, test, "1m", [simulated.bars(11, 28_000_000, 5)])
    return found, sim, test


async def main(root: str) -> None:
    found, sim, test = home(root)
    account = Account("venue", feed="simulated", speed=1.0, balance=Decimal(10_000_000),
                      reorder_ms=WINDOW_MS, orders_per_second=1000)  # fmt: skip
    gateway = Gateway(GatewaySpec(root, account, ("USDT", "SIM", "TEST")))
    ear = Ear(found.lock, lambda held: None)
    ear.said = []
    gateway.lease = ear
    gateway.desk.leased = True
    running = asyncio.create_task(gateway.run())
    await until(lambda: gateway_socket(found, "venue").exists() or running.done())
    one, two = Client(sim, "one"), Client(test, "two")
    await one.sit(gateway)
    await two.sit(gateway)
    stored = gateway.players._players[test.market_id]  # type: ignore[union-attr]
    stored.set_speed(100_000.0)  # its few bars are soon over; the other market stands still
    await until(lambda: stored.finished)
    await until(lambda: one.ticks("quote"))
    one.heard.clear()
    out: dict[str, object] = {"late": await late(gateway, one)}
    out["filled"] = await filled_gap(gateway, one)
    out["open"] = await open_gap(gateway, two, one)
    out["steps"] = await steps(gateway, two)
    out["burst"] = await burst(gateway, [one, two], float(sys.argv[2]))
    await until(lambda: len(one.ticks("bar")) + len(two.ticks("bar")) >= out["burst"]["bars"])  # type: ignore[index]
    out["heard_bars"] = len(one.ticks("bar")) + len(two.ticks("bar"))
    newest = [max(t.ts_ns for t in c.ticks("quote")) for c in (one, two)]
    out["newest"] = [
        newest[n] == gateway.desk.clocks[c.market.market_id] for n, c in enumerate((one, two))
    ]
    out["slow"] = await slow_reader(gateway, two)
    gateway.over.set()
    await running
    sys.stdout.write(json.dumps(out))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
