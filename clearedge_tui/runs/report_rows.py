"""What a report is told piece by piece: pages of trades, one trade in full, bars, files."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.model import BarRow

PAGE = 100  # trades a page


class TradeRow(msgspec.Struct, frozen=True, array_like=True):
    """One round trip as the list of trades shows it. Times are UTC ns; money after fees."""

    number: int
    side: str  # long | short
    size: Decimal
    entry_ns: int
    entry_price: Decimal
    exit_ns: int
    exit_price: Decimal
    pnl: Decimal
    fees: Decimal
    bars: int
    share: float  # PnL / (size * entry price)
    mae: float | None = None  # None: the run's bars were not there
    mfe: float | None = None
    entry_tag: str = ""
    exit_tag: str = ""
    pnl_so_far: float = 0.0


class TradePage(msgspec.Struct, frozen=True):
    """Some of the trades that match, in the order asked for, and sums over all that match."""

    total: int  # of the run
    matched: int
    offset: int
    rows: tuple[TradeRow, ...]
    pnl: float = 0.0
    won: int = 0


class OrderLine(msgspec.Struct, frozen=True):
    """An order of a trade as it ended."""

    id: str
    ts_ns: int
    side: str
    kind: str
    size: Decimal
    price: Decimal | None
    filled: Decimal
    status: str
    reason: str
    tag: str


class FillLine(msgspec.Struct, frozen=True):
    """An execution of a trade."""

    ts_ns: int
    order: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    maker: bool | None  # None: its book does not say
    tag: str


class TradeMark(msgspec.Struct, frozen=True, array_like=True):
    """Where a trade was entered and left."""

    number: int
    long: bool
    entry_ns: int
    entry_price: float
    exit_ns: int
    exit_price: float
    pnl: float


class RunBars(msgspec.Struct, frozen=True):
    """A stretch of the bars of a run; `every` of them make one row. `problem`: why there are none."""

    bars: tuple[BarRow, ...] = ()
    every: int = 1
    first_ns: int = 0  # of all bars of the run
    last_ns: int = 0
    marks: tuple[TradeMark, ...] = ()  # of trades inside, oldest first
    left_out: int = 0  # trades inside that are not among `marks`
    problem: str = ""


class OneTrade(msgspec.Struct, frozen=True):
    """One trade in full. `before` and `after` are its neighbours in the list, 0 is none."""

    row: TradeRow
    place: int  # in the list, from 1; 0 when the filter leaves it out
    matched: int
    before: int
    after: int
    orders: tuple[OrderLine, ...]
    fills: tuple[FillLine, ...]
    log: tuple[str, ...]  # what the strategy said from a little before to a little after
    left_out: int = 0  # fills that are not among `fills`


class FileRow(msgspec.Struct, frozen=True, array_like=True):
    """A file of a run's folder."""

    name: str
    bytes: int


class Happened(msgspec.Struct, frozen=True, array_like=True):
    """One line of a run's journal."""

    ts_ns: int
    event: str
    status: str
    text: str


class RunPast(msgspec.Struct, frozen=True):
    """How a run came about: its journal, its files, and what people wrote on it."""

    happened: tuple[Happened, ...] = ()
    files: tuple[FileRow, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()  # of what went in, by name
    tags: tuple[str, ...] = ()
    note: str = ""
    problem: str = ""  # of the journal: it was changed, or cannot be read
