"""The same EMA cross on other programs: `PYTHON -m benchmarks.peers NAME BARS.npy`.

They have an interpreter of their own (see requirements.txt), and nothing of ours is imported here.
All decide on a close and fill at the next open, long or flat, averages of 12 and 48 bars; each is
measured from bars in memory to its result, after a short run that compiles and warms everything.
"""

import json
import logging
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import PropertyMock, patch

import numpy as np

FAST, SLOW, WARM = 12, 48, 2_000
FEE = 0.0005
Result = tuple[float, int]


@dataclass
class Bars:
    """Columns of one length; times are UTC ns of the close."""

    ts_ns: Any
    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any

    def first(self, count: int) -> "Bars":
        return Bars(*(column[:count] for column in vars(self).values()))


def _frame(bars: Any) -> Any:
    import pandas as pd

    names = ("Open", "High", "Low", "Close", "Volume")
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    index = pd.to_datetime(bars.ts_ns, unit="ns")
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=index)


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
    cerebro.adddata(bt.feeds.PandasData(dataname=_frame(bars)))
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

    test = Backtest(_frame(bars), Cross, cash=10_000_000, commission=FEE, finalize_trades=True)
    began = process_time()
    stats = test.run()
    return process_time() - began, 2 * int(stats["# Trades"])


def vectorbt(bars: Bars) -> Result:
    """Vectorised: all signals at once, filled at the open of the next bar."""
    import vectorbt as vbt

    frame = _frame(bars)
    began = process_time()
    above = _average(frame.Close, FAST) > _average(frame.Close, SLOW)
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
    return process_time() - began, int(held.orders.count())


def _average(values: Any, length: int) -> Any:
    return values.ewm(span=length, adjust=False).mean()


_STRATEGY = f"""
from freqtrade.strategy import IStrategy
class Cross(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    minimal_roi = {{"0": 1e9}}
    stoploss = -0.99
    startup_candle_count = 0
    use_exit_signal = True
    def populate_indicators(self, df, metadata):
        df["fast"] = df["close"].ewm(span={FAST}, adjust=False).mean()
        df["slow"] = df["close"].ewm(span={SLOW}, adjust=False).mean()
        return df
    def populate_entry_trend(self, df, metadata):
        above = df["fast"] > df["slow"]
        df.loc[above & ~above.shift(1, fill_value=False), "enter_long"] = 1
        return df
    def populate_exit_trend(self, df, metadata):
        above = df["fast"] > df["slow"]
        df.loc[~above & above.shift(1, fill_value=False), "exit_long"] = 1
        return df
"""
_PAIR = "BTC/USDT"
_MARKET = {
    "id": "BTCUSDT", "symbol": _PAIR, "base": "BTC", "quote": "USDT", "active": True, "spot": True,
    "swap": False, "future": False, "option": False, "contract": False, "linear": None,
    "inverse": None, "type": "spot", "contractSize": None, "taker": FEE, "maker": FEE,
    "precision": {"price": 0.01, "amount": 1e-6}, "info": {}, "percentage": True,
    "limits": {
        "amount": {"min": 1e-6, "max": 1e6}, "price": {"min": None, "max": None},
        "cost": {"min": 1, "max": None}, "leverage": {"min": None, "max": None},
    },
}  # fmt: skip


def vectorbt_grid(bars: Bars) -> Result:
    """A thousand pairs of averages, the same signals as a screened search, fifty at a time."""
    import pandas as pd
    import vectorbt as vbt

    frame = _frame(bars)
    pairs = [(3 + n % 40, 50 + 6 * (n // 40)) for n in range(1000 if len(frame) > WARM else 50)]
    began, fills = process_time(), 0
    for at in range(0, len(pairs), 50):
        part = pairs[at : at + 50]
        above = pd.DataFrame(
            {
                n: _average(frame.Close, f) > _average(frame.Close, s)
                for n, (f, s) in enumerate(part)
            }
        )
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
        fills += int(held.orders.count().sum())
    return process_time() - began, fills


def freqtrade(bars: Bars) -> Result:
    """Its own backtesting without its exchange: markets are told, nothing is asked for."""
    from freqtrade.exchange import Exchange
    from freqtrade.optimize.backtesting import Backtesting

    logging.disable(logging.WARNING)
    frame = _frame(bars).rename(columns=str.lower).rename_axis("date").reset_index()
    frame["date"] = frame["date"].dt.tz_localize("UTC")
    nothing = dict.fromkeys(
        ("_load_async_markets", "reload_markets", "validate_config", "validate_timeframes",
         "validate_pricing", "validate_stakecurrency", "additional_exchange_init"),
        lambda *_, **__: None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, ExitStack() as offline:
        (Path(folder) / "cross.py").write_text(_STRATEGY)
        replaced: dict[str, Any] = {**nothing, "get_fee": lambda *_, **__: FEE}
        for name, call in replaced.items():
            offline.enter_context(patch.object(Exchange, name, call))
        for name, value in (("markets", {_PAIR: _MARKET}), ("timeframes", ["1m"])):
            told = patch.object(Exchange, name, new_callable=PropertyMock, return_value=value)
            offline.enter_context(told)
        test = Backtesting(_settings(Path(folder)))
        test._set_strategy(test.strategylist[0])
        began = process_time()
        ready = test.strategy.advise_all_indicators({_PAIR: frame})
        first, last = (frame.date.iloc[n].to_pydatetime() for n in (0, -1))
        done = test.backtest(processed=ready, start_date=first, end_date=last)
        return process_time() - began, 2 * len(done["results"])


def _settings(folder: Path) -> dict[str, Any]:
    from freqtrade.enums import CandleType, RunMode

    pricing = {"price_side": "other", "use_order_book": False}
    kinds = {
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }
    return {
        "exchange": {"name": "binance", "key": "", "secret": "", "pair_whitelist": [_PAIR],
                     "pair_blacklist": [], "enable_ws": False},
        "pairlists": [{"method": "StaticPairList"}], "stake_currency": "USDT", "stake_amount": 3000,
        "dry_run": True, "dry_run_wallet": 100_000, "max_open_trades": 1, "timeframe": "1m",
        "strategy": "Cross", "strategy_path": str(folder), "user_data_dir": folder,
        "datadir": folder, "trading_mode": "spot", "margin_mode": "", "fee": FEE,
        "runmode": RunMode.BACKTEST, "candle_type_def": CandleType.SPOT, "entry_pricing": pricing,
        "exit_pricing": pricing, "original_config": {}, "dataformat_ohlcv": "feather",
        "exportfilename": folder, "export": "none", "export_directory": folder,
        "timeframe_detail": "", "order_types": kinds,
        "unfilledtimeout": {"entry": 10, "exit": 10, "unit": "minutes"},
    }  # fmt: skip


PEERS: dict[str, Callable[[Any], Result]] = {
    "backtrader": backtrader,
    "backtesting": backtesting,
    "vectorbt": vectorbt,
    "vectorbt_grid": vectorbt_grid,
    "freqtrade": freqtrade,
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
