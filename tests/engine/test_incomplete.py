"""A strategy is told which of its bars have ticks missing, as they close and in its history."""

import asyncio
from pathlib import Path

from clearedge_tui.core.messages import Gap, Joined, MarketInfo, TickMsg
from clearedge_tui.core.model import BarRow, Instance, Mode
from clearedge_tui.engine.instance import InstanceHost
from clearedge_tui.engine.specs import InstanceSpec

MINUTE = 60_000_000_000
START = 1_700_000_000_000_000_000 // (60 * MINUTE) * 60 * MINUTE
MARKET = MarketInfo("A.X", "A/USDT", "A", "USDT", "crypto", 2, 3)
CODE = """
from clearedge_tui.contract import Strategy

class Ear(Strategy):
    def init(self):
        return {"heard": []}
    def on_tick(self, tick):
        self.state["heard"].append((tick.ts_ns, tick.complete))
        self.state["history"] = [(t.ts_ns, t.complete) for t in self.context.history(3)]
"""


def bar(minute: int) -> TickMsg:
    return TickMsg("A.X", "bar", START + minute * MINUTE, 1, 1, 1, 1, 1, 1, 1)


def test_bars_over_a_gap_are_marked_and_others_are_not(tmp_path: Path) -> None:
    path = tmp_path / "ear.py"
    path.write_text(CODE)
    instance = Instance("one", "ear", "paper", "A.X", "5m", Mode.OBSERVE)
    host = InstanceHost(InstanceSpec(str(tmp_path), instance, MARKET, str(path), ""))
    past = tuple(BarRow(START + n * MINUTE, 1, 1, 1, 1, 1) for n in range(-4, 1))
    asyncio.run(host._joined(Joined(market=MARKET, bars=past)))
    assert host.fault is None
    for minute in (1, 2, 3):
        host._tick(bar(minute))
    host._heard(Gap(START + 3 * MINUTE, START + 11 * MINUTE + 1, "ticks are missing"))
    for minute in range(12, 21):
        host._tick(bar(minute))
    minutes = [((at - START) // MINUTE, whole) for at, whole in host.context.state["heard"]]
    assert minutes == [(5, False), (15, False), (20, True)]
    history = [((at - START) // MINUTE, whole) for at, whole in host.context.state["history"]]
    assert history == minutes
