"""How often the hard gates together let luck through, and how often they let an edge through.

Figures of these runs and of wider ones are in docs/research.md.
"""

from collections import Counter

import numpy as np
import pytest

from clearedge_tui.research import evidence as made
from clearedge_tui.research.gates import Evidence, Gate, State, ladder
from clearedge_tui.research.readiness import readiness
from clearedge_tui.research.stats import curve_figures, rule, sharpe, wf
from clearedge_tui.research.stats.moments import moments, sharpe_over
from clearedge_tui.research.stats.pbo import cscv
from clearedge_tui.research.stats.series import Floats
from tests.research.worlds import YEAR, World, turned, worlds

PERIODS, VARIANTS = 1260, 20
TRAIN = 0.7


def annual(returns: Floats) -> float:
    return moments(returns).sharpe * float(np.sqrt(YEAR))


def walked(world: World, returns: Floats) -> tuple[Floats, Floats]:
    """Test windows of the variant that was best in the training window before each, and the market
    over the same windows."""
    windows = wf.by_count(0, len(returns), 5, train_to_test=2.0)
    parts = []
    for window in windows:
        train = curve_figures.sharpe(returns[window.train_start : window.train_end].T)
        best = int(np.nanargmax(train))
        parts.append(returns[window.test_start : window.test_end, best])
    return np.concatenate(parts), world.market[windows[0].test_start :]


def twin_sharpes(world: World) -> Floats:
    """Of random entries, by sums: a twin's return is the market's while it is long, less costs."""
    long, cost, periods = world.twins, world.twin_costs, len(world.market)
    mean = (long @ world.market - cost.sum(axis=1)) / periods
    square = long @ world.market**2 - 2 * (cost * long) @ world.market + (cost**2).sum(axis=1)
    deviation = np.sqrt((square - periods * mean**2) / (periods - 1))
    result: Floats = mean / deviation
    return result


def climbed(world: World) -> tuple[Gate, ...]:
    """One strategy up the ladder: choose on the training part, then show all the gates ask."""
    returns, dear = world.returns(), world.returns(2.0)
    split = int(len(returns) * TRAIN)
    ratios = curve_figures.sharpe(returns.T)
    best = int(np.argmax(curve_figures.sharpe(returns[:split].T)))
    chosen = returns[:, best]
    trades = int(turned(world.variants)[:, best].sum() // 2)
    tested = rule.judge(moments(chosen).sharpe, twin_sharpes(world), trades)
    variance = sharpe.trial_variance(ratios)
    outside, market = walked(world, returns)
    return ladder(
        {
            "rule": made.of_rule("r", tested.p),
            "held_out": made.measured("r", lambda: annual(returns[split:, best])),
            "walk_forward": made.measured("r", lambda: annual(outside)),
            "dsr": made.measured(
                "r", lambda: sharpe.deflated(moments(chosen), returns.shape[1], variance).dsr
            ),
            "pbo": made.measured("r", lambda: cscv(returns, 8).pbo),
            "cost": Evidence("r", float(np.prod(1.0 + dear[:, best])) - 1.0),
            "trades": Evidence("r", float(trades)),
            "buy_hold": made.measured("r", lambda: sharpe_over(outside, market, YEAR)),
        }
    )


def rates(made_worlds: list[World]) -> tuple[float, dict[str, float]]:
    """Share of strategies that are ready, and share that pass each gate."""
    ready, passed = 0, Counter[str]()
    for world in made_worlds:
        gates = climbed(world)
        assert all(gate.state is not State.NOT_RUN for gate in gates if gate.hard)
        ready += readiness(gates).ready
        passed.update(gate.name for gate in gates if gate.state is State.PASS)
    count = len(made_worlds)
    return ready / count, {name: number / count for name, number in passed.items()}


def test_of_a_thousand_strategies_without_an_edge_at_most_one_in_a_hundred_is_ready() -> None:
    """In markets that go nowhere, that rise by 8 % a year and that rise by 20 %."""
    still, flat = rates(worlds(400, PERIODS, VARIANTS, seed=11))
    rising, up = rates(worlds(300, PERIODS, VARIANTS, seed=12, drift=0.08))
    steep, _ = rates(worlds(300, PERIODS, VARIANTS, seed=13, drift=0.20))
    assert 0.4 * still + 0.3 * rising + 0.3 * steep <= 0.01
    assert flat["rule"] > 0.2  # after choosing the best of twenty: one gate alone does not hold
    assert up["held_out"] > 0.2


@pytest.mark.parametrize(("edge", "stated"), [(2.0, 0.29), (3.0, 0.67)])
def test_a_planted_edge_is_found_as_often_as_stated(edge: float, stated: float) -> None:
    found, _ = rates(worlds(150, PERIODS, VARIANTS, seed=13, edge=edge))
    assert abs(found - stated) < 0.1
