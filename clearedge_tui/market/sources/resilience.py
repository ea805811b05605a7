"""How a source is asked: no faster than it likes, again when that can help, and not when it is down.

tenacity and not stamina, which is made of it: stamina sleeps by itself, and here every wait is
handed in, so that tests need none.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import tenacity

from clearedge_tui.core import clock as wall
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.market.sources.breaker import Breaker
from clearedge_tui.market.sources.faults import Passing
from clearedge_tui.market.timeframes import NS


@dataclass(frozen=True)
class Clock:
    """Time, as far as sources know it."""

    now_ns: Callable[[], int] = wall.now_ns
    monotonic: Callable[[], float] = wall.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True)
class Retry:
    """Three attempts, 1 s and 2 s apart, a little more by chance; longer when the source says so."""

    attempts: int = 3
    first_s: float = 1.0
    factor: float = 2.0
    most_s: float = 30.0
    jitter_s: float = 0.5
    patience_s: float = 120.0  # a source that asks for a longer absence is left alone instead


def _silent(line: str) -> None:
    del line


@dataclass
class Guard:
    """Every ask of one source goes through its guard."""

    source: str
    breaker: Breaker
    pace_s: float = 0.0  # least time between two asks
    clock: Clock = field(default_factory=Clock)
    retry: Retry = field(default_factory=Retry)
    told: Callable[[str], None] = _silent  # hears, in a line, why there is a wait
    _next_s: float = 0.0

    async def ask[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what `call` returns. Raises RetryLater when the source stays away."""
        self.breaker.admit()
        try:
            answer: T = await self._attempts()(self._one, call)
        except Passing as error:
            patient = error.wait_s is None or error.wait_s <= self.retry.patience_s
            self.breaker.failed(error, None if patient else error.wait_s)
            raise self._given_up(error, patient) from None
        except Exception as error:
            # it spoke, and was understood: that the question was wrong says nothing of its health
            if not isinstance(error, RetryLater):
                self.breaker.succeeded()
            raise
        self.breaker.succeeded()
        return answer

    async def _one[T](self, call: Callable[[], Awaitable[T]]) -> T:
        now = self.clock.monotonic()
        mine = max(now, self._next_s)
        self._next_s = mine + self.pace_s
        if mine > now:
            await self.clock.sleep(mine - now)
        return await call()

    def _attempts(self) -> tenacity.AsyncRetrying:
        return tenacity.AsyncRetrying(
            sleep=self.clock.sleep,
            stop=tenacity.stop_after_attempt(self.retry.attempts),
            wait=self._wait_s,
            retry=tenacity.retry_if_exception(self._may_pass),
            before_sleep=self._tell,
            reraise=True,
        )

    def _may_pass(self, error: BaseException) -> bool:
        return isinstance(error, Passing) and (error.wait_s or 0.0) <= self.retry.patience_s

    def _wait_s(self, state: tenacity.RetryCallState) -> float:
        rule = self.retry
        backoff = min(rule.first_s * rule.factor ** (state.attempt_number - 1), rule.most_s)
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_s if isinstance(error, Passing) else None
        return max(backoff, asked or 0.0) + random.uniform(0.0, rule.jitter_s)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait_s = state.next_action.sleep if state.next_action else 0.0
        self.told(
            f"{error}; again in {wait_s:.1f} s ({state.attempt_number} of {self.retry.attempts})"
        )

    def _given_up(self, error: Passing, patient: bool) -> RetryLater:
        if not patient and error.wait_s is not None:
            then = wall.iso(self.clock.now_ns() + int(error.wait_s * NS))
            return RetryLater(f"{error}. It asks to be left alone until {then} UTC; try then")
        return RetryLater(f"{error}. Tried {self.retry.attempts} times; try again later")
