"""A writer that is killed leaves the database as it was after its last commit."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from clearedge_tui.store.db import open_store

WRITER = """
import sys
from decimal import Decimal
from pathlib import Path
from clearedge_tui.core.model import Book, Order
from clearedge_tui.store.db import open_store
store = open_store(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    with store.batch():
        store.put_orders([Order(f"{n}-{k}", "i", Book.PAPER, "M", "buy", "market", Decimal(k)) for k in range(20)])
        store.set_meta("last", str(n))
        store.journal("round", str(n), "w", "", {}, n)
    print(n, flush=True)
"""


@pytest.mark.chaos
@pytest.mark.parametrize("rounds", [1, 7, 40])
def test_kill_nine_leaves_whole_transactions(path: Path, rounds: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = 0
        while said < rounds:
            said = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
    said = int(rest[-1]) if rest else said
    with open_store(path) as store:
        last = int(store.meta("last"))
        assert last in (said, said + 1)
        assert len(store.journal_tail(10_000)) == last
        raw = dbapi2.connect(str(path))
        assert raw.execute("SELECT count(*) FROM orders").fetchone() == (last * 20,)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        raw.close()
