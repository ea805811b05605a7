"""The ladder, its gates and its studies: what they show, and what their keys ask for."""

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.leader import POINTS, Leader
from clearedge_tui.research.gauntlet import Options
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import Changed, JobRow
from clearedge_tui.supervisor.verbs_research import options
from clearedge_tui.ui import plan_ladder, study
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.commands import parse
from clearedge_tui.ui.doing import run
from clearedge_tui.ui.format import day
from clearedge_tui.ui.ladder import SORTS, Board, Standing, ordered, sum_text
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.ladder import glyph, paint_marks
from clearedge_tui.ui.paint.study import paint_study
from clearedge_tui.ui.paint.study_map import axis
from clearedge_tui.ui.palette import palette
from clearedge_tui.ui.plan_study import JudgePlan, ThresholdPlan
from clearedge_tui.ui.sheet import TALLEST
from clearedge_tui.ui.study import Shown, Tried
from clearedge_tui.ui.supply import Supply
from clearedge_tui.ui.symbols import ASCII
from tests.fakes import research
from tests.fakes.market import START_NS
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Compare, Desk, OpenDesk, sent
from tests.ui.still import still
from tests.ui.test_ui_palette import command

BOARD = msgspec.convert(research.board(), Board)
READY, HALF, STALE, BEGUN = BOARD.ladders


def picture(run_id: str, w: int, h: int, pane: str = "overview", look: Look | None = None) -> str:
    """Return a study as it is painted, with what lies below the screen."""
    shown = msgspec.convert(research.show(run_id), Shown)
    found = study.read(shown.finding)
    cells = Cells(TALLEST, w)
    axes = ("slow", "fast")
    used = paint_study(cells, shown, found, pane, axes, h, look or Look())
    assert used <= TALLEST
    return "\n".join(cells.lines()[:used])


# ---- the list ---------------------------------------------------------------------------------
def test_the_ready_one_comes_first_and_what_was_never_judged_last() -> None:
    found = ordered(BOARD.all(), "readiness", False)
    assert [(one.strategy, plan_ladder.rows([one], {}, Look(), START_NS)[0].cells[7][0])
            for one in found] == [
        ("ema_cross", "READY"), ("donchian_breakout", "4 of 8 hard"), ("grid_maker", "0 of 8 hard"),
        ("rsi_pullback", "out of date"), ("ema_cross", "not run"), ("mean_revert", "not run"),
    ]  # fmt: skip


@given(st.permutations(BOARD.all()), st.sampled_from(list(SORTS)), st.booleans())
def test_an_order_does_not_hang_on_how_the_rows_came(
    found: list[Standing], sort: str, turned: bool
) -> None:
    again = ordered(found, sort, turned)
    assert again == ordered(BOARD.all(), sort, turned)
    assert again[::-1] == ordered(found, sort, not turned)


@pytest.mark.parametrize("name", ["braille", "block", "ascii"])
def test_each_state_of_a_gate_has_a_sign_of_its_own(name: str) -> None:
    from clearedge_tui.research.gates import State
    from clearedge_tui.ui.symbols import SETS

    signs = [glyph(state, SETS[name]) for state in State]
    assert len(set(signs)) == len(signs) and all(len(one) == 1 for one in signs)


def test_marks_stand_in_the_order_of_the_ladder() -> None:
    cells = Cells(1, 10)
    paint_marks(cells, 0, 1, HALF.hard, Look())
    assert cells.lines()[0][1:9] == "✓×✓××✓?✓"


def test_the_sum_names_every_point_that_was_earned_and_every_one_that_is_missing() -> None:
    for one in BOARD.ladders:
        assert one.readiness is not None
        earned, possible = sum_text(one.readiness, one.gates, 10_000)
        numbers = [int(word) for word in earned.partition("=")[2].split() if word.isdigit()]
        assert sum(numbers) == one.readiness.score, earned
        gone = [int(part.split()[0]) for part in possible.split(" − ")[1:]]
        assert 100 - sum(gone) == one.readiness.possible, possible
        assert len(sum_text(one.readiness, one.gates, 60)[0]) < len(earned) or len(earned) <= 60


async def test_the_list_shows_standing_sorts_and_filters(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await d.press("4")
        await d.shows("READY")
        text = d.text()
        for words in ("97 of 100", "4 of 8 hard", "out of date", "not run", "SIM/USDT sim",
                      "6 rows, 4 judged, 1 ready", "looked at once", "264 variants"):  # fmt: skip
            assert words in text, words
        rows = d.page.query_one(".main")
        assert rows.keys_of_rows()[0].startswith("ema_cross")
        await d.press("right", "right", "right")
        assert "STRATEGY▾" in d.text() and rows.keys_of_rows()[0].startswith("donchian")
        await d.press("o")
        assert "STRATEGY▴" in d.text() and rows.keys_of_rows()[0].startswith("rsi")
        await d.press("slash", *"oanda", "enter")
        assert len(rows.keys_of_rows()) == 1


async def test_an_unchanged_list_is_not_sent_again(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        await d.press("4")
        await d.shows("READY")
        d.page.action_reload()
        await d.until(lambda: len(sent(world, "research.list")) > 1)
        assert sent(world, "research.list")[:2] == [{}, {"version": "1"}]
        await d.until(lambda: not d.page.found.asked.waiting)
        assert "READY" in d.text()


async def test_work_shows_on_its_row_and_above_and_is_cancelled(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    job = JobRow(
        "job-r", "research", HALF.title, "running", 0.43, 74.0, "trials: 30 of 200, best 0.91"
    )
    async with desk(size=(120, 40)) as d:
        await d.press("4")
        await d.shows("READY")
        assert d.page.query_one("#judging").display is False
        world.jobs[job.id] = job
        await world.work(job.id, progress=0.43)
        await d.shows("judging 43%")
        assert "eta 1m14s   trials: 30 of 200, best 0.91" in d.text()
        await d.press("x")
        await d.until(lambda: sent(world, "job.cancel") == [{"id": "job-r"}])
        await world.work(job.id, state="cancelled")
        await d.until(lambda: d.page.query_one("#judging").display is False)
        await d.press("x")
        assert "nothing is being judged" in d.text()


async def test_judging_goes_through_its_form(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        await d.press("4")
        await d.shows("READY")
        await d.press("G", "k", "enter")  # never judged: enter judges
        await d.shows("Judge   the whole ladder")
        await d.press("w")
        await d.shows("are looked at once")
        await d.press("enter")
        await d.until(lambda: sent(world, "research.run"))
        (asked,) = sent(world, "research.run")
        assert (asked["strategy"], asked["preset"], asked["twins"]) == (
            "ema_cross", "standard", "200",
        )  # fmt: skip
        await d.until(lambda: d.page.NAME == "ladder")


def test_a_form_of_a_ladder_keeps_its_market_and_the_settings_it_began_from() -> None:
    markets: list[Mapping[str, object]] = [{"market": "BTC/USDT", "market_id": f"BTCUSDT.{venue}", "timeframe": frame}
               for venue in ("LOCAL", "BYBIT") for frame in ("1m", "1h")]  # fmt: skip
    plan = JudgePlan(Supply({"ema_cross": {}, "other": {}}, markets), READY)
    raw = {row.name: row.value for row in plan.fields({})}
    assert raw["market"] == "BTC/USDT 1h" and not plan.check(raw)
    assert "settings it was judged from" in plan.difference(raw)[-1][0]
    for wrong in ({"twins": "5"}, {"windows": "x"}, {"held out": "0.9"}, {"from": "soon"}):
        assert set(plan.check(raw | wrong)) == set(wrong)


MADE = {
    "trials": 50, "sampler": "random", "objective": "sharpe, trades", "twins": 80, "windows": 4, "wfo_trials": 12,
    "permutations": 30, "anchored": True, "as_is": False, "top_held_out": False, "quick": False, "seed": 7,
}  # fmt: skip


async def test_a_ladder_is_judged_anew_with_the_options_it_was_made_with(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    asked = (START_NS - START_NS % research.DAY_NS, 0)
    one = msgspec.structs.replace(READY, options=MADE, held_out=0.3, asked_ns=asked)
    markets: list[Mapping[str, object]] = [
        {"market": "BTC/USDT", "market_id": "BTCUSDT.BYBIT", "timeframe": "1h"}
    ]
    plan = JudgePlan(Supply({"ema_cross": {}, "other": {}}, markets), one)
    raw = {row.name: row.value for row in plan.fields({})}
    assert not plan.check(raw)
    assert raw["preset"] == "quick" and raw["trials"] == "" and raw["to"] == ""
    told = " ".join(line for line, _ in plan.difference(raw))
    assert "no light loop" in told and "always begins at the start" in told
    async with desk() as d:
        plan.apply(d.app, raw, lambda: None)
        plan.apply(d.app, raw | {"strategy": "other"}, lambda: None)
        await d.until(lambda: len(sent(world, "research.run")) == 2)
    same, other = sent(world, "research.run")
    assert msgspec.convert(options(same), Options) == msgspec.convert(MADE, Options)
    assert same["held_out"] == "0.3"
    assert (same["start"], same.get("end")) == (f"{day(asked[0])}", None)
    assert not {"anchored", "engine", "wfo_trials"} & set(other)


def test_a_form_of_a_ladder_with_a_size_of_its_own_keeps_the_number() -> None:
    made = {**MADE, "trials": 77}
    plan = JudgePlan(Supply({"ema_cross": {}}, []), msgspec.structs.replace(READY, options=made))
    raw = {row.name: row.value for row in plan.fields({})}
    assert (raw["preset"], raw["trials"]) == ("standard", "77")


# ---- the gates --------------------------------------------------------------------------------
async def open_gates(d: Desk, row: int = 0) -> None:
    await d.press("4")
    await d.shows("READY")
    await d.press(*["j"] * row, "enter")
    await d.shows("Hard: all of them must pass")


async def test_a_gate_tells_all_of_itself_and_opens_its_evidence(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        await open_gates(d, 1)
        text = d.text()
        for words in ("donchian_breakout ETH/USDT", "looked at 3 times", "points = 12 rule + 12 walk",
                      "protects against entries", "pass", "too little"):  # fmt: skip
            assert words in text, words
        await d.press("j")
        assert "raised: the window was looked at 3 times" in d.text() and "> 0.7" in d.text()
        await d.press("enter")
        await d.until(lambda: sent(world, "research.show") == [{"run_id": "st-held"}])
        await d.shows("Held-out look")
        await d.press("escape")
        assert d.page.NAME == "gates"
        await d.press("escape")
        assert d.page.NAME == "ladder"


async def test_a_gate_that_nothing_measured_says_what_to_do(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        await open_gates(d, 2)
        await d.press("j", "enter")
        assert "nothing has measured it: optimise with a held-out window" in d.text()
        assert not sent(world, "research.show")


async def test_an_eased_threshold_wants_a_reason(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        await open_gates(d)
        await d.press("t")
        await d.shows("‹ rule ›")
        await d.press("j", "enter", "ctrl+u", *"0", "full_stop", *"2", "enter")
        assert "this makes the gate easier: say why" in d.text()
        await d.press("w")
        assert "not sent" in d.text() and not sent(world, "research.threshold")
        await d.press("j", "enter", *"itisatestindeed", "enter", "w", "enter")
        await d.until(lambda: sent(world, "research.threshold"))
        given_ = {"name": "rule", "value": "0.2", "reason": "itisatestindeed"}
        assert sent(world, "research.threshold") == [given_]


def test_a_stricter_threshold_wants_none() -> None:
    plan = ThresholdPlan({"dsr": 0.95}, "dsr")
    raw = {row.name: row.value for row in plan.fields({})}
    assert raw["value"] == "0.95" and not plan.difference(raw)
    assert not plan.check(raw | {"value": "0.99"})
    assert set(plan.check(raw | {"value": "0.9"})) == {"reason"}


# ---- studies ----------------------------------------------------------------------------------
SHOWN = {
    "st-rule": ("p95 0.88", "the strategy 1.42", "random entries", "2.26 %", "99.5", "200 light"),
    "st-opt": ("recommended: ", "What matters", "slow", "PBO", "Curves of the best", "4 trades, wanted 10"),
    "st-wfo": ("4 of 6", "fast=20, slow=140", "none: the best", "0.29", "mean 0.10"),
    "st-robust": ("3x", "-2.00 %", "82 % of the Sharpe", "Intervals", "2.1 % end below", "second half"),
    "st-held": ("looked at once", "HELD OUT", "0.91", "69 %", "before"),
    "st-pairs": ("beta", "0.83", "A/USD", "shuffles", "spread �[31mred", "53 points = ", "Hard: all", "2016-08-11"),
}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
@pytest.mark.parametrize("run_id", SHOWN)
def test_a_study_shows_what_it_found(run_id: str, size: tuple[int, int]) -> None:
    text = picture(run_id, *size)
    plain = Look(theme=palette("default", "none"), symbols=ASCII)
    assert all(picture(run_id, *size, pane, plain) for pane in study.PANES["optimize"])
    if run_id == "st-opt":
        text += picture(run_id, *size, "leaders")
    for words in SHOWN[run_id]:
        assert words in text, words
    assert "\x1b" not in text


@pytest.mark.parametrize("run_id", SHOWN)
def test_a_study_with_nothing_in_it_is_painted_and_says_so(run_id: str) -> None:
    shown = msgspec.convert(research.show(run_id), Shown)
    bare = msgspec.structs.replace(shown.finding, result={})
    bare_shown = Shown(bare)
    found = study.read(bare)
    for pane in study.PANES["optimize"]:
        for width in (60, 200):
            cells = Cells(TALLEST, width)
            assert paint_study(cells, bare_shown, found, pane, ("", ""), 20, Look()) > 0


def test_a_map_has_a_place_for_every_value_and_marks_the_recommended_one() -> None:
    text = picture("st-opt", 120, 40, "map")
    assert "slow across, fast down" in text
    assert text.count("★") == 2 and text.count("▲") >= 1  # one in the map, one in its legend


@given(
    st.lists(st.one_of(st.integers(-50, 500), st.floats(-5, 5, width=32)), min_size=1, max_size=60),
    st.integers(2, 24),
)
def test_each_value_of_a_parameter_falls_on_the_axis(values: list[float], most: int) -> None:
    made = axis("a", [Tried(i, {"a": v}) for i, v in enumerate(values)], most)
    places = [made.at(v) for v in sorted(values)]
    assert places == sorted(places)
    assert 1 <= len(made.labels) <= most and places[0] >= 0 and places[-1] < len(made.labels)


async def test_a_search_turns_its_panes_and_axes(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        d.app.visit("study", "st-opt")
        await d.shows("recommended: ")
        await d.press("tab", "tab")
        assert "slow across, fast down" in d.text()
        await d.press("x")
        assert "short across, fast down" in d.text()
        await d.press("y")
        assert "short across, slow down" in d.text()
        await d.press("tab")
        assert "Parallel coordinates" in d.text()
        await d.press("v")
        await d.until(lambda: d.page.NAME == "report")
        await d.press("escape")
        assert d.page.NAME == "study"


async def test_a_run_of_a_study_opens_as_a_study_from_anywhere(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        await command(d, "run show st-rule")
        await d.until(lambda: d.page.NAME == "study")
        await d.shows("the strategy")


async def test_the_run_of_a_whole_ladder_opens_its_gates(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        await d.press("2")
        d.app.visit("study", "st-ladder")
        await d.shows("Hard: all of them must pass")
        assert d.page.place() == ("gates", READY.key)
        await d.press("escape")
        assert d.page.NAME == "runs"


async def test_a_study_that_is_gone_says_so(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        d.app.visit("study", "nothing")
        await d.shows("run `nothing` is no study, or it is gone")


# ---- the palette ------------------------------------------------------------------------------
async def test_words_of_research_do_what_the_keys_do(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        line = "research run ema_cross --market BTC/USDT --timeframe 1h --preset quick --as-is --set fast=9"
        run(d.app, parse(line))
        await d.until(lambda: sent(world, "research.run"))
        assert sent(world, "research.run") == [{
            "strategy": "ema_cross", "config": {"fast": "9"}, "market": "BTC/USDT",
            "timeframe": "1h", "preset": "quick", "as_is": "yes",
        }]  # fmt: skip
        run(d.app, parse("research sweep ema_cross rsi_pullback --market A --market B --twins 50"))
        await d.until(lambda: sent(world, "research.sweep"))
        assert sent(world, "research.sweep") == [{
            "strategies": ["ema_cross", "rsi_pullback"], "markets": ["A", "B"], "twins": "50",
        }]  # fmt: skip
        run(d.app, parse("research threshold dsr 0.97"))
        await d.until(lambda: sent(world, "research.threshold"))
        assert sent(world, "research.threshold") == [{"name": "dsr", "value": "0.97"}]
        run(d.app, parse("research show rsi_pullback"))
        await d.until(lambda: d.page.NAME == "ladder" and len(d.page.shown()) == 1)
        run(d.app, parse("research threshold"))
        await d.shows("‹ rule ›")


# ---- the best so far --------------------------------------------------------------------------
def best_so_far(count: int) -> tuple[Leader, ...]:
    return tuple(
        Leader(1.31 - n / 9, f"fast={5 + n} slow={20 + 3 * n} short={n % 2 == 0}", 140 - 7 * n,
               tuple(research.curve(n, POINTS, 0.012 - n / 1000)))
        for n in range(count)
    )  # fmt: skip


def searching(count: int) -> JobRow:
    return JobRow("job-s", "research", HALF.title, "running", 0.31, 74.0,
                  "trials: 96 of 200, best 1.31", leaders=best_so_far(count))  # fmt: skip


@pytest.mark.parametrize(("size", "shown"), [((80, 24), 5), ((120, 30), 7), ((200, 60), 10)])
async def test_a_search_shows_as_many_of_its_best_as_fit_and_ends_without(
    world: FakeSupervisor, desk: OpenDesk, size: tuple[int, int], shown: int
) -> None:
    async with desk(size=size) as d:
        await d.press("4")
        await d.shows("READY")
        world.jobs["job-s"] = searching(10)
        await world.work("job-s", progress=0.31)
        await d.shows("SETTINGS")
        lines = d.cells("#judging").lines()
        assert len(lines) == shown + 2 + (size[1] >= 40)
        assert "trials: 96 of 200" in lines[0]
        assert lines[2].split()[:2] == ["1", "1.310"]
        assert "fast=5 slow=20" in lines[2]
        assert " 140 " in lines[2]
        assert "fast=" in lines[shown + 1]
        assert d.page.query_one(".main").size.height > 1
        await world.work("job-s", leaders=())
        await d.until(lambda: d.page.query_one("#judging").size.height == 1)
        assert "SETTINGS" not in d.text()


@pytest.mark.parametrize("name", ["braille", "ascii"])
def test_a_curve_of_the_best_rises_where_it_earned_and_is_none_where_there_is_none(
    name: str,
) -> None:
    from clearedge_tui.ui.paint.leaders import paint_best
    from clearedge_tui.ui.symbols import SETS

    rising = Leader(12_345.6, "a=1", 3, tuple(1 + n / 50 for n in range(POINTS)))
    bare = Leader(-0.5, "b=2")
    symbols = SETS[name]
    for w, points in ((78, 16), (198, POINTS)):
        cells = Cells(4, w)
        paint_best(cells, cells.area, (rising, bare), Look(symbols=symbols))
        _head, first, second, empty = cells.lines()
        rank, score, drawn, *figures, settings = first.split()
        assert (rank, score, figures, settings) == ("1", "12,346", ["+62.00", "%", "3"], "a=1")
        assert len(drawn) == points
        assert drawn == "".join(sorted(drawn, key=symbols.spark.index))
        assert second.split() == ["2", "-0.500", "–", "–", "b=2"]
        assert not empty.strip()


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_picture_of_a_search(snap_compare: Compare, home: Home, size: tuple[int, int]) -> None:
    made = still(home, ("ladder", ""))
    made.model.apply(Changed(1, START_NS, jobs=(searching(10),)))
    assert snap_compare(made, terminal_size=size)
