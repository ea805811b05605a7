"""freqtrade without its exchange: its own backtesting and its own hyperopt over the same bars.

Markets are told and nothing is asked for. Bars lie in a folder in its own format.
"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import PropertyMock, patch

from benchmarks.peer_bars import FAST, FEE, SLOW, WARM, Bars, Result, frame_of

EPOCHS = 4
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
_SEARCHED = """
from freqtrade.strategy import IntParameter
from cross import Cross
class Searched(Cross):
    fast = IntParameter(3, 42, default=12, space="buy")
    slow = IntParameter(50, 200, default=60, space="buy")
    def populate_indicators(self, df, metadata):
        return df
    def _crossed(self, df):
        df["fast"] = df["close"].ewm(span=self.fast.value, adjust=False).mean()
        df["slow"] = df["close"].ewm(span=self.slow.value, adjust=False).mean()
        return df
    def populate_entry_trend(self, df, metadata):
        return super().populate_entry_trend(self._crossed(df), metadata)
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


@contextmanager
def _offline() -> Iterator[Path]:
    """Give a folder with both strategies, and an exchange that is never asked."""
    from freqtrade.exchange import Exchange

    logging.disable(logging.WARNING)
    nothing = dict.fromkeys(
        ("_load_async_markets", "reload_markets", "validate_config", "validate_timeframes",
         "validate_pricing", "validate_stakecurrency", "additional_exchange_init"),
        lambda *_, **__: None,
    )  # fmt: skip
    replaced: dict[str, Any] = {**nothing, "get_fee": lambda *_, **__: FEE}
    with tempfile.TemporaryDirectory() as name, ExitStack() as patched:
        folder = Path(name)
        (folder / "cross.py").write_text(_STRATEGY)
        (folder / "searched.py").write_text(_SEARCHED)
        for method, call in replaced.items():
            patched.enter_context(patch.object(Exchange, method, call))
        for known, value in (("markets", {_PAIR: _MARKET}), ("timeframes", ["1m"])):
            told = patch.object(Exchange, known, new_callable=PropertyMock, return_value=value)
            patched.enter_context(told)
        yield folder


def _frame(bars: Bars) -> Any:
    frame = frame_of(bars).rename(columns=str.lower).rename_axis("date").reset_index()
    frame["date"] = frame["date"].dt.tz_localize("UTC")
    return frame


def freqtrade(bars: Bars) -> Result:
    """Backtest the bars."""
    from freqtrade.optimize.backtesting import Backtesting

    frame = _frame(bars)
    with _offline() as folder:
        test = Backtesting(_settings(folder))
        test._set_strategy(test.strategylist[0])
        began = process_time()
        ready = test.strategy.advise_all_indicators({_PAIR: frame})
        first, last = (frame.date.iloc[n].to_pydatetime() for n in (0, -1))
        done = test.backtest(processed=ready, start_date=first, end_date=last)
        return process_time() - began, 2 * len(done["results"])


def freqtrade_hyperopt(bars: Bars) -> Result:
    """Search both averages with its hyperopt, one job; reading the bars is counted, as it is for us."""
    from freqtrade.enums import RunMode
    from freqtrade.optimize.hyperopt import Hyperopt

    with _offline() as folder, redirect_stdout(StringIO()):
        (folder / "hyperopt_results").mkdir()
        _frame(bars).to_feather(folder / "BTC_USDT-1m.feather")
        epochs = EPOCHS if len(bars.ts_ns) > WARM else 2
        asked = {
            **_settings(folder), "strategy": "Searched", "runmode": RunMode.HYPEROPT,
            "epochs": epochs, "spaces": ["buy"], "hyperopt_loss": "SharpeHyperOptLossDaily",
            "hyperopt_jobs": 1, "hyperopt_random_state": 1, "hyperopt_min_trades": 1,
            "print_all": False, "verbosity": 0, "disableparamexport": True,
        }  # fmt: skip
        search = Hyperopt(asked)
        began = process_time()
        search.start()
        took = process_time() - began
        return took, search.num_epochs_saved


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
