"""A pull into a real catalog: what is missing and nothing else, whatever breaks in the middle."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import ClearEdgeError, Refused, RetryLater
from clearedge_tui.market import catalog, spans
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.pull import Pull, Rule
from clearedge_tui.market.pull_model import Progress, Pulled, Wanted
from clearedge_tui.market.shelf import CatalogShelf
from clearedge_tui.market.sources.model import Cost
from clearedge_tui.market.sources.paging import SETTLE_NS
from clearedge_tui.settings import Home
from tests.sources.clocks import Hours
from tests.sources.venues import MINUTE, FakeSource, Habits, Venue, bars_at

FIRST = 29_000_000
DAY = 1440
KEY = bars_key("AUSDT.INVENTED", "1m")
NO_PADDING = Rule(padding_days=0, keep_rows=1)


class Bench:
    """A home, a clock and an invented source."""

    def __init__(self, root: Path, venues: dict[str, Venue], now: int = FIRST + 10_000) -> None:
        self.home = Home(root)
        self.hours = Hours(now * MINUTE + SETTLE_NS)
        self.source = FakeSource(venues, lambda: self.hours.now_ns)
        self.told: list[Progress] = []
        self.asked_cost: list[Cost] = []
        self.agree = False

    def pull(self, *wanted: Wanted, rule: Rule = NO_PADDING) -> list[Pulled]:
        async def confirm(cost: Cost) -> bool:
            self.asked_cost.append(cost)
            return self.agree

        shelf = CatalogShelf(self.home)
        work = Pull(self.source, shelf, rule, self.hours.clock, self.told.append, confirm)
        return asyncio.run(work.run(wanted))

    def stored(self, market_id: str = "AUSDT.INVENTED") -> list[int]:
        bars = catalog.stored(self.home, market_id, "1m")
        return [int(close) // MINUTE - 1 for close in bars.ts_ns]

    def covered(self) -> list[tuple[int, int]]:
        found = catalog.covered(self.home, KEY)
        return [(low // MINUTE - FIRST, high // MINUTE - FIRST) for low, high in found]

    def asks(self) -> list[tuple[int, int]]:
        """Return what the source was asked for since the last look, in minutes from FIRST."""
        found = [
            (a.start_ns // MINUTE - FIRST, a.end_ns // MINUTE - FIRST) for a in self.source.asks
        ]
        self.source.asks.clear()
        return found


def wanted(first: int, last: int, symbol: str = "A/USDT") -> Wanted:
    return Wanted(symbol, "1m", (FIRST + first) * MINUTE, (FIRST + last) * MINUTE)


def after(
    pages: int, error: BaseException, once: bool = True
) -> Callable[[str, int], BaseException | None]:
    fired: list[int] = []

    def fault(symbol: str, given: int) -> BaseException | None:
        del symbol
        if given < pages or (once and fired):
            return None
        fired.append(1)
        return error

    return fault


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    # a hole of 90 minutes, as when a venue was down
    there = [FIRST + m for m in range(-50_000, 9_000) if not 300 <= m < 390]
    return Bench(tmp_path, {"A/USDT": Venue(there), "B/USDT": Venue(there)})


def test_a_second_pull_asks_nothing_at_all(bench: Bench) -> None:
    (done,) = bench.pull(wanted(0, 1000))
    assert (done.rows, done.missing, done.error) == (910, (), "")
    assert bench.stored() == [
        m for m in bench.source.venues["A/USDT"].minutes if 0 <= m - FIRST < 1000
    ]
    bench.asks()
    bench.source.listed.clear()
    (again,) = bench.pull(wanted(0, 1000))
    assert (bench.asks(), bench.source.listed, again.rows) == ([], [], 0)
    assert again.had == (((FIRST) * MINUTE, (FIRST + 1000) * MINUTE),)


def test_a_wider_window_asks_exactly_for_the_two_new_pieces(bench: Bench) -> None:
    bench.pull(wanted(400, 800))
    bench.asks()
    (done,) = bench.pull(wanted(100, 1200))
    assert bench.asks() == [(100, 400), (800, 1200)]
    assert spans.length(done.fetched) == 700 * MINUTE
    assert bench.covered() == [(100, 1200)]


def test_a_hole_of_the_venue_is_not_asked_about_again(bench: Bench) -> None:
    bench.pull(wanted(310, 350))  # nothing was traded at all
    assert bench.stored() == []
    bench.asks()
    bench.pull(wanted(310, 350))
    assert bench.asks() == []


def test_a_bug_in_one_market_ends_the_others_and_keeps_what_they_had(bench: Bench) -> None:
    def fault(symbol: str, given: int) -> BaseException | None:
        return ZeroDivisionError("a bug") if symbol == "B/USDT" and given == 2 else None

    bench.source.fault = fault
    with pytest.raises(ZeroDivisionError):
        bench.pull(wanted(400, 9000), wanted(400, 1000, "B/USDT"))
    assert bench.stored("BUSDT.INVENTED") == list(range(FIRST + 400, FIRST + 600))
    kept = bench.stored()
    assert 0 < len(kept) < 8600 and kept == list(range(FIRST + 400, kept[-1] + 1))


@pytest.mark.parametrize(
    "error",
    [RetryLater("gone"), ClearEdgeError("x"), asyncio.CancelledError(), KeyboardInterrupt()],
)
def test_a_break_in_the_middle_loses_at_most_a_page(bench: Bench, error: BaseException) -> None:
    bench.source.fault = after(3, error)
    if isinstance(error, ClearEdgeError):
        (broken,) = bench.pull(wanted(400, 1400))
        assert broken.error == str(error) and broken.exit_code == error.exit_code
        assert broken.missing == (((FIRST + 700) * MINUTE, (FIRST + 1400) * MINUTE),)
    else:
        with pytest.raises(type(error)):
            bench.pull(wanted(400, 1400))
    assert bench.covered() == [(400, 700)]
    bench.asks()
    (done,) = bench.pull(wanted(400, 1400))
    assert bench.asks() == [(700, 1400)]
    assert bench.stored() == list(range(FIRST + 400, FIRST + 1400)) and done.missing == ()


def test_pages_are_kept_together_until_they_are_many_or_old(bench: Bench) -> None:
    bench.pull(wanted(400, 1400), rule=Rule(padding_days=0, keep_rows=250))
    (series,) = catalog.series(bench.home)
    assert (series.rows, series.files) == (1000, 4)


def test_thirty_days_of_warm_up_come_along_unless_another_number_is_asked_for(bench: Bench) -> None:
    bench.source._limit = 10_000
    bench.pull(wanted(400, 500), rule=Rule())
    assert bench.asks() == [(400 - 30 * DAY, 500)]
    bench.pull(wanted(400, 500, "B/USDT"), rule=Rule(padding_days=2))
    assert bench.asks() == [(400 - 2 * DAY, 500)]


def test_one_market_that_fails_leaves_the_others(bench: Bench) -> None:
    first, unknown, last = bench.pull(
        wanted(0, 200), wanted(0, 200, "NO/USDT"), wanted(0, 200, "B/USDT")
    )
    assert (first.rows, last.rows) == (200, 200)
    assert "NO/USDT" in unknown.error and unknown.exit_code == 2
    assert bench.stored() == bench.stored("BUSDT.INVENTED")


def test_markets_are_fetched_side_by_side(bench: Bench) -> None:
    order: list[str] = []

    def note(symbol: str, given: int) -> None:
        del given
        order.append(symbol)

    bench.source.fault = note
    bench.pull(wanted(400, 900), wanted(400, 900, "B/USDT"))
    assert sorted(order) == ["A/USDT"] * 5 + ["B/USDT"] * 5
    assert order.index("B/USDT") < 5, "the second did not wait for the end of the first"
    order.clear()
    one_by_one = Rule(padding_days=0, keep_rows=1, at_once=1)
    bench.pull(wanted(1400, 1900), wanted(1400, 1900, "B/USDT"), rule=one_by_one)
    assert order == ["A/USDT"] * 5 + ["B/USDT"] * 5


def test_the_end_is_the_last_bar_that_has_closed(tmp_path: Path) -> None:
    there = [FIRST + m for m in range(100)]
    bench = Bench(tmp_path, {"A/USDT": Venue(there, Habits(growing=FIRST + 100))}, FIRST + 100)
    (done,) = bench.pull(Wanted("A/USDT", "1m", FIRST * MINUTE))
    assert bench.covered() == [(0, 100)] and done.end_ns == (FIRST + 100) * MINUTE
    bench.hours.pass_s(120)
    bench.source.venues["A/USDT"] = Venue([*there, FIRST + 100, FIRST + 101])
    bench.pull(Wanted("A/USDT", "1m", FIRST * MINUTE))
    assert bench.stored() == [FIRST + m for m in range(102)]
    assert bench.asks() == [(0, 100), (100, 102)]


def test_a_paid_pull_says_what_it_costs_before_it_fetches(bench: Bench) -> None:
    bench.source.paid, bench.source.usd = True, Decimal("1.25")
    with pytest.raises(Refused, match=r"2\.50 USD for 300 rows"):
        bench.pull(wanted(0, 100), wanted(0, 200, "B/USDT"))
    assert bench.source.asks == [] and bench.stored() == []
    bench.agree = True
    assert [one.rows for one in bench.pull(wanted(0, 100), wanted(0, 200, "B/USDT"))] == [100, 200]
    count = len(bench.asked_cost)
    bench.pull(wanted(0, 100))
    assert len(bench.asked_cost) == count  # nothing missing, nothing to pay


def test_progress_goes_from_nothing_to_done(bench: Bench) -> None:
    bench.pull(wanted(400, 900), wanted(400, 900, "B/USDT"))
    shares = [one.done for one in bench.told]
    assert shares == sorted(shares) and shares[0] < 0.2 and shares[-1] == 1.0
    assert bench.told[-1].rows == 1000


def test_a_full_disk_is_told_and_what_was_kept_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = catalog.add, []

    def add(*args: object) -> object:
        written.append(1)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        return real(*args)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(catalog, "add", add)
    (done,) = bench.pull(wanted(400, 1400))
    assert "No space left on device" in done.error
    monkeypatch.undo()
    assert bench.covered() == [(400, 600)]
    bench.pull(wanted(400, 1400))
    assert bench.stored() == list(range(FIRST + 400, FIRST + 1400))


def test_prices_finer_than_what_is_stored_are_refused(bench: Bench) -> None:
    bench.pull(wanted(400, 500))
    bench.source.price_precision = 4
    (done,) = bench.pull(wanted(400, 600))
    assert "stored with 2 decimals" in done.error and bench.covered() == [(400, 500)]


@settings(max_examples=25)
@given(
    windows=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), min_size=1, max_size=4),
    breaks=st.lists(st.integers(0, 4), max_size=3),
    most=st.integers(7, 60),
    holes=st.sets(st.integers(0, 600), max_size=200),
)
def test_any_order_of_pulls_and_breaks_ends_with_the_truth(
    tmp_path_factory: pytest.TempPathFactory,
    windows: list[tuple[int, int]],
    breaks: list[int],
    most: int,
    holes: set[int],
) -> None:
    there = [FIRST + m for m in range(600) if m not in holes]
    bench = Bench(tmp_path_factory.mktemp("pull"), {"A/USDT": Venue(there, Habits(most=most))})
    bench.source._limit = 50
    for number, (start, length) in enumerate(windows):
        if number < len(breaks):
            bench.source.fault = after(breaks[number], RetryLater("gone"))
        bench.pull(wanted(start, start + length))
    bench.source.fault = lambda symbol, given: None
    for start, length in windows:
        (done,) = bench.pull(wanted(start, start + length))
        assert done.missing == ()
    spoken = {FIRST + m for start, length in windows for m in range(start, start + length)}
    assert bench.stored() == [m for m in there if m in spoken]
    bars = catalog.stored(bench.home, "AUSDT.INVENTED", "1m")
    assert bars.open.tolist() == bars_at(bench.stored()).open.tolist()
