"""A worker process: one job in on stdin, progress and one result out on a descriptor.

`python -m clearedge_tui.engine.worker FD` reads one frame from stdin and writes frames to FD. A
forked child calls `run_job` instead. Whatever the engine or the strategy prints goes to the run's
log file.
"""

import contextlib
import gc
import os
import random
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import (
    BadData,
    ClearEdgeError,
    NotFound,
    RetryLater,
    StrategyFault,
)
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.engine import backtest
from clearedge_tui.engine.loading import load
from clearedge_tui.engine.run_log import RunLog
from clearedge_tui.market import catalog, markets
from clearedge_tui.research import ledger
from clearedge_tui.runs import (
    artifacts,
    data_used,
    drafts,
    events,
    journal,
    manifest,
    report,
    same,
)
from clearedge_tui.runs.artifacts import Origin
from clearedge_tui.runs.job import Failed, Job, decode_job
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import LOG, draft_folder
from clearedge_tui.runs.model import BacktestSpec, DataUsed
from clearedge_tui.settings import Home

Send = Callable[[bytes], None]
_LOOKS = 3
_GRACE_S = 3.0  # to write what is there, when nobody listens any more
_LEFT = "who had started it is gone; take it up again with: clearedge run resume {}"


def run_job(
    job: Job, send: Send, stop: Callable[[], bool] = lambda: False, own_process: bool = True
) -> int:
    """Run one backtest and write its artifacts; send Progress, then a RunReport or Failed.

    Returns the exit code. `own_process` also redirects stdout and stderr to the run's log, for good.
    """
    home = Home(Path(job.root))
    draft = draft_folder(home, job.run_id)
    try:
        drafts.start(home, job.run_id, os.getppid())
        log = RunLog(draft / LOG)
        try:
            if own_process:
                log.take_output()
            return _run(home, job, draft, log, send, stop)
        except ClearEdgeError as error:
            log.raw(str(error))
            _not_started(home, job, error, log)
            send(frame(Failed(clean_text(error), error.exit_code)))
            return error.exit_code
        finally:
            log.finish()
    except OSError as full:  # half a result is none
        told = artifacts.no_room(home, full)
        with contextlib.suppress(OSError):
            _let_go(home, job, told)
        send(frame(Failed(clean_text(told), told.exit_code)))
        return told.exit_code


def _run(
    home: Home, job: Job, draft: Path, log: RunLog, send: Send, stop: Callable[[], bool]
) -> int:
    asked, about = job.asked, job.asked.about
    journal.append(
        draft, about, events.RUN_STARTED, Status.RUNNING, attempt=job.attempt, pid=os.getpid()
    )
    used, plan = _material(home, job, draft, log)
    code = Path(plan.loaded.info.path)
    source = code.read_bytes()
    own = manifest.imports(home.strategies, code)
    known = manifest.inputs(plan.spec, plan.loaded.info.sha256, used, plan.market, own)
    there = None if asked.again else same.find(home, known)
    if there is not None:
        drafts.drop(draft)
        send(frame(there))
        return 0
    journal.append(draft, about, events.BACKTEST_STARTED, bars=len(plan.bars))
    asked_of = plan.spec.strategy, plan.market.id, plan.spec.timeframe, plan.loaded.info.sha256
    ledger.note(home, ledger.RUN, *asked_of, [plan.spec.config], run=job.run_id)
    outcome = backtest.execute(plan, lambda progress: send(frame(progress)), stop)
    if outcome.status == "cancelled" and log.took:  # whoever cancels a process kills it
        why = _LEFT.format(job.run_id)
        artifacts.record_end(home, asked, why, Status.INTERRUPTED, log.finish)
        return 1
    log.raw(outcome.detail or outcome.error)
    orders, fills = len(outcome.orders), len(outcome.fills)
    journal.append(
        draft, about, events.BACKTEST_COMPLETED, bars=outcome.seen, orders=orders, fills=fills
    )
    if log.took:
        gc.disable()  # all of it lives to the end: looking for garbage in it took 0.1 s
    built = report.build(job.run_id, plan.spec, plan.market, outcome, asked.created_ns, used)
    late = manifest.imports(home.strategies, code) | own  # also those imported on the way
    made = msgspec.structs.replace(known, imports=dict(sorted(late.items())))
    origin = Origin(made, code, source, about, known, log.finish)
    done = artifacts.write(home, _named(built, about, made), origin)
    send(frame(done))
    return 5 if done.summary.status == "failed" else 0


def _material(
    home: Home, job: Job, draft: Path, log: RunLog
) -> tuple[DataUsed | None, backtest.Plan]:
    """Return the data's name and everything else a run needs: of one moment, as far as data go."""
    spec = job.asked.spec
    for _ in range(_LOOKS):
        used = _data(home, job, draft, lambda text: log.say(0, "info", text))
        random.seed(spec.seed)  # before the strategy's file runs: chance is part of the inputs
        np.random.seed(spec.seed % 2**32)
        plan = plan_of(home, spec, draft, log.say)
        if used is None or data_used.same_files(home, used):
            return used, plan
    raise RetryLater(f"{spec.market} {spec.timeframe}: its data change while they are read")


def _named(built: report.Result, about: journal.About, made: manifest.Inputs) -> report.Result:
    """Give a result its trace and the hash of its inputs."""
    summary = msgspec.structs.replace(
        built.report.summary,
        trace_id=about.trace_id,
        inputs_sha256=manifest.canonical_sha256(made),
    )
    whole = msgspec.structs.replace(built.report, summary=summary)
    return replace(built, report=whole)


def _not_started(home: Home, job: Job, error: ClearEdgeError, log: RunLog) -> None:
    """Keep a record when the strategy is at fault; a mistyped name leaves no run behind."""
    log.finish()
    if isinstance(error, StrategyFault):
        artifacts.record_end(home, job.asked, str(error))
    else:
        _let_go(home, job, error)


def _let_go(home: Home, job: Job, error: ClearEdgeError) -> None:
    """Leave no run behind; one that was taken up again goes back to where it lay."""
    draft = draft_folder(home, job.run_id)
    if any(entry.event == events.RUN_RESUMED for entry in journal.read(draft)):
        artifacts.record_end(home, job.asked, str(error), Status.INTERRUPTED)
    else:
        drafts.drop(draft)


def _data(home: Home, job: Job, draft: Path, told: Callable[[str], None]) -> DataUsed | None:
    """Have the run's data. What an earlier attempt has judged stands while the files do."""
    about = job.asked.about
    before = data_used.of_journal(home, journal.read(draft))
    if before is not None:
        journal.append(draft, about, events.DATA_REUSED, series=before.series, rows=before.rows)
        return before
    used = data_of(home, job.asked.spec, told)
    if used is not None:
        journal.append(draft, about, events.DATA_READY, data=msgspec.to_builtins(used))
    return used


def data_of(home: Home, spec: BacktestSpec, told: Callable[[str], None]) -> DataUsed | None:
    """Have the run's data and judge them; None when there is no strategy to show them to."""
    if not (home.strategies / f"{spec.strategy}.py").is_file():
        return None  # said by `plan_of`
    return data_used.prepare(home, markets.resolve(home, spec.market), spec, told)


def plan_of(
    home: Home, spec: BacktestSpec, folder: Path, say: Callable[[int, str, str], None]
) -> backtest.Plan:
    """Look up strategy, market and bars; raises the error a person can act on."""
    path = home.strategies / f"{spec.strategy}.py"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in home.strategies.glob("[!_]*.py"))) or "none"
        raise NotFound(
            f"no strategy `{clean_text(spec.strategy)}` in {home.strategies}; there: {known}"
        )
    market = markets.resolve(home, spec.market)
    bars = catalog.read_bars(home, market.market_id, spec.timeframe, spec.start_ns, spec.end_ns)
    if not len(bars):
        raise BadData(
            f"{market.symbol} has no {spec.timeframe} bars from {_edge(spec.start_ns)} to {_edge(spec.end_ns)}; "
            "see what there is with: clearedge data list"
        )
    loaded = load(path)
    config = loaded.schema.validate(spec.config)
    spec = msgspec.structs.replace(spec, market=market.market_id, config=config)
    if not np.all(np.diff(bars.ts_ns) > 0):
        raise BadData(
            f"{market.market_id} {spec.timeframe}: the catalog's files overlap; import it again"
        )
    return backtest.Plan(spec, market.info, bars, loaded, folder, say)


def _edge(ts_ns: int) -> str:
    return iso(ts_ns) if ts_ns else "the edge of the data"


class Answers:
    """The way back. `gone` when nobody listens any more: the run then stops, interrupted."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.gone = False

    def watch(self) -> None:
        """End this process some seconds after nobody listens any more, whatever it is doing."""
        threading.Thread(target=self._watch, name="listener", daemon=True).start()

    def _watch(self) -> None:
        asked = select.poll()
        asked.register(self._descriptor, 0)  # that the other end is closed is always told
        asked.poll()
        self.gone = True
        time.sleep(_GRACE_S)
        if os.getpgrp() == os.getpid():  # with what the strategy has started
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view and not self.gone:
                view = view[os.write(self._descriptor, view) :]
        except BrokenPipeError:
            self.gone = True


def main() -> int:
    """Entry of the spawned process; the descriptor to answer on is the only argument."""
    answers = Answers(int(sys.argv[1]))
    answers.watch()
    deframer = Deframer()
    while chunk := os.read(0, 1 << 16):
        for body in deframer.feed(chunk):
            return run_job(decode_job(body), answers.send, lambda: answers.gone)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
