"""A running instance of a contract strategy: its code, its line to the gateway, its life signs.

No credential and no route to a venue is in this process. A failing callback stops the strategy
with a named fault and leaves the process, its last picture and its log to be looked at.
"""

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import uvloop

from clearedge_tui.contract._types import OrderNotAllowed, Tick
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.core.messages import (
    Ack,
    Beat,
    BookState,
    Cancel,
    Done,
    Drawn,
    Fault,
    FillUpdate,
    Freeze,
    Gap,
    Joined,
    Lease,
    Leased,
    MarketChanged,
    OrderUpdate,
    SetConfig,
    Stop,
    Submit,
    TickMsg,
    ToEngine,
    Watching,
)
from clearedge_tui.core.resample import Grid
from clearedge_tui.core.session import Warmed
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import frames
from clearedge_tui.engine import keep
from clearedge_tui.engine.chart_bars import ChartBars
from clearedge_tui.engine.drawing import draw
from clearedge_tui.engine.gateway_line import GatewayLine
from clearedge_tui.engine.lease import LeaseKeeper
from clearedge_tui.engine.live_context import LiveContext, bar_tick, view_fill, view_order
from clearedge_tui.engine.loading import Hosted, fault_from, load
from clearedge_tui.engine.peer import listen, send
from clearedge_tui.engine.specs import InstanceSpec, gateway_socket, instance_socket
from clearedge_tui.engine.voice import Voice
from clearedge_tui.engine.watchdog import CallbackTimeout, Watchdog
from clearedge_tui.market import timeframes

_from_supervisor = msgspec.msgpack.Decoder(ToEngine).decode
_BEAT_S = 1.0
_LATE_S = 0.5  # a tick that comes meanwhile turns: a hundred processes do not wake up just for it
_WATCHED_S = 0.4
_DRAW_UNSEEN_S = 20.0  # a picture nobody looks at: what is left of a killed process
T = TypeVar("T")


class InstanceHost:
    def __init__(self, spec: InstanceSpec) -> None:
        self.spec = spec
        self.id = spec.instance.id
        self.folder = spec.home.state / "instances" / self.id
        self.over = asyncio.Event()
        self.fault: Fault | None = None
        self.hosted: Hosted | None = None
        self.config_version = spec.instance.config_version
        self.frozen = spec.frozen
        self.watched = False
        self._drawn_s, self._drawn_ticks = 0.0, -1
        self._next: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self._broken: asyncio.Future[None] | None = None  # an error of ours ends the process
        self.ready = False
        self.warmed: Warmed | None = None
        self.ticks = 0
        self.slowest_s = 0.0
        thinks_on = spec.instance.timeframe
        self.wanted = None if thinks_on == "quote" else timeframes.grid(thinks_on)
        self.bars = ChartBars()
        self._dirty_state = False
        self._kept: tuple[bytes, int] | None = None  # the state as it lies on disk, its config
        self.lease = LeaseKeeper(spec.home.lock, lambda held: None)
        self.voice = Voice(self.lease)
        self.context = LiveContext(self.id, spec.market, self._order, self.voice.strategy)
        self.context.whole = self.bars.whole
        self.line = GatewayLine(
            gateway_socket(spec.home, spec.instance.account),
            self.id,
            self._joined,
            self._tick,
            self._heard,
        )
        self.dog = Watchdog(spec.callback_limit_s, spec.path, self.folder / "last_words")

    def _order(self, message: Submit | Cancel) -> None:
        self.line.send(message)

    # ---- guarded calls ------------------------------------------------------------------------
    def _call(self, name: str, *args: object) -> object:
        if self.hosted is None:
            return None
        return self._guard(name, getattr(self.hosted, name), *args)

    def _guard(self, name: str, call: Callable[..., object], *args: object) -> object:
        """Run one callback of the strategy; whatever it raises becomes a fault with a place."""
        if self.fault is not None:
            return None
        dog = self.dog
        try:
            dog.since = monotonic()  # as `enter` and `leave`, without their calls
            dog.callback = name
            try:
                return call(*args)
            finally:
                dog.callback = ""
                took = dog.leave() if dog.striking else monotonic() - dog.since
                if took > self.slowest_s:
                    self.slowest_s = took
        except OrderNotAllowed as error:
            self.voice.line("warning", "engine", f"order not allowed in {name}: {error}")
        except CallbackTimeout:
            dog.leave()  # it may have struck while the call was being left
            self._failed(self._too_long(name), "")
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            fault = fault_from(error, Path(self.spec.path))
            self._failed(f"{fault} in {name}", fault.detail)
        return None

    def _timed(self, name: str, call: Callable[..., T], *args: object) -> T:
        """The dog watches the strategy alone: what we do about its error has no limit."""
        self.dog.enter(name)
        try:
            try:
                return call(*args)
            finally:
                self.slowest_s = max(self.slowest_s, self.dog.leave())
        except CallbackTimeout:
            self.dog.leave()  # it may have struck while the call was being left
            raise

    def _too_long(self, name: str) -> str:
        where = f" ({self.dog.place})" if self.dog.place else ""
        return f"{name} did not return within {self.dog.limit_s:g} s{where}"

    def _failed(self, text: str, detail: str) -> None:
        self.fault = Fault(clean_text(text), detail[-8000:])
        sys.stdout.write(detail + "\n")
        self.voice.line("error", "engine", text)
        for order in list(self.context.orders):
            self.line.send(Cancel(order))
        self.lease.tell(self.fault)

    # ---- loading ------------------------------------------------------------------------------
    def _load(self, build: Callable[[], object]) -> None:
        """Run the strategy's top level and constructor; what they raise becomes a fault."""
        path = Path(self.spec.path)
        try:
            self._timed("loading", build)
        except StrategyFault as error:
            self._failed(str(error), error.detail)
        except CallbackTimeout:
            self._failed(self._too_long(f"loading {path.name}"), "")
        except Exception as error:  # noqa: BLE001  # guard: the engine side of strategy code
            fault = fault_from(error, path)
            self._failed(f"{fault} in loading", fault.detail)

    def _host(self) -> None:
        loaded = load(Path(self.spec.path), self.spec.code)
        self.hosted = loaded.create(self.context, loaded.typed(self.spec.instance.config))

    async def _joined(self, message: Joined) -> None:
        """Take the gateway's truth; the first time, bring the strategy to life."""
        self.context.position = message.position
        self.context.allowed = message.allowed
        self.context.info = message.market or self.context.info  # its steps may be new
        self.context.take_orders(message.orders)
        if not self.ready:
            self.tell_warmed(message)
            wanted = self.wanted or Grid(message.base_s)
            self.context.bars.extend(
                self.bars.begin(message.base_s, wanted, message.bars, message.sessions)
            )
            if message.bars:
                self.context.price, self.context.data_ns = (
                    message.bars[-1].close,
                    message.bars[-1].ts_ns,
                )
            self._load(self._host)
            self._begin()
            self.ready = True
            self._beat()  # running is told at once, not with the next beat

    def tell_warmed(self, message: Joined) -> None:
        """Say what history there is before the first tick; a later supervisor is told too."""
        first, last = (message.bars[n].ts_ns if message.bars else 0 for n in (0, -1))
        self.warmed = Warmed(len(message.bars), message.base_s, first, last, message.bars_from)
        self.lease.tell(self.warmed)

    def _begin(self) -> None:
        state = keep.read(self.folder / "state.msgpack")
        if state is None:
            made = self._call("init")
            if self.fault is None and not isinstance(made, dict):
                self._failed(f"init returned {type(made).__name__}; wanted a dict", "")
                return
            state = made if isinstance(made, dict) else {}
        if self.hosted is not None:
            self.hosted.set_state(state)
            self.context.state = state

    # ---- the market ---------------------------------------------------------------------------
    def _heard(self, message: msgspec.Struct) -> None:
        match message:
            case Gap():
                self.bars.missing(message.from_ns, message.until_ns)
                self.voice.line("warning", "gateway", message.text)
            case MarketChanged():
                self.context.info = message.market
            case BookState():
                self.context.position = message.position
                self.context.allowed = message.allowed
                self.context.take_orders(message.orders)
            case OrderUpdate():
                order = message.order
                self.context.take_order(order)
                if order.reason:
                    self.voice.line("warning", "gateway", f"order {order.status}: {order.reason}")
                self._call("on_order", view_order(order))
            case FillUpdate():
                fill = message.fill
                self._call("on_fill", view_fill(fill, self.context.tag_of(fill.order)))

    def _tick(self, message: TickMsg) -> None:
        """Take a tick. Few calls: a hundred processes wake up for it with nothing in their caches."""
        kind = message.kind
        if kind != "sync":
            context = self.context
            context.price = price = message.close
            context.data_ns = ts_ns = message.ts_ns
            if kind != "quote":
                self._bar(message)
            elif self.wanted is None:
                self._think(Tick("quote", ts_ns, price, bid=message.bid, ask=message.ask))
        if message.ack:
            self.line.send(Ack(message.ack))
        if monotonic() >= self._due_s:
            self._turn()

    def _bar(self, message: TickMsg) -> None:
        for done in self.bars.feed(message):
            self.context.bars.append(done)
            if self.wanted is not None:
                self._think(bar_tick(done, self.bars.whole(done)))

    def _think(self, tick: Tick) -> None:
        if self.frozen or not self.ready:
            return
        self.ticks += 1
        if self.hosted is not None:
            self._guard("on_tick", self.hosted.on_tick, tick)
        self._dirty_state = True

    # ---- the supervisor -----------------------------------------------------------------------
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for body in frames(reader):
                self._command(_from_supervisor(body), writer)
        finally:
            self.lease.lost(writer)
            writer.close()

    def _command(self, message: object, writer: asyncio.StreamWriter) -> None:
        if isinstance(message, Lease):
            refused = self.lease.take(message, writer)
            if refused:
                sys.stdout.write(f"refused: {refused}\n")
                writer.close()
                return
            send(
                writer,
                Leased(
                    f"in-{self.id}",
                    os.getpid(),
                    self.lease.epoch,
                    self.id,
                    self.spec.code,
                    self.config_version,
                ),
            )
            if self.warmed is not None:
                send(writer, self.warmed)
            if self.fault is not None:
                send(writer, self.fault)
            self._beat()
            return
        if not self.lease.held:
            return
        match message:
            case SetConfig():
                self._set_config(message)
            case Freeze():
                self.frozen = message.on
                self.lease.tell(Done(message.command, id=self.id))
                self._beat()
            case Watching():
                self.watched = message.on
                self._turn()  # somebody looks from now on: draw at once
            case Stop():
                self.over.set()

    def _set_config(self, message: SetConfig) -> None:
        if self.hosted is not None:
            self.hosted.set_config(message.values)
            self.context.config = self.hosted.config
        self.config_version = message.version
        self.lease.tell(Done(message.command, id=self.id))

    # ---- life signs ---------------------------------------------------------------------------
    async def _beats(self) -> None:
        """Turn for ever: a bare timer, a task for each turn of a hundred processes would be felt."""
        self._broken = asyncio.get_running_loop().create_future()
        try:
            self._turn()
            await self._broken
        finally:
            if self._next is not None:
                self._next.cancel()

    def _turn(self) -> None:
        """Say that this process lives, draw, and save the state: all that time asks for."""
        if self._broken is None or self._broken.done():
            return
        if self._next is not None:
            self._next.cancel()
        try:
            self._beat()
            self._draw_when_due()
            self.keep_state()
        except BaseException as error:  # noqa: BLE001  # guard: a timer's error would be lost
            self._broken.set_exception(error)
            return
        wait = _WATCHED_S if self.watched else _BEAT_S
        self._due_s = monotonic() + wait
        self._next = asyncio.get_running_loop().call_later(wait + _LATE_S * wait, self._turn)

    def _beat(self) -> None:
        self.lease.tell(
            Beat(
                now_ns(),
                self.ticks,
                self.context.data_ns,
                self.context.price,
                self.config_version,
                self.frozen,
                self.line.up and self.ready,
                slowest_ms=round(self.slowest_s * 1000, 2),
            )
        )
        self.slowest_s = 0.0

    def _draw_when_due(self) -> None:
        due = self.watched or monotonic() - self._drawn_s > _DRAW_UNSEEN_S
        if not (due and self.ready and self.lease.held) or (
            self.ticks == self._drawn_ticks and not self.watched
        ):
            return
        self._drawn_s, self._drawn_ticks = monotonic(), self.ticks
        self.lease.tell(Drawn(now_ns(), self._widgets(), self.bars.rows()))

    def _widgets(self) -> tuple[dict[str, object], ...]:
        if self.hosted is None or self.fault is not None:
            return ()
        try:
            return self._timed("render", draw, self.hosted.render, Path(self.spec.path))
        except CallbackTimeout:
            return ({"type": "error", "text": self._too_long("render")},)

    def keep_state(self) -> None:
        """Save the state when it may have changed and the code is sound."""
        if not (self._dirty_state and self.ready) or self.fault is not None:
            return
        self._dirty_state = False
        try:
            now = keep.packed(self.context.state), self.config_version
            if now == self._kept:
                return  # most ticks change nothing: a hundred processes would write for nothing
            keep.write_packed(
                self.folder / "state.msgpack", now[0], self.spec.code, now[1], now_ns()
            )
            self._kept = now
        except StrategyFault as error:
            self.voice.line("warning", "engine", str(error))
        except OSError as error:
            self.voice.line("error", "engine", f"the state could not be saved: {error}")

    def _stopped(self) -> None:
        self._call("on_stop")
        self.keep_state()

    # ---- life ---------------------------------------------------------------------------------
    async def run(self) -> None:
        path = instance_socket(self.spec.home, self.id)
        server = await listen(path, self.serve)

        async def leave() -> None:
            self.over.set()

        tasks = [
            asyncio.create_task(work)
            for work in (
                self.line.run(),
                self._beats(),
                self.lease.outlive(self.spec.grace_s, leave),
            )
        ]
        watch = asyncio.create_task(self.over.wait())
        done, _ = await asyncio.wait([watch, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {watch}:
            task.result()  # a task that ended by an error of ours ends the process with it
        await self.over.wait()
        self._stopped()
        for task in tasks:
            task.cancel()
        server.close()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def limit_memory(most_mb: int) -> None:
    """Cap what this process may add to the memory it was born with (Linux: data segment)."""
    base_kb = 0
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmData:"):
            base_kb = int(line.split()[1])
    cap = base_kb * 1024 + most_mb * (1 << 20)
    resource.setrlimit(resource.RLIMIT_DATA, (cap, cap))


def main(raw: bytes) -> None:
    """Run an instance until it is told to stop; called in a forked child."""
    spec = msgspec.msgpack.decode(raw, type=InstanceSpec)
    limit_memory(spec.memory_mb)

    async def run() -> None:
        await InstanceHost(spec).run()

    uvloop.run(run())
