"""The only clock. Tests replace it; nothing else asks the operating system for time."""

import time
from datetime import UTC, datetime

now_ns = time.time_ns  # wall time in UTC nanoseconds
monotonic = time.monotonic  # seconds that never go backwards, for waits and ages


def to_datetime(ts_ns: int) -> datetime:
    """Return UTC nanoseconds as an aware datetime (microsecond precision)."""
    seconds, rest = divmod(ts_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def iso(ts_ns: int) -> str:
    """Return UTC nanoseconds as `2022-01-31 12:00:00`."""
    return to_datetime(ts_ns).strftime("%Y-%m-%d %H:%M:%S")
