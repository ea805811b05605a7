"""The kills on the disk, looked at by the console itself: true whether or not a supervisor answers."""

from typing import Final

from clearedge_tui import kills
from clearedge_tui.core.kill_summary import KillRow, summary
from clearedge_tui.settings import Home
from clearedge_tui.ui.model import LinkState, Model

SILENT_S: Final = 3.0  # a supervisor that says nothing for longer may hang


class KillWatch:
    """While the link is up the supervisor's word counts, and what it has not told yet is added."""

    def __init__(self, home: Home, model: Model) -> None:
        self._home, self._model = home, model
        self._files = kills.KillFiles(home)
        self._receipts = kills.ReceiptFiles(home)

    def look(self) -> None:
        """Take up what changed on the disk; two looks at a folder's time when nothing is killed."""
        held, model = self._files.look(), self._model
        up = model.link is LinkState.UP and (model.age_s() or 0.0) < SILENT_S
        told = {name for row in model.kills for name in row.names}
        if not held and (up or not told):
            return
        if up and told.issuperset(kill.name for kill in held):
            return
        rows: tuple[KillRow, ...] = ()
        if held:
            rows = summary(held, self._receipts.look(), self._running())
        if rows != model.kills:
            model.kills = rows
            model.version += 1

    def _running(self) -> list[str]:
        """Return the accounts whose answer is to be waited for."""
        known = self._model.accounts.values()
        return [one.name for one in known if one.pid] if known else kills.running(self._home)
