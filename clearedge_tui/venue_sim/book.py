"""The order book of one market: a price, a spread, and sizes that are taken until the next beat."""

from decimal import Decimal

from clearedge_tui.venue_sim.model import ZERO, Market, Side

Level = tuple[Decimal, Decimal]  # price, size


class Book:
    def __init__(self, market: Market) -> None:
        self.market = market
        self.price = market.price
        self.depth = market.depth
        self._taken = {Side.BUY: [ZERO] * len(self.depth), Side.SELL: [ZERO] * len(self.depth)}

    def move(self, price: Decimal) -> None:
        """Set the price and fill the book up again."""
        self.price = price
        self.refresh()

    def refresh(self) -> None:
        for side in Side:
            self._taken[side] = [ZERO] * len(self.depth)

    def set_depth(self, sizes: list[Decimal]) -> None:
        self.depth = tuple(sizes)
        self.refresh()

    def best(self, resting: Side) -> Decimal:
        """Return the best price of the orders that rest on this side."""
        return self.price - resting.sign * self.market.half_spread

    def levels(self, resting: Side) -> list[Level]:
        """Return what rests on a side, the best first; a level that is taken is left out."""
        best, step = self.best(resting), self.market.price_step * -resting.sign
        rows = zip(self.depth, self._taken[resting], strict=True)
        found = [(best + step * at, size - gone) for at, (size, gone) in enumerate(rows)]
        return [(price, size) for price, size in found if size > 0 and price > 0]

    def shown(self, resting: Side) -> list[Level]:
        """Return what a side shows: when all of it is taken, a crumb beyond, for no book is empty."""
        beyond = self.best(resting) - resting.sign * self.market.price_step * len(self.depth)
        return self.levels(resting) or [(beyond, self.market.min_size)]

    def offer(self, taker: Side, size: Decimal, limit: Decimal | None) -> list[Level]:
        """Return what a taker of `size` would get, up to his limit; nothing is taken yet."""
        given: list[Level] = []
        for price, there in self.levels(taker.other):
            beyond = limit is not None and (price - limit) * taker.sign > 0
            if size <= 0 or beyond:
                break
            given.append((price, min(size, there)))
            size -= given[-1][1]
        return given

    def offer_for(self, taker: Side, money: Decimal, step: Decimal) -> list[Level]:
        """Return what a taker gets for a sum of money, in whole steps of size."""
        given: list[Level] = []
        for price, there in self.levels(taker.other):
            size = min(there, money / price // step * step)
            if size <= 0:
                break
            given.append((price, size))
            money -= price * size
        return given

    def take(self, taker: Side, price: Decimal, size: Decimal) -> None:
        """Take `size` from the levels at and better than `price`."""
        best, step = self.best(taker.other), self.market.price_step * taker.sign
        taken = self._taken[taker.other]
        for at, whole in enumerate(self.depth):
            if size <= 0 or (best + step * at - price) * taker.sign > 0:
                return
            here = min(size, whole - taken[at])
            taken[at] += here
            size -= here
