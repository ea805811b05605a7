"""What a venue knows: markets, orders, fills, positions. No protocol, no clock, no sockets."""

from decimal import Decimal
from enum import StrEnum

import msgspec

ZERO = Decimal(0)


class Product(StrEnum):
    LINEAR = "linear"  # a perpetual, margined and settled in the quote coin
    SPOT = "spot"


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class Kind(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class Tif(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"


class Status(StrEnum):
    WAITING = "waiting"  # a stop whose price was not seen yet
    TRIGGERED = "triggered"  # told once, on the way from waiting to open
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One market. `id` is unique here; `symbol` is what the venue calls it."""

    id: str
    symbol: str
    product: Product
    base: str
    quote: str
    price_step: Decimal
    size_step: Decimal
    min_size: Decimal
    max_size: Decimal
    min_value: Decimal
    price: Decimal  # at the start
    maker_fee: Decimal
    taker_fee: Decimal
    half_spread: Decimal  # from the price to the best bid and to the best offer
    depth: tuple[Decimal, ...]  # sizes on each side from the best price on, one step apart
    leverage: Decimal = Decimal(10)


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it is asked for. `rising`: a stop waits for the price to rise to `trigger`."""

    market: str
    side: Side
    kind: Kind
    size: Decimal
    link: str = ""  # the client's own id
    price: Decimal | None = None
    trigger: Decimal | None = None
    rising: bool | None = None
    tif: Tif = Tif.GTC
    reduce_only: bool = False
    by_value: bool = False  # `size` is money of the quote coin (market orders of spot)
    fill_at_most: Decimal | None = None  # a fault: what the book gives at once


class Order(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    account: str
    asked: NewOrder
    status: Status
    size: Decimal
    price: Decimal | None
    trigger: Decimal | None
    created_ns: int
    updated_ns: int
    price_then: Decimal  # of the market when the order came
    filled: Decimal = ZERO
    value: Decimal = ZERO  # sum of price times size of its fills
    fee: Decimal = ZERO
    fee_coin: str = ""
    triggered: bool = False
    last: str = "new"  # what happened to it last: new, fill, amended, triggered, cancelled
    reason: str = ""  # why it was cancelled or rejected: a word of `Denial`, or `user`
    external: bool = False  # another person's, made past the API key

    @property
    def leaves(self) -> Decimal:
        return self.size - (self.value if self.asked.by_value else self.filled)

    @property
    def live(self) -> bool:
        return self.status in (Status.OPEN, Status.WAITING)

    @property
    def average(self) -> Decimal | None:
        return self.value / self.filled if self.filled else None


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    order_id: str
    link: str
    account: str
    market: str
    side: Side
    price: Decimal
    size: Decimal
    fee: Decimal
    fee_coin: str
    maker: bool
    at_ns: int
    closed: Decimal = ZERO  # how much of a position it closed
    realised: Decimal = ZERO
    number: int = 0
    order_filled: Decimal = ZERO  # of its order, this one included
    order_value: Decimal = ZERO


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A net position of a perpetual. `cost` is what its size was bought or sold for."""

    account: str
    market: str
    size: Decimal = ZERO  # below zero: short
    cost: Decimal = ZERO
    realised: Decimal = ZERO  # of all time, before fees
    opened_ns: int = 0
    updated_ns: int = 0

    @property
    def entry(self) -> Decimal:
        return self.cost / abs(self.size) if self.size else ZERO

    def profit(self, price: Decimal) -> Decimal:
        return (abs(self.size) * price - self.cost) * (1 if self.size > 0 else -1)


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """One coin of an account. `locked`: held by open orders of spot; `margin`: by positions."""

    account: str
    coin: str
    total: Decimal
    locked: Decimal = ZERO
    order_margin: Decimal = ZERO
    position_margin: Decimal = ZERO
    profit: Decimal = ZERO  # of open positions, at the price of now

    @property
    def free(self) -> Decimal:
        used = self.locked + self.order_margin + self.position_margin
        return max(ZERO, self.total + min(self.profit, ZERO) - used)


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What changed a balance without a trade; each front has its own name for its kind."""

    id: str
    account: str
    kind: str  # funding | transfer
    coin: str
    amount: Decimal
    at_ns: int
    market: str = ""


class Denial(StrEnum):
    """Why a venue says no; each front has its own code and words for it."""

    MARKET = "market"
    ORDER = "order"  # no such open order
    LINK = "link"  # the client's id was used before
    SIZE = "size"
    VALUE = "value"
    PRICE = "price"
    TRIGGER = "trigger"
    BALANCE = "balance"
    MARGIN = "margin"
    REDUCE_ONLY = "reduce_only"
    POST_ONLY = "post_only"
    SAME = "same"  # an amendment that changes nothing
    KEY = "key"
    SIGNATURE = "signature"
    CLOCK = "clock"
    RIGHT = "right"
    RATE = "rate"
    BANNED = "banned"
    PARAMS = "params"
    BUSY = "busy"


class Denied(Exception):
    """A refusal in the venue's name. `text` replaces the venue's usual words."""

    def __init__(self, denial: Denial, text: str = "", code: int | None = None) -> None:
        super().__init__(f"{denial} {text}".strip())
        self.denial, self.text, self.code = denial, text, code


Told = Order | Fill | Position | Balance
