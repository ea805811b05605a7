"""The shadow node of an account: its own process, the same quotes, nobody's money."""

import asyncio
import contextlib
import os

import msgspec
import uvloop

from clearedge_tui.core.messages import (
    BookCancel,
    BookEvent,
    BookIdle,
    BookOpen,
    BookShrink,
    BookSubmit,
    BookSync,
    Lease,
    Leased,
    Stop,
    TickMsg,
    ToShadow,
)
from clearedge_tui.core.wire import frames
from clearedge_tui.engine.book import Book
from clearedge_tui.engine.lease import LeaseKeeper
from clearedge_tui.engine.node import Node
from clearedge_tui.engine.peer import listen, send
from clearedge_tui.engine.specs import GatewaySpec, shadow_socket

_decode = msgspec.msgpack.Decoder(ToShadow).decode


class Shadow:
    def __init__(self, spec: GatewaySpec) -> None:
        self.spec = spec
        self.gateway: asyncio.StreamWriter | None = None
        self.lease = LeaseKeeper(spec.home.lock, lambda held: None)
        self.over = asyncio.Event()
        node = Node(f"sh-{spec.account.name}", spec.home.logs, real=False)
        self.book = Book(node, spec.account, set(spec.currencies), self._event)
        node.build()

    def _event(self, event: BookEvent) -> None:
        if self.gateway is not None:
            send(self.gateway, event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for body in frames(reader):
                await self._take(_decode(body), writer)
        finally:
            self.lease.lost(writer)
            if self.gateway is writer:
                self.gateway = None
            writer.close()

    async def _take(self, message: object, writer: asyncio.StreamWriter) -> None:
        match message:
            case TickMsg():
                self.book.publish(message)
                if not self.book.keeps_up:  # the gateway sees its line fill, and conflates
                    await self.book.room()
            case BookSubmit():
                self.book.submit(message)
            case BookCancel() | BookShrink():
                self.book.cancel(message)
            case BookOpen():
                self.gateway = writer
                self.book.open(message)
            case BookSync():
                self.gateway = writer
                await self.book.settled()
                send(writer, BookIdle(message.seq))
            case Lease():
                refused = self.lease.take(message, writer)
                if refused:
                    writer.close()
                    return
                name = f"sh-{self.spec.account.name}"
                send(writer, Leased(name, os.getpid(), self.lease.epoch, self.spec.account.name))
            case Stop():
                self.over.set()

    async def run(self) -> None:
        await self.book.start()
        path = shadow_socket(self.spec.home, self.spec.account.name)
        server = await listen(path, self.serve)

        async def leave() -> None:
            self.over.set()

        watch = asyncio.create_task(self.lease.outlive(self.spec.account.orphan_grace_s, leave))
        await self.over.wait()
        watch.cancel()
        server.close()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        await self.book.stop()


def main(raw: bytes) -> None:
    """Run a shadow node until it is told to stop; called in a forked child."""

    async def run() -> None:
        await Shadow(msgspec.msgpack.decode(raw, type=GatewaySpec)).run()

    uvloop.run(run())
