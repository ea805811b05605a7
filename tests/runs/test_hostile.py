"""What a hostile hand can ask for, write, cut or link; nothing here needs the engine."""

import errno
import os
import time
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.cli.main import run as clearedge
from clearedge_tui.core.errors import BadData, ClearEdgeError, NotFound, UsageError, of_machine
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import (
    artifacts,
    costs,
    drafts,
    events,
    index,
    journal,
    labels,
    listing,
    manifest,
    recover,
    trash,
)
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.model import BacktestSpec, RunSummary
from clearedge_tui.runs.spec.resolve import of_values, read, resolve
from clearedge_tui.runs.spec.text import parse
from clearedge_tui.settings import Home
from tests.backtest.box import add_strategy, make_home, sim_bars, store

RUN, OTHER = "20260101-000000-x-0001", "20260101-000000-x-0002"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = make_home(tmp_path_factory.mktemp("hostile") / "home")
    store(home, simulated_market(), "1m", sim_bars(10))
    add_strategy(home, "ema_cross")
    return home


def put(home: Home, run_id: str, status: Status = Status.FAILED) -> Path:
    """Put a small ended run there, journal and all."""
    folder = listing.run_folder(home, run_id)
    folder.mkdir(parents=True)
    about = About(run_id, "trace", "0" * 64, "place")
    for event, to in (
        (events.RUN_INITIALIZED, Status.QUEUED),
        (events.RUN_STARTED, Status.RUNNING),
        (events.RUN_FAILED if status is Status.FAILED else events.RUN_COMPLETED, status),
    ):
        journal.append(folder, about, event, to)
    summary = RunSummary(run_id, "backtest", status, "x", "M", "1m", 0, 0, 0, 1.0, False)
    (folder / listing.SUMMARY).write_bytes(msgspec.json.encode(summary))
    return folder


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("seed: 18446744073709551616", "`seed` is out of reach"),
        ("from: 1600-01-01", "`from` is out of reach"),
        ("to: 0001-01-01", "`to` is out of reach"),
        ("tags: ['two words']", "wanted one word"),
        ("config: {fast: 1:30}", "base 60 or 8"),
        ("config: {fast: 010}", "base 60 or 8"),
        ("costs: {fees: 'per_share:0'}", "zero is asked for as `none`"),
        ("costs: {fees: 'per_share:1:max=0%'}", "zero is asked for as `none`"),
        ("costs: {fees: 'per_share:1:min=1:min=2'}", "twice"),
        ("costs: {funding: 'rate:0/8h'}", "zero is asked for as `none`"),
        ("costs: {funding: 'rate:0.1/\u0668h'}", "divide a day"),
        ("costs: {borrow: 'rate:0%'}", "zero is asked for as `none`"),
        ("costs: {latency: 'ms:0.0000001'}", "zero is asked for as `none`"),
        (f"strategy: {'x' * 300}", "no strategy"),
        ('strategy: "a\\0b"', "no strategy"),
    ],
)
def test_what_cannot_be_is_refused_in_words_before_anything_runs(
    home: Home, line: str, words: str
) -> None:
    asked = "strategy: ema_cross\nmarket: SIM/USDT\n"
    if line.startswith("strategy"):
        asked = "market: SIM/USDT\n"
    with pytest.raises(ClearEdgeError, match=words):
        resolve(home, of_values(parse(f"{asked}{line}\n")).spec)


def test_whole_numbers_are_read_as_they_are_written() -> None:
    text = "a: 12\nb: -7\nc: 0\nd: 0x1F\ne: 1_000\nf: '010'\ng: 99999999999999999999999999\n"
    found = parse(text)
    assert list(found.values()) == [12, -7, 0, 31, 1000, "010", 99999999999999999999999999]


@pytest.mark.parametrize(
    ("path", "words"), [("/dev/zero", "more than"), ("a\0b", "cannot be read")]
)
def test_a_specification_that_is_no_file_is_an_error(path: str, words: str) -> None:
    with pytest.raises((BadData, UsageError), match=words):
        read(Path(path))


def test_thousands_of_runs_in_a_second_have_names_of_their_own() -> None:
    assert len({new_run_id("study") for _ in range(3_000)}) == 3_000


def test_a_journal_that_is_cut_at_its_end_is_found(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    folder = put(home, RUN)
    assert journal.read_ended(folder)[-1].status == "failed"
    path = folder / journal.JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert len(journal.read(folder)) == 2  # a shorter chain is a chain
    with pytest.raises(BadData, match="ends with running, and the run is failed"):
        journal.read_ended(folder)
    path.write_bytes(b"".join(lines))
    made = {"files": {journal.JOURNAL: manifest.file_sha256(path)}, "inputs_sha256": ""}
    plain = dict.fromkeys(manifest.Inputs.__struct_fields__, "") | {
        "data": [],
        "libraries": {},
        "seed": 1,
        "imports": {},
    }
    (folder / manifest.MANIFEST).write_bytes(msgspec.json.encode({**made, "inputs": plain}))
    assert len(journal.read_ended(folder)) == 3
    path.unlink()
    with pytest.raises(BadData, match="not what was written"):
        journal.read_ended(folder)


def test_a_broken_label_hides_no_run(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    folder = put(home, RUN)
    (folder / labels.FILE).write_text("{")
    assert [row.run_id for row in index.load(home).rows] == [RUN]
    with pytest.raises(BadData, match="remove it to start anew"):
        labels.change(home, RUN, ["fine"])


def test_a_link_among_the_runs_is_removed_and_nothing_behind_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    put(home, RUN)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("mine")
    os.utime(outside, (1, 1))
    link = listing.run_folder(home, OTHER)
    for away in (trash.remove, listing.remove_run):
        link.symlink_to(outside)
        away(home, OTHER)
        trash.purge(home, 0)
        assert trash.removed(home) == []
    assert (outside / "keep").read_text() == "mine" and outside.stat().st_mtime == 1
    assert not list(home.runs.glob(".gone-*"))
    trash.remove(home, RUN)
    (home.runs / ".trash" / OTHER).symlink_to(tmp_path / "nowhere")
    assert RUN in trash.removed(home)  # a link to nowhere hides none


def test_a_process_of_the_same_number_is_not_taken_for_another(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    draft = drafts.start(home, RUN)
    assert drafts.abandoned(home) == []
    mine = (draft / drafts.PIDS).read_text()
    (draft / drafts.PIDS).write_text(mine.replace(":", ":9"))  # the machine was started anew
    assert drafts.abandoned(home) == [draft]


def test_a_clock_that_goes_backwards_throws_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home")
    put(home, RUN)
    trash.remove(home, RUN)
    draft = drafts.start(home, OTHER)
    (draft / drafts.PIDS).write_text("")
    back = time.time_ns() - 400 * 86_400 * 10**9
    for module in (trash, drafts, journal):
        monkeypatch.setattr(module, "now_ns", lambda: back)
    assert trash.purge(home) == [] and drafts.abandoned(home) == []
    trash.restore(home, RUN)
    assert [row.run_id for row in index.load(home).rows] == [RUN]


@pytest.mark.parametrize(
    "run_id", ["../../x", f"{RUN}\0", f"{RUN}/..", "x" * 5_000, "", "é", f"{RUN}\n"]
)
def test_a_name_that_is_none_reaches_no_file(home: Home, run_id: str) -> None:
    for ask in (listing.load_report, listing.require_run, trash.restore, trash.remove):
        with pytest.raises(NotFound):
            ask(home, run_id)
    with pytest.raises(NotFound):
        labels.change(home, run_id, note="x" * 1_000_000)


def test_a_zero_that_has_no_name_is_stamped(home: Home) -> None:
    values = parse("strategy: ema_cross\nmarket: SIM/USDT\ncosts: {maker: 0, taker: 0}\n")
    spec = resolve(home, of_values(values).spec)
    assert "zero fees" in costs.stamps(spec, "crypto", "SIM/USDT", True)


def test_money_written_in_another_way_asks_for_the_same(home: Home) -> None:
    wanted = [
        resolve(home, of_values(parse(f"strategy: ema_cross\nmarket: SIM/USDT\n{line}\n")).spec)
        for line in ("balance: 100000", "balance: 1.0e+5", "balance: '100000.00'")
    ]
    assert len({manifest.canonical_sha256(one) for one in wanted}) == 1


def test_a_disk_that_is_full_or_forbids_is_no_bug_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = make_home(tmp_path / "home")
    put(home, RUN)
    for number, words in ((errno.ENOSPC, "make room"), (errno.EACCES, "see whose it is")):

        def fails(path: Path, error: int = number) -> None:
            raise OSError(error, os.strerror(error), str(path))

        with monkeypatch.context() as now:
            now.setattr("os.utime", fails)
            assert clearedge(["--home", str(home.root), "run", "note", RUN, "x"]) == 4
        said = capsys.readouterr().err
        assert words in said and str(home.runs) in said and len(said.splitlines()) == 1
    assert of_machine(FileNotFoundError(errno.ENOENT, "none", "x")) is None


def test_a_draft_that_cannot_be_put_in_its_place_keeps_no_other_from_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home")
    spec = BacktestSpec("x", "M", "1m")
    for run_id in (OTHER, RUN):
        about = About(run_id, "trace", "0" * 64, "place")
        draft = drafts.begin(home, drafts.Asked(about, spec, "M", 0), "")
        (draft / drafts.PIDS).write_text(f"{os.getpid()}:1 {os.getpid()}:1")
    strange = (draft / journal.JOURNAL).read_text().replace('"queued"', '"weird"')
    (draft / journal.JOURNAL).write_text(strange)
    real = artifacts.record_end

    def full(home: Home, asked: drafts.Asked, *more: object) -> object:
        if asked.about.run_id == OTHER:
            raise OSError(errno.ENOSPC, "no room")
        return real(home, asked, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as now:
        now.setattr(artifacts, "record_end", full)
        assert recover.recover(home) == [RUN]
    assert recover.recover(home) == [OTHER]
    runs = {row.run_id: row.status for row in index.load(home).rows}
    assert runs == {RUN: "interrupted", OTHER: "interrupted"}


def test_what_is_installed_while_a_farm_lives_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    (tmp_path / "ta-1.0.dist-info").mkdir()
    before = manifest.environment()
    assert manifest.environment() == before
    (tmp_path / "ta-1.0.dist-info").rename(tmp_path / "ta-1.1.dist-info")
    os.utime(tmp_path, ns=(1, 1))
    assert manifest.environment() != before
