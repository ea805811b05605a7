"""One EMA cross, one engine, one process: `python -m benchmarks.race NAME BARS.npy`.

Measured in processor seconds from bars in memory to the end of the run, after a short run that
imports and warms everything. All decide on a close and fill at the next open, long or flat,
averages of 12 and 48 bars. `bare` and `sliced` are the engine alone with the least code that makes
the same fills, fed at once and in slices. It sees every bar; our host passes those on which no
order works without it, which is why a strategy that trades all the time (`busy`) is told apart.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

FAST, SLOW = 12, 48
BUSY: dict[str, object] = {"fast": 2, "slow": 3, "short": True}  # an order every four bars
WARM, SLICE = 2_000, 5_000
Result = tuple[float, int]


def _market() -> Any:
    from clearedge_tui.market.markets import describe

    return describe("BTC/USDT", price_precision=3)


def _plan(bars: Any, folder: Path, config: dict[str, object] | None = None) -> Any:
    from clearedge_tui.engine import backtest
    from clearedge_tui.engine.loading import load
    from clearedge_tui.runs.model import BacktestSpec

    path = Path(__file__).resolve().parent.parent / "strategies" / "ema_cross.py"
    loaded = load(path)
    checked = loaded.schema.validate(config or {"fast": FAST, "slow": SLOW})
    market = _market()
    spec = BacktestSpec("ema_cross", market.market_id, "1m", config=checked)
    return backtest.Plan(spec, market.info, bars, loaded, folder, lambda *_: None)


def contract(bars: Any, config: dict[str, object] | None = None) -> Result:
    """The sample strategy as `clearedge backtest` runs it, without its artifacts."""
    from clearedge_tui.engine import backtest

    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(bars, Path(folder), config)
        began = process_time()
        outcome = backtest.execute(plan, lambda _: None)
        return process_time() - began, len(outcome.fills)


def bare(bars: Any) -> Result:
    """The same fills by a strategy of the engine itself: same venue, same feed, no host."""
    return _bare(bars, len(bars))


def sliced(bars: Any) -> Result:
    return _bare(bars, SLICE)


def busy(bars: Any) -> Result:
    """Always in the market, long or short, with averages of two and three bars."""
    return contract(bars, BUSY)


def busy_sliced(bars: Any) -> Result:
    return _bare(bars, SLICE, 2, 3, short=True)


def _bare(bars: Any, size: int, fast: int = FAST, slow: int = SLOW, short: bool = False) -> Result:
    from nautilus_trader.model import BarType, InstrumentId, OrderSide, Quantity
    from nautilus_trader.trading import Strategy

    from clearedge_tui.contract.indicators import Ema
    from clearedge_tui.engine import backtest

    market = _market()

    class Cross(Strategy):
        def __init__(self) -> None:
            super().__init__()
            self.fast, self.slow = Ema(fast), Ema(slow)
            self.above: bool | None = None
            self.holding = 0  # -1, 0 or 1
            self.fills = 0
            self.sizes = {1: Quantity.from_str("0.1"), 2: Quantity.from_str("0.2")}
            self.market = InstrumentId.from_str(market.market_id)

        def on_start(self) -> None:
            self.subscribe_bars(BarType.from_str(f"{market.market_id}-1-MINUTE-LAST-EXTERNAL"))

        def on_bar(self, bar: Any) -> None:
            close = float(bar.close)
            fast, slow = self.fast.update(close), self.slow.update(close)
            if fast is None or slow is None or (fast > slow) is self.above:
                return
            self.above = fast > slow
            change = (1 if self.above else -1 if short else 0) - self.holding
            if not change:
                return
            self.holding += change
            side = OrderSide.BUY if change > 0 else OrderSide.SELL
            self.submit_order(self.order_factory.market(self.market, side, self.sizes[abs(change)]))

        def on_order_filled(self, event: Any) -> None:
            del event
            self.fills += 1

    with tempfile.TemporaryDirectory() as folder:
        plan = _plan(bars, Path(folder))
        began = process_time()
        engine = backtest._engine(plan)
        strategy = Cross()
        engine.add_strategy(strategy)
        feed = backtest._feed(plan)
        for start in range(0, len(bars), size):
            engine.add_data(feed.data(bars.slice(start, start + size)))
            engine.run(streaming=True)
            engine.clear_data()
        engine.end()
        took = process_time() - began
        engine.dispose()
        return took, strategy.fills


RUNNERS: dict[str, Callable[[Any], Result]] = {
    "contract": contract,
    "bare": bare,
    "sliced": sliced,
    "busy": busy,
    "busy_sliced": busy_sliced,
}


def main(name: str, path: str) -> None:
    """Run one racer over saved bars and print one JSON line."""
    from clearedge_tui.market.columns import Bars

    rows = np.load(path)
    bars = Bars(rows[0].astype(np.int64), *rows[1:])
    RUNNERS[name](bars.slice(0, WARM))
    seconds, fills = RUNNERS[name](bars)
    print(json.dumps({"seconds": seconds, "fills": fills}))


if __name__ == "__main__":
    main(*sys.argv[1:])
