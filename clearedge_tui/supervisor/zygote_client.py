"""The supervisor's end of the zygote: ask for a child, hear of its end."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.messages import Exited, Fork, Forked
from clearedge_tui.core.wire import frame, frames

_decode = msgspec.msgpack.Decoder(Forked | Exited).decode
_READY_S = 20.0


class ZygoteClient:
    def __init__(self, logs: Path, exited: Callable[[int, int], None]) -> None:
        self._logs = logs
        self._exited = exited
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[str, asyncio.Future[int]] = {}
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Bring the zygote up; it answers when everything is imported."""
        self._logs.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        with (self._logs / "zygote.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220  # our own interpreter; returns at once
                [sys.executable, "-m", "clearedge_tui.engine.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        theirs.close()
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=1 << 22)
        ready = self._waiting["zygote"] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._read(reader))
        try:
            await asyncio.wait_for(ready, _READY_S)
        except TimeoutError:
            raise RetryLater(
                f"the engine host did not start within {_READY_S:.0f} s; see {self._logs / 'zygote.log'}"
            ) from None

    async def fork(self, name: str, target: str, spec: bytes, log: Path) -> int:
        """Return the pid of a new child. A dead zygote is replaced first."""
        async with self._starting:
            if self._process is None or self._process.poll() is not None or self._writer is None:
                await self.start()
        waiter = self._waiting[name] = asyncio.get_running_loop().create_future()
        assert self._writer is not None  # noqa: S101  # start() made it
        self._writer.write(frame(Fork(name, target, spec, str(log))))
        try:
            return await asyncio.wait_for(waiter, 5.0)
        except TimeoutError:
            raise RetryLater(f"the engine host did not fork {name} within 5 s") from None
        finally:
            self._waiting.pop(name, None)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for body in frames(reader):
            message = _decode(body)
            if isinstance(message, Exited):
                self._exited(message.pid, message.code)
                continue
            waiter = self._waiting.get(message.name)
            if waiter is None or waiter.done():
                continue
            if message.error:
                waiter.set_exception(RetryLater(message.error))
            else:
                waiter.set_result(message.pid)
        self._writer = None
        for waiter in self._waiting.values():
            if not waiter.done():
                waiter.set_exception(
                    RetryLater(f"the engine host ended; see {self._logs / 'zygote.log'}")
                )

    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._task is not None:
            self._task.cancel()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, 2.0)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
