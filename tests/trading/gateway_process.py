"""A real gateway in a process of its own, told what to do by lines of JSON, and what it said of it.

The test is the supervisor and the instances: it attaches, sets modes, sends orders, and reads every
message that either would have got. Everything else is the product: node, adapter, gate, file.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.approvals.code_files import code_of
from clearedge_tui.approvals.parts import market_part, parts
from clearedge_tui.core.approval import approve
from clearedge_tui.core.messages import (
    Attach,
    BookSubmit,
    CancelOrders,
    Detach,
    Join,
    Keys,
    Resolve,
    SetMode,
    Submit,
    ToInstance,
)
from clearedge_tui.core.messages import Cancel as CancelOrder
from clearedge_tui.core.model import AccountKind, ExitPolicy, Instance, Mode, ObserveOrders
from clearedge_tui.core.risk_messages import (
    Permit,
)
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.engine import mute_lines
from clearedge_tui.engine.gateway import Gateway
from clearedge_tui.engine.specs import GatewaySpec, gateway_socket
from clearedge_tui.market.markets import Market, save_market
from clearedge_tui.settings import Home, load_accounts
from tests.fakes.lease import FakeLease

_decode = msgspec.msgpack.Decoder(ToInstance).decode


def out(kind: str, body: Any) -> None:
    line = {"kind": kind, "at": time.monotonic_ns(), "body": msgspec.to_builtins(body)}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def say_where() -> None:
    """Write down where every task stands, when a test that waits in vain asks for it."""

    def write() -> None:
        for task in asyncio.all_tasks():
            task.print_stack(file=sys.stderr)
        sys.stderr.flush()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, write)


class Ear(FakeLease):
    """Hears what a supervisor would."""

    def _send(self, message: msgspec.Struct) -> bool:
        out(type(message).__name__, message)
        return True


class Driver:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.home = Home(Path(asked["root"]))
        for folder in (self.home.config, self.home.state, self.home.logs, self.home.sockets):
            folder.mkdir(parents=True, exist_ok=True)
        self._declare(asked["account"])
        self.account = load_accounts(self.home)[asked["account"]["name"]]
        self.markets = {m["market_id"]: msgspec.convert(m, Market, strict=False) for m in asked["markets"]}  # fmt: skip
        currencies = tuple(asked.get("currencies", ("USDT", "BTC")))
        known = tuple(asked.get("known", self.markets))
        spec = GatewaySpec(asked["root"], self.account, currencies, {}, known)
        self.gateway = Gateway(spec)
        self.ear = self.gateway.lease = Ear(self.home.lock, lambda held: None)
        self.gateway.desk.leased = True
        self.lines: dict[str, asyncio.StreamWriter] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.quiet = {"TickMsg", "Ledgers"} - set(asked.get("hear", ()))

        mute_lines._FIRST_S = 2.0  # a test's patience

    async def run(self) -> None:
        say_where()
        running = asyncio.create_task(self.gateway.run())
        if self.account.kind is AccountKind.LIVE:
            keys = Keys(
                {"api_key": "sim-key", "api_secret": "sim-secret", "api_passphrase": "sim-pass"}
            )
            await self.gateway._command(keys)
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while not self.gateway.ready and not running.done():  # noqa: ASYNC110  # a test's look
            await asyncio.sleep(0.005)
        if not running.done():
            out("ready", {})
        told = asyncio.create_task(self.listen(reader))
        try:
            await running
        finally:
            told.cancel()
        out("ended", {})

    async def listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            asked = json.loads(line)
            do = asked.pop("do")
            out("answer", await getattr(self, do)(**asked) or {})
        self.gateway.over.set()

    # ---- what the test asks -------------------------------------------------------------------
    async def attach(self, name: str, market: str, mode: str = "active", **fields: Any) -> None:
        fields.setdefault("strategy", "s")
        self._strategy(fields["strategy"])
        given = {"id": name, "account": self.account.name, "market": market, "timeframe": "1m",
                 "mode": mode, **fields}  # fmt: skip
        instance = msgspec.convert(given, Instance)
        code = code_of(self.home.strategies, instance.strategy)
        main = code[f"{instance.strategy}.py"]
        attach = Attach(instance, self.markets[market].info, os.getpid(), code=main)
        await self.gateway._command(attach)
        if self.account.live:
            limits = ()
            now = parts(instance, code, (), self.account, market_part(self.markets[market]), limits)
            grounds = msgspec.structs.replace(now, override="a test")
            given_ = approve(grounds, "Ann", "", time.time_ns())
            await self.gateway._command(Permit(name, instance.config, (), given_))
        await self.join(name)

    def _strategy(self, name: str) -> None:
        """Have the files that an approval speaks of."""
        self.home.strategies.mkdir(exist_ok=True)
        (self.home.strategies / f"{name}.py").touch()
        for one in self.markets.values():
            save_market(self.home, one)

    def _declare(self, plain: dict[str, Any]) -> None:
        lines = [f"[{plain['name']}]"]
        lines += [
            f"{k} = {json.dumps(v)}" for k, v in plain.items() if k not in ("name", "options")
        ]
        lines += [f"[{plain['name']}.options]"] if plain.get("options") else []
        lines += [f"{k} = {json.dumps(v)}" for k, v in plain.get("options", {}).items()]
        (self.home.config / "accounts.toml").write_text("\n".join(lines))

    async def join(self, name: str) -> None:
        path = gateway_socket(self.home, self.account.name)
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
        self.lines[name] = writer
        writer.write(frame(Join(name)))
        task = asyncio.create_task(self._hear(name, reader))
        self.tasks.add(task)

    async def _hear(self, name: str, reader: asyncio.StreamReader) -> None:
        async for body in frames(reader):
            message = _decode(body)
            if type(message).__name__ not in self.quiet:
                out(f"{name}:{type(message).__name__}", message)

    async def mode(self, name: str, mode: str, policy: str = "cancel") -> None:
        ask = SetMode("m", name, Mode(mode), ObserveOrders.SHADOW, ExitPolicy(policy))
        await self.gateway._command(ask)

    async def submit(self, name: str, key: str, side: str, size: str, **fields: Any) -> None:
        ask = msgspec.convert({"id": key, "side": side, "size": size, **fields}, Submit)
        self.lines[name].write(frame(ask))

    async def cancel(self, name: str, key: str) -> None:
        self.lines[name].write(frame(CancelOrder(key)))

    async def cancel_all(self, name: str) -> None:
        await self.gateway._command(CancelOrders(name))

    async def detach(self, name: str) -> None:
        await self.gateway._command(Detach(name))

    async def flatten(self, name: str) -> None:
        self.gateway.desk.flatten(name)

    async def leased(self, held: bool) -> None:
        self.gateway.desk.leased = self.ear.there = held

    async def die(self, at: str, key: str) -> None:
        """End as kill -9 does, as soon as an order has come that far."""
        record, desk = self.gateway.record, self.gateway.desk

        def end(*_: object, **__: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        match at:
            case "intent begun":  # its row is in the transaction, which is not committed
                record._file._metas = end  # type: ignore[method-assign]
            case "intent written":
                to_book = desk._to_book
                desk._to_book = lambda which, ask: (
                    end() if isinstance(ask, BookSubmit) and ask.id == key else to_book(which, ask)
                )
            case "answered":
                order = record.order  # of others something may be written meanwhile
                record.order = lambda entry: end() if entry.order.id == key else order(entry)  # type: ignore[method-assign]
            case "filled":
                record.fill = end  # type: ignore[method-assign]

    async def hang(self) -> None:
        """Stop the loop for good, as a bug would."""
        time.sleep(600)  # noqa: ASYNC251  # that is the point

    async def state(self) -> dict[str, Any]:
        desk = self.gateway.desk
        return {
            name: {
                "mode": seat.mode.value,
                "position": msgspec.to_builtins(seat.book(desk.own).position),
                "orders": {o.id: [o.status.value, str(o.filled), o.reason] for o in seat.orders.values()},
                "price": str(desk.prices.get(seat.market.id)),
            }
            for name, seat in desk.seats.items()
        }  # fmt: skip

    async def resolve(self, market: str, subject: str, how: str, **more: str) -> None:
        await self.gateway._command(
            Resolve(
                "r",
                market,
                more.get("kind", "position"),
                subject,
                how,
                more.get("instance", ""),
                more.get("reason", ""),
            )
        )

    async def look(self) -> None:
        """Have the auditor look now rather than in a few seconds."""
        if self.gateway.second is not None:
            self.gateway.second.look()
        await asyncio.sleep(0.05)

    async def strangers(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self.gateway.book.strange)  # type: ignore[union-attr]
        return found


async def main() -> None:
    await Driver(json.loads(sys.argv[1])).run()


if __name__ == "__main__":
    asyncio.run(main())
