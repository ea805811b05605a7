"""The first line of every screen: where, how many at what, the money, the link's age, the time."""

from decimal import Decimal

from clearedge_tui.core.model import AccountKind, Book, EngineState, Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.model import LinkState, Model
from clearedge_tui.ui.paint import words

Part = tuple[str, int]


def paint_header(cells: Cells, model: Model, look: Look, home: str, title: str = "") -> None:
    """Paint one line; parts that do not fit are left out from the least important on."""
    cells.fill(cells.area, p.HEAD)
    right = _right(model, look)
    used = sum(len(text) + 2 for text, _ in right)
    x = cells.w - used + 1
    for text, ink in right:
        cells.text(0, x, text, ink)
        x += len(text) + 2
    x, edge = 1, cells.w - used - 1
    killed = kill_text(model, edge - x - 2)
    if killed:
        cells.text(0, x, f" {killed} ", p.INK | p.BOLD, p.BAD, width=edge - x)
        x = min(edge, x + len(killed) + 2) + 2
    for text, ink in _left(model, look, home, title, cells.w):
        if x + len(text) > edge:
            continue
        x = cells.text(0, x, text, ink) + 2


def kill_text(model: Model, room: int = 200) -> str:
    """Return what is killed and what is proven of it, as fully as fits; empty when nothing is."""
    if not model.kills:
        return ""
    row, more = model.kills[0], len(model.kills) - 1
    age = f" {f.duration((model.wall_ns() - row.at_ns) / 1e9)} ago" if row.at_ns else ""
    first = f"KILLED {clean_text(row.what, 24)}{f' +{more}' if more else ''}"
    lines = sum(one.lines for one in model.kills)
    open_ = sum(one.unconfirmed for one in model.kills)
    awaited = sorted({name for one in model.kills for name in one.awaited})
    alarm = [f"{open_} UNCONFIRMED"] if open_ else []
    alarm += [f"NO ANSWER {clean_text(', '.join(awaited), 20)}"] if awaited else []
    good = [f"{lines - open_} of {lines} confirmed"] if lines else []
    if not lines and not awaited:
        answered = any(one.answered for one in model.kills)
        good = ["nothing was open" if answered else "no account runs"]
    ways = ([first + age, *good, *alarm], [first + age, *(alarm or good)], [first, *alarm], [first])
    told = [" · ".join(parts) for parts in ways]
    return next((text for text in told if len(text) <= room), told[-1])


def _left(model: Model, look: Look, home: str, title: str, width: int) -> list[Part]:
    parts: list[Part] = [("ClearEdge", p.ACCENT | p.BOLD)]
    if title:
        parts.append((title, p.BRIGHT | p.BOLD))
    if width >= 110:
        parts.append((clean_text(home, 24), p.DIM))
    rows = list(model.instances.values())
    if not rows:
        return parts
    live = sum(r.actual is Mode.ACTIVE and r.account_kind is AccountKind.LIVE for r in rows)
    active = sum(r.actual is Mode.ACTIVE for r in rows) - live
    observe = sum(r.actual is Mode.OBSERVE for r in rows)
    trouble = sum(words.in_trouble(r) for r in rows)
    if live:
        parts.append((f"LIVE {live}", p.LIVE | p.BOLD))
    parts.append((f"active {active}", p.PAPER if active else p.DIM))
    parts.append((f"observe {observe}", p.SHADOW if observe else p.DIM))
    parts.append((f"off {len(rows) - active - observe - live}", p.DIM))
    if trouble:
        parts.append((f"{look.symbols.warn} {trouble}", p.WARN))
    if not model.stale:
        parts += today_parts(model, look)
    return parts + (_accounts(model, look) if width >= 100 else [])


def today_parts(model: Model, look: Look) -> list[Part]:
    """Return today's PnL, one part a currency; shadow books are no money and do not count."""
    sums: dict[str, Decimal] = {}
    for row in model.instances.values():
        if row.book in (Book.PAPER, Book.LIVE) and row.pnl_today is not None:
            sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.pnl_today
    return [
        (
            f"today {f.money(value, look.hide_money)} {clean_text(name, 8)}".rstrip(),
            words.money_ink(value),
        )
        for name, value in sums.items()
    ]


def _accounts(model: Model, look: Look) -> list[Part]:
    parts: list[Part] = []
    for account in list(model.accounts.values())[:3]:
        ink = p.LIVE if account.kind is AccountKind.LIVE else p.DIM
        if account.state in (EngineState.FAILED, EngineState.BACKOFF, EngineState.FAULTED):
            parts.append((f"{clean_text(account.name, 16)} {account.state}", p.BAD))
            continue
        speed = "max" if account.speed == 0 else f"{account.speed:g}×"
        done = f" {account.done * 100:.0f} %" if account.done is not None else ""
        equity = f.amount(account.equity, look.hide_money)
        text = f"{clean_text(account.name, 16)} {equity} {clean_text(account.currency, 8)} {speed}{done}"
        parts.append((text, p.DIM if model.stale else ink))
    return parts


def _right(model: Model, look: Look) -> list[Part]:
    parts: list[Part] = []
    if look.frozen:
        parts.append(("FROZEN", p.WARN | p.BOLD))
    age = model.age_s()
    if model.link is LinkState.UP and age is not None:
        late = age > 3
        parts.append((f"{look.symbols.ok} {f.duration(age)}", p.WARN if late else p.GOOD))
    elif model.link is LinkState.CONNECTING:
        parts.append(("connecting…", p.ACCENT))
    else:
        since = f" {f.duration(age)}" if age is not None else ""
        parts.append((f"{look.symbols.bad} no link{since}", p.BAD | p.BOLD))
    parts.append((f.clock_time(model.wall_ns()), p.DIM))
    return parts
