"""One worker that lives from question to question: somebody waits, and it has loaded all there is."""

import socket
from collections.abc import Callable, Iterator, Sequence

from clearedge_tui.core.wire import Deframer
from clearedge_tui.research.pool import LIFE, TRIES, Forked, Lost, answers, killed
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.research.work import Task


class OneWorker(Forked):
    """A pool of one. The worker is replaced after as many asks as any other, and when it dies."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._line: socket.socket | None = None
        self._deframer = Deframer()
        self._pid = self._done = 0

    def run(
        self, asks: Sequence[Ask], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, Trial]]:
        for at, ask in enumerate(asks):
            if stop():
                return
            yield at, self._trial(ask)

    def _trial(self, ask: Ask) -> Trial:
        for _ in range(TRIES):
            try:
                ((_, trial),) = answers(self._worker(), self._deframer, Task(self._done, (ask,)))
            except Lost:
                self._hang_up(kill=True)
                continue
            self._done += 1
            if self._done >= LIFE:
                self._hang_up()
            return trial
        return killed(ask)

    def _worker(self) -> socket.socket:
        if self._line is None:
            self._line, self._pid = self._mother.another()
            self._deframer, self._done = Deframer(), 0
        return self._line

    def _hang_up(self, kill: bool = False) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
            self._mother.gone(self._pid, kill)

    def close(self) -> None:
        self._hang_up(kill=True)
        super().close()
