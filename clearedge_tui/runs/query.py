"""Filters as people type them: words, `field:part` and comparisons. Pure.

`ema done sharpe>1 market:btc -tag:bad created>=2026-01-01 fees<5%`. Every term must hold; a minus
in front turns one around. A bare word is looked for in all texts.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import UsageError

Value = str | float | int | bool | None | tuple[str, ...]

_TERM = re.compile(r"(-?)([a-z_][a-z0-9_]*)(>=|<=|!=|>|<|=|:)(.*)", re.IGNORECASE | re.DOTALL)
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9, "kb": 1e3, "mb": 1e6, "gb": 1e9, "%": 0.01}
_SPLIT = re.compile(r'(?:[^\s"]|"[^"]*")+')


class Term(msgspec.Struct, frozen=True):
    """One condition. `field` is empty for a bare word: ask `named` then, and `fits` otherwise."""

    field: str
    sign: str
    wanted: str
    number: float | None = None
    turned: bool = False

    def named(self, texts: Iterable[str]) -> bool:
        """Say whether a bare word is met by a row of these texts."""
        return any(self.wanted in text.lower() for text in texts) is not self.turned

    def fits(self, found: Value) -> bool:
        """Say whether a condition on a field is met by what the field holds."""
        return self._fits(found) is not self.turned

    def _fits(self, found: Value) -> bool:
        if self.sign == ":":
            return self._in(found)
        if isinstance(found, tuple):
            found = " ".join(found)
        if self.number is None or isinstance(found, str):
            same = str(found if found is not None else "").lower() == self.wanted
            return same if self.sign == "=" else not same
        if found is None:
            return False  # what is not known is neither more nor less
        return _compared(float(found), self.sign, self.number)

    def _in(self, found: Value) -> bool:
        match found:
            case None:
                return False
            case bool():
                return found is (self.wanted in ("yes", "true", "1"))
            case str():
                return self.wanted in found.lower()
            case tuple():
                return any(self.wanted in one.lower() for one in found)
            case _:
                return self.number is not None and float(found) == self.number


def _compared(found: float, sign: str, wanted: float) -> bool:
    match sign:
        case ">":
            return found > wanted
        case "<":
            return found < wanted
        case ">=":
            return found >= wanted
        case "<=":
            return found <= wanted
        case "!=":
            return found != wanted
        case _:
            return found == wanted


def parse(text: str, fields: Mapping[str, type]) -> tuple[Term, ...]:
    """Return the conditions of a filter; `fields` says which names there are and what they hold.

    Raises UsageError that names the nearest field, or says what a value must look like.
    """
    return tuple(_term(word, fields) for word in _SPLIT.findall(text))


def _term(word: str, fields: Mapping[str, type]) -> Term:
    found = _TERM.fullmatch(word)
    if found is None or not found[4]:
        bare = word.removeprefix("-") if len(word) > 1 else word
        turned = len(word) > 1 and word.startswith("-")
        return Term("", ":", bare.strip('"').lower(), turned=turned)
    turned, name, sign, wanted = bool(found[1]), found[2].lower(), found[3], found[4].strip('"')
    if name not in fields:
        raise UsageError(f"no field `{name}`{nearest(name, fields)}")
    number = _number(wanted)
    ordered = sign in (">", "<", ">=", "<=")
    if ordered and (number is None or fields[name] is str):
        kind = "is text: use `:`" if fields[name] is str else f"`{wanted}` is no number and no date"
        raise UsageError(f"`{word}`: {name} {kind}" if fields[name] is str else f"`{word}`: {kind}")
    if fields[name] is float and number is None:
        raise UsageError(f"`{word}`: `{wanted}` is no number and no date")
    return Term(name, sign, wanted.lower(), number if fields[name] is not str else None, turned)


def _number(text: str) -> float | None:
    """Return `1.5`, `10k`, `5%`, `20mb`, or a date as UTC ns; None for what is none of these."""
    lower = text.lower()
    unit = next((u for u in sorted(_UNITS, key=len, reverse=True) if lower.endswith(u)), "")
    try:
        value = Decimal(lower.removesuffix(unit) if unit else lower)
    except InvalidOperation:
        return _moment(text)
    found = float(value) * _UNITS.get(unit, 1.0)
    return found if math.isfinite(found) else None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp() * 1e9
