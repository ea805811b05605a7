"""Ladders as rows: readiness, gates as marks, what comes next; the best first, the unjudged last."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import JobRow
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.catalog import age
from clearedge_tui.ui.grid import Cell, Col, Line, Row
from clearedge_tui.ui.ladder import Standing, plainly, standing_text, value_text, wanted_text
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import ladder as marks

BAR, HARD, SCORED = 3, 5, 6  # columns that are painted, not written
_BAR = 8
COLUMNS: Final = (
    Col("STRATEGY", 17, grow=True),
    Col("MARKET", 12),
    Col("TF", 3),
    Col("", 7),
    Col("READINESS", 10, right=True),
    Col("HARD", 8),
    Col("SCORED", 7, least=92),
    Col("STANDING", 11),
    Col("AGE", 4, right=True),
    Col("LOOKS", 5, right=True, least=110),
    Col("VARIANTS", 8, right=True, least=110),
    Col("NEXT", 36, least=130, grow=True),
)
_HEADS: Final = {"strategy": 0, "market": 1, "readiness": 4, "hard": 5, "age": 8}


def columns(sort: str, turned: bool) -> list[Col]:
    """Return the columns; the one it is sorted by says so."""
    out = list(COLUMNS)
    at = _HEADS[sort]
    one = out[at]
    arrow = "▴" if turned else "▾"
    out[at] = Col(
        f"{one.name}{arrow}"[: max(one.width, 4)], one.width, one.least, one.right, one.grow
    )
    return out


def rows(
    found: Iterable[Standing], jobs: Mapping[str, JobRow], look: Look, now_ns: int
) -> list[Row]:
    """Return a row a standing; `jobs` are those at work, by title."""
    return [_row(one, jobs.get(one.title), look, now_ns) for one in found]


def _row(one: Standing, job: JobRow | None, look: Look, now_ns: int) -> Row:
    ready = one.readiness
    word, ink = _standing(one, job)
    points = f"{ready.score} of {ready.possible}" if ready else "–"
    next_ = next_step(one) if ready else "r judges it"
    dim = p.DIM if ready is None or one.stale else p.TEXT
    cells: tuple[Cell, ...] = (
        (one.strategy, p.BRIGHT if ready else p.DIM),
        (f"{one.market} sim" if one.simulated else one.market or "–", dim),
        (one.timeframe or "–", dim),
        ("", p.DIM),
        (points, p.BRIGHT if ready and ready.ready else dim),
        ("" if ready else look.symbols.minus * 8, p.DIM),
        ("" if ready else look.symbols.minus * 7, p.DIM),
        (word, ink),
        (age(one.at_ns, now_ns), p.DIM),
        (str(one.looks) if ready else "–", p.WARN if one.looks > 1 else p.DIM),
        (f"{one.variants:,}" if ready else "–", p.DIM),
        (next_, p.DIM),
    )
    words = f"{one.venue} {'ready' if ready and ready.ready else ''} {'simulated' if one.simulated else ''}"
    return Row(one.key, cells, words=words)


def next_step(one: Standing) -> str:
    """Return what to do next; of a ready one what would add to it, for nothing must be done."""
    ready = one.readiness
    gate = next((g for g in one.gates if ready and g.name == ready.next_gate), None)
    if ready is None or gate is None:
        return ""
    if ready.ready:
        return f"{gate.title} would add {gate.points} points"
    return f"{gate.title}: {ready.next_action}"


def _standing(one: Standing, job: JobRow | None) -> Cell:
    if job is not None:
        return (
            "waiting" if job.state == "queued" else f"judging {job.progress * 100:.0f}%"
        ), p.ACCENT
    word = standing_text(one)
    if word == "READY":
        return word, p.GOOD | p.BOLD
    return word, {"not run": p.DIM, "out of date": p.WARN}.get(word, p.TEXT)


def about(one: Standing, look: Look, now_ns: int) -> tuple[Line, ...]:
    """Return what is told of a standing below the list: the most important first."""
    ready = one.readiness
    if ready is None:
        where = f" on {one.market} {one.timeframe}" if one.market else ""
        return (
            (f"{one.strategy}{where} was never judged", p.BRIGHT | p.BOLD),
            (
                "r judges it: rule test, search, walk-forward, stress, and one look at held-out data",
                p.TEXT,
            ),
            ("what is not run is never a pass, never a fail and never a zero", p.DIM),
        )
    plural = "version" if one.revisions == 1 else "versions"
    word = "READY: all hard gates pass" if ready.ready else standing_text(one)
    lines: list[Line] = [
        (f"{one.strategy} on {one.market} {one.timeframe} ({one.venue})   {ready.score} of "
         f"{ready.possible} possible, {word}", p.BRIGHT | p.BOLD),
        (f"{f.day(one.start_ns)} to {f.day(one.end_ns)}, held out from {f.day(one.split_ns)}; looked at "
         f"{times(one.looks)}; {one.variants:,} variants tried in {one.revisions} {plural} of the file; "
         f"{age(one.at_ns, now_ns)} ago", p.WARN if one.looks > 1 else p.TEXT),
    ]  # fmt: skip
    if ready.next_gate:
        lines.append((f"next: {next_step(one)}", p.ACCENT))
    if one.probed:
        lines.append((f"look-ahead probe: {one.probed}", p.TEXT))
    if one.simulated:
        lines.append(("SIMULATED market: nothing here is evidence about a real one", p.WARN))
    lines.append((f"settings: {settings(one.config)}", p.TEXT))
    lines.append((marks.legend(look.symbols), p.DIM))
    if one.why_config:
        lines.append((one.why_config, p.DIM))
    return (*lines, *_gates(one, look))


def _gates(one: Standing, look: Look) -> list[Line]:
    return [
        (f"{marks.glyph(gate.state, look.symbols)} {gate.title:<26}{value_text(gate):>10}"
         f"{wanted_text(gate):>12}   {plainly(gate)}", marks.ink(gate) & ~p.BOLD)
        for gate in one.hard
    ]  # fmt: skip


def settings(config: Mapping[str, object]) -> str:
    return clean_text(", ".join(f"{k}={v}" for k, v in config.items()) or "–", 300)


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def job_line(jobs: Sequence[JobRow]) -> str:
    """Return what the first of the jobs is at, and how many more there are."""
    job = jobs[0]
    eta = f"  eta {f.duration(job.eta_s)}" if job.eta_s is not None else ""
    more = f"   and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    said = job.message or ("waiting for its turn" if job.state == "queued" else "starting")
    return clean_text(f"{job.title}   {job.progress * 100:3.0f} %{eta}   {said}{more}", 300)


def sorted_by(column: int) -> str:
    """Return what a column sorts by; empty when it sorts nothing."""
    return next(
        (name for name, at in _HEADS.items() if at in (column, column + 1) and column != 2), ""
    )
