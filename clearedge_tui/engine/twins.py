"""What becomes of `should_enter` in a trial: counted as it is, or answered by chance.

A rule test keeps everything of a strategy but the moment of its entries. A moment is eligible when
`should_enter` is asked while the strategy is flat and no order of it is out. A twin enters at each
such moment with the odds at which the strategy itself did, and up as often as it did.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from clearedge_tui.engine.backtest_context import BacktestContext
from clearedge_tui.engine.hosted import Hosted
from clearedge_tui.engine.loading import Loaded
from clearedge_tui.research.trial import Twin


class Entries:
    """Stands before a strategy's `should_enter`."""

    def __init__(self, twin: Twin | None) -> None:
        self._twin = twin
        self._chance = Random(0 if twin is None else twin.seed)
        self.asked = False
        self.eligible = self.entries = self.longs = 0

    def dress(self, loaded: Loaded, hosted: Hosted, context: BacktestContext) -> None:
        """Take the place of the strategy's own function, wherever its code calls it."""
        own = hosted.should_enter
        if own is None:
            return
        original = own

        def ask(*args: Any) -> Any:
            self.asked = True
            if context.engaged:
                return original(*args)
            self.eligible += 1
            answer = original(*args) if self._twin is None else self._draw(self._twin)
            if answer:
                self.entries += 1
                self.longs += answer is True or answer > 0
            return answer

        _put(loaded, hosted, ask)

    def _draw(self, twin: Twin) -> int:
        if self._chance.random() >= twin.odds:
            return 0
        return 1 if self._chance.random() < twin.long_share else -1


def _put(loaded: Loaded, hosted: Hosted, ask: Callable[..., Any]) -> None:
    hosted.should_enter = ask
    owner = hosted.owner
    if owner is not None:
        owner.should_enter = ask  # type: ignore[attr-defined]  # an instance's own hides its class's
    else:
        loaded.module.should_enter = lambda _context, *args: ask(*args)  # type: ignore[attr-defined]
