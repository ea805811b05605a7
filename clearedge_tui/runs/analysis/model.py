"""The analysis of a finished run as data: the same in its file and on a screen. Times are UTC ns."""

import msgspec

from clearedge_tui.runs.model import Curve

Figures = dict[str, float | None]
VERSION = 1


class Fall(msgspec.Struct, frozen=True):
    """One stay below a peak of equity. `end_ns` and `recovery_days` are None while it lasts."""

    start_ns: int  # the peak
    trough_ns: int
    end_ns: int | None  # the first bar back at the peak
    depth: float  # 0.25 is 25 % of the peak
    days: float  # from the peak to the end, or to the last bar
    recovery_days: float | None  # from the trough to the end


class Slot(msgspec.Struct, frozen=True):
    """The trades of one hour, weekday or tag. PnL after fees, in the quote currency."""

    name: str
    trades: int
    pnl: float
    win_rate: float | None


class Histogram(msgspec.Struct, frozen=True):
    """Counts in bins of one width: bin n goes from `first + n * width` up to the next, exclusive."""

    first: float = 0.0
    width: float = 0.0
    counts: tuple[int, ...] = ()


class Simulation(msgspec.Struct, frozen=True):
    """What the account could have become, by resampled days: see `bootstrap`."""

    paths: int
    block_days: float  # mean length of a block
    seed: int
    ts_ns: tuple[int, ...]
    bands: dict[str, tuple[float, ...]]  # p5 to p95 of the account at `ts_ns`
    final: dict[str, float]  # p5 to p95 of the final equity
    final_bins: Histogram
    probability_of_loss: float  # share of paths that end below the starting balance
    drawdown_p50: float  # of the largest fall of each path, daily
    drawdown_p95: float


class Analysis(msgspec.Struct, frozen=True):
    """Everything computed of a run beside its report; what is not defined is None or empty.

    `equity`, `buy_hold` and `drawdown` (under water) lie in the report and not here again.
    """

    version: int
    currency: str
    days_a_year: int
    figures: Figures  # those of `runs.metrics` too
    long: Figures  # of the trades of this side alone
    short: Figures
    monthly: dict[str, float] = {}  # "2022-01" -> return
    yearly: dict[str, float] = {}
    falls: tuple[Fall, ...] = ()  # the deepest first, at most ten
    hours: tuple[Slot, ...] = ()  # of entries, UTC: "00" to "23"
    weekdays: tuple[Slot, ...] = ()  # of entries, UTC: "Mon" to "Sun"
    exits: tuple[Slot, ...] = ()  # by tag of the last fill, most trades first
    daily_returns: Histogram = Histogram()
    trade_returns: Histogram = Histogram()  # PnL / (largest size * entry price)
    window_days: int = 0  # of the rolling curves; 0: the run is too short for any
    rolling_sharpe: Curve = Curve()
    rolling_volatility: Curve = Curve()
    exposure: Curve = Curve()  # position * close / equity, signed
    simulation: Simulation | None = None
