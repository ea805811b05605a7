"""Importing quotes, trades and order books: what is understood, refused, and found again."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.market import catalog, ingest
from clearedge_tui.market.ingest import Request
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.settings import Home
from tests.backtest.box import make_home
from tests.market.imported import T0, column, decimals, lines, load, rows_of, times, tree

QUOTES = (
    "ts,bid,ask,bid_size,ask_size",
    "1704067200000,1.10,1.11,5,6.5",
    "1704067200000,1.10,1.12,5,6.5",
    "1704067200250,1.09,1.11,4,0.25",
)
TRADES = (
    "time,price,qty,side,id",
    "2024-01-01T00:00:00.001Z,42000.5,0.001,buy,a1",
    "2024-01-01T00:00:00.001Z,42000.5,0.001,SELL,a2",
    "2024-01-01T00:00:00.002Z,42001,0.25,,a3",
)
BOOK = (
    "timestamp,bids[0].price,bids[0].amount,bids[1].price,bids[1].amount,"
    "asks[0].price,asks[0].amount,asks[1].price,asks[1].amount",
    "1704067200000,1.10,5,1.09,7,1.11,6,1.12,8",
    "1704067201000,1.10,5,,,1.11,6,1.13,8",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_quotes_are_told_by_their_columns_and_stored_to_the_digit(
    home: Home, tmp_path: Path
) -> None:
    done = load(home, lines(tmp_path / "q.csv", *QUOTES))
    assert (done.kind, done.added, done.timeframe) == (Kind.QUOTES, 3, "")
    assert times(home, Kind.QUOTES) == [T0, T0, T0 + 250_000_000]
    assert column(home, Kind.QUOTES, "ask_price") == decimals("1.11", "1.12", "1.11")
    assert column(home, Kind.QUOTES, "ask_size") == decimals("6.5", "6.5", "0.25")


def test_ticks_again_add_nothing_and_a_longer_file_adds_its_tail(
    home: Home, tmp_path: Path
) -> None:
    for kind, rows in ((Kind.QUOTES, QUOTES), (Kind.TRADES, TRADES)):
        path = lines(tmp_path / f"{kind}.csv", *rows[:-1])
        assert load(home, path).added == 2
        before = tree(home)
        again = load(home, path)
        assert (again.added, again.already) == (0, 2)
        assert tree(home) == before
        done = load(home, lines(tmp_path / f"{kind}2.csv", *rows))
        assert (done.added, done.already) == (1, 2)
        assert len(rows_of(home, kind)) == 3


def test_trades_keep_their_ids_and_sides(home: Home, tmp_path: Path) -> None:
    load(home, lines(tmp_path / "t.csv", *TRADES))
    assert column(home, Kind.TRADES, "aggressor_side") == ["BUY", "SELL", "NO_AGGRESSOR"]
    assert column(home, Kind.TRADES, "trade_id") == ["a1", "a2", "a3"]
    assert column(home, Kind.TRADES, "price") == decimals("42000.5", "42000.5", "42001")


def test_a_buyer_who_makes_is_a_sale(home: Home, tmp_path: Path) -> None:
    rows = (
        "timestamp,price,quantity,is_buyer_maker",
        "1704067200,10,1,True",
        "1704067201,10,1,false",
    )
    load(home, lines(tmp_path / "t.csv", *rows))
    assert column(home, Kind.TRADES, "aggressor_side") == ["SELL", "BUY"]


def test_trades_without_ids_are_numbered_so_that_they_are_found_again(
    home: Home, tmp_path: Path
) -> None:
    rows = ["time,price,size", *(f"{1704067200 + n // 3},10,1" for n in range(7))]
    path = lines(tmp_path / "t.csv", *rows)
    assert load(home, path).added == 7
    ids = column(home, Kind.TRADES, "trade_id")
    assert ids[:4] == [f"{T0}-0", f"{T0}-1", f"{T0}-2", f"{T0 + 10**9}-0"]
    assert load(home, lines(tmp_path / "longer.csv", *rows, "1704067209,11,1")).added == 1


def test_quotes_without_sizes_get_the_engines_own_and_say_so(home: Home, tmp_path: Path) -> None:
    path = lines(tmp_path / "q.csv", "timestamp,bid,ask", "1704067200,1.5,1.6")
    plan = ingest.plan(home, Request(path, "EUR/USD"))
    assert "no sizes; each is stored as 1,000,000" in " ".join(plan.notes)
    ingest.run(home, plan)
    assert column(home, Kind.QUOTES, "bid_size", "EURUSD.LOCAL") == decimals("1000000")


def test_a_book_is_stored_level_by_level(home: Home, tmp_path: Path) -> None:
    done = load(home, lines(tmp_path / "book.csv", *BOOK))
    assert (done.kind, done.added) == (Kind.DEPTH, 2)
    first, second = rows_of(home, Kind.DEPTH)
    assert [(level["price"], level["size"]) for level in first["bids"]] == [
        (Decimal("1.10"), 5),
        (Decimal("1.09"), 7),
    ]
    assert len(second["bids"]) == 1 and len(second["asks"]) == 2
    assert load(home, tmp_path / "book.csv").added == 0


def test_databentos_names_of_a_book_are_understood(home: Home, tmp_path: Path) -> None:
    head = "ts_recv,ts_event,sequence,bid_px_00,bid_sz_00,bid_ct_00,ask_px_00,ask_sz_00,ask_ct_00"
    more = "bid_px_01,bid_sz_01,bid_ct_01,ask_px_01,ask_sz_01,ask_ct_01"
    row = f"{T0 + 5},{T0},9,1.1,5,2,1.2,6,3,1.0,7,1,1.3,8,4"
    assert load(home, lines(tmp_path / "mbp.csv", f"{head},{more}", row)).kind is Kind.DEPTH
    (book,) = rows_of(home, Kind.DEPTH)
    assert [level["count"] for level in book["asks"]] == [3, 4]
    assert book["sequence"] == 9
    assert (book["ts_init"] - book["ts_event"]).value == 5


def test_the_kind_can_be_said(home: Home, tmp_path: Path) -> None:
    head = "time,bid,ask,price,size"
    path = lines(tmp_path / "both.csv", head, "1704067200,1.5,1.6,1.55,3")
    assert load(home, path, kind="trades").kind is Kind.TRADES
    assert load(home, path).kind is Kind.QUOTES
    with pytest.raises(UsageError, match="kind `news`; wanted one of: bars, quotes, trades, depth"):
        load(home, path, kind="news")
    with pytest.raises(UsageError, match="--timeframe is for bars"):
        load(home, path, kind="quotes", timeframe="1m")


WRONG = {
    "crossed": (
        QUOTES,
        "1.10,1.12",
        "1.13,1.12",
        r":3: crossed quote: bid 1\.13 is above ask 1\.12",
    ),
    "nan": (QUOTES, "1.09", "nan", r":4: bid is nan; wanted a number"),
    "infinite": (QUOTES, "1.09", "inf", r":4: bid is inf"),
    "negative": (QUOTES, "1.09", "-1.09", r":4: bid is -1.09; wanted more than 0"),
    "negative size": (QUOTES, "4,0.25", "-4,0.25", r":4: bid_size is -4; wanted 0 or more"),
    "text": (QUOTES, "1.09", "none", r":4: bid is `none`; wanted a number"),
    "unsorted": (QUOTES, "250,", "050,", None),
    "earlier": (
        QUOTES,
        "1704067200000,1.10,1.12",
        "1704067199999,1.10,1.12",
        r":3: .*earlier than",
    ),
    "side": (TRADES, "SELL", "maybe", r":3: side is `maybe`; wanted buy or sell"),
    "no size": (TRADES, "0.25", "0", r":4: size is 0; wanted more than 0"),
    "no price": (TRADES, "42001", "0", r":4: price is 0; wanted more than 0"),
    "no id": (TRADES, "a3", "", r":4: trade_id is ``; wanted 1 to 36 letters"),
    "long id": (TRADES, "a3", "x" * 37, r":4: trade_id is `x+`?.*wanted 1 to 36 letters"),
    "crossed book": (
        BOOK,
        "1.10,5,,",
        "1.12,5,,",
        r":3: crossed book: bid 1\.12 is above ask 1\.11",
    ),
    "book size": (BOOK, "1.13,8", "1.13,-8", r":3: ask_size_1 is -8"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_ticks_are_named_and_nothing_is_written(wrong: str, home: Home, tmp_path: Path) -> None:
    rows, good, bad, message = WRONG[wrong]
    path = tmp_path / "ticks.csv"
    if message is None:  # no fault at all: ticks may share and skip moments
        assert load(home, lines(path, *rows[:3], rows[3].replace(good, bad))).added == 3
        return
    at = max(n for n, row in enumerate(rows) if good in row)
    changed = [*rows[:at], rows[at].replace(good, bad, 1), *rows[at + 1 :]]
    with pytest.raises(BadData, match=message):
        load(home, lines(path, *changed))
    assert tree(home) == {}


def test_what_the_markets_decimals_would_round_away_is_refused(home: Home, tmp_path: Path) -> None:
    known = describe("BTC/USDT", price_precision=1)
    save_market(home, msgspec.structs.replace(known, size_step=Decimal("0.00001")))
    fine = lines(tmp_path / "u.csv", TRADES[0], "2024-02-01T00:00:00Z,42000,0.0000001,buy,b1")
    with pytest.raises(BadData, match=r":2: size is 1e-07, less than the market's step 1e-06"):
        load(home, fine)


def test_sizes_decide_the_decimals_of_a_new_market(home: Home, tmp_path: Path) -> None:
    rows = ["time,price,size", *(f"{1704067200 + n},1.5,0.5" for n in range(200_000))]
    rows[-1] = "1704300000,1.50001,0.12345678"
    plan = ingest.plan(home, Request(lines(tmp_path / "t.csv", *rows), "BTC/USDT"))
    assert (plan.market.price_precision, plan.market.size_precision) == (5, 8)
    ingest.run(home, plan)
    found = catalog.table(home, Key("BTCUSDT.LOCAL", Kind.TRADES))
    assert found is not None and found.num_rows == 200_000
    assert found.column("size")[-1].as_py() == Decimal("0.12345678")
    assert found.column("price")[0].as_py() == Decimal("1.5")


@pytest.mark.parametrize(
    ("name", "market", "kind", "rows"),
    [
        ("usdjpy-ticks.csv", "USD/JPY", Kind.QUOTES, 1000),
        ("btcusdt-trades.parquet", "BTC/USDT", Kind.TRADES, 2001),
        ("btcusdt-quotes.parquet", "BTC/USDT", Kind.QUOTES, 451),
    ],
)
def test_real_ticks_arrive_whole_and_once(
    home: Home, real_data: Path, name: str, market: str, kind: Kind, rows: int
) -> None:
    done = load(home, real_data / name, market)
    assert (done.kind, done.added) == (kind, rows)
    again = load(home, real_data / name, market)
    assert (again.added, again.already) == (0, rows)
    assert sum(one.rows for one in catalog.series(home)) == rows


def test_real_trades_are_stored_as_they_happened(home: Home, real_data: Path) -> None:
    load(home, real_data / "btcusdt-trades.parquet")
    theirs = pq.read_table(real_data / "btcusdt-trades.parquet").to_pylist()
    ours = rows_of(home, Kind.TRADES)
    assert [float(row["price"]) for row in ours] == [row["price"] for row in theirs]
    assert [row["trade_id"] for row in ours] == [str(row["trade_id"]) for row in theirs]
    assert [row["aggressor_side"] for row in ours] == [
        "SELL" if row["buyer_maker"] == "True" else "BUY" for row in theirs
    ]
