"""Read the analysis of a run; of one that has none, compute it from its tables, in memory.

Excursions, slippage and the market's side need the bars of the run, which lie in the catalog and
not in its folder. Where the catalog has others today, these figures are None.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.errors import BadData, ClearEdgeError, NotFound
from clearedge_tui.runs.analysis.model import VERSION, Analysis
from clearedge_tui.runs.listing import load_report, require_backtest, run_folder
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.market.columns import Bars, Ints
    from clearedge_tui.runs.metrics import Sheet
    from clearedge_tui.runs.model import RunReport

ANALYSIS = "analysis.json"
_DECODE = msgspec.json.Decoder(Analysis).decode


def load_analysis(home: Home, run_id: str) -> Analysis:
    """Return a run's analysis. Raises NotFound for a run without tables, BadData for damaged ones."""
    folder = run_folder(home, run_id)
    try:
        found = _DECODE((folder / ANALYSIS).read_bytes())
    except FileNotFoundError:
        return _computed(home, run_id, folder)
    except msgspec.DecodeError as error:
        raise BadData(
            f"{folder / ANALYSIS}: {error}; remove the file and it is computed again"
        ) from None
    return found if found.version == VERSION else _computed(home, run_id, folder)


def _computed(home: Home, run_id: str, folder: Path) -> Analysis:
    import pyarrow as pa

    from clearedge_tui.runs.analysis.build import Decisions, analyse
    from clearedge_tui.runs.read_table import read_table

    report = require_backtest(load_report(home, run_id), "analysed as a backtest")
    try:
        marks, fills, orders = (
            read_table(folder / f"{name}.parquet") for name in ("equity", "fills", "orders")
        )
    except FileNotFoundError:
        raise NotFound(f"run {run_id} has no analysis: it failed before its end") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise BadData(
            f"{folder}: {str(error).splitlines()[0]}; run it again with: clearedge run verify {run_id}"
        ) from None
    times = marks["ts_ns"].cast(pa.int64()).to_numpy()
    bars = _bars(home, report, times)
    decided = orders["ts_ns"].cast(pa.int64()).to_numpy()
    sheet = _sheet(home, report, (marks, fills), times, bars, len(decided))
    decisions = Decisions(orders["id"].to_pylist(), decided)
    return analyse(sheet, bars, decisions, report.currency, report.spec.seed).analysis


def _sheet(
    home: Home,
    report: "RunReport",
    tables: tuple[object, object],
    times: "Ints",
    bars: "Bars | None",
    orders: int,
) -> "Sheet":
    import numpy as np

    from clearedge_tui.market.markets import resolve
    from clearedge_tui.runs import metrics
    from clearedge_tui.runs.equity import Account
    from clearedge_tui.runs.fill_columns import columns_from
    from clearedge_tui.runs.trades import round_trips

    marks, fills = tables[0], columns_from(tables[1])
    account = Account(
        times,
        np.empty(0) if bars is None else bars.close,
        marks["equity"].to_numpy(),  # type: ignore[index]  # pyarrow has no types
        marks["position"].to_numpy(),  # type: ignore[index]
    )
    return metrics.sheet(
        account,
        float(report.spec.balance),
        float(bars.open[0]) if bars is not None and len(bars) else 0.0,
        report.summary.start_ns,
        resolve(home, report.spec.market).info.asset_class,
        round_trips(fills, times),
        fills,
        orders,
    )


def _bars(home: Home, report: "RunReport", times: "Ints") -> "Bars | None":
    """Return the bars the run saw, if the catalog still has as many at the same times."""
    import numpy as np

    from clearedge_tui.market import catalog

    spec = report.spec
    try:
        bars = catalog.read_bars(home, spec.market, spec.timeframe, spec.start_ns, spec.end_ns)
    except ClearEdgeError:
        return None
    seen = bars.slice(0, len(times))
    return seen if np.array_equal(seen.ts_ns, times) else None
