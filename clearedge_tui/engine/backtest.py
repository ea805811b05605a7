"""Run one backtest in this process. Called in a process of its own: a panic of the engine ends it.

The engine is fed slice by slice, which bounds memory and gives progress and cancelling; the fills
do not depend on where the slices are cut (a test holds that).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.model import AccountType, BarType, InstrumentId, Money, OmsType, Venue
from nautilus_trader.portfolio import PortfolioConfig
from nautilus_trader.risk import RiskEngineConfig

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import StrategyFault, UsageError
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.engine.backtest_context import BacktestContext
from clearedge_tui.engine.backtest_conventions import (
    FILL_TEXT,
    NEXT_OPEN,
    SAME_CLOSE,
    between_ticks,
    conventions,
)
from clearedge_tui.engine.backtest_costs import Fills, fee_model, latency_model
from clearedge_tui.engine.backtest_feed import Feed, Pieces
from clearedge_tui.engine.backtest_host import ContractHost, Watch
from clearedge_tui.engine.backtest_steps import Steps
from clearedge_tui.engine.instruments import LEVERAGE, currency, instrument
from clearedge_tui.engine.loading import Hosted, Loaded, fault_from
from clearedge_tui.engine.quiet import file_logging
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import costs
from clearedge_tui.runs.carry import carry_of, told
from clearedge_tui.runs.model import BacktestSpec, Progress
from clearedge_tui.runs.outcome import Outcome

_SLICE = 5_000
_FIRST_SLICE = 10  # so that a slow strategy shows progress soon
_PACE_S = 0.1
_POINTS = 120
_RATE = "1000000/00:00:01"  # the engine's default denies all but 100 orders a second


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one backtest needs, already looked up and checked."""

    spec: BacktestSpec
    market: MarketInfo
    bars: Bars
    loaded: Loaded
    folder: Path  # where the engine's own log goes
    say: Callable[[int, str, str], None]  # (data ns, level, text): the strategy's log
    known: Bars | None = None  # bars for history(), from earlier on: no callback sees those
    dress: Callable[[Hosted, BacktestContext], None] | None = None  # alters the hosted strategy
    pictured: bool = True

    def context(self) -> BacktestContext:
        """Return a context of this run, at its start."""
        known = self.bars if self.known is None else self.known
        made = BacktestContext(self.market, known, self.spec.balance, self.say)
        made.carry = carry_of(self.spec.funding, self.spec.borrow)
        return made

    def hosted(self, context: BacktestContext) -> Hosted:
        """Return the strategy behind a context, its state yet to be made."""
        hosted = self.loaded.create(context, self.loaded.typed(self.spec.config))
        if self.dress is not None:
            self.dress(hosted, context)
        return hosted


def execute(
    plan: Plan, report: Callable[[Progress], None], stop: Callable[[], bool] = lambda: False
) -> Outcome:
    """Run it. A fault of the strategy is an Outcome with status `failed`, not an exception."""
    if plan.spec.fill_at not in FILL_TEXT:
        raise UsageError(f"fill `{plan.spec.fill_at}`; wanted {NEXT_OPEN} or {SAME_CLOSE}")
    outcome = Outcome(plan.bars, 0, conventions=conventions(plan))
    context = plan.context()
    fills = _fills(plan, context)
    engine = None
    try:
        engine = _engine(plan, fills)
        run = _contract if plan.loaded.info.kind != "native" else _native
        seat = run(plan, engine, context, fills)
        outcome.status = _drive(plan, engine, context, seat, outcome, report, stop)
        seat.finish(outcome)
        judge(plan, seat.watch, outcome)
    except StrategyFault as fault:
        outcome.status, outcome.error, outcome.detail = "failed", str(fault), fault.detail
    finally:
        if engine is not None:
            engine.dispose()
    outcome.fills, outcome.cash = context.fills, context.cash
    if outcome.cash:
        outcome.conventions = (*outcome.conventions, told(outcome.cash, plan.market.quote))
    return outcome


def _fills(plan: Plan, context: BacktestContext) -> Fills | None:
    """Return our own rule of filling, where a run may need it: being asked costs 7 µs an order."""
    slippage = costs.slippage(plan.spec.slippage)
    if slippage is None and not plan.loaded.mentions_stops:
        return None
    fills = Fills(plan.market, plan.bars, slippage)
    fills.seen = lambda: context.tick
    return fills


def _engine(plan: Plan, fills: Fills | None = None) -> BacktestEngine:
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=file_logging(plan.folder, "engine"),
            run_analysis=False,
            risk_engine=RiskEngineConfig(max_order_submit_rate=_RATE),
            portfolio=PortfolioConfig(equity_curve=False),
        )
    )
    spec = plan.spec
    engine.add_venue(
        venue=Venue(plan.market.id.rpartition(".")[2]),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[Money.from_decimal(spec.balance, currency(plan.market.quote))],
        default_leverage=LEVERAGE,
        fill_model=fills,
        fee_model=fee_model(spec, plan.market.quote),
        latency_model=latency_model(spec, spec.fill_at == NEXT_OPEN),
        bar_adaptive_high_low_ordering=True,
        reject_stop_orders=False,  # a stop that is beyond the price already goes off at once
    )
    native = plan.loaded.info.kind == "native"  # our gate stands before the others
    fine = not native or between_ticks(plan.market, plan.bars)
    engine.add_instrument(instrument(plan.market, limits=native, fine=fine))
    return engine


@dataclass(frozen=True, slots=True)
class Seat:
    """A strategy in its place: what may end it, how to go through bars, what to do at the end."""

    watch: Watch
    advance: Callable[[Bars], None]
    finish: Callable[[Outcome], None]


def _contract(
    plan: Plan, engine: BacktestEngine, context: BacktestContext, fills: Fills | None
) -> Seat:
    spec = plan.spec
    hooks = frozenset(plan.loaded.info.hooks)
    hears = bool(hooks & {"on_fill", "on_order"})
    pieces = Pieces(plan.market, spec.timeframe, spec.fill_at == NEXT_OPEN, twice=hears)
    hosted = plan.hosted(context)
    host = ContractHost(context, hosted, hooks, plan.market.id, pieces.series)
    if fills is not None:
        fills.stops = host.stops
    engine.add_strategy(host)
    hosted.set_state(state_of(plan, guarded(plan, hosted.init)))

    def finish(outcome: Outcome) -> None:
        context.look()
        outcome.orders = list(context.orders.values())
        if host.watch.error is None:
            guarded(plan, hosted.on_stop)
            if plan.pictured:
                _picture(plan, hosted, outcome)

    return Seat(host.watch, Steps(engine, host, pieces).advance, finish)


def _picture(plan: Plan, hosted: Hosted, outcome: Outcome) -> None:
    """Keep the last picture; one that cannot be drawn is told on the report and fails nothing."""
    try:
        drawn = guarded(plan, hosted.render)
    except StrategyFault as fault:
        plan.say(0, "warning", f"no picture: {fault}")
        outcome.conventions = (*outcome.conventions, f"no picture: render() failed at {fault}")
        return
    outcome.picture = drawn if isinstance(drawn, dict) else {}


def _native(
    plan: Plan, engine: BacktestEngine, context: BacktestContext, fills: Fills | None
) -> Seat:
    from clearedge_tui.engine.backtest_native import Witness, orders_of, watched

    watch = Watch()
    feed = _feed(plan)
    native = plan.loaded.native_class
    config = plan.loaded.native_config(
        plan.loaded.typed(plan.spec.config),
        instrument_id=InstrumentId.from_str(plan.market.id),
        bar_type=BarType.from_str(feed.series),
    )
    strategy = guarded(plan, lambda: watched(native, watch, context)(config))
    witness = Witness(feed.series, watch, context)
    if fills is not None:
        fills.stops = witness.stops
    engine.add_actor(witness)
    engine.add_strategy(strategy)

    def advance(bars: Bars) -> None:
        engine.add_data(feed.data(bars))
        engine.run(streaming=True)
        engine.clear_data()

    def finish(outcome: Outcome) -> None:
        outcome.orders = orders_of(engine)

    return Seat(watch, advance, finish)


def _feed(plan: Plan) -> Feed:
    return Feed(
        plan.market,
        plan.spec.timeframe,
        next_open=plan.spec.fill_at == NEXT_OPEN,
        deep=plan.loaded.info.kind != "native",
    )


def state_of(plan: Plan, made: Any) -> dict[str, Any]:
    if isinstance(made, dict):
        return made
    raise StrategyFault(
        f"init returned {type(made).__name__}; wanted a dict", plan.loaded.info.path
    )


def guarded(plan: Plan, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except StrategyFault:
        raise
    except BaseException as error:  # guard: the engine side of strategy code
        raise fault_from(error, plan.loaded.info.path) from error


class _Pace:
    """Cuts the data so that a slice takes about a tenth of a second, at most 5,000 bars."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def slices(self, count: int) -> Iterator[tuple[int, int]]:
        start, size = 0, _FIRST_SLICE
        while start < count:
            stop = min(count, start + size)
            yield start, stop
            rate = (stop - start) / max(self.spent_s, 1e-6)
            size = max(1, min(_SLICE, int(rate * _PACE_S)))
            start = stop


def _drive(
    plan: Plan,
    engine: BacktestEngine,
    context: BacktestContext,
    seat: Seat,
    outcome: Outcome,
    report: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> str:
    """Feed the engine to the end of the data, or until something ends the run; return the status."""
    total, began = len(plan.bars), monotonic()
    curve: list[float] = []
    pace, last_told = _Pace(), 0.0
    for start, end in pace.slices(total):
        at = monotonic()
        part = plan.bars.slice(start, end)
        seat.advance(part)
        pace.spent_s = monotonic() - at
        if seat.watch.over:
            seen_ns = context.tick.ts_ns if context.tick else 0
            outcome.seen = int(np.searchsorted(plan.bars.ts_ns, seen_ns, side="right"))
            break
        outcome.seen = end
        curve.append(context.equity())
        if stop():
            return "cancelled"
        if monotonic() - last_told >= _PACE_S or end == total:
            last_told = monotonic()
            report(_progress(end, total, last_told - began, curve, int(part.ts_ns[-1])))
    engine.end()
    return "done"


def _progress(end: int, total: int, took_s: float, curve: list[float], data_ns: int) -> Progress:
    step = math.ceil(len(curve) / _POINTS)
    points = tuple(curve[:: max(1, step)])
    return Progress(end / total, end, points, took_s / end * (total - end), data_ns)


def judge(plan: Plan, watch: Watch, outcome: Outcome) -> None:
    """Cut the outcome where the run ended, and say why."""
    if not watch.over:
        return
    if watch.error is not None:
        fault = fault_from(watch.error, plan.loaded.info.path)
        outcome.status, outcome.error, outcome.detail = (
            "failed",
            f"{fault} in {watch.callback}",
            fault.detail,
        )
    else:
        outcome.error = watch.ruin
        outcome.conventions = (watch.ruin, *outcome.conventions)
