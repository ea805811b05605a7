"""What a gateway writes down, and what it does while nothing can be written.

An order that adds risk does not leave without its intent on the disk. Everything else goes on: a
fill that cannot be written counts all the same, and is written as soon as that is possible.
"""

from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from clearedge_tui.core.errors import ClearEdgeError, Refused
from clearedge_tui.core.kept import Entry, SeatKept, venue_key
from clearedge_tui.core.model import Fill, OrderStatus
from clearedge_tui.store.account_file import AccountFile, open_account_file

_NEWEST = 10_000  # fills whose ids are kept in memory


class Record:
    def __init__(
        self,
        path: Path,
        durable: bool,
        soon: Callable[[Callable[[], object]], object] = lambda call: call(),
    ) -> None:
        """`soon` calls back before anything else is waited for (a loop's `call_soon`)."""
        self._path, self._durable, self._soon = path, durable, soon
        self._unsaved: deque[Callable[[AccountFile], None]] = deque()
        self._accepted: dict[str, Entry] = {}  # by order, written with what comes next
        self.error = ""
        self._file = open_account_file(path, durable)
        self._counted = {fill.id for fill in self._file.fills(_NEWEST)}
        self._all_counted = len(self._counted) < _NEWEST  # what is not in there is in no sum

    def key(self, order_id: str) -> str:
        return venue_key(self._file.salt, order_id)

    def seats(self) -> list[SeatKept]:
        return self._file.seats()

    def open_orders(self) -> list[Entry]:
        return self._file.open_orders()

    def last_fills(self, instance: str, count: int) -> list[Fill]:
        return self._file.fills(count, instance)

    def newest_fills(self, count: int) -> list[Fill]:
        """Return the newest fills of all instances, oldest first."""
        return self._file.fills(count)

    def order_named(self, order_id: str) -> Entry | None:
        """Return an order as it was last written down, open or ended."""
        self._catch_up()
        return self._file.order_named(order_id)

    def order_keyed(self, key: str) -> Entry | None:
        """Return an order by what the venue knows it by."""
        self._catch_up()
        return self._file.order(key)

    def meta(self, key: str) -> str:
        return self._file.meta(key)

    def set_meta(self, key: str, value: str) -> None:
        self.set_metas({key: value})

    def set_metas(self, metas: Mapping[str, str]) -> None:
        if metas:
            self._later(lambda file: file.set_metas(metas))

    def counted(self, fill_id: str) -> bool:
        """Whether a fill is in the sums already, however long ago."""
        if fill_id in self._counted:
            return True
        return not self._all_counted and self._file.has_fill(fill_id)

    def intent(self, entry: Entry, metas: Mapping[str, str]) -> str:
        """Write an order down before it leaves; return why it may not."""
        if self.retry():
            return self.error
        self._now(lambda file: file.put_intent(entry, metas))
        return self.error

    def order(self, entry: Entry) -> None:
        """Write down what became of an order, now or when that is possible.

        That a venue took it waits until this turn of the loop is over: mostly it fills in the same
        one, and what is read back after an end is the same order in both, to be asked about.
        """
        if entry.order.status is OrderStatus.OPEN:
            self._accepted[entry.order.id] = entry
            self._soon(self._catch_up)
            return
        self._accepted.pop(entry.order.id, None)
        self._later(lambda file: file.put_order(entry))

    def fill(self, entry: Entry, fill: Fill, seat: SeatKept, metas: Mapping[str, str]) -> None:
        self._counted.add(fill.id)
        self._accepted.pop(entry.order.id, None)
        self._later(lambda file: file.put_fill(entry, fill, seat, metas))

    def seat(self, seat: SeatKept) -> None:
        self._later(lambda file: file.put_seat(seat))

    def forget(self, instance: str) -> None:
        self._later(lambda file: file.forget(instance))

    def retry(self) -> bool:
        """Write what could not be written; say whether something is still to be written."""
        while self._unsaved:
            if not self._now(self._unsaved[0]):
                return True
            self._unsaved.popleft()
        return False

    def close(self) -> None:
        self._catch_up()
        self.retry()
        self._file.close()

    def _catch_up(self) -> None:
        """Write which orders a venue took; every other write comes after it."""
        entries, self._accepted = tuple(self._accepted.values()), {}
        if entries:
            self._later(lambda file: file.put_orders(entries))

    def _later(self, write: Callable[[AccountFile], None]) -> None:
        if self._accepted:
            self._catch_up()
        if self._unsaved or not self._now(write):
            self._unsaved.append(write)

    def _now(self, write: Callable[[AccountFile], None]) -> bool:
        try:
            write(self._file)
        except Refused as error:  # it is there already: written before an end that came between
            self.error = ""
            del error
            return True
        except ClearEdgeError as error:
            self.error = f"nothing can be written down: {error}"
            return False
        self.error = ""
        return True
