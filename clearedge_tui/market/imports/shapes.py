"""Names for the columns of files without a header, where the rows leave no doubt."""

import re
from collections.abc import Callable, Sequence

Row = Sequence[str]
_EPOCH = re.compile(r"\d{10}(\d{3}){0,3}(\.\d+)?")
_TIME = re.compile(
    r"\d{10,19}(\.\d+)?|\d{8}[ T]?\d{4,9}|\d{4}[-./]\d\d[-./]\d\d.*|\d\d[./]\d\d[./]\d{4}.*"
)
_DAY = re.compile(r"\d{4}[-./]?\d\d[-./]?\d\d|\d\d[./]\d\d[./]\d{4}")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?|\d{6}|\d{4}")
_TRUTH = ("true", "false")


def names_by_shape(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return `1`, `2`, … with the names of what is sure in their places."""
    width = max(map(len, rows), default=0)
    names = [str(n + 1) for n in range(width)]
    whole = [row for row in rows if len(row) == width]
    for fits, places in _SHAPES:
        if width > max(places.values()) and all(_sure(fits, row) for row in whole):
            for name, at in places.items():
                names[at] = name
            break
    return tuple(names)


def _sure(fits: Callable[[Row], bool], row: Row) -> bool:
    try:
        return fits(row)
    except ValueError:
        return False


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _bar(row: Row, at: int) -> bool:
    first, high, low, last = (_number(cell) for cell in row[at : at + 4])
    return 0 < low <= min(first, last) and high >= max(first, last)


def _kline(row: Row) -> bool:
    times = _EPOCH.fullmatch(row[0]) and _EPOCH.fullmatch(row[6])
    return len(row) in (11, 12) and bool(times) and _bar(row, 1) and float(row[6]) > float(row[0])


def _timed_bar(row: Row) -> bool:
    counted = len(row) == 7 and row[6].isdigit()  # and how many trades
    return (len(row) in (5, 6) or counted) and bool(_TIME.fullmatch(row[0])) and _bar(row, 1)


def _day_and_clock(row: Row) -> bool:
    timed = _DAY.fullmatch(row[0]) and _CLOCK.fullmatch(row[1])
    return len(row) in (6, 7) and bool(timed) and _bar(row, 2)


def _exchange_trade(row: Row) -> bool:
    return len(row) in (6, 7) and _is_trade(row, 4)


def _joined_trade(row: Row) -> bool:
    return len(row) in (7, 8) and _is_trade(row, 5)


def _is_trade(row: Row, at: int) -> bool:
    timed = _EPOCH.fullmatch(row[at]) and row[at + 1].lower() in _TRUTH
    return bool(timed) and row[0].isdigit() and _number(row[1]) > 0


def _quote(row: Row) -> bool:
    if len(row) not in (3, 4) or not _TIME.fullmatch(row[0]):
        return False
    bid, ask = _number(row[1]), _number(row[2])
    return 0 < bid <= ask <= bid * 1.05


_OHLCV = ("open", "high", "low", "close")


def _at(first: int, *more: tuple[str, int]) -> dict[str, int]:
    return {name: first + n for n, name in enumerate(_OHLCV)} | dict(more)


_SHAPES: tuple[tuple[Callable[[Row], bool], dict[str, int]], ...] = (
    (_kline, _at(1, ("open_time", 0), ("volume", 5))),
    (_exchange_trade, {"trade_id": 0, "price": 1, "quantity": 2, "timestamp": 4, "buyer_maker": 5}),
    (_joined_trade, {"trade_id": 0, "price": 1, "quantity": 2, "timestamp": 5, "buyer_maker": 6}),
    (_day_and_clock, _at(2, ("date", 0), ("time", 1), ("volume", 6))),
    (_day_and_clock, _at(2, ("date", 0), ("time", 1))),
    (_timed_bar, _at(1, ("timestamp", 0), ("volume", 5))),
    (_timed_bar, _at(1, ("timestamp", 0))),
    (_quote, {"timestamp": 0, "bid": 1, "ask": 2}),
)
