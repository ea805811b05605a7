"""Rows of the strategy files, and what one of them is: its words, settings and instances."""

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import InstanceRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words
from clearedge_tui.ui.paint.strategy_past import LEAST, Past, paint_past
from clearedge_tui.ui.strategy import (
    Setting,
    StrategyFile,
    places_text,
    rules_of,
    settings_of,
    share_text,
)

WIDE = 140  # columns; from here on instances stand beside the settings
_MOST_WORDS = 8  # lines of a docstring


class Places(NamedTuple):
    """Where the columns stand; `on` is 0 where there is no room for the markets."""

    kind: int
    runs: int
    on: int
    about: int
    changed: int
    stamp: int  # letters of the time left out in front


def places(width: int) -> Places:
    if width >= 160:
        return Places(30, 38, 46, 78, width - 18, 0)
    if width >= 110:  # there is room for a market, and for the year
        return Places(24, 31, 38, 56, width - 18, 0)
    return Places(22, 29, 0, 36, width - 13, 5)


def paint_head(cells: Cells) -> None:
    at = places(cells.w)
    cells.text(0, 3, "STRATEGY", p.DIM)
    cells.text(0, at.kind, "KIND", p.DIM)
    cells.text(0, at.runs, "RUN", p.DIM)
    if at.on:
        cells.text(0, at.on, "ON", p.DIM)
    cells.text(0, at.about, "ABOUT", p.DIM)
    cells.text(0, at.changed, "CHANGED", p.DIM)


def paint_line(
    cells: Cells, y: int, one: StrategyFile, users: Sequence[InstanceRow], look: Look
) -> None:
    """Paint one file; of one that does not load, the error stands where it says what it is."""
    at, broken = places(cells.w), bool(one.error)
    glyph, ink = _glyph(one, users, look)
    cells.text(y, 1, glyph, ink)
    cells.text(y, 3, clean_text(one.strategy), p.BRIGHT, width=at.kind - 4)
    cells.text(y, at.kind, one.kind or "–", p.DIM, width=6)
    cells.text(y, at.runs, share_text(users), p.TEXT if users else p.DIM, width=6)
    if at.on and not broken:
        cells.text(y, at.on, places_text(users) or "–", p.DIM, width=at.about - at.on - 2)
    start = at.on if broken and at.on else at.about
    told, told_ink = (one.error, p.BAD) if broken else (one.doc, p.TEXT)
    room = at.changed - start - 2
    cells.text(y, start, cut(clean_text(told), room, look), told_ink, width=room)
    cells.text(y, at.changed, f.moment(one.changed_ns)[at.stamp :], p.DIM)


def cut(text: str, width: int, look: Look) -> str:
    """Return a text that fits; one that was cut says so, for half a number is a wrong one."""
    return text if len(text) <= width else text[: max(0, width - 1)] + look.symbols.more


def _glyph(one: StrategyFile, users: Sequence[InstanceRow], look: Look) -> tuple[str, int]:
    if one.error:
        return look.symbols.bad, p.BAD
    if any(words.in_trouble(row) for row in users):
        return look.symbols.warn, p.WARN
    running = share_text(users)[0] not in "–0"
    return (look.symbols.ok, p.GOOD) if running else (look.symbols.idle, p.DIM)


def paint_strategy(
    cells: Cells,
    one: StrategyFile,
    users: Sequence[InstanceRow],
    look: Look,
    past: Past | None = None,
) -> None:
    """Paint a rule with the name, the words of the file, its settings, instances and backtests."""
    cells.rule(0, 0, cells.w, look.symbols.rule, p.FAINT)
    x = cells.text(0, 2, f" {clean_text(one.strategy)} ", p.BRIGHT | p.BOLD)
    cells.text(0, x + 1, f" {_file_text(one, look)} ", p.DIM)
    y = _paint_words(cells, one, 1 if cells.h < 14 else 2, look)
    area = cells.area.top(y)[1]
    if one.error:
        return
    if cells.w >= WIDE:
        _paint_beside(cells, area, one, users, look, past)
        return
    below = min(len(users) + 1, max(2, area.h // 3)) if users else 1
    settings, rest = area.top(area.h - below)
    used = _paint_settings(cells, settings, one, look)
    _paint_users(cells, area.top(used)[1] if used < settings.h else rest, users, look, 2)


def _paint_beside(
    cells: Cells,
    area: Area,
    one: StrategyFile,
    users: Sequence[InstanceRow],
    look: Look,
    past: Past | None,
) -> None:
    """Paint settings and instances side by side, as high as they must be; the past takes the rest."""
    needed = max(len(settings_of(one.schema)) + len(rules_of(one.schema)) + 2, len(users) + 2, 6)
    if past is not None and area.h - min(needed, area.h // 2) >= LEAST:
        area, rest = area.top(min(needed, area.h // 2))
        paint_past(cells, rest, past, look)
    left, right = area.left(cells.w * 3 // 5)
    _paint_settings(cells, left, one, look)
    for row in range(right.y, right.y + right.h - 1):
        cells.put(row, right.x, look.symbols.upright, p.FAINT)
    _paint_users(cells, right.top(right.h - 1)[0], users, look, right.x + 3)


def _file_text(one: StrategyFile, look: Look) -> str:
    dot = look.symbols.bullet
    parts = [one.kind, clean_text(one.path.rpartition("/")[2]), *one.hooks]
    return f" {dot} ".join(part for part in parts if part)


def _paint_words(cells: Cells, one: StrategyFile, y: int, look: Look) -> int:
    """Paint the docstring, or the error with its traceback; return the row after it and a gap."""
    width = min(cells.w - 4, 110)
    if one.error:
        cells.text(y, 2, clean_text(one.error), p.BAD | p.BOLD)
        shown = [clean_text(line) for line in one.detail.rstrip().split("\n") if line.strip()]
        room = max(0, cells.h - y - 3)
        for i, line in enumerate(shown[-room:] if room else []):
            cells.text(y + 2 + i, 2, line, p.DIM)
        return cells.h
    most = _MOST_WORDS if cells.h >= 24 else 2
    lines = wrapped(one.words or one.doc or "no docstring", width)
    lines = lines if cells.h >= 24 else [text for text in lines if text]
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: width - 2]} {look.symbols.more}"]
    for line in lines:
        cells.text(y, 2, line, p.TEXT if one.doc else p.DIM)
        y += 1
    return y + 1 if cells.h >= 14 else y


def wrapped(text: str, width: int) -> list[str]:
    """Return the paragraphs of a docstring, each filled anew to the width."""
    out: list[str] = []
    for paragraph in text.split("\n\n"):
        out += [""] if out else []
        out += textwrap.wrap(
            " ".join(clean_text(paragraph.replace("\n", " "), 4000).split()), width
        )
    return out


def _paint_settings(cells: Cells, area: Area, one: StrategyFile, look: Look) -> int:
    """Paint one row a field; return the rows that were used."""
    found, rules = settings_of(one.schema), rules_of(one.schema)
    if not found:
        cells.text(area.y, area.x + 2, "no settings", p.DIM)
        return 2
    columns = _columns(area.w, found)
    heads = ("SETTING", "TYPE", "DEFAULT", "RANGE", "UNIT", "LIVE", "ABOUT")
    for x, head in zip(columns, heads, strict=False):
        cells.text(area.y, area.x + x, head, p.DIM)
    room = area.h - 1
    shown = found if len(found) <= room else found[: max(0, room - 1)]
    for i, setting in enumerate(shown):
        _paint_setting(cells, area, area.y + 1 + i, columns, setting, look)
    used = 1 + len(shown)
    if len(shown) < len(found):
        more = f"and {len(found) - len(shown)} more: enter shows all"
        cells.text(area.y + used, area.x + 2, more, p.DIM)
        return used + 1
    for rule in rules[: max(0, room - used)]:
        cells.text(area.y + used, area.x + 2, f"always {rule}", p.DIM, width=area.w - 4)
        used += 1
    return used + 1


def _columns(width: int, found: Sequence[Setting]) -> tuple[int, ...]:
    """Return where name, type, default, range, unit, live and words begin; each as wide as it must be."""
    wide = width >= 100
    sizes = [
        max(7, *(len(s.name) for s in found)),
        max(4, *(len(s.kind) for s in found)),
        max(7, *(len(s.default) for s in found)),
        max(5, *(len(s.limits) for s in found)),
        max(4, *(len(s.unit) for s in found)),
        4,
    ]
    most = (24, 14, 16, 24, 8, 4) if wide else (16, 9, 10, 12, 6, 4)
    at, out = 2, []
    for size, limit in zip(sizes, most, strict=True):
        out.append(at)
        at += min(size, limit) + 2
    return (*out, at)


def _paint_setting(
    cells: Cells, area: Area, y: int, columns: Sequence[int], one: Setting, look: Look
) -> None:
    live = ("yes", p.GOOD) if one.live else ("–", p.DIM)
    parts = (
        (one.name, p.TEXT), (one.kind, p.DIM), (one.default, p.BRIGHT), (one.limits, p.DIM), (one.unit, p.DIM),
        live, (one.about, p.TEXT),
    )  # fmt: skip
    ends = (*columns[1:], area.w)
    for x, end, (text, ink) in zip(columns, ends, parts, strict=True):
        room = max(0, end - x - 1)
        cells.text(y, area.x + x, cut(text, room, look), ink, width=room)


def _paint_users(
    cells: Cells, area: Area, users: Sequence[InstanceRow], look: Look, x: int
) -> None:
    if not users:
        cells.text(area.y, x, "no instance uses it: n declares one", p.DIM)
        return
    cells.text(area.y, x, f"INSTANCES {share_text(users)}", p.DIM)
    fits = max(0, area.h - 1)
    shown = users if len(users) <= fits else users[: max(0, fits - 1)]
    for i, row in enumerate(shown):
        _paint_user(cells, area.y + 1 + i, x, row, look)
    if len(shown) < len(users) and fits:
        more = f"and {len(users) - len(shown)} more"
        cells.text(area.y + 1 + len(shown), x + 2, more, p.DIM)


def _paint_user(cells: Cells, y: int, x: int, row: InstanceRow, look: Look) -> None:
    glyph, ink = words.health(row.health, look.symbols)
    cells.text(y, x, glyph, ink)
    cells.text(y, x + 2, clean_text(row.id), p.BRIGHT, width=20)
    cells.text(
        y,
        x + 23,
        words.mode_word(row, look.symbols),
        words.mode_ink(row.actual, row.account_kind),
        width=9,
    )
    cells.text(y, x + 33, row.state.value, words.state_ink(row.state), width=9)
    where = clean_text(f"{row.market} {row.timeframe}")
    cells.text(y, x + 43, where, p.TEXT, width=16)
    if cells.w - x >= 74:
        cells.right(
            y, x + 60, 12, f.money(row.pnl_total, look.hide_money), words.money_ink(row.pnl_total)
        )
