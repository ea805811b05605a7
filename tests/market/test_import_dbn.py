"""Databento's files, as their own library writes them."""

import importlib
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.market import catalog, ingest
from clearedge_tui.market.ingest import Request
from clearedge_tui.market.layout import Kind
from clearedge_tui.settings import Home
from tests.backtest.box import MINUTE, make_home
from tests.market.imported import T0, column, load, rows_of, tree

pytest.importorskip("databento", reason="databento is not installed")
dbn: Any = importlib.import_module("databento_dbn")  # its stubs call enums strings
DOLLAR = 10**9
NOTHING = 2**63 - 1


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def write(path: Path, schema: Any, records: list[Any], packed: bool = False) -> Path:
    head = dbn.Metadata(
        dataset="XNAS.ITCH",
        start=T0,
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=schema,
        symbols=["SPY"],
        end=T0 + 10**15,
        version=3,
    )
    body = bytes(head) + b"".join(map(bytes, records))
    if packed:
        body = importlib.import_module("zstandard").ZstdCompressor().compress(body)
    path.write_bytes(body)
    return path


def bars(count: int, instrument: int = 15) -> list[Any]:
    kind = dbn.RType.from_schema(dbn.Schema.OHLCV_1M)
    each = ((T0 + n * MINUTE, (470 + n) * DOLLAR + 120_000_000) for n in range(count))
    return [
        dbn.OHLCVMsg(kind, 2, instrument, t, p, p + DOLLAR, p - DOLLAR, p, 250) for t, p in each
    ]


def event(n: int) -> dict[str, Any]:
    return {
        "publisher_id": 2,
        "instrument_id": 15,
        "ts_event": T0 + n * 1000,
        "ts_recv": T0 + n * 1000 + 300,
        "price": 470_123_400_000,
        "size": 100 + n,
        "side": (dbn.Side.BID, dbn.Side.ASK, dbn.Side.NONE)[n % 3],
        "depth": 0,
        "sequence": 7 + n,
    }


def level(n: int = 0, ask: int | None = None) -> Any:
    bid = (470 - n) * DOLLAR
    return dbn.BidAskPair(
        bid_px=bid, ask_px=bid + 2 * n * DOLLAR + 10_000_000 if ask is None else ask,
        bid_sz=3 + n, ask_sz=4 + n, bid_ct=1, ask_ct=2,
    )  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_bars_come_with_their_length(packed: bool, home: Home, tmp_path: Path) -> None:
    path = write(tmp_path / "bars.bin", dbn.Schema.OHLCV_1M, bars(5), packed)
    done = load(home, path, "SPY")
    assert (done.kind, done.timeframe, done.added) == (Kind.BARS, "1m", 5)
    found = catalog.read_bars(home, "SPY.LOCAL", "1m")
    assert found.ts_ns.tolist() == [T0 + MINUTE * n for n in range(1, 6)]
    assert found.close.tolist() == [470.12 + n for n in range(5)]
    assert found.volume.tolist() == [250.0] * 5
    assert load(home, path, "SPY").added == 0


def test_trades_keep_exchange_and_receipt_times(home: Home, tmp_path: Path) -> None:
    records = [dbn.TradeMsg(action=dbn.Action.TRADE, **event(n)) for n in range(6)]
    assert load(home, write(tmp_path / "t.dbn", dbn.Schema.TRADES, records), "SPY").added == 6
    rows = rows_of(home, Kind.TRADES, "SPY.LOCAL")
    assert [row["aggressor_side"] for row in rows[:3]] == ["BUY", "SELL", "NO_AGGRESSOR"]
    assert {row["price"] for row in rows} == {Decimal("470.1234")}
    assert {(row["ts_init"] - row["ts_event"]).value for row in rows} == {300}


def test_a_book_of_one_side_is_no_quote(home: Home, tmp_path: Path) -> None:
    records = [
        dbn.MBP1Msg(
            action=dbn.Action.ADD, levels=level(ask=NOTHING if n == 2 else None), **event(n)
        )
        for n in range(5)
    ]
    plan = ingest.plan(home, Request(write(tmp_path / "q.dbn", dbn.Schema.MBP_1, records), "SPY"))
    assert "1 records without a bid or an ask are left out" in plan.notes
    ingest.run(home, plan)
    assert column(home, Kind.QUOTES, "ask_price", "SPY.LOCAL") == [Decimal("470.01")] * 4


def test_ten_levels_are_a_book(home: Home, tmp_path: Path) -> None:
    levels = [level(n) for n in range(10)]
    records = [dbn.MBP10Msg(action=dbn.Action.ADD, levels=levels, **event(n)) for n in range(3)]
    path = write(tmp_path / "d.dbn", dbn.Schema.MBP_10, records)
    assert load(home, path, "SPY").kind is Kind.DEPTH
    first = rows_of(home, Kind.DEPTH, "SPY.LOCAL")[0]
    assert [row["price"] for row in first["bids"]] == [Decimal(470 - n) for n in range(10)]
    assert [row["size"] for row in first["asks"]] == [Decimal(4 + n) for n in range(10)]
    assert first["sequence"] == 7


def test_files_of_several_symbols_and_broken_ones_are_refused(home: Home, tmp_path: Path) -> None:
    mixed = write(tmp_path / "m.dbn", dbn.Schema.OHLCV_1M, [*bars(2), *bars(1, instrument=16)])
    with pytest.raises(BadData, match="several symbols or venues"):
        load(home, mixed, "SPY")
    cut = write(tmp_path / "c.dbn.zst", dbn.Schema.OHLCV_1M, bars(500), packed=True)
    cut.write_bytes(cut.read_bytes()[:-40])
    with pytest.raises(BadData, match=r"c\.dbn\.zst"):
        load(home, cut, "SPY")
    with pytest.raises(BadData, match="holds `ohlcv-1m` and not trades"):
        load(home, mixed, "SPY", kind="trades")
    assert tree(home) == {}


def test_without_the_library_the_file_says_what_to_install(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "bars.dbn", dbn.Schema.OHLCV_1M, bars(5))
    monkeypatch.setitem(sys.modules, "databento", None)
    with pytest.raises(UsageError, match=r"pip install 'clearedge-tui\[sources\]'"):
        load(home, path, "SPY")
