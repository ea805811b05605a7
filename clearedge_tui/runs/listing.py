"""Runs as they lie on disk: list, read, remove. Needs neither the engine nor numpy."""

import shutil
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import BadData, NotFound, Refused
from clearedge_tui.runs.ids import checked
from clearedge_tui.runs.model import RunReport, RunSummary
from clearedge_tui.settings import Home

SUMMARY, REPORT, LOG = "run.json", "report.json", "run.log"
CASH = "cashflows.parquet"  # only of runs with funding or borrowing
CANDLES = "candles.parquet"  # only of runs with more bars than a chart can show


def run_folder(home: Home, run_id: str) -> Path:
    return home.runs / checked(run_id)


def draft_folder(home: Home, run_id: str) -> Path:
    """Where a run writes until it has ended; then the folder is renamed."""
    return home.runs / f".{checked(run_id)}"


def list_runs(home: Home) -> list[RunSummary]:
    """Return all ended runs, newest first. A folder that cannot be read is left out."""
    found = []
    for path in home.runs.glob(f"[0-9]*/{SUMMARY}"):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=RunSummary))
        except (OSError, msgspec.DecodeError):
            continue
    return sorted(found, key=lambda run: run.run_id, reverse=True)


def load_report(home: Home, run_id: str) -> RunReport:
    """Return a run's report. Raises NotFound, or BadData when its file is damaged."""
    folder = run_folder(home, run_id)
    try:
        raw = (folder / REPORT).read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"no run `{run_id}` in {home.runs}; see them with: clearedge run list"
        ) from None
    try:
        return msgspec.json.decode(raw, type=RunReport)
    except msgspec.DecodeError as error:
        raise BadData(
            f"{folder / REPORT}: {error}; remove the run with: clearedge run rm {run_id}"
        ) from None


def require_backtest(report: RunReport, what: str) -> RunReport:
    """Return the report of a backtest; Refused for a session, which only happens once."""
    if report.session:
        raise Refused(
            f"{report.summary.run_id} is a session of {report.session}: it happened once, and "
            f"cannot be {what}"
        )
    return report


def require_alone(report: RunReport, what: str) -> RunReport:
    """Return the report of a single backtest; Refused for a session, and for a study of many runs."""
    run = require_backtest(report, what).summary
    if run.kind != "backtest":
        raise Refused(
            f"{run.run_id} is a study ({run.kind.replace('_', ' ')}) and no backtest: it cannot be "
            f"{what}. Ask it anew, and what is kept is not done again: {_words(report)}"
        )
    return report


def _words(report: RunReport) -> str:
    """Return the command that leads to a study."""
    kind, spec = report.summary.kind, report.spec
    if spec.strategy != kind:
        verb = "probe" if kind == "probe" else "run"
        words = ["research", verb, spec.strategy, "--market", spec.market]
    else:
        parts = (
            [f"--market {one}" for one in spec.market.split("+")] if report.data else ["--run …"]
        )
        words = ["research", "multi", kind, *parts]
    if report.data:
        words += ["--timeframe", spec.timeframe]
    return " ".join(["clearedge", *words])


def load_summary(home: Home, run_id: str) -> RunSummary:
    """Return a run's line of the list. Raises NotFound, or BadData when its file is damaged."""
    path = require_run(home, run_id) / SUMMARY
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunSummary)
    except (OSError, msgspec.DecodeError) as error:
        raise BadData(f"{path}: {error}; remove the run with: clearedge run rm {run_id}") from None


def require_run(home: Home, run_id: str) -> Path:
    """Return the folder of a run that has ended. Raises NotFound."""
    folder = run_folder(home, run_id)
    if not folder.is_dir():
        if draft_folder(home, run_id).is_dir():
            raise Refused(f"{run_id} is under way; stop it first, or wait for its end")
        raise NotFound(f"no run `{run_id}` in {home.runs}; see them with: clearedge run list")
    return folder


def remove_run(home: Home, run_id: str) -> None:
    """Delete a run's folder for good."""
    folder = require_run(home, run_id)
    gone = home.runs / f".gone-{run_id}"
    folder.rename(gone)
    delete(gone)


def delete(folder: Path) -> None:
    """Delete a folder with all that is in it; of a link the link, and nothing behind it."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
