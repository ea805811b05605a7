"""Judge strategies in a process of its own: `python -m clearedge_tui.supervisor.study_task FD`.

Reads one frame from stdin and writes frames to FD: steps, then how it ended. SIGTERM ends it in
good order; whatever ends it, what is done is kept and not done again.
"""

import os
import signal
import sys
from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import ClearEdgeError, of_machine
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.market.task import Ended, Step
from clearedge_tui.supervisor.study_along import Along, Size
from clearedge_tui.supervisor.study_work import StudyTask

_TELL_S = 0.1
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
    from pathlib import Path

    from clearedge_tui.research.gauntlet import Options
    from clearedge_tui.research.judge import Judged, sweep
    from clearedge_tui.research.objective import Objective
    from clearedge_tui.research.study import Step as Studied
    from clearedge_tui.settings import Home

    options = msgspec.convert(task.options, Options)
    Objective(options.objective)  # a mistyped one is told before anything is run
    size = Size(options.twins, options.trials, options.windows, options.wfo_trials,
                options.permutations, options.as_is)  # fmt: skip
    done: list[Judged] = []
    home, began = Home(Path(task.root)), monotonic()
    along = Along(size)
    best: list[float | None] = [None]

    def told(step: Studied) -> None:
        batch = step.what == "trials" and step.took_s > 0
        share, text = along.at(step.what, step.done, step.total, batch)
        whole = (len(done) + share) / len(task.specs)
        best[0] = step.best if step.what == "trials" and not batch else best[0]
        text += "" if best[0] is None or step.what != "trials" else f", best {best[0]:.2f}"
        which = f"{len(done) + 1} of {len(task.specs)}, " if len(task.specs) > 1 else ""
        eta = along.eta(whole, monotonic() - began)
        tell(Step(whole, step.done, eta_s=eta, text=f"{which}{text}"))

    for one in sweep(home, task.specs, options, told, stop, task.held_out):
        done.append(one)
        along.anew()
    return _said(done)


def _said(done: "list") -> Ended:  # type: ignore[type-arg]  # of research.judge.Judged, loaded late
    wrong = [one for one in done if one.ladder is None]
    if len(done) == 1:
        return Ended(error=wrong[0].error) if wrong else Ended(str(done[0].ladder.readiness))
    ready = sum(one.ladder is not None and one.ladder.readiness.ready for one in done)
    told = f"{len(done)} ladders, {ready} ready"
    if wrong:
        first = f"{wrong[0].strategy} on {wrong[0].market}: {clean_text(wrong[0].error, 160)}"
        told += f", {len(wrong)} could not be run, such as {first}"
    return Ended(told)


def main() -> int:
    """Entry of the spawned process; the descriptor to answer on is the only argument."""
    answers, said, asked = int(sys.argv[1]), [-1.0], list[int]()
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))

    def send(message: msgspec.Struct) -> None:
        view = memoryview(frame(message))
        while view:
            view = view[os.write(answers, view) :]

    def tell(step: Step) -> None:
        if monotonic() - said[0] >= _TELL_S:
            said[0] = monotonic()
            send(step)

    os.set_inheritable(answers, False)
    deframer = Deframer()
    while chunk := os.read(0, 1 << 16):
        for body in deframer.feed(chunk):
            ended = run(_decode(body), tell, lambda: bool(asked))
            send(ended)
            return ended.code
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
