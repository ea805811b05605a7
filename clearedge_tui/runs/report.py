"""From what happened to what is shown: figures, curves and trades of one run."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.market import timeframes
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs import data_used, equity, metrics, trades
from clearedge_tui.runs.model import BacktestSpec, Curve, DataUsed, RunReport, RunSummary, Trade
from clearedge_tui.runs.outcome import Outcome

_POINTS = 1000
_SHOWN_TRADES = 500


@dataclass(frozen=True, slots=True)
class Result:
    """A report with the full series behind it, for the artifacts."""

    report: RunReport
    account: equity.Account
    trades: Sequence[Trade]
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
    balance = float(spec.balance)
    account = equity.account(bars, outcome.fills, balance)
    done = trades.round_trips(outcome.fills, bars.ts_ns)
    start = spec.start_ns
    if len(bars):
        start = timeframes.opened_ns(spec.timeframe, int(bars.ts_ns[0]))
    first_open = float(bars.open[0]) if len(bars) else 0.0
    sheet = metrics.sheet(
        account, balance, first_open, start, market.asset_class, done, outcome.fills, outcome.orders
    )
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
    )
    report = RunReport(
        summary=summary,
        spec=spec,
        bars=len(bars),
        currency=market.quote,
        trades=tuple(reversed(done[-_SHOWN_TRADES:])),
        trades_total=len(done),
        conventions=(*((data_used.told(used),) if used else ()), *outcome.conventions),
        data=(used,) if used else (),
    )
    return Result(_with_curves(report, account, balance, first_open), account, done, outcome)


def _with_curves(
    report: RunReport, account: equity.Account, balance: float, first_open: float
) -> RunReport:
    if not len(account.ts_ns):
        return report
    falls = equity.drawdown(account.equity, balance)
    at = equity.thinned(len(account.ts_ns), account.equity, _POINTS)
    low = equity.thinned(len(falls), falls, _POINTS)
    held = balance * account.close / first_open
    return msgspec.structs.replace(
        report,
        equity=_curve(account.ts_ns, account.equity, at),
        buy_hold=_curve(account.ts_ns, held, at),
        drawdown=_curve(account.ts_ns, falls, low),
        monthly=equity.monthly(account.ts_ns, account.equity, balance),
    )


def _curve(ts_ns: Ints, values: Floats, at: Ints) -> Curve:
    return Curve(tuple(ts_ns[at].tolist()), tuple(np.round(values[at], 6).tolist()))
