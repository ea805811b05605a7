"""Each sample strategy's backtest equals an independent calculation: fills, fees and the end."""

from decimal import Decimal
from pathlib import Path

import pytest

from clearedge_tui.market.columns import Bars
from clearedge_tui.market.markets import Market
from clearedge_tui.market.simulated import market as simulated_market
from tests.backtest.box import (
    BTC,
    FIRST,
    MINUTE,
    STRATEGIES,
    execute,
    final_equity,
    import_btc,
    make_home,
    sim_bars,
)
from tests.strategies import independent
from tests.strategies.independent import Books

CONFIGS: dict[str, dict[str, object]] = {
    "ema_cross": {"fast": 10, "slow": 30, "size": "0.2", "short": True},
    "native_ema": {"fast": 12, "slow": 48, "size": "0.1"},
    "donchian_breakout": {
        "entry": 40,
        "leave": 15,
        "atr": 20,
        "risk": "50",
        "stop": 2.0,
        "most": "1",
    },
    "rsi_pullback": {
        "trend": 100,
        "length": 14,
        "buy_below": 38.0,
        "sell_above": 55.0,
        "patience": 40,
    },
    "grid_maker": {"levels": 6, "step": "0.4", "size": "0.05"},
}


def by_hand(name: str, bars: Bars, market: Market) -> Books:
    if name == "ema_cross":
        return independent.ema_cross(bars, 10, 30, Decimal("0.2"), short=True)
    if name == "native_ema":
        return independent.ema_cross(bars, 12, 48, Decimal("0.1"))
    if name == "donchian_breakout":
        money = (Decimal(50), Decimal("2.0"), Decimal(1))
        return independent.donchian_breakout(bars, 40, 15, 20, *money)
    if name == "rsi_pullback":
        return independent.rsi_pullback(bars, 100, 14, 38.0, 55.0, 40, Decimal("0.1"))
    return independent.grid_maker(bars, 6, Decimal("0.4"), Decimal("0.05"), market.info.price_step)


def check(name: str, bars: Bars, market: Market, folder: Path) -> None:
    outcome = execute(STRATEGIES / f"{name}.py", bars, folder, CONFIGS[name], market)
    wanted = by_hand(name, bars, market)
    assert (outcome.status, outcome.error) == ("done", "")
    found = [
        (
            int((fill.ts_ns - 1 - int(bars.ts_ns[0]) + MINUTE) // MINUTE),
            fill.side,
            fill.size,
            fill.price,
        )
        for fill in outcome.fills
    ]
    assert len(found) > 10
    assert found == wanted.fills
    assert sum(fill.fee for fill in outcome.fills) == pytest.approx(
        wanted.fees, abs=Decimal("0.001")
    )
    end = wanted.equity(float(bars.close[-1]))
    assert final_equity(outcome) == pytest.approx(end, abs=Decimal("0.001"))


@pytest.mark.parametrize("name", CONFIGS)
def test_sample_equals_independent_calculation_on_simulated_bars(name: str, tmp_path: Path) -> None:
    bars = sim_bars(8000)
    assert int(bars.ts_ns[0]) == (FIRST + 1) * MINUTE
    check(name, bars, simulated_market(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_sample_equals_independent_calculation_on_btc(
    name: str, tmp_path: Path, real_data: Path
) -> None:
    bars = import_btc(make_home(tmp_path / "home"), real_data)
    assert len(bars) == 45_031
    check(name, bars, BTC, tmp_path)
