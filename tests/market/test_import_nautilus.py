"""Both ways: NautilusTrader's catalog reads what we import, and we read what it writes."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model import (
    AggressorSide,
    BookOrder,
    InstrumentId,
    OrderBookDepth,
    OrderSide,
    Price,
    Quantity,
    QuoteTick,
    TradeId,
    TradeTick,
)
from nautilus_trader.persistence import ParquetDataCatalog

from clearedge_tui.market import catalog, fingerprint
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.settings import Home
from tests.backtest.box import make_home
from tests.market.imported import T0, lines, load, rows_of

MARKET = "BTCUSDT.LOCAL"
ID = InstrumentId.from_str(MARKET)
SIDES = {1: AggressorSide.BUY, 2: AggressorSide.SELL, 0: AggressorSide.NO_AGGRESSOR}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def numbers(count: int) -> list[dict[str, Any]]:
    """Return made-up ticks as texts of exact numbers."""
    dice, made, at = random.Random(4), [], T0
    for n in range(count):
        at += dice.choice((0, 1, 250_000_000))
        bid = Decimal(dice.randint(1, 10**9)).scaleb(-5)
        size = Decimal(dice.randint(1, 10**12)).scaleb(-6)
        made.append(
            {"at": at, "bid": bid, "ask": bid + Decimal("0.00001"), "size": size, "side": n % 3}
        )
    return made


def theirs(home: Home) -> Any:
    home.catalog.mkdir(exist_ok=True)
    return ParquetDataCatalog(str(home.catalog))


def price(value: Decimal) -> Price:
    return Price.from_str(f"{value:.5f}")


def size(value: Decimal) -> Quantity:
    return Quantity.from_str(f"{value:.6f}")


def test_the_engine_reads_our_quotes_to_the_last_digit(home: Home, tmp_path: Path) -> None:
    made = numbers(500)
    rows = (f"{m['at']},{m['bid']},{m['ask']},{m['size']},{m['size']}" for m in made)
    load(home, lines(tmp_path / "q.csv", "ts,bid,ask,bid_size,ask_size", *rows))
    found = theirs(home).query_quote_ticks([MARKET])
    assert [(q.ts_event, q.ts_init) for q in found] == [(m["at"], m["at"]) for m in made]
    assert [q.bid_price.as_decimal() for q in found] == [m["bid"] for m in made]
    assert [q.ask_price.as_decimal() for q in found] == [m["ask"] for m in made]
    assert [q.bid_size.as_decimal() for q in found] == [m["size"] for m in made]


def test_the_engine_reads_our_trades_to_the_last_digit(home: Home, tmp_path: Path) -> None:
    made = numbers(500)
    words = {1: "buy", 2: "sell", 0: ""}
    rows = (f"{m['at']},{m['bid']},{m['size']},{words[m['side']]},t{n}" for n, m in enumerate(made))
    load(home, lines(tmp_path / "t.csv", "ts,price,size,side,id", *rows))
    found = theirs(home).query_trade_ticks([MARKET])
    assert [t.price.as_decimal() for t in found] == [m["bid"] for m in made]
    assert [t.size.as_decimal() for t in found] == [m["size"] for m in made]
    assert [t.aggressor_side for t in found] == [SIDES[m["side"]] for m in made]
    assert [str(t.trade_id) for t in found] == [f"t{n}" for n in range(500)]


def test_the_engine_reads_our_books(home: Home, tmp_path: Path) -> None:
    head = "ts,bid_px_00,bid_sz_00,bid_ct_00,ask_px_00,ask_sz_00,ask_ct_00,bid_px_01,bid_sz_01,ask_px_01,ask_sz_01"
    path = lines(tmp_path / "d.csv", head, f"{T0},1.25,3,2,1.5,4,1,1.24,7.5,1.51,8")
    load(home, path)
    (book,) = theirs(home).query_order_book_depths([MARKET])
    assert [b.price.as_decimal() for b in book.bids] == [Decimal("1.25"), Decimal("1.24")]
    assert [b.size.as_decimal() for b in book.asks] == [Decimal(4), Decimal(8)]
    assert (book.bid_counts, book.ts_init) == ([2, 1], T0)


def test_we_read_list_and_name_the_quotes_and_trades_that_the_engine_writes(home: Home) -> None:
    made = numbers(300)
    engine = theirs(home)
    engine.write_quote_ticks(
        [
            QuoteTick(ID, price(m["bid"]), price(m["ask"]), size(m["size"]), size(m["size"]), m["at"], m["at"] + 7)
            for m in made
        ]
    )  # fmt: skip
    engine.write_trade_ticks(
        [
            TradeTick(ID, price(m["bid"]), size(m["size"]), SIDES[m["side"]], TradeId(f"t{n}"), m["at"], m["at"])
            for n, m in enumerate(made)
        ]
    )  # fmt: skip
    assert [row["ask_price"] for row in rows_of(home, Kind.QUOTES)] == [m["ask"] for m in made]
    assert [row["size"] for row in rows_of(home, Kind.TRADES)] == [m["size"] for m in made]
    listed = {one.kind: one for one in catalog.series(home)}
    assert {kind: one.rows for kind, one in listed.items()} == {Kind.QUOTES: 300, Kind.TRADES: 300}
    assert (listed[Kind.QUOTES].first_ns, listed[Kind.TRADES].first_ns) == (
        made[0]["at"] + 7,
        made[0]["at"],
    )


def test_the_same_ticks_have_one_name_whoever_wrote_them(home: Home, tmp_path: Path) -> None:
    made, other = numbers(300), make_home(tmp_path / "other")
    words = {1: "buy", 2: "sell", 0: ""}
    rows = (f"{m['at']},{m['bid']},{m['size']},{words[m['side']]},t{n}" for n, m in enumerate(made))
    load(home, lines(tmp_path / "t.csv", "ts,price,size,side,id", *rows))
    theirs(other).write_trade_ticks(
        [
            TradeTick(ID, price(m["bid"]), size(m["size"]), SIDES[m["side"]], TradeId(f"t{n}"), m["at"], m["at"])
            for n, m in enumerate(made)
        ]
    )  # fmt: skip
    key = Key(MARKET, Kind.TRADES)
    ours = fingerprint.fingerprint(home, key)
    assert ours == fingerprint.fingerprint(other, key)
    assert ours.rows == 300


def test_books_that_the_engine_writes_come_back_and_go_over(home: Home, tmp_path: Path) -> None:
    bids = [BookOrder(OrderSide.BUY, Price.from_str("1.25"), Quantity.from_str("3.5"), 1)]
    asks = [BookOrder(OrderSide.SELL, Price.from_str("1.50"), Quantity.from_str("4.0"), 2)]
    books = [OrderBookDepth(ID, bids, asks, [2], [1], 0, n, T0 + n, T0 + n) for n in range(5)]
    theirs(home).write_order_book_depths(books)
    assert [row["sequence"] for row in rows_of(home, Kind.DEPTH)] == list(range(5))
    assert fingerprint.fingerprint(home, Key(MARKET, Kind.DEPTH)).rows == 5
    (file,) = home.catalog.rglob("order_book_depths/*/*.parquet")
    other = make_home(tmp_path / "other")
    assert load(other, file).kind is Kind.DEPTH
    assert rows_of(other, Kind.DEPTH) == rows_of(home, Kind.DEPTH)


@pytest.mark.parametrize("kind", [Kind.QUOTES, Kind.TRADES])
def test_a_file_of_theirs_can_be_imported(kind: Kind, home: Home, tmp_path: Path) -> None:
    made, engine = numbers(50), theirs(home)
    if kind is Kind.QUOTES:
        engine.write_quote_ticks(
            [
                QuoteTick(ID, price(m["bid"]), price(m["ask"]), size(m["size"]), size(m["size"]), m["at"], m["at"])
                for m in made
            ]
        )  # fmt: skip
    else:
        engine.write_trade_ticks(
            [
                TradeTick(ID, price(m["bid"]), size(m["size"]), AggressorSide.BUY, TradeId(f"t{n}"), m["at"], m["at"])
                for n, m in enumerate(made)
            ]
        )  # fmt: skip
    (file,) = home.catalog.rglob("*/BTCUSDT.LOCAL/*.parquet")
    other = make_home(tmp_path / "other")
    assert load(other, file).added == 50
    assert rows_of(other, kind) == rows_of(home, kind)


def test_real_ticks_are_read_by_the_engine(home: Home, real_data: Path) -> None:
    load(home, real_data / "btcusdt-quotes.parquet")
    load(home, real_data / "btcusdt-trades.parquet")
    engine = theirs(home)
    quotes, trades = engine.query_quote_ticks([MARKET]), engine.query_trade_ticks([MARKET])
    assert (len(quotes), len(trades)) == (451, 2001)
    assert [q.bid_price.as_decimal() for q in quotes] == [
        row["bid_price"] for row in rows_of(home, Kind.QUOTES)
    ]
