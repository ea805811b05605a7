"""Evidence for the gates out of what the statistics found, insufficiency included."""

from collections.abc import Callable

from clearedge_tui.research.gates import Evidence
from clearedge_tui.research.stats.errors import Insufficient


def measured(run: str, figure: Callable[[], float | None], why: str = "") -> Evidence:
    """Return what `figure` gives as evidence; its Insufficient, or None, becomes one that says why."""
    try:
        return Evidence(run, figure(), why)
    except Insufficient as error:
        return insufficient(run, error)


def insufficient(run: str, error: Insufficient) -> Evidence:
    """Return evidence that there is too little of something."""
    return Evidence(
        run, None, f"{error.reason}: found {error.found}, wanted {error.wanted} or more"
    )


def of_rule(run: str, p: float | None, insufficient: str = "", stale: bool = False) -> Evidence:
    """Return evidence of a rule test: its p value, or why it is insufficient whatever p is."""
    return Evidence(run, None if insufficient else p, insufficient, stale)
