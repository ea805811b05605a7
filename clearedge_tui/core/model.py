"""The words of the product as types: what crosses a border is one of these, frozen."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Mode(StrEnum):
    """What a person declares. Rising is a recorded act; falling is always allowed."""

    OFF = "off"
    OBSERVE = "observe"
    ACTIVE = "active"

    @property
    def rank(self) -> int:
        return ("off", "observe", "active").index(self.value)


class EngineState(StrEnum):
    """What is known of the process behind an instance, an account or a job."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RELOADING = "reloading"
    STOPPING = "stopping"
    PAUSED = "paused"  # a runtime freeze, not a mode
    STALLED = "stalled"  # alive, but a callback does not return
    BACKOFF = "back-off"  # died; the next start has a time
    FAULTED = "faulted"  # strategy code failed; a person or a changed file clears it
    FAILED = "failed"  # too many restarts; a person clears it
    UNKNOWN = "unknown"  # nobody has told us yet


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    IDLE = "idle"
    UNKNOWN = "unknown"


class Book(StrEnum):
    """Which ledger a number belongs to. Two books never mix."""

    SHADOW = "shadow"
    PAPER = "paper"
    LIVE = "live"


class AccountKind(StrEnum):
    PAPER = "paper"
    LIVE = "live"


class ObserveOrders(StrEnum):
    """What an order does while its instance observes."""

    SHADOW = "shadow"  # a simulated book fills it
    DENY = "deny"  # OrderNotAllowed is raised


class ExitPolicy(StrEnum):
    """What happens to orders and position when an instance leaves `active`."""

    LEAVE = "leave"
    CANCEL = "cancel"
    FLATTEN = "flatten"


class OrderStatus(StrEnum):
    SENT = "sent"
    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"  # by the venue
    DENIED = "denied"  # by our own gate, with the reason
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_OPEN = frozenset({OrderStatus.SENT, OrderStatus.OPEN, OrderStatus.PARTIAL, OrderStatus.UNKNOWN})


class Order(msgspec.Struct, frozen=True):
    """One order as the ledger knows it. Times are UTC ns; `price` is None for a market order."""

    id: str
    instance: str
    book: Book
    market: str
    side: str  # buy | sell
    kind: str  # market | limit | stop
    size: Decimal
    price: Decimal | None = None
    filled: Decimal = Decimal(0)
    avg_price: Decimal | None = None
    status: OrderStatus = OrderStatus.SENT
    reason: str = ""
    tag: str = ""
    at_ns: int = 0  # data time of the decision
    updated_ns: int = 0
    trigger: Decimal | None = None  # the price that sets a stop order off


class Fill(msgspec.Struct, frozen=True):
    """One execution. `fee` is in the quote currency, positive is paid."""

    id: str
    order: str
    instance: str
    book: Book
    market: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    at_ns: int  # data time
    realised: Decimal = Decimal(0)  # PnL this fill closed, before its fee


class Position(msgspec.Struct, frozen=True):
    """Signed size (long > 0), average entry price, realised PnL before fees, fees paid."""

    size: Decimal = Decimal(0)
    avg_price: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)

    def unrealised(self, price: Decimal) -> Decimal:
        return (price - self.avg_price) * self.size

    def total(self, price: Decimal | None) -> Decimal:
        """PnL after fees, marked at `price` (entry price when there is none)."""
        open_pnl = self.unrealised(price) if price is not None and self.size else Decimal(0)
        return self.realised - self.fees + open_pnl


class BarRow(msgspec.Struct, frozen=True, array_like=True):
    """One bar for charts: close time in UTC ns, floats."""

    ts_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class TickCounts(msgspec.Struct, frozen=True):
    """What became of the ticks that came, of one market or of all of an account's."""

    passed: int = 0
    odd: int = 0  # prices far away from the last ones
    reordered: int = 0  # came late and were put in order
    conflated: int = 0  # quotes left out for newer ones in a burst
    gaps: int = 0  # spans without ticks, or of which the feed said that it was away
    last: str = ""  # the newest reason for holding one back, with its number
    reasons: dict[str, int] = {}  # how many were held back, by reason

    @property
    def dropped(self) -> int:
        return sum(self.reasons.values())

    def __add__(self, other: "TickCounts") -> "TickCounts":
        names = {**self.reasons, **other.reasons}
        return TickCounts(
            passed=self.passed + other.passed,
            odd=self.odd + other.odd,
            reordered=self.reordered + other.reordered,
            conflated=self.conflated + other.conflated,
            gaps=self.gaps + other.gaps,
            last=other.last or self.last,
            reasons={n: self.reasons.get(n, 0) + other.reasons.get(n, 0) for n in names},
        )

    def text(self) -> str:
        """Return it in a line; what did not happen is not in it."""
        why = ", ".join(f"{name} {n:,}" for name, n in sorted(self.reasons.items()))
        parts = (
            (self.passed, f"{self.passed:,} passed"),
            (self.dropped, f"{self.dropped:,} held back ({why})"),
            (self.reordered, f"{self.reordered:,} late and put in order"),
            (self.conflated, f"{self.conflated:,} quotes left out for newer ones"),
            (self.odd, f"{self.odd:,} far away"),
            (self.gaps, f"{self.gaps:,} gaps" if self.gaps > 1 else "1 gap"),
        )
        return ", ".join(text for count, text in parts if count)


class Instance(msgspec.Struct, frozen=True):
    """One declared deployment. The first five fields never change (a trigger refuses it)."""

    id: str
    strategy: str
    account: str
    market: str  # instrument id, e.g. BTCUSDT.LOCAL
    timeframe: str  # 1m, 5m, 1h, 1d
    mode: Mode = Mode.OFF
    config: dict[str, object] = {}
    config_version: int = 1
    observe_orders: ObserveOrders = ObserveOrders.SHADOW
    exit_policy: ExitPolicy = ExitPolicy.CANCEL
    armed: bool = False  # may come back in `active` after an unclean end
    resume_mode: Mode = Mode.OBSERVE  # what `start` returns to
    created_ns: int = 0
    stop_at: str = ""  # when it goes to `off` by itself, see core/stop_at; empty is never
    started_ns: int = 0  # when it was last declared anything but `off`
    stop_ns: int = 0  # the moment that `stop_at` means for this start; 0 is never


class ConfigVersion(msgspec.Struct, frozen=True):
    """One saved state of an instance's settings, and who made it."""

    version: int
    at_ns: int
    who: str
    diff: str  # "fast 12 -> 10, slow 48 -> 40"
    config: dict[str, object]
