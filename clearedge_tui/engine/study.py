"""The mother of a study's workers: reads the bars once and forks; they are shared, not copied.

`python -m clearedge_tui.engine.study FD` speaks over one inherited socket with whoever made it, and
ends with it. A worker takes tasks over a socket of its own until that is closed.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
import warnings
from importlib import import_module
from pathlib import Path

import msgspec
import numpy as np

from clearedge_tui.contract import indicators
from clearedge_tui.contract import model as contract_model
from clearedge_tui.core.errors import BadData, ClearEdgeError
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.engine.forking import Mother, become, speak_to
from clearedge_tui.engine.trial import Bench
from clearedge_tui.engine.worker import Answers
from clearedge_tui.market import catalog, markets
from clearedge_tui.research.trial import Setup
from clearedge_tui.research.work import Another, Answer, Begin, Ready, Task, ToMother
from clearedge_tui.runs import data_used
from clearedge_tui.runs.messages import Made
from clearedge_tui.settings import Home

_PRELOADED = (indicators, contract_model)  # shared, not paid for by each worker
_MOST = 1 << 20
_task = msgspec.msgpack.Decoder(Task).decode


def bench_of(setup: Setup, folder: Path) -> Bench:
    """Return a setup's bench. Raises what a person can act on, also for data that are others."""
    home = Home(Path(setup.root))
    market = markets.resolve(home, setup.spec.market)
    spec = msgspec.structs.replace(setup.spec, data_sha256=setup.data_sha256, fetch=False)
    data_used.prepare(home, market, spec, lambda _text: None)
    bars = catalog.read_bars(home, market.market_id, spec.timeframe, spec.start_ns, spec.end_ns)
    if not len(bars) or not np.all(np.diff(bars.ts_ns) > 0):
        raise BadData(f"{market.market_id} {spec.timeframe}: no bars, or files that overlap")
    return Bench(setup, market.info, bars, folder)


def serve(bench: Bench, line: socket.socket) -> int:
    """Do tasks until nobody asks any more."""
    deframer = Deframer()
    while data := line.recv(_MOST):
        for body in deframer.feed(data):
            task = _task(body)
            for at, ask in enumerate(task.asks):
                line.sendall(frame(Answer(task.number, at, bench.run(ask))))
    return 0


class StudyMother(Mother):
    """Loads once, forks as often as it is asked."""

    def __init__(self, control: socket.socket) -> None:
        super().__init__(control, ToMother)
        self._bench: Bench | None = None

    def asked(self, request: Begin | Another) -> None:
        if isinstance(request, Begin):
            self.tell(self._begin(request))
        elif self._bench is not None:
            self._fork(request, self._bench)

    def _begin(self, request: Begin) -> Ready:
        try:
            self._bench = bench_of(request.setup, Path(request.folder))
        except ClearEdgeError as error:
            return Ready(error=str(error), code=error.exit_code)
        gc.collect()
        gc.freeze()
        return Ready(len(self._bench.bars))

    def _fork(self, request: Another, bench: Bench) -> None:
        line, log = self.passed.pop(0), self.passed.pop(0)
        pid = os.fork()
        if pid == 0:
            become(lambda: _worker(bench, line, log), self.own, (signal.SIGINT,))
        os.close(line)
        os.close(log)
        self.tell(Made(request.ticket, pid))


def _worker(bench: Bench, line: int, log: int) -> int:
    speak_to(log)
    bench.folder = bench.folder / str(os.getpid())
    gc.set_threshold(200_000, 20, 50)  # fills and orders live to the end of their trial
    Answers(line).watch()  # whoever asked may be gone while a strategy sleeps
    try:
        return serve(bench, socket.socket(fileno=line))
    except (BrokenPipeError, ConnectionResetError):
        return 0  # who asked is gone


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    # the only other threads are those of OpenBLAS, jemalloc and Arrow, which take care of forks
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    for name in ("pandas", "pyarrow.pandas_compat"):  # the first engine or table imports it, 0.2 s
        with contextlib.suppress(ImportError):
            import_module(name)
    StudyMother(control).run()


if __name__ == "__main__":
    main()
