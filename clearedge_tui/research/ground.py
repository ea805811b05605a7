"""What research stands on: a strategy's code, a market's bars and costs, checked and named once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import catalog, markets, timeframes
from clearedge_tui.market.columns import Bars, Floats
from clearedge_tui.research import periods
from clearedge_tui.research.trial import Setup
from clearedge_tui.runs import data_used
from clearedge_tui.runs.equity import DAY_NS
from clearedge_tui.runs.model import BacktestSpec, DataUsed
from clearedge_tui.settings import Home

HELD_OUT = 0.25  # share of the time, at its end, that no search sees


@dataclass(frozen=True, slots=True)
class Ground:
    """A whole window. `train()` ends where the held-out part begins."""

    home: Home
    spec: BacktestSpec
    market: MarketInfo
    used: DataUsed
    code_sha256: str
    bars: Bars
    split_ns: int  # the first bar of the held-out part closes after it
    period_ns: int
    bar_ns: int
    held_out: float = HELD_OUT  # the share that was asked for

    @property
    def data(self) -> tuple[DataUsed, ...]:
        return (self.used,)

    @property
    def start_ns(self) -> int:
        return timeframes.opened_ns(self.spec.timeframe, int(self.bars.ts_ns[0]))

    @property
    def end_ns(self) -> int:
        return int(self.bars.ts_ns[-1])

    @property
    def a_year(self) -> float:
        return periods.a_year(self.market.asset_class, self.period_ns, self.bars.ts_ns)

    def train(self) -> Setup:
        """Return a setup that has nothing of the held-out part: its workers read no bar of it."""
        return self._setup(self.split_ns)

    def whole(self) -> Setup:
        """Return a setup with everything; only a look at the held-out part asks for it."""
        return self._setup(self.spec.end_ns)

    def _setup(self, end_ns: int) -> Setup:
        start_ns = self.spec.start_ns or self.start_ns
        spec = msgspec.structs.replace(self.spec, start_ns=start_ns, end_ns=end_ns)
        used = self.used
        if (start_ns, end_ns) != (self.spec.start_ns, self.spec.end_ns):
            market = markets.resolve(self.home, self.spec.market)
            used = data_used.prepare(self.home, market, spec, lambda _text: None)
        return Setup(str(self.home.root), spec, used.sha256, self.code_sha256, self.period_ns)

    def market_returns(self, start_ns: int, end_ns: int) -> Floats:
        """Return what holding the market gave each period of a window, bought at its first open."""
        start, end = (
            int(np.searchsorted(self.bars.ts_ns, at, "right")) for at in (start_ns, end_ns)
        )
        part = self.bars.slice(start, end)
        if not len(part):
            return np.empty(0)
        return periods.returns(part.ts_ns, part.close, float(part.open[0]), self.period_ns)


def ground(
    home: Home,
    spec: BacktestSpec,
    told: Callable[[str], None] = lambda _text: None,
    held_out: float = HELD_OUT,
) -> Ground:
    """Look everything up and check the data. Raises what a person can act on."""
    if not 0.05 <= held_out <= 0.6:
        raise UsageError(f"a held-out share of {held_out:g}; wanted 0.05 to 0.6")
    path = home.strategies / f"{spec.strategy}.py"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in home.strategies.glob("[!_]*.py"))) or "none"
        raise NotFound(
            f"no strategy `{clean_text(spec.strategy)}` in {home.strategies}; there: {known}"
        )
    market = markets.resolve(home, spec.market)
    spec = msgspec.structs.replace(spec, market=market.market_id)
    used = data_used.prepare(home, market, spec, told)
    bars = catalog.read_bars(home, market.market_id, spec.timeframe, spec.start_ns, spec.end_ns)
    if len(bars) < 500:
        raise UsageError(
            f"{market.symbol} {spec.timeframe}: {len(bars)} bars; research wants 500 or more: take "
            "a longer window or a shorter timeframe"
        )
    first_ns, last_ns = int(bars.ts_ns[0]), int(bars.ts_ns[-1])
    bar_ns = int(np.median(np.diff(bars.ts_ns)))
    split_ns = _edge(bars, last_ns - int((last_ns - first_ns) * held_out))
    return Ground(
        home, spec, market.info, used, hashlib.sha256(path.read_bytes()).hexdigest(), bars,
        split_ns, periods.fitting(first_ns, split_ns, bar_ns), bar_ns, held_out,
    )  # fmt: skip


def _edge(bars: Bars, wanted_ns: int) -> int:
    """Return the last UTC midnight that a bar closes on or before near a moment, else a close."""
    at = int(np.searchsorted(bars.ts_ns, wanted_ns, "right")) - 1
    midnights = np.flatnonzero(bars.ts_ns[: at + 1] % DAY_NS == 0)
    if len(midnights) and at - int(midnights[-1]) < len(bars) // 20:
        at = int(midnights[-1])
    return int(bars.ts_ns[at])
