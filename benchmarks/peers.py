"""The same EMA cross on other programs: `PYTHON -m benchmarks.peers NAME BARS.npy`.

They have an interpreter of their own (see requirements.txt), and nothing of ours is imported here.
All decide on a close and fill at the next open, long or flat, averages of 12 and 48 bars; each is
measured from bars in memory to its result, after a short run that compiles and warms everything.
"""

import json
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np

from benchmarks.peer_bars import FAST, FEE, SLOW, WARM, Bars, Result, frame_of
from benchmarks.peer_freqtrade import freqtrade, freqtrade_hyperopt


def backtrader(bars: Any) -> Result:
    import backtrader as bt

    class Cross(bt.Strategy):  # type: ignore[misc]  # untyped peer
        fills = 0

        def __init__(self) -> None:
            Cross.fills = 0
            self.cross = bt.ind.CrossOver(
                bt.ind.EMA(self.data.close, period=FAST), bt.ind.EMA(self.data.close, period=SLOW)
            )

        def next(self) -> None:
            if not self.position and self.cross > 0:
                self.buy(size=0.1)
            elif self.position and self.cross < 0:
                self.sell(size=0.1)

        def notify_order(self, order: Any) -> None:
            Cross.fills += order.status == order.Completed

    cerebro = bt.Cerebro()
    cerebro.adddata(bt.feeds.PandasData(dataname=frame_of(bars)))
    cerebro.addstrategy(Cross)
    cerebro.broker.setcash(100_000)
    cerebro.broker.setcommission(commission=FEE)
    began = process_time()
    cerebro.run()
    return process_time() - began, Cross.fills


def backtesting(bars: Any) -> Result:
    from backtesting import Backtest, Strategy
    from backtesting.lib import crossover

    def ema(values: Any, length: int) -> Any:
        import pandas as pd

        return pd.Series(values).ewm(span=length, adjust=False).mean()

    class Cross(Strategy):  # type: ignore[misc]  # untyped peer
        def init(self) -> None:
            self.fast = self.I(ema, self.data.Close, FAST)
            self.slow = self.I(ema, self.data.Close, SLOW)

        def next(self) -> None:
            if crossover(self.fast, self.slow):
                self.buy(size=1)
            elif crossover(self.slow, self.fast) and self.position:
                self.position.close()

    test = Backtest(frame_of(bars), Cross, cash=10_000_000, commission=FEE, finalize_trades=True)
    began = process_time()
    stats = test.run()
    return process_time() - began, 2 * int(stats["# Trades"])


def vectorbt(bars: Bars) -> Result:
    """Vectorised: all signals at once, filled at the open of the next bar."""
    frame = frame_of(bars)
    began = process_time()
    fills = _held(frame, _above(frame.Close, FAST, SLOW))
    return process_time() - began, fills


def vectorbt_grid(bars: Bars) -> Result:
    """A thousand pairs of averages, the same signals as a screened search, fifty at a time."""
    import pandas as pd

    frame = frame_of(bars)
    pairs = [(3 + n % 40, 50 + 6 * (n // 40)) for n in range(1000 if len(frame) > WARM else 50)]
    began, fills = process_time(), 0
    for at in range(0, len(pairs), 50):
        part = enumerate(pairs[at : at + 50])
        above = pd.DataFrame({n: _above(frame.Close, fast, slow) for n, (fast, slow) in part})
        fills += _held(frame, above)
    return process_time() - began, fills


def _above(close: Any, fast: int, slow: int) -> Any:
    quick, calm = (close.ewm(span=length, adjust=False).mean() for length in (fast, slow))
    return quick > calm


def _held(frame: Any, above: Any) -> int:
    """Hold while above, one column a variant; return how many fills that took."""
    import vectorbt as vbt

    before = above.shift(1, fill_value=False)
    held = vbt.Portfolio.from_signals(
        frame.Close,
        (above & ~before).shift(1, fill_value=False),
        (~above & before).shift(1, fill_value=False),
        price=frame.Open,
        size=0.1,
        fees=FEE,
        init_cash=100_000,
        freq="1min",
    )
    held.total_return()
    return int(np.sum(held.orders.count()))


PEERS: dict[str, Callable[[Any], Result]] = {
    "backtrader": backtrader,
    "backtesting": backtesting,
    "vectorbt": vectorbt,
    "vectorbt_grid": vectorbt_grid,
    "freqtrade": freqtrade,
    "freqtrade_hyperopt": freqtrade_hyperopt,
}


def main(name: str, path: str) -> None:
    """Run one racer over saved bars and print one JSON line."""
    rows = np.load(path)
    bars = Bars(rows[0].astype(np.int64), *rows[1:])
    PEERS[name](bars.first(WARM))
    seconds, fills = PEERS[name](bars)
    print(json.dumps({"seconds": seconds, "fills": fills}))


if __name__ == "__main__":
    main(*sys.argv[1:])
