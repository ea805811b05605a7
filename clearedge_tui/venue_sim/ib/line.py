"""A client's TCP connection to a TWS: length and number before each message."""

import asyncio
import contextlib
import struct

from clearedge_tui.venue_sim.ib.codec import encode
from clearedge_tui.venue_sim.ib.shapes import ANSWERS
from clearedge_tui.venue_sim.sockets import Socket

VERSION = 213  # the first that speaks nothing but protocol buffers
_PROTO = 200  # added to a message's number when protocol buffers follow
_MOST = 1 << 20


def told(name: str, **words: object) -> bytes:
    """Return a message, whole as it crosses the wire."""
    number, shape = ANSWERS[name]
    return _framed(struct.pack(">i", number + _PROTO) + encode(shape, words))


def _framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


class Line(Socket):
    """One client. It carries orders and prices alike, so it is of the kind `private`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__("private")
        self._reader, self._writer = reader, writer
        self.client_id = 0
        self.quotes: dict[
            int, tuple[str, bool]
        ] = {}  # number of a subscription -> market, in ticks
        self.bars: dict[int, tuple[str, int]] = {}  # the same, with minutes of a bar
        self.newest: dict[int, object] = {}  # what a subscription was told last

    async def greet(self, said: str) -> int:
        """Take the client's greeting and agree on a version. Raises ValueError for another's."""
        if await self._reader.readexactly(4) != b"API\0":
            raise ValueError("no greeting of a TWS client")
        least, _, most = (await self._read()).decode().removeprefix("v").partition("..")
        version = max(VERSION, int(least))
        if version > int(most or least):
            raise ValueError(f"the client speaks up to version {most or least}; wanted {version}")
        self._writer.write(_framed(f"{version}\0{said}\0".encode()))
        return version

    async def hear(self) -> tuple[int, bytes]:
        """Return the next request: its number and what it says."""
        raw = await self._read()
        return struct.unpack(">i", raw[:4])[0] - _PROTO, raw[4:]

    async def _read(self) -> bytes:
        (size,) = struct.unpack(">I", await self._reader.readexactly(4))
        if not 0 < size <= _MOST:
            raise ValueError(f"a message of {size} bytes; wanted 1 to {_MOST}")
        return await self._reader.readexactly(size)

    async def write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self._writer.is_closing():
                self._writer.write(await self.next())
                await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()
