"""The trades of a run as columns: narrowed, sorted and cut into pages, whatever their number.

The filter is the one of the list of runs (`query`): `side:long pnl<0 bars>10 -tag:stop`. A day
stands for all of it where it is equal: `in:2022-01-03`. Comparisons are over the nearest floats; rows carry exact money. Runs of older versions have fewer
columns: what they do not have is empty, and no comparison with it holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.market.arrays import ints, reals
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs import query
from clearedge_tui.runs.fill_columns import MONEY, Bools, floats, whole
from clearedge_tui.runs.read_table import read_table
from clearedge_tui.runs.report_rows import TradePage, TradeRow

Texts = npt.NDArray[np.object_]
_DAY_NS, _HOUR_NS, _MINUTE_NS = 86_400_000_000_000, 3_600_000_000_000, 60_000_000_000
_DATE = len("2022-01-03")
_MONEY = {
    "size": "size",
    "entry": "entry_price",
    "exit": "exit_price",
    "pnl": "pnl",
    "fees": "fees",
}
FIELDS: Final = {
    **dict.fromkeys(("side", "tag", "entry_tag", "day"), str),
    **dict.fromkeys(("number", "size", "in", "entry", "out", "exit", "pnl", "fees", "bars"), float),
    **dict.fromkeys(("minutes", "return", "mae", "mfe", "hour"), float),
}
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES = ("in", "out")
_ANYWHERE = ("side", "tag", "entry_tag")
MOST = 500


class Order(NamedTuple):
    """Which trades, and in which order."""

    words: str = ""
    sort: str = "number"
    down: bool = True


@dataclass(slots=True)
class TradeTable:
    """All trades of a run, oldest first. `values` holds what can be compared, by column."""

    rows: pa.Table
    values: dict[str, Any]
    first_fill: Ints | None
    last_fill: Ints | None
    _kept: tuple[Order, Ints] | None = field(default=None)

    def __len__(self) -> int:
        return len(self.rows)

    def order(self, asked: Order) -> Ints:
        """Return the rows that match, sorted. Raises UsageError for words that say nothing."""
        kept = self._kept
        if kept is not None and kept[0] == asked:
            return kept[1]
        found = np.flatnonzero(self.mask(query.parse(asked.words, FIELDS)))
        made = found[_sorted(self.column(asked.sort)[found], asked.down)]
        self._kept = (asked, made)
        return made

    def column(self, name: str) -> Any:
        if name not in FIELDS:
            raise NotFound(f"no field `{name}` to sort by{nearest(name, FIELDS)}")
        return self.values[name]

    def mask(self, terms: Iterable[query.Term]) -> Bools:
        held = np.ones(len(self), np.bool_)
        for term in terms:
            held &= self._holds(term) != term.turned
        return held

    def _holds(self, term: query.Term) -> Bools:
        if not term.field:
            texts = [_holding(self.values[name], term.wanted) for name in _ANYWHERE]
            return np.asarray(np.logical_or.reduce([*texts, self._numbered(term.wanted)]), np.bool_)
        values = self.values[term.field]
        if FIELDS[term.field] is not str:
            return self._compared(values, term)
        held = _holding(values, term.wanted) if term.sign == ":" else _same(values, term.wanted)
        return ~held if term.sign == "!=" else held

    def _numbered(self, text: str) -> Bools:
        number = int(text) if text.isdecimal() and len(text) < 10 else 0
        return np.asarray(self.values["number"] == number, np.bool_)

    def _compared(self, values: Any, term: query.Term) -> Bools:
        wanted = term.number or 0.0
        day = term.field in _TIMES and len(term.wanted) == _DATE
        same = (values >= wanted) & (values < wanted + _DAY_NS) if day else values == wanted
        held = {
            "<": values < wanted,
            "<=": values <= wanted,
            ">": values > wanted,
            ">=": values >= wanted,
            "!=": ~same & (values == values),  # what is not known is neither more nor less
        }.get(term.sign, same)
        return np.asarray(held, np.bool_)

    def page(self, asked: Order, offset: int, limit: int) -> TradePage:
        """Return rows of the list from `offset`, at most 500."""
        found = self.order(asked)
        offset = max(0, min(offset, len(found)))
        shown = found[offset : offset + max(0, min(limit, MOST))]
        pnl: Floats = self.values["pnl"][found]
        return TradePage(
            total=len(self),
            matched=len(found),
            offset=offset,
            rows=tuple(self.of(shown)),
            pnl=float(pnl.sum()),
            won=int((pnl > 0).sum()),
        )

    def of(self, at: Ints) -> list[TradeRow]:
        """Return rows by their places."""
        part = self.rows.take(pa.array(at))
        names = ("side", "size", "entry_price", "exit_price", "pnl", "fees")
        text = {name: [short(v) for v in part[name].to_pylist()] for name in names}
        plain = {
            n: _listed(self.values[n][at])
            for n in ("number", "in", "out", "bars", "return", "so_far")
        }
        runs = {name: _or_none(self.values[name][at]) for name in ("mae", "mfe")}
        return [
            TradeRow(*row)
            for row in zip(
                plain["number"], text["side"], text["size"], plain["in"], text["entry_price"],
                plain["out"], text["exit_price"], text["pnl"], text["fees"], plain["bars"],
                plain["return"], runs["mae"], runs["mfe"], self.values["entry_tag"][at].tolist(),
                self.values["tag"][at].tolist(), plain["so_far"], strict=True,
            )
        ]  # fmt: skip


def load(folder: Path) -> TradeTable:
    """Read the trades of a run. Raises NotFound when it has none on disk, BadData when damaged."""
    try:
        rows = read_table(folder / "trades.parquet")
        tags = read_table(folder / "fills.parquet", columns=["tag"])["tag"].to_pylist()
    except FileNotFoundError as error:
        raise NotFound(
            f"{folder.name} has no {Path(str(error.filename or 'trades.parquet')).name}: it failed "
            "before its end, or the file was removed"
        ) from None
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise BadData(f"{folder}: {str(error).splitlines()[0]}") from None
    try:
        return table_of(rows, tags)
    except KeyError as error:
        raise BadData(f"{folder / 'trades.parquet'}: {error.args[0]}") from None


def table_of(rows: pa.Table, tags: list[str | None]) -> TradeTable:
    """Return the table of trades as it is written, with the tags of all fills of the run."""
    count = len(rows)
    named = set(rows.column_names)
    values: dict[str, Any] = {name: _floats(rows[of]) for name, of in _MONEY.items()}
    values["side"] = _texts(rows["side"].to_pylist())
    values["in"], values["out"] = (ints(rows[name]) for name in ("entry_ns", "exit_ns"))
    values["bars"] = ints(rows["bars"])
    values["number"] = ints(rows["number"]) if "number" in named else np.arange(1, count + 1)
    values["minutes"] = (values["out"] - values["in"]) / _MINUTE_NS
    values["hour"] = values["in"] // _HOUR_NS % 24
    values["day"] = np.array(DAYS, np.object_)[(values["in"] // _DAY_NS + 3) % 7]
    for name in ("mae", "mfe"):
        values[name] = reals(rows[name]) if name in named else np.full(count, np.nan)
    worth = values["size"] * values["entry"]
    values["return"] = np.divide(values["pnl"], worth, out=np.zeros(count), where=worth != 0)
    so_far = "pnl_so_far" in named
    values["so_far"] = reals(rows["pnl_so_far"]) if so_far else np.cumsum(values["pnl"])
    linked = {"first_fill", "last_fill"} <= named
    first, last = (ints(rows[n]) if linked else None for n in ("first_fill", "last_fill"))
    known = np.array([tag or "" for tag in tags] or [""], np.object_)
    none = np.full(count, "", np.object_)
    values["entry_tag"] = none if first is None else known[np.minimum(first, len(known) - 1)]
    values["tag"] = none if last is None else known[np.minimum(last, len(known) - 1)]
    return TradeTable(rows, values, first, last)


def _floats(column: Any) -> Floats:
    exact = column.combine_chunks().cast(MONEY)
    found = whole(exact) if len(exact) else None
    return floats(exact) if found is None else found.floats()


def _texts(values: list[str | None]) -> Texts:
    return np.array([value or "" for value in values], np.object_)


def _holding(values: Texts, text: str) -> Bools:
    hits = {one for one in set(values.tolist()) if text in one.lower()}
    return np.fromiter((one in hits for one in values), np.bool_, len(values))


def _same(values: Texts, text: str) -> Bools:
    return np.fromiter((one.lower() == text for one in values), np.bool_, len(values))


def _sorted(values: Any, down: bool) -> Ints:
    """Return the places in order: equal ones as they were, or turned round with the rest; NaN last."""
    if values.dtype == np.object_:
        values = np.unique(values.astype(str), return_inverse=True)[1]
    nothing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), np.bool_)
    found = np.argsort(values, kind="stable")
    found = found[~nothing[found]]
    if down:
        found = found[::-1]
    return np.concatenate([found, np.flatnonzero(nothing)]).astype(np.int64)


def _listed(values: Any) -> list[Any]:
    return list(values.tolist())


def _or_none(values: Floats) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]


def short(value: Any) -> Any:
    """Return money without the zeros of its column."""
    if not isinstance(value, Decimal):
        return value
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()
