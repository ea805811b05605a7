"""When an instance goes to `off` by itself: a time of day with its zone, or a while after its start."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.errors import UsageError

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) +(\S+)")
_WHILE = re.compile(r"([1-9]\d{0,4})([smhd])")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
NEVER = ("", "never", "none", "off")


class StopAt(msgspec.Struct, frozen=True):
    """Either a time of day in a zone or a length."""

    text: str
    hour: int = -1
    minute: int = 0
    zone: str = ""
    length_s: int = 0

    def due_ns(self, started_ns: int, now_ns: int) -> int:
        """Return the moment: a while after the start, or the next such time of day from now on."""
        if self.length_s:
            return started_ns + self.length_s * 1_000_000_000
        zone = ZoneInfo(self.zone)
        here = to_datetime(now_ns).astimezone(zone)
        wanted = time(self.hour, self.minute)
        days = (here.date(), here.date() + timedelta(days=1))
        moments = [datetime.combine(day, wanted, zone).astimezone(UTC) for day in days]
        return next(ns for one in moments if (ns := int(one.timestamp()) * 10**9) > now_ns)


def parse(text: str) -> StopAt | None:
    """Return what is declared; None for `never`. Raises UsageError."""
    told = " ".join(text.split())
    if told.lower() in NEVER:
        return None
    if found := _WHILE.fullmatch(told):
        return StopAt(told, length_s=int(found[1]) * _UNITS_S[found[2]])
    found = _CLOCK.fullmatch(told)
    if found is None:
        raise UsageError(
            f"stop-at `{text}`; wanted a time of day with its zone (`17:30 Europe/Berlin`, "
            "`21:00 UTC`), a while after the start (`90m`, `8h`, `2d`), or `never`"
        )
    try:
        ZoneInfo(found[3])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"stop-at `{text}`: no time zone `{found[3]}`; wanted UTC, Europe/Berlin …"
        ) from None
    clock = f"{int(found[1]):02}:{found[2]} {found[3]}"
    return StopAt(clock, int(found[1]), int(found[2]), found[3])
