"""Run a specification from Python."""

from pathlib import Path

from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.model import RunReport
from clearedge_tui.runs.spec.resolve import read, resolve
from clearedge_tui.settings import find_home


def run(file: str | Path, home: str | Path | None = None, *, again: bool = False) -> RunReport:
    """Run what a file asks for, to its end, and return the report (of whatever status).

    `home` is found as on the command line when it is not given. Raises what a person can act on.
    """
    where = find_home(None if home is None else str(home))
    found = read(Path(file))
    spec = resolve(where, found.spec)
    launch = Launch(where, spec, again=again, config_sha256=found.config_sha256)
    for _ in launch.progress():
        pass
    if launch.report is None:
        raise ClearEdgeError(f"run {launch.run_id} left no report")
    return launch.report
