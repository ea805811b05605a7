"""The console's line to the supervisor: connects, starts one when there is none, never gives up."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import FrameError, frame, frames
from clearedge_tui.supervisor.protocol import (
    VERSION,
    Attach,
    Command,
    FromSupervisor,
    Goodbye,
    Hello,
    Snapshot,
    Watch,
)
from clearedge_tui.ui.model import LinkState, Model

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]

CONNECT_S = 3.0
ENSURE_S = 20.0
RESTING_S = 0.5  # between two looks for a supervisor that somebody may have started
_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0)


class WrongVersion(ClearEdgeError):
    """The supervisor speaks another protocol: one of the two must be restarted."""


def unix_connect(path: Path) -> Connect:
    """Return a way to open the control socket of one home."""

    async def connect() -> Streams:
        return await asyncio.open_unix_connection(path)

    return connect


class Link:
    """Feeds one `Model`. Lives in the event loop that `run` is awaited in."""

    def __init__(
        self,
        model: Model,
        connect: Connect,
        ensure: Callable[[], None] | None = None,
        rate_hz: float = 5.0,
        on_rows: Callable[[], None] | None = None,
    ) -> None:
        self.model = model
        self.rate_hz = rate_hz
        self._connect = connect
        self._on_rows = on_rows  # called when the first rows are there: the next tick is too late
        self._ensure = ensure
        self._writer: asyncio.StreamWriter | None = None
        self._watched = Watch(id="")
        self._stopped = ""  # why none should be started
        self._wake = asyncio.Event()
        self._decode = msgspec.msgpack.Decoder(FromSupervisor).decode

    async def run(self) -> None:
        """Hold the line for ever; cancel the task to end it."""
        failures = 0
        while True:
            try:
                reader, writer = await asyncio.wait_for(self._connect(), CONNECT_S)
            except (OSError, TimeoutError) as error:
                if self._stopped:
                    self.model.set_link(LinkState.DOWN, self._stopped)
                    await self._woken()
                    continue
                self.model.set_link(self._waiting(), f"no supervisor ({_reason(error)})")
                failures += 1
                if failures == 1 or failures % 5 == 0:
                    await self._start_one()
                await asyncio.sleep(_wait(failures))
                continue
            why = await self._hold(reader, writer)
            failures = 1 if why.startswith("the supervisor speaks") else 0
            self.model.set_link(LinkState.DOWN, why)
            await asyncio.sleep(_wait(failures * 6))

    async def _woken(self) -> None:
        """A person stopped it: look whether one runs again, start none until a person says so."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), RESTING_S)
        self._wake.clear()

    def supervise(self) -> None:
        """Start a supervisor again after a person had stopped it."""
        self._stopped = ""
        self._wake.set()

    def _waiting(self) -> LinkState:
        return LinkState.CONNECTING if self.model.heard is None else LinkState.DOWN

    async def _start_one(self) -> None:
        if self._ensure is None:
            return
        self.model.set_link(self._waiting(), "starting a supervisor")
        try:
            await asyncio.wait_for(asyncio.to_thread(self._ensure), ENSURE_S)
        except (ClearEdgeError, OSError, TimeoutError) as error:
            note = f"a supervisor does not start: {_reason(error)}"
            self.model.set_link(self._waiting(), note)
            self.model.say(note, good=False)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Serve one connection until it ends; return why it ended."""
        self._writer = writer
        try:
            self.send(Attach(rate_hz=self.rate_hz))
            if self._watched.id:
                self.send(self._watched)
            async for body in frames(reader):
                message = self._decode(body)
                if isinstance(message, Goodbye):
                    self._stopped = f"{message.reason}; : supervise starts it again"
                    continue
                self._greet(message)
                self.model.apply(message)
                if isinstance(message, Snapshot) and self._on_rows is not None:
                    self._on_rows()
        except (FrameError, msgspec.DecodeError, WrongVersion, OSError) as error:
            return _reason(error)
        finally:
            self._writer = None
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)
        return self._stopped or "the supervisor left"

    def _greet(self, message: object) -> None:
        if not isinstance(message, Hello):
            return
        if message.version != VERSION:
            raise WrongVersion(
                f"the supervisor speaks version {message.version}, this console {VERSION}: restart the older one"
            )
        self._stopped = ""
        self.model.set_link(LinkState.UP)

    def send(self, message: Attach | Watch | Command) -> bool:
        """Hand one message to the line; False when there is none (nothing is kept for later)."""
        if self._writer is None or self._writer.is_closing():
            return False
        self._writer.write(frame(message))
        return True

    def watch(self, instance: str, chart_columns: int = 240) -> None:
        """Ask for the detail of one instance; remembered over a broken line. Empty ends it."""
        wanted = Watch(id=instance, chart_columns=chart_columns)
        if wanted != self._watched:
            self._watched = wanted
            self.send(wanted)

    def set_rate(self, rate_hz: float) -> None:
        """Ask for this rate now, and again with each connection."""
        self.rate_hz = rate_hz
        self.send(Attach(rate_hz=rate_hz))


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "nobody listens"
    return clean_text(str(error) or type(error).__name__, 160)


def _wait(failures: int) -> float:
    """Return the pause before the next try, a little different for each console."""
    return _WAITS[min(failures, len(_WAITS) - 1)] * random.uniform(0.8, 1.2)
