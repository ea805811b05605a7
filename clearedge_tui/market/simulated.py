"""A seeded simulated market of one-minute bars that never ends and can start at any minute.

Each UTC day is made from (seed, day) alone, so no bar depends on where one began. The level at
midnight is noise on ten time scales (from a day to about three years), which wanders like a
market and stays bounded; inside a day the path is a bridge between the two midnights, with calm
and rough spells. Nothing here is a forecast: it exercises strategies, it does not prove them.
"""

from functools import lru_cache

import numpy as np

from clearedge_tui.market.columns import Bars, Floats, empty, joined
from clearedge_tui.market.markets import Market, describe

MINUTE_NS = 60_000_000_000
_DAY = 1440
_STEPS = 8  # path points inside a minute, for its high and low
_START = 1000.0
_OCTAVES = 10
_DAILY = 0.02  # standard deviation of the shortest scale, as log return


def market() -> Market:
    """Return the simulated market; its venue says what it is wherever the id shows."""
    return describe("SIM/USDT", "SIMULATED", "crypto", 2, "simulated, seeded", simulated=True)


def bars(seed: int, first_minute: int, count: int) -> Bars:
    """Return `count` bars from minute `first_minute` (whole minutes since 1970, UTC)."""
    if count <= 0:
        return empty()
    parts = []
    minute, left = first_minute, count
    while left > 0:
        day, offset = divmod(minute, _DAY)
        take = min(left, _DAY - offset)
        parts.append(_day(seed, day).slice(offset, offset + take))
        minute += take
        left -= take
    return joined(parts)


def _level(seed: int, day: int) -> float:
    """Return the log price at the midnight that starts `day`."""
    level = 0.0
    for octave in range(_OCTAVES):
        length = 1 << octave
        cell, inside = divmod(day, length)
        share = inside / length
        smooth = share * share * (3 - 2 * share)
        left, right = (_normal(seed, octave, c) for c in (cell, cell + 1))
        level += _DAILY * length**0.5 * (left + (right - left) * smooth)
    return level


@lru_cache(maxsize=4096)
def _normal(seed: int, octave: int, cell: int) -> float:
    key = np.random.SeedSequence([abs(seed), octave, cell & 0xFFFFFFFF])
    return float(np.random.Generator(np.random.PCG64(key)).standard_normal())


@lru_cache(maxsize=8)
def _day(seed: int, day: int) -> Bars:
    key = np.random.SeedSequence([abs(seed), 1 << 20, day & 0xFFFFFFFF])
    rng = np.random.Generator(np.random.PCG64(key))
    spread = _roughness(rng)
    steps = rng.standard_normal(_DAY * _STEPS) * np.repeat(spread, _STEPS)
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    start, end = _level(seed, day), _level(seed, day + 1)
    share = np.linspace(0.0, 1.0, len(walk))
    path = _START * np.exp(start + walk + share * (end - start - walk[-1]))
    return _as_bars(path, day, rng, spread)


def _roughness(rng: np.random.Generator) -> Floats:
    """Return the volatility of each minute's steps: a day's own level, spells of one to six hours."""
    spells: list[Floats] = []
    while sum(map(len, spells)) < _DAY:
        length = int(rng.integers(60, 360))
        spells.append(np.full(length, np.exp(rng.normal(0.0, 0.5))))
    per_minute = 0.0006 * np.exp(rng.normal(0.0, 0.25))
    result: Floats = np.concatenate(spells)[:_DAY] * per_minute / _STEPS**0.5
    return result


def _as_bars(path: Floats, day: int, rng: np.random.Generator, spread: Floats) -> Bars:
    path = np.round(path, 2)
    inner = np.lib.stride_tricks.sliding_window_view(path, _STEPS + 1)[::_STEPS]
    volume = np.round(rng.lognormal(2.0, 0.6, _DAY) * (spread / spread.mean()), 3)
    closes = (np.arange(_DAY, dtype=np.int64) + day * _DAY + 1) * MINUTE_NS
    return Bars(closes, inner[:, 0].copy(), inner.max(1), inner.min(1), inner[:, -1].copy(), volume)
