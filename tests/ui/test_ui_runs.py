"""Runs, reports, data, journal: asked for, converted, shown; a bad answer is named."""

from clearedge_tui.supervisor.protocol import Changed, JobRow
from tests.fakes.market import START_NS
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent


async def test_runs_show_progress_results_and_failures(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("2")
        await d.shows("bt-0007")
        text = d.text()
        for words in (
            "63 %  eta 4.0s",
            "+31.40 %",
            "-4.20 %",
            "sim",
            "failed",
            "NameError",
            "equity so far",
        ):
            assert words in text, words


async def test_a_failed_run_shows_its_whole_error(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("2")
        await d.shows("bt-0005")
        await d.press("j", "j", "j", "enter")
        assert "strategies/broken.py:7: NameError" in d.text()
        await d.press("escape")
        assert d.page.NAME == "runs"


async def test_a_job_is_cancelled_and_a_run_removed_after_a_question_and_brought_back(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("2")
        await d.shows("bt-0007")
        await d.press("x")
        await d.until(lambda: sent(world, "job.cancel") == [{"id": "job-1"}])
        await d.press("j", "x")
        await d.shows("U brings back")
        await d.press("n")
        assert not sent(world, "run.rm")
        await d.press("x", "y")
        await d.until(lambda: sent(world, "run.rm") == [{"run_id": "bt-0007"}])
        await d.until(lambda: d.page.runs.page.found == 4)
        await d.press("U")
        await d.until(lambda: sent(world, "run.restore") == [{"run_id": "bt-0007"}])
        await d.until(lambda: d.page.runs.find("bt-0007"))


async def test_journal_lists_filters_and_expands(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("6")
        await d.shows("grid_maker.py:41: Zero")
        await d.press("slash")
        await d.type("fault")
        await d.press("enter")
        assert "observe -> active" not in d.text()
        await d.press("enter")
        assert "strategies/grid_maker.py:41: ZeroDivisionError" in d.text()


async def test_an_answer_of_the_wrong_shape_is_named_not_fatal(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    from tests.fakes import supervisor

    before = supervisor._VERBS["data.list"]
    supervisor._VERBS["data.list"] = lambda w, a: ("", [{"market": 7}], [])
    try:
        async with desk() as d:
            await d.press("3")
            await d.shows("the answer cannot be read")
    finally:
        supervisor._VERBS["data.list"] = before


async def test_a_refused_list_says_why(world: FakeSupervisor, desk: OpenDesk) -> None:
    world.refuse["run.search"] = "the runs folder cannot be read"
    async with desk() as d:
        await d.press("2")
        await d.shows("the runs folder cannot be read")


async def test_a_run_that_ended_before_the_console_saw_it_at_work_is_listed(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.jobs = {}
    async with desk() as d:
        await d.press("2")
        await d.shows("bt-0007")
        before = len(sent(world, "run.search"))
        done = JobRow("job-9", "backtest", "quick", "done", run_id="bt-0099")
        await world.push(Changed(1, START_NS, jobs=(done,)))
        await d.until(lambda: len(sent(world, "run.search")) > before)


async def test_news_of_a_job_that_ended_lead_to_all_it_did(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    trace = "7c0ffee0" * 4
    async with desk() as d:
        await d.press("exclamation_mark")
        await d.shows("nothing was told yet")
        await d.press("escape")
        await world.work("job-1", state="failed", message="no bars", trace_id=trace)
        await d.shows("ema_cross BTC/USDT 1m failed: no bars")
        assert trace not in d.text(), "the headline is for the news"
        await d.press("exclamation_mark")
        await d.shows(f"trace {trace}")
        await d.press("1")
        await d.until(lambda: {"limit": 500, "trace": trace} in sent(world, "journal.tail"))
        assert [n.trace for n in d.app.model.notices if n.text.endswith("no bars")] == [trace]
