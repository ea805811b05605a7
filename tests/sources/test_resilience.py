"""Asking again, slowly, and leaving a source alone that is down. No test waits."""

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path

import pytest

from clearedge_tui.core.errors import BadData, NotFound, RetryLater, UsageError
from clearedge_tui.market.sources import breaker, faults
from clearedge_tui.market.sources.breaker import Breaker, Light, Rule
from clearedge_tui.market.sources.resilience import Guard, Retry
from clearedge_tui.settings import Home
from tests.sources.clocks import START_NS, Hours


class Desk:
    """A guard over a source that answers what it is told to."""

    def __init__(self, tmp_path: Path, rule: Rule | None = None, pace_s: float = 0.0) -> None:
        self.home = Home(tmp_path)
        self.hours = Hours()
        self.said: list[str] = []
        self.calls = 0
        self.breaker = Breaker(self.home, "acme", rule, lambda: self.hours.now_ns)
        self.guard = Guard(
            "acme", self.breaker, pace_s, self.hours.clock, Retry(jitter_s=0.25), self.said.append
        )

    def light(self) -> Light:
        return self.breaker.state.light(self.hours.now_ns)

    def answers(self, *outcomes: object) -> Callable[[], Awaitable[object]]:
        left = list(outcomes)

        async def call() -> object:
            self.calls += 1
            one = left.pop(0)
            if isinstance(one, Exception):
                raise one
            return one

        return call

    async def fails(self) -> None:
        with pytest.raises(RetryLater):
            await self.guard.ask(self.answers(*[faults.Passing("down")] * 3))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_three_attempts_with_growing_waits_and_jitter(desk: Desk) -> None:
    await desk.fails()
    assert desk.calls == 3
    first, second = desk.hours.waits
    assert 1.0 <= first <= 1.25 and 2.0 <= second <= 2.25
    assert "1 of 3" in desk.said[0] and "2 of 3" in desk.said[1]


async def test_the_second_attempt_may_succeed(desk: Desk) -> None:
    assert await desk.guard.ask(desk.answers(faults.Passing("once"), "fine")) == "fine"
    assert desk.breaker.state.failures == 0


@pytest.mark.parametrize("error", [UsageError("key"), NotFound("symbol"), BadData("bytes")])
async def test_what_asking_again_cannot_mend_fails_at_once(desk: Desk, error: Exception) -> None:
    with pytest.raises(type(error)):
        await desk.guard.ask(desk.answers(error))
    assert (desk.calls, desk.hours.waits, desk.breaker.state.failures) == (1, [], 0)


async def test_retry_after_is_waited_for_and_told(desk: Desk) -> None:
    asked = faults.Passing("acme answered 429", wait_s=17.0)
    assert await desk.guard.ask(desk.answers(asked, 1)) == 1
    assert 17.0 <= desk.hours.waits[0] <= 17.25
    assert "429" in desk.said[0] and "again in 17" in desk.said[0]


async def test_a_source_that_wants_an_hour_is_left_alone_for_an_hour(desk: Desk) -> None:
    with pytest.raises(RetryLater, match="2025-01-01 01:00:00"):
        await desk.guard.ask(desk.answers(faults.Passing("limit", wait_s=3600.0)))
    assert (desk.calls, desk.hours.waits, desk.light()) == (1, [], Light.OPEN)
    desk.hours.pass_s(3599)
    with pytest.raises(RetryLater):
        await desk.guard.ask(desk.answers("never asked"))
    desk.hours.pass_s(1)
    assert await desk.guard.ask(desk.answers("asked")) == "asked"


async def test_the_breaker_opens_half_opens_and_closes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Rule(failures=2, rest_s=60.0))
    await desk.fails()
    assert desk.light() is Light.CLOSED
    await desk.fails()
    assert desk.light() is Light.OPEN
    before = desk.calls
    with pytest.raises(RetryLater, match="data sources --reset acme"):
        await desk.guard.ask(desk.answers("never asked"))
    assert desk.calls == before
    desk.hours.pass_s(61)
    assert desk.light() is Light.HALF_OPEN
    await desk.fails()  # the trial
    assert desk.light() is Light.OPEN
    desk.hours.pass_s(61)
    await desk.guard.ask(desk.answers("well again"))
    assert desk.light() is Light.CLOSED


def test_half_open_lets_one_trial_through(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Rule(failures=1, rest_s=60.0))
    desk.breaker.failed(ValueError("x"))
    desk.hours.pass_s(61)
    desk.breaker.admit()
    with pytest.raises(RetryLater):
        desk.breaker.admit()
    desk.hours.pass_s(61)  # the trial died with its process
    desk.breaker.admit()


async def test_the_next_process_sees_the_light_and_a_person_can_reset_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Rule(failures=1))
    await desk.fails()
    other = Desk(tmp_path, Rule(failures=1))
    assert other.light() is Light.OPEN
    seen = breaker.states(other.home)["acme"]
    assert (seen.failures, seen.last_error) == (1, "down")
    breaker.reset(other.home, "acme")
    assert desk.light() is Light.CLOSED
    assert await desk.guard.ask(desk.answers(5)) == 5


def test_a_broken_state_file_is_no_reason_not_to_ask(desk: Desk) -> None:
    folder = desk.home.state / "sources"
    folder.mkdir(parents=True)
    (folder / "acme.json").write_bytes(b"\x00garbage")
    desk.breaker.admit()
    assert breaker.states(desk.home) == {}


async def test_asks_keep_their_distance(tmp_path: Path) -> None:
    desk = Desk(tmp_path, pace_s=0.5)
    for _ in range(4):
        await desk.guard.ask(desk.answers(1))
    assert desk.hours.waits == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": formatdate(START_NS / 1e9 + 30, usegmt=True)}, 30.0),
        ({"Retry-After": formatdate(START_NS / 1e9 - 30, usegmt=True)}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: dict[str, str], seconds: float | None) -> None:
    found = faults.retry_after_s(header, START_NS)
    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, UsageError),
        (401, UsageError),
        (403, UsageError),
        (404, NotFound),
        (408, faults.Passing),
        (418, faults.Passing),
        (429, faults.Passing),
        (500, faults.Passing),
        (503, faults.Passing),
    ],
)
def test_every_status_says_who_acts(status: int, error: type[Exception]) -> None:
    found = faults.of_status("acme", status, "words\x1b[31m", {}, START_NS)
    assert type(found) is error
    assert "\x1b" not in str(found) and str(status) in str(found)
    assert ("clearedge secret set acme" in str(found)) == (status in (401, 403))
