"""What the supervisor knows of each instance and account: memory only, rebuilt at every start."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import (
    Beat,
    Compared,
    Drawn,
    FeedStatus,
    LedgerRow,
)
from clearedge_tui.core.model import Book, EngineState, Fill, Instance, Mode, Order
from clearedge_tui.core.plan import STALLED_S, Seen
from clearedge_tui.core.probe import Probe
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.risk_messages import (
    RiskRow,
    RiskSums,
)
from clearedge_tui.core.venue_state import VenueState
from clearedge_tui.supervisor.engine_link import EngineLink
from clearedge_tui.supervisor.protocol import LogLine

_LOG = 500
_ORDERS = 200


@dataclass(slots=True)
class EngineProcess:
    """One process: its pid, its line, and how often it has died."""

    name: str
    socket: Path
    pid: int = 0
    link: EngineLink | None = None
    started_s: float = 0.0
    crashes: list[float] = field(default_factory=list)
    state: EngineState = EngineState.STOPPED
    error: str = ""
    retry_s: float = 0.0
    expected_end: bool = False
    adopted: bool = False

    @property
    def alive(self) -> bool:
        return self.pid != 0

    @property
    def up(self) -> bool:
        return self.link is not None and self.link.up


@dataclass(slots=True)
class InstanceRun:
    instance: Instance
    engine: EngineProcess
    attached: bool = False
    enforced: Mode | None = None
    running_config: int = 0
    running_code: str = ""
    file_code: str = ""  # the newest file that loads
    file_error: str = ""
    fault: str = ""
    tried_config: int = 0
    tried_code: str = ""
    beat: Beat | None = None
    beat_s: float = 0.0
    paused: bool = False  # outlives a reload or a crash, not a stop
    memory_mb: float = 0.0
    cpu_pct: float = 0.0
    slowest: tuple[float, float] = (0.0, 0.0)  # callback of the last minute in ms, when, steady s
    restarts: int = 0
    drawn: Drawn | None = None
    last_event: str = ""
    last_event_ns: int = 0
    ledgers: dict[Book, LedgerRow] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    fills: deque[Fill] = field(default_factory=lambda: deque(maxlen=_ORDERS))
    log: deque[LogLine] = field(default_factory=lambda: deque(maxlen=_LOG))
    native: bool = False
    row_seq: int = 0
    detail_seq: int = 0

    def silent_s(self, now_s: float) -> float:
        """Return seconds since the last life sign; a process not yet heard counts from its start."""
        if not self.engine.alive:
            return 0.0
        return now_s - max(self.beat_s, self.engine.started_s)

    def seen(self, gateway_up: bool, now_s: float) -> Seen:
        return Seen(
            desired=self.instance.mode,
            config_version=self.instance.config_version,
            code=self.file_code,
            state=self.engine.state,
            alive=self.engine.alive,
            gateway_up=gateway_up,
            attached=self.attached,
            enforced=self.enforced,
            running_config=self.running_config,
            running_code=self.running_code,
            tried_config=self.tried_config,
            tried_code=self.tried_code,
            retry_at_s=self.engine.retry_s,
            silent_s=self.silent_s(now_s),
        )

    def remember_order(self, order: Order) -> None:
        self.orders.pop(order.id, None)
        self.orders[order.id] = order
        while len(self.orders) > _ORDERS:
            closed = next((k for k, o in self.orders.items() if not o.status.is_open), None)
            if closed is None:
                break
            del self.orders[closed]

    def live_state(self) -> EngineState:
        """Return the state to show: a process that no longer speaks is stalled, not running."""
        state = self.engine.state
        if self.engine.alive and state in (EngineState.RUNNING, EngineState.PAUSED):
            if self.silent_s(monotonic()) > STALLED_S:
                return EngineState.STALLED
            if self.beat is not None and self.beat.frozen:
                return EngineState.PAUSED
        return state


@dataclass(slots=True)
class AccountRun:
    name: str
    gateway: EngineProcess
    shadow: EngineProcess
    auditor: EngineProcess
    feed: FeedStatus | None = None
    feed_s: float = 0.0
    seq: int = 0
    live: bool = False
    venue: VenueState | None = None  # what the auditor last saw there
    compared: Compared | None = None
    receipts: dict[str, Receipt] = field(default_factory=dict)
    risk: tuple[RiskRow, ...] = ()  # its limits and their figures, worst first
    risk_s: float = 0.0
    sums: RiskSums | None = None  # what it adds to its portfolio
    sums_s: float = 0.0
    probe: Probe | None = None
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=360))  # ms, of the auditor

    @property
    def engines(self) -> tuple[EngineProcess, ...]:
        return self.gateway, self.shadow, self.auditor
