"""Figures of runs as evidence: `sharpe>=1@RUN`, looked up here and never taken from whoever asks."""

from typing import TYPE_CHECKING

from clearedge_tui.core.approval import Evidence
from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.model import Instance
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import manifest
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.listing import require_run
from clearedge_tui.runs.query import parse

if TYPE_CHECKING:
    from clearedge_tui.settings import Home


def found(
    home: "Home", index: Index, text: str, instance: Instance, code: dict[str, str]
) -> Evidence:
    """Return what a figure of a run is beside what is asked of it.

    Refused unless the run is whole, of real data, and was made by this code with this configuration:
    another run says nothing about this instance.
    """
    asked, at, run_id = clean_text(text).rpartition("@")
    if not at or not asked.strip():
        raise UsageError(
            f"evidence `{clean_text(text, 60)}`; wanted FIGURE>=NUMBER@RUN: sharpe>=1@ID"
        )
    row = next((one for one in index.rows if one.run_id == run_id.strip()), None)
    if row is None:
        raise NotFound(f"no run `{run_id}` to take evidence from; see: clearedge run list")
    (term, *more) = parse(asked.strip(), dict.fromkeys(index.names, float))
    if more or not term.field or term.turned or term.sign not in (">", ">=", "<", "<="):
        raise UsageError(f"evidence `{asked}`; wanted one figure and a number: sharpe>=1")
    _is_of(home, row, instance, code)
    value = index.figure(row, term.field)
    shown = "not known" if value is None else repr(value)
    return Evidence(term.field, shown, f"{term.sign}{term.wanted}", term.fits(value), row.run_id)


def _is_of(home: "Home", row: RunRow, instance: Instance, code: dict[str, str]) -> None:
    where = f"run {row.run_id} of {iso(row.created_ns)}"
    if row.status != "done" or row.simulated:
        how = "is on simulated data" if row.simulated else f"is {row.status}"
        raise Refused(f"{where} {how}: it is no evidence for real money")
    folder = require_run(home, row.run_id)
    made = manifest.load(folder)
    damaged = manifest.damaged(folder, made)
    if damaged:
        raise Refused(
            f"{where} was changed after it ended ({', '.join(damaged[:3])}); run it again"
        )
    ran = {f"{instance.strategy}.py": made.inputs.code_sha256, **made.inputs.imports}
    other = [name for name, sha256 in ran.items() if code.get(name) != sha256]
    if row.strategy != instance.strategy or other:
        what = ", ".join(other) or f"strategy {row.strategy}"
        raise Refused(f"{where} was made by other code ({what}); run it again with today's")
    if made.inputs.config_sha256 != manifest.canonical_sha256(instance.config):
        raise Refused(
            f"{where} had another configuration than {instance.id}; run it again with that"
        )
