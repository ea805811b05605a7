"""A bar loop without the engine, for strategies that only send market orders.

It makes the same fills, to the last digit, at a fraction of the engine's time: an order decided on a
bar's close is filled whole at the next bar's open, slipped and charged by the same models. What it
cannot say for certain it does not say: NeedsEngine. The engine stays the authority; who uses this
compares the two first (`research.screen`).
"""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from clearedge_tui.core.errors import ClearEdgeError, StrategyFault
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.engine.asked import Wish
from clearedge_tui.engine.backtest import Plan, guarded, judge, state_of
from clearedge_tui.engine.backtest_context import BacktestContext, fill_view, order_view, ticks
from clearedge_tui.engine.backtest_conventions import NEXT_OPEN
from clearedge_tui.engine.backtest_feed import opened
from clearedge_tui.engine.backtest_host import Watch
from clearedge_tui.engine.instruments import currency, leverage
from clearedge_tui.engine.loading import Hosted
from clearedge_tui.engine.slips import Slip
from clearedge_tui.runs import costs
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.outcome import FillRow, OrderRow, Outcome

_SAFE = 0.5  # of what margin allows; nearer to it the engine has to say
_CHECKED = 4096  # bars between two looks at whether to stop


class NeedsEngine(ClearEdgeError):
    """Only the engine can say what comes of this; the message says why."""


def unfit(plan: Plan) -> str:
    """Return why a run needs the engine whatever its strategy does; empty when it may not."""
    if plan.loaded.info.kind == "native":
        return "a native strategy"
    if plan.spec.fill_at != NEXT_OPEN:
        return f"fills at {plan.spec.fill_at}"
    if costs.latency_ns(plan.spec.latency):
        return "a model of latency"
    return ""


def run(plan: Plan, stop: Callable[[], bool] = lambda: False) -> Outcome:
    """Run a plan. Raises NeedsEngine; a fault of the strategy is an Outcome that failed."""
    why = unfit(plan)
    if why:
        raise NeedsEngine(why)
    outcome = Outcome(plan.bars, 0)
    context = plan.context()
    try:
        hosted = plan.hosted(context)
        loop = _Loop(plan, context, hosted)
        hosted.set_state(state_of(plan, guarded(plan, hosted.init)))
        outcome.status = loop.go(outcome, stop)
        outcome.orders = list(context.orders.values())
        if loop.watch.error is None and outcome.status == "done":
            guarded(plan, hosted.on_stop)
        judge(plan, loop.watch, outcome)
    except StrategyFault as fault:
        outcome.status, outcome.error, outcome.detail = "failed", str(fault), fault.detail
    outcome.fills, outcome.cash = context.fills, context.cash
    return outcome


class _Loop:
    """The strategy's bars, and the desk that takes its orders."""

    def __init__(self, plan: Plan, context: BacktestContext, hosted: Hosted) -> None:
        self.watch = Watch()
        self._context = context
        self._hosted = hosted
        self._bars = plan.bars
        self._pending: list[OrderRow] = []
        self._refused: list[str] = []
        self._named = 0
        self._within = ""  # the callback under way, when it is not on_tick
        hooks = plan.loaded.info.hooks
        self._hears_fills, self._hears_orders = "on_fill" in hooks, "on_order" in hooks
        self._fills = _Fills(plan)
        self._most = float(leverage(plan.market)) * _SAFE

    def go(self, outcome: Outcome, stop: Callable[[], bool]) -> str:
        context, count = self._context, len(self._bars)
        context.desk = self
        coming = context.settled(ticks(self._bars))
        at = 0
        while at < count and not self.watch.over:
            if stop():
                outcome.seen = at
                return "cancelled"
            if self._pending and not self._open(at):
                break
            at += self._through(coming, min(_CHECKED, count - at))
            self._tell_refused()
        outcome.seen = at
        return "done"

    def _through(self, coming: object, most: int) -> int:
        """Take the strategy through bars until it orders; return how many. As the host does."""
        context, on_tick, pending, refused = (
            self._context, self._hosted.on_tick, self._pending, self._refused,
        )  # fmt: skip
        passed = 0
        try:
            for passed, tick in enumerate(coming, 1):  # type: ignore[arg-type,var-annotated]
                context.tick = tick
                if not context.floor < tick.close < context.ceiling:
                    self.watch.ruined(context)
                    break
                on_tick(tick)
                if pending or refused or passed == most:
                    break
        except NeedsEngine:
            raise
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            self.watch.failed(error, "on_tick")
        return passed

    def _open(self, at: int) -> bool:
        """Fill what was ordered at this bar's open; False when a callback about it failed."""
        asked, self._pending[:] = list(self._pending), []
        for order in asked:
            row, price, fee = self._fills.of(order, at)
            self._context.book(row, order, price, fee)
            self._heard(row, order)
            if self.watch.over:
                return False
        return True

    def _heard(self, row: FillRow, order: OrderRow) -> None:
        self._within = "on_fill"
        try:
            if self._hears_fills:
                self._hosted.on_fill(fill_view(row))
            self._within = "on_order"
            if self._hears_orders:
                self._hosted.on_order(order_view(order))
        except NeedsEngine:
            raise
        except BaseException as error:  # noqa: BLE001  # guard: the engine side of strategy code
            self.watch.failed(error, self._within)
        self._within = ""

    def _tell_refused(self) -> None:
        while self._refused and not self.watch.over:
            order_id = self._refused.pop(0)
            reason = self._context.orders[order_id].reason
            order = self._context.changed(order_id, "denied", reason)
            if self._hears_orders and order is not None:
                self._within = "on_order"
                try:
                    self._hosted.on_order(order_view(order))
                except NeedsEngine:
                    raise
                except BaseException as error:  # noqa: BLE001  # guard, as above
                    self.watch.failed(error, "on_order")
                self._within = ""

    # ---- the context's desk -------------------------------------------------------------------
    def send(self, wish: Wish) -> str:
        self._certain(wish)
        order = self._row(wish)
        self._context.opened(order)
        self._pending.append(order)
        return order.id

    def _certain(self, wish: Wish) -> None:
        """Raise NeedsEngine for an order whose way is not a plain fill at the next open."""
        context = self._context
        if self._within:
            raise NeedsEngine(f"an order placed in {self._within}")
        if wish.kind != "market":
            raise NeedsEngine(f"a {wish.kind} order")
        if wish.size <= 0:
            raise NeedsEngine("an order of no size")
        if wish.reduce_only:
            held = context.get_position().size
            if self._pending or wish.size > (held if wish.side == "sell" else -held):
                raise NeedsEngine("an order that reduces, and may be cut down")
            return
        close = context.tick.close if context.tick else 0.0
        waiting = wish.size
        for order in self._pending:
            waiting += order.size
        if (
            float(abs(context.get_position().size) + waiting)
        ) * close > context.equity() * self._most:
            raise NeedsEngine("an order near the limit of its margin")

    def drop(self, order_id: str) -> None:
        raise NeedsEngine(f"a cancel of order {order_id}")

    def refuse(self, wish: Wish, reason: str) -> str:
        if self._within:
            raise NeedsEngine(f"an order placed in {self._within}")
        order = self._row(wish)
        order.reason = reason
        self._context.opened(order)
        self._refused.append(order.id)
        return order.id

    def rests(self, order_id: str) -> bool:
        del order_id
        return False

    def _row(self, wish: Wish) -> OrderRow:
        self._named += 1
        tick = self._context.tick
        at_ns = tick.ts_ns if tick else 0
        return OrderRow(
            f"L-{self._named}", at_ns, wish.side, "market", wish.size, None, tag=wish.tag
        )


class _Fills:
    """Prices and fees of fills at a bar's open."""

    def __init__(self, plan: Plan) -> None:
        market, spec = plan.market, plan.spec
        slippage = costs.slippage(spec.slippage)
        self._tick = float(market.price_step)
        self._slip = None if slippage is None else Slip(plan.bars, slippage, self._tick)
        self._digits = market.price_precision
        scale = 10.0**market.price_precision
        self._opens = np.rint(plan.bars.open * scale) / scale
        self._opened_ns = opened(plan.bars, spec.timeframe) + 1
        self._fee = _fees(spec, market)

    def of(self, order: OrderRow, at: int) -> tuple[FillRow, float, float]:
        """Return a fill, and its price and fee as floats."""
        met, buys = float(self._opens[at]), order.side == "buy"
        if self._slip is not None:
            met = self._slip.ticks(met, float(order.size), at, buys) * self._tick
        price = Decimal(f"{met:.{self._digits}f}")
        fee = self._fee(order.size, price)
        ts_ns = int(self._opened_ns[at])
        row = FillRow(ts_ns, order.id, order.side, order.size, price, fee, False, order.tag)
        return row, float(price), float(fee)


def _fees(spec: BacktestSpec, market: MarketInfo) -> Callable[[Decimal, Decimal], Decimal]:
    unit = Decimal(1).scaleb(-currency(market.quote).precision)
    commission = costs.commission(spec.fees)
    if commission is not None:
        found = commission
        return lambda size, price: found.of(size, size * price).quantize(unit, ROUND_HALF_EVEN)
    taker = Decimal(0) if spec.fees == costs.NONE else spec.taker_fee

    def by_rate(size: Decimal, price: Decimal) -> Decimal:
        worth = (size * price).quantize(unit, ROUND_HALF_EVEN)
        return (worth * taker).quantize(unit, ROUND_HALF_EVEN)

    return by_rate
