"""What a limit must remember: peaks, beginnings of days, streaks, answers, what was acted on.

Frozen and small: it is written down as JSON and comes back after a restart. Each function returns
the next state. Times are those of the caller's clock, which a replay may own: after a rewind it
begins with a new `RiskState()`.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.core.limits import Action, Resume

_MINUTE_NS: Final = 60_000_000_000
_MOST_ANSWERS: Final = 500
_ZERO = Decimal(0)
replace = msgspec.structs.replace


class Day(msgspec.Struct, frozen=True):
    name: str  # 2026-01-31 in its zone
    start: Decimal  # equity at its beginning


class Sent(msgspec.Struct, frozen=True):
    """An order that left."""

    at_ns: int
    market: str
    side: str
    size: Decimal
    price: Decimal | None  # None: at the market


class Answer(msgspec.Struct, frozen=True):
    """What a venue said to an order."""

    at_ns: int
    rejected: bool


class Acted(msgspec.Struct, frozen=True):
    """An action that was due: when it was last done, and how often since it began."""

    action: Action
    resume: Resume
    cooldown_s: int
    at_ns: int
    times: int = 1
    why: str = ""


class RiskState(msgspec.Struct, frozen=True):
    """Of one portfolio, account or instance."""

    equity: Decimal | None = None  # as it was last seen
    peak: Decimal | None = None
    days: dict[str, Day] = {}  # by zone
    losses: int = 0  # trades lost one after the other
    slippage_bps: Decimal = _ZERO  # the worst of `slippage_day`, UTC
    slippage_day: str = ""
    answers: tuple[Answer, ...] = ()
    sent: tuple[Sent, ...] = ()  # of the last minute
    acted: dict[str, Acted] = {}  # by the id of its limit

    def orders(self, now_ns: int) -> int:
        """Return how many left in the last minute."""
        return sum(1 for one in self.sent if now_ns - one.at_ns < _MINUTE_NS)

    def rejected(self, window_s: int, least: int, now_ns: int) -> Decimal:
        """Return the share of rejected orders in a window; 0 while there are fewer than `least`."""
        found = [a.rejected for a in self.answers if now_ns - a.at_ns < window_s * 1_000_000_000]
        return Decimal(sum(found)) / len(found) if found and len(found) >= least else _ZERO

    def repeats(
        self, seconds: Decimal, order: tuple[str, str, Decimal, Decimal | None], now_ns: int
    ) -> int:
        """Return how many orders of this market, side, size and price left within some seconds."""
        since = now_ns - int(seconds * 1_000_000_000)
        return sum(
            1
            for one in self.sent
            if one.at_ns > since and (one.market, one.side, one.size, one.price) == order
        )


def day_name(now_ns: int, zone: str) -> str:
    now = to_datetime(now_ns)  # in UTC
    return (now if zone == "UTC" else now.astimezone(ZoneInfo(zone))).date().isoformat()


def marked(
    state: RiskState, equity: Decimal, now_ns: int, zones: Iterable[str] = ("UTC",)
) -> RiskState:
    """Note the equity of now. A day begins with what was last seen before it, so what happens
    between two days, or while nothing runs, counts for the new one. Days never go back.
    """
    before = equity if state.equity is None else state.equity
    days = dict(state.days)
    for zone in zones:
        today, known = day_name(now_ns, zone), days.get(zone)
        if known is None or today > known.name:
            days[zone] = Day(today, before)
    peak = equity if state.peak is None else max(state.peak, equity)
    return replace(state, equity=equity, peak=peak, days=days)


def moved(state: RiskState, amount: Decimal) -> RiskState:
    """Note money that was paid in (or out, below 0): neither a gain nor a loss."""
    return replace(
        state,
        equity=None if state.equity is None else state.equity + amount,
        peak=None if state.peak is None else state.peak + amount,
        days={zone: Day(day.name, day.start + amount) for zone, day in state.days.items()},
    )


def traded(state: RiskState, pnl: Decimal) -> RiskState:
    """Note a trade that is over, after its fees. One that made nothing leaves the streak."""
    losses = state.losses + 1 if pnl < 0 else 0 if pnl > 0 else state.losses
    return replace(state, losses=losses)


def slipped(state: RiskState, side: str, seen: Decimal, filled: Decimal, now_ns: int) -> RiskState:
    """Note an order's average price against the price that was seen when it was decided."""
    today = day_name(now_ns, "UTC")
    worst = state.slippage_bps if today <= state.slippage_day else _ZERO
    against = filled - seen if side == "buy" else seen - filled
    bps = against / seen * 10_000 if seen > 0 else _ZERO
    if bps <= worst and today <= state.slippage_day:
        return state
    return replace(state, slippage_bps=max(worst, bps), slippage_day=max(today, state.slippage_day))


def answered(state: RiskState, rejected: bool, now_ns: int) -> RiskState:
    """Note that a venue took or rejected an order."""
    return replace(state, answers=(*state.answers, Answer(now_ns, rejected))[-_MOST_ANSWERS:])


def left(state: RiskState, order: Sent) -> RiskState:
    """Note that an order, or an amendment, was let out."""
    kept = tuple(one for one in state.sent if order.at_ns - one.at_ns < _MINUTE_NS)
    return replace(state, sent=(*kept, order))


def cleared(state: RiskState, limit_id: str) -> RiskState:
    """Note that a person ended what a limit did: its count begins anew, and it may act again."""
    acted = {key: one for key, one in state.acted.items() if key.removesuffix(WARNED) != limit_id}
    found = replace(state, acted=acted)
    match limit_id.rpartition("/")[2]:
        case "drawdown":
            return replace(found, peak=state.equity)
        case "daily_loss" if state.equity is not None:
            days = {zone: Day(day.name, state.equity) for zone, day in state.days.items()}
            return replace(found, days=days)
        case "consecutive_losses":
            return replace(found, losses=0)
        case "slippage_bps":
            return replace(found, slippage_bps=_ZERO)
        case "reject_rate":
            return replace(found, answers=())
    return found


WARNED: Final = "!"  # behind a limit's id in `acted`: its warning was told
