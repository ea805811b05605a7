"""A session as a run: its report while it is under way, and its folder's place when it has ended."""

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui import __version__
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError, NotFound
from clearedge_tui.core.model import Book, Fill, Mode, Order
from clearedge_tui.core.session import Phase
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import artifacts, events, journal, manifest, session_tables, sessions
from clearedge_tui.runs.journal import Entry
from clearedge_tui.runs.life import FINAL, Status
from clearedge_tui.runs.listing import REPORT, SUMMARY, run_folder
from clearedge_tui.runs.model import BacktestSpec, RunReport, RunSummary
from clearedge_tui.runs.session_figures import curves, figures, main_book, of_trades
from clearedge_tui.runs.session_told import sections
from clearedge_tui.runs.sessions import Begun, Point, SessionSpec
from clearedge_tui.settings import Home
from clearedge_tui.store import sessions as kept
from clearedge_tui.store.db import open_reader

if TYPE_CHECKING:
    from clearedge_tui.runs.session_analysis import Studied

_ENDS = {
    Status.DONE: events.RUN_COMPLETED,
    Status.FAILED: events.RUN_FAILED,
    Status.INTERRUPTED: events.RUN_INTERRUPTED,
}
_FILES = {
    "summary": SUMMARY, "report": REPORT, "text": "report.md", "orders": "orders.parquet",
    "fills": "fills.parquet", "equity": "equity.parquet", "manifest": manifest.MANIFEST,
    "journal": journal.JOURNAL, "spec": "spec.yaml", "session": sessions.SESSION,
    "code": manifest.CODE, "metrics": artifacts.METRICS, "trades": "trades.parquet",
    "analysis": "analysis.json", "html": "report.html",
}  # fmt: skip


def finish(home: Home, folder: Path, begun: Begun, status: Status, why: str = "") -> RunReport:
    """End a session: write its end, its tables and its report, and put its folder in its place.

    Called twice, also by two processes, it ends it once: the later one is told NotFound.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not folder.is_dir():
            raise NotFound(f"{begun.about.run_id} was ended by another")
        return _finish(home, folder, begun, status, why)
    finally:
        os.close(descriptor)


def _finish(home: Home, folder: Path, begun: Begun, status: Status, why: str) -> RunReport:
    from clearedge_tui.runs import session_analysis
    from clearedge_tui.runs.html.sheet import page
    from clearedge_tui.runs.text_report import markdown

    told = journal.read(folder)
    if not any(Status(entry.status) in {*FINAL, Status.INTERRUPTED} for entry in told[-1:]):
        _say_end(folder, begun, told, status, why)
        told = journal.read(folder)
    orders, fills = traded(home, begun.about.run_id)
    points, book = sessions.read_points(folder), book_of(begun.spec, told, fills)
    studied = session_analysis.study(home, begun.spec, book, points, orders, fills)
    report = report_of(begun, told, points, orders, fills, studied)
    final = run_folder(home, begun.about.run_id)
    paths = {name: str(final / file) for name, file in _FILES.items()}
    report = msgspec.structs.replace(report, paths=paths)
    ordered = session_analysis.of_book(fills, book)
    session_tables.write(folder, orders, ordered, points, begun.spec.balance)
    analysis = session_analysis.write(folder, studied, report.summary.metrics)
    (folder / "report.md").write_text(markdown(report, analysis), "utf-8")
    (folder / "report.html").write_text(page(report, analysis), "utf-8")
    artifacts.write_json(folder / artifacts.METRICS, report.summary.metrics)
    origin = artifacts.Origin(inputs(begun.spec), home.strategies / "_")
    artifacts.put_in_place(folder, final, report, origin)
    (final / sessions.POINTS).unlink(missing_ok=True)  # it is a table now
    return report


def _say_end(folder: Path, begun: Begun, told: tuple[Entry, ...], status: Status, why: str) -> None:
    phase = Phase.STOPPED if status is Status.DONE else Phase.ERROR
    sessions.enter(folder, begun.about, sessions.phase_of(told), phase, why=why)
    if status is Status.DONE and begun.about.mode == "paper":
        journal.append(folder, begun.about, "paper_completed")
    journal.append(folder, begun.about, events.ARTIFACTS_WRITTEN)
    error = {"error": why} if why and status is not Status.DONE else {"why": why}
    journal.append(folder, begun.about, _ENDS[status], status, **error)


def traded(home: Home, run_id: str) -> tuple[list[Order], list[Fill]]:
    """Return the orders and fills of a session as the database has them."""
    with open_reader(home.database) as reader:
        return kept.orders(reader, run_id), kept.fills(reader, run_id)


def books_now(home: Home, begun: Begun) -> list[Point]:
    """Return the books of a session under way as they are now."""
    with open_reader(home.database) as reader:
        mine = [row for row in reader.ledgers() if row.instance == begun.spec.instance]
    return [sessions.point(row) for row in mine]


def report_of(
    begun: Begun, told: tuple[Entry, ...], points: list[Point], orders: list[Order],
    fills: list[Fill], studied: "Studied | None" = None,
) -> RunReport:  # fmt: skip
    """Return what is known of a session, ended or not; its trades with what was studied of them."""
    spec = begun.spec
    last = told[-1] if told else None
    status = Status(last.status) if last else Status.QUEUED
    over = status in {*FINAL, Status.INTERRUPTED}
    end_ns = last.ts_ns if over and last else now_ns()
    book = book_of(spec, told, fills)
    metrics = figures(spec, book, points, orders, fills) | _counted(told, studied)
    summary = RunSummary(
        run_id=begun.about.run_id,
        kind=sessions.KIND,
        status=status,
        strategy=spec.strategy,
        market=spec.market_name,
        timeframe=spec.timeframe,
        start_ns=begun.created_ns,
        end_ns=end_ns,
        created_ns=begun.created_ns,
        duration_s=round((end_ns - begun.created_ns) / 1e9, 3),
        simulated=spec.simulated,
        metrics=metrics,
        error=clean_text(last.payload.get("error", "")) if over and last else "",
        trace_id=begun.about.trace_id,
        stamps=_stamps(spec, book),
        phase=sessions.phase_of(told),
    )
    equity, falls = curves(spec, book, points)
    return RunReport(
        summary=summary,
        spec=_as_spec(begun, end_ns),
        bars=0,
        currency=spec.currency,
        equity=equity,
        drawdown=falls,
        trades=studied.newest if studied else (),
        trades_total=len(studied.sheet.trips) if studied else 0,
        conventions=_words(spec, book),
        session=spec.instance,
        sections=sections(told, orders, fills),
    )


def _counted(told: tuple[Entry, ...], studied: "Studied | None") -> dict[str, float | None]:
    names = [entry.event for entry in told]
    found = of_trades(studied.analysed.analysis.figures) if studied is not None else {}
    return found | {"restarts": float(sum(names.count(one) for one in events.RESTARTS))}


def book_of(spec: SessionSpec, told: tuple[Entry, ...], fills: list[Fill]) -> Book:
    """Return the book that a session is about."""
    return main_book(spec, _acted(spec, told), fills)


def _acted(spec: SessionSpec, told: tuple[Entry, ...]) -> bool:
    changes = [str(e.payload.get("text", "")) for e in told if e.event == events.MODE_CHANGED]
    return spec.mode is Mode.ACTIVE or any(f"-> {Mode.ACTIVE}" in text for text in changes)


def _stamps(spec: SessionSpec, book: Book) -> tuple[str, ...]:
    observed = ("shadow book",) if book is Book.SHADOW else ()
    return (*spec.stamps, *observed, *(("simulated",) if spec.simulated else ()))


def _words(spec: SessionSpec, book: Book) -> tuple[str, ...]:
    return (
        f"figures are of the {book} book of {spec.instance}, from the session's first point to its "
        "last; equity is the account's declared balance plus what this instance has earned since "
        "ever",
        "equity is kept once a minute by the clock on the wall; orders, fills and trades carry the "
        "time of their data",
        "a trade is flat to flat; what was held when the session began counts as bought then, at the "
        "price of then",
    )


def _as_spec(begun: Begun, end_ns: int) -> BacktestSpec:
    """Return its settings in the words of a backtest, which is what every report shows."""
    spec = begun.spec
    return BacktestSpec(
        strategy=spec.strategy,
        market=spec.market,
        timeframe=spec.timeframe,
        start_ns=begun.created_ns,
        end_ns=end_ns,
        config=spec.config,
        balance=spec.balance,
        maker_fee=spec.maker_fee,
        taker_fee=spec.taker_fee,
        fill_at=spec.book,
    )


def inputs(spec: SessionSpec) -> manifest.Inputs:
    """Return what made it: code, settings, versions. Its data came as they came."""
    return manifest.Inputs(
        spec_sha256=manifest.canonical_sha256(spec),
        code_sha256=spec.code_sha256,
        config_sha256=manifest.canonical_sha256(spec.config),
        data=(),
        market_sha256="",
        product=__version__,
        python=manifest.python(),
        libraries=manifest.libraries(),
        seed=0,
        environment=manifest.environment(),
    )


def interrupt(home: Home, folder: Path, why: str) -> str:
    """End the session of a dead supervisor; return its id, or nothing when that cannot be done."""
    begun = sessions.load(folder)
    if begun is None:
        return ""
    try:
        finish(home, folder, begun, Status.INTERRUPTED, why)
    except (OSError, ClearEdgeError):
        return ""  # a full disk, or another one was quicker: the next one looks again
    return begun.about.run_id
