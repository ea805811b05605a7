"""The board: one row an instance. Columns have a priority; a narrow screen drops the last ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from clearedge_tui.core.model import AccountKind, EngineState, Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import InstanceRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.model import Model
from clearedge_tui.ui.paint import words

Cell = tuple[str, int]
SortKey = Callable[[InstanceRow], object]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `letter` sorts by it, `level` 0 is always there, `grow` takes the rest."""

    name: str
    letter: str
    width: int
    level: int
    sort: SortKey
    right: bool = False
    grow: bool = False


def _number(value: Decimal | None) -> Decimal:
    return Decimal("-1e30") if value is None else value


COLUMNS: Final = (
    Column("", "h", 1, 0, lambda r: ("bad", "warn", "unknown", "ok", "idle").index(r.health.value)),
    Column("INSTANCE", "i", 15, 0, lambda r: r.id),
    Column("STRATEGY", "g", 18, 6, lambda r: (r.strategy, r.id)),
    Column("MODE", "m", 14, 0, lambda r: (-r.desired.rank, r.id)),
    Column("STATE", "s", 9, 0, lambda r: (r.state.value, r.id)),
    Column("ACCOUNT", "a", 9, 3, lambda r: (r.account, r.id)),
    Column("MARKET", "k", 17, 1, lambda r: (r.market, r.timeframe, r.id)),
    Column("POSITION", "o", 10, 2, lambda r: r.position, right=True),
    Column("PNL TODAY", "t", 11, 0, lambda r: _number(r.pnl_today), right=True),
    Column("PNL TOTAL", "p", 12, 3, lambda r: _number(r.pnl_total), right=True),
    Column("PNL CURVE", "", 22, 4, lambda r: r.id),
    Column("FILLS", "f", 6, 7, lambda r: r.fills, right=True),
    Column("AGE", "d", 5, 7, lambda r: r.heard_ns, right=True),
    Column("LAST EVENT", "e", 12, 5, lambda r: -r.last_event_ns, grow=True),
)
_LEVELS: Final = ((0, 0), (74, 1), (92, 2), (112, 3), (134, 4), (152, 5), (172, 6), (210, 7))


_CURVE: Final = next(c for c in COLUMNS if c.name == "PNL CURVE")
_HEARD: Final = tuple(
    c.name for c in COLUMNS if c.name not in ("", "INSTANCE", "MODE", "LAST EVENT")
)
_PRICED: Final = ("MARKET", "POSITION", "PNL TODAY", "PNL TOTAL", "PNL CURVE")
_INSTANCE: Final = COLUMNS[1]
_LONGEST: Final = 26  # columns that a long name may take
_LEAST_CURVE: Final = 5  # columns; below this a curve says nothing


def _spare(width: int, chosen: Sequence[Column]) -> int:
    return width - (len(chosen) - 1 + 2) - sum(c.width for c in chosen)


@lru_cache(maxsize=64)
def layout(
    width: int, narrow: bool = False, longest: int = 0
) -> tuple[tuple[Column, int, int], ...]:
    """Return the columns that fit, each with its place and width.

    Names come first: what is spare widens INSTANCE up to `longest`, before a curve or the last column.
    """
    level = max(number for least, number in _LEVELS if width >= least)
    if narrow:
        level = max(0, level - 2)
    chosen = [c for c in COLUMNS if c.level <= level]
    named = max(0, min(longest, _LONGEST) - _INSTANCE.width)
    spare = _spare(width, chosen)
    named = min(named, max(0, spare))
    spare -= named
    if not narrow and _CURVE not in chosen and spare > _LEAST_CURVE:
        curve = replace(_CURVE, width=min(spare - 1, _CURVE.width))
        chosen.append(curve)
        spare = _spare(width, chosen) - named
    if not any(c.grow for c in chosen) and spare > 0:
        spare = min(spare, 10)
    placed, x = [], 1
    for column in chosen:
        size = column.width
        if column is _INSTANCE:
            size += named
        if column.grow or (column is _INSTANCE and not any(c.grow for c in chosen)):
            size += max(0, spare)
        placed.append((column, x, max(0, min(size, width - x))))
        x += size + 1
    return tuple(placed)


@dataclass(slots=True)
class BoardState:
    """What the person chose on the board."""

    words: str = ""
    errors_only: bool = False
    sort: str = ""
    backwards: bool = False
    marks: frozenset[str] = frozenset()
    narrow: bool = False
    longest: int = 0  # columns of the longest name


def visible(rows: Sequence[InstanceRow], state: BoardState) -> list[InstanceRow]:
    """Return the rows to show: filtered by every word, errors only when asked, sorted."""
    wanted = state.words.lower().split()
    out = [row for row in rows if all(_matches(row, word) for word in wanted)]
    if state.errors_only:
        out = [row for row in out if words.in_trouble(row)]
    column = next((c for c in COLUMNS if c.letter and c.letter == state.sort), None)
    if column is not None:
        out.sort(key=column.sort, reverse=state.backwards)  # type: ignore[arg-type]  # one type a column
    return out


def _matches(row: InstanceRow, word: str) -> bool:
    refuse = word.startswith("!") and len(word) > 1
    simulated = "sim" if row.simulated else ""
    text = (
        f"{row.id} {row.strategy} {row.desired} {row.state} {row.account} {row.account_kind} "
        f"{row.market} {row.timeframe} {simulated} {row.last_event} {row.error}"
    ).lower()
    return (word[1:] not in text) if refuse else word in text


def paint_head(cells: Cells, y: int, state: BoardState, arrow: str = "▾▴") -> None:
    cells.wash(y, p.BG)
    for column, x, width in layout(cells.w, state.narrow, state.longest):
        sorted_ = bool(column.letter) and column.letter == state.sort
        whole = column.name if len(column.name) <= width else column.name.split()[-1]
        name = whole + (arrow[state.backwards] if sorted_ else "")
        ink = p.ACCENT if sorted_ else p.DIM
        if column.right:
            cells.right(y, x, width, name, ink)
        else:
            cells.text(y, x, name, ink, width=width)


def paint_row(
    cells: Cells, y: int, row: InstanceRow, model: Model, look: Look, state: BoardState
) -> None:
    """Paint one instance; old numbers are dim, a wanted change and trouble stand out."""
    dim = _HEARD if model.row_stale(row) else _PRICED if model.price_stale(row) else ()
    for column, x, width in layout(cells.w, state.narrow, state.longest):
        text, ink = _CELLS[column.name](row, model, look)
        if column.name in dim:
            ink = p.DIM
        if column.right:
            cells.right(y, x, width, text, ink)
        else:
            cells.text(y, x, text, ink, width=width)
            if column.name == "MARKET" and row.simulated:
                _sim_mark(cells, y, x, width, text)
    if row.id in state.marks:
        cells.text(y, 0, look.symbols.mark, p.ACCENT)


def _sim_mark(cells: Cells, y: int, x: int, width: int, text: str) -> None:
    at = x + min(len(text) + 1, max(0, width - 3))
    cells.text(y, at, "sim", p.WARN, width=3)


def _mode(row: InstanceRow, model: Model, look: Look) -> Cell:
    if row.actual is not row.desired:
        return words.mode_word(row, look.symbols), p.WARN
    return words.mode_word(row, look.symbols), words.mode_ink(row.actual, row.account_kind)


def _account(row: InstanceRow, model: Model, look: Look) -> Cell:
    return clean_text(row.account), p.LIVE if row.account_kind is AccountKind.LIVE else p.DIM


def _position(row: InstanceRow, model: Model, look: Look) -> Cell:
    text = f.HIDDEN if look.hide_money and row.position else f.size(row.position)
    return text, words.money_ink(row.position)


def _age(row: InstanceRow, model: Model, look: Look) -> Cell:
    if row.state is not EngineState.RUNNING:
        return "–", p.DIM
    return f.duration(model.row_age_s(row)), p.WARN if model.row_stale(row) else p.DIM


def event(row: InstanceRow, model: Model) -> Cell:
    """Return the most important thing to say of a row: its error, its age, or its last event."""
    if row.error:
        return clean_text(row.error), p.BAD
    if not model.stale and model.price_stale(row):
        age = f.duration(model.price_age_s(row))
        return f"STALE: its market was heard {age} ago, nothing is entered", p.WARN
    if row.state is EngineState.RUNNING and not model.stale and model.row_stale(row):
        return f"unheard for {f.duration(model.row_age_s(row))}", p.WARN
    if row.stop_ns and row.desired is not Mode.OFF:
        left = f.duration(max(0.0, (row.stop_ns - model.wall_ns()) / 1e9))
        return clean_text(f"off in {left}; {row.last_event}"), p.TEXT
    if row.last_event:
        return clean_text(row.last_event), p.TEXT if row.desired is not Mode.OFF else p.DIM
    return "", p.DIM


def _short(age_s: float) -> str:
    """Return an age in at most three columns, up to 99 days."""
    for length, unit in ((1, "s"), (60, "m"), (3600, "h")):
        if age_s < 100 * length:
            return f"{int(age_s // length)}{unit}"
    return f"{int(age_s // 86_400)}d"


def _state(row: InstanceRow, model: Model) -> Cell:
    ink = words.state_ink(row.state)
    if row.state is EngineState.BACKOFF and row.retry_ns:
        left = (row.retry_ns - model.wall_ns()) / 1e9
        return f"retry {max(0, round(left))}s", ink
    if model.price_stale(row):
        return f"STALE {_short(model.price_age_s(row))}", p.WARN
    return row.state.value, ink


_CELLS: Final[dict[str, Callable[[InstanceRow, Model, Look], Cell]]] = {
    "": lambda r, m, k: words.health(r.health, k.symbols),
    "INSTANCE": lambda r, m, k: (clean_text(r.id), p.BRIGHT),
    "STRATEGY": lambda r, m, k: (clean_text(r.strategy), p.TEXT),
    "MODE": _mode,
    "STATE": lambda r, m, k: _state(r, m),
    "ACCOUNT": _account,
    "MARKET": lambda r, m, k: (clean_text(f"{r.market} {r.timeframe}"), p.TEXT),
    "POSITION": _position,
    "PNL TODAY": lambda r, m, k: (f.money(r.pnl_today, k.hide_money), words.money_ink(r.pnl_today)),
    "PNL TOTAL": lambda r, m, k: (f.money(r.pnl_total, k.hide_money), words.money_ink(r.pnl_total)),
    "PNL CURVE": lambda r, m, k: (
        f.sparkline(r.spark, 22, k.symbols.spark),
        words.book_ink(r.book),
    ),
    "FILLS": lambda r, m, k: (f.count(r.fills), p.TEXT),
    "AGE": _age,
    "LAST EVENT": lambda r, m, k: event(r, m),
}
