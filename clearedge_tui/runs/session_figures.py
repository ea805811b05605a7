"""What a session came to: the figures of its books, from their points, orders and fills. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from clearedge_tui.core.model import Book, Fill, Order, OrderStatus
from clearedge_tui.runs.model import Curve
from clearedge_tui.runs.sessions import Point, SessionSpec

_CURVE = 1000


def main_book(spec: SessionSpec, acted: bool, fills: Sequence[Fill]) -> Book:
    """Return the book that the session is about: the account's when it acted, else the shadow's."""
    acted = acted or any(fill.book is spec.book for fill in fills)
    return spec.book if acted else Book.SHADOW


def figures(
    spec: SessionSpec,
    main: Book,
    points: Sequence[Point],
    orders: Sequence[Order],
    fills: Sequence[Fill],
) -> dict[str, float | None]:
    """Return the figures of the main book, and under `shadow_` those of the other if it traded."""
    found = _of_book(spec, main, points, orders, fills)
    other = Book.SHADOW if main is not Book.SHADOW else spec.book
    if any(fill.book is other for fill in fills):
        more = _of_book(spec, other, points, orders, fills)
        found |= {f"{other}_{name}": more[name] for name in ("net_profit", "fees", "fills")}
    return found


def _of_book(
    spec: SessionSpec,
    book: Book,
    points: Sequence[Point],
    orders: Sequence[Order],
    fills: Sequence[Fill],
) -> dict[str, float | None]:
    marks = [one for one in points if one.book is book]
    mine = [order for order in orders if order.book is book]
    done = [fill for fill in fills if fill.book is book]
    earned = marks[-1].total - marks[0].total if marks else Decimal(0)
    equity = [float(spec.balance + one.total) for one in marks]
    refused = [order.status for order in mine]
    return {
        "net_profit": float(earned),
        "total_return": float(earned / spec.balance) if spec.balance else None,
        "max_drawdown": max_drawdown(equity),
        "fees": float(sum((fill.fee for fill in done), Decimal(0))),
        "turnover": float(sum((fill.size * fill.price for fill in done), Decimal(0)) / spec.balance)
        if spec.balance
        else None,
        "orders": float(len(mine)),
        "fills": float(len(done)),
        "rejected": float(refused.count(OrderStatus.REJECTED)),
        "denied": float(refused.count(OrderStatus.DENIED)),
        "final_equity": equity[-1] if equity else None,
    }


_OF_TRADES = ("trades", "win_rate", "profit_factor", "avg_trade", "avg_win_loss_ratio")


def of_trades(found: dict[str, float | None]) -> dict[str, float | None]:
    """Return the figures of an analysis that speak of trades."""
    return {name: found[name] for name in _OF_TRADES if name in found}


def max_drawdown(equity: Sequence[float]) -> float | None:
    """Return the largest fall from a peak as a share of it."""
    if not equity:
        return None
    worst, peak = 0.0, equity[0]
    for value in equity:
        peak = max(peak, value)
        worst = max(worst, 1 - value / peak if peak > 0 else 0.0)
    return worst


def curves(spec: SessionSpec, book: Book, points: Sequence[Point]) -> tuple[Curve, Curve]:
    """Return equity and how far it was below its peak, of one book, at most a thousand points."""
    marks = [one for one in points if one.book is book]
    values = [float(spec.balance + one.total) for one in marks]
    falls, peak = [], values[0] if values else 0.0
    for value in values:
        peak = max(peak, value)
        falls.append(value / peak - 1 if peak > 0 else 0.0)
    kept = _thinned(values)
    times = tuple(marks[n].at_ns for n in kept)
    return Curve(times, tuple(values[n] for n in kept)), Curve(times, tuple(falls[n] for n in kept))


def _thinned(values: list[float]) -> list[int]:
    if len(values) <= _CURVE:
        return list(range(len(values)))
    import numpy as np

    from clearedge_tui.runs.equity import thinned

    return [int(n) for n in thinned(_CURVE, np.array(values))]
