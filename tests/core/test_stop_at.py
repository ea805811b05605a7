"""When an instance is to go to `off` by itself."""

from datetime import UTC, datetime

import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.stop_at import parse


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("text", "now", "due"),
    [
        ("90m", "2026-01-05T12:00:00", "2026-01-05T13:30:00"),
        ("2d", "2026-01-05T12:00:00", "2026-01-07T12:00:00"),
        ("17:30 UTC", "2026-01-05T12:00:00", "2026-01-05T17:30:00"),
        ("9:05 UTC", "2026-01-05T12:00:00", "2026-01-06T09:05:00"),
        ("12:00 UTC", "2026-01-05T12:00:00", "2026-01-06T12:00:00"),  # now is not the next one
        ("17:30 Europe/Berlin", "2026-01-05T12:00:00", "2026-01-05T16:30:00"),
        ("17:30 Europe/Berlin", "2026-07-05T12:00:00", "2026-07-05T15:30:00"),
        ("00:30 Asia/Tokyo", "2026-01-05T16:00:00", "2026-01-06T15:30:00"),
        ("02:30 Europe/Berlin", "2026-03-28T12:00:00", "2026-03-29T01:30:00"),  # skipped that night
    ],
)
def test_the_moment_is_the_next_such_time_or_a_while_after_the_start(
    text: str, now: str, due: str
) -> None:
    wanted = parse(text)
    assert wanted is not None
    assert wanted.due_ns(ns(now), ns(now)) == ns(due)


@pytest.mark.parametrize("text", ["", "never", " NEVER ", "none"])
def test_never_is_a_word(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ["17:30", "25:00 UTC", "0m", "90", "8 h", "17:30 Mars/Base", "x"])
def test_what_is_not_understood_says_what_is_wanted(text: str) -> None:
    with pytest.raises(UsageError, match="wanted"):
        parse(text)
