"""The catalog screen: every series with its state, its coverage, the work on it, every key."""

from functools import partial

import msgspec
import pytest

from clearedge_tui.ui.catalog import Bars, SeriesRow, SeriesView, Source
from clearedge_tui.ui.model import LinkState
from clearedge_tui.ui.screens.data_views import DataRows, SeriesLook
from tests.fakes import catalog
from tests.fakes.market import START_NS
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent
from tests.ui.test_ui_palette import command

ORDER = [  # venue, then market, then type
    "ETHUSDT.BINANCE 1h", "ETHUSDT.BINANCE trades", "BTCUSDT.BYBIT quotes", "BTCUSDT.LOCAL 1m", "GBPUSD.LOCAL 1m",
    "SIMAUSDT.SIM 1m", "SPY.XNAS 1d",
]  # fmt: skip


async def opened(d: Desk, *keys: str) -> DataRows:
    await d.press("3")
    await d.until(lambda: d.page.NAME == "data" and d.page.asked.value and d.page.sources.value)
    rows: DataRows = d.page.query_one(DataRows)
    await d.press(*keys)
    return rows


async def stand(d: Desk, key: str) -> None:
    """Put the cursor on a series and wait for what is known of it."""
    rows = d.page.query_one(DataRows)
    rows.select(rows.keys_of_rows().index(key))
    d.page.tick()
    await d.until(lambda: d.page.look().view or d.page.look().problem or d.page.look().unread)


# ---- what is seen ---------------------------------------------------------------------------------
async def test_every_series_has_a_row_in_a_tree_with_its_figures(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        rows = await opened(d)
        assert rows.keys_of_rows() == ORDER
        lines = d.cells("DataRows").lines()
        assert lines[1].split()[:8] == [
            "≠", "BINANCE", "ETH/USDT", "1h", "35,064", "2018-02-01", "2022-01-31", "0",
        ]  # fmt: skip
        assert lines[2].split()[:3] == ["▲", "trades", "812.3M"], (
            "venue and market are not said again"
        )
        gbp = next(line for line in lines if "GBP/USD" in line)
        assert "1,932" in gbp and "bad 3d" in gbp and "gbpusd.csv" in gbp and gbp.split()[0] == "✖"
        assert "1m sim" in next(line for line in lines if "SIM-A" in line)


async def test_freshness_is_told_where_a_sync_could_help(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        await opened(d)
        lines = d.cells("DataRows").lines()
        assert "●60m" in lines[1] and "▲9d" in lines[2]
        assert " 5d " in lines[5] and "▲5d" not in lines[5], "a file is neither fresh nor late"


async def test_a_file_that_cannot_be_read_is_named_on_its_row_and_the_rest_works(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await opened(d)
        await stand(d, "SPY.XNAS 1d")
        assert "it is cut off, its footer is mis" in d.cells("DataRows").lines()[-1]
        assert "✖ cannot be read" in d.text() and "are not touched" in d.text()
        assert "2021-01-04_2021-12-31.parquet" in d.text()
        await d.press("enter")
        assert "its footer is missing" in d.text()
        await d.press("escape")
        await stand(d, "BTCUSDT.LOCAL 1m")
        assert "nothing is wrong with it" in d.text()


async def test_the_map_shows_years_months_and_days(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(80, 24)) as d:
        await opened(d)
        await stand(d, "GBPUSD.LOCAL 1m")
        shown = "\n".join(d.cells("#series").lines())
        for words in (
            "JFMAMJJASOND",
            "2020",
            "2021",
            "Mo",
            "Dec",
            "all there",
            "missing",
            "gaps 1,932",
        ):
            assert words in shown, words
        assert "×" in shown and "▄" in shown
        await d.press("left_square_bracket")
        assert "▆" in "\n".join(d.cells("#series").lines()[3:10]), "one day of 2020 is nearly full"
        await d.press("right_square_bracket")
        assert d.page.look().year == 2022 or d.page.look().year == 2021


async def test_a_large_screen_shows_details_beside_the_list_and_the_chart_below(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(200, 60)) as d:
        await opened(d)
        await stand(d, "GBPUSD.LOCAL 1m")
        await d.until(lambda: d.page.look().bars)
        look, newest = d.page.query_one("#series"), d.page.query_one("#newest")
        assert look.region.x > 100 and newest.display and newest.region.y > 9
        text = d.text()
        for words in (
            "Gaps   1,932 bars missing in 2 places", "1,900 bars", "rows missing while the market was open",
            "one price far away", "Files  1", "source gbpusd.csv", "Newest bars",
        ):  # fmt: skip
            assert words in text, words
        await d.press("v")
        assert not newest.display


async def test_v_changes_between_map_and_chart(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(100, 40)) as d:
        await opened(d)
        await stand(d, "BTCUSDT.LOCAL 1m")
        assert not sent(world, "data.preview"), "nobody asked for a chart"
        await d.press("v")
        await d.until(lambda: d.page.look().bars)
        assert "vol" in d.text() and "Mo" not in "\n".join(d.cells("#series").lines())
        await stand(d, "ETHUSDT.BINANCE trades")
        await d.shows("ETH/USDT trades as bars of 5s")
        await d.press("v")
        await d.shows("Mo")


async def test_what_another_program_wrote_is_read_only_when_asked(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await stand(d, "BTCUSDT.BYBIT quotes")
        assert "enter reads it once" in d.text()
        assert {"series": "BTCUSDT.BYBIT quotes"} not in sent(world, "data.coverage")
        await d.press("enter")
        await d.until(lambda: {"series": "BTCUSDT.BYBIT quotes"} in sent(world, "data.coverage"))
        await d.until(lambda: d.page.look().view)


async def test_enter_tells_everything_about_a_series(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await opened(d)
        await stand(d, "GBPUSD.LOCAL 1m")
        await d.press("enter")
        for words in ("GBPUSD.LOCAL", "32 bars", "1.9042", "2020-01-01_2022-01-31"):
            assert words in d.text(), words


async def test_one_look_is_asked_for_and_painted_once(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await stand(d, "GBPUSD.LOCAL 1m")
        asked, look = len(sent(world, "data.coverage")), d.page.query_one(SeriesLook)
        d.app.paint_now()
        before = look.cells
        for _ in range(3):
            d.app.paint_now()
        assert look.cells is before and len(sent(world, "data.coverage")) == asked


async def test_sources_show_their_lights_and_one_is_asked_again(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(160, 40)) as d:
        await opened(d)
        line = d.cells("SourceLine").lines()[0]
        assert "✖ kraken left alone 42s: HTTP 503" in line and "▲ okx on trial: no answer" in line
        assert "● binance" in line and "○ tiingo" in line
        await d.press("o")
        await d.shows("a number asks that source again at once")
        assert "needs the secret `tiingo`" in d.text()
        await d.press("1")
        await d.until(lambda: {"reset": "kraken"} in sent(world, "data.sources"))


# ---- the list -------------------------------------------------------------------------------------
async def test_filter_sort_and_marks(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        rows = await opened(d, "slash", *"bad", "enter")
        assert rows.keys_of_rows() == ["GBPUSD.LOCAL 1m"]
        await d.press("escape", "slash", *"nothing", "enter")
        assert "no series holds these words" in d.text()
        await d.press("escape", "S")
        assert "n rows" in d.text()
        await d.press("n")
        assert rows.keys_of_rows()[0] == "ETHUSDT.BINANCE trades"
        await d.press("S", "n")
        assert rows.keys_of_rows()[-1] == "ETHUSDT.BINANCE trades"
        await d.pilot.click(DataRows, offset=(4, 0))
        assert rows.keys_of_rows() == ORDER
        await d.press("g", "space", "space")
        assert "2 marked" in d.text()
        await d.press("asterisk")
        assert "7 marked" in d.text()
        await d.press("escape")
        assert "marked" not in d.text() and d.page.NAME == "data"


# ---- work -----------------------------------------------------------------------------------------
async def test_checks_of_one_of_marks_and_of_all(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await opened(d, "c")
        await d.until(lambda: sent(world, "data.check"))
        await d.press("space", "space", "c", "C")
        await d.until(lambda: len(sent(world, "data.check")) == 3)
        assert sent(world, "data.check") == [
            {"series": ORDER[:1]}, {"series": ORDER[:2]}, {"series": []},
        ]  # fmt: skip


async def test_a_job_goes_on_while_nobody_looks_and_its_end_is_seen(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d, "c")
        await d.shows("Jobs")
        (job,) = [name for name in world.jobs if "check" in name]
        await world.work(
            job, progress=0.4, rows=1_200_000, rate=90_000.0, eta_s=7.0, message="GBPUSD"
        )
        await d.shows("40 %")
        for words in ("eta 7.0s", "1.2M rows", "90,000/s", "1 at work"):
            assert words in d.text(), words
        await d.press("1")
        asked = len(sent(world, "data.list"))
        await world.work(job, state="done", progress=1.0, message="1 series checked: 1 clean")
        await d.press("3")
        await d.shows("done 1 series checked: 1 clean")
        await d.until(lambda: len(sent(world, "data.list")) > asked)
        asked = len(sent(world, "data.list"))
        await d.press("C")
        job = [name for name in world.jobs if "check" in name][-1]
        await world.work(job, state="failed", message="a very long reason")
        await d.until(lambda: len(sent(world, "data.list")) > asked)
        await d.press("e")
        await d.shows("a very long reason")


async def test_x_cancels_the_job_at_work_or_the_chosen_one(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d, "x")
        assert "no job is at work" in d.text()
        await d.press("c")
        await d.shows("1 at work")
        await d.press("x")
        await d.until(lambda: len(sent(world, "job.cancel")) == 1)
        await d.press("C")
        await d.shows("2 at work")
        await d.press("x")
        await d.shows("cancel which job")
        await d.press("2")
        await d.until(lambda: len(sent(world, "job.cancel")) == 2)


@pytest.mark.parametrize(("key", "verb"), [("K", "data.compact"), ("D", "data.dedupe")])
async def test_files_are_rewritten_only_after_it_was_shown(
    world: FakeSupervisor, desk: OpenDesk, key: str, verb: str
) -> None:
    async with desk() as d:
        await opened(d, key)
        await d.until(lambda: sent(world, verb))
        assert sent(world, verb) == [{"series": ORDER[:1], "dry": True}]
        (job,) = [name for name in world.jobs if verb[5:] in name]
        await world.work(
            job, state="done", message="ETHUSDT.BINANCE 1h: would be done; 3 → 1 files"
        )
        await d.shows("3 → 1 files")
        await d.press("escape")
        await d.shows("nothing was changed")
        assert len(sent(world, verb)) == 1
        await d.press(key)
        await d.until(lambda: len(sent(world, verb)) == 2)
        job = [name for name in world.jobs if verb[5:] in name][-1]
        await world.work(job, state="done", message="would be done")
        await d.shows("enter does it")
        await d.press("enter")
        await d.until(lambda: sent(world, verb)[-1] == {"series": ORDER[:1]})


async def test_a_range_is_deleted_after_it_was_shown_and_its_name_typed(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        await stand(d, "BTCUSDT.LOCAL 1m")
        await d.press("d")
        await d.shows("BTC/USDT 1m: delete a range")
        assert "from or to is needed" in d.text()
        await d.press("j", "enter")
        await d.type("2022-01-05")
        await d.press("enter", "w", "enter")
        await d.until(lambda: sent(world, "data.rm"))
        args = {"series": "BTCUSDT.LOCAL 1m", "start": "2022-01-05"}
        assert sent(world, "data.rm") == [{**args, "dry": True}]
        await d.until(lambda: d.page.NAME == "data")
        (job,) = [name for name in world.jobs if "-rm-" in name]
        await world.work(job, state="done", message="would be deleted; 46,081 → 5,759 rows")
        await d.shows("46,081 → 5,759 rows")
        await d.press("enter")
        assert "that is not BTC/USDT" in d.text()
        await d.type("BTC/USDT")
        await d.press("enter")
        await d.until(lambda: sent(world, "data.rm")[-1] == args)


async def test_a_pull_is_asked_for_in_a_form(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(120, 40)) as d:
        await opened(d)
        await stand(d, "ETHUSDT.BINANCE 1h")
        await d.press("u")
        await d.shows("only what is missing is fetched")
        for words in ("‹ binance ›", "[ETH/USDT", "‹ 1h ›", "[2018-02-01", "[30"):
            assert words in d.text(), words
        await d.press("right", "right")
        assert "left alone 42s: HTTP 503" in d.text()
        await d.press("left", "left", "w")
        await d.shows("1h bars of ETH/USDT from binance")
        await d.press("enter")
        await d.until(lambda: sent(world, "data.pull"))
        assert sent(world, "data.pull") == [
            {"source": "binance", "markets": ["ETH/USDT"], "start": "2018-02-01", "end": "", "kind": "bars",
             "padding_days": "30", "timeframe": "1h"},
        ]  # fmt: skip
        await d.until(lambda: d.page.NAME == "data")


async def test_what_costs_is_priced_first_and_paid_after_a_typed_word_only(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        line = "data pull databento SPY --from 2024-01-01 --kind trades"
        await command(d, line)
        await d.until(lambda: sent(world, "data.pull"))
        args = {"source": "databento", "markets": ["SPY"], "start": "2024-01-01", "kind": "trades"}
        assert sent(world, "data.pull") == [{**args, "price": True}]
        (job,) = [name for name in world.jobs if "pull" in name]
        await world.work(job, state="done", message=catalog.COST, asks="pay")
        await d.shows("1.26 USD")
        await d.press("escape")
        await d.shows("nothing was paid, nothing was fetched")
        await command(d, line)
        await d.until(lambda: len(sent(world, "data.pull")) == 2)
        job = [name for name in world.jobs if "pull" in name][-1]
        await world.work(job, state="done", message=catalog.COST, asks="pay")
        await d.shows("1.26 USD")
        await d.press(*"PAY", "enter")
        await d.until(lambda: sent(world, "data.pull")[-1] == {**args, "yes": True})


async def test_u_large_brings_up_to_now_what_came_from_a_source(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d, "U")
        await d.until(lambda: sent(world, "data.sync") == [{"markets": ["ETHUSDT.BINANCE"]}])
        await stand(d, "GBPUSD.LOCAL 1m")
        await d.press("U")
        await d.shows("these series came from files")
        assert len(sent(world, "data.sync")) == 1


async def test_a_pull_without_a_market_or_day_cannot_be_sent(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 40)) as d:
        await opened(d)
        await stand(d, "GBPUSD.LOCAL 1m")
        await d.press("u")
        await d.shows("2 wrong: market, from")
        await d.press("w")
        assert "not sent" in d.text() and not sent(world, "data.pull")


async def test_b_and_i_open_their_forms(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await opened(d)
        await stand(d, "GBPUSD.LOCAL 1m")
        await d.press("b")
        await d.shows("‹ GBP/USD 1m ›")
        await d.press("escape")
        await d.press("i")
        await d.until(lambda: d.page.NAME == "form")


# ---- states ---------------------------------------------------------------------------------------
async def test_an_empty_catalog_says_how_to_get_data(world: FakeSupervisor, desk: OpenDesk) -> None:
    world.answers["data.list"] = []
    async with desk(size=(80, 24)) as d:
        await d.press("3")
        await d.shows("no data yet: i imports a file")
        assert "data sample" in d.text()
        for key in ("c", "C", "K", "U", "d", "b", "enter", "v", "left_square_bracket"):
            await d.press(key)
            assert d.page.NAME == "data" and len(d.app.screen_stack) == 2, key
        assert not sent(world, "data.check")


async def test_without_a_supervisor_it_says_so_and_fills_once_one_answers(desk: OpenDesk) -> None:
    async with desk(up=False) as d:
        await d.press("3")
        await d.shows("no supervisor answers")
        await d.press("r")
        assert "not asked: no supervisor answers" in d.text()
        fake = FakeSupervisor()
        await fake.start(d.app.home.control_socket)
        try:
            await d.until(lambda: d.app.model.link is LinkState.UP, 10)
            await d.shows("GBP/USD", 10)
        finally:
            await fake.stop()


async def test_a_refusal_is_told_and_what_was_there_stays(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await opened(d)
        world.refuse["data.list"] = "the catalog cannot be read"
        await d.press("r")
        await d.shows("the catalog cannot be read")
        assert "GBP/USD" in d.text()


async def test_a_second_that_passes_while_a_page_opens_does_no_harm(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    from clearedge_tui.ui.places import make_page

    async with desk() as d:
        d.app.push_screen(make_page("data"))
        assert d.page.NAME == "data" and not d.page.query("HeaderView")
        d.app._paint_time()
        await d.shows("GBP/USD")


async def test_a_waiting_list_says_so(world: FakeSupervisor, desk: OpenDesk) -> None:
    world.silent.add("data.list")
    async with desk() as d:
        await d.press("3")
        await d.shows("asking…")


# ---- the palette ----------------------------------------------------------------------------------
async def test_words_of_the_command_line_do_the_same(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        lines: dict[str, tuple[str, dict[str, object]]] = {
            "data check 'BTC/USDT 1m'": ("data.check", {"series": ["BTC/USDT 1m"]}),
            "data sync ETH/USDT --yes": ("data.sync", {"markets": ["ETH/USDT"]}),
            "data sources --reset okx": ("data.sources", {"reset": "okx"}),
            "data fingerprint BTC/USDT 1m --from 2022-01-01": (
                "data.fingerprint", {"series": "BTC/USDT 1m", "start": "2022-01-01"},
            ),
            "data compact --dry-run": ("data.compact", {"series": [], "dry": True}),
            "data dedupe 'BTC/USDT 1m'": ("data.dedupe", {"series": ["BTC/USDT 1m"], "dry": True}),
            "data rm BTC/USDT 1m --to 2022-01-01": (
                "data.rm", {"series": "BTC/USDT 1m", "end": "2022-01-01", "dry": True},
            ),
            "data pull simulated SIM/USDT --from 2024-01-01 --padding-days 0": (
                "data.pull", {"source": "simulated", "markets": ["SIM/USDT"], "start": "2024-01-01", "padding_days": "0"},
            ),
        }  # fmt: skip
        for line, (verb, args) in lines.items():
            await command(d, line)
            await d.until(partial(_asked, world, verb, args))


def _asked(world: FakeSupervisor, verb: str, args: dict[str, object]) -> bool:
    return args in sent(world, verb)


async def test_data_coverage_stands_on_the_series(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await command(d, "data coverage GBP/USD 1m")
        await d.until(lambda: d.page.NAME == "data" and d.page.asked.value)
        await d.until(lambda: d.page.selected().key == "GBPUSD.LOCAL 1m")
        await command(d, "coverage NOPE")
        await d.shows("no series `NOPE` is here")


def test_the_fake_answers_are_what_the_screen_reads() -> None:
    assert len(msgspec.convert(catalog.rows(), list[SeriesRow])) == 7
    for one in catalog.rows():
        msgspec.convert(catalog.coverage(one["series"]), SeriesView)
    assert msgspec.convert(catalog.sources(), list[Source])
    assert msgspec.convert(catalog.preview("x", 9), Bars).bars[0][0] < START_NS
