"""Length-prefixed msgpack frames: the one way our processes speak over unix sockets."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable, Iterator

import msgspec

LIMIT = 32 << 20  # a frame larger than this is a fault of the sender, not a message
_CHUNK = 1 << 18
_HEAD = struct.Struct("<I")
_encoder = msgspec.msgpack.Encoder()


class FrameError(ValueError):
    """The peer sent something that is not our framing."""


def frame(message: object) -> bytes:
    """Return one message ready to write to a stream."""
    body = _encoder.encode(message)
    return _HEAD.pack(len(body)) + body


class Deframer:
    """Turn a byte stream into frame bodies, without a loop or a socket."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterable[bytes]:
        """Return what is whole now; most reads are one message."""
        if not self._rest and int.from_bytes(data[:4], "little") == len(data) - 4:
            return (data[4:],)
        return self._several(data)

    def _several(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        while len(self._rest) >= _HEAD.size:
            (size,) = _HEAD.unpack_from(self._rest)
            if size > LIMIT:
                raise FrameError(f"a frame of {size} bytes; at most {LIMIT} are allowed")
            if len(self._rest) < _HEAD.size + size:
                return
            body = bytes(self._rest[_HEAD.size : _HEAD.size + size])
            del self._rest[: _HEAD.size + size]
            yield body


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield frame bodies until the peer goes away; what is read at once costs one turn of the loop."""
    deframer = Deframer()
    try:
        while data := await reader.read(_CHUNK):
            for body in deframer.feed(data):
                yield body
    except ConnectionError:
        return
