"""Unix sockets between our processes: when a message leaves."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest
import uvloop

from clearedge_tui.engine.peer import at_once, send_frame, send_now


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a socket; the loop's end is closed with its loop."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    yield ours, theirs
    theirs.close()


def test_what_goes_at_once_is_there_before_the_turn_is_over_and_in_its_order(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    async def run() -> None:
        ours, theirs = pair
        _, line = await asyncio.open_connection(sock=ours)
        at_once(line.transport)
        line.write(b"first ")
        line.write(b"second")
        seen = [theirs.recv(64)]
        line.write(
            b"x" * 4_000_000
        )  # more than a socket takes: the rest follows, nothing overtakes
        line.write(b"end")
        got = b""
        while not got.endswith(b"end"):
            await asyncio.sleep(0.001)
            with contextlib.suppress(BlockingIOError):
                got += theirs.recv(1 << 20)
        line.transport.abort()
        assert seen == [b"first second"]
        assert len(got) == 4_000_003

    uvloop.run(asyncio.wait_for(run(), 20))


def test_what_is_sent_now_overtakes_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    async def run() -> None:
        ours, theirs = pair
        _, line = await asyncio.open_connection(sock=ours)
        sent = [send_now(line, b"now")]
        seen = [theirs.recv(64)]
        sent += [send_frame(line, b"later "), send_now(line, b"behind it")]
        with contextlib.suppress(BlockingIOError):
            seen.append(theirs.recv(64))
        await asyncio.sleep(0)
        seen.append(theirs.recv(64))
        line.transport.abort()
        assert sent == [True, True, True]
        assert seen == [b"now", b"later behind it"]

    uvloop.run(asyncio.wait_for(run(), 20))
