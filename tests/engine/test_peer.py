"""Unix sockets between our processes: when a message leaves."""

import asyncio
import socket

import uvloop

from clearedge_tui.engine.peer import at_once


def test_what_goes_at_once_is_there_before_the_turn_is_over_and_in_its_order() -> None:
    async def run() -> None:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        _, line = await asyncio.open_connection(sock=ours)
        at_once(line.transport)
        line.write(b"first ")
        line.write(b"second")
        assert theirs.recv(64) == b"first second"
        line.write(
            b"x" * 4_000_000
        )  # more than a socket takes: the rest follows, nothing overtakes
        line.write(b"end")
        got = b""
        while not got.endswith(b"end"):
            try:
                got += theirs.recv(1 << 20)
            except BlockingIOError:
                await asyncio.sleep(0)
        assert len(got) == 4_000_003
        line.close()
        theirs.close()

    uvloop.run(asyncio.wait_for(run(), 20))
