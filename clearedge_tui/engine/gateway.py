"""The gateway of one account: data in, orders out, and the only way from one to the other.

It holds the venue (here the paper book), the gate, the ledgers and the instances' lines. Who may
command it is asked of the kernel: only the holder of the supervisor's lock; who may trade as an
instance: only the process the supervisor named.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterable
from functools import partial

import msgspec
import uvloop

from clearedge_tui.core.errors import ClearEdgeError, RetryLater
from clearedge_tui.core.hand_messages import HandCancel, HandClose, HandOrder
from clearedge_tui.core.messages import (
    Ack,
    Attach,
    BookCancel,
    BookEvent,
    BookOpen,
    BookShrink,
    BookSubmit,
    Cancel,
    CancelOrders,
    Detach,
    Done,
    Forget,
    FromInstance,
    Join,
    Joined,
    Keys,
    Lease,
    Leased,
    MarketChanged,
    Noted,
    Resolve,
    SetMode,
    SetSpeed,
    Stop,
    Submit,
    ToEngine,
    Unkill,
)
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.model import Book as Which
from clearedge_tui.core.risk_messages import (
    ClearLimit,
    Others,
    Permit,
    RiskLimits,
)
from clearedge_tui.core.wire import frames
from clearedge_tui.engine.book import Book
from clearedge_tui.engine.by_hand import by_hand
from clearedge_tui.engine.desk import Desk
from clearedge_tui.engine.gateway_status import tell_status
from clearedge_tui.engine.in_turn import InTurn
from clearedge_tui.engine.inlet import Inlet
from clearedge_tui.engine.kill_switch import KillSwitch
from clearedge_tui.engine.lease import LeaseKeeper
from clearedge_tui.engine.lockstep import Lockstep
from clearedge_tui.engine.missing import Missing
from clearedge_tui.engine.node import Node
from clearedge_tui.engine.order_forms import markets_now
from clearedge_tui.engine.peer import listen, peer_pid, send
from clearedge_tui.engine.permits import Permits
from clearedge_tui.engine.players import Players
from clearedge_tui.engine.record import Record
from clearedge_tui.engine.second_look import ask_doubtful, second_look
from clearedge_tui.engine.shadow_link import ShadowLink
from clearedge_tui.engine.specs import GatewaySpec, gateway_socket, shadow_socket
from clearedge_tui.engine.spread import Spread
from clearedge_tui.engine.valve import Valve, may_wait
from clearedge_tui.engine.venue_book import VenueBook
from clearedge_tui.engine.venue_feed import VenueFeed
from clearedge_tui.kills import write as write_kill
from clearedge_tui.market.open_time import OpenTime
from clearedge_tui.market.recordings import Recorder

_first = msgspec.msgpack.Decoder(Lease | Join).decode
_from_supervisor = msgspec.msgpack.Decoder(ToEngine).decode
_from_instance = msgspec.msgpack.Decoder(FromInstance).decode
_STATUS_S = 0.25
_KEYS_S = 20.0


class Gateway:
    def __init__(self, spec: GatewaySpec) -> None:
        self.spec = spec
        self.name = f"gw-{spec.account.name}"
        self.over = asyncio.Event()
        self.error = ""
        self.fatal = ""
        self.lines: dict[str, asyncio.StreamWriter] = {}
        self.lease = LeaseKeeper(spec.home.lock, self._leased)
        self.own = Which.LIVE if spec.account.live else Which.PAPER
        loop = asyncio.get_running_loop()
        path = spec.home.account_file(spec.account.name)
        self.record = Record(path, durable=spec.account.live, soon=loop.call_soon)
        self.desk = Desk(
            spec.account, self.own, self._to_book, self._to_instance, self._report, self.record
        )
        self.kill = KillSwitch(spec.home, self.desk, self._report, self._cancel_market)
        self.second = second_look(spec.home, spec.account, self.desk, self.kill, self._report)
        self.permits = Permits(spec.home, self.desk, self._report)
        anew = spec.account.feed != "venue" and not spec.resume
        self.desk.risk.begin(spec.limits, anew, partial(write_kill, spec.home), lambda: self.ready)
        self.node = Node(self.name, spec.home.logs, spec.account.live, spec.account.start_s)
        self.keys: asyncio.Future[Keys] = loop.create_future()
        self.ready = False
        self.asks = InTurn(self._act)  # what is asked before the book trades waits for it
        self.book: Book | VenueBook
        self.shadow = ShadowLink(
            shadow_socket(spec.home, spec.account.name),
            lambda event: self._heard(Which.SHADOW, event),
            self.desk.shadow_lost,
        )
        self.resume = dict(spec.resume)
        self._listen()

    def _listen(self) -> None:
        """Make what data pass through, from who plays them to books and instances."""
        spec = self.spec
        self.valve = Valve(asyncio.get_running_loop().call_later)
        self.step = Lockstep(self.lines, self._attached, self._settled, self.valve.say)
        self.recorder = Recorder(spec.home, spec.account.name, spec.account.record_mb)
        self.spread = Spread(
            spec.account,
            self.desk,
            self.recorder,
            self.shadow,
            self.step,
            self.valve,
            self.lines,
            lambda tick: self.book.publish(tick),
            self._to_instance,
            self._report,
        )
        self.inlet = Inlet(spec.account, self.spread, self._room, OpenTime(spec.home).between)
        self.players: Players | VenueFeed
        if spec.account.venue:
            self.players = VenueFeed(
                spec.home, spec.account, self.node, self.inlet.take, self._played, spec.markets
            )
        else:
            self.players = Players(
                spec.home,
                spec.account,
                self.inlet.take,
                self.step.complete,
                self._say_error,
                self._played,
                lambda market: self.desk.resting(market),
            )
        self.missing = Missing(self.players.base_s, self.players.sessions)
        self.desk.missing = self.missing.text
        self.spread.inlet, self.spread.players = self.inlet, self.players
        self.spread.missing = self.missing

    # ---- the pieces meet ----------------------------------------------------------------------
    def _attached(self) -> set[str]:
        return {seat.instance.id for seat in self.desk.seats.values() if seat.pid}

    def _leased(self, held: bool) -> None:
        self.desk.leased = held

    def _say_error(self, text: str) -> None:
        self.error = text

    def _to_book(self, which: Which, ask: BookOpen | BookSubmit | BookCancel | BookShrink) -> None:
        target = self.shadow if which is Which.SHADOW else self.book
        match ask:
            case BookOpen():
                target.open(ask)
            case BookSubmit():
                target.submit(ask)
            case BookCancel() | BookShrink():
                target.cancel(ask)

    def _cancel_market(self, market: str) -> None:
        if self.ready and isinstance(self.book, VenueBook):
            self.book.cancel_market(market)

    def _to_instance(self, instance: str, *messages: msgspec.Struct) -> None:
        self.step.happened += 1
        line = self.lines.get(instance)
        if line is not None:
            self.valve.say(instance, line, *messages)

    def _report(self, message: msgspec.Struct) -> None:
        (self.lease.tell_soon if may_wait(message) else self.lease.tell)(message)

    def _heard(self, which: Which, event: BookEvent) -> None:
        self.step.happened += 1
        self.desk.heard(which, event)

    # ---- data ---------------------------------------------------------------------------------
    def _played(self, market: str, base_s: int, past: Iterable[BarRow]) -> None:
        self.recorder.begin(market, base_s, past)
        self.inlet.begin(market, base_s, self.players.clocks()[market])

    def _room(self) -> bool:
        return self.ready and self.book.keeps_up

    async def _settled(self) -> None:
        await self.book.settled()
        await self.shadow.settled()

    # ---- lines --------------------------------------------------------------------------------
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = frames(reader)
        try:
            async for body in stream:
                match _first(body):
                    case Lease() as lease:
                        await self._supervisor(lease, stream, writer)
                    case Join() as join:
                        await self._instance(join, stream, writer)
                break
        except msgspec.DecodeError as error:
            self.error = f"a peer spoke nonsense: {error}"
        finally:
            writer.close()

    async def _supervisor(self, lease: Lease, stream: object, writer: asyncio.StreamWriter) -> None:
        refused = self.lease.take(lease, writer)
        if refused:
            self.error = refused
            return
        send(
            writer,
            Leased(
                self.name,
                os.getpid(),
                self.lease.epoch,
                self.spec.account.name,
                attached=tuple(self._attached()),
            ),
        )
        self.desk.risk.tell_again()
        self.permits.tell_again()
        self.desk.dirty |= {(s.instance.id, b) for s in self.desk.seats.values() for b in s.sums}
        try:
            async for body in stream:  # type: ignore[attr-defined]
                self.lease.heard()
                await self._command(_from_supervisor(body))
        finally:
            self.lease.lost(writer)

    async def _command(self, message: object) -> None:
        if isinstance(message, Keys):
            if not self.keys.done():
                self.keys.set_result(message)
        elif isinstance(message, Stop):
            self.over.set()
        else:
            await self.asks.take(message)

    async def _act(self, message: object) -> None:
        match message:
            case Attach():
                self.desk.attach(message)
                self.permits.attached(message)
                if self.second is not None:
                    self.second.look()
                await self.players.ensure(message.market, self.resume.pop(message.market.id, 0))
            case Detach():
                self.desk.detach(message.id)
                line = self.lines.pop(message.id, None)
                if line is not None:
                    line.close()
            case SetMode() as ask:
                self._set_mode(ask)
            case CancelOrders() if message.id in self.desk.seats:
                self.desk.cancel_all(message.id)
            case Forget():
                self.desk.forget(message.id)
                self.permits.forget(message.id)
            case _:
                self._act_on_account(message)

    def _act_on_account(self, message: object) -> None:
        match message:
            case MarketChanged():
                self._changed(message)
            case SetSpeed():
                self.players.set_speed(message.speed)
                self.inlet.set_speed(message.speed)
                self.lease.tell(Done(message.command))
            case Permit():
                self.permits.take(message)
            case RiskLimits():
                self.desk.risk.take(message.limits)
            case Others():
                self.desk.risk.take_others(message)
            case ClearLimit():
                self.lease.tell(Done(message.command, self.desk.risk.clear(message)))
            case HandOrder() | HandCancel() | HandClose():
                self.step.happened += 1
                self.lease.tell(by_hand(self.desk, message))
            case Unkill():
                self.kill.unsignal()
            case Resolve() if self.second is not None:
                self.second.resolve(message)

    def _changed(self, message: MarketChanged) -> None:
        """Steps or limits of a market are others: orders off them go, instances hear of it."""
        gone = self.desk.change(message.market)
        market = message.market
        for seat in self.desk.seats.values():
            if seat.market.id == market.id:
                self._to_instance(seat.instance.id, message)
        said = f"tick {market.price_step} and step {market.step} hold from now on"
        said += f"; working orders off them, now cancelled: {gone}" if gone else ""
        self.lease.tell(Noted("market.applied", market.id, said))

    def _set_mode(self, ask: SetMode) -> None:
        if ask.id not in self.desk.seats:
            self.lease.tell(Done(ask.command, f"{ask.id} is not attached here", None, ask.id))
            return
        self.desk.set_mode(ask.id, ask.mode, ask.observe_orders, ask.exit_policy)
        self.lease.tell(Done(ask.command, "", ask.mode, ask.id))

    async def _instance(self, join: Join, stream: object, writer: asyncio.StreamWriter) -> None:
        seat = self.desk.seats.get(join.id)
        pid = peer_pid(writer)
        if seat is None or seat.pid != pid:
            named = seat.pid if seat else "none"
            send(
                writer, Joined(error=f"process {pid} may not speak for {join.id} (named: {named})")
            )
            return
        old = self.lines.pop(join.id, None)
        if old is not None:
            old.close()
        if isinstance(self.players, VenueFeed):
            await self.players.ready(seat.market.id)
        state = self.desk.state(join.id)
        send(
            writer,
            Joined(
                "",
                seat.market,
                state.position,
                state.orders,
                self.players.history(seat.market.id),
                self.players.base_s(seat.market.id),
                state.allowed,
                self.players.sessions(seat.market.id, seat.instance.timeframe),
                self.players.history_from(seat.market.id),
            ),
        )
        self.lines[join.id] = writer
        self.valve.forget(join.id)
        self.step.joined(join.id)
        try:
            async for body in stream:  # type: ignore[attr-defined]
                self._ask(join.id, _from_instance(body))
        finally:
            if self.lines.get(join.id) is writer:
                del self.lines[join.id]
            self.step.paid(join.id)
            self.missing.left(join.id)

    def _ask(self, instance: str, message: object) -> None:
        match message:
            case Ack():
                self.step.paid(instance, message.seq)
                self.missing.thought(instance, message.seq)
            case Submit():
                self.step.happened += 1
                self.desk.submit(instance, message)
            case Cancel():
                self.step.happened += 1
                self.desk.cancel(instance, message.id)

    # ---- life ---------------------------------------------------------------------------------
    async def _open_book(self) -> None:
        """Make the book trade; a live one waits for its keys, which come over the lease."""
        emit = partial(self._heard, self.own)
        account = self.spec.account
        if account.live:
            given = await asyncio.wait_for(self.keys, _KEYS_S)
            markets = {*self.spec.markets, *(s.market.id for s in self.desk.seats.values())}
            book = VenueBook(self.node, account, given.values, markets, emit)
            self.node.build()
            self.book = book
            await book.start()
            self.desk.reopen(markets_now(self.spec.home, self.desk.seats.values()))
            for lost in book.catch_up(self.desk.known_entries()):
                self._noted_lost(lost)
        else:
            self.book = Book(self.node, account, set(self.spec.currencies), emit)
            self.node.build()
            await self.book.start()
            self.desk.reopen(markets_now(self.spec.home, self.desk.seats.values()))
        self.ready = self.kill.ready = True
        if self.second is not None and isinstance(self.book, VenueBook):
            self.second.begin(self.book)
        self.kill.look()
        await self.asks.open()

    def _noted_lost(self, order_id: str) -> None:
        said = f"{order_id}: sent before this gateway began, and the venue did not speak of it"
        self.lease.tell(Noted("order.unknown", self.spec.account.name, said))

    async def run(self) -> None:
        path = gateway_socket(self.spec.home, self.spec.account.name)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, self.kill.signal)
        self.kill.look()
        if not self.spec.account.live:
            await self._open_book()
        server = await listen(path, self.serve)
        opening = asyncio.create_task(self._open_late()) if self.spec.account.live else None
        tasks = [
            asyncio.create_task(self.kill.run()),
            *([self.second.start()] if self.second is not None else []),
            asyncio.create_task(self.shadow.run()),
            asyncio.create_task(self._status()),
            asyncio.create_task(self.inlet.run()),
            asyncio.create_task(self.recorder.run()),
            asyncio.create_task(
                self.lease.outlive(self.spec.account.orphan_grace_s, self._orphaned)
            ),
        ]
        await self.over.wait()
        for task in (*tasks, *([opening] if opening else [])):
            task.cancel()
        self.players.stop()
        self.inlet.flush()
        tell_status(self)  # the last sums, before the line goes
        server.close()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        await self.node.stop()
        self.recorder.close()
        self.record.close()
        if self.fatal:
            raise RetryLater(self.fatal)

    async def _open_late(self) -> None:
        """Open a live book while the supervisor listens; what goes wrong ends this process."""
        try:
            await self._open_book()
        except TimeoutError:
            self.fatal = f"no keys came within {_KEYS_S:.0f} s"
        except (ClearEdgeError, ValueError, RuntimeError) as error:
            self.fatal = str(error)
        if self.fatal:
            self.error = self.fatal
            self.over.set()

    async def _orphaned(self) -> None:
        """Nobody came back: take the account's orphan policy, then leave."""
        policy = self.spec.account.orphan_policy
        for instance in self.desk.seats:
            if policy != "leave":
                self.desk.cancel_all(instance)
            if policy == "flatten":
                self.desk.flatten(instance)
        if self.ready:
            await self.book.settled()
        self.over.set()

    async def _status(self) -> None:
        while True:
            await asyncio.sleep(_STATUS_S)
            self.valve.flush(self.lines)
            self.shadow.flush()
            self.record.retry()
            self.permits.look()
            self.desk.risk.pulse()
            self.desk.refusals.flush()
            if self.ready and isinstance(self.book, VenueBook):
                ask_doubtful(self.desk, self.book, self.second)
            if self.second is not None:
                self.second.pulse()
            self.desk.leased = self.lease.awake
            tell_status(self)


def main(raw: bytes) -> None:
    """Run a gateway until it is told to stop; called in a forked child."""

    async def run() -> None:
        try:
            await Gateway(msgspec.msgpack.decode(raw, type=GatewaySpec)).run()
        except ClearEdgeError as error:
            raise SystemExit(str(error)) from error

    uvloop.run(run())
