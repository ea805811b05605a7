"""What our processes say to engines and engines to each other. Frames of these cross the sockets."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.gate import Limits
from clearedge_tui.core.hand_messages import ByHand
from clearedge_tui.core.model import (
    BarRow,
    Book,
    ExitPolicy,
    Fill,
    Instance,
    Mode,
    ObserveOrders,
    Order,
    Position,
    TickCounts,
)
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.reconcile import Difference
from clearedge_tui.core.risk_messages import FromGateway, ToGateway
from clearedge_tui.core.session import Warmed


class MarketInfo(msgspec.Struct, frozen=True):
    """What an engine needs to know of a market; plain, so that it crosses processes."""

    id: str  # BTCUSDT.LOCAL
    symbol: str  # BTC/USDT
    base: str
    quote: str
    asset_class: str
    price_precision: int
    size_precision: int
    simulated: bool = False
    price_step: Decimal = Decimal(0)  # 0 becomes one unit of the precision
    step: Decimal = Decimal(0)
    min_size: Decimal = Decimal(0)  # zero is no limit
    max_size: Decimal = Decimal(0)
    min_notional: Decimal = Decimal(0)
    margin_init: Decimal | None = None  # share of the notional; None: the account's alone decides
    margin_maint: Decimal | None = None

    def __post_init__(self) -> None:
        for name, digits in (("price_step", self.price_precision), ("step", self.size_precision)):
            msgspec.structs.force_setattr(self, name, _step(getattr(self, name), digits))

    @property
    def limits(self) -> Limits | None:
        """Return what one order must keep to; None when the step says all."""
        free = self.min_size <= self.step and not self.max_size and not self.min_notional
        return None if free else Limits(self.min_size, self.max_size, self.min_notional)


def _step(step: Decimal, precision: int) -> Decimal:
    """Return a step with all digits of its precision."""
    unit = Decimal(1).scaleb(-precision)
    return step.quantize(unit) if step else unit


class LedgerRow(msgspec.Struct, frozen=True):
    """One instance's sums in one book. `today` counts from the last UTC midnight of the data."""

    instance: str
    book: Book
    position: Position
    price: Decimal | None = None
    total: Decimal = Decimal(0)
    today: Decimal = Decimal(0)
    day: int = 0  # UTC day number of `day_start`
    day_start: Decimal = Decimal(0)  # total PnL at that midnight
    open_orders: int = 0
    fills: int = 0
    spark: tuple[float, ...] = ()
    at_ns: int = 0


# ---- zygote ----------------------------------------------------------------------------------
class Fork(msgspec.Struct, frozen=True, tag=True):
    """Ask the zygote for a child. `target` is one of the names the zygote knows."""

    name: str
    target: str
    spec: bytes
    log: str


class Forked(msgspec.Struct, frozen=True, tag=True):
    name: str
    pid: int
    error: str = ""


class Exited(msgspec.Struct, frozen=True, tag=True):
    """A child ended. `code` is its exit code, or minus the signal's number."""

    pid: int
    code: int


# ---- supervisor -> engine ---------------------------------------------------------------------
class Lease(msgspec.Struct, frozen=True, tag=True):
    """I am the supervisor of this epoch. Engines obey the highest epoch they have heard."""

    epoch: int


class Attach(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: this process speaks for this instance; these are its books so far."""

    instance: Instance
    market: MarketInfo
    pid: int
    ledgers: tuple[LedgerRow, ...] = ()
    native: bool = False
    open: tuple[str, ...] = ()  # orders that the supervisor takes for open
    code: str = ""  # sha256 of the strategy file that the process was made of


class Detach(msgspec.Struct, frozen=True, tag=True):
    id: str


class SetMode(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: enforce this mode from now on; answered by `Done` with the same command."""

    command: str
    id: str
    mode: Mode
    observe_orders: ObserveOrders
    exit_policy: ExitPolicy


class CancelOrders(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: cancel what this instance has working (its code has failed)."""

    id: str


class SetConfig(msgspec.Struct, frozen=True, tag=True):
    """To an instance: these live fields changed."""

    command: str
    values: dict[str, object]
    version: int


class Freeze(msgspec.Struct, frozen=True, tag=True):
    """To an instance: a runtime freeze on or off; ticks pass by unseen while it is on."""

    command: str
    on: bool


class Watching(msgspec.Struct, frozen=True, tag=True):
    """To an instance: somebody looks at it, so draw often."""

    on: bool


class Keys(msgspec.Struct, frozen=True, tag=True):
    """To the gateway of a live account, over its own line: what it signs with. Never written down."""

    values: dict[str, str]

    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted(self.values))})"


class Resolve(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: a person adopts a difference, marks it external, or flattens. See `Done`."""

    command: str
    market: str
    kind: str
    subject: str
    how: str  # adopt | external | flatten
    instance: str = ""
    reason: str = ""


class Compared(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: its ledger was compared with the venue's own word."""

    at_ns: int
    markets: tuple[str, ...] = ()  # of which the comparison says something
    differences: tuple[Difference, ...] = ()
    balances: dict[str, Decimal] = {}
    skew_ms: float | None = None
    latency_ms: float = 0.0
    rights: tuple[str, ...] | None = None
    error: str = ""
    wallet: str = ""  # of derivatives: what is known of the balance, or why nothing is


class Unkill(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: a kill that a signal made is over. One with a file ends with its file."""


class Forget(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: an instance was removed; nothing of it is kept."""

    id: str


class SetSpeed(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: replay at this many times real time; 0 is as fast as possible."""

    command: str
    speed: float


class MarketChanged(msgspec.Struct, frozen=True, tag=True):
    """Steps or limits of a market are others now. To a gateway, which tells its instances."""

    market: MarketInfo


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Leave in good order; an instance saves its state first."""

    reason: str = ""


# ---- engine -> supervisor ---------------------------------------------------------------------
class Leased(msgspec.Struct, frozen=True, tag=True):
    """Answer to `Lease`: who I am and what I was started with."""

    name: str
    pid: int
    epoch: int
    subject: str  # account or instance
    code: str = ""  # sha256 of the strategy file
    config_version: int = 0
    attached: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True, tag=True):
    command: str
    error: str = ""
    mode: Mode | None = None
    id: str = ""
    data: dict[str, object] = {}  # of what only looks


class Beat(msgspec.Struct, frozen=True, tag=True):
    """An instance lives: sent twice a second from its main loop, so a stuck loop shows."""

    at_ns: int
    ticks: int
    tick_ns: int
    price: float | None
    config_version: int
    frozen: bool = False
    joined: bool = False
    native: bool = False
    slowest_ms: float = 0.0  # slowest callback since the last beat


class Fault(msgspec.Struct, frozen=True, tag=True):
    """The strategy's code failed; no callback runs until it is reloaded."""

    text: str  # one line with file and line
    detail: str = ""


class Said(msgspec.Struct, frozen=True, tag=True):
    at_ns: int
    level: str
    source: str
    text: str


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """What `render()` returned, and the bars under it."""

    at_ns: int
    widgets: tuple[dict[str, object], ...] = ()
    bars: tuple[BarRow, ...] = ()


class FeedStatus(msgspec.Struct, frozen=True, tag=True):
    """A gateway's feed and its account's sums, about twice a second."""

    at_ns: int
    clocks: dict[str, int]  # market -> data time its replay has reached
    speed: float
    done: float | None
    shadow: bool  # the shadow node is there
    modes: dict[str, Mode]
    error: str = ""
    ticks: TickCounts = TickCounts()
    recording: str = ""  # the name under which what comes is kept; empty: it is not
    silent_s: dict[str, float] = {}  # market -> since it was last heard
    waits: dict[str, str] = {}  # instance -> why nothing is entered for it now
    traded: tuple[MarketInfo, ...] = ()  # the markets as the gateway knows them
    ready: bool = True  # its book trades: of a live account, it was compared with the venue
    sockets: dict[str, str] = {}  # a venue's connections and their states


class Noted(msgspec.Struct, frozen=True, tag=True):
    """Something happened to a market of a gateway that belongs into the journal."""

    event: str
    market: str
    text: str
    payload: dict[str, object] = {}


class Ledgers(msgspec.Struct, frozen=True, tag=True):
    rows: tuple[LedgerRow, ...]


class OrderUpdate(msgspec.Struct, frozen=True, tag=True):
    order: Order


class FillUpdate(msgspec.Struct, frozen=True, tag=True):
    fill: Fill


# ---- instance <-> gateway ---------------------------------------------------------------------
class Join(msgspec.Struct, frozen=True, tag=True):
    id: str


class Joined(msgspec.Struct, frozen=True, tag=True):
    """The truth as the gateway has it, and the bars before now (base timeframe, oldest first)."""

    error: str = ""
    market: MarketInfo | None = None
    position: Position = Position()
    orders: tuple[Order, ...] = ()
    bars: tuple[BarRow, ...] = ()
    base_s: int = 60
    allowed: bool = True
    sessions: tuple[tuple[int, int], ...] = ()  # that longer bars keep to; empty: the UTC grid
    bars_from: str = ""  # where the bars are from


class TickMsg(msgspec.Struct, frozen=True, tag="t", omit_defaults=True):
    """A quote or a closed base bar. With `ack` the receiver answers `Ack` when it has thought.

    A `gap` is a feed's word that it was away until then; `volume` bars follow that fill it.
    """

    market: str
    kind: str  # bar | quote | gap
    ts_ns: int
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    ack: int = 0


class Gap(msgspec.Struct, frozen=True, tag=True):
    """To an instance: its market's ticks are missing from one moment to another."""

    from_ns: int
    until_ns: int
    text: str


class Ack(msgspec.Struct, frozen=True, tag="a"):
    seq: int


class Submit(msgspec.Struct, frozen=True, tag=True):
    id: str
    side: str
    size: Decimal
    price: Decimal | None = None
    reduce_only: bool = False
    tag: str = ""
    stop: Decimal | None = None  # the trigger of a stop order, which has no `price`

    @property
    def kind(self) -> str:
        if self.stop is not None:
            return "stop"
        return "market" if self.price is None else "limit"


class Cancel(msgspec.Struct, frozen=True, tag=True):
    id: str


class BookState(msgspec.Struct, frozen=True, tag=True):
    """To an instance: position and open orders of the book it now trades on."""

    position: Position
    orders: tuple[Order, ...]
    allowed: bool


# ---- gateway <-> shadow -----------------------------------------------------------------------
class BookOpen(msgspec.Struct, frozen=True, tag=True):
    instance: str
    market: MarketInfo


class BookSubmit(msgspec.Struct, frozen=True, tag=True):
    instance: str
    id: str
    market: str
    side: str
    size: Decimal
    price: Decimal | None
    stop: Decimal | None = None
    key: str = ""  # what a real venue is to know it by


class BookCancel(msgspec.Struct, frozen=True, tag=True):
    instance: str
    id: str


class BookShrink(msgspec.Struct, frozen=True, tag=True):
    """An order is to be of this size now, with what is filled of it."""

    instance: str
    id: str
    market: str
    size: Decimal


class BookEvent(msgspec.Struct, frozen=True, tag=True):
    """What a simulated or real venue did with an order."""

    instance: str
    id: str
    kind: str  # accepted | filled | cancelled | rejected | unknown | cancel_refused
    size: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    trade: str = ""
    reason: str = ""
    venue_id: str = ""
    base_fee: Decimal = Decimal(0)  # how much of the base currency the fee took; in `fee` already
    at_ns: int = 0  # the venue's time; 0 is the data's


class BookIdle(msgspec.Struct, frozen=True, tag=True):
    """A shadow node has worked through everything it was sent before this number."""

    seq: int


class BookSync(msgspec.Struct, frozen=True, tag=True):
    seq: int


ToEngine = (
    Lease
    | Keys
    | Attach
    | ToGateway
    | ByHand
    | Detach
    | Forget
    | Unkill
    | Resolve
    | SetMode
    | CancelOrders
    | SetConfig
    | Freeze
    | Watching
    | SetSpeed
    | MarketChanged
    | Stop
)
FromEngine = (
    Leased
    | Done
    | Beat
    | Fault
    | Said
    | Drawn
    | FeedStatus
    | Noted
    | Ledgers
    | OrderUpdate
    | FillUpdate
    | Receipt
    | Compared
    | Warmed
    | FromGateway
)
ToInstance = Joined | TickMsg | Gap | MarketChanged | BookState | OrderUpdate | FillUpdate
FromInstance = Join | Ack | Submit | Cancel
ToShadow = BookOpen | BookSubmit | BookCancel | BookShrink | BookSync | TickMsg | Stop | Lease
FromShadow = BookEvent | BookIdle | Leased
