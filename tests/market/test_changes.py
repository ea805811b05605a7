"""The catalog is as before or as after, wherever a writer is killed, here and on S3."""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import Refused
from clearedge_tui.core.resample import Grid
from clearedge_tui.market import catalog, columns
from clearedge_tui.market.change import STAGING, Change
from clearedge_tui.market.layout import Key, Kind, bars_key
from clearedge_tui.market.markets import save_market
from clearedge_tui.market.place import place
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, MINUTE, REPO, make_home, sim_bars, store

KEY = bars_key(BTC.market_id, "1m")
# writers that die at a step of theirs; each is forked: an interpreter takes seconds to import all this
KILLER = """
import os, sys, traceback
from pathlib import Path
from clearedge_tui.market import catalog, place
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, sim_bars

def dying(name):
    real = getattr(place.Place, name)
    def call(self, *args):
        global turns
        turns -= 1
        if turns < 0:
            os.kill(os.getpid(), 9)
        return real(self, *args)
    setattr(place.Place, name, call)

for name in ("move", "remove", "remove_folder", "write", "writing"):
    dying(name)
for line in sys.stdin:
    turn, _, root = line.strip().partition(" ")
    if pid := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        continue
    try:
        home, turns = Home(Path(root)), int(turn)
        with catalog.locked(home):
            catalog.write_bars(home, BTC, "1m", [sim_bars(300)])
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
"""


def rows(home: Home) -> int:
    return len(catalog.stored(home, BTC.market_id, "1m"))


Died = Callable[[Home, int], bool]


@pytest.fixture(scope="module")
def killed_at() -> Iterator[Died]:
    """Return what writes into a home and is killed at a step: whether it came that far."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLER], cwd=REPO, stdin=PIPE, stdout=PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    said, told = process.stdin, process.stdout

    def ask(home: Home, turn: int) -> bool:
        print(turn, home.root, file=said, flush=True)
        code = told.readline().strip()
        assert code in ("0", "-9"), code
        return code == "-9"

    yield ask
    with process:
        said.close()


def test_a_kill_at_any_step_of_a_write_leaves_before_or_after(
    tmp_path: Path, killed_at: Died
) -> None:
    seen = set()
    for turn in range(random.randrange(2), 30, 2):  # every other step; the seed is printed
        home = make_home(tmp_path / str(turn))
        store(home, BTC, "1m", sim_bars(200).slice(0, 100))
        store(home, BTC, "1m", sim_bars(200).slice(150, 200))
        died = killed_at(home, turn)
        seen.add(rows(home))
        assert rows(home) in (150, 300), f"killed at step {turn}"
        assert catalog.series(home)[0].rows == rows(home)
        with catalog.locked(home):
            assert place(home).folders(STAGING) == [], "the next writer cleans up"
        if not died:
            break
    else:
        pytest.fail("the write has more than 30 steps")
    assert seen == {150, 300}
    assert turn > 4


def test_a_change_that_was_committed_is_finished_by_the_next_reader(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", sim_bars(100))
    where = place(home)
    change = Change(where)
    for item in where.listing(KEY.folder):
        change.drop(item.path)
    real, where.remove = where.remove, lambda path: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        change.commit()
    where.remove = real  # type: ignore[method-assign]
    assert catalog.series(home) == []
    assert where.folders(STAGING) == []


def test_what_another_process_stages_is_left_alone(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with catalog.Staged(home, BTC, KEY) as staged:
        staged.fill([columns.encode(sim_bars(100), staged.layout)])
        store(home, BTC, "1m", sim_bars(150).slice(100, 150))  # takes the lock, cleans up
        with catalog.locked(home):
            assert staged.commit().added == 100
    assert rows(home) == 150
    assert place(home).folders(STAGING) == []


@pytest.mark.parametrize("host", ["odd~name", "a/b"])
def test_what_is_staged_is_left_alone_whatever_the_machine_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    home = make_home(tmp_path / "home")
    with catalog.Staged(home, BTC, KEY) as staged:
        staged.fill([columns.encode(sim_bars(100), staged.layout)])
        with catalog.locked(home):
            assert staged.commit().added == 100
    assert rows(home) == 100
    assert place(home).folders(STAGING) == []


def test_what_a_machine_that_is_gone_has_staged_goes_after_a_week(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    for days in (1, 30):
        draft = home.catalog / STAGING / f"elsewhere~1~2~{days}" / "0-draft.parquet"
        draft.parent.mkdir(parents=True)
        draft.write_bytes(b"half")
        then = time.time() - days * 86_400
        os.utime(draft, (then, then))
    junk = home.catalog / STAGING / f"{socket.gethostname()}~no~number~x"
    junk.mkdir()
    with catalog.locked(home):
        assert place(home).folders(STAGING) == ["elsewhere~1~2~1"]


def test_a_full_disk_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", sim_bars(100))
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from clearedge_tui.core.errors import Refused\n"
        "from clearedge_tui.market import catalog; from clearedge_tui.settings import Home\n"
        "from tests.backtest.box import BTC, sim_bars\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "home = Home(Path(sys.argv[1]))\n"
        "try:\n"
        "    with catalog.locked(home): catalog.write_bars(home, BTC, '1m', [sim_bars(9000)])\n"
        "except Refused as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home.root)],
        cwd=REPO,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "File too large while writing BTCUSDT.LOCAL 1m; nothing was changed" in done.stdout, done
    assert rows(home) == 100


pieces = st.lists(st.sets(st.integers(0, 60), min_size=1, max_size=30), min_size=1, max_size=6)


@settings(max_examples=40)
@given(pieces)
def test_any_pieces_in_any_order_make_the_union_once(parts: list[set[int]]) -> None:
    import tempfile

    whole = sim_bars(61)
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        save_market(home, BTC)
        known: set[int] = set()
        for part in parts:
            with catalog.locked(home):
                picked = whole.take(np.array(sorted(part)))
                added = catalog.write_bars(home, BTC, "1m", [picked])
            assert added == len(part - known)
            known |= part
        found = catalog.stored(home, BTC.market_id, "1m")
        assert found.ts_ns.tolist() == [int(whole.ts_ns[n]) for n in sorted(known)]
        (listed,) = catalog.series(home)
        steps = np.diff(found.ts_ns) // MINUTE - 1
        assert (listed.rows, listed.gaps, listed.missing) == (
            len(known), int((steps > 0).sum()), int(steps.sum()),
        )  # fmt: skip


def trades(moments: list[int], layout: pa.Schema) -> pa.RecordBatch:
    times = pa.array(moments, pa.int64()).cast(pa.timestamp("ns", tz="UTC"))
    ids = pa.array([f"t{n}" for n in moments])
    price = columns.decimals(np.array(moments, float) / 10, 2)
    side = (
        pa.array(["BUY"] * len(moments))
        .dictionary_encode()
        .cast(layout.field("aggressor_side").type)
    )
    return pa.RecordBatch.from_arrays([price, price, side, ids, times, times], schema=layout)


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.integers(1, 40), min_size=1, max_size=20, unique=True), min_size=1, max_size=5
    )
)
def test_ticks_that_are_there_already_are_not_added_again(parts: list[list[int]]) -> None:
    import tempfile

    key = Key(BTC.market_id, Kind.TRADES)
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        known: set[int] = set()
        for part in parts:
            with catalog.locked(home):
                layout = columns.layout(key, 3, 6)
                done = catalog.add(home, BTC, key, [trades(sorted(part), layout)])
            assert (done.added, done.already) == (len(set(part) - known), len(set(part) & known))
            known |= set(part)
        found = catalog.table(home, key)
        assert found is not None
        assert found.column("trade_id").to_pylist() == [f"t{n}" for n in sorted(known)]


def test_a_source_that_had_nothing_has_spoken_all_the_same(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    day = 1440 * MINUTE
    whole = sim_bars(300)
    first = int(whole.ts_ns[0]) - MINUTE
    layout = columns.layout(KEY, 3, 6)
    with catalog.locked(home):
        batch = columns.encode(whole.slice(0, 100), layout)
        catalog.add(home, BTC, KEY, [batch], (first, first + day), "test")
    assert catalog.covered(home, KEY) == ((first, first + day),)
    assert catalog.missing(home, KEY, first - day, first + 2 * day) == (
        (first - day, first),
        (first + day, first + 2 * day),
    )
    with catalog.locked(home):
        catalog.add(home, BTC, KEY, [], (first + day, first + 2 * day), "test")
    assert catalog.missing(home, KEY, first, first + 2 * day) == ()


def test_a_hole_in_an_imported_file_is_still_to_be_fetched(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    keep = np.ones(100, np.bool_)
    keep[40:50] = False
    store(home, BTC, "1m", sim_bars(100).take(keep))
    opens = int(sim_bars(100).ts_ns[0]) - MINUTE
    hole = ((opens + 40 * MINUTE, opens + 50 * MINUTE),)
    assert catalog.missing(home, KEY, opens, opens + 100 * MINUTE) == hole
    assert catalog.missing(home, KEY, opens, opens + 100 * MINUTE, closed=hole) == ()


def test_a_catalog_on_s3_does_what_one_on_disk_does(s3_home: Callable[[str], Home]) -> None:
    home = s3_home("first")
    bars = sim_bars(3000)
    store(home, BTC, "1m", bars.slice(0, 1000))
    store(home, BTC, "1m", bars.slice(2000, 3000))
    store(home, BTC, "1m", bars.slice(900, 2100))
    assert catalog.stored(home, BTC.market_id, "1m").ts_ns.tolist() == bars.ts_ns.tolist()
    (listed,) = catalog.series(home)
    assert (listed.rows, listed.gaps, listed.files) == (3000, 0, 1)
    assert catalog.timeframes_of(home, BTC.market_id) == ["1m"]
    hour = catalog.read_bars(home, BTC.market_id, "1h")
    assert hour.close.tolist() == columns.resample(bars, MINUTE, Grid(3600)).close.tolist()
    assert not list(home.catalog.rglob("*.parquet")), "nothing of it lies on this disk"
    assert place(home).folders(STAGING) == []


def test_a_kill_while_writing_to_s3_leaves_before_or_after(
    s3_home: Callable[[str], Home], killed_at: Died
) -> None:
    for turn in sorted(random.sample(range(1, 7), 3)):  # the seed is printed
        home = s3_home(f"killed-{turn}")
        store(home, BTC, "1m", sim_bars(200).slice(0, 100))
        died = killed_at(home, turn)
        assert rows(home) in (100, 300), f"killed at step {turn}"
        assert died or rows(home) == 300


def test_a_wrong_key_to_s3_says_which_secret_to_look_at(s3_home: Callable[[str], Home]) -> None:
    home = s3_home("gone")
    marker = home.root / "config" / "clearedge.toml"
    marker.write_text(marker.read_text().replace("s3://gone", "ftp://gone"))
    with pytest.raises(Exception, match="wanted s3://bucket/prefix"):
        catalog.series(home)
    marker.write_text('catalog = "s3://b/p"\nendpont = "x"\n')
    with pytest.raises(Exception, match="unknown field `endpont`"):
        catalog.series(home)


def test_the_secret_word_is_in_no_message(s3_home: Callable[[str], Home]) -> None:
    home = s3_home("quiet")
    marker = home.root / "config" / "clearedge.toml"
    marker.write_text(marker.read_text().replace("/quiet/", "/no-such-bucket/"))
    with pytest.raises(Refused) as caught:
        store(home, BTC, "1m", sim_bars(10))
    assert "hidden-word" not in str(caught.value)
