"""What the figures of the analysis are made from, over the sheet of `runs.metrics`."""

from dataclasses import dataclass, replace

import numpy as np

from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.runs.analysis.shortfall import Shortfall
from clearedge_tui.runs.equity import by_period, changes
from clearedge_tui.runs.fill_columns import Bools, floats
from clearedge_tui.runs.metrics import Sheet


@dataclass(frozen=True, slots=True)
class Material:
    """`mae`, `mfe`, `market` and `shortfall` are None where the bars of the run are not at hand."""

    sheet: Sheet
    market: Floats | None  # daily returns of buy and hold, on the days of `sheet.returns`
    months: dict[str, float]
    trade_returns: Floats  # PnL / (largest size * entry price)
    durations_ns: Ints
    mae: Floats | None  # of each trade, quote currency, 0 or less
    mfe: Floats | None  # 0 or more
    shortfall: Shortfall | None

    def only(self, mask: Bools) -> "Material":
        """Return the same run with some of its trades: for the figures of trades, and no others."""
        pnls, lengths = self.sheet.pnls[mask], self.sheet.lengths[mask]
        sheet = replace(self.sheet, pnls=pnls, lengths=lengths)
        return replace(
            self,
            sheet=sheet,
            trade_returns=self.trade_returns[mask],
            durations_ns=self.durations_ns[mask],
            mae=None if self.mae is None else self.mae[mask],
            mfe=None if self.mfe is None else self.mfe[mask],
        )


def gather(
    sheet: Sheet, excursions: tuple[Floats, Floats] | None, shortfall: Shortfall | None
) -> Material:
    """Derive what several figures share."""
    account, ends = sheet.account, sheet.ends
    market = None
    if len(account.close) and sheet.first_open:
        market = changes(account.close[ends], sheet.first_open)
        if len(market) < len(sheet.returns):
            market = None  # a price at or below 0
    mae, mfe = excursions or (None, None)
    worth = floats(sheet.trips.size) * floats(sheet.trips.entry_price)
    return Material(
        sheet,
        None if market is None else market[: len(sheet.returns)],
        by_period(account.ts_ns[ends], account.equity[ends], sheet.balance, "M"),
        np.divide(sheet.pnls, worth, out=np.zeros_like(worth), where=worth > 0),
        sheet.trips.exit_ns - sheet.trips.entry_ns,
        mae,
        mfe,
        shortfall,
    )
