"""Bar lengths as people write them (`1m`, `4h`, `1w`, `1M`), and in the engine's words.

Two kinds: lengths that may be stored (`split`, `seconds`, `period_ns`: up to a day, dividing it),
and lengths that a stored one is made into on the fly (`grid`: any).
"""

import re

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.resample import Grid

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONG = {**_UNITS, "w": 7 * 86400}
_ENGINE = {"s": "SECOND", "m": "MINUTE", "h": "HOUR", "d": "DAY"}
_ENGINE_LONG = {**_ENGINE, "w": "WEEK", "M": "MONTH"}
_WHOLE = {"s": 60, "m": 60, "h": 24, "d": 31}  # a step has to divide the next unit
_MOST_S, _MOST_MONTHS = 366 * 86_400, 120
NS = 1_000_000_000


def split(text: str) -> tuple[int, str]:
    """Return (step, unit) of a timeframe that may be stored; UsageError names what is wanted."""
    match = re.fullmatch(r"([1-9]\d{0,2})([smhd])", text.strip())
    if match and _engine_knows(int(match[1]), match[2]):
        return int(match[1]), match[2]
    grid(text)
    raise UsageError(
        f"bars of `{text}` are not stored; store 1m, 5m, 15m, 1h, 4h or 1d: longer and odd ones "
        "are made from them"
    )


def _engine_knows(step: int, unit: str) -> bool:
    return step == 1 or (unit != "d" and step < _WHOLE[unit] and _WHOLE[unit] % step == 0)


def seconds(text: str) -> int:
    """Return the length of one stored bar in seconds."""
    step, unit = split(text)
    return step * _UNITS[unit]


def period_ns(text: str) -> int:
    """Return the length of one stored bar in nanoseconds."""
    return seconds(text) * NS


def grid(text: str) -> Grid:
    """Return where bars of any length begin and end. UsageError says how lengths are written."""
    match = re.fullmatch(r"([1-9]\d{0,7})(s|m|h|d|w|M|mo)", text.strip())
    if match and match[2] in ("M", "mo"):
        if int(match[1]) <= _MOST_MONTHS:
            return Grid(months=int(match[1]))
    elif match:
        length = int(match[1]) * _LONG[match[2]]
        if length <= 86_400 or (length % 86_400 == 0 and length <= _MOST_S):
            return Grid(length)
    raise UsageError(
        f"timeframe `{text}` is unknown; write one like 45s, 1m, 90m, 4h, 1d, 3d, 1w, or 1M for a "
        "month (m is minutes); above a day only whole days, at most 366 of them or 120 months"
    )


def opened_ns(timeframe: str, close_ns: int) -> int:
    """Return when a bar that closes at a moment opened at the earliest, by the clock alone."""
    found = grid(timeframe)
    return found.around(close_ns - 1)[0] if found.by_days else close_ns - found.seconds * NS


def canonical(text: str) -> str:
    """Return the one name of a length: `60m` is `1h`, `7d` is `1w`, `1mo` is `1M`."""
    found = grid(text)
    return f"{found.months}M" if found.months else spelled(found.seconds)


def spelled(length_s: int) -> str:
    """Return the shortest name of a length in seconds, e.g. 3600 as `1h`."""
    for unit in ("w", "d", "h", "m"):
        if length_s % _LONG[unit] == 0:
            return f"{length_s // _LONG[unit]}{unit}"
    return f"{length_s}s"


def bar_type(market_id: str, timeframe: str) -> str:
    """Return the engine's name of a stored series, e.g. `BTCUSDT.LOCAL-1-MINUTE-LAST-EXTERNAL`."""
    step, unit = split(timeframe)
    return f"{market_id}-{step}-{_ENGINE[unit]}-LAST-EXTERNAL"


def engine_bar_type(market_id: str, timeframe: str) -> str:
    """Return the engine's name of bars of any length. UsageError where it has no such bars."""
    match = re.fullmatch(r"(\d+)(\w)", canonical(timeframe))
    step, unit = (int(match[1]), match[2]) if match else (0, "")
    known = 12 % step == 0 if unit == "M" else unit in "dw" or _engine_knows(step, unit)
    if not known:
        raise UsageError(
            f"NautilusTrader has no bars of {timeframe}, so a native strategy cannot run on them; "
            "its steps divide the next unit: 1m, 5m, 15m, 1h, 4h, 1d, 1w, 1M"
        )
    return f"{market_id}-{step}-{_ENGINE_LONG[unit]}-LAST-EXTERNAL"


def from_bar_type(name: str) -> tuple[str, str] | None:
    """Return (market id, timeframe) of a series' name; None when it is not one of bars by time."""
    parts = name.rsplit("-", 4)
    units = {engine: unit for unit, engine in _ENGINE.items()}
    if len(parts) != 5 or not parts[1].isdigit() or parts[2] not in units:
        return None
    step, unit = int(parts[1]), units[parts[2]]
    return (parts[0], f"{step}{unit}") if _engine_knows(step, unit) else None
