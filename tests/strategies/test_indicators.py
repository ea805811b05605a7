"""Indicators against independent calculations over whole arrays, and the oldest published example."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.contract.indicators import Atr, Donchian, Ema, Rsi, Sma, StdDev, Wilder
from tests.backtest.box import sim_bars
from tests.strategies import independent

BARS = sim_bars(700)

series = st.lists(st.floats(1, 1e6), min_size=1, max_size=80)
lengths = st.integers(1, 30)


def same(found: list[float | None], wanted: list[float]) -> bool:
    return len(found) == len(wanted) and all(
        (f is None)
        if math.isnan(w)
        else f is not None and math.isclose(f, w, rel_tol=1e-9, abs_tol=1e-9)
        for f, w in zip(found, wanted, strict=True)
    )


@given(series, lengths)
def test_simple_average_and_deviation(values: list[float], length: int) -> None:
    mean, spread = Sma(length), StdDev(length)
    for n, value in enumerate(values, 1):
        found, width = mean.update(value), spread.update(value)
        if n < length:
            assert (found, width) == (None, None)
        else:
            window = values[n - length : n]
            assert found == pytest.approx(statistics.fmean(window))
            assert width == pytest.approx(
                statistics.pstdev(window), rel=1e-6, abs=1e-6 * max(window)
            )


@given(series, lengths)
def test_exponential_average(values: list[float], length: int) -> None:
    ema = Ema(length)
    found = [ema.update(value) for value in values]
    assert same(found, independent.averages(np.array(values), length).tolist())
    assert ema.points() == found


@given(series, lengths)
def test_highest_and_lowest(values: list[float], length: int) -> None:
    channel = Donchian(length)
    for n, value in enumerate(values, 1):
        channel.update(value, value / 2)
        window = values[max(0, n - length) : n]
        if n < length:
            assert (channel.upper, channel.lower, channel.value) == (None, None, None)
        else:
            assert (channel.upper, channel.lower) == (max(window), min(window) / 2)
            assert channel.value == (max(window) + min(window) / 2) / 2


@pytest.mark.parametrize("length", [2, 5, 14, 50])
def test_strength_index(length: int) -> None:
    rsi = Rsi(length)
    found = [rsi.update(close) for close in BARS.close.tolist()]
    assert same(found, independent.strength(BARS.close, length).tolist())


def test_strength_index_of_a_straight_line() -> None:
    up, down, flat = Rsi(5), Rsi(5), Rsi(5)
    for n in range(20):
        up.update(100.0 + n)
        down.update(100.0 - n)
        flat.update(100.0)
    assert (up.value, down.value, flat.value) == (100.0, 0.0, 50.0)


def test_strength_index_of_the_textbook_series() -> None:
    """Closes of the widely printed 14-day example, whose printed values are rounded on the way."""
    closes = [
        44.3389,
        44.0902,
        44.1497,
        43.6124,
        44.3278,
        44.8264,
        45.0955,
        45.4245,
        45.8433,
        46.0826,
    ]
    closes += [45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328]
    rsi = Rsi(14)
    found = [rsi.update(close) for close in closes][-3:]
    assert found == pytest.approx([70.53, 66.32, 66.55], abs=0.1)


@pytest.mark.parametrize("length", [1, 2, 14, 60])
def test_average_true_range(length: int) -> None:
    atr = Atr(length)
    rows = zip(BARS.high.tolist(), BARS.low.tolist(), BARS.close.tolist(), strict=True)
    found = [atr.update(*row) for row in rows]
    assert same(found, independent.wilder(independent.true_ranges(BARS), length).tolist())


@given(series, lengths)
def test_wilder(values: list[float], length: int) -> None:
    line = Wilder(length)
    found = [line.update(value) for value in values]
    wanted = independent.wilder(np.array(values), length) if len(values) >= length else None
    assert same(found, [math.nan] * len(values) if wanted is None else wanted.tolist())


@pytest.mark.parametrize("kind", [Sma, Ema, Wilder, Rsi, Atr, Donchian, StdDev])
def test_a_length_below_one_is_refused(kind: type[Sma]) -> None:
    with pytest.raises(ValueError, match="length 0"):
        kind(0)


def test_points_are_the_latest_six_hundred() -> None:
    ema = Ema(3)
    for n in range(1000):
        ema.update(float(n))
    assert len(ema.points()) == 600
    assert ema.points()[-1] == ema.value
