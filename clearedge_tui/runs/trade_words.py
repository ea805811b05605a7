"""The filter of a list of trades: `side:long pnl<0 bars>10 tag:stop "break up" !short`.

Every term has to hold; `!` before one turns it round. A term is a comparison, or a text that side,
tags or number hold. Pure: what a term means over columns is told in `trade_pages`.
"""

import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import UsageError

# name, what its values are
COLUMNS: Final = {
    "number": "number", "side": "text", "size": "number", "in": "time", "entry": "number", "out": "time",
    "exit": "number", "pnl": "number", "fees": "number", "bars": "number", "length": "length",
    "return": "number", "mae": "number", "mfe": "number", "tag": "text", "entry_tag": "text",
    "hour": "number", "day": "text",
}  # fmt: skip
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TESTS: Final = ("<=", ">=", "!=", "<", ">", "=", ":")
_TERM = re.compile(r'!?(?:[^\s"]|"[^"]*"?)+')
_COMPARE = re.compile(r"([A-Za-z_]+)(<=|>=|!=|<|>|=|:)(.*)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)%?")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DAY_NS, _SECOND_NS = 86_400_000_000_000, 1_000_000_000


class Term(NamedTuple):
    """One condition. `column` is empty for a text that any text column may hold.

    A number or time is held between `low` and `high`, both inclusive, for `=`.
    """

    column: str
    test: str
    text: str = ""
    low: float = 0.0
    high: float = 0.0
    inverse: bool = False


def parse(words: str) -> tuple[Term, ...]:
    """Return the terms of a filter. Raises UsageError that names the term and what was wanted."""
    return tuple(_term(found.group()) for found in _TERM.finditer(words))


def _term(said: str) -> Term:
    inverse = said.startswith("!") and len(said) > 1
    bare = said.removeprefix("!") if inverse else said
    found = _COMPARE.fullmatch(bare)
    if found is None:
        return Term("", ":", bare.replace('"', "").lower(), inverse=inverse)
    name, test, value = found.group(1).lower(), found.group(2), found.group(3).replace('"', "")
    kind = COLUMNS.get(name)
    if kind is None:
        raise UsageError(f"no column `{name}`{nearest(name, COLUMNS)}")
    if test == "!=":
        test, inverse = "=", not inverse
    if not value and kind != "text":
        raise UsageError(f"`{said}`: wanted a value after `{found.group(2)}`")
    if kind == "text":
        if test not in (":", "="):
            raise UsageError(f"`{said}`: `{name}` is text; wanted {name}:… or {name}=…")
        return Term(name, test, value.lower(), inverse=inverse)
    low, high = _values(kind, name, value, said)
    return Term(name, "=" if test == ":" else test, value, low, high, inverse)


def _values(kind: str, name: str, value: str, said: str) -> tuple[float, float]:
    if kind == "time":
        return _times(value, said)
    if kind == "length":
        found = _LENGTH.fullmatch(value)
        if found is None:
            raise UsageError(f"`{said}`: wanted a length such as 90m, 2h or 1d")
        length = float(found.group(1)) * _SECONDS[found.group(2)]
        return length, length
    digits = value.replace(",", "")
    if not _NUMBER.fullmatch(digits):
        raise UsageError(f"`{said}`: `{name}` is a number; found `{value}`")
    number = float(f"{digits[:-1]}e-2") if digits.endswith("%") else float(digits)
    return number, number


def _times(value: str, said: str) -> tuple[float, float]:
    """Return the first and the last ns that a date, or a time of a day, stands for."""
    try:
        at = datetime.fromisoformat(value.upper())
    except ValueError:
        raise UsageError(
            f"`{said}`: wanted a time such as 2022-01-03 or 2022-01-03T14:30"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    first = int(at.timestamp()) * _SECOND_NS
    long = _DAY_NS if len(value) <= 10 else 60 * _SECOND_NS if len(value) <= 16 else _SECOND_NS
    return first, first + long - 1
