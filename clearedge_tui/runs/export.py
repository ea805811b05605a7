"""A run's tables and report in the formats of other programs: CSV, JSON, Parquet, HTML."""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import BadData, NotFound, Refused, UsageError
from clearedge_tui.runs.analysis.load import load_analysis
from clearedge_tui.runs.listing import load_report, load_summary, require_run
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = ("trades", "fills", "orders", "positions", "equity")  # of every run
CASH = "cashflows"  # of runs that paid or got funding or borrowing
WHOLE = "report"
TRACED = ("trades", "fills", "orders")  # these leave with whose they are on every row
KINDS = ("csv", "json", "parquet", "html")


def export(home: Home, run_id: str, what: str, out: Path) -> Path:
    """Write a table, or the report, to a new file; its ending says the format.

    A table may be CSV, JSON (a list of rows) or Parquet, the report JSON (with the analysis) or
    HTML. Orders, fills and trades get columns `run_id` and `trace_id`, which the run's own files
    do not have: these are the same to the byte when it is run again. Raises UsageError, NotFound, or Refused when the file is there.
    """
    kind = out.suffix.removeprefix(".").lower()
    if what not in (*TABLES, CASH, WHOLE):
        raise UsageError(f"no table `{what}`{nearest(what, (*TABLES, CASH, WHOLE))}")
    fits = ("json", "html") if what == WHOLE else ("csv", "json", "parquet")
    if kind not in fits:
        raise UsageError(f"{out.name}: {what} goes to a file that ends in .{', .'.join(fits)}")
    if out.exists():
        raise Refused(f"{out} is there already; remove it, or give another name")
    folder = require_run(home, run_id)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if what == WHOLE:
            _report(home, run_id, kind, folder, draft)
        else:
            path = folder / f"{what}.parquet"
            whose = {}
            if what in TRACED:
                whose = {"run_id": run_id, "trace_id": load_summary(home, run_id).trace_id}
            _table(path, kind, draft, whose)
        draft.rename(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    return out


def _report(home: Home, run_id: str, kind: str, folder: Path, draft: Path) -> None:
    report = load_report(home, run_id)
    if kind == "json":
        analysis = load_analysis(home, run_id)
        whole = {"report": report, "analysis": analysis}
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
        return
    if (folder / "report.html").is_file():
        shutil.copyfile(folder / "report.html", draft)
        return
    from clearedge_tui.runs.html.sheet import page  # of a run made before there was a page

    draft.write_text(page(report, load_analysis(home, run_id)), "utf-8")


def _table(path: Path, kind: str, draft: Path, whose: dict[str, str]) -> None:
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    from clearedge_tui.runs.read_table import read_table

    if not path.is_file():
        raise NotFound(f"run {path.parent.name} has no {path.stem}: it had none, or ended early")
    if kind == "parquet" and not whose:
        shutil.copyfile(path, draft)
        return
    try:
        table = read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadData(f"{path}: {str(error).splitlines()[0]}") from None
    for name, value in whose.items():
        table = table.append_column(name, pa.repeat(value, table.num_rows))
    if kind == "parquet":
        pq.write_table(table, draft, compression="zstd")
        return
    table = _readable(table)
    if kind == "csv":
        pacsv.write_csv(table, draft, pacsv.WriteOptions(quoting_style="needed"))
        return
    with draft.open("w", encoding="utf-8") as file:
        for mark, batch in zip(_marks(table), table.to_batches(max_chunksize=10_000), strict=False):
            rows = ",\n".join(json.dumps(row) for row in batch.to_pylist())
            file.write(f"{mark}{rows}")
        file.write("\n]\n" if table.num_rows else "[]\n")


def _marks(table: "pa.Table") -> list[str]:
    return ["[\n", *[",\n"] * (table.num_rows // 10_000 + 1)]


def _readable(table: "pa.Table") -> "pa.Table":
    """Return money as texts without idle zeros, and times as ISO texts with all their digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for at, field in enumerate(table.schema):
        column = table.column(at)
        if pa.types.is_decimal(field.type):
            texts = [None if one is None else f"{one.normalize():f}" for one in column.to_pylist()]
            table = table.set_column(at, field.name, pa.array(texts, pa.string()))
        elif pa.types.is_timestamp(field.type):
            text = pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
            table = table.set_column(at, field.name, text)
    return table
