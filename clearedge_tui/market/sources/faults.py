"""What can go wrong with a source, sorted by whether asking again can help."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from clearedge_tui.core.errors import ClearEdgeError, NotFound, RetryLater, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.timeframes import NS

_AUTH = (401, 402, 403, 407)
_BUSY = (418, 429)
_PASSING = (408, 425)


class Passing(RetryLater):
    """A fault that may pass by itself. `wait_s` is how long the source asked us to stay away."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def of_status(
    source: str, status: int, words: object, headers: Mapping[str, str], now_ns: int
) -> ClearEdgeError:
    """Return the error that an HTTP answer means."""
    said = f"{source} answered {status}: {clean_text(words, 200)}"
    if status in _BUSY or status in _PASSING or status >= 500:
        return Passing(said, retry_after_s(headers, now_ns))
    if status in _AUTH:
        return UsageError(f"{said}. Set its key: clearedge secret set {source.partition(':')[0]}")
    if status == 404:
        return NotFound(said)
    return UsageError(said)


def retry_after_s(headers: Mapping[str, str], now_ns: int) -> float | None:
    """Return what a `Retry-After` header asks for, in seconds; it may also be a date."""
    asked = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if asked.replace(".", "", 1).isdigit():
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
    except (ValueError, TypeError, IndexError):
        return None
    return max(0.0, moment.timestamp() - now_ns / NS)
