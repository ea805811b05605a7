"""Who is at the other end of a unix socket: asked of the kernel, never of the peer."""

import asyncio
import fcntl
import os
import socket
import struct
from pathlib import Path

import msgspec

from clearedge_tui.core.owner import owner_file
from clearedge_tui.core.wire import frame

_HIGH_WATER = 8 << 20  # a peer this far behind is not listening
SOON_S = 0.005  # what may wait for what comes next waits so long


def peer_pid(writer: asyncio.StreamWriter) -> int:
    """Return the process id behind a unix socket connection."""
    sock: socket.socket = writer.get_extra_info("socket")
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, uid, _gid = struct.unpack("3i", raw)
    return int(pid) if uid == os.getuid() else 0


def lock_holder(path: Path) -> int:
    """Return the pid that holds the supervisor's record lock beside this lock file, or 0."""
    try:
        with owner_file(path).open("rb+") as file:
            ask = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _whence, _start, _length, pid = struct.unpack(
                "hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, ask)
            )
    except OSError:
        return 0
    return int(pid) if kind != fcntl.F_UNLCK else 0


def send(writer: asyncio.StreamWriter, message: msgspec.Struct) -> bool:
    """Queue a message; drop the peer that does not read any more. Says whether it was queued."""
    return send_frame(writer, frame(message))


def send_frame(writer: asyncio.StreamWriter, framed: bytes) -> bool:
    """Do the same with a message in its frame: one that goes to many is encoded once."""
    if writer.is_closing():
        return False
    if writer.transport.get_write_buffer_size() > _HIGH_WATER:
        writer.transport.abort()
        return False
    writer.write(framed)
    return True


def at_once(transport: asyncio.WriteTransport) -> None:
    """Let each message leave when it is written, not when the loop's turn is over.

    A transport writes at once what is above its high water.
    """
    transport.set_write_buffer_limits(high=0)


def send_now(writer: asyncio.StreamWriter, framed: bytes) -> bool:
    """Do the same at once, unless something waits before it.

    Not for what goes to a hundred: whom it wakes up takes the core away before the next is written.
    """
    transport = writer.transport
    if transport.get_write_buffer_size():
        return send_frame(writer, framed)
    at_once(transport)
    try:
        return send_frame(writer, framed)
    finally:
        transport.set_write_buffer_limits()


async def listen(path: Path, serve: object) -> asyncio.Server:
    """Open a unix socket that only this user can reach, replacing a dead one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)  # noqa: ASYNC240  # local and instant
    old = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(serve, path=str(path), limit=1 << 22)  # type: ignore[arg-type]
    finally:
        os.umask(old)
