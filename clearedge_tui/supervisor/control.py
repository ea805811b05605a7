"""The control socket: consoles and command lines attach here. Snapshots out, commands in."""

import asyncio
import contextlib
import os

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.wire import FrameError, frame, frames
from clearedge_tui.engine.peer import listen, send
from clearedge_tui.runs.recover import recover
from clearedge_tui.supervisor.baskets_due import BasketsDue
from clearedge_tui.supervisor.commands import Commands
from clearedge_tui.supervisor.kill_view import KillView
from clearedge_tui.supervisor.lock import read_holder
from clearedge_tui.supervisor.protocol import (
    VERSION,
    AccountRow,
    Attach,
    Changed,
    Command,
    Detail,
    Goodbye,
    Hello,
    InstanceRow,
    Result,
    Snapshot,
    ToSupervisor,
    Watch,
)
from clearedge_tui.supervisor.rows import account_row, instance_row
from clearedge_tui.supervisor.runtime import AccountRun, InstanceRun
from clearedge_tui.supervisor.schedule import Schedule
from clearedge_tui.supervisor.supervisor import Supervisor

_decode = msgspec.msgpack.Decoder(ToSupervisor).decode
_MOST_LOG = 200


class Control:
    def __init__(self, supervisor: Supervisor) -> None:
        self._sup = supervisor
        self._server: asyncio.Server | None = None
        self._clients: set[_Client] = set()
        self.commands = Commands(supervisor.home, supervisor.store, supervisor)
        self._scheduled: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        self._server = await listen(self._sup.home.control_socket, self._serve)
        given = self.commands
        about = given.home, given.store, given.jobs, given.event
        self._scheduled = [
            asyncio.create_task(one.run()) for one in (Schedule(*about), BasketsDue(*about))
        ]
        await asyncio.to_thread(recover, given.home)

    async def close(self) -> None:
        for task in self._scheduled:
            task.cancel()
        if self._server is not None:
            self._server.close()
        await asyncio.to_thread(self.commands.farm.close)
        for client in list(self._clients):
            if not self._sup.hands_over:
                client.part("the supervisor was stopped")
            client.close()
        with contextlib.suppress(FileNotFoundError):
            self._sup.home.control_socket.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(self._sup, self.commands, writer)
        self._clients.add(client)
        try:
            async for body in frames(reader):
                client.take(_decode(body))
        except (msgspec.DecodeError, FrameError) as error:
            send(writer, Result("", "refused", f"not understood: {error}", code=2))
        finally:
            self._clients.discard(client)
            client.close()


class _Client:
    """One attached console or command line."""

    def __init__(
        self, supervisor: Supervisor, commands: Commands, writer: asyncio.StreamWriter
    ) -> None:
        self._sup = supervisor
        self._commands = commands
        self._writer = writer
        self._pusher: asyncio.Task[None] | None = None
        self._working: set[asyncio.Task[None]] = set()
        self._watched = ""
        self._sent = 0
        self._detail_sent = (-1, 0)
        self._jobs_sent = -1
        self._kills = KillView(supervisor.home)
        self._kills_sent: tuple[KillRow, ...] = ()

    def close(self) -> None:
        if self._pusher is not None:
            self._pusher.cancel()
        if self._watched:
            self._sup.watch(self._watched, False)
        self._writer.close()

    def part(self, reason: str) -> None:
        send(self._writer, Goodbye(reason))

    def take(self, message: object) -> None:
        match message:
            case Attach():
                self._attach(message)
            case Watch():
                if self._watched:
                    self._sup.watch(self._watched, False)
                self._watched = message.id
                self._detail_sent = (-1, 0)
                if message.id:
                    self._sup.watch(message.id, True)
                    self._push_detail()
            case Command():
                task = asyncio.create_task(self._run(message))
                self._working.add(task)
                task.add_done_callback(self._working.discard)

    def _attach(self, ask: Attach) -> None:
        holder = read_holder(self._sup.home.lock)
        send(
            self._writer,
            Hello(
                VERSION,
                self._sup.epoch,
                os.getpid(),
                str(self._sup.home.root),
                self._sup.started_ns,
                str(holder) if holder else "",
            ),
        )
        if self._pusher is not None:  # attached again, at another rate
            self._pusher.cancel()
            self._pusher = None
        if ask.rate_hz > 0:
            self._sent = self._sup.seq
            self._kills_sent = self._kills.rows(self._sup.places.places.values())
            send(
                self._writer,
                Snapshot(
                    self._sup.seq,
                    now_ns(),
                    tuple(self._row(r) for r in self._sup.runs.values()),
                    tuple(self._accounts()),
                    self._commands.jobs.rows(),
                    self._kills_sent,
                ),
            )
            self._pusher = asyncio.create_task(self._push(min(20.0, ask.rate_hz)))

    async def _run(self, command: Command) -> None:
        def pending(text: str) -> None:
            send(self._writer, Result(command.id, "pending", text))

        result = await self._commands.run(command, pending)
        raw = frame(result)
        if not self._writer.is_closing():
            self._writer.write(raw)

    # ---- pushes -------------------------------------------------------------------------------
    async def _push(self, rate_hz: float) -> None:
        while True:
            await asyncio.sleep(1 / rate_hz)
            if self._writer.transport.get_write_buffer_size() > 1 << 20:
                continue  # a console that does not read gets the newest state when it does
            self._push_changes()
            if self._watched:
                self._push_detail()

    def _push_changes(self) -> None:
        since, self._sent = self._sent, self._sup.seq
        rows = tuple(self._row(r) for r in self._sup.runs.values() if r.row_seq > since)
        jobs_seq = self._commands.jobs.seq
        jobs = self._commands.jobs.rows() if jobs_seq != self._jobs_sent else ()
        self._jobs_sent = jobs_seq
        removed = tuple(i for i, seq in self._sup.removed.items() if seq > since)
        accounts = tuple(self._accounts(since))
        kills = self._kills.rows(self._sup.places.places.values())
        told = None if kills == self._kills_sent else kills
        self._kills_sent = kills
        stopping = self._sup.ending.told
        if rows or jobs or removed or accounts or told is not None or stopping is not None:
            send(
                self._writer,
                Changed(self._sup.seq, now_ns(), rows, accounts, jobs, removed, told, stopping),
            )

    def _push_detail(self) -> None:
        run = self._sup.runs.get(self._watched)
        if run is None:
            return
        mark = (run.detail_seq, run.instance.config_version)
        if mark != self._detail_sent:
            self._detail_sent = mark
            send(self._writer, self._detail(run))

    # ---- shapes -------------------------------------------------------------------------------
    def _row(self, run: InstanceRun) -> InstanceRow:
        account = self._sup.declared.accounts().get(run.instance.account)
        place = self._sup.places.places.get(run.instance.account)
        feed = place.feed if place is not None and place.gateway.up else None
        return instance_row(run, account, self._market_or_none(run), _trouble(place), feed)

    def _market_or_none(self, run: InstanceRun) -> MarketInfo | None:
        try:
            return self._sup.declared.market(run.instance.market).info
        except ClearEdgeError:
            return None

    def _accounts(self, since: int = -1) -> list[AccountRow]:
        rows = []
        trouble = self._sup.store_error or self._sup.declared.error
        for name, account in self._sup.declared.accounts().items():
            place = self._sup.places.place(name)
            if place.seq > since:
                runs = [r for r in self._sup.runs.values() if r.instance.account == name]
                rows.append(account_row(place, account, runs, trouble))
        return rows

    def _detail(self, run: InstanceRun) -> Detail:
        schema = self._sup.store.schema(run.instance.strategy) or {}
        drawn = run.drawn
        return Detail(
            id=run.instance.id,
            at_ns=now_ns(),
            widgets=drawn.widgets if drawn else (),
            widgets_ns=drawn.at_ns if drawn else 0,
            bars=drawn.bars if drawn else (),
            orders=tuple(sorted(run.orders.values(), key=lambda o: o.at_ns, reverse=True)),
            fills=tuple(reversed(run.fills)),
            log=tuple(run.log)[-_MOST_LOG:],
            schema=schema,
            config=run.instance.config,
            versions=self._commands.versions(run.instance.id),
            observe_orders=run.instance.observe_orders,
            exit_policy=run.instance.exit_policy,
        )


def _trouble(place: AccountRun | None) -> str:
    if place is None:
        return ""
    if place.gateway.error:
        return f"gateway {place.name}: {place.gateway.error}"
    if place.feed is not None and place.feed.error:
        return place.feed.error
    return ""
