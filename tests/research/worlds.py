"""Worlds in which the truth is known: markets, and strategies with no edge or with a planted one.

A market has clustered volatility, fat tails and a negative skew. A strategy is a set of variants
that are long or flat: it enters by chance and holds. In a world with an edge the market earns more
while the hidden signal is on, and variants enter with the signal, more or less. Costs are paid on
every entry and exit.
"""

from dataclasses import dataclass

import numpy as np

from clearedge_tui.research.stats.series import Bools, Floats

YEAR = 252
COST = 0.0005  # of the notional, each way
HOLD = 5  # bars
ODDS = 0.06  # of an entry on a flat bar
_VOLATILITY = 0.16 / YEAR**0.5


@dataclass(frozen=True)
class World:
    market: Floats  # periods
    variants: Bools  # periods x variants: who is long over the period
    twins: Floats  # twins x periods: random entries of the same odds, 1 when long
    twin_costs: Floats

    def returns(self, costs: float = 1.0) -> Floats:
        """Periods x variants, after costs times `costs`."""
        return self.market[:, None] * self.variants - costs * COST * turned(self.variants)


def turned(long: Bools) -> Floats:
    """1 on the periods in which a variant entered or had just left."""
    before = np.vstack([np.zeros((1, long.shape[1]), np.bool_), long[:-1]])
    result: Floats = (long != before).astype(np.float64)
    return result


def worlds(
    count: int, periods: int, variants: int, *, seed: int, drift: float = 0.0, edge: float = 0.0
) -> list[World]:
    """Return worlds. `drift` is the market's return a year; `edge` the annual Sharpe ratio, before
    costs and drift, of holding the market exactly while the signal is on."""
    random = np.random.default_rng(seed)
    markets = _markets(random, count, periods) + drift / YEAR
    long = _held(random.random((periods, 200)) < ODDS)
    twins, costs = long.T.astype(np.float64), COST * turned(long).T  # one set serves all
    signals = _held(random.random((periods, count)) < ODDS)
    made = []
    for n in range(count):
        signal = signals[:, n]
        gain = edge * _VOLATILITY / (YEAR * max(signal.mean(), 1e-9)) ** 0.5
        faith = random.random(variants)  # how much of the signal a variant sees
        sees = (random.random((periods, variants)) < faith) & _starts(signal)[:, None]
        by_chance = random.random((periods, variants)) < ODDS * (1.0 - faith)
        made.append(World(markets[n] + gain * signal, _held(sees | by_chance), twins, costs))
    return made


def _starts(long: Bools) -> Bools:
    """Every HOLD bars of a stretch, so that who follows the signal holds all of it."""
    since = np.arange(len(long)) - np.maximum.accumulate(np.where(long, -1, np.arange(len(long))))
    result: Bools = long & ((since - 1) % HOLD == 0)
    return result


def _held(starts: Bools) -> Bools:
    """Long for HOLD bars from each start."""
    summed = np.cumsum(starts, axis=0, dtype=np.int32)
    before = np.zeros_like(summed)
    before[HOLD:] = summed[:-HOLD]
    return np.asarray(summed > before)


def _markets(random: np.random.Generator, count: int, periods: int) -> Floats:
    shocks = random.standard_t(5, (count, periods))
    shocks = np.where(shocks < 0, 1.15 * shocks, shocks)
    shocks = (shocks - shocks.mean()) / shocks.std()
    log_volatility = np.empty((count, periods))
    steps = 0.12 * random.standard_normal((count, periods))
    last = np.zeros(count)
    for n in range(periods):
        last = 0.97 * last + steps[:, n]
        log_volatility[:, n] = last
    made = shocks * np.exp(log_volatility)
    result: Floats = made / made.std(axis=1, keepdims=True) * _VOLATILITY
    return result
