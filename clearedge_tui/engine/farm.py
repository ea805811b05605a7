"""The mother of backtest workers: imports everything once, does nothing, forks one for each job.

`python -m clearedge_tui.engine.farm FD` speaks over one inherited socket with whoever made it, and
ends with it. A worker does one run and is gone, so nothing grows; it starts in milliseconds.
"""

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import sys
import warnings
from importlib import import_module

import msgspec
import pydantic
from nautilus_trader.backtest import BacktestEngine

from clearedge_tui.contract import indicators
from clearedge_tui.contract import model as contract_model
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.engine.worker import Answers, run_job
from clearedge_tui.runs import manifest, tables, text_report
from clearedge_tui.runs.html import sheet
from clearedge_tui.runs.job import Job
from clearedge_tui.runs.messages import Gone, Made, Make

_MOST = 1 << 20
_PRELOADED = (
    BacktestEngine,
    pydantic.BaseModel,
    indicators,
    contract_model,
    sheet.page,
    tables.write_tables,
    text_report.markdown,
)  # shared, not paid for by each worker


def _worker(job: Job, answers: int, log: int, keep_out: list[int]) -> None:
    """Do the job; never returns."""
    code = 70
    try:
        os.setsid()
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for descriptor in keep_out:
            os.close(descriptor)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        way = Answers(answers)
        way.watch()
        code = run_job(job, way.send, lambda: way.gone)
    except BaseException:  # noqa: BLE001  # process main: the one border, recorded in the log
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Farm:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._deframer = Deframer()
        self._decode = msgspec.msgpack.Decoder(Make).decode
        self._passed: list[int] = []  # descriptors whose message is not whole yet
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_w, False)
        os.set_blocking(self._wake_r, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until the owner's end of the socket is gone."""
        control = self._control.fileno()
        while True:
            ready, _, _ = select.select([control, self._wake_r], [], [])
            if self._wake_r in ready:
                os.read(self._wake_r, 4096)
                self._reap()
            if control in ready:
                data, passed, _, _ = socket.recv_fds(self._control, _MOST, 16)
                if not data:
                    return
                self._passed += passed
                for body in self._deframer.feed(data):
                    self._fork(self._decode(body))

    def _fork(self, ask: Make) -> None:
        answers, log = self._passed.pop(0), self._passed.pop(0)
        pid = os.fork()
        if pid == 0:
            _worker(ask.job, answers, log, [self._control.fileno(), self._wake_r, self._wake_w])
        os.close(answers)
        os.close(log)
        self._tell(Made(ask.ticket, pid))

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._tell(Gone(pid, os.waitstatus_to_exitcode(status)))

    def _tell(self, message: msgspec.Struct) -> None:
        try:
            self._control.sendall(frame(message))
        except (BrokenPipeError, ConnectionResetError):
            sys.exit(0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    # the only other threads are OpenBLAS's and jemalloc's own, which take care of forks
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    with contextlib.suppress(ImportError):  # the first engine of a process imports it, 0.2 s
        import_module("pandas")
    manifest.libraries()  # kept for every worker: they run what is imported here
    manifest.environment()
    gc.collect()
    gc.freeze()
    Farm(control).run()


if __name__ == "__main__":
    main()
