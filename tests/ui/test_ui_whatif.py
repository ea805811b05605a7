"""What if: a setting is changed, and a process beside the console answers with another equity."""

import psutil
import pytest

from clearedge_tui.engine.loading import load
from clearedge_tui.settings import Home
from clearedge_tui.ui.plan_whatif import WhatIfPlan
from clearedge_tui.ui.screens.whatif import WhatIfPage
from tests.backtest.box import BTC, STRATEGIES, add_strategy, sim_bars, store
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent


def page(home: Home, strategy: str = "ema_cross") -> WhatIfPage:
    home.strategies.mkdir(exist_ok=True)
    home.config.mkdir(exist_ok=True)
    store(home, BTC, "1m", sim_bars(2000))
    add_strategy(home, "ema_cross")
    about = {"strategy": strategy, "market": BTC.market_id, "timeframe": "1m"}
    schema = load(STRATEGIES / "ema_cross.py").schema
    return WhatIfPage(WhatIfPlan(schema, {}, about, about))


def answering() -> list[psutil.Process]:
    """Return the processes of ours that answer what-if questions."""
    found = []
    for one in psutil.Process().children():
        try:
            if "clearedge_tui.research.asked" in one.cmdline():
                found.append(one)
        except psutil.Error:  # it ended meanwhile, or nobody has asked how it ended
            continue
    return found


@pytest.mark.slow
async def test_a_changed_setting_is_answered_over_the_old_equity_and_wrong_ones_are_not_asked(
    world: FakeSupervisor, desk: OpenDesk, home: Home
) -> None:
    async with desk(size=(120, 40)) as d:
        d.app.push_screen(page(home))
        await d.shows("as it was", 40)
        assert "with these" not in d.text()
        await d.press("enter", "ctrl+u", "9", "9", "enter")  # above slow: a rule forbids it
        await d.pilot.pause(0.3)
        assert "with these" not in d.text()
        await d.press("enter", "ctrl+u", "5", "enter")
        await d.shows("with these", 40)
        await d.shows("by the light loop", 40)
        assert answering()
        first, second = d.page.answers
        assert first["config"]["fast"] == 12
        assert second["config"]["fast"] == 5
        assert first["equity"] != second["equity"]
        await d.press("w")
        await d.shows("run it as a backtest")
        await d.press("enter")
        await d.until(lambda: sent(world, "backtest.run"))
        assert sent(world, "backtest.run")[0]["config"]["fast"] == 5
    assert not answering(), "its process ends with the screen"


@pytest.mark.slow
async def test_what_cannot_be_asked_about_is_told(
    world: FakeSupervisor, desk: OpenDesk, home: Home
) -> None:
    del world
    async with desk(size=(100, 30)) as d:
        d.app.push_screen(page(home, "nobody"))
        await d.until(lambda: d.page.problem, 40)
        assert "no strategy `nobody`" in d.page.problem
        assert "nobody" in d.text()
