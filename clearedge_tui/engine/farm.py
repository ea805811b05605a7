"""The mother of backtest workers: imports everything once, does nothing, forks one for each job.

`python -m clearedge_tui.engine.farm FD` speaks over one inherited socket with whoever made it, and
ends with it. A worker does one run and is gone, so nothing grows; it starts in milliseconds.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
import warnings
from importlib import import_module

import pydantic
from nautilus_trader.backtest import BacktestEngine

from clearedge_tui.contract import indicators
from clearedge_tui.contract import model as contract_model
from clearedge_tui.engine.forking import Mother, become, speak_to
from clearedge_tui.engine.worker import Answers, run_job
from clearedge_tui.runs import manifest, tables, text_report
from clearedge_tui.runs.html import sheet
from clearedge_tui.runs.job import Job
from clearedge_tui.runs.messages import Made, Make

_PRELOADED = (
    BacktestEngine,
    pydantic.BaseModel,
    indicators,
    contract_model,
    sheet.page,
    tables.write_tables,
    text_report.markdown,
)  # shared, not paid for by each worker


def _worker(job: Job, answers: int, log: int) -> int:
    speak_to(log)
    way = Answers(answers)
    way.watch()
    return run_job(job, way.send, lambda: way.gone)


class Farm(Mother):
    def asked(self, request: Make) -> None:
        answers, log = self.passed.pop(0), self.passed.pop(0)
        pid = os.fork()
        if pid == 0:
            become(lambda: _worker(request.job, answers, log), self.own, (signal.SIGINT,))
        os.close(answers)
        os.close(log)
        self.tell(Made(request.ticket, pid))


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    # the only other threads are OpenBLAS's and jemalloc's own, which take care of forks
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    for name in ("pandas", "pyarrow.pandas_compat"):  # the first engine or table imports it, 0.2 s
        with contextlib.suppress(ImportError):
            import_module(name)
    manifest.libraries()  # kept for every worker: they run what is imported here
    manifest.environment()
    gc.collect()
    gc.freeze()
    Farm(control, Make).run()


if __name__ == "__main__":
    main()
