"""What the console is told of the catalog: verdicts, coverage by the calendar, sources, prices."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from clearedge_tui.core.clock import iso
from clearedge_tui.core.day_map import laid_out
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.market import calendars, catalog, fetch, task
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.fingerprint import fingerprint
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.markets import describe
from clearedge_tui.market.moments import to_ns
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.market.sources.breaker import Breaker
from clearedge_tui.market.sources.model import Cost
from clearedge_tui.settings import Home
from clearedge_tui.supervisor import series_view
from clearedge_tui.supervisor.client import call
from clearedge_tui.supervisor.jobs import Jobs
from clearedge_tui.supervisor.work import JobEnd, JobStep
from tests.backtest.box import make_home, sim_bars, store

NAME = "SIMUSDT.SIMULATED 1m"
DAY = 1440
DAY_NS = 86_400_000_000_000


@pytest.fixture
def home(tmp_path: Any) -> Home:
    return make_home(tmp_path / "home")


def data(home: Home, verb: str, **args: object) -> Any:
    result = call(home, verb, args)
    assert result.status == "done", result
    return result.data


def checked(home: Home) -> None:
    assert not task.run(task.Task(str(home.root), "check"), lambda step: None).error


def test_a_line_of_the_list_carries_the_verdict_of_the_last_check(home: Home) -> None:
    store(home, simulated_market(), "1m", sim_bars(300))
    (line,) = data(home, "data.list")
    assert (line["series"], line["kind"], line["verdict"], line["checked_ns"]) == (
        NAME, "bars", "unknown", 0,
    )  # fmt: skip
    assert line["counted"] is True and line["syncs_from"] == "simulated"
    checked(home)
    (line,) = data(home, "data.list")
    assert line["verdict"] == "clean" and line["checked_ns"] > 0
    store(home, simulated_market(), "1m", sim_bars(400))
    assert data(home, "data.list")[0]["verdict"] == "changed"


def test_a_series_nobody_has_counted_is_told_as_such_and_not_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(home, simulated_market(), "1m", sim_bars(300))
    shutil.rmtree(home.catalog / ".index")

    def read(*_: object, **__: object) -> Iterator[object]:
        raise AssertionError("rows were read for a list")

    for name in ("batches", "table"):
        monkeypatch.setattr(f"clearedge_tui.market.series_file.{name}", read)
    (line,) = data(home, "data.list")
    assert line["counted"] is False and line["rows"] == 300
    monkeypatch.undo()
    assert data(home, "data.coverage", series=NAME)["rows"] == 300
    assert data(home, "data.list")[0]["counted"] is True


def test_coverage_tells_what_each_day_should_have_and_where_bars_are_missing(home: Home) -> None:
    keep = np.ones(3 * DAY, np.bool_)
    keep[700:730] = False
    store(home, simulated_market(), "1m", sim_bars(3 * DAY).take(keep))
    seen = data(home, "data.coverage", series=NAME)
    wanted = sum(days * rows for _, days, rows in seen["open_days"])
    had = sum(days * rows for _, days, rows in seen["days"])
    assert (wanted, had) == (3 * DAY, 3 * DAY - 30)
    ((start, end, count),) = seen["holes"]
    first = sim_bars(1).ts_ns[0] - 60_000_000_000
    assert (start, end, count) == (first + 700 * 60_000_000_000, first + 730 * 60_000_000_000, 30)
    assert (seen["calendar"], seen["holes_left_out"], list(seen["errors"])) == ("24/7", 0, [])


def test_a_weekend_of_foreign_exchange_is_closed_and_not_missing(home: Home) -> None:
    market = describe("GBP/USD", price_precision=2)
    bars = sim_bars(9 * DAY)
    opens = bars.ts_ns - 60_000_000_000
    days = opens // 86_400_000_000_000
    weekday = (days + 3) % 7
    store(home, market, "1m", bars.take(weekday < 4))  # Monday to Thursday
    seen = data(home, "data.coverage", series="GBPUSD.LOCAL 1m")
    open_days = {first + i: rows for first, n, rows in seen["open_days"] for i in range(n)}
    for day, rows in open_days.items():
        assert date.fromordinal(day + date(1970, 1, 1).toordinal()).weekday() != 5, rows
    assert seen["holes"], "Friday is missing"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_counted(home: Home) -> None:
    for start in (0, 200):
        store(home, simulated_market(), "1m", sim_bars(300).slice(start, start + 100))
    first, _ = sorted((home.catalog / bars_key("SIMUSDT.SIMULATED", "1m").folder).glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:200])
    seen = data(home, "data.coverage", series=NAME)
    assert seen["rows"] == 100 and len(seen["errors"]) == 1 and first.name in seen["errors"][0]
    assert first.name in data(home, "data.list")[0]["error"]


def test_sources_tell_their_light_and_why_and_can_be_asked_again(home: Home) -> None:
    for _ in range(3):
        Breaker(home, "kraken").failed(RetryLater("HTTP 503"))
    lights = {one["source"]: one for one in data(home, "data.sources")}
    assert lights["kraken"]["light"] == "open" and "HTTP 503" in lights["kraken"]["reason"]
    assert lights["simulated"]["light"] == "closed" and not lights["simulated"]["needs"]
    assert lights["databento"]["paid"] and "databento" in lights["databento"]["needs"]
    again = {one["source"]: one for one in data(home, "data.sources", reset="kraken")}
    assert again["kraken"]["light"] == "closed"


def test_a_price_is_told_and_nothing_is_fetched(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def paid(*args: Any) -> list[object]:
        await args[-1].confirm(Cost(Decimal("1.255"), 4_000, 57_600))
        raise AssertionError("it was fetched")

    monkeypatch.setattr(fetch, "fetch", paid)
    args: dict[str, object] = {"source": "databento", "markets": ["SPY"], "start": "2024-01-01"}
    told = task.run(task.Task(str(home.root), "pull", args | {"price": True}), lambda step: None)
    assert (told.error, told.data) == ("", {"usd": "1.26", "rows": 57_600, "bytes": 4_000})
    assert told.message == "this costs about 1.26 USD for 57,600 rows; nothing was fetched yet"
    refused = task.run(task.Task(str(home.root), "pull", args), lambda step: None)
    assert "agree to it with yes" in refused.error


class Priced:
    """Work that ends with a price."""

    def steps(self) -> Iterator[JobStep]:
        yield JobStep(0.5)

    def cancel(self) -> None:
        raise AssertionError("nobody cancels it")

    def end(self) -> JobEnd:
        return JobEnd("done", "this costs", {"usd": "1.26"})


async def test_the_row_of_a_priced_job_asks_to_be_paid() -> None:
    jobs = Jobs()
    key = jobs.start(Priced(), "pull", "price of pull").id
    await jobs.finished(key)
    assert [(row.state, row.asks) for row in jobs.rows()] == [("done", "pay")]
    await jobs.drain()


def test_a_fingerprint_is_work_too_and_is_that_of_the_rows(home: Home) -> None:
    store(home, simulated_market(), "1m", sim_bars(300))
    key = bars_key("SIMUSDT.SIMULATED", "1m")
    done = task.run(task.Task(str(home.root), "fingerprint", {"series": NAME}), lambda step: None)
    assert done.message.startswith(fingerprint(home, key).sha256)
    assert catalog.series(home)[0].rows == 300


def test_a_stocks_holidays_are_closed_and_its_lost_days_missing_without_pandas(home: Home) -> None:
    """The sessions are made once, in another process; then they are read from a file."""
    aapl = describe("AAPL", asset_class="equity", price_precision=2)
    sessions = calendars.sessions("XNYS", to_ns("2023-11-13", ""), to_ns("2023-12-02", ""))
    lost = to_ns("2023-11-15", "")
    opens = [t for s in sessions if s.day_ns != lost for t in range(*s.parts[0], 60_000_000_000)]
    bars = sim_bars(len(opens))
    closes = np.array(opens) + 60_000_000_000
    store(home, aapl, "1m", Bars(closes, *bars.columns()[1:]))
    code = (
        "import sys, pathlib, msgspec\n"
        "from clearedge_tui.settings import Home\n"
        "from clearedge_tui.supervisor import series_view\n"
        f"seen = series_view.coverage(Home(pathlib.Path({str(home.root)!r})), 'AAPL.LOCAL 1m')\n"
        "assert not {'pandas', 'exchange_calendars'} & set(sys.modules)\n"
        "sys.stdout.buffer.write(msgspec.json.encode(seen))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    seen = msgspec.json.decode(told.stdout, type=series_view.Coverage)
    days = laid_out(seen.days, seen.open_days, seen.unknown_days, ticks=False)
    states = {n: days.state(to_ns(f"2023-11-{n}", "") // DAY_NS) for n in (13, 15, 18, 23, 24, 30)}
    assert states == {
        13: "full", 15: "missing", 18: "closed", 23: "closed", 24: "full", 30: "full",
    }, "Thanksgiving is the 23rd, and a half day follows"  # fmt: skip
    assert [(iso(a)[:10], count) for a, _, count in seen.holes] == [("2023-11-15", 390)]
    assert days.month(2023, 11) == "part" and days.month(2023, 12) == "full"
    made = list((home.catalog / ".index" / "hours").iterdir())
    assert [path.name[:9] for path in made] == ["XNYS-2020"]


def test_a_calendar_that_cannot_be_made_leaves_the_rest_shown(home: Home) -> None:
    odd = msgspec.structs.replace(describe("ODD", asset_class="equity"), calendar="XXXX")
    store(home, odd, "1m", sim_bars(100))
    seen = series_view.coverage(home, "ODD.LOCAL 1m")
    assert seen.rows == 100 and not seen.open_days
    assert "calendar XXXX: its sessions of 2020 could not be made" in seen.errors[0]
