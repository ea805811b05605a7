"""The run that was made from the same inputs: by their hash, in one look."""

import contextlib
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.runs import manifest
from clearedge_tui.runs.listing import load_report, run_folder
from clearedge_tui.runs.manifest import Inputs
from clearedge_tui.runs.model import RunReport
from clearedge_tui.settings import Home

_FOLDER = ".same"  # beside the runs; may be deleted


def note(home: Home, run_id: str, known: Inputs) -> None:
    """Remember a finished run by what was `known` of its inputs before it began.

    One that is remembered already and is whole stays: the later one may soon be removed.
    """
    if find(home, known) is not None:
        return
    at = _place(home, known)
    with contextlib.suppress(OSError):  # it can be done without, and the run is there
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(run_id)


def find(home: Home, known: Inputs) -> RunReport | None:
    """Return the finished and undamaged run with these inputs, if there is one.

    It may have imported more of its modules on its way: they must be today what they were.
    """
    try:
        run_id = _place(home, known).read_text()
        folder = run_folder(home, run_id)
        made = manifest.load(folder)
        imports = {**_today(home, made.inputs.imports), **known.imports}
        whole = manifest.canonical_sha256(msgspec.structs.replace(known, imports=imports))
        if made.inputs_sha256 != whole or manifest.damaged(folder, made):
            return None
        report = load_report(home, run_id)
    except (OSError, NotFound, BadData):
        return None
    return report if report.summary.status == "done" else None


def _today(home: Home, imports: dict[str, str]) -> dict[str, str]:
    return {name: manifest.file_sha256(home.strategies / name) for name in imports}


def _place(home: Home, known: Inputs) -> Path:
    return home.runs / _FOLDER / manifest.canonical_sha256(known)
