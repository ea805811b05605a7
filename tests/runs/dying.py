"""`python -m tests.runs.dying HOME kill|full EVERY`: workers that are killed, or find the disk full, at
each file they open, rename or remove in turn; the last one comes through. Prints a line for each.
"""

import errno
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.wire import Deframer
from clearedge_tui.engine.worker import run_job
from clearedge_tui.runs import drafts
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.job import Failed, Job, decode_answer
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home

_TOUCHES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir")


def asked(home: Home, step: int) -> drafts.Asked:
    run_id = new_run_id(f"step_{step}")
    place = str(run_folder(home, run_id).relative_to(home.root))
    about = About(run_id, f"{step:032x}", "0" * 64, place)
    spec = BacktestSpec("ema_cross", "SIMUSDT.SIMULATED", "1m")
    return drafts.Asked(about, spec, "SIM/USDT", now_ns(), again=True)


def trap(home: Home, step: int, mode: str) -> None:
    """Let the worker that this process is come to its step and no further."""
    done, runs = 0, str(home.runs)

    def look(event: str, args: tuple[object, ...]) -> None:
        nonlocal done
        if event == "open":
            touches = isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR))
        else:
            touches = event in _TOUCHES
        if not touches or not str(args[0]).startswith(runs):
            return
        done += 1
        if mode == "kill" and done == step:
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == "full" and done >= step and event in ("open", "os.mkdir"):
            raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))

    sys.addaudithook(look)


def worker(home: Home, job: Job, step: int, mode: str) -> None:
    """Do one run, and say what was answered last; never returns."""
    said, deframer = "nothing", Deframer()

    def send(data: bytes) -> None:
        nonlocal said
        for body in deframer.feed(data):
            answer = decode_answer(body)
            said = f"failed {answer.error}" if isinstance(answer, Failed) else "report"

    trap(home, step, mode)
    code = run_job(job, send, own_process=False)
    print(step, job.run_id, code, said, flush=True)  # noqa: T201  # to the test
    os._exit(0)


def main() -> None:
    home, mode = Home(Path(sys.argv[1])), sys.argv[2]
    for name in ("pandas", "pyarrow.parquet", "clearedge_tui.runs.html.sheet"):
        import_module(name)  # once, and not in each worker
    for step in range(1, 200, int(sys.argv[3])):
        wanted = asked(home, step)
        drafts.begin(home, wanted, "")
        pid = os.fork()
        if pid == 0:
            worker(home, Job(str(home.root), wanted), step, mode)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            print(step, wanted.about.run_id, code, "ended", flush=True)  # noqa: T201
        elif mode == "kill" or run_folder(home, wanted.about.run_id).is_dir():
            return


if __name__ == "__main__":
    main()
