"""What a console (or any client) and the supervisor say to each other over the control socket.

The client sends `Attach`, `Watch` and `Command`; the supervisor sends `Hello`, `Snapshot`,
`Changed`, `Detail` and `Result`. Every number that can grow old comes with the time it was heard.
"""

from decimal import Decimal

import msgspec

from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.leader import Leader
from clearedge_tui.core.model import (
    AccountKind,
    BarRow,
    Book,
    ConfigVersion,
    EngineState,
    ExitPolicy,
    Fill,
    Health,
    Mode,
    ObserveOrders,
    Order,
    TickCounts,
)

VERSION = 1


class InstanceRow(msgspec.Struct, frozen=True):
    """One line of the board."""

    id: str
    strategy: str
    account: str
    account_kind: AccountKind
    market: str  # as a person writes it: BTC/USDT
    market_id: str  # instrument id: BTCUSDT.LOCAL
    timeframe: str
    simulated: bool  # the market is invented; shown wherever its name is
    desired: Mode  # what the database says
    actual: Mode | None  # what the gateway enforces; None is unknown
    state: EngineState
    health: Health
    book: Book | None = None  # whose numbers these are
    currency: str = ""
    position: Decimal = Decimal(0)
    avg_price: Decimal = Decimal(0)
    price: Decimal | None = None
    pnl_today: Decimal | None = None
    pnl_total: Decimal | None = None
    fees: Decimal = Decimal(0)
    spark: tuple[float, ...] = ()  # PnL, oldest first, at most 60 points
    open_orders: int = 0
    fills: int = 0
    last_event: str = ""
    last_event_ns: int = 0
    tick_ns: int = 0  # data time of the last tick
    heard_ns: int = 0  # wall time the engine last spoke
    error: str = ""  # one line, with file and line where there is one
    config_version: int = 1
    restarts: int = 0
    retry_ns: int = 0  # wall time of the next start in back-off
    pid: int = 0
    memory_mb: float = 0.0
    cpu_pct: float = 0.0
    slowest_ms: float = 0.0  # callback of the last minute
    armed: bool = False
    market_ns: int = 0  # wall time its market was last heard; 0 is never
    stale_s: float = 0.0  # a price older than this is stale; 0 is never
    stop_ns: int = 0  # wall time at which it goes to `off` by itself; 0 is never


class VenueSeen(msgspec.Struct, frozen=True):
    """An account at its venue, as it was last seen there. None and an age of 0 are unknown."""

    links: dict[str, str] = {}  # its gateway's connections and their states
    ready: bool = False  # its book trades: keys were taken, and it was compared
    auditor: EngineState = EngineState.STOPPED
    auditor_error: str = ""
    asked_ns: int = 0  # when the venue last answered the second client
    skew_ms: float | None = None
    latency_ms: float | None = None  # of the last request
    p50_ms: float | None = None
    p95_ms: float | None = None
    rights: tuple[str, ...] | None = None  # of its key
    balances: dict[str, Decimal] = {}  # as the venue says
    compared_ns: int = 0
    compared_error: str = ""
    differences: int = 0
    wallet: str = ""  # of derivatives: what is known of the balance, or why nothing is


class AccountRow(msgspec.Struct, frozen=True):
    name: str
    kind: AccountKind
    feed: str  # replay | simulated
    state: EngineState
    currency: str
    balance: Decimal  # start + realised - fees of its paper/live book
    equity: Decimal
    speed: float = 1.0  # 0 is as fast as possible
    data_ns: int = 0  # data time the feed has reached
    done: float | None = None  # share of a replay played, 0..1
    heard_ns: int = 0
    error: str = ""
    pid: int = 0
    ticks: TickCounts = TickCounts()
    recording: str = ""  # the name under which what it receives is kept
    venue: str = ""
    seen: VenueSeen | None = None  # None: it has no venue


class JobRow(msgspec.Struct, frozen=True):
    """A piece of work with an end: a backtest, a pull of data, a check."""

    id: str
    kind: str
    title: str
    state: str  # queued | running | done | failed | cancelled
    progress: float = 0.0
    eta_s: float | None = None
    message: str = ""
    run_id: str = ""
    started_ns: int = 0
    equity: tuple[float, ...] = ()  # partial curve while it runs
    rows: int = 0  # of data, so far
    rate: float = 0.0  # rows a second
    asks: str = ""  # what a person has to agree to before it is done: `pay`
    trace_id: str = ""  # the thread through data, job, run and journal
    leaders: tuple[Leader, ...] = ()  # the best so far of a search while it runs, best first


class Snapshot(msgspec.Struct, frozen=True, tag=True):
    """Everything the board needs; sent on attach."""

    seq: int
    at_ns: int
    instances: tuple[InstanceRow, ...]
    accounts: tuple[AccountRow, ...]
    jobs: tuple[JobRow, ...]
    kills: tuple[KillRow, ...] = ()


class Stopping(msgspec.Struct, frozen=True):
    """The supervisor was asked to end and counts down; what acts leaves by these policies."""

    at_ns: int  # wall time of the end
    instances: tuple[str, ...]
    policies: dict[str, ExitPolicy]


class Changed(msgspec.Struct, frozen=True, tag=True):
    """Rows that changed since the last message; sent at most at the client's rate."""

    seq: int
    at_ns: int
    instances: tuple[InstanceRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    jobs: tuple[JobRow, ...] = ()
    removed: tuple[str, ...] = ()
    kills: tuple[KillRow, ...] | None = None  # all that are on; None: as before
    stopping: Stopping | None = None


class LogLine(msgspec.Struct, frozen=True, array_like=True):
    at_ns: int  # wall time
    level: str  # debug | info | warning | error
    source: str  # strategy | engine | gateway | supervisor
    text: str  # already washed


class Detail(msgspec.Struct, frozen=True, tag=True):
    """One instance in full; sent while watched, each part replaces the former one."""

    id: str
    at_ns: int
    widgets: tuple[dict[str, object], ...] = ()  # what render() returned, validated as data
    widgets_ns: int = 0  # when it was drawn
    bars: tuple[
        BarRow, ...
    ] = ()  # the last 600 of the instance's timeframe, the newest may be forming
    orders: tuple[Order, ...] = ()  # newest first
    fills: tuple[Fill, ...] = ()  # newest first
    log: tuple[LogLine, ...] = ()  # newest last
    schema: dict[str, object] = {}  # CONFIG_SCHEMA as plain data
    config: dict[str, object] = {}
    versions: tuple[ConfigVersion, ...] = ()  # newest first
    observe_orders: ObserveOrders = ObserveOrders.SHADOW
    exit_policy: ExitPolicy = ExitPolicy.CANCEL


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First message of the supervisor."""

    version: int
    epoch: int
    pid: int
    home: str
    started_ns: int
    supervisor: str  # who holds the lock, as a person reads it


class Result(msgspec.Struct, frozen=True, tag=True):
    """Answer to a command; `pending` may come first, then exactly one of `done` and `refused`."""

    id: str
    status: str  # pending | done | refused
    message: str = ""
    data: object = None
    code: int = 0  # the exit code a CLI ends with


class Goodbye(msgspec.Struct, frozen=True, tag=True):
    """Last message of a supervisor that a person stopped: nobody should start another by itself."""

    reason: str


class Attach(msgspec.Struct, frozen=True, tag=True):
    """First message of a client. `rate_hz` 0 means commands only, no pushes."""

    version: int = VERSION
    client: str = "console"
    rate_hz: float = 5.0


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Send `Detail` of this instance from now on; an empty id ends it."""

    id: str
    chart_columns: int = 240


class Command(msgspec.Struct, frozen=True, tag=True):
    """Do this. The verbs and arguments are those of the command line (see docs/commands.md)."""

    id: str
    verb: str  # instance.mode, instance.set, backtest.run, …
    args: dict[str, object] = {}
    who: str = ""


ToSupervisor = Attach | Watch | Command
FromSupervisor = Hello | Snapshot | Changed | Detail | Result | Goodbye
