"""How a file writes time, and its times as UTC ns, or the line that is wrong and why."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.columns import Ints
from clearedge_tui.market.imports.raw_file import RawBatch, RawFile

_NAIVE = pa.timestamp("ns")
_UTC = pa.timestamp("ns", tz="UTC")
_EPOCHS = {"epoch s": 10**9, "epoch ms": 10**6, "epoch us": 10**3, "epoch ns": 1}
_LAST_NS = 7_258_118_400_000_000_000  # the year 2200
_CLOCK = r"(?:[ T]+(\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?))?"
# form, what it looks like, and the same in ISO
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("YYYY.MM.DD", rf"(\d{{4}})[./](\d\d)[./](\d\d){_CLOCK}", r"\1-\2-\3 \4"),
    (
        "YYYYMMDD HHMMSSmmm",
        r"(\d{4})(\d\d)(\d\d)[ T]?(\d\d)(\d\d)(\d\d)(\d{3})",
        r"\1-\2-\3 \4:\5:\6.\7",
    ),
    (
        "YYYYMMDD HHMMSS",
        r"((?:19|20)\d\d)(\d\d)(\d\d)[ T]?(\d\d)(\d\d)(\d\d)",
        r"\1-\2-\3 \4:\5:\6",
    ),
    ("YYYYMMDD HHMM", r"(\d{4})(\d\d)(\d\d)[ T](\d\d)(\d\d)", r"\1-\2-\3 \4:\5"),
    ("YYYYMMDD", rf"((?:19|20)\d\d)(\d\d)(\d\d){_CLOCK}", r"\1-\2-\3 \4"),
    ("DD.MM.YYYY", rf"(\d\d)[./-](\d\d)[./-](\d{{4}}){_CLOCK}", r"\3-\2-\1 \4"),
    ("MM/DD/YYYY", rf"(\d\d)[./-](\d\d)[./-](\d{{4}}){_CLOCK}", r"\3-\1-\2 \4"),
)
_OFFSET = re.compile(r".*\d:\d\d(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d)?| ?UTC| ?GMT)")
_EPOCH = re.compile(r"\d{9,19}(\.\d*)?")


@dataclass(frozen=True, slots=True)
class TimeStyle:
    """How the file writes time. `zone` is for times without an offset of their own."""

    form: str  # ISO | timestamp | epoch s, ms, us, ns | one of the forms above
    zone: str
    offset: str = ""  # how each time ends, where the file's times carry their offset
    said: bool = False  # a person named the zone

    def __str__(self) -> str:
        if self.form.startswith("epoch"):
            return self.form
        return f"{self.form}, {self.offset or self.zone}"


def time_style(raw: RawFile, batch: RawBatch, zone: str) -> TimeStyle:
    """Look at the first rows and say how their time is written."""
    said = bool(zone) and zone.upper() != "UTC"
    zone = zone or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"time zone `{clean_text(zone)}` is not known; write it like America/New_York"
        ) from None
    column = joined(batch, "time")
    style = TimeStyle("", zone, said=said)
    if pa.types.is_nested(column.type):
        raise BadData(f"{raw.place(batch.line)}: time is a list; wanted one moment a row")
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return replace(style, form="timestamp")
    first = "" if column[0].as_py() is None else str(column[0].as_py()).strip()
    numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    compact = bool(re.fullmatch(r"(19|20)\d{12}", first))
    if (numeric or _EPOCH.fullmatch(first)) and not compact and len(first) > 8:
        edges = zip(_EPOCHS, (1e11, 1e14, 1e17, 1e30), strict=True)
        return TimeStyle(next(f for f, edge in edges if float(first) < edge), "UTC")
    if not numeric or compact or len(first) == 8:
        text = column.cast(pa.string())
        for form in _candidates(raw, batch, text):
            ended = _OFFSET.fullmatch(first) if form == "ISO" else None
            style = replace(style, form=form, offset=ended[1] if ended else "")
            if _works(lambda style=style: _utc(text[:1], style)):  # type: ignore[misc]
                return style
    raise BadData(
        f"{raw.place(batch.line)}: time `{clean_text(first, 40)}` is not understood; "
        "wanted ISO (2022-01-31 12:00:00) or seconds, ms, us or ns since 1970"
    )


def _candidates(raw: RawFile, batch: RawBatch, text: pa.Array) -> list[str]:
    """Return forms that the first row has the look of, day and month told apart by all rows."""
    first = (text[0].as_py() or "").strip()
    found = [form for form, looks, _ in _FORMS if re.fullmatch(looks, first)]
    if "DD.MM.YYYY" in found:
        parts = pc.extract_regex(text, r"^\s*(?P<a>\d\d)[./-](?P<b>\d\d)[./-]\d{4}")
        one, two = (parts.field(n).drop_null().cast(pa.int64()) for n in (0, 1))
        day_first, month_first = pc.max(one).as_py() > 12, pc.max(two).as_py() > 12
        if day_first == month_first and not ("." in first and not month_first):
            raise BadData(
                f"{raw.place(batch.line)}: in the date `{clean_text(first, 40)}` day and month cannot be "
                "told apart; write the dates as 2022-01-31"
            )
        found = ["MM/DD/YYYY" if month_first else "DD.MM.YYYY"]
    return [*found, "ISO"]


def _works(call: Callable[[], object]) -> bool:
    try:
        call()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        return False
    return True


def joined(batch: RawBatch, field: str) -> Any:
    """Return a column of times; a day and a time of day are put together."""
    column = batch.fields[field]
    if field != "time" or "clock" not in batch.fields:
        return column
    day, clock = column.cast(pa.string()), batch.fields["clock"].cast(pa.string())
    return pc.binary_join_element_wise(
        pc.utf8_trim_whitespace(day), pc.utf8_trim_whitespace(clock), " "
    )


def times(raw: RawFile, batch: RawBatch, style: TimeStyle, field: str = "time") -> Ints:
    """Return the times of a batch in UTC ns. Raises BadData with the line of one that is wrong."""
    column = joined(batch, field)
    try:
        return _checked(column, style)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        at = first_bad(column, lambda part: _checked(part, style))
    text = clean_text(column[at].as_py(), 40)
    why = _why(column[at : at + 1], style)
    raise BadData(f"{raw.place(batch.line_of(at))}: time `{text}` {why}; nothing was written")


def first_bad(column: Any, convert: Callable[[Any], object]) -> int:
    """Return the first row that cannot be converted, where some cannot."""
    good, bad = 0, len(column)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _works(lambda part=column[good:middle]: convert(part)):  # type: ignore[misc]
            good = middle
        else:
            bad = middle
    return good


def _checked(column: Any, style: TimeStyle) -> Ints:
    if column.null_count:
        raise ValueError
    found = _utc(column, style)
    if len(found) and not 0 <= int(found.min()) <= int(found.max()) < _LAST_NS:
        raise ValueError
    return found


def _why(cell: Any, style: TimeStyle) -> str:
    if _works(lambda: _utc(cell, replace(style, zone="UTC"))) and not _works(
        lambda: _utc(cell, style)
    ):
        return (
            f"happens twice or never in {style.zone}, where the clocks are changed then; "
            "give times in UTC or with their offset"
        )
    if style.form == "ISO" and style.offset:
        text = str(cell[0].as_py() or "").strip()
        ended = _OFFSET.fullmatch(text)
        if ended and ended[1] != style.offset:
            return (
                f"has another offset than the first row ({style.offset}); when that is a zone whose "
                "clocks change, name it: --tz ZONE"
            )
        if not ended:
            return f"has no offset, and the first row has ({style.offset})"
    if _works(lambda: _utc(cell, style)):
        return "is outside 1970 to 2200"
    return f"is not {style}"


def _utc(column: Any, style: TimeStyle) -> Ints:
    moments = _moments(column, style)
    result: Ints = moments if isinstance(moments, np.ndarray) else _whole(moments)
    return result


def _whole(moments: Any) -> Ints:
    result: Ints = moments.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return result


def _moments(column: Any, style: TimeStyle) -> Any:
    if style.form in _EPOCHS:
        return _epoch(column, _EPOCHS[style.form])
    if style.form == "timestamp":
        if getattr(column.type, "tz", None):
            return column.cast(_UTC)
        return in_zone(column.cast(_NAIVE), style.zone)
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    if style.offset:
        return _with_offset(text, style)
    for form, looks, iso in _FORMS:
        if form == style.form:
            text = pc.replace_substring_regex(text, rf"^{looks}$", iso)
            text = pc.utf8_rtrim_whitespace(text)
    return in_zone(text.cast(_NAIVE), style.zone)


def _with_offset(text: Any, style: TimeStyle) -> Any:
    """One offset for all rows; several only when they are those of the zone that was named."""
    if pc.all(pc.ends_with(text, style.offset)).as_py():
        if style.offset.strip() in ("UTC", "GMT", "Z", "+00:00"):
            bare = pc.utf8_slice_codeunits(text, 0, -len(style.offset))
            return pc.utf8_rtrim_whitespace(bare).cast(_NAIVE)
        return text.cast(_UTC)
    if not style.said:
        raise ValueError
    moments = text.cast(_UTC)
    local = pc.replace_substring_regex(text, r"(Z|[+-]\d\d(:?\d\d)?)$", "").cast(_NAIVE)
    there = pc.local_timestamp(moments.cast(pa.timestamp("ns", tz=style.zone)))
    if not pc.all(pc.equal(local, there)).as_py():
        raise ValueError
    return moments


def _epoch(column: Any, scale: int) -> Ints:
    limit = _LAST_NS // scale
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        if pc.any(pc.match_substring(column, ".")).as_py():
            column = column.cast(pa.float64())
    if pa.types.is_floating(column.type):
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        if not (values < limit).all():
            raise ValueError
        rounded: Ints = np.rint(values * (scale / 1000)).astype(np.int64) * 1000
        return rounded
    whole: Ints = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    if len(whole) and int(whole.max()) > limit:
        raise ValueError
    return whole * scale


def in_zone(moments: Any, zone: str) -> Any:
    """Return naive times as UTC. Raises ArrowInvalid for one that a clock change makes unclear."""
    if zone.upper() == "UTC":
        return moments
    return pc.assume_timezone(moments, zone).cast(_UTC)
