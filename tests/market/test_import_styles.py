"""Bars in the styles of many programs: random ones come back, known ones are told by their look."""

import bz2
import gzip
import lzma
import random
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.market import catalog, ingest
from clearedge_tui.market.ingest import Request
from clearedge_tui.market.layout import Kind
from clearedge_tui.settings import Home
from tests.backtest.box import MINUTE, make_home
from tests.market.imported import T0, column, decimals, lines, load, tree

START = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = ("open", "high", "low", "close", "volume")
NAMES = {
    "time": ("timestamp", "Date", "open_time", "GMT time", "<DATETIME>"),
    "open": ("open", "O", "Open Price", "<OPEN>"),
    "high": ("high", "H", "<HIGH>"),
    "low": ("low", "L", "<LOW>"),
    "close": ("close", "C", "last", "<CLOSE>"),
    "volume": ("volume", "Vol", "V", "<TICKVOL>"),
}
STYLES: dict[str, Callable[[datetime], str]] = {
    "iso": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
    "iso T": lambda t: f"{t:%Y-%m-%dT%H:%M}",
    "zulu": lambda t: f"{t:%Y-%m-%dT%H:%M:%S.000Z}",
    "utc": lambda t: f"{t:%Y-%m-%d %H:%M:%S} UTC",
    "offset": lambda t: f"{t.astimezone(UTC) + timedelta(hours=2):%Y-%m-%d %H:%M:%S}+02:00",
    "offset west": lambda t: f"{t - timedelta(hours=5):%Y-%m-%d %H:%M:%S}-0500",
    "dots": lambda t: f"{t:%Y.%m.%d %H:%M}",
    "slashes": lambda t: f"{t:%Y/%m/%d %H:%M:%S}",
    "day first": lambda t: f"{t:%d.%m.%Y %H:%M:%S.000}",
    "compact": lambda t: f"{t:%Y%m%d %H%M%S}",
    "compact ms": lambda t: f"{t:%Y%m%d %H%M%S}000",
    "together": lambda t: f"{t:%Y%m%d%H%M%S}",
    "s": lambda t: str(int(t.timestamp())),
    "ms": lambda t: str(int(t.timestamp()) * 10**3),
    "us": lambda t: str(int(t.timestamp()) * 10**6),
    "ns": lambda t: str(int(t.timestamp()) * 10**9),
    "s point": lambda t: f"{int(t.timestamp())}.0",
}


def zipped(body: bytes) -> bytes:
    box = BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("bars.csv", body)
    return box.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": gzip.compress,
    "two gzips": lambda body: gzip.compress(body[:40]) + gzip.compress(body[40:]),
    "bz2": bz2.compress,
    "zstd": lambda body: pa.Codec("zstd").compress(body, asbytes=True),
    "xz": lzma.compress,
    "zip": zipped,
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@st.composite
def bars(draw: st.DrawFn) -> list[list[float]]:
    """Return valid bars of up to four decimals."""
    digits = draw(st.integers(0, 4))
    cents = st.integers(1, 10**7)
    rows = draw(st.lists(st.tuples(cents, cents, cents, cents, cents), min_size=3, max_size=30))
    made = []
    for one in rows:
        low, first, last, high = sorted(one[:4])
        made.append([n / 10**digits for n in (first, high, low, last)] + [one[4] / 10**4])
    return made


@settings(max_examples=60)
@given(
    bars(),
    st.sampled_from(sorted(STYLES)),
    st.sampled_from(sorted(PACKINGS)),
    st.sampled_from([",", ";", "\t", "|", "^", "~"]),
    st.permutations(["time", *FIELDS, "noise"]),
    st.randoms(use_true_random=False),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_bars_come_back_whatever_style_they_are_written_in(
    made: list[list[float]],
    style: str,
    packing: str,
    mark: str,
    order: list[str],
    dice: random.Random,
    end: str,
    commas: bool,
) -> None:
    names = {field: dice.choice(known) for field, known in NAMES.items()} | {"noise": "symbol"}
    text = [mark.join(names[field] for field in order)]
    for n, row in enumerate(made):
        cells = {f: f"{v:.4f}" for f, v in zip(FIELDS, row, strict=True)}
        if commas and mark != ",":
            cells = {f: v.replace(".", ",") for f, v in cells.items()}
        cells |= {"time": STYLES[style](START + timedelta(minutes=n)), "noise": "X"}
        text.append(mark.join(cells[field] for field in order))
    with tempfile.TemporaryDirectory() as folder:
        home, path = make_home(Path(folder) / "home"), Path(folder) / "bars.dat"
        path.write_bytes(PACKINGS[packing]((end.join(text) + end).encode()))
        assert load(home, path).added == len(made)
        found = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
    assert found.ts_ns.tolist() == [T0 + MINUTE * (n + 1) for n in range(len(made))]
    assert np.array_equal(np.stack(found.columns()[1:], axis=1), np.array(made))


@settings(max_examples=20)
@given(
    bars(),
    st.sampled_from(["us", "ms", "ns"]),
    st.sampled_from([None, "UTC", "Asia/Tokyo"]),
    st.booleans(),
)
def test_bars_come_back_from_parquet(
    made: list[list[float]], unit: str, zone: str | None, exact: bool
) -> None:
    moments = pa.array([T0 + MINUTE * n for n in range(len(made))], pa.timestamp("ns", tz="UTC"))
    times = moments.cast(pa.timestamp(unit, tz="UTC")).cast(pa.timestamp(unit, tz=zone))
    columns = [pa.array([row[n] for row in made]) for n in range(5)]
    if exact:
        columns = [c.cast(pa.decimal128(20, 4)) for c in columns]
    with tempfile.TemporaryDirectory() as folder:
        home, path = make_home(Path(folder) / "home"), Path(folder) / "bars.dat"
        pq.write_table(pa.table([times, *columns], names=["ts", *FIELDS]), path)
        load(home, path)
        found = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
    assert found.ts_ns[0] == T0 + MINUTE
    assert np.array_equal(np.stack(found.columns()[1:], axis=1), np.array(made))


BAR = "100.0,101.5,99.5,101.0,12.5"
SHAPES = {
    "klines": (
        Kind.BARS,
        [f"{T0 // 10**6 + 60_000 * n},{BAR},{T0 // 10**6 + 60_000 * n + 59_999},1,9,4,2,0" for n in range(3)],
    ),
    "bars and their trades": (Kind.BARS, [f"{T0 // 10**9 + 60 * n},{BAR},17" for n in range(3)]),
    "terminal": (Kind.BARS, [f"2024.01.01,00:0{n},{BAR}" for n in range(3)]),
    "terminal without volume": (Kind.BARS, [f"2024.01.01,00:0{n},100,102,99,101" for n in range(3)]),
    "history": (Kind.BARS, [f"20240101 000{n}00;100;102;99;101;0" for n in range(3)]),
    "ticks": (Kind.QUOTES, [f"20240101 000000{n}00,86.655,86.728,0" for n in range(3)]),
    "exchange trades": (
        Kind.TRADES,
        [f"{n},42000.5,0.01,420.005,{T0 // 10**6 + n},True,True" for n in range(3)],
    ),
    "joined trades": (
        Kind.TRADES,
        [f"{n},42000.5,0.01,7,9,{T0 // 10**6 + n},false,true" for n in range(3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_files_without_a_header_are_told_by_their_shape(
    shape: str, home: Home, tmp_path: Path
) -> None:
    kind, rows = SHAPES[shape]
    plan = ingest.plan(home, Request(lines(tmp_path / "x.csv", *rows), "BTC/USDT"))
    assert (plan.kind, plan.rows, plan.timeframe) == (kind, 3, "1m" if kind is Kind.BARS else "")
    assert plan.first_ns == T0 + (MINUTE if kind is Kind.BARS else 0)
    assert "no header" in " ".join(plan.notes)


def test_columns_without_a_header_can_be_said_by_their_numbers(home: Home, tmp_path: Path) -> None:
    rows = [f"7,{BAR},2024-01-01 00:0{n}:00,1,1" for n in range(3)]
    path = lines(tmp_path / "x.csv", *rows)
    with pytest.raises(
        BadData, match=r"x.csv:1: the file has no header, and its 9 columns.*time=1"
    ):
        load(home, path)
    chosen = {"open": "2", "high": "3", "low": "4", "close": "5", "volume": "6", "time": "7"}
    assert load(home, path, columns=chosen).added == 3
    assert catalog.read_bars(home, "BTCUSDT.LOCAL", "1m").volume.tolist() == [12.5] * 3


def test_a_line_of_the_maker_before_the_header_is_passed_over(home: Home, tmp_path: Path) -> None:
    head = "unix,date,symbol,open,high,low,close,Volume BTC"
    rows = [f"{T0 // 10**9 + 60 * n},2024-01-01 00:0{n}:00,BTC/USDT,{BAR}" for n in range(4)]
    rows[3] = rows[3].replace("99.5", "oops")
    path = lines(tmp_path / "x.csv", "https://www.example.com", head, *rows)
    with pytest.raises(BadData, match=r"x\.csv:6: low is `oops`"):
        load(home, path, columns={"volume": "Volume BTC"})
    lines(path, "https://www.example.com", head, *rows[:3])
    assert load(home, path, columns={"volume": "Volume BTC"}).added == 3


def test_a_day_and_a_time_of_day_are_one_time(home: Home, tmp_path: Path) -> None:
    rows = [f"01/15/2024,00:0{n}:00,{BAR}" for n in range(3)]
    path = lines(tmp_path / "x.csv", "Date,Time,Open,High,Low,Close,Volume", *rows)
    assert load(home, path, zone="America/New_York").first_ns == T0 + (14 * 1440 + 301) * MINUTE


def test_day_and_month_that_cannot_be_told_apart_are_refused(home: Home, tmp_path: Path) -> None:
    rows = [f"01/02/2024 00:0{n},{BAR}" for n in range(3)]
    path = lines(tmp_path / "x.csv", "Date,Open,High,Low,Close,Volume", *rows)
    with pytest.raises(BadData, match=r"x\.csv:2: in the date `01/02/2024 00:00` day and month"):
        load(home, path)


HEAD = "time,open,high,low,close,volume"


def test_times_that_a_clock_change_makes_unclear_are_refused(home: Home, tmp_path: Path) -> None:
    hours = ("2024-11-03 00:00", "2024-11-03 01:00", "2024-11-03 02:00", "2024-11-03 03:00")
    path = lines(tmp_path / "x.csv", HEAD, *(f"{t},{BAR}" for t in hours))
    with pytest.raises(BadData, match=r"x\.csv:3: time `2024-11-03 01:00` happens twice or never"):
        load(home, path, zone="America/New_York", timeframe="1h")
    spring = ("2024-03-10 01:00", "2024-03-10 02:00", "2024-03-10 03:00")
    lines(path, HEAD, *(f"{t},{BAR}" for t in spring))
    with pytest.raises(BadData, match=r"x\.csv:3: time `2024-03-10 02:00` happens twice or never"):
        load(home, path, zone="America/New_York", timeframe="1h")
    with pytest.raises(UsageError, match="time zone `Mars/Base` is not known"):
        load(home, path, zone="Mars/Base")
    assert tree(home) == {}


def test_offsets_that_change_need_the_zone_that_changes(home: Home, tmp_path: Path) -> None:
    hours = (
        *("2024-11-03 00:00:00-04:00", "2024-11-03 01:00:00-04:00"),
        *("2024-11-03 01:00:00-05:00", "2024-11-03 02:00:00-05:00"),
    )
    path = lines(tmp_path / "x.csv", HEAD, *(f"{t},{BAR}" for t in hours))
    with pytest.raises(BadData, match=r"x\.csv:4: .*another offset than the first row \(-04:00\)"):
        load(home, path, timeframe="1h")
    with pytest.raises(BadData, match=r"x\.csv:4: .*another offset"):
        load(home, path, timeframe="1h", zone="Europe/Berlin")
    assert load(home, path, timeframe="1h", zone="America/New_York").added == 4


def test_times_with_and_without_offset_are_not_mixed(home: Home, tmp_path: Path) -> None:
    mixed = [f"2024-01-01 00:00:00Z,{BAR}", f"2024-01-01 00:01:00,{BAR}"]
    with pytest.raises(BadData, match=r"x\.csv:3: .*has no offset, and the first row has \(Z\)"):
        load(home, lines(tmp_path / "x.csv", HEAD, *mixed), timeframe="1m")
    with pytest.raises(BadData, match=r"x\.csv:3: time `2024-01-01 00:00:00Z`"):
        load(home, lines(tmp_path / "x.csv", HEAD, *reversed(mixed)), timeframe="1m")


def test_the_length_of_bars_is_how_far_most_are_apart(home: Home, tmp_path: Path) -> None:
    rows = [f"2024-01-01 0{n}:00,{BAR}" for n in (0, 1, 2, 5)]
    assert load(home, lines(tmp_path / "x.csv", HEAD, *rows)).timeframe == "1h"
    with pytest.raises(UsageError, match="how long are its bars"):
        load(home, lines(tmp_path / "y.csv", HEAD, rows[0]))


def test_wide_bars_and_two_files_are_the_same_middles(home: Home, tmp_path: Path) -> None:
    bid = ["1.10000,1.10020,1.09980,1.10010", "1.10010,1.10030,1.10000,1.10021"]
    ask = ["1.10005,1.10030,1.09990,1.10020", "1.10020,1.10040,1.10010,1.10030"]
    ohlc = "open,high,low,close"
    wide = ",".join(f"{side}_{name}" for side in ("bid", "ask") for name in ohlc.split(","))
    at = ["2024-01-01 00:00", "2024-01-01 00:01"]
    one = lines(
        tmp_path / "w.csv",
        f"time,{wide}",
        *(f"{t},{b},{a}" for t, b, a in zip(at, bid, ask, strict=True)),
    )
    bids = lines(
        tmp_path / "b.csv", f"time,{ohlc}", *(f"{t},{b}" for t, b in zip(at, bid, strict=True))
    )
    asks = lines(
        tmp_path / "a.csv",
        f"time;{ohlc.replace(',', ';')}",
        *(f"{t},{a}".replace(",", ";") for t, a in zip(at, ask, strict=True)),
    )
    load(home, one, "EUR/USD", timeframe="1m")
    found = catalog.read_bars(home, "EURUSD.LOCAL", "1m")
    assert found.open.tolist() == [1.100025, 1.10015]
    assert found.close.tolist() == [1.10015, 1.100255]
    again = load(home, bids, "EUR/USD", ask=asks, timeframe="1m")
    assert (again.added, again.already) == (0, 2)


def test_pairs_that_do_not_fit_are_refused(home: Home, tmp_path: Path) -> None:
    ohlc = "time,open,high,low,close"
    bid = lines(tmp_path / "b.csv", ohlc, *(f"2024-01-01 00:0{n},10,12,9,11" for n in range(3)))
    ask = lines(tmp_path / "a.csv", ohlc, *(f"2024-01-01 00:0{n},11,13,10,12" for n in range(3)))
    with pytest.raises(BadData, match=r"a\.csv:2: bid open 11 is above ask open 10"):
        load(home, ask, ask=bid, timeframe="1m")
    lines(ask, ohlc, *(f"2024-01-01 00:0{n},11,13,10,12" for n in (0, 2, 3)))
    with pytest.raises(BadData, match=r"a\.csv:3: the ask of 2024-01-01 00:02:00.*b\.csv:3"):
        load(home, bid, ask=ask, timeframe="1m")
    lines(ask, ohlc, *(f"2024-01-01 00:0{n},11,13,10,12" for n in range(2)))
    with pytest.raises(BadData, match=r"b\.csv:4: the other file has no row"):
        load(home, bid, ask=ask, timeframe="1m")
    lines(ask, ohlc, *(f"2024-01-01 00:0{n},10,13,9,10.995" for n in range(3)))
    with pytest.raises(BadData, match=r"b\.csv:2: bid close 11 is above ask close 10.995.*swapped"):
        load(home, bid, ask=ask, timeframe="1m")
    assert tree(home) == {}


def test_the_real_pound_pair_is_stored_as_middles(home: Home, real_data: Path) -> None:
    bid, ask = (real_data / f"gbpusd-m1-{side}-2012.csv" for side in ("bid", "ask"))
    done = load(home, bid, "GBP/USD", ask=ask)
    assert (done.added, done.timeframe, done.gaps) == (30_117, "1m", 111)
    assert catalog.read_bars(home, "GBPUSD.LOCAL", "1m").open[0] == 1.576025
    assert load(home, bid, "GBP/USD", ask=ask).added == 0


def test_adjusted_prices_are_a_choice(home: Home, tmp_path: Path) -> None:
    rows = [f"2024-01-0{n},100,110,90,100,50,7" for n in (1, 2, 3)]
    path = lines(tmp_path / "x.csv", "Date,Open,High,Low,Close,Adj Close,Volume", *rows)
    plan = ingest.plan(home, Request(path, "SPY"))
    assert "prices are stored as traded" in " ".join(plan.notes)
    ingest.run(home, plan)
    load(home, path, "SPY", venue="ADJUSTED", adjusted=True)
    assert catalog.read_bars(home, "SPY.LOCAL", "1d").high.tolist() == [110.0] * 3
    assert catalog.read_bars(home, "SPY.ADJUSTED", "1d").high.tolist() == [55.0] * 3
    plain = lines(tmp_path / "y.csv", "Date,Open,High,Low,Close", "2024-01-01,1,1,1,1")
    with pytest.raises(BadData, match="--adjusted needs a column of adjusted closes"):
        load(home, plain, "SPY", adjusted=True)


def test_decimal_commas_are_told_from_thousands(home: Home, tmp_path: Path) -> None:
    rows = ("ts;bid;ask", "1704067200;1,25;1,26")
    load(home, lines(tmp_path / "x.csv", *rows), "EUR/USD")
    assert column(home, Kind.QUOTES, "bid_price", "EURUSD.LOCAL") == decimals("1.25")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_whose_newest_row_comes_first_are_read_from_their_end(
    form: str, home: Home, tmp_path: Path
) -> None:
    count = 300_000
    seconds = (T0 // 10**9 + 60 * np.arange(count))[::-1]
    table = pa.table(
        {"time": seconds, "open": seconds / 1e7, "high": seconds / 1e7, "low": seconds / 1e7, "close": seconds / 1e7}
    )  # fmt: skip
    path = tmp_path / f"x.{form}"
    if form == "csv":
        pa.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    plan = ingest.plan(home, Request(path, "BTC/USDT"))
    assert "newest row comes first" in " ".join(plan.notes)
    assert (plan.timeframe, plan.rows, plan.gaps) == ("1m", count, 0)
    assert plan.preview[0].startswith("2024-01-01 00:01:00")
    ingest.run(home, plan)
    assert np.array_equal(
        catalog.stored(home, "BTCUSDT.LOCAL", "1m").ts_ns, (seconds[::-1] + 60) * 10**9
    )
    assert load(home, path).added == 0


def test_faults_of_a_file_read_from_its_end_have_their_own_line(home: Home, tmp_path: Path) -> None:
    rows = [f"2024-01-01 00:0{n},{BAR}" for n in range(9, -1, -1)]
    path = lines(tmp_path / "x.csv", HEAD, *rows)
    assert load(home, path).added == 10
    for at, good, bad, message in (
        (3, "99.5", "oops", r"x\.csv:5: low is `oops`"),
        (6, "99.5", "999", r"x\.csv:8: open or close lies outside|x\.csv:8: high"),
        (8, "00:01", "00:41", r"x\.csv:\d+: time .*not sorted"),
        (2, "12.5", "77", r"x\.csv:4: the bar closing 2024-01-01 00:08:00 has volume 77"),
    ):
        lines(
            path, HEAD, *(row.replace(good, bad) if n == at else row for n, row in enumerate(rows))
        )
        with pytest.raises(BadData, match=message):
            load(home, path)


def test_an_index_without_a_name_is_the_time(home: Home, tmp_path: Path) -> None:
    rows = [f"2024-01-01 00:0{n}:00+00:00,{BAR}" for n in range(3)]
    assert load(home, lines(tmp_path / "x.csv", ",open,high,low,close,volume", *rows)).added == 3
    rows[1] = rows[1].replace("99.5", "x")
    with pytest.raises(BadData, match=r"x\.csv:3: low is `x`"):
        load(home, lines(tmp_path / "x.csv", ",open,high,low,close,volume", *rows))


def test_more_known_styles_are_told_without_a_word(home: Home, tmp_path: Path) -> None:
    stooq = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"
    rows = [f"SPY.US,5,20240101,00{5 * n:02d}00,{BAR},0" for n in range(4)]
    done = load(home, lines(tmp_path / "stooq.txt", stooq, *rows), "SPY")
    assert (done.timeframe, done.first_ns) == ("5m", T0 + 5 * MINUTE)
    terminal = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    rows = [f"2024.01.01\t0{n}:00:00\t1.1\t1.2\t1.0\t1.15\t7\t0\t3" for n in range(4)]
    assert load(home, lines(tmp_path / "mt5.csv", terminal, *rows), "EUR/USD").timeframe == "1h"
    swiss = "Gmt time,Open,High,Low,Close,Volume"
    rows = [f"{n + 1:02d}.01.2024 00:00:00.000,{BAR}" for n in range(20)]
    assert load(home, lines(tmp_path / "d.csv", swiss, *rows), "GBP/USD").timeframe == "1d"
