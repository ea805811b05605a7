"""Put the analysis of one run together: computed once, where the columns of the run are at hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.runs import metrics
from clearedge_tui.runs.analysis import bootstrap, curves, tables
from clearedge_tui.runs.analysis.cost_figures import COST_FIGURES
from clearedge_tui.runs.analysis.excursions import excursions
from clearedge_tui.runs.analysis.material import Material, gather
from clearedge_tui.runs.analysis.model import VERSION, Analysis, Figures
from clearedge_tui.runs.analysis.return_figures import RETURN_FIGURES
from clearedge_tui.runs.analysis.shortfall import shortfall
from clearedge_tui.runs.analysis.trade_figures import OF_A_SIDE, TRADE_FIGURES
from clearedge_tui.runs.equity import by_period
from clearedge_tui.runs.fill_columns import Bools
from clearedge_tui.runs.metrics import Sheet

FIGURES = (*TRADE_FIGURES, *RETURN_FIGURES, *COST_FIGURES)


@dataclass(frozen=True, slots=True)
class Decisions:
    """The orders of a run: their ids, and when they were made."""

    ids: Sequence[str]
    ts_ns: Sequence[int] | Ints


@dataclass(frozen=True, slots=True)
class Analysed:
    """The analysis, and the excursions of each trade for its row; None without bars."""

    analysis: Analysis
    mae: Floats | None
    mfe: Floats | None


def analyse(
    sheet: Sheet, bars: Bars | None, orders: Decisions, currency: str, seed: int
) -> Analysed:
    """Compute everything. Without bars what needs them is None."""
    moved = cost = None
    if bars is not None:
        moved = excursions(bars, sheet.fills, sheet.trips, sheet.pnls)
        cost = shortfall(bars, sheet.fills, orders.ids, orders.ts_ns)
    made = gather(sheet, moved, cost)
    figures: Figures = {**metrics.figures(sheet), **{f.__name__: f(made) for f in FIGURES}}
    account, trips, ends = sheet.account, sheet.trips, sheet.ends
    found = Analysis(
        version=VERSION,
        currency=currency,
        days_a_year=sheet.days_a_year,
        figures=figures,
        long=_side(made, trips.long),
        short=_side(made, ~trips.long),
        monthly=made.months,
        yearly=by_period(account.ts_ns[ends], account.equity[ends], sheet.balance, "Y"),
        falls=tables.falls(sheet),
        hours=tables.hours(trips.entry_ns, sheet.pnls),
        weekdays=tables.weekdays(trips.entry_ns, sheet.pnls),
        exits=tables.exits([sheet.fills.tag[n] for n in trips.last.tolist()], sheet.pnls),
        daily_returns=tables.histogram(sheet.returns),
        trade_returns=tables.histogram(made.trade_returns),
        simulation=bootstrap.simulate(
            sheet.returns, account.ts_ns[ends[: len(sheet.returns)]], sheet.balance, seed
        ),
    )
    return Analysed(_with_curves(found, sheet), made.mae, made.mfe)


def _with_curves(found: Analysis, sheet: Sheet) -> Analysis:
    window, sharpe, volatility = curves.rolling(sheet)
    return msgspec.structs.replace(
        found,
        window_days=window,
        rolling_sharpe=sharpe,
        rolling_volatility=volatility,
        exposure=curves.exposure(sheet.account),
    )


def _side(made: Material, mask: Bools) -> Figures:
    part = made.only(mask)
    ours: Figures = {f.__name__: f(part) for f in TRADE_FIGURES}
    return metrics.figures(part.sheet, OF_A_SIDE) | ours
