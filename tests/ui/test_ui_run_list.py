"""The list of runs: the language of filters, any column, many thousand, labels, marks."""

from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.ui.run_list import PART, whole
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent


def many(count: int) -> Index:
    rows = [
        RunRow(
            f"20260101-{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}-ema_cross-{n:04x}", "backtest", "done", "ema_cross",
            "BTC/USDT", "1m", 10**18, 2 * 10**18, 10**18 + n, 1.0, False, "", "", "", (), (n / count,), (), "", False,
            1_000_000, 0,
        )
        for n in reversed(range(count))
    ]  # fmt: skip
    return Index(names=("sharpe",), rows=rows)


async def at_runs(d: Desk) -> None:
    await d.press("2")
    await d.until(lambda: d.page.NAME == "runs" and d.page.runs.page)


async def test_a_filter_takes_the_whole_language_and_says_what_is_wrong_with_it(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await at_runs(d)
        await d.press("slash")
        await d.shows("fields: ")
        await d.press(*"sharpe", "greater_than_sign")
        assert d.page.runs.page.found == 5, "half a condition hides nothing"
        await d.press("1")
        await d.until(lambda: d.page.runs.page.found == 1)
        assert "1 of 5 runs" in d.text() and "filter sharpe>1" in d.text()
        await d.press("backspace", "backspace", "backspace", "backspace", "greater_than_sign", "1")
        await d.shows("no field `shar`; nearest: sharpe")
        asked = {args["filter"] for args in sent(world, "run.search")}
        assert "shar>1" not in asked, "a wrong filter is not sent"
        await d.press(*["backspace"] * 6, "s", "h", "tab", "less_than_sign", "0", "enter")
        await d.until(lambda: d.page.runs.page.found == 1)
        assert d.page.words == "sharpe<0" and "bt-0006" in d.text()
        await d.press("escape")
        await d.until(lambda: d.page.runs.page.found == 5)


async def test_find_opens_the_list_filtered_and_sorted_and_comes_back_so(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("colon")
        await d.press(*"find sharpe", "greater_than_sign", *"=0.5 sort=-trades", "enter")
        await d.until(lambda: d.page.NAME == "runs" and d.page.runs.page)
        assert sent(world, "run.search")[-1]["filter"] == "sharpe>=0.5"
        assert sent(world, "run.search")[-1]["sort"] == "-trades"
        await d.press("1", "minus")
        await d.until(lambda: d.page.NAME == "runs" and d.page.runs.page)
        assert sent(world, "run.search")[-1]["filter"] == "sharpe>=0.5"


async def test_any_column_sorts_and_is_remembered(world: FakeSupervisor, desk: OpenDesk) -> None:
    def order(d: Desk) -> list[str]:
        return [row.run_id[-1] for row in d.page.runs.page.rows]

    async with desk() as d:
        await at_runs(d)
        await d.press("right", "right", "right", "right")
        await d.until(lambda: order(d) == ["7", "4", "6", "5", "3"])
        assert "SHARPE▾" in d.text()
        await d.press("o")
        await d.until(lambda: order(d) == ["6", "4", "7", "5", "3"])
        await d.press("1", "2")
        await d.until(lambda: d.page.runs.page and order(d) == ["6", "4", "7", "5", "3"])
        await d.pilot.click("RunRows", offset=(16, 0))
        await d.until(lambda: sent(world, "run.search")[-1]["sort"] == "strategy")


async def test_of_ten_thousand_runs_only_the_part_that_is_looked_at_comes(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.runs_index = many(10_000)
    world.jobs = {}
    async with desk(size=(120, 30)) as d:
        await at_runs(d)
        assert "10,000 runs" in d.text() and "10.0 GB on disk" in d.text()
        newest = d.page.rows.current()
        await d.press("G")
        await d.until(lambda: d.page.selected() is not None and d.page.rows.cursor == 9_999)
        assert d.page.selected().run_id.endswith("-0000")
        for _ in range(4):
            await d.press("ctrl+u")
        there = d.page.selected().run_id
        row = world.runs_index.rows[0]
        world.runs_index.rows.insert(0, type(row)(**{  # a run ends meanwhile
            **{name: getattr(row, name) for name in row.__struct_fields__}, "run_id": "20260102-000000-ema_cross-ffff"
        }))  # fmt: skip
        await d.press("r")
        await d.until(lambda: d.page.runs.page.found == 10_001)
        assert d.page.selected().run_id == there, "the cursor stays on its run"
        await d.press("g")
        await d.until(lambda: d.page.runs.find(newest))
        assert {args["limit"] for args in sent(world, "run.search")} == {PART}
        assert len(sent(world, "run.search")) < 10


async def test_stars_tags_and_notes_are_written_on_the_marked_runs(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 40)) as d:
        await at_runs(d)
        await d.press("j", "m", "m", "asterisk")
        await d.until(lambda: all(world.labels.get(x) for x in ("bt-0007", "bt-0006")))
        assert "2 marked" in d.text()
        await d.press("t")
        await d.type("best btc")
        await d.press("enter")
        await d.shows("#best #btc")
        await d.press("backslash", "k", "t")
        assert "tags of bt-0006" in d.text()
        await d.press(*["backspace"] * 4, "enter")
        await d.until(lambda: world.labels["bt-0006"].tags == ("best",))
        await d.press("N")
        await d.type("keep it")
        await d.press("enter")
        await d.shows("keep it")
        assert world.labels["bt-0007"].tags == ("best", "btc") and world.labels["bt-0006"].star
        await d.press("asterisk")
        await d.until(lambda: not world.labels["bt-0006"].star)


async def test_a_run_is_run_again_resumed_and_saved_by_a_key(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await at_runs(d)
        await d.press("j", "S", "a", "R")
        await d.shows("was not interrupted")
        await d.press("G")
        assert "R takes it up again" in d.text()
        await d.press("R")
        await d.until(lambda: sent(world, "run.resume") == [{"run_id": "bt-0003"}])
        assert sent(world, "spec.save") == sent(world, "run.again") == [{"run_id": "bt-0007"}]


def test_a_condition_that_is_still_being_typed_is_left_out() -> None:
    assert [whole(text) for text in ("ema sharpe>", "ema -", "ema sharpe>1", "tag:", "")] == [
        "ema", "ema", "ema sharpe>1", "", "",
    ]  # fmt: skip
