"""Sessions in the database: which one an instance is in, and the orders and fills of each."""

from clearedge_tui.core.model import Fill, Order
from clearedge_tui.store import rows
from clearedge_tui.store.db import Store
from clearedge_tui.store.reads import Reader


def begin(store: Store, instance: str, run_id: str) -> None:
    """Every order and fill of the instance that is written from now on belongs to this session."""
    store._run(
        "INSERT INTO sessions VALUES (?, ?) ON CONFLICT DO UPDATE SET run_id = excluded.run_id",
        instance,
        run_id,
    )


def end(store: Store, run_id: str) -> None:
    """A session is over; one that has begun meanwhile stays."""
    store._run("DELETE FROM sessions WHERE run_id = ?", run_id)


def orders(reader: Reader, run_id: str) -> list[Order]:
    """Return the orders of a session, oldest first; also those of before that filled in it."""
    found = reader._all(
        """SELECT * FROM orders WHERE session = ?1 OR id IN
            (SELECT "order" FROM fills WHERE session = ?1) ORDER BY rowid""",
        (run_id,),
    )
    return [rows.order(row) for row in found]


def fills(reader: Reader, run_id: str) -> list[Fill]:
    """Return the fills of a session, oldest first."""
    found = reader._all("SELECT * FROM fills WHERE session = ? ORDER BY rowid", (run_id,))
    return [rows.fill(row) for row in found]
