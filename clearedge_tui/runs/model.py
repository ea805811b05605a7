"""A run as data: what was asked, what came out. Frozen, and the same on disk and on screen."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text


class BacktestSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked. Times are UTC ns; `end_ns` is exclusive; 0 is the edge of the data."""

    strategy: str
    market: str  # instrument id
    timeframe: str
    start_ns: int = 0
    end_ns: int = 0
    config: dict[str, object] = {}
    balance: Decimal = Decimal(100_000)
    maker_fee: Decimal = Decimal("0.0002")
    taker_fee: Decimal = Decimal("0.0005")
    fees_of: str = ""  # whose fees these are, see runs.fees
    fees: str = "rates"  # the models of costs by name, see runs.costs
    slippage: str = "none"
    latency: str = "none"
    funding: str = "none"
    borrow: str = "none"
    fill_at: str = "next_open"  # next_open | same_close (stamped on the report)
    seed: int = 1
    accept: tuple[str, ...] = ()  # findings about the data that somebody accepts, by name
    fetch: bool = True  # ask the market's source for what is missing
    data_sha256: str = ""  # refuse to run on other rows than these; "" takes what there is


def check_numbers(spec: BacktestSpec) -> None:
    """Raise UsageError for a whole number that no file or process can be told: beyond 64 bits."""
    own = {name: getattr(spec, name) for name in spec.__struct_fields__ if name != "config"}
    for name, value in {**own, **{f"config.{n}": v for n, v in spec.config.items()}}.items():
        try:
            msgspec.msgpack.encode(value)
        except OverflowError:
            raise UsageError(
                f"{name} is {clean_text(value, 60)}; wanted whole numbers of at most 64 bits"
            ) from None


class Progress(msgspec.Struct, frozen=True, tag=True):
    """Sent by a worker about ten times a second while it runs."""

    done: float  # 0..1
    bars: int
    equity: tuple[float, ...] = ()  # at most 120 points so far
    eta_s: float | None = None
    data_ns: int = 0


class Trade(msgspec.Struct, frozen=True):
    """One round trip, flat to flat or flip to flip. Money in the quote currency."""

    side: str  # long | short
    size: Decimal
    entry_ns: int
    entry_price: Decimal
    exit_ns: int
    exit_price: Decimal
    pnl: Decimal  # after fees
    fees: Decimal
    bars: int


class Curve(msgspec.Struct, frozen=True):
    """A series over time: UTC ns and values of the same length."""

    ts_ns: tuple[int, ...] = ()
    value: tuple[float, ...] = ()


class RunSummary(msgspec.Struct, frozen=True):
    """One line of the runs list."""

    run_id: str
    kind: str  # backtest | session
    status: str  # running | done | failed | cancelled
    strategy: str
    market: str  # as a person writes it
    timeframe: str
    start_ns: int
    end_ns: int
    created_ns: int
    duration_s: float
    simulated: bool
    metrics: dict[str, float | None] = {}
    error: str = ""
    trace_id: str = ""
    inputs_sha256: str = (
        ""  # of everything the result depends on; "" when the run did not get there
    )
    stamps: tuple[
        str, ...
    ] = ()  # what a reader must not overlook: zero cost, same close, simulated
    phase: str = ""  # of a session, see core/session


class DataUsed(msgspec.Struct, frozen=True):
    """The rows a run has seen: `sha256` names them whatever files they lie in."""

    series: str
    sha256: str
    rows: int
    first_ns: int
    last_ns: int
    stamp: str  # of the files at that time
    accepted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Section(msgspec.Struct, frozen=True):
    """Lines under a title, as a person reads them."""

    title: str
    lines: tuple[str, ...]


class RunReport(msgspec.Struct, frozen=True, tag=True):
    """Everything a report shows. Curves are decimated for the screen; the full ones are Parquet."""

    summary: RunSummary
    spec: BacktestSpec
    bars: int
    currency: str
    equity: Curve = Curve()
    buy_hold: Curve = Curve()
    drawdown: Curve = Curve()
    monthly: dict[str, float] = {}  # "2022-01" -> return
    trades: tuple[Trade, ...] = ()  # newest first, at most 500; `trades_total` says how many exist
    trades_total: int = 0
    conventions: tuple[str, ...] = ()  # fill, fee and data conventions, one line each
    paths: dict[str, str] = {}
    data: tuple[DataUsed, ...] = ()
    session: str = ""  # the instance whose session it was
    sections: tuple[Section, ...] = ()  # of a session: phases, its last orders and fills
