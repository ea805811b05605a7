"""Bar lengths as people write them (`1m`, `4h`, `1d`), in seconds and in the engine's words."""

import re

from clearedge_tui.core.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ENGINE = {"s": "SECOND", "m": "MINUTE", "h": "HOUR", "d": "DAY"}
_WHOLE = {"s": 60, "m": 60, "h": 24, "d": 31}  # a step has to divide the next unit
NS = 1_000_000_000


def split(text: str) -> tuple[int, str]:
    """Return (step, unit) of a timeframe; UsageError names what is wanted."""
    match = re.fullmatch(r"([1-9]\d{0,2})([smhd])", text.strip())
    if match:
        step, unit = int(match[1]), match[2]
        if step == 1 or (unit != "d" and step < _WHOLE[unit] and _WHOLE[unit] % step == 0):
            return step, unit
    raise UsageError(f"timeframe `{text}` is unknown; write one like 1m, 5m, 15m, 1h, 4h or 1d")


def seconds(text: str) -> int:
    """Return the length of one bar in seconds."""
    step, unit = split(text)
    return step * _UNITS[unit]


def period_ns(text: str) -> int:
    """Return the length of one bar in nanoseconds."""
    return seconds(text) * NS


def spelled(length_s: int) -> str:
    """Return the shortest name of a length in seconds, e.g. 3600 as `1h`."""
    for unit in ("d", "h", "m"):
        if length_s % _UNITS[unit] == 0:
            return f"{length_s // _UNITS[unit]}{unit}"
    return f"{length_s}s"


def bar_type(market_id: str, timeframe: str) -> str:
    """Return the engine's name of a series, e.g. `BTCUSDT.LOCAL-1-MINUTE-LAST-EXTERNAL`."""
    step, unit = split(timeframe)
    return f"{market_id}-{step}-{_ENGINE[unit]}-LAST-EXTERNAL"


def from_bar_type(name: str) -> tuple[str, str] | None:
    """Return (market id, timeframe) of a series' name; None when it is not one of bars by time."""
    parts = name.rsplit("-", 4)
    units = {engine: unit for unit, engine in _ENGINE.items()}
    if len(parts) != 5 or not parts[1].isdigit() or parts[2] not in units:
        return None
    return parts[0], f"{int(parts[1])}{units[parts[2]]}"
