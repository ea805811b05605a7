"""Prices that walk by a seed: the same seed, the same path."""

from random import Random

from clearedge_tui.venue_sim.exchange import Exchange


class Walk:
    """At most `steps` price steps a beat. Markets of one coin walk together, as theirs do."""

    def __init__(self, exchange: Exchange, seed: int, steps: int) -> None:
        self._exchange, self.steps = exchange, steps
        self._random = Random(f"walk {seed}")

    def step(self) -> None:
        if not self.steps:
            return
        bases = sorted({market.base for market in self._exchange.markets.values()})
        moves = {base: self._random.randint(-self.steps, self.steps) for base in bases}
        for market in self._exchange.markets.values():
            at = self._exchange.price(market.id)
            widest = max(market.price_step, market.half_spread)
            price = max(market.half_spread * 10, at + moves[market.base] * widest)
            self._exchange.move(market.id, price // market.price_step * market.price_step)
