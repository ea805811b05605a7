"""What an execution hands to the report: the bars it saw and everything that happened on them."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from clearedge_tui.market.columns import Bars
from clearedge_tui.runs.carry import CashRow


class FillRow(NamedTuple):
    """One execution. `fee` is in the quote currency, positive is paid."""

    ts_ns: int
    order: str
    side: str  # buy | sell
    size: Decimal
    price: Decimal
    fee: Decimal
    maker: bool
    tag: str


@dataclass(slots=True)
class OrderRow:
    """One order as it stands; the host keeps it up to date."""

    id: str
    ts_ns: int
    side: str
    kind: str  # market | limit | stop | what a native strategy used
    size: Decimal
    price: Decimal | None
    filled: Decimal = Decimal(0)
    status: str = "sent"
    reason: str = ""
    tag: str = ""
    trigger: Decimal | None = None  # of a stop: the price that sets it off
    reduce_only: bool = False


@dataclass(slots=True)
class Outcome:
    """`seen` bars were shown to the strategy before it ended; `error` says why it ended early."""

    bars: Bars
    seen: int
    status: str = "done"  # done | failed | cancelled
    error: str = ""
    detail: str = ""  # full traceback, for the log
    fills: list[FillRow] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    cash: list[CashRow] = field(default_factory=list)  # funding and borrowing
    conventions: tuple[str, ...] = ()
    picture: dict[str, object] = field(default_factory=dict)  # the strategy's last render()
