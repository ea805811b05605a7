"""Judge strategies in a process of its own: `python -m clearedge_tui.supervisor.study_task FD`.

Reads one frame from stdin and writes frames to FD: steps, then how it ended. SIGTERM ends it in
good order; whatever ends it, what is done is kept and not done again.
"""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import ClearEdgeError, of_machine
from clearedge_tui.core.job_process import serve
from clearedge_tui.core.leader import Leader
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.task import Ended, Step
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.study_along import Along, Size
from clearedge_tui.supervisor.study_work import StudyTask

if TYPE_CHECKING:
    from clearedge_tui.research.config import Executor
    from clearedge_tui.research.judge import Judged
    from clearedge_tui.research.study import Step as Studied

_TELL_S = 0.1
_SEARCH = ("trials", "first ", "confirming", "drawing")  # what a search says it is at
_decode = msgspec.msgpack.Decoder(StudyTask).decode
Tell = Callable[[Step], None]


def run(task: StudyTask, tell: Tell, stop: Callable[[], bool]) -> Ended:
    """Judge all of it and say how it ended; every error becomes words."""
    try:
        return _judged(task, tell, stop)
    except ClearEdgeError as error:
        return Ended(error=clean_text(error), code=error.exit_code)
    except msgspec.ValidationError as error:
        return Ended(error=f"options: {clean_text(error)}", code=2)
    except Exception as error:  # noqa: BLE001  # process border: whoever asked must have an answer
        why = of_machine(error) or f"a bug of ours: {type(error).__name__}: {error}"
        return Ended(error=clean_text(why), code=70)


def _judged(task: StudyTask, tell: Tell, stop: Callable[[], bool]) -> Ended:
    from clearedge_tui.research.gauntlet import Options
    from clearedge_tui.research.judge import Judged, one_step, sweep
    from clearedge_tui.research.objective import Objective

    options = msgspec.convert(task.options, Options)
    Objective(options.objective)  # a mistyped one is told before anything is run
    home = Home(Path(task.root))
    size = Size(options.twins, options.trials, options.windows, options.wfo_trials,
                options.permutations, options.as_is)  # fmt: skip
    said = _Said(Along(size), len(task.specs), tell)
    executor = _executor(home, task)
    if task.only:
        found = one_step(home, task.specs[0], options, task.only, said.told, stop, task.held_out, executor)  # fmt: skip
        return Ended("; ".join(f"{one.kind}: {one.verdict}" for one in found))
    done: list[Judged] = []
    for one in sweep(home, task.specs, options, said.told, stop, task.held_out, executor):
        done.append(one)
        said.next()
    return _said(done)


def _executor(home: Home, task: StudyTask) -> "Executor | None":
    """Return who runs trials when that was asked for."""
    if not task.executor and not task.address:
        return None
    from clearedge_tui.research import config

    usual = config.read(home).executor
    name = task.executor or "dask"
    return config.checked(config.Executor(name, task.address or usual.address, usual.workers))


class _Said:
    """Turns what studies tell into steps of the job."""

    def __init__(self, along: Along, ladders: int, tell: Tell) -> None:
        self._along, self._ladders, self._tell = along, ladders, tell
        self._done, self._began = 0, monotonic()
        self._leaders: tuple[Leader, ...] = ()

    def next(self) -> None:
        """Begin the next ladder."""
        self._done += 1
        self._leaders = ()
        self._along.anew()

    def told(self, step: "Studied") -> None:
        search = step.what == "trials"
        batch = search and step.took_s > 0
        share, text = self._along.at(step.what, step.done, step.total, batch)
        whole = (self._done + share) / self._ladders
        if search and not batch:
            self._leaders = step.leaders
        elif not step.what.startswith(_SEARCH):
            self._leaders = ()
        text += f", best {self._leaders[0].score:.2f}" if search and self._leaders else ""
        which = f"{self._done + 1} of {self._ladders}, " if self._ladders > 1 else ""
        eta = self._along.eta(whole, monotonic() - self._began)
        self._tell(Step(whole, step.done, eta_s=eta, text=f"{which}{text}", leaders=self._leaders))


class Teller:
    """Sends steps, ten a second at most; leaders only when they are others than those sent before."""

    def __init__(self, send: Callable[[msgspec.Struct], None]) -> None:
        self._send, self._at = send, -_TELL_S
        self._leaders: tuple[Leader, ...] | None = ()

    def __call__(self, step: Step) -> None:
        now = monotonic()
        if now - self._at < _TELL_S:
            return
        same = step.leaders == self._leaders
        self._at, self._leaders = now, step.leaders
        self._send(msgspec.structs.replace(step, leaders=None) if same else step)


def _said(done: "list[Judged]") -> Ended:
    wrong = [one for one in done if one.ladder is None]
    if len(done) == 1:
        made = done[0].ladder
        return Ended(str(made.readiness)) if made is not None else Ended(error=done[0].error)
    ready = sum(one.ladder is not None and one.ladder.readiness.ready for one in done)
    told = f"{len(done)} ladders, {ready} ready"
    if wrong:
        first = f"{wrong[0].strategy} on {wrong[0].market}: {clean_text(wrong[0].error, 160)}"
        told += f", {len(wrong)} could not be run, such as {first}"
    return Ended(told)


def main() -> int:
    """Entry of the spawned process; the descriptor to answer on is the only argument."""
    asked = list[int]()
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    return serve(
        int(sys.argv[1]), _decode, lambda task, send: run(task, Teller(send), lambda: bool(asked))
    )


if __name__ == "__main__":
    raise SystemExit(main())
