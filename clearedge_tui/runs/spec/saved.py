"""Specifications written down: from a run, from a form, from an instance."""

import os
from pathlib import Path

from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.runs.listing import load_report, require_backtest
from clearedge_tui.runs.spec import text, v2
from clearedge_tui.runs.spec.v2 import SpecV2
from clearedge_tui.settings import Home


def of_run(home: Home, run_id: str) -> SpecV2:
    """Return what would ask for a run again: on the same rows, or it is refused."""
    report = require_backtest(load_report(home, run_id), "saved as a specification")
    return v2.of_backtest(report.spec, report.data[0].sha256 if report.data else "")


def write(path: Path, wanted: SpecV2) -> Path:
    """Write a specification to a new file. Raises Refused when there is one already."""
    body = f"# run it with: clearedge --run {path.name}\n{text.write(v2.plain(wanted))}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise Refused(f"{path} is there already; remove it, or give another name") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return path
