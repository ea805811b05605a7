"""The kills that are on, as rows for consoles: files and receipts of the disk, and of memory."""

from collections.abc import Iterable

import msgspec

from clearedge_tui import kills
from clearedge_tui.core.kill import SIGNALLED, Kill, named
from clearedge_tui.core.kill_summary import KillRow, summary
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.runtime import AccountRun


def on(files: kills.KillFiles, places: Iterable[AccountRun]) -> tuple[Kill, ...]:
    """Return the kills that are on: those of the disk, and signals that no disk could take."""
    held = {kill.name: kill for kill in files.look()}
    for place in places:
        for receipt in place.receipts.values() if place.gateway.alive else ():
            kill = named(receipt.kill)
            if receipt.written or receipt.reason != SIGNALLED or kill is None:
                continue
            told = msgspec.structs.replace(kill, reason=SIGNALLED, at_ns=receipt.seen_ns)
            held.setdefault(kill.name, told)
    return tuple(held.values())


def forget(kill: Kill, places: Iterable[AccountRun]) -> None:
    """A kill was lifted: what only memory knew of it is no longer on."""
    for place in places:
        kept = {k: r for k, r in place.receipts.items() if r.written or r.kill != kill.name}
        place.receipts = kept


class KillView:
    """Asked many times a second; reads receipts again only when one was written."""

    def __init__(self, home: Home) -> None:
        self._files = kills.KillFiles(home)
        self._receipts = kills.ReceiptFiles(home)

    def rows(self, places: Iterable[AccountRun]) -> tuple[KillRow, ...]:
        known = tuple(places)
        held = on(self._files, known)
        if not held:
            return ()
        found: list[Receipt] = list(self._receipts.look())
        running = []
        for place in known:
            found += place.receipts.values()  # those that no disk could take
            if place.gateway.alive:
                running.append(place.name)
        return summary(held, found, running)
