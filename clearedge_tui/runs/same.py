"""The run that was made from the same inputs: by their hash, in one look."""

from pathlib import Path

from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.runs import manifest
from clearedge_tui.runs.listing import load_report, run_folder
from clearedge_tui.runs.model import RunReport
from clearedge_tui.settings import Home

_FOLDER = ".same"  # beside the runs; may be deleted


def note(home: Home, run_id: str, inputs_sha256: str) -> None:
    """Remember a finished run by its inputs."""
    at = _place(home, inputs_sha256)
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_text(run_id)


def find(home: Home, inputs_sha256: str) -> RunReport | None:
    """Return the finished and undamaged run with these inputs, if there is one."""
    try:
        run_id = _place(home, inputs_sha256).read_text()
        folder = run_folder(home, run_id)
        made = manifest.load(folder)
        if made.inputs_sha256 != inputs_sha256 or manifest.damaged(folder, made):
            return None
        report = load_report(home, run_id)
    except (OSError, NotFound, BadData):
        return None
    return report if report.summary.status == "done" else None


def _place(home: Home, inputs_sha256: str) -> Path:
    return home.runs / _FOLDER / inputs_sha256
