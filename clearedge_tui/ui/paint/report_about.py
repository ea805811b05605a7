"""How a run was made, as lines: what was asked, conventions, costs, data, hashes, journal, files."""

import textwrap
from collections.abc import Iterator, Sequence

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.model import DataUsed, RunReport
from clearedge_tui.runs.report_rows import RunPast
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p

Line = tuple[str, int]
_NAME = 14
_HEAD = p.BRIGHT | p.BOLD


def about_lines(
    report: RunReport, past: RunPast | None, problem: str, width: int
) -> Sequence[Line]:
    """Return everything that lets a reader judge a run and make it again."""
    return [
        *_asked(report),
        *_sections(report),
        *_conventions(report, width),
        *_data(report, width),
        *_past(past, problem, width),
        *_ids(report),
        *_files(report, past),
    ]


def _pair(name: str, value: object, ink: int = p.TEXT) -> Line:
    return f"  {name:<{_NAME}}  {clean_text(value)}", ink


def _asked(report: RunReport) -> Iterator[Line]:
    spec, run = report.spec, report.summary
    yield "Asked for", _HEAD
    kind = "   simulated market" if run.simulated else ""
    yield _pair("strategy", f"{run.strategy} on {run.market} {run.timeframe}{kind}")
    yield _pair("instrument", spec.market)
    span = f"{f.moment(run.start_ns)} to {f.moment(run.end_ns)} UTC   {report.bars:,} bars"
    yield _pair("time", span)
    yield _pair("balance", f"{f.amount(spec.balance)} {report.currency}")
    yield _pair("fills at", spec.fill_at.replace("_", " "))
    yield _pair("seed", spec.seed)
    yield _pair("fees", f"maker {spec.maker_fee}  taker {spec.taker_fee}  model {spec.fees}")
    models = {n: getattr(spec, n) for n in ("slippage", "latency", "funding", "borrow")}
    yield _pair("other costs", "  ".join(f"{name} {value}" for name, value in models.items()))
    for name, value in spec.config.items():
        yield _pair(clean_text(name, 40), f.number(value))
    took = f"{f.moment(run.created_ns)}, took {f.duration(run.duration_s)}"
    yield _pair("made", took)
    yield "", p.TEXT


def _sections(report: RunReport) -> Iterator[Line]:
    for section in report.sections:
        yield clean_text(section.title), _HEAD
        yield from ((clean_text(f"  {line}"), p.TEXT) for line in section.lines)
        yield "", p.TEXT


def _conventions(report: RunReport, width: int) -> Iterator[Line]:
    yield "Conventions", _HEAD
    for line in report.conventions:
        changed = line.startswith("DATA CHANGED")
        yield from _wrapped(line, width, p.BAD | p.BOLD if changed else p.TEXT)
    yield "", p.TEXT


def _wrapped(text: str, width: int, ink: int) -> Iterator[Line]:
    for part in textwrap.wrap(clean_text(text, 1000), max(20, width - 4)):
        yield f"  {part}", ink


def _data(report: RunReport, width: int) -> Iterator[Line]:
    if not report.data:
        return
    yield "Data", _HEAD
    for used in report.data:
        yield from _used(used, width)
    yield "", p.TEXT


def _used(used: DataUsed, width: int) -> Iterator[Line]:
    yield _pair("series", used.series)
    yield _pair("rows", f"{used.rows:,}   {f.moment(used.first_ns)} to {f.moment(used.last_ns)}")
    yield _pair("sha256", used.sha256, p.DIM)
    if used.accepted:
        yield _pair("accepted", ", ".join(used.accepted), p.WARN)
    for note in used.notes:
        yield from _wrapped(note, width, p.WARN)


def _past(past: RunPast | None, problem: str, width: int) -> Iterator[Line]:
    if past is None:
        yield problem or "asking for journal and files…", p.BAD if problem else p.DIM
        yield "", p.TEXT
        return
    if past.tags or past.note:
        yield "Labels", _HEAD
        yield _pair("tags", ", ".join(past.tags))
        yield _pair("note", past.note)
        yield "", p.TEXT
    yield "Journal", _HEAD
    if past.problem:
        yield from _wrapped(past.problem, width, p.BAD)
    for one in past.happened:
        bad = one.status in ("failed", "interrupted") or "lost" in one.event
        line = f"  {f.clock_time(one.ts_ns)}  {one.event:<20}  {one.status:<10}  {one.text}"
        yield clean_text(line), p.BAD if bad else p.TEXT
    yield "", p.TEXT
    if past.hashes:
        yield "Made from", _HEAD
        yield from (_pair(name.replace("_", " "), value, p.DIM) for name, value in past.hashes)
        yield "", p.TEXT


def _ids(report: RunReport) -> Iterator[Line]:
    yield "Ids", _HEAD
    yield _pair("run", report.summary.run_id)
    yield _pair("trace", report.summary.trace_id or "none", p.DIM)
    yield _pair("inputs sha256", report.summary.inputs_sha256 or "none", p.DIM)
    yield "", p.TEXT


def _files(report: RunReport, past: RunPast | None) -> Iterator[Line]:
    if past is None:
        return
    total = f.bytes_size(sum(file.bytes for file in past.files))
    yield f"Files   {total} in {len(past.files)}", _HEAD
    where = next(iter(report.paths.values()), "").rpartition("/")[0]
    yield f"  {clean_text(where)}", p.DIM
    for file in past.files:
        yield f"  {clean_text(file.name, 40):<24}{f.bytes_size(file.bytes):>10}", p.TEXT
