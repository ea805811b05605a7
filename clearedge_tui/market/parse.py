"""Turn raw columns into numbers, or say which line is wrong and why."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.columns import PRICES, Bars, Floats, Ints
from clearedge_tui.market.raw_file import RawBatch, RawFile

_NS_TIME = pa.timestamp("ns")
_EPOCHS = {"epoch s": 10**9, "epoch ms": 10**6, "epoch us": 10**3, "epoch ns": 1}
_PATTERNS = (
    (r"\d{4}\.\d\d\.\d\d \d\d:\d\d(:\d\d)?", ("%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M")),
    (r"\d{8} \d{6}", ("%Y%m%d %H%M%S",)),
    (r"\d{8}", ("%Y%m%d",)),
)


@dataclass(frozen=True, slots=True)
class TimeStyle:
    """How the file writes time. `zone` is for times without an offset of their own."""

    form: str  # ISO | epoch s | epoch ms | epoch us | epoch ns | a strptime pattern | timestamp
    zone: str

    def __str__(self) -> str:
        return self.form if self.form.startswith("epoch") else f"{self.form}, {self.zone}"


def time_style(raw: RawFile, zone: str) -> TimeStyle:
    """Look at the first row and say how its time is written."""
    batch = next(iter(raw.batches()), None)
    if batch is None or not len(batch.fields["time"]):
        raise BadData(f"{raw.path}: no rows; nothing to import")
    column = batch.fields["time"]
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return TimeStyle("timestamp", zone)
    first = str(column[0].as_py()).strip()
    if re.fullmatch(r"\d{9,}(\.\d*)?", first) or not pa.types.is_string(column.type):
        size = float(first)
        form = next(
            f for f, edge in zip(_EPOCHS, (1e11, 1e14, 1e17, 1e30), strict=True) if size < edge
        )
        return TimeStyle(form, "UTC")
    for pattern, forms in _PATTERNS:
        if re.fullmatch(pattern, first):
            return TimeStyle(next(f for f in forms if _fits(first, f)), zone)
    try:
        datetime.fromisoformat(first)
    except ValueError:
        raise BadData(
            f"{raw.place(batch.line)}: time `{clean_text(first, 40)}` is not understood; "
            "wanted ISO (2022-01-31 12:00:00) or seconds, ms, us or ns since 1970"
        ) from None
    return TimeStyle("ISO", zone)


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def bars(raw: RawFile, batch: RawBatch, style: TimeStyle) -> Bars:
    """Return the batch as numbers; times as the file has them, in UTC ns."""
    times = _times(raw, batch, style)
    values = [_numbers(raw, batch, name) for name in PRICES]
    has_volume = "volume" in batch.fields
    volume = _numbers(raw, batch, "volume") if has_volume else np.zeros(len(times))
    return Bars.of([times, *values, volume])


def _numbers(raw: RawFile, batch: RawBatch, name: str) -> Floats:
    column = batch.fields[name]
    try:
        if pa.types.is_string(column.type):
            column = pc.utf8_trim_whitespace(column)
        if column.null_count:
            raise ValueError
        result: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        index, text = _first_bad(column, float)
        raise BadData(
            f"{raw.place(batch.line + index)}: {name} is `{clean_text(text, 40)}`; wanted a number"
        ) from None
    return result


def _first_bad(column: Any, read: Any) -> tuple[int, str]:
    for index, value in enumerate(column.to_pylist()):
        try:
            read(value)
        except (TypeError, ValueError):
            return index, "" if value is None else str(value)
    return 0, str(column[0].as_py())


def _times(raw: RawFile, batch: RawBatch, style: TimeStyle) -> Ints:
    column = batch.fields["time"]
    try:
        if column.null_count:
            raise ValueError
        if style.form in _EPOCHS:
            return _epoch(column, _EPOCHS[style.form])
        result: Ints = _moments(column, style).cast(pa.int64()).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        index, text = _first_bad(column, lambda value: _one_time(value, style))
        raise BadData(
            f"{raw.place(batch.line + index)}: time `{clean_text(text, 40)}` is not {style}"
        ) from None
    return result


def _epoch(column: Any, scale: int) -> Ints:
    if pa.types.is_string(column.type):
        column = pc.utf8_trim_whitespace(column)
    if (
        pa.types.is_integer(column.type)
        or not pc.any(pc.match_substring(column.cast(pa.string()), ".")).as_py()
    ):
        result: Ints = column.cast(pa.int64()).to_numpy() * scale
        return result
    fractional = column.cast(pa.float64()).to_numpy() * (scale / 1000)
    rounded: Ints = np.rint(fractional).astype(np.int64) * 1000
    return rounded


def _one_time(value: object, style: TimeStyle) -> None:
    text = "" if value is None else str(value).strip()
    if style.form in _EPOCHS:
        float(text)
    elif style.form == "ISO":
        datetime.fromisoformat(text)
    elif style.form != "timestamp" or not text:
        datetime.strptime(text, style.form).replace(tzinfo=UTC)


def _moments(column: Any, style: TimeStyle) -> Any:
    if style.form == "ISO":
        column = pc.utf8_trim_whitespace(column)
        try:
            moments = column.cast(_NS_TIME)
        except pa.ArrowInvalid:  # every row carries its own offset
            return column.cast(pa.timestamp("ns", tz="UTC"))
    elif style.form == "timestamp":
        if getattr(column.type, "tz", None):
            return column.cast(pa.timestamp("ns", tz="UTC"))
        moments = column.cast(_NS_TIME)
    else:
        moments = pc.strptime(pc.utf8_trim_whitespace(column), style.form, "s").cast(_NS_TIME)
    return in_zone(moments, style.zone)


def in_zone(moments: Any, zone: str) -> Any:
    """Return naive times as UTC; a time that the zone's clock change makes unclear is an error."""
    if zone.upper() == "UTC":
        return moments
    try:
        return pc.assume_timezone(moments, zone).cast(pa.timestamp("ns", tz="UTC"))
    except pa.ArrowInvalid as error:
        raise UsageError(f"time zone `{clean_text(zone)}`: {clean_text(str(error), 160)}") from None
