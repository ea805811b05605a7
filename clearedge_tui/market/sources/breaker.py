"""A circuit breaker by source: after some failures in a row nobody asks it for a while.

Its state is a small file in the home, so that the next process and the console see it. Kept by
hand: purgatory holds its state in memory or Redis and reads the clock itself.
"""

import os
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.timeframes import NS
from clearedge_tui.settings import Home


class Light(StrEnum):
    CLOSED = "closed"  # asked as always
    OPEN = "open"  # left alone
    HALF_OPEN = "half-open"  # the next ask is the trial


class Rule(msgspec.Struct, frozen=True):
    """When to leave a source alone, and for how long."""

    failures: int = 3
    rest_s: float = 60.0


class State(msgspec.Struct, frozen=True):
    """What is known of one source's health."""

    source: str
    failures: int = 0
    until_ns: int = 0  # left alone until then; 0 is never opened
    trial_ns: int = 0  # when a trial began that has not ended
    last_error: str = ""
    changed_ns: int = 0

    def light(self, now: int) -> Light:
        if not self.until_ns:
            return Light.CLOSED
        return Light.OPEN if now < self.until_ns else Light.HALF_OPEN


class Breaker:
    """The breaker of one source. Reads its file at each ask, writes when something changes."""

    def __init__(
        self,
        home: Home,
        source: str,
        rule: Rule | None = None,
        clock: Callable[[], int] = now_ns,
    ) -> None:
        self._path = _folder(home) / f"{source.replace(':', '~')}.json"
        self._source = source
        self._rule = rule or Rule()
        self._clock = clock

    @property
    def state(self) -> State:
        return _read(self._path) or State(self._source)

    def admit(self) -> None:
        """Return when the source may be asked. Raises RetryLater while it is left alone."""
        state, now = self.state, self._clock()
        light = state.light(now)
        if light is Light.CLOSED:
            return
        rest_ns = int(self._rule.rest_s * NS)
        if light is Light.HALF_OPEN and now >= state.trial_ns + rest_ns:
            _write(self._path, msgspec.structs.replace(state, trial_ns=now, changed_ns=now))
            return
        until = max(state.until_ns, state.trial_ns + rest_ns if state.trial_ns else 0)
        raise RetryLater(
            f"source {self._source} is left alone until {iso(until)} UTC after {state.failures} "
            f"failures ({state.last_error}); try then, or: clearedge data sources "
            f"--reset {self._source}"
        )

    def succeeded(self) -> None:
        if self.state.failures or self.state.until_ns:
            _write(self._path, State(self._source, changed_ns=self._clock()))

    def failed(self, error: Exception, wait_s: float | None = None) -> None:
        """Count a failure; `wait_s` leaves the source alone for so long at once."""
        state, now = self.state, self._clock()
        failures = state.failures + 1
        until = state.until_ns
        if wait_s is not None:
            until = now + int(wait_s * NS)
        elif failures >= self._rule.failures:
            until = now + int(self._rule.rest_s * NS)
        _write(self._path, State(self._source, failures, until, 0, clean_text(error, 200), now))


def states(home: Home) -> dict[str, State]:
    """Return what is known of every source that ever failed, by name."""
    found = (_read(path) for path in sorted(_folder(home).glob("*.json")))
    return {state.source: state for state in found if state}


def reset(home: Home, source: str) -> None:
    """Close a breaker by hand."""
    (_folder(home) / f"{source.replace(':', '~')}.json").unlink(missing_ok=True)


def _folder(home: Home) -> Path:
    return home.state / "sources"


def _read(path: Path) -> State | None:
    """A file that cannot be read says nothing: the source is asked, and will be heard."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return None


def _write(path: Path, state: State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(state))
    Path(draft).replace(path)
