"""Runs as people start them: a process of its own, artifacts on disk, the command line."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clearedge_tui.cli.backtest import backtest as backtest_command
from clearedge_tui.cli.data import data as data_command
from clearedge_tui.cli.run_cmds import run as run_command
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import BadData, NotFound, Refused, StrategyFault, UsageError
from clearedge_tui.core.wire import frame
from clearedge_tui.market import upkeep
from clearedge_tui.market.fingerprint import fingerprint
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import data_used, listing
from clearedge_tui.runs.drafts import Asked
from clearedge_tui.runs.job import Job
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.launch import Launch, run_backtest
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.runs.text_report import render
from clearedge_tui.settings import Home
from tests.backtest.box import (
    BTC_FILE,
    MINUTE,
    REPO,
    SLOW,
    add_strategy,
    import_btc,
    make_home,
    sim_bars,
    store,
)

pytestmark = pytest.mark.slow

SIM = "SIMUSDT.SIMULATED"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(3000))
    add_strategy(home, "ema_cross")
    return home


def spec(strategy: str = "ema_cross", **given: object) -> BacktestSpec:
    return BacktestSpec(strategy, SIM, "1m", **given)  # type: ignore[arg-type]


def leftovers(home: Home) -> list[str]:
    return [path.name for path in home.runs.glob(".[0-9g]*")]


def anew(home: Home, asked: BacktestSpec) -> RunReport:
    """Run it although the same was run before."""
    launch = Launch(home, asked, again=True)
    for _ in launch.progress():
        pass
    assert launch.report is not None and not launch.cached
    return launch.report


def test_a_run_leaves_a_complete_folder(home: Home) -> None:
    report = run_backtest(home, spec(config={"fast": 5, "slow": 20, "size": "2"}))
    folder = listing.run_folder(home, report.summary.run_id)
    assert report.summary.status == "done"
    assert report.summary.simulated
    assert leftovers(home) == []
    assert {Path(path).name for path in report.paths.values()} <= {p.name for p in folder.iterdir()}
    assert listing.load_report(home, report.summary.run_id) == report
    assert [run.run_id for run in listing.list_runs(home)] == [report.summary.run_id]
    fills = pq.read_table(folder / "fills.parquet").to_pylist()
    assert report.summary.metrics["fills"] == len(fills) > 20
    fees = sum(Decimal(row["fee"]) for row in fills)
    assert report.summary.metrics["fees"] == pytest.approx(float(fees))
    curve = pq.read_table(folder / "equity.parquet")
    assert curve.num_rows == report.bars == 3000
    assert curve["equity"][-1].as_py() == pytest.approx(
        100_000 * (1 + (report.summary.metrics["total_return"] or 0))
    )
    assert report.spec.config["short"] is False  # defaults are on record too


@pytest.mark.usefixtures("farmed")
def test_the_same_run_twice_has_the_same_figures(home: Home) -> None:
    one, two = run_backtest(home, spec()), anew(home, spec())
    assert one.summary.run_id != two.summary.run_id
    assert one.summary.metrics == two.summary.metrics
    assert one.trades == two.trades


def test_a_worker_killed_twice_is_a_failed_run_with_the_reason(home: Home) -> None:
    add_strategy(home, "slow", SLOW)
    launch = Launch(home, spec("slow"))
    killed = set()
    for _ in launch.progress():
        killed.add(launch.pid)
        os.kill(launch.pid, signal.SIGKILL)
    assert len(killed) == 2
    assert launch.report is not None
    assert launch.report.summary.status == "failed"
    assert "ended by SIGKILL" in launch.report.summary.error
    (run,) = listing.list_runs(home)
    assert (run.status, run.market, run.simulated) == ("failed", "SIM/USDT", True)
    assert leftovers(home) == []


def test_cancel_ends_the_worker_within_a_second(home: Home) -> None:
    add_strategy(home, "slow", SLOW)
    launch = Launch(home, spec("slow"))
    began = 0.0
    for _ in launch.progress():
        began = began or monotonic()
        launch.cancel()
    assert monotonic() - began < 1.0
    assert launch.report is not None
    assert launch.report.summary.status == "cancelled"


def test_leaving_early_cancels_and_leaves_no_process(home: Home) -> None:
    add_strategy(home, "slow", SLOW)
    launch = Launch(home, spec("slow"))
    with closing(launch.progress()) as steps:
        next(steps)
    with pytest.raises(ProcessLookupError):
        os.kill(launch.pid, 0)
    assert listing.list_runs(home)[0].status == "cancelled"


def test_a_worker_whose_owner_died_stops_and_says_so(home: Home) -> None:
    add_strategy(home, "slow", SLOW)
    read, write = os.pipe()
    about = About("20260101-000000-slow-0001", "trace", "", "")
    job = Job(str(home.root), Asked(about, spec("slow"), "", now_ns()))
    worker = subprocess.Popen(
        [sys.executable, "-m", "clearedge_tui.engine.worker", str(write)],
        stdin=subprocess.PIPE,
        pass_fds=(write,),
        cwd=REPO,
    )
    os.close(write)
    assert worker.stdin is not None
    worker.stdin.write(frame(job))
    worker.stdin.close()
    assert os.read(read, 10)  # it runs
    os.close(read)
    assert worker.wait(10) == 1
    (run,) = listing.list_runs(home)
    assert (run.status, leftovers(home)) == ("interrupted", [])  # nobody cancelled it
    assert f"clearedge run resume {run.run_id}" in run.error


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("        import os; os._exit(7)", "ended with code 7"),
        ("        import os; os.abort()", "ended by SIGABRT"),
    ],
)
def test_a_strategy_that_ends_its_process_is_a_failed_run(
    body: str, words: str, home: Home
) -> None:
    head = "from clearedge_tui.contract import Strategy\nclass Bad(Strategy):\n    def on_tick(self, tick):\n"
    add_strategy(home, "bad", head + body + "\n")
    report = run_backtest(home, spec("bad"))
    assert report.summary.status == "failed"
    assert words in report.summary.error


def test_what_a_strategy_prints_is_in_the_log_and_nowhere_else(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    source = (
        "import sys\nfrom clearedge_tui.contract import Strategy\nclass Loud(Strategy):\n"
        "    def on_tick(self, tick):\n        print('\\x1b[2Jloud'); sys.stderr.write('louder\\n')\n"
        "        self.context.log('said')\n"
    )
    add_strategy(home, "loud", source)
    report = run_backtest(home, spec("loud"))
    assert capfd.readouterr() == ("", "")
    log = Path(report.paths["log"]).read_text()
    assert "loud" in log
    assert "louder" in log
    assert " info    said" in log


def test_what_the_engine_says_is_in_a_file(home: Home) -> None:
    """The bare engine either fills the terminal or, silenced, says nothing at all."""
    code = (
        "from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig;"
        "BacktestEngine(BacktestEngineConfig(bypass_logging=True)).dispose()"
    )
    bare = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(bare.stdout) > 500

    source = (
        "from clearedge_tui.contract import Strategy\nclass Big(Strategy):\n"
        "    def on_tick(self, tick):\n        self.context.place_order('buy', '100000')\n"
    )
    add_strategy(home, "big", source)
    report = run_backtest(home, spec("big"))
    folder = Path(report.paths["log"]).parent
    assert "INITIAL_MARGIN_EXCEEDS_FREE_BALANCE" in (folder / "engine.log").read_text()
    denied = pq.read_table(folder / "orders.parquet").to_pylist()[0]
    assert (denied["status"], "MARGIN" in denied["reason"]) == ("denied", True)


@pytest.mark.usefixtures("farmed")
def test_a_fault_is_a_failed_run_with_figures_up_to_it(home: Home) -> None:
    source = (
        "from clearedge_tui.contract import Strategy\nclass Bad(Strategy):\n"
        "    def init(self):\n        return {'n': 0}\n"
        "    def on_tick(self, tick):\n        self.state['n'] += 1\n"
        "        if self.state['n'] == 500:\n            raise ValueError('enough')\n"
    )
    path = add_strategy(home, "bad", source)
    report = run_backtest(home, spec("bad"))
    assert (report.summary.status, report.bars) == ("failed", 500)
    assert f"{path}:8: ValueError: enough" in report.summary.error
    assert "Traceback" in Path(report.paths["log"]).read_text()


@pytest.mark.usefixtures("farmed")
def test_a_file_that_does_not_load_is_a_failed_run_with_its_line(home: Home) -> None:
    path = add_strategy(home, "broken", "x = 1\ndef on_tick(context, tick)\n    pass\n")
    with pytest.raises(StrategyFault, match=f"{path}:2"):
        run_backtest(home, spec("broken"))
    assert listing.list_runs(home)[0].status == "failed"


@pytest.mark.usefixtures("farmed")
@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"strategy": "ema_cros"}, UsageError, "no strategy `ema_cros`.*there: ema_cross"),
        ({"config": {"fast": 1000}}, UsageError, "fast: 1000"),
        ({"config": {"fst": 3}}, UsageError, "fst"),
        ({"config": {"fast": 60, "slow": 20}}, UsageError, "fast < slow"),
        ({"start_ns": 1}, Refused, "bars missing in 1 place, first 1970.*--accept gaps"),
        ({"start_ns": 1, "accept": ("gaps",)}, None, ""),
        ({"end_ns": 10**9}, UsageError, "no 1m bars"),
        ({"start_ns": 1, "end_ns": 10**12, "fetch": False}, Refused, "16 bars missing in 1 place,"),
        (
            {"start_ns": 1, "end_ns": 10**12, "fetch": False, "accept": ("gaps",)},
            UsageError,
            "no 1m bars",
        ),
        ({"accept": ("holes",)}, UsageError, "accept `holes`; findings are: gaps"),
    ],
)
def test_a_wrong_question_is_answered_and_leaves_no_run(
    asked: dict[str, object], error: type[Exception] | None, words: str, home: Home
) -> None:
    wrong = spec(**{"strategy": "ema_cross", **asked})  # type: ignore[arg-type]
    if error is None:
        assert run_backtest(home, wrong).bars == 3000
        return
    with pytest.raises(error, match=words):
        run_backtest(home, wrong)
    assert listing.list_runs(home) == []
    assert leftovers(home) == []


@pytest.mark.usefixtures("farmed")
def test_a_run_is_removed_and_a_path_is_no_run_id(home: Home) -> None:
    run_id = run_backtest(home, spec()).summary.run_id
    listing.remove_run(home, run_id)
    assert listing.list_runs(home) == []
    for wrong in (run_id, "../../etc", "", "."):
        with pytest.raises(NotFound):
            listing.load_report(home, wrong)
        with pytest.raises(NotFound):
            listing.remove_run(home, wrong)


@pytest.mark.usefixtures("farmed")
def test_a_damaged_report_is_named_and_the_list_goes_on(home: Home) -> None:
    run_id = run_backtest(home, spec()).summary.run_id
    folder = listing.run_folder(home, run_id)
    (folder / "report.json").write_text("{")
    with pytest.raises(BadData, match=f"run rm {run_id}"):
        listing.load_report(home, run_id)
    (folder / "run.json").write_text("{")
    assert listing.list_runs(home) == []


@pytest.mark.usefixtures("farmed")
@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_report_fits_its_width_and_says_simulated(width: int, home: Home) -> None:
    text = render(run_backtest(home, spec()), width)
    lines = [line for line in text.split("\n") if not line.startswith("in  ")]  # a path stays whole
    assert max(len(line) for line in lines) <= width
    for words in ("SIM/USDT (SIMULATED)", "total return", "Equity", "Drawdown", "How to read this"):
        assert words in text
    assert "\x1b" not in text


def test_listing_runs_needs_neither_engine_nor_numpy() -> None:
    code = (
        "import sys; import clearedge_tui.runs.listing, clearedge_tui.runs.launch,"
        "clearedge_tui.cli.backtest, clearedge_tui.cli.data, clearedge_tui.cli.run_cmds;"
        "print([m for m in ('numpy', 'pyarrow', 'nautilus_trader', 'textual', 'pydantic', 'plotext') "
        "if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def call(command: object, home: Home, *words: str) -> str:
    """Run a command in a home and return what it printed; its own errors are raised."""
    runner = CliRunner()
    found = runner.invoke(command, list(words), obj={"home": str(home.root)})  # type: ignore[arg-type]
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout


def test_backtest_prints_one_object(home: Home) -> None:
    words = ["ema_cross", "--market", "SIM/USDT", "--set", "fast=5", "--set", "slow=20", "--json"]
    found = json.loads(call(backtest_command, home, *words))
    assert found["status"] == "done"
    assert {"trades", "total_return", "sharpe", "max_drawdown", "fees"} <= set(found["metrics"])
    assert found["spec"]["config"]["fast"] == 5
    assert all(Path(path).exists() for path in found["paths"].values())
    assert [
        run["run_id"] for run in json.loads(call(run_command, home, "list", "--json"))["runs"]
    ] == [found["run_id"]]
    assert (
        json.loads(call(run_command, home, "show", found["run_id"], "--json"))["metrics"]
        == found["metrics"]
    )
    assert "ema_cross" in call(run_command, home, "list")
    assert "total return" in call(run_command, home, "show", found["run_id"])
    assert json.loads(call(run_command, home, "rm", found["run_id"], "--json"))["removed"] == [
        found["run_id"]
    ]
    assert "no runs yet" in call(run_command, home, "list")


@pytest.mark.parametrize(
    "words",
    [
        ["--from", "tomorrow"],
        ["--from", "2026-02-01", "--to", "2026-01-01"],
        ["--set", "fast"],
        ["--balance", "-5"],
        ["--taker-fee", "half"],
        ["--timeframe", "7x"],
    ],
)
def test_a_mistyped_option_is_a_usage_error(words: list[str], home: Home) -> None:
    with pytest.raises(UsageError):
        call(backtest_command, home, "ema_cross", "--market", "SIM/USDT", *words)


def test_data_commands_import_and_list(tmp_path: Path, real_data: Path) -> None:
    home = make_home(tmp_path / "home")
    file = str(real_data / BTC_FILE)
    with pytest.raises(Refused, match="--yes"):
        call(data_command, home, "import", file, "--market", "BTC/USDT", "--timeframe", "1m")
    assert "no data yet" in call(data_command, home, "list")
    words = ("import", file, "--market", "BTC/USDT", "--timeframe", "1m", "--yes")
    shown = call(data_command, home, *words)
    assert "time=timestamp" in shown
    assert "45,031 bars added" in shown
    assert "nothing added" in call(data_command, home, *words)
    assert json.loads(call(data_command, home, *words, "--json"))["already"] == 45_031
    assert json.loads(call(data_command, home, "list", "--json"))["series"][0]["rows"] == 45_031
    sample = json.loads(call(data_command, home, "sample", "--days", "2", "--json"))["imported"]
    assert [one["added"] for one in sample] == [5031, 5031, 2880]
    assert "simulated, seeded · SIMULATED" in call(data_command, home, "list")


def test_the_whole_way_on_real_bitcoin_bars(tmp_path: Path, real_data: Path) -> None:
    home = make_home(tmp_path / "home")
    import_btc(home, real_data)
    add_strategy(home, "ema_cross")
    words = [
        "ema_cross",
        "--market",
        "BTC/USDT",
        "--from",
        "2022-01-02",
        "--to",
        "2022-01-30",
        "--json",
    ]
    found = json.loads(call(backtest_command, home, *words, "--timeframe", "5m"))
    report: RunReport = listing.load_report(home, found["run_id"])
    assert report.bars == 28 * 288
    assert found["metrics"]["trades"] > 50
    assert found["metrics"]["fees"] > 0
    assert not report.summary.simulated


@pytest.mark.usefixtures("farmed")
def test_a_run_fetches_what_its_window_lacks_and_says_so(home: Home) -> None:
    first = int(sim_bars(1).ts_ns[0]) - MINUTE
    report = run_backtest(home, spec(start_ns=first - 100 * MINUTE, end_ns=first + 500 * MINUTE))
    (used,) = report.data
    assert used.rows == 600
    assert used.notes[0].endswith("rows were fetched for this run")
    assert report.bars == 600


@pytest.mark.usefixtures("farmed")
def test_a_run_keeps_the_name_of_its_data_and_says_when_they_have_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = run_backtest(home, spec())
    (used,) = report.data
    key = bars_key(SIM, "1m")
    assert used.sha256 == fingerprint(home, key).sha256
    assert report.conventions[0].startswith(f"Data: {key}, 3,000 rows, sha256 {used.sha256[:16]}")
    store(
        home, simulated_market(), "1m", sim_bars(3200)
    )  # more rows after it: another file, the same data
    assert data_used.changed(home, used) == ""
    middle = used.first_ns + 1000 * MINUTE
    upkeep.delete_range(home, key, middle, middle + 10 * MINUTE, False)
    assert "3,000 rows then, 2,990 now" in data_used.changed(home, used)
    with monkeypatch.context() as unread:  # once for a state of the files: reports open often
        unread.setattr(data_used, "fingerprint", None)
        assert "2,990 now" in data_used.changed(home, used)
    upkeep.delete_range(home, key, middle, middle + 20 * MINUTE, False)
    assert "2,980 now" in data_used.changed(home, used)
    shown = data_used.dated(home, listing.load_report(home, report.summary.run_id))
    assert shown.conventions[0].startswith("DATA CHANGED: ")
    upkeep.delete_range(home, key, 0, 0, False)
    assert "no longer in the catalog" in data_used.changed(home, used)
