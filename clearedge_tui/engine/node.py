"""One engine node: built once, run in our loop, silent. One a process."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nautilus_trader.common import CacheConfig, Environment
from nautilus_trader.live import (
    LiveExecutionEngineConfig,
    LiveNode,
    LiveRiskEngineConfig,
    SubmissionRecoveryPolicy,
)
from nautilus_trader.model import TraderId
from nautilus_trader.trading import ImportableControllerConfig

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.engine.proxy import Registry
from clearedge_tui.engine.quiet import file_logging

_READY_S = 20.0
_FOR_EVER = 1_000_000_000
_RATE = "1000000/00:00:01"  # the engine's own throttle would deny exits too; the gate has ours


class Node:
    """Put clients into `builder`, then `build`, then `start`."""

    def __init__(self, name: str, logs: Path, real: bool, ready_s: float = _READY_S) -> None:
        """`real` money: the engine compares itself with the venue, at its start and on."""
        self._ready_s = ready_s
        builder = (
            LiveNode.builder(
                name.upper(),
                TraderId("CLEAREDGE-001"),
                Environment.LIVE if real else Environment.SANDBOX,
            )
            .with_logging(file_logging(logs, f"{name}.engine"))
            .with_delay_post_stop_secs(0)
            .with_timeout_connection(max(1, int(ready_s)))
            .with_cache_config(CacheConfig(tick_capacity=16, bar_capacity=16))
            .with_risk_engine_config(LiveRiskEngineConfig(max_order_submit_rate=_RATE))
            .with_controller(
                ImportableControllerConfig(
                    "clearedge_tui.engine.proxy:ProxyController",
                    "clearedge_tui.engine.proxy:ControllerConfig",
                    {"actor_id": "CONTROL-001"},
                )
            )
        )
        if real:
            builder = builder.with_exec_engine_config(_execution())
        else:
            builder = builder.with_reconciliation(False)
        self.builder: Any = builder
        self.node: Any = None
        self.cache: Any = None
        self._handle: Any = None
        self._running: asyncio.Task[None] | None = None

    def build(self) -> None:
        self.node = self.builder.build()
        self._handle = self.node.handle()
        self.cache = self.node.cache

    async def start(self, ready: Callable[[], object]) -> None:
        """Run; return when it trades. Raises RetryLater when it does not come up."""
        self._running = asyncio.create_task(self.node.run_async())
        limit = monotonic() + self._ready_s
        while not (self._handle.is_running and Registry.controller and ready()):
            if self._running.done() or monotonic() > limit:
                raise RetryLater(f"the engine node did not come up{self._why()}")
            await asyncio.sleep(0.002)

    def _why(self) -> str:
        if self._running is None or not self._running.done():
            return f" within {self._ready_s:g} s"
        error = self._running.exception()
        return f": {error}" if error else ""

    @property
    def running(self) -> bool:
        return bool(self._handle and self._handle.is_running)

    async def stop(self) -> None:
        if self._handle is not None:
            self._handle.stop()
        if self._running:
            with contextlib.suppress(TimeoutError, RuntimeError):
                await asyncio.wait_for(self._running, 5.0)


def _execution() -> LiveExecutionEngineConfig:
    """Return how the engine keeps itself equal to the venue.

    The engine would call an order rejected, or cancelled, that the venue was silent about for a
    while: guesses that have cost people money. It asks for ever instead. Orders of other people are
    kept, for they are to be seen.
    """
    return LiveExecutionEngineConfig(
        reconciliation=True,
        reconciliation_startup_delay_secs=0.0,
        submission_recovery_policy=SubmissionRecoveryPolicy.RETAIN_UNRESOLVED,
        inflight_check_interval_ms=1000,
        inflight_check_threshold_ms=3000,
        inflight_check_retries=_FOR_EVER,
        open_check_interval_secs=5.0,
        open_check_open_only=False,
        open_check_missing_retries=_FOR_EVER,
        position_check_interval_secs=10.0,
        allow_overfills=True,
    )
