"""What weights earn: decided at the close of a bar, held over the next ones, paid for when traded.

A target is a share of equity a market, decided with what is known at its bar; it earns from the next
bar on. Between targets weights drift with prices. Costs are a share of what is traded (the sum of
absolute changes of weight) and are taken off the return of the bar after. Cash earns nothing. A
market without a price stands still until it has one again, and is sold at its last one.
"""

from dataclasses import dataclass

import numpy as np

from clearedge_tui.research.multi.prices import changes
from clearedge_tui.research.stats.series import Floats, Ints


@dataclass(frozen=True, slots=True)
class Account:
    """Of paths (variants, twins) side by side."""

    returns: Floats  # paths x (bars - 1), after costs
    turnover: Floats  # paths x (bars - 1), traded at the close before
    weights: Floats  # bars x markets after the close's trades, of the first path


def account(prices: Floats, at: Ints, targets: Floats, cost: float) -> Account:
    """Run targets (decisions x paths x markets) decided at bars `at`, in order.

    Prices are bars x markets, or bars x paths x markets where each path has its own. A row of NaN
    leaves that path as it is. Equity that is lost stays lost: the return is -1 once,
    then 0.
    """
    moved = changes(prices)
    paths, markets = targets.shape[1:]
    held = np.zeros((paths, markets))
    returns, turnover = np.zeros((2, paths, len(moved)))
    weights = np.zeros((len(prices), markets))
    alive = np.ones(paths)
    rows = dict(zip(at.tolist(), range(len(at)), strict=True))
    for bar in range(len(prices)):
        row = rows.get(bar)
        traded = np.zeros(paths)
        if row is not None:
            wanted = np.where(np.isnan(targets[row]), held, targets[row]) * alive[:, None]
            traded = np.abs(wanted - held).sum(axis=1)
            held = wanted
        weights[bar] = held[0]
        if bar == len(moved):
            break
        earned = held @ moved[bar] if moved.ndim == 2 else (held * moved[bar]).sum(axis=1)
        gained = earned - cost * traded
        lost = gained <= -1.0
        returns[:, bar] = np.where(lost, -1.0, gained) * alive
        turnover[:, bar] = traded
        alive = np.where(lost, 0.0, alive)
        held = held * (1.0 + moved[bar]) / np.where(lost, 1.0, 1.0 + gained)[:, None]
        held *= alive[:, None]
    return Account(returns, turnover, weights)
