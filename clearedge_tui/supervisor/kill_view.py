"""The kills that are on, as rows for consoles: files and receipts of the disk, and of memory."""

from collections.abc import Iterable

from clearedge_tui import kills
from clearedge_tui.core.kill_summary import KillRow, summary
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.runtime import AccountRun


class KillView:
    """Asked many times a second; reads receipts again only when one was written."""

    def __init__(self, home: Home) -> None:
        self._files = kills.KillFiles(home)
        self._receipts = kills.ReceiptFiles(home)

    def rows(self, places: Iterable[AccountRun]) -> tuple[KillRow, ...]:
        held = self._files.look()
        if not held:
            return ()
        found: list[Receipt] = list(self._receipts.look())
        running = []
        for place in places:
            found += place.receipts.values()  # those that no disk could take
            if place.gateway.alive:
                running.append(place.name)
        return summary(held, found, running)
