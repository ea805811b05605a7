"""Everything the supervisor writes down, gathered and committed a few times a second.

Declarations (modes, configs) do not pass here: they are committed before they are acted on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import Book, EngineState, Fill, Mode, Order
from clearedge_tui.core.reconcile import Difference
from clearedge_tui.core.text import clean_text
from clearedge_tui.store.db import Store
from clearedge_tui.store.trading import note_differences

_MARKS_S = 5.0  # sums that moved with the price alone wait this long for the disk


class Recorder:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._orders: dict[str, Order] = {}
        self._fills: list[Fill] = []
        self._ledgers: dict[tuple[str, Book], LedgerRow] = {}
        self._marks: dict[tuple[str, Book], LedgerRow] = {}
        self._marked_s = monotonic()
        self._written: dict[tuple[str, Book], tuple[object, ...]] = {}
        self._journal: list[tuple[str, str, str, str, dict[str, Any], int]] = []
        self._status: dict[str, tuple[Mode | None, EngineState, str, int]] = {}
        self._known: dict[str, tuple[Mode | None, EngineState, str]] = {}
        self._meta: dict[str, str] = {}

    def event(
        self,
        event: str,
        subject: str,
        text: str,
        who: str = "supervisor",
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line to the journal."""
        line = (event, subject, who, clean_text(text), dict(payload or {}), now_ns())
        self._journal.append(line)
        if self._store.told is not None:  # at once: who follows it is to hear things in their order
            self._store.told(*line[:-1])

    def differences(
        self, account: str, found: Sequence[Difference], looked: Collection[str], at_ns: int
    ) -> None:
        """Keep what differs from a venue, from when it was seen until it is gone."""
        note_differences(self._store, account, found, looked, at_ns)

    def order(self, order: Order) -> None:
        self._orders[order.id] = order

    def fill(self, fill: Fill) -> None:
        self._fills.append(fill)

    def ledgers(self, rows: tuple[LedgerRow, ...]) -> None:
        for row in rows:
            key = row.instance, row.book
            if self._written.get(key) == _deeds(row):
                self._marks[key] = row
            else:
                self._ledgers[key] = row
                self._marks.pop(key, None)

    def status(self, instance: str, mode: Mode | None, state: EngineState, error: str) -> None:
        """Note what runs; only a change of it is written."""
        now = (mode, state, error)
        if self._known.get(instance) != now:
            self._known[instance] = now
            self._status[instance] = (*now, now_ns())

    def forget(self, instance: str) -> None:
        """A removed instance has no status; one declared anew under its id begins anew."""
        self._known.pop(instance, None)
        self._status.pop(instance, None)
        for book in Book:
            self._written.pop((instance, book), None)
            self._marks.pop((instance, book), None)

    def meta(self, key: str, value: str) -> None:
        self._meta[key] = value

    def flush(self, whole: bool = False) -> None:
        """Commit what was gathered, in one transaction; when that fails everything is kept."""
        if whole or monotonic() - self._marked_s >= _MARKS_S:
            self._ledgers = self._marks | self._ledgers
            self._marks, self._marked_s = {}, monotonic()
        if not any(
            (self._orders, self._fills, self._ledgers, self._journal, self._status, self._meta)
        ):
            return
        with self._store.batch():
            self._write()
        for key, row in self._ledgers.items():
            self._written[key] = _deeds(row)
        for gathered in (self._orders, self._ledgers, self._status, self._meta):
            gathered.clear()
        self._fills.clear()
        self._journal.clear()

    def _write(self) -> None:
        store = self._store
        if self._orders:
            store.put_orders(list(self._orders.values()))
        if self._fills:
            store.put_fills(self._fills)
        if self._ledgers:
            store.put_ledgers(list(self._ledgers.values()))
        for event, subject, who, text, payload, at_ns in self._journal:
            store.journal(event, subject, who, text, payload, at_ns, told=True)
        for instance, (mode, state, error, at_ns) in self._status.items():
            store.put_status(instance, mode, state, error, at_ns)
        for key, value in self._meta.items():
            store.set_meta(key, value)


def _deeds(row: LedgerRow) -> tuple[object, ...]:
    """Return what of a ledger moves by what was done, not by the price."""
    return row.position, row.open_orders, row.fills, row.day, row.day_start
