"""Numbers, ages and times as people read them."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from clearedge_tui.core.clock import to_datetime

HIDDEN = "•••••"
_LONG = re.compile(r"[+-]?\d{1,15}\.\d{4,}")
_DECIMAL = re.compile(r"[+-]?\d{1,15}\.\d+")
_ZERO = re.compile(r"-0+(\.0+)?")
_CURRENCY = re.compile(r"[A-Z]{3,5}")
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))


def money(value: Decimal | float | None, hide: bool = False) -> str:
    """Return a signed amount with two decimals; None is a dash."""
    if value is None:
        return "–"
    if hide:
        return HIDDEN
    return _unsigned_zero(f"{value:+z,.2f}")


def amount(value: Decimal | float | None, hide: bool = False) -> str:
    if value is None:
        return "–"
    return HIDDEN if hide else f"{value:z,.2f}"


def _unsigned_zero(text: str) -> str:
    """Return the text of a number without a sign when no digit of it says more than zero."""
    return text if any(c in "123456789" for c in text) else text.lstrip("+-")


def size(value: Decimal) -> str:
    """Return a signed position: no exponent, no trailing zeros, a dash when flat."""
    if not value:
        return "–"
    text = f"{value:+,.6f}".rstrip("0").rstrip(".")
    return text if any(c in "123456789" for c in text) else f"{value:+.1e}"


def number(value: object) -> str:
    """Return any value short enough for a cell; floats get a sensible number of digits."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():z,f}" if value.is_finite() else str(value)
    return str(value)


def short(value: object) -> str:
    """Return `number`, with money that came as long text cut to what a person reads."""
    text = str(value)
    if not isinstance(value, str | Decimal):
        return number(value)
    if _LONG.fullmatch(text):
        return _float(float(text))
    return _unsigned_zero(text) if _ZERO.fullmatch(text) else number(value)


def reading(value: object, unit: str = "") -> str:
    """Return `short`, but money of a currency always with two decimals."""
    if _CURRENCY.fullmatch(unit) and not isinstance(value, bool):
        text = str(value)
        if isinstance(value, float | Decimal) or _DECIMAL.fullmatch(text):
            amount_ = Decimal(text)
            if amount_.is_finite() and (abs(amount_) >= Decimal("0.005") or not amount_):
                return f"{amount_:z,.2f}"
    return short(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "not a number")
    magnitude = abs(value)
    if magnitude >= 100_000:
        return f"{value:,.1f}"
    if magnitude >= 1 or value == 0:
        return f"{value:z,.2f}"
    return f"{value:.4g}" if magnitude >= 1e-6 else f"{value:.2e}"


def precision(values: Sequence[float]) -> int | None:
    """Return the decimals that a market's prices are quoted with; None when they tell nothing."""
    decimals = 0
    for value in values:
        text = repr(value)
        if "e" in text or not math.isfinite(value):
            return None
        decimals = max(decimals, len(text.partition(".")[2].rstrip("0")))
    return max(decimals, 1) if values and decimals <= 8 else None


def price(value: float | Decimal | None, step: float = 0.0, digits: int | None = None) -> str:
    """Return a price with the market's digits, those of its step, or those of its own magnitude."""
    if value is None:
        return "–"
    if digits is not None:
        pass
    elif step > 0:
        digits = max(0, min(8, -math.floor(math.log10(step) + 1e-9)))
        if step * 10**digits % 1 > 1e-9 and digits < 8:
            digits += 1
    else:
        magnitude = abs(float(value))
        digits = 2 if magnitude >= 100 else 4 if magnitude >= 1 else 6
    return f"{value:z,.{digits}f}"


def percent(value: float | None, signed: bool = True) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return _unsigned_zero(f"{value * 100:+z.2f} %") if signed else f"{value * 100:z.2f} %"


def duration(seconds: float | None) -> str:
    """Return `3.2s`, `4m10s`, `2h05m` or `3d04h`."""
    if seconds is None:
        return "–"
    if seconds < 0:
        return "0s"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    for unit, name in _UNITS:
        if whole >= unit:
            rest = whole % unit
            below = {"d": (3600, "h"), "h": (60, "m"), "m": (1, "s")}[name]
            return f"{whole // unit}{name}{rest // below[0]:02d}{below[1]}"
    return f"{whole}s"


def count(value: int) -> str:
    """Return 46,081 as it is and large counts as 2.1M."""
    if value < 100_000:
        return f"{value:,}"
    return f"{value / 1e6:.1f}M" if value >= 1_000_000 else f"{value / 1e3:.0f}k"


def bytes_size(value: int) -> str:
    amount_, unit = float(value), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount_ < 1000 or unit == "GB":
            break
        amount_ /= 1000
    return f"{amount_:.0f} {unit}" if unit == "B" else f"{amount_:.1f} {unit}"


def clock_time(ts_ns: int) -> str:
    return to_datetime(ts_ns).strftime("%H:%M:%S") if ts_ns else "–"


def day(ts_ns: int) -> str:
    return to_datetime(ts_ns).strftime("%Y-%m-%d") if ts_ns else "–"


def moment(ts_ns: int) -> str:
    return to_datetime(ts_ns).strftime("%Y-%m-%d %H:%M") if ts_ns else "–"


def sparkline(values: Sequence[float], width: int, levels: str) -> str:
    """Return the last part of a series as one glyph a column, low to high within itself."""
    good = [v for v in values if isinstance(v, (int, float)) and math.isfinite(v)]
    if not good or width <= 0:
        return ""
    if len(good) > width:
        good = [good[(i + 1) * len(good) // width - 1] for i in range(width)]
    low, span = min(good), max(good) - min(good)
    if span <= 0:
        return levels[0] * len(good)
    top = len(levels) - 1
    return "".join(levels[round((v - low) / span * top)] for v in good)
