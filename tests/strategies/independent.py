"""The sample strategies once more, written from their descriptions: plain loops, no shared code.

Fills follow the stated convention: an order decided on a close meets the next open and pays the
taker fee; a resting limit order fills at its price, as maker, when the path through a bar touches
it. The path is open, the nearer extreme, the other, close.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from clearedge_tui.market.columns import Bars

MAKER, TAKER = Decimal("0.0002"), Decimal("0.0005")
STEP = Decimal("0.000001")


@dataclass
class Books:
    """An account and what was traded on it."""

    cash: Decimal = Decimal(100_000)
    size: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    fills: list[tuple[int, str, Decimal, Decimal]] = field(default_factory=list)

    def fill(self, bar: int, side: str, size: Decimal, price: Decimal, rate: Decimal) -> None:
        signed = size if side == "buy" else -size
        fee = size * price * rate
        self.cash -= signed * price + fee
        self.size += signed
        self.fees += fee
        self.fills.append((bar, side, size, price))

    def equity(self, price: float) -> Decimal:
        return self.cash + self.size * Decimal(repr(price))


def exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def at_next_open(bars: Bars, decide: Callable[[int, Decimal], Decimal]) -> Books:
    """Trade `decide(bar, position)` (signed change wanted at that close) at the next open."""
    books, wanted = Books(), Decimal(0)
    for i in range(len(bars)):
        if wanted:
            side = "buy" if wanted > 0 else "sell"
            books.fill(i, side, abs(wanted), exact(bars.open[i]), TAKER)
        wanted = decide(i, books.size)
    return books


def averages(values: np.ndarray, length: int) -> np.ndarray:
    """Exponential average by its closed form, seeded with the mean of the first `length` values."""
    out = np.full(len(values), np.nan)
    if len(values) < length:
        return out
    keep = 1 - 2 / (length + 1)
    out[length - 1] = values[:length].mean()
    for i in range(length, len(values)):
        out[i] = keep * out[i - 1] + (1 - keep) * values[i]
    return out


def ema_cross(bars: Bars, fast: int, slow: int, size: Decimal, short: bool = False) -> Books:
    above = averages(bars.close, fast) > averages(bars.close, slow)
    known = ~np.isnan(averages(bars.close, slow))

    def decide(i: int, held: Decimal) -> Decimal:
        if not known[i] or (known[i - 1] and above[i] == above[i - 1]):
            return Decimal(0)
        return (size if above[i] else -size if short else Decimal(0)) - held

    return at_next_open(bars, decide)


def wilder(values: np.ndarray, length: int) -> np.ndarray:
    out = np.full(len(values), np.nan)
    out[length - 1] = values[:length].mean()
    for i in range(length, len(values)):
        out[i] = (out[i - 1] * (length - 1) + values[i]) / length
    return out


def true_ranges(bars: Bars) -> np.ndarray:
    before = np.concatenate([[np.nan], bars.close[:-1]])
    spans = [bars.high - bars.low, np.abs(bars.high - before), np.abs(bars.low - before)]
    return np.nanmax(np.vstack(spans), axis=0)


def strength(close: np.ndarray, length: int) -> np.ndarray:
    moves = np.diff(close)
    gain, loss = wilder(np.maximum(moves, 0), length), wilder(np.maximum(-moves, 0), length)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = 100 - 100 / (1 + gain / loss)
    return np.concatenate([[np.nan], np.where(gain + loss == 0, 50.0, index)])


def before(values: np.ndarray, length: int, pick: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return max or min of the `length` values before each bar; NaN while there are fewer."""
    out = np.full(len(values), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, length)[:-1]
    out[length:] = pick(windows)
    return out


def donchian_breakout(
    bars: Bars, entry: int, leave: int, atr: int, risk: Decimal, stop: Decimal, most: Decimal
) -> Books:
    top = before(bars.high, entry, lambda w: w.max(1))
    bottom = before(bars.low, entry, lambda w: w.min(1))
    out_top = before(bars.high, leave, lambda w: w.max(1))
    out_bottom = before(bars.low, leave, lambda w: w.min(1))
    ranges = wilder(true_ranges(bars), atr)

    def units(i: int) -> Decimal:
        size = risk / (exact(ranges[i]) * stop)
        return min(most, size.quantize(STEP, ROUND_HALF_EVEN))

    def decide(i: int, held: Decimal) -> Decimal:
        close = bars.close[i]
        if held > 0:
            return -held if close < out_bottom[i] else Decimal(0)
        if held < 0:
            return -held if close > out_top[i] else Decimal(0)
        if close > top[i]:
            return units(i)
        return -units(i) if close < bottom[i] else Decimal(0)

    return at_next_open(bars, decide)


def rsi_pullback(
    bars: Bars, trend: int, length: int, low: float, high: float, patience: int, size: Decimal
) -> Books:
    sums = np.concatenate([[0.0], np.cumsum(bars.close)])
    average = np.full(len(bars), np.nan)
    average[trend - 1 :] = (sums[trend:] - sums[:-trend]) / trend
    index = strength(bars.close, length)
    held_for = 0

    def decide(i: int, held: Decimal) -> Decimal:
        nonlocal held_for
        if np.isnan(average[i]) or np.isnan(index[i]):
            return Decimal(0)
        held_for = held_for + 1 if held else 0
        rising = bars.close[i] > average[i]
        if not held:
            return size if rising and index[i] < low else Decimal(0)
        return -held if not rising or index[i] > high or held_for >= patience else Decimal(0)

    return at_next_open(bars, decide)


Rest = tuple[str, Decimal, int]  # side, price, rung


class Ladder:
    """Resting orders of the grid and the account they fill. `tick` is the market's price step."""

    def __init__(self, levels: int, step: Decimal, size: Decimal, tick: Decimal) -> None:
        self.levels, self.step, self.size, self.tick = levels, step, size, tick
        self.books = Books()
        self.anchor: Decimal | None = None
        self.resting: list[Rest] = []
        self.coming: list[Rest] = []  # placed during a bar: they rest from the next open on

    def price(self, rung: int) -> Decimal:
        assert self.anchor is not None
        raw = self.anchor * (1 - self.step / 100 * rung)
        return (raw / self.tick).to_integral_value(ROUND_HALF_EVEN) * self.tick

    def take(self, bar: int, order: Rest, price: Decimal, rate: Decimal) -> None:
        side, _, rung = order
        self.books.fill(bar, side, self.size, price, rate)
        other = (
            ("sell", self.price(rung - 1), rung)
            if side == "buy"
            else ("buy", self.price(rung), rung)
        )
        self.coming.append(other)

    def visit(self, bar: int, at: Decimal) -> None:
        """Fill what rests and is touched, best price first."""
        hit = [order for order in self.resting if reached(order, at)]
        for order in sorted(hit, key=lambda o: -o[1] if o[0] == "buy" else o[1]):
            self.resting.remove(order)
            self.take(bar, order, order[1], MAKER)

    def arrive(self, bar: int, at: Decimal) -> None:
        arrived, self.coming = self.coming, []
        for order in arrived:
            if reached(order, at):
                self.take(bar, order, at, TAKER)
            else:
                self.resting.append(order)

    def think(self, close: Decimal) -> None:
        reach = float(self.step) / 100 * self.levels
        away = self.anchor is not None and float(close) > float(self.anchor) * (1 + reach)
        if self.anchor is None or (away and not self.books.size):
            self.anchor, self.resting = close, []
            self.coming = [("buy", self.price(rung), rung) for rung in range(1, self.levels + 1)]


def reached(order: Rest, at: Decimal) -> bool:
    return at <= order[1] if order[0] == "buy" else at >= order[1]


def grid_maker(bars: Bars, levels: int, step: Decimal, size: Decimal, tick: Decimal) -> Books:
    ladder = Ladder(levels, step, size, tick)
    for i in range(len(bars)):
        o, h, low, c = (exact(x[i]) for x in (bars.open, bars.high, bars.low, bars.close))
        ladder.visit(i, o)
        ladder.arrive(i, o)
        for at in (*((low, h) if o - low < h - o else (h, low)), c):
            ladder.visit(i, at)
        ladder.think(c)
    return ladder.books
