"""Run it again and compare: the same fills, orders, equity and figures, or the first difference."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from clearedge_tui.core.errors import ClearEdgeError, NotFound, Refused
from clearedge_tui.runs import manifest
from clearedge_tui.runs.launch import Launch
from clearedge_tui.runs.listing import load_report, require_alone, run_folder
from clearedge_tui.runs.manifest import Inputs
from clearedge_tui.runs.model import RunReport
from clearedge_tui.settings import Home

_TABLES = (
    "fills.parquet",
    "orders.parquet",
    "positions.parquet",
    "trades.parquet",
    "equity.parquet",
    "cashflows.parquet",
    "candles.parquet",
)
_CAUSES = {
    "code_sha256": "the strategy's code",
    "imports": "a module of the strategy",
    "config_sha256": "its config",
    "data": "the data",
    "market_sha256": "the market's precision, steps or fees",
    "libraries": "the engine or a library",
    "environment": "a package that is installed",
    "product": "this product",
    "python": "Python",
    "seed": "the seed",
    "spec_sha256": "the specification",
}


class Verdict(msgspec.Struct, frozen=True):
    """`same` is proved; else `difference` is the first one and `causes` what else has changed."""

    SAME: ClassVar[str] = "the same fills, orders, equity and figures, to the byte"

    run_id: str
    same: bool
    difference: str = ""
    causes: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()  # files that are not what was written

    def line(self) -> str:
        if self.same:
            return f"{self.run_id}: {self.SAME}"
        why = f"; changed since: {', '.join(self.causes)}" if self.causes else ""
        hurt = f"; damaged: {', '.join(self.damaged)}" if self.damaged else ""
        return f"{self.run_id}: {self.difference or 'not the same'}{why}{hurt}"


def verify(home: Home, run_id: str) -> Verdict:
    """Run a finished backtest again and compare. Raises what keeps it from being run.

    The second run leaves nothing behind.
    """
    folder = run_folder(home, run_id)
    report = require_alone(load_report(home, run_id), "verified")
    made = manifest.load(folder)
    if not made.inputs_sha256:
        raise Refused(
            f"{run_id} is {report.summary.status} and left no result to compare: "
            f"{report.summary.error or 'it ended early'}"
        )
    damaged = manifest.damaged(folder, made)
    launch = Launch(home, report.spec, report.summary.market, again=True)
    again = run_folder(home, launch.run_id)
    try:
        for _ in launch.progress():
            pass
        if launch.report is None:
            raise ClearEdgeError(f"{run_id}: the second run left no report")
        causes = tuple(_changed(made.inputs, again))
        difference = _first(folder, made.files, report, again, launch.report)
        same = not difference and not damaged
        return Verdict(run_id, same, difference, causes if difference else (), damaged)
    finally:
        shutil.rmtree(again, ignore_errors=True)


def _changed(before: Inputs, again: Path) -> Iterator[str]:
    try:
        now = manifest.load(again).inputs
    except NotFound:  # it failed before its end
        return
    for name, words in _CAUSES.items():
        if getattr(before, name) != getattr(now, name):
            yield words


def _first(old: Path, files: dict[str, str], was: RunReport, new: Path, now: RunReport) -> str:
    """Return the first difference: by the bytes of the files, and then by their rows."""
    if was.summary.status != now.summary.status:
        return f"it ended as {was.summary.status} then and as {now.summary.status} now"
    for name in _TABLES:
        if name in files and not (new / name).is_file():
            return f"{name.removesuffix('.parquet')}: there then, and not now: {now.summary.error}"
        if name not in files or files[name] == manifest.file_sha256(new / name):
            continue  # the same, or not yet kept when the run was made
        difference = _rows(old / name, new / name, name.removesuffix(".parquet"))
        if difference:
            return difference
    for name, value in was.summary.metrics.items():
        if now.summary.metrics.get(name) != value:
            return f"{name} was {value} and is {now.summary.metrics.get(name)}"
    return ""


def _rows(old: Path, new: Path, what: str) -> str:
    """Return the first row in which two tables differ, in words."""
    import pyarrow as pa

    from clearedge_tui.runs.read_table import read_table

    try:
        left, right = read_table(old), read_table(new)
    except (OSError, pa.ArrowInvalid) as error:
        return f"{what} cannot be compared: {str(error).splitlines()[0]}"
    both = [name for name in left.column_names if name in right.column_names]
    left, right = left.select(both), right.select(both)  # columns come with newer versions
    if left.equals(right):
        return ""
    for row in range(min(left.num_rows, right.num_rows)):
        if not left.slice(row, 1).equals(right.slice(row, 1)):
            a, b = left.slice(row, 1).to_pylist()[0], right.slice(row, 1).to_pylist()[0]
            name = next((n for n in a if a[n] != b.get(n)), "")
            if not name:
                return f"{what}: the columns are of other types"
            return f"{what}: row {row + 1} differs first: {name} was {a[name]} and is {b.get(name)}"
    return f"{what}: {left.num_rows:,} rows then, {right.num_rows:,} now"
