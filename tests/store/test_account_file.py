"""An account's own file: intents first, each fill once, sums with it, and never a half of it."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.errors import Refused, RetryLater
from clearedge_tui.core.kept import Entry, SeatKept, venue_key
from clearedge_tui.core.messages import LedgerRow, MarketInfo
from clearedge_tui.core.model import Book, Fill, Instance, Order, OrderStatus, Position
from clearedge_tui.store.account_file import AccountFile, open_account_file
from clearedge_tui.store.sqlite import connect_writer

MARKET = MarketInfo("BTCUSDT-LINEAR.BYBIT", "BTC/USDT", "BTC", "USDT", "crypto", 1, 3)


def entry(n: int, file: AccountFile, status: OrderStatus = OrderStatus.SENT) -> Entry:
    name = f"i-{n}"
    order = Order(name, "i", Book.LIVE, MARKET.id, "buy", "limit", Decimal(2), status=status)
    return Entry(order, venue_key(file.salt, name), True, sent_ns=n)


def seat(size: int) -> SeatKept:
    instance = Instance("i", "s", "a", MARKET.id, "1m")
    return SeatKept(instance, MARKET, LedgerRow("i", Book.LIVE, Position(size=Decimal(size))))


def fill(n: int) -> Fill:
    return Fill(f"i-1/{n}", "i-1", "i", Book.LIVE, MARKET.id, "buy", Decimal(1), Decimal(9), Decimal(0), n)  # fmt: skip


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    file = open_account_file(path, durable=True)
    one = entry(1, file)
    file.put_order(one)
    done = msgspec.structs.replace(one.order, status=OrderStatus.FILLED, filled=Decimal(2))
    file.put_order(entry(2, file))
    file.put_fill(msgspec.structs.replace(one, order=done, venue_id="v"), fill(1), seat(1))
    file.set_meta("x", "y")
    file.close()
    again = open_account_file(path, durable=True)
    assert again.salt == file.salt
    assert [e.order.id for e in again.open_orders()] == ["i-2"]
    assert again.order(one.key) == Entry(done, one.key, True, "v", 1)
    assert again.fills() == [fill(1)]
    assert again.has_fill("i-1/1")
    assert not again.has_fill("i-1/2")
    assert again.seats() == [seat(1)]
    assert again.meta("x") == "y"


def test_a_fill_counts_once_and_brings_its_sums_or_nothing(tmp_path: Path) -> None:
    file = open_account_file(tmp_path / "a.db", durable=False)
    one = entry(1, file)
    file.put_fill(one, fill(1), seat(1))
    with pytest.raises(Refused):
        file.put_fill(one, fill(1), seat(2))
    assert file.seats() == [seat(1)]
    assert len(file.fills()) == 1


def test_a_removed_instance_leaves_nothing_to_its_name(tmp_path: Path) -> None:
    file = open_account_file(tmp_path / "a.db", durable=False)
    file.put_fill(entry(1, file), fill(1), seat(1))
    file.forget("i")
    assert (file.seats(), file.open_orders(), file.fills()) == ([], [], [])


def test_a_lock_of_somebody_else_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    file = open_account_file(path, durable=True)
    other = connect_writer(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryLater, match="written by another process"):
        file.put_order(entry(1, file))
    other.execute("ROLLBACK")
    file.put_order(entry(1, file))


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_account_file(path, durable=True).close()
    conn = connect_writer(path)
    conn.execute("PRAGMA user_version=99")
    conn.close()
    with pytest.raises(Refused, match="newer ClearEdge"):
        open_account_file(path, durable=True)


_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.store.test_account_file import entry, open_account_file
file = open_account_file(Path(sys.argv[1]), durable=True)
n = 0
while True:
    n += 1
    file.put_intent(entry(n, file))
    sys.stdout.write(f"{{n}}\\n")
    sys.stdout.flush()
"""


def test_kill_9_loses_no_intent_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", _WRITER.format(root=root), str(path)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    said = 0
    while said < 50:
        said = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    said = max([said, *(int(line) for line in child.stdout.read().split())])
    child.wait()
    child.stdout.close()
    kept = open_account_file(path, durable=True).open_orders()
    assert len(kept) >= said
    assert [e.sent_ns for e in kept] == list(range(1, len(kept) + 1))


def test_an_intent_waits_for_the_disk_and_what_follows_does_not(tmp_path: Path) -> None:
    file = open_account_file(tmp_path / "a.db", durable=True)
    file.put_intent(entry(1, file))
    assert file._conn.execute("PRAGMA synchronous").fetchone()[0] == 1  # NORMAL again
    other = connect_writer(tmp_path / "a.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryLater):
        file.put_intent(entry(2, file))
    other.execute("ROLLBACK")
    assert file._conn.execute("PRAGMA synchronous").fetchone()[0] == 1


def test_an_order_is_known_by_the_same_name_for_ever() -> None:
    key = venue_key("s", "ema-btc-lx3-1")
    assert key == venue_key("s", "ema-btc-lx3-1")
    assert len(key) == 32
    assert int(key, 16)
    assert key != venue_key("t", "ema-btc-lx3-1")
