"""Importing files: what is understood, what is refused, and that nothing is half-written."""

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.market import catalog, ingest
from clearedge_tui.market.ingest import Imported, Request
from clearedge_tui.market.markets import describe, load_markets, save_market
from clearedge_tui.settings import Home
from tests.backtest.box import BTC_FILE, MINUTE, make_home

HEADER = "timestamp,open,high,low,close,volume"
ROWS = [
    "2024-01-01 00:00:00,100.0,101.5,99.5,101.0,12.5",
    "2024-01-01 00:01:00,101.0,102.0,100.5,101.5,8",
    "2024-01-01 00:02:00,101.5,101.75,101.0,101.25,3.25",
    "2024-01-01 00:03:00,101.25,103.0,101.25,102.5,7",
    "2024-01-01 00:04:00,102.5,102.5,100.0,100.5,9",
]
T0 = 1_704_067_200_000_000_000  # 2024-01-01


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def write(folder: Path, rows: list[str], header: str = HEADER, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def load(home: Home, path: Path, **asked: object) -> Imported:
    request = Request(path, **{"market": "BTC/USDT", "timeframe": "1m", **asked})  # type: ignore[arg-type]
    return ingest.run(home, ingest.plan(home, request))


def tree(home: Home) -> dict[str, bytes]:
    """Return every file of the catalog but its lock and its index, by name."""
    files = home.catalog.rglob("*") if home.catalog.exists() else ()
    return {
        str(p): p.read_bytes()
        for p in files
        if p.is_file() and p.name != ".lock" and p.parent.name != ".index"
    }


def test_bars_are_stored_as_they_stand_and_stamped_with_their_close(
    home: Home, tmp_path: Path
) -> None:
    done = load(home, write(tmp_path, ROWS))
    bars = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
    assert (done.added, done.already, done.gaps) == (5, 0, 0)
    assert bars.ts_ns.tolist() == [T0 + MINUTE * n for n in range(1, 6)]
    assert bars.close.tolist() == [101.0, 101.5, 101.25, 102.5, 100.5]
    assert bars.volume.tolist() == [12.5, 8.0, 3.25, 7.0, 9.0]


def test_the_same_file_again_adds_nothing_and_changes_nothing(home: Home, tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    load(home, path)
    before = tree(home)
    again = load(home, path)
    assert (again.added, again.already) == (0, 5)
    assert tree(home) == before


def test_a_longer_file_adds_only_what_is_new_on_both_sides_and_inside(
    home: Home, tmp_path: Path
) -> None:
    load(home, write(tmp_path, [ROWS[1], ROWS[3]]), timeframe="1m")
    done = load(home, write(tmp_path, ROWS))
    assert (done.added, done.already) == (3, 2)
    assert np.all(np.diff(catalog.read_bars(home, "BTCUSDT.LOCAL", "1m").ts_ns) == MINUTE)


def test_files_side_by_side_stay_side_by_side(home: Home, tmp_path: Path) -> None:
    load(home, write(tmp_path, ROWS[3:]))
    load(home, write(tmp_path, ROWS[:3]))
    folder = home.catalog / catalog.bars_key("BTCUSDT.LOCAL", "1m").folder
    assert len(list(folder.glob("*.parquet"))) == 2
    assert len(catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")) == 5


def test_a_bar_that_contradicts_the_catalog_is_refused_with_its_line(
    home: Home, tmp_path: Path
) -> None:
    load(home, write(tmp_path, ROWS))
    before = tree(home)
    other = [*ROWS[:2], "2024-01-01 00:02:00,101.5,101.75,101.0,101.5,3.25", *ROWS[3:]]
    path = write(tmp_path, other)
    with pytest.raises(BadData, match=rf"{path}:4: .*1 bars differ.*--venue"):
        load(home, path)
    assert tree(home) == before
    with ingest.plan(home, Request(path, "BTC/USDT", "1m")) as plan:
        assert f"{path}:4: " in plan.refusal, "it is told before anybody agrees"
        assert any("cannot be written" in line for line in plan.lines())
    with ingest.plan(home, Request(write(tmp_path, ROWS), "BTC/USDT", "1m")) as same:
        assert not same.refusal
        assert f"{len(ROWS)} of them are in the catalog already, 0 are new" in same.notes
    assert tree(home) == before


WRONG = {
    "missing column": (ROWS, "timestamp,open,high,low,volume,x", r":1: no column for `close`"),
    "no header and no shape": (
        [r + ",1,1" for r in ROWS[1:]],
        ROWS[0] + ",1,1",
        r":1: the file has no header",
    ),
    "unsorted": ([ROWS[0], ROWS[2], ROWS[1]], HEADER, r":4: .*not sorted"),
    "duplicated": ([ROWS[0], ROWS[1], ROWS[1]], HEADER, r":4: .*duplicate"),
    "nan": (
        [ROWS[0], ROWS[1].replace("102.0", "nan")],
        HEADER,
        r":3: high is nan; wanted a number",
    ),
    "infinite": ([ROWS[0].replace("100.0", "inf")], HEADER, r":2: open is inf"),
    "negative": ([ROWS[0], ROWS[1].replace("100.5", "-100.5")], HEADER, r":3: low is -100.5"),
    "zero price": ([ROWS[0].replace("99.5", "0")], HEADER, r":2: low is 0; wanted more than 0"),
    "negative volume": ([ROWS[0].replace("12.5", "-1")], HEADER, r":2: volume is -1"),
    "high below low": (
        [ROWS[0].replace("101.5", "99.0")],
        HEADER,
        r":2: high 99 is below low 99.5",
    ),
    "close outside": (
        [ROWS[0].replace("101.0", "101.6")],
        HEADER,
        r":2: open or close lies outside",
    ),
    "text": (
        [ROWS[0], ROWS[1].replace("101.5", "n/a")],
        HEADER,
        r":3: close is `n/a`; wanted a number",
    ),
    "empty price": ([ROWS[0], ROWS[1].replace("101.5", "")], HEADER, r":3: close is ``; wanted"),
    "text time": (
        [ROWS[0], ROWS[1].replace("2024", "soon")],
        HEADER,
        r":3: time `soon-01-01 00:01:00`",
    ),
    "short row": ([ROWS[0], "2024-01-01 00:01:00,101.0,102.0"], HEADER, r":3: .*columns"),
    "too dense": (
        [ROWS[0], ROWS[1].replace("00:01:00", "00:00:30")],
        HEADER,
        r":3: only 30 s after",
    ),
    "no rows": ([], HEADER, r"no rows"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_rows_are_named_and_nothing_is_written(wrong: str, home: Home, tmp_path: Path) -> None:
    rows, header, message = WRONG[wrong]
    path = write(tmp_path, rows, header)
    with pytest.raises(BadData, match=message) as caught:
        load(home, path)
    assert str(path) in str(caught.value)
    assert tree(home) == {}


def test_a_bad_row_far_into_a_big_file_is_named_by_its_line(home: Home, tmp_path: Path) -> None:
    times = np.datetime64("2024-01-01T00:00") + np.arange(300_000).astype("timedelta64[m]")
    rows = [f"{t},100.0,101.0,99.0,100.5,1" for t in times.astype(str)]
    rows[250_000] = rows[250_000].replace("99.0", "oops")
    path = write(tmp_path, rows)
    with pytest.raises(BadData, match=r"bars.csv:250002: low is `oops`"):
        load(home, path)
    assert tree(home) == {}


def test_a_wrong_timeframe_is_noticed(home: Home, tmp_path: Path) -> None:
    hourly = [row.replace("00:0", "0", 1).replace(":00,", ":00:00,", 1) for row in ROWS]
    with pytest.raises(BadData, match="most rows are not 1m apart"):
        load(home, write(tmp_path, hourly))


@pytest.mark.parametrize(("scale", "unit"), [(1, "s"), (10**3, "ms"), (10**6, "us"), (10**9, "ns")])
def test_epoch_times_are_understood_by_their_size(
    scale: int, unit: str, home: Home, tmp_path: Path
) -> None:
    rows = [
        f"{(T0 // 10**9 + 60 * n) * scale},{row.split(',', 1)[1]}" for n, row in enumerate(ROWS)
    ]
    path = write(tmp_path, rows, HEADER.replace("timestamp", "open_time"))
    plan = ingest.plan(home, Request(path, "BTC/USDT", "1m"))
    assert plan.form == f"epoch {unit}"
    assert plan.first_ns == T0 + MINUTE


def test_local_times_are_moved_to_utc(home: Home, tmp_path: Path) -> None:
    plan = ingest.plan(
        home, Request(write(tmp_path, ROWS), "BTC/USDT", "1m", zone="America/New_York")
    )
    assert plan.first_ns == T0 + 5 * 60 * MINUTE + MINUTE


def test_offsets_in_the_file_win_over_the_zone(home: Home, tmp_path: Path) -> None:
    rows = [row.replace(":00,", ":00+02:00,", 1) for row in ROWS]
    plan = ingest.plan(home, Request(write(tmp_path, rows), "BTC/USDT", "1m", zone="Asia/Tokyo"))
    assert plan.first_ns == T0 - 2 * 60 * MINUTE + MINUTE


def test_close_stamped_files_are_not_moved(home: Home, tmp_path: Path) -> None:
    named = write(tmp_path, ROWS, HEADER.replace("timestamp", "close_time"), "named.csv")
    assert ingest.plan(home, Request(named, "BTC/USDT", "1m")).first_ns == T0
    told = ingest.plan(home, Request(write(tmp_path, ROWS), "BTC/USDT", "1m", stamp="close"))
    assert told.first_ns == T0


def test_semicolons_other_names_and_no_volume_are_fine(home: Home, tmp_path: Path) -> None:
    rows = [";".join(row.split(",")[:5]) for row in ROWS]
    path = write(tmp_path, rows, "Date;O;H;L;Last price")
    with pytest.raises(BadData, match="--column close=NAME"):
        load(home, path)
    done = load(home, path, columns={"close": "Last price"})
    assert done.added == 5
    assert catalog.read_bars(home, "BTCUSDT.LOCAL", "1m").volume.sum() == 0


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: text.rstrip("\n").encode(),
    ],
    ids=["byte order mark", "windows lines", "tabs", "no last newline"],
)
def test_files_of_other_programs_are_read(
    encode: Callable[[str], bytes], home: Home, tmp_path: Path
) -> None:
    path = write(tmp_path, ROWS)
    path.write_bytes(encode(path.read_text()))
    assert load(home, path).added == 5


def test_a_gzipped_file_is_read(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress(write(tmp_path, ROWS).read_bytes()))
    assert load(home, path).added == 5


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02\xff" * 50, b"PAR1 but not really"])
def test_a_file_that_is_no_table_is_refused(body: bytes, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(body)
    with pytest.raises(BadData, match=r"bars\.csv"):
        load(home, path)


def test_parquet_comes_in_as_csv_does(home: Home, tmp_path: Path) -> None:
    times = pa.array([T0 + MINUTE * n for n in range(5)], pa.timestamp("ns", tz="UTC"))
    values = [[float(row.split(",")[c]) for row in ROWS] for c in range(1, 6)]
    table = pa.table([times, *map(pa.array, values)], names=HEADER.split(","))
    pq.write_table(table, tmp_path / "bars.parquet")
    assert load(home, tmp_path / "bars.parquet").added == 5
    assert load(home, write(tmp_path, ROWS)).already == 5


def test_a_wrong_parquet_row_is_named(home: Home, tmp_path: Path) -> None:
    times = pa.array([T0 + MINUTE * n for n in range(5)], pa.timestamp("ns", tz="UTC"))
    values = [[float(row.split(",")[c]) for row in ROWS] for c in range(1, 6)]
    values[2][3] = -1.0
    pq.write_table(
        pa.table([times, *map(pa.array, values)], names=HEADER.split(",")), tmp_path / "b.parquet"
    )
    with pytest.raises(BadData, match=r"b.parquet, row 4: low is -1"):
        load(home, tmp_path / "b.parquet")


def test_precision_comes_from_the_data(home: Home, tmp_path: Path) -> None:
    plan = ingest.plan(home, Request(write(tmp_path, ROWS), "BTC/USDT", "1m"))
    assert (plan.market.price_precision, plan.market.size_precision) == (2, 6)
    assert plan.market.min_size == Decimal("0.000001")


def test_a_market_gets_the_decimals_that_its_data_turn_out_to_need(
    home: Home, tmp_path: Path
) -> None:
    load(home, write(tmp_path, [r.replace("101.75", "102") for r in ROWS[:2]]))
    assert load_markets(home)["BTCUSDT.LOCAL"].price_precision == 1
    finer = write(tmp_path, [r.replace("2024", "2025").replace("99.5", "99.512") for r in ROWS])
    plan = ingest.plan(home, Request(finer, "BTC/USDT", "1m"))
    assert plan.notes[0] == "prices have 3 decimals; the market had 1 and gets as many"
    assert load_markets(home)["BTCUSDT.LOCAL"].price_precision == 1
    ingest.run(home, plan)
    assert load_markets(home)["BTCUSDT.LOCAL"].price_precision == 3
    bars = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
    assert (bars.low[2], bars.low[0]) == (99.512, 99.5)


def test_a_markets_own_steps_stand_and_finer_prices_are_announced(
    home: Home, tmp_path: Path
) -> None:
    known = describe("BTC/USDT", price_precision=2)
    save_market(home, msgspec.structs.replace(known, price_step=Decimal("0.05")))
    finer = write(tmp_path, [r.replace("99.5", "99.512") for r in ROWS])
    plan = ingest.plan(home, Request(finer, "BTC/USDT", "1m"))
    assert "rounded to the market's 2" in plan.notes[0]
    ingest.run(home, plan)
    assert catalog.read_bars(home, "BTCUSDT.LOCAL", "1m").low[0] == 99.51


def test_the_plan_shows_what_was_understood(home: Home, tmp_path: Path) -> None:
    text = "\n".join(ingest.plan(home, Request(write(tmp_path, ROWS), "BTC/USDT", "1m")).lines())
    for words in ("time=timestamp", "ISO, UTC; it is the bar's open", "BTCUSDT.LOCAL", "5 of 1m"):
        assert words in text


def test_a_missing_file_and_a_simulated_target_are_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load(home, tmp_path / "nothing.csv")
    with pytest.raises(NotFound):
        catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")


def test_the_real_bitcoin_file_arrives_whole(home: Home, real_data: Path) -> None:
    path = real_data / BTC_FILE
    done = load(home, path)
    bars = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
    rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
    assert (done.rows, done.added, len(bars)) == (45_031, 45_031, 45_031)
    assert bars.close.tolist() == [float(row[4]) for row in rows]
    assert bars.low.tolist() == [float(row[3]) for row in rows]


def test_the_real_pound_file_shows_its_weekends(home: Home, real_data: Path) -> None:
    done = load(home, real_data / "gbpusd-m1-ask-2012.csv", market="GBP/USD")
    assert (done.added, done.gaps) == (30_117, 111)
    assert catalog.series(home)[0].gaps is None  # closed or missing: only a calendar knows


@pytest.mark.parametrize(
    ("name", "market"),
    [
        ("usdjpy-ticks.csv", "USD/JPY"),
        ("btcusdt-trades.parquet", "BTC/USDT"),
        ("btcusdt-quotes.parquet", "BTC/USDT"),
    ],
)
def test_a_tick_file_is_refused_as_bars(
    home: Home, real_data: Path, name: str, market: str
) -> None:
    with pytest.raises(BadData, match="no column for `open`; it has: timestamp"):
        load(home, real_data / name, market=market)


def test_bars_made_of_real_trades_come_back_as_they_went_in(
    home: Home, real_data: Path, tmp_path: Path
) -> None:
    trades = pq.read_table(real_data / "btcusdt-trades.parquet").to_pylist()
    minutes: dict[int, list[tuple[float, float]]] = {}
    for row in trades:
        ns = row["timestamp"]
        second = int(ns.timestamp()) if hasattr(ns, "timestamp") else int(ns) // 10**9
        minutes.setdefault(second // 60, []).append((float(row["price"]), float(row["quantity"])))
    wanted = [
        (minute * 60, [p for p, _ in each], sum(q for _, q in each))
        for minute, each in sorted(minutes.items())
    ]
    file = tmp_path / "bars.csv"
    lines = [
        f"{at},{prices[0]},{max(prices)},{min(prices)},{prices[-1]},{volume:.6f}"
        for at, prices, volume in wanted
    ]
    file.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    done = load(home, file, market="BTC/USDT")
    assert done.added == len(wanted)
    bars = catalog.stored(home, "BTCUSDT.LOCAL", "1m")
    assert bars.close.tolist() == [prices[-1] for _, prices, _ in wanted]
    assert bars.high.tolist() == [max(prices) for _, prices, _ in wanted]
