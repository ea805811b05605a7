"""Write a run's folder. It is complete or it is not there: a draft is renamed when all is written."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.markets import load_markets
from clearedge_tui.runs import drafts, manifest
from clearedge_tui.runs.analysis.load import ANALYSIS
from clearedge_tui.runs.listing import LOG, REPORT, SUMMARY, run_folder
from clearedge_tui.runs.model import BacktestSpec, RunReport, RunSummary
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.runs.report import Result

_NAMES = {
    "summary": SUMMARY,
    "report": REPORT,
    "text": "report.md",
    "equity": "equity.parquet",
    "fills": "fills.parquet",
    "orders": "orders.parquet",
    "trades": "trades.parquet",
    "analysis": ANALYSIS,
    "picture": "picture.json",
    "log": LOG,
}
_ORIGIN = {"manifest": manifest.MANIFEST, "code": manifest.CODE}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run was made from, and the strategy file to keep a copy of."""

    inputs: manifest.Inputs
    code: Path


def write(home: Home, result: "Result", origin: Origin | None = None) -> RunReport:
    """Write everything and put the folder in its place; return the report with its paths."""
    from clearedge_tui.runs.tables import write_tables
    from clearedge_tui.runs.text_report import markdown

    run_id = result.report.summary.run_id
    draft, final = drafts.start(home, run_id), run_folder(home, run_id)
    write_tables(draft, result)
    (draft / ANALYSIS).write_bytes(msgspec.json.encode(result.analysed.analysis) + b"\n")
    (draft / LOG).touch()
    _json(draft / _NAMES["picture"], _plain(result.outcome.picture))
    names = _NAMES if origin is None else _NAMES | _ORIGIN
    paths = {name: str(final / file) for name, file in names.items()}
    report = msgspec.structs.replace(result.report, paths=paths)
    (draft / "report.md").write_text(markdown(report, result.analysed.analysis), "utf-8")
    if origin is not None:
        _keep_code(draft, origin)
    _seal(draft, final, report, origin)
    return report


def _keep_code(draft: Path, origin: Origin) -> None:
    """Keep the strategy as it was run, unless its file has changed while it ran."""
    try:
        source = origin.code.read_bytes()
    except OSError:
        return
    if hashlib.sha256(source).hexdigest() == origin.inputs.code_sha256:
        (draft / manifest.CODE).write_bytes(source)


def record_failure(
    home: Home,
    run_id: str,
    spec: BacktestSpec,
    market: str,
    reason: str,
    created_ns: int,
    status: str = "failed",
) -> RunReport:
    """Write the run of a worker that cannot speak for itself any more, with the reason."""
    draft, final = drafts.start(home, run_id), run_folder(home, run_id)
    (draft / LOG).touch()
    known = load_markets(home).get(spec.market)
    summary = RunSummary(
        run_id=run_id,
        kind="backtest",
        status=status,
        strategy=spec.strategy,
        market=known.symbol if known else market,
        timeframe=spec.timeframe,
        start_ns=spec.start_ns,
        end_ns=spec.end_ns,
        created_ns=created_ns,
        duration_s=round((now_ns() - created_ns) / 1e9, 3),
        simulated=known is not None and known.simulated,
        error=clean_text(reason),
    )
    paths = {name: str(final / _NAMES[name]) for name in ("summary", "report", "log")}
    currency = known.quote if known else ""
    report = RunReport(summary=summary, spec=spec, bars=0, currency=currency, paths=paths)
    _seal(draft, final, report)
    return report


def _seal(draft: Path, final: Path, report: RunReport, origin: Origin | None = None) -> None:
    _json(draft / REPORT, report)
    _json(draft / SUMMARY, report.summary)
    (draft / drafts.PIDS).unlink(missing_ok=True)
    if origin is not None:
        manifest.seal(draft, origin.inputs, origin.code.parent)
    if final.exists():  # the same run was recorded before, as failed
        shutil.rmtree(final)
    draft.rename(final)


def _json(path: Path, value: object) -> None:
    with path.open("wb") as handle:
        handle.write(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def _plain(picture: object) -> object:
    """Return what a strategy drew as plain data; what JSON does not know becomes its text."""
    return msgspec.to_builtins(picture, enc_hook=clean_text, str_keys=True)
