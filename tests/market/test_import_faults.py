"""Files that are broken, and imports that end in the middle: a reason, and nothing half-written."""

import bz2
import contextlib
import gc
import gzip
import lzma
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, ClearEdgeError, Refused
from clearedge_tui.market import catalog, ingest
from clearedge_tui.market.ingest import Request
from clearedge_tui.market.markets import describe, save_market
from clearedge_tui.settings import Home
from tests.backtest.box import MINUTE, make_home
from tests.market.imported import T0, lines, load, tree

HEAD = "time,open,high,low,close,volume"
REPO = Path(__file__).resolve().parents[2]


def body(count: int) -> bytes:
    rows = (f"{(T0 + n * MINUTE) // 10**9},100.5,101,100,100.{n % 7},{n}" for n in range(count))
    return "\n".join([HEAD, *rows, ""]).encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda raw: pa.Codec("zstd").compress(raw, asbytes=True),
}


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_file_that_breaks_off_is_refused(packing: str, home: Home, tmp_path: Path) -> None:
    whole = PACK[packing](body(20_000))
    path = tmp_path / "bars.csv"
    for share in (0.95, 0.5):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BadData, match=r"bars\.csv"):
            load(home, path)
        assert tree(home) == {}
    path.write_bytes(whole)
    assert load(home, path).added == 20_000


def parquet(path: Path, **change: pa.Array) -> Path:
    times = pa.array([T0 + n * MINUTE for n in range(5)], pa.timestamp("ns", tz="UTC"))
    plain = {name: pa.array([100.0] * 5) for name in HEAD.split(",")[1:]}
    pq.write_table(pa.table({"time": times} | plain | change), path)
    return path


BROKEN: dict[str, Callable[[Path], object]] = {
    "parquet cut": lambda p: p.write_bytes(parquet(p).read_bytes()[:-30]),
    "parquet without its head's rows": lambda p: p.write_bytes(b"PAR1" + parquet(p).read_bytes()[700:]),
    "parquet spoilt": lambda p: p.write_bytes(
        bytes(b if n < 4 or n > 300 else 0x55 for n, b in enumerate(parquet(p).read_bytes()))
    ),
    "empty": lambda p: p.write_bytes(b""),
    "blank": lambda p: p.write_bytes(b"\n \n\n"),
    "header alone": lambda p: p.write_bytes(HEAD.encode() + b"\n"),
    "huge line": lambda p: p.write_bytes(b"1," * 500_000),
    "huge cell": lambda p: p.write_bytes(body(3) + b"x" * (9 << 20) + b",1,1,1,1,1\n"),
    "a picture": lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "a page": lambda p: p.write_bytes(b"<html><body>404 not found</body></html>\n"),
    "no letters": lambda p: p.write_bytes(body(3) + b"1704067380,1,1,1,1,\xff\xfe\n"),
    "last line cut": lambda p: p.write_bytes(body(20)[:-25]),
    "one more cell": lambda p: p.write_bytes(body(3) + b"1704067380,1,1,1,1,1,1\n"),
    "time of another world": lambda p: p.write_bytes(body(3) + b"99999999999,1,1,1,1,1\n"),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_table_is_refused_by_name(broken: str, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    BROKEN[broken](path)
    with pytest.raises(BadData, match=r"bars\.csv") as caught:
        load(home, path, timeframe="1m")
    assert len(str(caught.value)) < 500
    assert tree(home) == {}


TYPES = {
    "text": (pa.array(["1", "2", "x", "4", "5"]), r"row 3: open is `x`; wanted a number"),
    "truth": (pa.array([True] * 5), r"row 1: open is `True`; wanted a number"),
    "nothing": (pa.array([1.0, None, 1.0, 1.0, 1.0]), r"row 2: open is ``; wanted a number"),
    "lists": (pa.array([[1.0]] * 5), r"row 1: open is"),
    "moments": (pa.array([1] * 5, pa.timestamp("s")), r"row 1: open is"),
    "infinite": (pa.array([100.0] * 4 + [float("inf")]), r"row 5: open is inf"),
}


@pytest.mark.parametrize("wrong", TYPES)
def test_wrong_types_of_a_column_are_named_by_row(wrong: str, home: Home, tmp_path: Path) -> None:
    column, message = TYPES[wrong]
    with pytest.raises(BadData, match=message):
        load(home, parquet(tmp_path / "b.parquet", open=column), timeframe="1m")
    assert tree(home) == {}


@pytest.mark.parametrize("time", [pa.array([True] * 5), pa.array([[1]] * 5), pa.nulls(5)])
def test_a_wrong_type_of_time_is_refused(time: pa.Array, home: Home, tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"b\.parquet"):
        load(home, parquet(tmp_path / "b.parquet", time=time), timeframe="1m")


def test_numbers_as_text_and_short_floats_are_read_as_they_look(home: Home, tmp_path: Path) -> None:
    short = pa.array([100.1] * 5, pa.float32())
    words = pa.array([" 101.25 "] * 5)
    path = parquet(tmp_path / "b.parquet", open=short, high=words)
    load(home, path, timeframe="1m")
    bars = catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")
    assert (bars.open.tolist(), bars.high.tolist()) == ([100.1] * 5, [101.25] * 5)


def test_a_plan_shows_nothing_and_leaves_nothing(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(body(50))
    with ingest.plan(home, Request(path, "BTC/USDT")) as plan:
        assert plan.rows == 50
        assert catalog.series(home) == [] and catalog.keys(home) == []
    assert tree(home) == {}
    forgotten = ingest.plan(home, Request(path, "BTC/USDT"))
    assert tree(home) != {}
    del forgotten, plan
    gc.collect()
    assert tree(home) == {}


def test_the_first_rows_are_shown_as_they_were_understood(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(body(50))
    with ingest.plan(home, Request(path, "BTC/USDT")) as plan:
        assert len(plan.preview) == 5
        told = (
            "2024-01-01 00:02:00  open 100.5  high 101.0  low 100.0  close 100.1  volume 1.000000"
        )
        assert plan.preview[1] == told
        assert any(line.endswith(told) for line in plan.lines())


def test_a_market_that_changed_meanwhile_is_not_written_over(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(body(50))
    plan = ingest.plan(home, Request(path, "BTC/USDT"))
    save_market(home, describe("BTC/USDT", price_precision=7))
    with pytest.raises(Refused, match="changed by somebody else meanwhile"):
        ingest.run(home, plan)
    assert catalog.series(home) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from clearedge_tui.market import ingest
from clearedge_tui.settings import Home
done = []
def progress(rows):
    done.append(rows)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
ingest.plan(Home(Path(sys.argv[1])), ingest.Request(Path(sys.argv[2]), "BTC/USDT"), progress)
"""


def test_a_kill_in_the_middle_leaves_nothing_and_the_next_import_cleans_up(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(body(600_000))
    done = subprocess.run([sys.executable, "-c", KILLED, str(home.root), str(path)], cwd=REPO)
    assert done.returncode == -signal.SIGKILL
    assert catalog.series(home) == []
    assert len(list((home.catalog / ".staging").iterdir())) == 1
    path.write_bytes(body(10))
    assert load(home, path).added == 10
    assert not list((home.catalog / ".staging").glob("*"))


def test_contradictions_are_found_behind_thousands_of_equal_rows(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(body(300_000))
    load(home, path)
    before = tree(home)
    rows = body(300_001).decode().splitlines()
    rows[250_001] = rows[250_001].replace("100.5", "100.9", 1)
    rows[-1] = rows[-1].replace("100.5", "100.75", 1)
    with pytest.raises(BadData, match=r"b\.csv:250002: the bar closing .* has open 100\.9 here"):
        load(home, lines(path, *rows))
    assert tree(home) == before


def test_every_refusal_is_one_of_ours(home: Home, tmp_path: Path) -> None:
    """Files cut anywhere and with any byte changed: an import or a reason, never a traceback."""
    whole = bytearray(gzip.compress(body(200)))
    raw = body(200)
    for at in range(0, len(whole), 37):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x5A
        for content in (bytes(spoilt), raw[: at * 5 + 1]):
            path = tmp_path / "b.csv"
            path.write_bytes(content)
            with contextlib.suppress(ClearEdgeError):
                load(home, path, venue=f"V{at}")


FULL = """
import resource, signal, sys
from pathlib import Path
from clearedge_tui.core.errors import Refused
from clearedge_tui.market import ingest
from clearedge_tui.settings import Home
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    ingest.plan(Home(Path(sys.argv[1])), ingest.Request(Path(sys.argv[2]), "BTC/USDT"))
except Refused as error:
    print(error)
"""


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_disk_that_fills_half_way_is_refused_and_leaves_nothing(
    newest_first: bool, home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "b.csv"
    rows = body(300_000).split()
    if newest_first:
        rows[1:] = rows[:0:-1]
    path.write_bytes(b"\n".join(rows))
    command = [sys.executable, "-c", FULL, str(home.root), str(path)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True)
    assert "Make room and try again" in done.stdout, done.stderr
    assert tree(home) == {}


def test_files_are_imported_onto_s3_as_onto_a_disk(
    s3_home: Callable[[str], Home], tmp_path: Path
) -> None:
    home, path = s3_home("imports"), tmp_path / "b.csv"
    path.write_bytes(body(5_000))
    with ingest.plan(home, Request(path, "BTC/USDT")) as plan:
        assert plan.rows == 5_000
    assert catalog.series(home) == []
    assert load(home, path).added == 5_000
    path.write_bytes(body(5_010))
    assert load(home, path).added == 10
    assert len(catalog.read_bars(home, "BTCUSDT.LOCAL", "1m")) == 5_010
    assert not list(home.catalog.rglob("*.parquet"))
