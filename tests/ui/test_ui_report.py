"""The report of a finished run: every pane, all trades, drill-down, chart, and what can go wrong."""

import pytest

from clearedge_tui.ui.report_figures import BY_KEY
from clearedge_tui.ui.screens.report import PANES
from tests.fakes import reports
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent


async def at_report(d: Desk, run_id: str = "bt-0007") -> None:
    d.app.visit("report", run_id)
    await d.shows("buy and hold")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_tab_walks_through_every_pane(
    world: FakeSupervisor, desk: OpenDesk, size: tuple[int, int]
) -> None:
    wanted = {
        "overview": ("Sharpe", "1.42", "equity", "buy and hold"),
        "metrics": ("Returns", "Total return", "final equity / starting balance"),
        "returns": ("Monthly returns", "+3.1", "Deepest falls", "not yet"),
        "timing": ("By weekday of entry", "By tag of the exit", "no tag"),
        "spread": ("Daily returns", "Returns of trades", "Sharpe over 30 days"),
        "trades": ("412 trades", "PnL", "OUT BY"),
        "chart": ("BTC/USDT 1m", "a candle", "▲"),
        "about": ("ema_cross on BTC/USDT 1m", "fills at the next open"),
    }
    async with desk(size=size) as d:
        await at_report(d)
        for pane in PANES:
            assert d.page.pane == pane
            for words in wanted[pane]:
                await d.shows(words)
            await d.press("tab")
        assert d.page.pane == "overview", "the last pane leads back to the first"


async def test_all_trades_are_listed_and_asked_for_by_the_page(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 30)) as d:
        await at_report(d)
        await d.press("t")
        await d.shows("412 trades")
        assert {a["offset"] for a in sent(world, "run.trades")} <= {0, 100}
        await d.press("G")
        await d.until(lambda: d.page.query_one("#trades").number() == 1)
        asked = [a["offset"] for a in sent(world, "run.trades")]
        assert len(asked) == len(set(asked)), "a page is asked for once"


async def test_words_and_comparisons_narrow_the_trades_and_a_wrong_one_is_named(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 30)) as d:
        await at_report(d)
        await d.press("t")
        await d.shows("412 trades")
        await d.press("slash")
        await d.press(*"side", "colon", "s", "space", *"pnl", "less_than_sign", "0", "enter")
        held = [row for row in reports.rows() if row.side == "short" and row.pnl < 0]
        await d.shows(f"{len(held)} of 412 trades")
        assert d.page.focused is d.page.query_one("#trades"), "the list has the keyboard again"
        await d.press("slash", "space", "x", "less_than_sign", "1")
        await d.shows("no field")
        await d.press("escape")
        await d.until(lambda: "412 trades" in d.text() and "filter" not in d.text())


async def test_a_letter_sorts_and_the_same_again_turns_it_round(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    rows = reports.rows()
    best, worst = (pick(rows, key=lambda row: row.pnl).number for pick in (max, min))
    async with desk(size=(120, 30)) as d:
        await at_report(d)
        await d.press("t")
        await d.shows("412 trades")
        await d.press("o", "p")
        await d.until(lambda: d.page.query_one("#trades").number() == best)
        await d.press("o", "p")
        await d.until(lambda: d.page.query_one("#trades").number() == worst)


async def test_a_trade_opens_with_its_orders_fills_and_log_and_steps_along_the_list(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(160, 45)) as d:
        await at_report(d)
        await d.press("t")
        await d.shows("412 trades")
        await d.press("enter")
        for words in ("#412", "Orders 2", "Fills 2", "crossed above", "1 of 412", "▼"):
            await d.shows(words)
        await d.press("n")
        await d.shows("#411")
        await d.press("N")
        await d.shows("#412")
        await d.press("N")
        await d.shows("the first one")
        await d.press("c")
        await d.shows("V ")  # the crosshair tells the volume too
        await d.press("escape", "escape")
        await d.until(lambda: d.page.pane == "trades")


async def test_the_chart_zooms_pans_and_steps_from_trade_to_trade(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 30)) as d:
        await at_report(d)
        await d.press("v")
        await d.shows("a candle")
        await d.press(*["plus"] * 20)
        await d.until(lambda: sent(world, "run.candles")[-1]["every"] == 1)
        before = sent(world, "run.candles")[-1]
        await d.press("left")
        await d.until(lambda: sent(world, "run.candles")[-1]["at_ns"] < before["at_ns"])
        await d.press("n")
        await d.shows("#")
        first = d.page.trade.row.number
        await d.press("n")
        await d.until(lambda: d.page.trade.row.number == first + 1)
        await d.press("enter")
        await d.shows("Orders 2")
        await d.press("escape", "v", "escape", *["underscore"] * 20)
        await d.until(lambda: sent(world, "run.candles")[-1]["every"] == 0)


async def test_s_saves_r_runs_again_and_hidden_money_stays_hidden(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(160, 45)) as d:
        await at_report(d)
        await d.press("S", "t", "S", "r")
        await d.until(lambda: len(sent(world, "run.again")) == 1)
        assert sent(world, "spec.save") == [{"run_id": "bt-0007"}] * 2
        await d.press(
            "dollar_sign", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab"
        )
        await d.shows("start = 100")
        assert "31,400" not in d.text()


async def test_a_run_without_analysis_and_bars_says_so_and_shows_the_rest(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.refuse["run.analysis"] = "run bt-0007 has no analysis: it failed before its end"
    world.answers["run.candles"] = {"problem": "the catalog has no bars of BTC/USDT 1m"}
    world.refuse["run.trades"] = "bt-0007 has no trades.parquet"
    async with desk(size=(120, 40)) as d:
        await at_report(d)
        await d.press("tab")
        await d.shows("Total return")  # from the summary
        await d.press("tab")
        await d.shows("has no analysis")
        await d.press("t")
        await d.shows("no trades.parquet")
        await d.press("v")
        await d.shows("the catalog has no bars")


async def test_stamps_stand_over_every_pane(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(80, 24)) as d:
        await at_report(d, "bt-0006")
        for _ in PANES:
            await d.shows("SIMULATED MARKET")
            await d.press("tab")


def test_every_figure_that_runs_compute_has_a_name_and_a_formula() -> None:
    from clearedge_tui.runs import metrics
    from clearedge_tui.runs.analysis import build

    made = {figure.__name__ for figure in (*metrics.FIGURES, *build.FIGURES)}
    assert made - set(BY_KEY) == set()
    assert set(BY_KEY) - made == set()
