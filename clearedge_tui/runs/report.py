"""From what happened to what is shown: figures, curves and trades of one run."""

from dataclasses import dataclass
from operator import attrgetter

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.market import timeframes
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import costs, data_used, equity, metrics
from clearedge_tui.runs.analysis.build import Analysed, Decisions, analyse
from clearedge_tui.runs.analysis.curves import POINTS, curve, points
from clearedge_tui.runs.carry import with_cash
from clearedge_tui.runs.fill_columns import columns_of
from clearedge_tui.runs.metrics import Sheet
from clearedge_tui.runs.model import BacktestSpec, Curve, DataUsed, RunReport, RunSummary
from clearedge_tui.runs.outcome import Outcome
from clearedge_tui.runs.trades import round_trips

_SHOWN_TRADES = 500


@dataclass(frozen=True, slots=True)
class Result:
    """A report with the full series behind it, for the artifacts."""

    report: RunReport
    sheet: Sheet
    analysed: Analysed
    outcome: Outcome


def build(
    run_id: str,
    spec: BacktestSpec,
    market: MarketInfo,
    outcome: Outcome,
    created_ns: int,
    used: DataUsed | None = None,
) -> Result:
    """Compute figures and curves of what the strategy saw; nothing is written."""
    bars = outcome.bars.slice(0, outcome.seen)
    start = spec.start_ns
    if len(bars):
        start = timeframes.opened_ns(spec.timeframe, int(bars.ts_ns[0]))
    sheet = _sheet(spec, market, outcome, bars, start)
    summary = RunSummary(
        run_id=run_id,
        kind="backtest",
        status=outcome.status,
        strategy=spec.strategy,
        market=market.symbol,
        timeframe=spec.timeframe,
        start_ns=start,
        end_ns=int(bars.ts_ns[-1]) if len(bars) else spec.end_ns,
        created_ns=created_ns,
        duration_s=round((now_ns() - created_ns) / 1e9, 3),
        simulated=market.simulated,
        metrics=metrics.figures(sheet),
        error=outcome.error,
        stamps=costs.stamps(spec, market.asset_class, market.symbol, market.simulated),
    )
    report = RunReport(
        summary=summary,
        spec=spec,
        bars=len(bars),
        currency=market.quote,
        trades=sheet.trips.newest(_SHOWN_TRADES),
        trades_total=len(sheet.trips),
        conventions=(*((data_used.told(used),) if used else ()), *outcome.conventions),
        data=(used,) if used else (),
    )
    orders = Decisions(*(list(map(attrgetter(n), outcome.orders)) for n in ("id", "ts_ns")))
    analysed = analyse(sheet, bars, orders, market.quote, spec.seed)
    shown = _with_curves(report, sheet, analysed.analysis.monthly)
    return Result(shown, sheet, analysed, outcome)


def _sheet(
    spec: BacktestSpec, market: MarketInfo, outcome: Outcome, bars: Bars, start_ns: int
) -> Sheet:
    fills, balance = columns_of(outcome.fills), float(spec.balance)
    return metrics.sheet(
        with_cash(equity.account(bars, fills, balance), outcome.cash),
        balance,
        float(bars.open[0]) if len(bars) else 0.0,
        start_ns,
        market.asset_class,
        round_trips(fills, bars.ts_ns),
        fills,
        len(outcome.orders),
    )


def closes(result: Result) -> Curve:
    """Return the market's closes of a run, as many as a screen shows."""
    held, sheet = result.report.buy_hold, result.sheet
    scale = sheet.first_open / sheet.balance
    return Curve(held.ts_ns, tuple(value * scale for value in held.value))


def _with_curves(report: RunReport, sheet: Sheet, monthly: dict[str, float]) -> RunReport:
    account = sheet.account
    if not len(account.ts_ns):
        return report
    held = sheet.balance / sheet.first_open * account.close
    at = equity.thinned(POINTS, account.equity, held)
    return msgspec.structs.replace(
        report,
        equity=points(account.ts_ns, account.equity, at),
        buy_hold=points(account.ts_ns, held, at),
        drawdown=curve(account.ts_ns, sheet.falls),
        monthly=monthly,
    )
