"""The way in by itself: stored data pass as they are, a market's closed hours are no silence."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.engine.inlet import Inlet
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.market.open_time import OpenTime
from clearedge_tui.settings import Account, Home

S = 1_000_000_000
START = 1_700_000_040 * S


def quote(at_s: float, market: str = "M", kind: str = "quote") -> TickMsg:
    return TickMsg(market, kind, START + int(at_s * S), 1, 1, 1, 1, 1, 1, 1)


def inlet(account: Account, room: bool = True) -> tuple[Inlet, list[TickMsg]]:
    out: list[TickMsg] = []
    made = Inlet(account, lambda t, odd: out.append(t), lambda: room, lambda m, a, b: b - a)
    made.begin("M", 60, START)
    return made, out


@pytest.mark.parametrize("feed", ["replay", "recording"])
def test_stored_data_pass_at_once_whatever_their_time_and_number(feed: str) -> None:
    way, out = inlet(Account("a", feed=feed, speed=60, recording="x"), room=False)
    came = [quote(n / 100) for n in range(3000)] + [quote(5000), quote(5060, kind="gap")]
    for tick in came:
        way.take(tick)
    assert out == came, "no wait, nothing left out, and only the gap that was recorded"
    assert way.counts().gaps == 1 and way.counts().conflated == 0


async def test_a_feed_of_now_is_put_in_order_watched_and_bounded() -> None:
    way, out = inlet(Account("a", feed="simulated", speed=1), room=False)
    for n in range(3000):
        way.take(quote(n / 100))
    way.take(quote(5000))
    way.take(quote(2))
    assert out == [] and way.held("M")
    way.flush()
    assert [t.kind for t in out if t.ts_ns >= START + 5000 * S] == ["gap", "quote"]
    assert way.counts().reasons == {"late": 1}
    assert 0 < len(out) <= 1002
    counts = way.counts()
    assert counts.passed == counts.conflated + len(out) - counts.gaps == 3001


def test_a_replay_at_full_speed_of_an_invented_market_waits_for_nothing() -> None:
    way, out = inlet(Account("a", feed="simulated", speed=0))
    way.take(quote(1))
    assert len(out) == 1 and not way.held("M")
    way.set_speed(60)
    way.set_speed(0)
    way.take(quote(2))
    assert len(out) == 2


def test_closed_hours_of_an_exchange_are_no_silence(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.catalog.mkdir()
    save_market(home, describe("SPY", "XNAS", "equity", 2))
    open_ns = OpenTime(home).between
    friday, monday = (
        int(datetime(2024, 3, day, hour, 0, tzinfo=UTC).timestamp()) * S
        for day, hour in ((1, 20), (4, 15))
    )
    hours = Decimal(open_ns("SPY.XNAS", friday, monday)) / (3600 * S)
    assert hours == Decimal("1.5"), "an hour on Friday, half an hour on Monday"
    assert open_ns("NOBODY.KNOWS", friday, monday) == monday - friday
