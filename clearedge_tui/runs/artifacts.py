"""Write a run's folder. It is complete or it is not there: a draft is renamed when all is written."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import BadData, ClearEdgeError, NotFound, RetryLater
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.markets import load_markets
from clearedge_tui.runs import drafts, events, journal, manifest, same
from clearedge_tui.runs.analysis.load import ANALYSIS
from clearedge_tui.runs.life import FINAL, Status
from clearedge_tui.runs.listing import (
    CANDLES,
    CASH,
    LOG,
    REPORT,
    SUMMARY,
    draft_folder,
    load_report,
    run_folder,
)
from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.runs.report import Result

METRICS, BARS = "metrics.json", "bars.json"
_NAMES = {
    "summary": SUMMARY,
    "report": REPORT,
    "text": "report.md",
    "html": "report.html",
    "equity": "equity.parquet",
    "fills": "fills.parquet",
    "orders": "orders.parquet",
    "positions": "positions.parquet",
    "trades": "trades.parquet",
    "analysis": ANALYSIS,
    "picture": "picture.json",
    "log": LOG,
}
_ORIGIN = {
    "manifest": manifest.MANIFEST,
    "code": manifest.CODE,
    "spec": drafts.SPEC,
    "journal": journal.JOURNAL,
    "metrics": METRICS,
    "bars": BARS,
}
_OF_SOME = {"cashflows": CASH, "candles": CANDLES}
_MADE = frozenset({*_NAMES.values(), *_ORIGIN.values(), *_OF_SOME.values()}) - {
    LOG,
    drafts.SPEC,
    journal.JOURNAL,
}
_ENDS = {
    Status.DONE: events.RUN_COMPLETED,
    Status.FAILED: events.RUN_FAILED,
    Status.CANCELLED: events.RUN_CANCELLED,
    Status.INTERRUPTED: events.RUN_INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run was made from, and the strategy file to keep a copy of."""

    inputs: manifest.Inputs
    code: Path
    source: bytes | None = None  # of that file, read before it ran
    about: journal.About | None = None
    known: manifest.Inputs | None = None  # of the inputs before it ran and imported more
    finish_log: Callable[[], None] | None = None  # called when nothing may be logged any more


def write(home: Home, result: "Result", origin: Origin | None = None) -> RunReport:
    """Write everything and put the folder in its place; return the report with its paths."""
    from clearedge_tui.runs.html.sheet import page
    from clearedge_tui.runs.report import closes
    from clearedge_tui.runs.tables import write_tables
    from clearedge_tui.runs.text_report import markdown

    run_id = result.report.summary.run_id
    draft, final = drafts.start(home, run_id), run_folder(home, run_id)
    write_tables(draft, result)
    (draft / ANALYSIS).write_bytes(msgspec.json.encode(result.analysed.analysis) + b"\n")
    (draft / LOG).touch()
    write_json(draft / _NAMES["picture"], _plain(result.outcome.picture))
    names = _NAMES if origin is None else _NAMES | _ORIGIN
    names = names | {n: file for n, file in _OF_SOME.items() if (draft / file).exists()}
    paths = {name: str(final / file) for name, file in names.items()}
    report = msgspec.structs.replace(result.report, paths=paths)
    (draft / "report.md").write_text(markdown(report, result.analysed.analysis), "utf-8")
    made = [] if origin is None else manifest.told(origin.inputs)
    (draft / "report.html").write_text(
        page(report, result.analysed.analysis, made, closes(result)), "utf-8"
    )
    write_json(draft / METRICS, report.summary.metrics)
    write_json(draft / BARS, report.data)
    if origin is not None:
        _keep_code(draft, origin)
        if origin.about is not None:
            _told(draft, origin.about, report.summary)
    put_in_place(draft, final, report, origin)
    if origin is not None and report.summary.status == Status.DONE:
        same.note(home, run_id, origin.known or origin.inputs)
    return report


def _told(draft: Path, about: journal.About, run: RunSummary) -> None:
    journal.append(draft, about, events.ARTIFACTS_WRITTEN)
    status = Status(run.status)
    why = {"error": run.error} if run.error else {}
    journal.append(draft, about, _ENDS[status], status, **why)


def _keep_code(draft: Path, origin: Origin) -> None:
    """Keep the strategy as it was run, whatever has become of its file since."""
    try:
        source = origin.code.read_bytes() if origin.source is None else origin.source
    except OSError:
        return
    if hashlib.sha256(source).hexdigest() == origin.inputs.code_sha256:
        (draft / manifest.CODE).write_bytes(source)


def record_end(
    home: Home,
    asked: drafts.Asked,
    reason: str,
    status: Status = Status.FAILED,
    finish_log: Callable[[], None] | None = None,
) -> RunReport:
    """Write the run of a worker that cannot speak for itself any more, with the reason.

    Its manifest names the files that are there. `finish_log` is called before they are. A run that has ended meanwhile stays as it is: its report is returned.
    """
    run_id, spec, created_ns = asked.about.run_id, asked.spec, asked.created_ns
    ended = ended_report(home, run_id)
    if ended is not None:
        drafts.drop(draft_folder(home, run_id))
        return ended
    draft, final = drafts.start(home, run_id), run_folder(home, run_id)
    for name in _MADE:  # of a worker that came nearly to its end
        (draft / name).unlink(missing_ok=True)
    (draft / LOG).touch()
    known = load_markets(home).get(spec.market)
    summary = RunSummary(
        run_id=run_id,
        kind="backtest",
        status=status,
        strategy=spec.strategy,
        market=known.symbol if known else asked.market_name,
        timeframe=spec.timeframe,
        start_ns=spec.start_ns,
        end_ns=spec.end_ns,
        created_ns=created_ns,
        duration_s=round((now_ns() - created_ns) / 1e9, 3),
        simulated=known is not None and known.simulated,
        error=clean_text(reason),
        trace_id=asked.about.trace_id,
    )
    paths = {name: str(final / _NAMES[name]) for name in ("summary", "report", "log")}
    paths["manifest"] = str(final / manifest.MANIFEST)
    currency = known.quote if known else ""
    report = RunReport(summary=summary, spec=spec, bars=0, currency=currency, paths=paths)
    event = _ENDS[status]
    journal.reopen(draft)  # a worker may have died between its last word and the folder's place
    journal.append(draft, asked.about, event, status, error=reason)
    made = manifest.asked_for(spec)
    put_in_place(draft, final, report, Origin(made, home.strategies / "_", finish_log=finish_log))
    return report


def no_room(home: Home, error: OSError) -> ClearEdgeError:
    """Return what to say of a run whose files could not be written."""
    where = error.filename or home.runs
    return RetryLater(
        f"{where}: {error.strerror or error}; nothing of this run was kept. Make room (clearedge run "
        "list shows what runs take), or let it be written, then run it again"
    )


def ended_report(home: Home, run_id: str) -> RunReport | None:
    """Return the report of a run that has come to its end; None when it has not."""
    try:
        report = load_report(home, run_id)
    except (NotFound, BadData):
        return None
    return report if report.summary.status in FINAL else None


def put_in_place(draft: Path, final: Path, report: RunReport, origin: Origin | None = None) -> None:
    """Write what comes last, and put the folder in its place. What has ended there stays."""
    write_json(draft / REPORT, report)
    write_json(draft / SUMMARY, report.summary)
    if origin is not None:
        if origin.finish_log is not None:
            origin.finish_log()
        manifest.seal(draft, origin.inputs, origin.code.parent, final.parent.parent.parent)
    if final.exists():  # interrupted before, and taken up again
        shutil.rmtree(final)
    draft.rename(final)
    # last: a draft that does not say whose it is, is nobody's for a day
    (final / drafts.PIDS).unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON, and have it on the disk."""
    with path.open("wb") as handle:
        handle.write(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def _plain(picture: object) -> object:
    """Return what a strategy drew as plain data; what JSON does not know becomes its text."""
    return msgspec.to_builtins(picture, enc_hook=clean_text, str_keys=True)
