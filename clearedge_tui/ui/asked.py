"""A list that is asked for: what came, when, and why nothing came. Foreign data is converted here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Result

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


@dataclass(slots=True)
class Asked[T]:
    """The answer to one question; the former answer stays until a better one is there."""

    kind: Any  # what the data must be, as msgspec sees types
    value: T | None = None
    problem: str = ""
    waiting: bool = False
    then: list[Callable[[], None]] = field(default_factory=list)

    def ask(self, ui: "Console", verb: str, args: dict[str, object] | None = None) -> None:
        """Ask (again); a second question while one is open is not sent."""
        if self.waiting:
            return
        self.waiting = True
        ui.ask(verb, args or {}, verb, self._take, quiet=True)

    def _take(self, result: Result) -> None:
        self.waiting = False
        if result.status != "done":
            self.problem = result.message
        else:
            try:
                self.value = msgspec.convert(result.data, self.kind)
                self.problem = ""
            except msgspec.ValidationError as error:
                self.problem = f"the answer cannot be read: {clean_text(error)}"
        for act in self.then:
            act()
