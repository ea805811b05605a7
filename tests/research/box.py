"""A home with bars and strategies for studies, small enough that a whole ladder takes seconds."""

from pathlib import Path

from clearedge_tui.research.ground import Ground, ground
from clearedge_tui.research.study import Study
from clearedge_tui.research.trial import Setup
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, add_strategy, make_home, sim_bars, store

COUNT = 4000
# fails for odd lengths, takes its time when asked to, kills its process when told to
MOODY = """
import os, time
from pathlib import Path
from clearedge_tui.contract import Strategy
CONFIG_SCHEMA = {
    "length": {"type": "int", "default": 10, "min": 2, "max": 60, "search": [4, 40]},
    "odd_fails": {"type": "bool", "default": False},
    "deadly": {"type": "int", "default": 0, "min": 0},
    "marker": {"type": "string", "default": ""},
    "nap": {"type": "float", "default": 0.0, "min": 0.0},
}
class Moody(Strategy):
    def init(self):
        self.seen, self.last = 0, []
        if self.config["odd_fails"] and self.config["length"] % 2:
            raise ValueError("odd lengths make me sad")
        if self.config["nap"]:
            time.sleep(self.config["nap"])
        if self.config["deadly"]:
            marker = Path(self.config["marker"])
            times = len(marker.read_text()) if marker.exists() else 0
            if times < self.config["deadly"]:
                marker.write_text("x" * (times + 1))
                os.kill(os.getpid(), 9)
        return {}
    def should_enter(self, signal):
        return signal
    def on_tick(self, tick):
        self.last = [*self.last[-self.config["length"]:], tick.close]
        mean = sum(self.last) / len(self.last)
        size = self.context.get_position().size
        if size:
            if tick.close < mean:
                self.context.place_order("sell", size)
        elif self.should_enter(tick.close > mean):
            self.context.place_order("buy", "1")
"""


def home_of(root: Path, count: int = COUNT, seed: int = 3) -> Home:
    """Return a home with BTC/USDT minutes, `ema_cross` and a moody strategy."""
    home = make_home(root)
    home.config.mkdir(exist_ok=True)
    store(home, BTC, "1m", sim_bars(count, seed))
    add_strategy(home, "ema_cross")
    add_strategy(home, "moody", MOODY)
    return home


def stands(home: Home, strategy: str = "ema_cross", **spec: object) -> Ground:
    return ground(home, BacktestSpec(strategy, "BTC/USDT", "1m", fetch=False, **spec))  # type: ignore[arg-type]


def study_of(home: Home, strategy: str = "ema_cross", setup: Setup | None = None) -> Study:
    return Study(setup or stands(home, strategy).train(), home.state / "research" / "trials")
