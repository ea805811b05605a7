"""Runs side by side: figures with their differences, and what made them differ."""

import difflib
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import manifest
from clearedge_tui.runs.listing import load_report, require_backtest, run_folder
from clearedge_tui.runs.model import Curve, RunReport
from clearedge_tui.settings import Home

MOST = 8
MORE_IS_BETTER = frozenset(
    [
        "total_return",
        "net_profit",
        "pnl",
        "cagr",
        "sharpe",
        "sortino",
        "calmar",
        "profit_factor",
        "win_rate",
        "avg_trade",
        "avg_win_loss_ratio",
        "final_equity",
        "excess_return",
        "expectancy",
        "sqn",
        "worst_trade",
    ]
)
LESS_IS_BETTER = frozenset(["max_drawdown", "max_drawdown_days", "volatility", "ulcer_index"])
_MOST_LINES = 400


class Line(msgspec.Struct, frozen=True):
    """One figure or setting of every run, in their order. `differs` when they are not all the same.

    `best` numbers the run with the best value, where more or less of it is plainly better and one
    run has it alone; -1 is none.
    """

    name: str
    values: tuple[str | float | None, ...]
    differs: bool
    best: int = -1


class Comparison(msgspec.Struct, frozen=True):
    """The first run is what the others are held against."""

    run_ids: tuple[str, ...]
    titles: tuple[str, ...]
    equity: tuple[Curve, ...]  # each divided by its starting balance
    figures: tuple[Line, ...]
    settings: tuple[Line, ...]  # specification and config
    data: tuple[Line, ...]  # series, rows, first, last, hash
    inputs: tuple[Line, ...]  # code, engine, libraries …
    code: tuple[tuple[str, ...], ...]  # unified diffs against the first, one a run; empty: the same
    notes: tuple[str, ...] = ()


def compare(home: Home, run_ids: Sequence[str]) -> Comparison:
    """Return the comparison of two to eight runs. Raises NotFound, or UsageError for too few."""
    names = list(dict.fromkeys(run_ids))
    if not 2 <= len(names) <= MOST:
        raise UsageError(f"{len(names)} runs; wanted two to {MOST} different ones")
    reports = [require_backtest(load_report(home, name), "compared") for name in names]
    folders = [run_folder(home, name) for name in names]
    return Comparison(
        run_ids=tuple(names),
        titles=tuple(map(_title, reports)),
        equity=tuple(map(_relative, reports)),
        figures=_figures(reports),
        settings=_settings(reports),
        data=_data(reports),
        inputs=_inputs(folders),
        code=tuple(_diff(folders[0], other) for other in folders),
        notes=tuple(_notes(reports)),
    )


def _title(report: RunReport) -> str:
    run = report.summary
    return f"{run.strategy} {run.market} {run.timeframe}"


def _relative(report: RunReport) -> Curve:
    start = float(report.spec.balance)
    return Curve(report.equity.ts_ns, tuple(value / start for value in report.equity.value))


def _lines(rows: Sequence[dict[str, str | float | None]]) -> tuple[Line, ...]:
    names = dict.fromkeys(name for row in rows for name in row)
    found = []
    for name in names:
        values = tuple(row.get(name) for row in rows)
        found.append(Line(name, values, any(value != values[0] for value in values)))
    return tuple(found)


def _figures(reports: Sequence[RunReport]) -> tuple[Line, ...]:
    rows: list[dict[str, str | float | None]] = [{**r.summary.metrics} for r in reports]
    return tuple(msgspec.structs.replace(line, best=best_of(line)) for line in _lines(rows))


def best_of(line: Line) -> int:
    """Return which run does best in a figure; -1 where nobody can say."""
    sign = 1 if line.name in MORE_IS_BETTER else -1 if line.name in LESS_IS_BETTER else 0
    known = [float(v) for v in line.values if isinstance(v, float | int) and math.isfinite(v)]
    if not sign or len(known) < 2:
        return -1
    best = max(sign * (abs(v) if sign < 0 else v) for v in known)
    holders = [
        number
        for number, v in enumerate(line.values)
        if isinstance(v, float | int) and sign * (abs(v) if sign < 0 else v) == best
    ]
    return holders[0] if len(holders) == 1 else -1


def _settings(reports: Sequence[RunReport]) -> tuple[Line, ...]:
    rows: list[dict[str, str | float | None]] = []
    for report in reports:
        plain = msgspec.to_builtins(report.spec, str_keys=True)
        config = plain.pop("config")
        row: dict[str, str | float | None] = {n: _text(value) for n, value in plain.items()}
        rows.append(row | {f"config.{n}": _text(value) for n, value in config.items()})
    return _lines(rows)


def _data(reports: Sequence[RunReport]) -> tuple[Line, ...]:
    rows: list[dict[str, str | float | None]] = []
    for report in reports:
        row: dict[str, str | float | None] = {}
        for used in report.data:
            row |= {
                "series": used.series,
                "rows": float(used.rows),
                "first": iso(used.first_ns),
                "last": iso(used.last_ns),
                "sha256": used.sha256[:16],
                "accepted": ", ".join(used.accepted),
            }
        rows.append(row)
    return _lines(rows)


def _inputs(folders: Sequence[Path]) -> tuple[Line, ...]:
    rows: list[dict[str, str | float | None]] = []
    for folder in folders:
        try:
            made = manifest.load(folder)
        except (NotFound, BadData):
            rows.append({})
            continue
        plain = msgspec.to_builtins(made.inputs, str_keys=True)
        libraries = {f"library {n}": v for n, v in plain.pop("libraries").items()}
        own = {f"module {n}": v[:12] for n, v in plain.pop("imports").items()}
        short = {name: _text(value)[:16] for name, value in plain.items() if name != "data"}
        rows.append({**short, **own, **libraries, "git": made.git_commit[:12] or None})
    return _lines(rows)


def _diff(first: Path, other: Path) -> tuple[str, ...]:
    """Return how a run's strategy differs from the first one's, at most some hundred lines."""
    if first == other:
        return ()
    try:
        old, new = ((f / manifest.CODE).read_text("utf-8").splitlines() for f in (first, other))
    except (OSError, UnicodeDecodeError):
        return ("one of them kept no code",)
    lines = list(difflib.unified_diff(old, new, first.name, other.name, lineterm="", n=2))
    more = [f"… {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    return tuple(map(clean_text, [*lines[:_MOST_LINES], *more]))


def _notes(reports: Sequence[RunReport]) -> list[str]:
    """Return what makes a comparison less than fair."""
    found = []
    if len({(r.summary.start_ns, r.summary.end_ns) for r in reports}) > 1:
        found.append("they cover different spans of time")
    if len({tuple(u.sha256 for u in r.data) for r in reports}) > 1:
        found.append("they have seen different rows of data")
    if len({r.spec.fill_at for r in reports}) > 1:
        found.append("they fill orders by different conventions")
    if len({r.currency for r in reports}) > 1:
        found.append("their money is of different currencies")
    if any(r.summary.simulated for r in reports):
        found.append("a simulated market is among them")
    return found


def _text(value: object) -> str:
    return clean_text(value if isinstance(value, str) else msgspec.json.encode(value).decode(), 200)
