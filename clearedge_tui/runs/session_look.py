"""Sessions that have not ended, as the list of runs and a report show them."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.errors import BadData
from clearedge_tui.runs import journal, sessions
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.listing import draft_folder, load_report, require_run
from clearedge_tui.runs.model import RunReport
from clearedge_tui.runs.sessions import Begun
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.runs.analysis.model import Analysis
    from clearedge_tui.runs.session_analysis import Studied
    from clearedge_tui.runs.trade_pages import TradeTable


def with_sessions(home: Home, index: Index) -> Index:
    """Return every run, those sessions too that are under way: they come first."""
    rows = [_row(folder, begun) for folder, begun in sessions.under_way(home)]
    return msgspec.structs.replace(index, rows=[*rows, *index.rows]) if rows else index


def _row(folder: Path, begun: Begun) -> RunRow:
    spec = begun.spec
    try:
        told = journal.read(folder)
    except BadData:
        told = ()  # said by `run show`; it is listed all the same
    return RunRow(
        run_id=begun.about.run_id,
        kind=sessions.KIND,
        status=told[-1].status if told else "queued",
        strategy=spec.strategy,
        market=spec.market_name,
        timeframe=spec.timeframe,
        start_ns=begun.created_ns,
        end_ns=0,
        created_ns=begun.created_ns,
        duration_s=0.0,
        simulated=spec.simulated,
        error="",
        trace_id=begun.about.trace_id,
        inputs_sha256="",
        stamps=spec.stamps,
        figures=(),
        tags=(),
        note="",
        star=False,
        size_bytes=0,
        changed_ns=0,
        phase=sessions.phase_of(told),
    )


def folder_of(home: Home, run_id: str) -> Path:
    """Return the folder of a run that has ended, or of a session that has not. Raises NotFound."""
    draft = draft_folder(home, run_id)
    return draft if sessions.load(draft) is not None else require_run(home, run_id)


def load_any(home: Home, run_id: str) -> RunReport:
    """Return a run's report; that of a session under way is made of what is known of it now."""
    draft = draft_folder(home, run_id)
    begun = sessions.load(draft)
    if begun is None:
        return load_report(home, run_id)
    return _known(home, draft, begun)[0]


def analysis_now(home: Home, run_id: str) -> "Analysis | None":
    """Return the analysis of a session under way, as far as it has got; None for any other run."""
    from clearedge_tui.runs.session_analysis import with_figures

    draft = draft_folder(home, run_id)
    begun = sessions.load(draft)
    if begun is None:
        return None
    report, studied = _known(home, draft, begun)
    return with_figures(studied, report.summary.metrics)


def trades_now(home: Home, run_id: str) -> "TradeTable | None":
    """Return the trades of a session under way; None for any other run."""
    from clearedge_tui.runs.trade_pages import table_of

    draft = draft_folder(home, run_id)
    begun = sessions.load(draft)
    if begun is None:
        return None
    studied = _known(home, draft, begun)[1]
    tags: list[str | None] = [*studied.sheet.fills.tag[studied.carried :]]
    return table_of(studied.table(), tags)


def _known(home: Home, draft: Path, begun: Begun) -> "tuple[RunReport, Studied]":
    from clearedge_tui.runs import session_analysis
    from clearedge_tui.runs.session_record import book_of, books_now, report_of, traded

    orders, fills = traded(home, begun.about.run_id)
    points = [*sessions.read_points(draft), *books_now(home, begun)]
    told = journal.read(draft)
    book = book_of(begun.spec, told, fills)
    studied = session_analysis.study(home, begun.spec, book, points, orders, fills)
    return report_of(begun, told, points, orders, fills, studied), studied
