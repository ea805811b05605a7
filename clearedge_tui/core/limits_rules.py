"""One figure a limit: what it is now, and what it would be with an order. Pure.

A figure is in the unit of its limit's value; None is not known, which never lets an order pass that
enlarges risk, and never sets off an action.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from clearedge_tui.core.limits import Limit
from clearedge_tui.core.limits_exposure import Sums, View, Wish
from clearedge_tui.core.limits_values import Amount, Hours, Markets, Rate

_ZERO, _ONE, _ENDLESS = Decimal(0), Decimal(1), Decimal("Infinity")


class Scene(msgspec.Struct, frozen=True):
    """What a figure is taken of. With a wish, `sums` are those with the order."""

    view: View
    sums: Sums
    now_ns: int
    market: str = ""  # the one that is asked about; empty: all
    wish: Wish | None = None


def allowed(limit: Limit) -> Decimal:
    """Return the number that a figure is held against."""
    match limit.parsed:
        case Amount(number=number) if limit.name != "duplicate_order":
            return number
        case Rate(share=share):
            return share
    return _ZERO  # these count what breaks them


def _order_notional(scene: Scene, value: Amount) -> Decimal | None:
    return scene.wish.worth if scene.wish else _ZERO


def _position(scene: Scene, value: Amount) -> Decimal | None:
    if scene.market:
        return scene.sums.markets.get(scene.market, _ZERO)
    return max(scene.sums.markets.values(), default=_ZERO)


def _gross(scene: Scene, value: Amount) -> Decimal | None:
    return scene.sums.gross


def _net(scene: Scene, value: Amount) -> Decimal | None:
    return scene.sums.net


def _leverage(scene: Scene, value: Amount) -> Decimal | None:
    equity = scene.view.equity
    if equity is None:
        return None
    return scene.sums.gross / equity if equity > 0 else _ENDLESS if scene.sums.gross else _ZERO


def _orders(scene: Scene, value: Amount) -> Decimal | None:
    return Decimal(scene.view.state.orders(scene.now_ns) + (scene.wish is not None))


def _positions(scene: Scene, value: Amount) -> Decimal | None:
    return Decimal(scene.sums.positions)


def _collar(scene: Scene, value: Amount) -> Decimal | None:
    wish = scene.wish
    if wish is None:
        return _ZERO
    return abs(wish.price - wish.last) / wish.last if wish.last else None


def _lost(lost: Decimal, value: Amount, base: Decimal) -> Decimal:
    lost = max(_ZERO, lost)
    if not value.share:
        return lost
    return lost / base if base > 0 else _ENDLESS if lost else _ZERO


def _daily_loss(scene: Scene, value: Amount) -> Decimal | None:
    day = scene.view.state.days.get(value.zone)
    if scene.view.equity is None or day is None:
        return None
    return _lost(day.start - scene.view.equity, value, day.start)


def _drawdown(scene: Scene, value: Amount) -> Decimal | None:
    peak = scene.view.state.peak
    if scene.view.equity is None or peak is None:
        return None
    return _lost(peak - scene.view.equity, value, peak)


def _losses(scene: Scene, value: Amount) -> Decimal | None:
    return Decimal(scene.view.state.losses)


def _reject_rate(scene: Scene, value: Rate) -> Decimal | None:
    return scene.view.state.rejected(value.window_s, value.least, scene.now_ns)


def _data_age(scene: Scene, value: Amount) -> Decimal | None:
    ages = scene.view.ages_s
    if scene.market:
        age = ages.get(scene.market)
        return None if age is None else Decimal(str(age))
    if any(leg.worst and leg.market not in ages for leg in scene.view.legs):
        return None
    return Decimal(str(max(ages.values(), default=0)))


def _outside(scene: Scene, wrong: Callable[[str], bool]) -> Decimal:
    """Count the markets that are wrong: the one asked about, or those of what is open."""
    if scene.market:
        return _ONE if wrong(scene.market) else _ZERO
    return Decimal(len({leg.market for leg in scene.view.legs if leg.worst and wrong(leg.market)}))


def _allowed_markets(scene: Scene, value: Markets) -> Decimal | None:
    return _outside(scene, lambda market: not value.hold(market))


def _blocked_markets(scene: Scene, value: Markets) -> Decimal | None:
    return _outside(scene, value.hold)


def _hours(scene: Scene, value: Hours) -> Decimal | None:
    if value.open_at(scene.now_ns):
        return _ZERO
    return _outside(scene, lambda market: True)


def _duplicates(scene: Scene, value: Amount) -> Decimal | None:
    """Return how often the same order left. An amendment is never its own double."""
    wish = scene.wish
    if wish is None or wish.replaces is not None:
        return _ZERO
    order = (wish.market, wish.side, wish.size, None if wish.kind == "market" else wish.price)
    return Decimal(scene.view.state.repeats(value.number, order, scene.now_ns))


def _slippage(scene: Scene, value: Amount) -> Decimal | None:
    return scene.view.state.slippage_bps


FIGURES: Final[dict[str, Callable[..., Decimal | None]]] = {
    "order_notional": _order_notional,
    "position_notional": _position,
    "gross_exposure": _gross,
    "net_exposure": _net,
    "leverage": _leverage,
    "orders_per_minute": _orders,
    "open_positions": _positions,
    "price_collar": _collar,
    "daily_loss": _daily_loss,
    "drawdown": _drawdown,
    "consecutive_losses": _losses,
    "reject_rate": _reject_rate,
    "data_age_s": _data_age,
    "allowed_markets": _allowed_markets,
    "blocked_markets": _blocked_markets,
    "trading_hours": _hours,
    "duplicate_order": _duplicates,
    "slippage_bps": _slippage,
}
