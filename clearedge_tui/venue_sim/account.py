"""What one account holds: coins, positions, and what its open orders keep back."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from clearedge_tui.venue_sim.model import (
    ZERO,
    Balance,
    Fill,
    Kind,
    Market,
    Order,
    Position,
    Product,
    Side,
    Status,
)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Who may log in. `rights` are words of our own that each front translates."""

    name: str = "main"
    key: str = "sim-key"
    secret: str = "sim-secret"  # noqa: S105  # of a venue that is not there
    rights: tuple[str, ...] = ("read", "trade")  # and `withdraw`
    coins: dict[str, Decimal] = msgspec.field(
        default_factory=lambda: {"USDT": Decimal(100_000), "BTC": Decimal(1), "ETH": Decimal(10)}
    )


def after_fill(position: Position, side: Side, price: Decimal, size: Decimal) -> Position:
    """Return the position after a fill; what closes it turns from cost into realised profit.

    Sums stay exact: a part that closes takes its share of the cost along, and the last part takes
    the rest.
    """
    sign = side.sign
    closing = min(abs(position.size), size) if position.size * sign < 0 else ZERO
    opening = size - closing
    whole = closing == abs(position.size)
    gone = position.cost if whole else position.cost * closing / abs(position.size)
    realised = (closing * price - gone) * -sign if closing else ZERO
    return msgspec.structs.replace(
        position,
        size=position.size + sign * size,
        cost=(position.cost - gone if closing else position.cost) + opening * price,
        realised=position.realised + realised,
    )


class Holdings:
    """The coins and positions of one account, changed by fills alone."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.coins = dict(account.coins)
        self.positions: dict[str, Position] = {}

    def position(self, market: str) -> Position:
        return self.positions.get(market) or Position(account=self.account.name, market=market)

    def add(self, coin: str, amount: Decimal) -> None:
        self.coins[coin] = self.coins.get(coin, ZERO) + amount

    def apply(self, market: Market, fill: Fill) -> Fill:
        """Book a fill and return it with what it closed and realised."""
        if market.product is Product.SPOT:
            self.add(market.base, fill.side.sign * fill.size)
            self.add(market.quote, -fill.side.sign * fill.size * fill.price)
            self.add(fill.fee_coin, -fill.fee)
            return fill
        before = self.position(market.id)
        after = after_fill(before, fill.side, fill.price, fill.size)
        opened = before.opened_ns if before.size * after.size > 0 else fill.at_ns
        self.positions[market.id] = msgspec.structs.replace(
            after, opened_ns=opened, updated_ns=fill.at_ns
        )
        realised = after.realised - before.realised
        self.add(market.quote, realised - fill.fee)
        closed = min(abs(before.size), fill.size) if before.size * fill.side.sign < 0 else ZERO
        return msgspec.structs.replace(fill, closed=closed, realised=realised)

    def locked(self, market: Market, order: Order) -> tuple[str, Decimal]:
        """Return the coin and amount that an open order of spot keeps back."""
        if order.status is not Status.OPEN:
            return market.quote, ZERO
        if order.asked.side is Side.SELL:
            return market.base, order.leaves
        return market.quote, order.leaves * (order.price or ZERO)

    def margin(self, market: Market, order: Order) -> Decimal:
        """Return the margin an open order of a perpetual asks for, beyond what it would close."""
        if order.asked.reduce_only or order.asked.kind is Kind.MARKET:
            return ZERO
        held = self.position(market.id).size
        opposite = abs(held) if held * order.asked.side.sign < 0 else ZERO
        opening = max(ZERO, order.leaves - opposite)
        return opening * (order.price or ZERO) / market.leverage

    def balance(
        self,
        coin: str,
        markets: dict[str, Market],
        prices: dict[str, Decimal],
        orders: Iterable[Order],
    ) -> Balance:
        """Return a coin with what orders and positions keep back of it."""
        locked = order_margin = ZERO
        for order in orders:
            market = markets[order.asked.market]
            if market.product is Product.SPOT:
                held, amount = self.locked(market, order)
                locked += amount if held == coin else ZERO
            elif market.quote == coin and order.status is Status.OPEN:
                order_margin += self.margin(market, order)
        open_ = [p for p in self.positions.values() if p.size and markets[p.market].quote == coin]
        return Balance(
            account=self.account.name,
            coin=coin,
            total=self.coins.get(coin, ZERO),
            locked=locked,
            order_margin=order_margin,
            position_margin=sum((p.cost / markets[p.market].leverage for p in open_), ZERO),
            profit=sum((p.profit(prices[p.market]) for p in open_), ZERO),
        )
