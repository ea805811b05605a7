"""Stamps: what makes a result less than it looks, on a coloured ground over every pane."""

from collections.abc import Sequence

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.model import RunReport
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Cells


def stamps_of(report: RunReport) -> Sequence[tuple[str, int]]:
    """Return the stamps with their grounds, the gravest first."""
    run, spec = report.summary, report.spec
    bad, warn = [], [clean_text(stamp, 40).replace("_", " ") for stamp in run.stamps]
    if any(line.startswith("DATA CHANGED") for line in report.conventions):
        bad.append("DATA CHANGED since this run")
    if run.status != "done":
        bad.append(run.status)
    known = " ".join(warn).lower()
    if run.simulated and "simulated" not in known:
        warn.append("simulated market")
    if spec.fill_at == "same_close" and "same close" not in known:
        warn.append("fills at the same close")
    free = spec.fees == "rates" and not spec.maker_fee and not spec.taker_fee
    if free and "zero" not in known:
        warn.append("zero fees")
    return [*((stamp, p.BAD) for stamp in bad), *((stamp, p.WARN) for stamp in warn)]


def paint_stamps(cells: Cells, report: RunReport) -> None:
    x = 1
    for text, ground in stamps_of(report):
        x = cells.text(0, x, f" {text.upper()} ", p.INK | p.BOLD, ground) + 1
