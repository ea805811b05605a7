"""The auditor of a live account: it looks at the venue by itself, and kills when nobody else does.

Its own process with its own client and keys; no engine, no strategy, no database of the supervisor.
A gateway that does not take up a kill within two seconds is ended, and the venue is emptied by hand.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from clearedge_tui.core.audit_messages import (
    AuditStatus,
    CancelRaw,
    CloseRaw,
    Hello,
    Look,
    Pulse,
    ToAuditor,
    Watch,
)
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError, RetryLater
from clearedge_tui.core.kill import Action, Kill
from clearedge_tui.core.messages import Keys, Lease, Leased, Noted, Stop
from clearedge_tui.core.venue_state import VenueState
from clearedge_tui.core.wire import FrameError, frames
from clearedge_tui.engine.audit.empty import Emptying
from clearedge_tui.engine.audit.raw import RawVenue
from clearedge_tui.engine.kill_switch import LOOK_S
from clearedge_tui.engine.lease import LeaseKeeper
from clearedge_tui.engine.peer import listen, peer_pid, send
from clearedge_tui.kills import KillFiles
from clearedge_tui.secrets import shield_process
from clearedge_tui.settings import Account, Home

_decode = msgspec.msgpack.Decoder(ToAuditor).decode
_HUNG_S = 2.0  # a gateway that has not taken up a kill by then does not live
_KEYS_S = 20.0
_AGAIN_S = 2.0  # between two tries to reach the venue
_SINCE_NS = 60_000_000_000


class AuditorSpec(msgspec.Struct, frozen=True):
    root: str
    account: Account
    markets: tuple[str, ...] = ()

    @property
    def home(self) -> Home:
        return Home(Path(self.root))


def auditor_socket(home: Home, account: str) -> Path:
    return home.sockets / f"au-{account}.sock"


class Auditor:
    def __init__(self, spec: AuditorSpec) -> None:
        self.spec = spec
        self.over = asyncio.Event()
        self.lease = LeaseKeeper(spec.home.lock, lambda held: None)
        self.keys: asyncio.Future[Keys] = asyncio.get_running_loop().create_future()
        self.raw: RawVenue | None = None
        self.watched = 0
        self.gateway: asyncio.StreamWriter | None = None
        self.pulse = Pulse()
        self._asked = asyncio.Event()
        self._look = Look(now_ns() - _SINCE_NS, spec.markets)
        self._kills = KillFiles(spec.home)
        self._seen_s: dict[str, float] = {}
        self._emptied: dict[str, Emptying] = {}
        self._signalled = False

    # ---- lines --------------------------------------------------------------------------------
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = frames(reader)
        try:
            async for body in stream:
                match _decode(body):
                    case Lease() as lease:
                        await self._supervisor(lease, stream, writer)
                    case Hello() if peer_pid(writer) == self.watched:
                        await self._hear_gateway(stream, writer)
                break
        except (msgspec.DecodeError, FrameError):
            pass  # who speaks nonsense is hung up on
        finally:
            writer.close()

    async def _supervisor(
        self, lease: Lease, stream: AsyncIterator[bytes], writer: asyncio.StreamWriter
    ) -> None:
        if self.lease.take(lease, writer):
            return
        name = f"au-{self.spec.account.name}"
        send(writer, Leased(name, os.getpid(), self.lease.epoch, self.spec.account.name))
        try:
            async for body in stream:
                match _decode(body):
                    case Keys() as keys:
                        if not self.keys.done():
                            self.keys.set_result(keys)
                    case Watch() as watch:
                        self.watched = watch.pid
                    case Stop():
                        self.over.set()
        finally:
            self.lease.lost(writer)

    async def _hear_gateway(
        self, stream: AsyncIterator[bytes], writer: asyncio.StreamWriter
    ) -> None:
        self.gateway = writer
        try:
            async for body in stream:
                match _decode(body):
                    case Pulse() as pulse:
                        self.pulse = pulse
                    case Look() as look:
                        self._look = look
                        self._asked.set()
                    case CancelRaw() | CloseRaw() as ask:
                        await self._do(ask)
        finally:
            if self.gateway is writer:
                self.gateway = None
                self.pulse = Pulse()

    def _tell(self, message: msgspec.Struct) -> None:
        self.lease.tell(message)
        if self.gateway is not None and isinstance(message, VenueState):
            send(self.gateway, message)

    # ---- looking ------------------------------------------------------------------------------
    async def _looks(self) -> None:
        """Ask the venue on request, and else every few seconds, for ever."""
        while True:
            state = await self._state()
            self._tell(state)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self.spec.account.audit_s)
            self._asked.clear()

    async def _state(self) -> VenueState:
        raw, look = self.raw, self._look
        if raw is None:
            return VenueState(self.spec.account.name, now_ns(), now_ns(), error="not reached yet")
        return await raw.state({*look.markets, *self.spec.markets}, look.since_ns, look.log_ns)

    async def _do(self, ask: CancelRaw | CloseRaw) -> None:
        """Act for the gateway where its engine cannot; what fails is said and shown."""
        if self.raw is None:
            return
        try:
            if isinstance(ask, CloseRaw):
                await self.raw.close_out(ask.market, ask.size, reduce_only=False)
            else:
                for order in await self.raw.orders():
                    if order.key == ask.key != "" or order.venue_id == ask.venue_id != "":
                        await self.raw.cancel(order)
        except ClearEdgeError as error:
            self.lease.tell(Noted("audit.failed", ask.market, str(error)))
        self._asked.set()

    # ---- killing ------------------------------------------------------------------------------
    def signal(self) -> None:
        self._signalled = True

    async def _watch_kills(self) -> None:
        while True:
            for kill in self._on():
                await self._judge(kill)
            await asyncio.sleep(LOOK_S)

    def _on(self) -> list[Kill]:
        account = self.spec.account
        kills = [k for k in self._kills.look() if k.action is not Action.BLOCK]
        return [k for k in kills if k.whole(account.name, account.venue) or k.key]

    async def _judge(self, kill: Kill) -> None:
        """Leave a kill to the gateway as long as it shows that it works on it."""
        since = self._seen_s.setdefault(kill.name, monotonic())
        taken = self.gateway is not None and kill.name in self.pulse.kills
        stuck = self.pulse.unconfirmed and monotonic() - since > _HUNG_S
        if monotonic() - since < _HUNG_S or (taken and not stuck):
            return
        emptying = self._emptied.get(kill.name)
        if emptying is None:
            emptying = self._emptied[kill.name] = Emptying(self.spec.home, self.spec.account, kill)
            if not taken and self.watched:
                self._end_gateway(kill)
        if self.raw is not None and not emptying.done:
            await emptying.go_on(self.raw, hung=not taken)
            self.lease.tell(emptying.receipt)
            self._asked.set()

    def _end_gateway(self, kill: Kill) -> None:
        """The gateway does not answer: end it, so that nothing of it reaches the venue later."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(self.watched, signal.SIGKILL)
        said = f"the gateway did not take up {kill.name} within {_HUNG_S:g} s and was ended"
        self.lease.tell(Noted("kill.gateway_ended", self.spec.account.name, said))
        self.watched = 0

    # ---- life ---------------------------------------------------------------------------------
    async def run(self) -> None:
        path = auditor_socket(self.spec.home, self.spec.account.name)
        server = await listen(path, self.serve)
        tasks = [
            asyncio.create_task(self._reach()),
            asyncio.create_task(self._watch_kills()),
        ]
        await self.over.wait()
        for task in tasks:
            task.cancel()
        server.close()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        if self.raw is not None:
            await self.raw.close()

    async def _reach(self) -> None:
        """Reach the venue, however long it takes; then look at it for ever."""
        keys = await asyncio.wait_for(self.keys, _KEYS_S)
        while self.raw is None:
            raw = RawVenue(self.spec.account, keys.values)
            try:
                await raw.open()
                self.raw = raw
            except ClearEdgeError as error:
                await raw.close()
                self.lease.tell(AuditStatus(now_ns(), False, str(error)))
                await asyncio.sleep(_AGAIN_S)
        self.lease.tell(AuditStatus(now_ns(), True))
        await self._looks()


def main(raw: bytes) -> None:
    """Audit one account until told to stop; called in a forked child."""
    shield_process()

    async def run() -> None:
        try:
            await Auditor(msgspec.msgpack.decode(raw, type=AuditorSpec)).run()
        except RetryLater as error:
            raise SystemExit(str(error)) from error

    asyncio.run(run())
