"""A running instance of a native NautilusTrader strategy: a node of its own behind our gateway.

A mode change or a reload ends this process in good order: the strategy's `on_save` is kept, and
the next process gives it back through `on_load` and reconciles with the gateway's truth.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from nautilus_trader.common import CacheConfig, Environment, LogLevel
from nautilus_trader.live import LiveExecutionEngineConfig, LiveNode, LiveRiskEngineConfig
from nautilus_trader.model import BarType, InstrumentId, StrategyId, TraderId
from nautilus_trader.trading import Strategy

from clearedge_tui.contract import chart
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import StrategyFault, UsageError
from clearedge_tui.core.messages import (
    Ack,
    BookState,
    FillUpdate,
    Gap,
    Joined,
    OrderUpdate,
    SetConfig,
    TickMsg,
)
from clearedge_tui.core.resample import Grid
from clearedge_tui.engine import keep
from clearedge_tui.engine.instance import InstanceHost, limit_memory
from clearedge_tui.engine.loading import load
from clearedge_tui.engine.native_clients import (
    GatewayDataFactory,
    GatewayExecutionFactory,
    NoDataConfig,
    NoExecConfig,
    Wire,
)
from clearedge_tui.engine.quiet import file_logging
from clearedge_tui.engine.specs import InstanceSpec
from clearedge_tui.market import timeframes

_READY_S = 20.0
_SETTLE_ROUNDS = 50


class NativeHost(InstanceHost):
    """The same line, lease and life signs; in the middle a node instead of a context."""

    def __init__(self, spec: InstanceSpec) -> None:
        super().__init__(spec)
        self.strategy: Any = None
        self.node: LiveNode | None = None
        self._running: asyncio.Task[None] | None = None
        self._markers: list[dict[str, Any]] = []
        Wire.market = spec.market
        Wire.send = self._order

    async def _joined(self, message: Joined) -> None:
        self.context.position = message.position
        if self.ready:
            return
        self.tell_warmed(message)
        Wire.position, Wire.orders = message.position, message.orders
        wanted = self.wanted or Grid(message.base_s)
        self.bars.begin(message.base_s, wanted, message.bars, message.sessions)
        self._load(self._build)
        if self.fault is None:
            await self._run_node()
        self.ready = True
        self._beat()

    def _build(self) -> None:
        timeframe = (
            "1m" if self.spec.instance.timeframe == "quote" else self.spec.instance.timeframe
        )
        try:
            Wire.bar_type = timeframes.engine_bar_type(self.spec.market.id, timeframe)
        except UsageError as error:
            raise StrategyFault(str(error), self.spec.path) from None
        loaded = load(Path(self.spec.path), self.spec.code)
        tag = self.id.replace("-", "_")
        identity = InstrumentId.from_str(self.spec.market.id)
        config = loaded.native_config(
            loaded.typed(self.spec.instance.config),
            instrument_id=identity,
            bar_type=BarType.from_str(Wire.bar_type),
            strategy_id=StrategyId(f"N-{tag}"),
            order_id_tag=tag,
            use_uuid_client_order_ids=True,
            external_order_instrument_ids=[identity],
        )
        self.strategy = self._guarded(loaded.native_class)(config)
        venue = self.spec.market.id.rpartition(".")[2]
        builder = (
            LiveNode.builder(f"IN-{tag}".upper(), TraderId("CLEAREDGE-001"), Environment.LIVE)
            .with_logging(
                file_logging(self.spec.home.logs, f"in-{self.id}.engine", LogLevel.WARNING)
            )
            .with_delay_post_stop_secs(0)
            .with_cache_config(CacheConfig(tick_capacity=100, bar_capacity=100))
            .with_risk_engine_config(LiveRiskEngineConfig(max_order_submit_rate="1000000/00:00:01"))
            .with_exec_engine_config(
                LiveExecutionEngineConfig(
                    reconciliation=True, reconciliation_startup_delay_secs=0.0
                )
            )
            .add_data_client(venue, GatewayDataFactory(), NoDataConfig())
            .add_exec_client(venue, GatewayExecutionFactory(), NoExecConfig())
        )
        self.node = builder.build()
        self.node.add_strategy(self.strategy)

    def _guarded(self, native: type[Strategy]) -> type[Strategy]:
        """Return a subclass whose callbacks are watched; the bare engine swallows what they raise."""
        host = self

        def guard(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def guarded_call(strategy: Any, *args: Any) -> Any:
                return host._watched(name, call, strategy, *args)

            return guarded_call

        hooks = {
            name: guard(name, getattr(native, name))
            for name in dir(native)
            if name.startswith("on_") and getattr(native, name) is not getattr(Strategy, name, None)
        }
        return type(native.__name__, (native,), hooks)

    def _watched(self, name: str, call: Callable[..., Any], *args: Any) -> Any:
        self.ticks += name in ("on_bar", "on_quote", "on_trade")
        self._dirty_state = True
        return self._guard(name, call, *args)

    async def _run_node(self) -> None:
        assert self.node is not None  # noqa: S101  # built just before
        handle = self.node.handle()
        kept = keep.read(self.folder / "state.msgpack")
        if kept and hasattr(self.strategy, "on_load"):
            self._guard("on_load", self.strategy.on_load, kept.get("native", {}))
        self._running = asyncio.create_task(self.node.run_async())
        limit = monotonic() + _READY_S
        while not (handle.is_running and Wire.data and Wire.execution):
            if self._running.done() or monotonic() > limit:
                self._failed(f"the engine node did not come up within {_READY_S:.0f} s", "")
                return
            await asyncio.sleep(0.002)

    # ---- the market ---------------------------------------------------------------------------
    def _heard(self, message: msgspec.Struct) -> None:
        match message:
            case Gap():
                self.voice.line("warning", "gateway", message.text)
            case BookState():
                self.context.position = message.position
            case OrderUpdate():
                if message.order.reason:
                    self.voice.line(
                        "warning",
                        "gateway",
                        f"order {message.order.status}: {message.order.reason}",
                    )
                if Wire.execution is not None:
                    Wire.execution.changed(message.order)
            case FillUpdate():
                fill = message.fill
                self._markers.append(chart.marker(fill.at_ns, float(fill.price), fill.side))
                del self._markers[:-200]
                if Wire.execution is not None:
                    Wire.execution.filled(fill)

    async def _settle(self, ack: int) -> None:
        """Let the node work through its queues before the replay goes on."""
        for _ in range(_SETTLE_ROUNDS):
            await asyncio.sleep(0)
        self.line.send(Ack(ack))

    def _tick(self, message: TickMsg) -> None:
        self._pass(message)
        if message.ack:
            self._settling = asyncio.create_task(self._settle(message.ack))

    def _pass(self, message: TickMsg) -> None:
        if message.kind == "sync":
            return
        self.context.price, self.context.data_ns = message.close, message.ts_ns
        if message.kind == "quote":
            if Wire.data is not None and not self.frozen:
                Wire.data.quote(message)
            return
        for done in self.bars.feed(message):
            if Wire.data is not None and not self.frozen and self.fault is None:
                Wire.data.bar(done)

    # ---- the rest -----------------------------------------------------------------------------
    def _set_config(self, message: SetConfig) -> None:
        del message  # a native configuration is read once: every change is a reload

    def _widgets(self) -> tuple[dict[str, object], ...]:
        """Return the chart made for a native strategy: its bars, its fills, its position."""
        position = self.context.position
        price = self.context.price
        return (
            chart.candles(markers=list(self._markers)),
            chart.metric("Position", str(position.size), self.spec.market.base),
            chart.metric("Average price", str(position.avg_price)),
            chart.metric("Realised", str(position.realised), self.spec.market.quote),
            chart.metric("Fees", str(position.fees), self.spec.market.quote),
            chart.metric("Last price", price),
        )

    def keep_state(self) -> None:
        """Save what the strategy's own on_save returns, when it has one."""
        if not self._dirty_state or not self.ready or self.fault is not None:
            return
        self._dirty_state = False
        if type(self.strategy).on_save is Strategy.on_save:
            return
        saved = self._guard("on_save", self.strategy.on_save)
        if not isinstance(saved, dict):
            return
        try:
            keep.write(
                self.folder / "state.msgpack",
                {"native": saved},
                self.spec.code,
                self.config_version,
                now_ns(),
            )
        except (StrategyFault, OSError) as error:
            self.voice.line("warning", "engine", f"the state could not be saved: {error}")

    def _stopped(self) -> None:
        self.keep_state()

    async def close(self) -> None:
        if self.node is not None and self._running is not None:
            self.node.handle().stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._running, 5.0)


def main(raw: bytes) -> None:
    """Run a native instance until it is told to stop; called in a forked child."""
    spec = msgspec.msgpack.decode(raw, type=InstanceSpec)
    limit_memory(spec.memory_mb)

    async def run() -> None:
        host = NativeHost(spec)
        await host.run()
        await host.close()

    asyncio.run(run())
