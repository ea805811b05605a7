"""Finding, removing and comparing runs."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import NotFound, Refused, RetryLater, UsageError
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import index, labels, listing, search, trash
from clearedge_tui.runs.compare import compare
from clearedge_tui.runs.index import Index, RunRow
from clearedge_tui.runs.labels import Labels
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home
from tests.backtest.box import add_strategy, make_home, sim_bars, store
from tests.runs.test_index import put


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def ids(home: Home, text: str, sort: str = search.NEWEST) -> list[int]:
    page = search.search(index.load(home), text, sort)
    return [int(row.run_id[-4:], 16) for row in page.rows]


def test_runs_are_found_by_any_field_and_sorted_by_any(home: Home) -> None:
    put(home, 1, strategy="ema", created_ns=10**18)
    put(
        home,
        2,
        strategy="grid",
        metrics={"sharpe": None, "omega": 2.0},
        error="it broke",
        status="failed",
    )
    third = put(home, 3, simulated=False, stamps=())
    labels.save(home, third, Labels(("keep",), "the good one", True))
    assert ids(home, "") == [3, 2, 1]
    assert ids(home, "ema") == [1]
    assert ids(home, "sharpe>1") == [3]
    assert ids(home, "omega>1") == ids(home, "status:failed") == ids(home, "error:broke") == [2]
    assert ids(home, "tag:keep") == ids(home, "star:yes") == ids(home, "good") == [3]
    assert ids(home, "-simulated:yes") == [3]
    assert ids(home, "stamp:zero") == [2, 1]
    assert ids(home, "created>2000-01-01") == [1]
    assert ids(home, "", "sharpe") == [1, 3, 2]
    assert ids(home, "", "-sharpe") == [3, 1, 2]
    assert ids(home, "", "strategy") == [1, 2, 3]
    with pytest.raises(UsageError, match="nearest: sharpe"):
        ids(home, "", "sharp")
    page = search.search(index.load(home), "-ema", limit=1, offset=1)
    assert (len(page.rows), page.found, page.total) == (1, 2, 3)
    assert page.size_bytes == index.load(home).size_bytes


row_values = st.lists(st.one_of(st.none(), st.floats(-10, 10)), max_size=30)


@given(row_values, st.floats(-10, 10), st.booleans())
def test_pages_are_the_whole_in_order(values: list[float | None], least: float, down: bool) -> None:
    rows = [
        RunRow(f"r{n}", "", "", "", "", "", 0, 0, 0, 0.0, False, "", "", "", (), (value,), (), "", False, 1, 0)
        for n, value in enumerate(values)
    ]  # fmt: skip
    whole = Index(2, ("x",), rows)
    sort = "-x" if down else "x"
    pages = [search.search(whole, f"x>={least!r}", sort, at, 7) for at in range(0, 35, 7)]
    found = [row for page in pages for row in page.rows]
    wanted = [value for value in values if value is not None and value >= least]
    assert [row.figures[0] for row in found] == sorted(wanted, reverse=down)
    assert {page.found for page in pages} == {len(wanted)}


def test_two_who_write_on_a_run_at_once_lose_nothing(home: Home) -> None:
    run_id = put(home, 1)
    words = [f"word{n}" for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda word: labels.add(home, run_id, [word]), words))
    folder = listing.run_folder(home, run_id)
    assert set(words) <= set(labels.load(folder).tags)
    assert not list(folder.glob(".labels*"))
    with labels.alone(home, run_id), pytest.raises(RetryLater, match="by another"):
        labels.change(home, run_id, star=True)


def test_a_removed_run_comes_back_with_its_labels_for_a_week(home: Home) -> None:
    run_id = put(home, 1)
    labels.add(home, run_id, ["keep"])
    trash.remove(home, run_id)
    assert index.load(home).rows == [] and trash.removed(home) == [run_id]
    with pytest.raises(NotFound):
        trash.remove(home, run_id)
    trash.restore(home, run_id)
    assert index.load(home).rows[0].tags == ("keep",)
    with pytest.raises(Refused, match="nothing to bring back"):
        trash.restore(home, run_id)
    trash.remove(home, run_id)
    old = now_ns() - 8 * 86_400 * 10**9
    os.utime(home.runs / ".trash" / run_id, ns=(old, old))
    other = put(home, 2)
    trash.remove(home, other)  # what lay there for longer than a week goes now
    assert trash.removed(home) == [other]
    with pytest.raises(NotFound, match="kept for 7 days"):
        trash.restore(home, run_id)
    with pytest.raises(NotFound):
        trash.restore(home, "../../etc")


@pytest.mark.slow
def test_runs_side_by_side_say_what_differs(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store(home, simulated_market(), "1m", sim_bars(1200))
    path = add_strategy(home, "ema_cross")
    spec = BacktestSpec("ema_cross", "SIMUSDT.SIMULATED", "1m", config={"fast": 5, "slow": 20})
    first = run_backtest(home, spec).summary.run_id
    path.write_text(path.read_text() + "\n# another thought\n")
    other = msgspec.structs.replace(spec, config={"fast": 6, "slow": 20}, end_ns=0, start_ns=0)
    second = run_backtest(home, other).summary.run_id
    found = compare(home, [first, second, first])
    assert found.run_ids == (first, second)
    settings = {line.name: line for line in found.settings}
    assert settings["config.fast"].values == ("5", "6") and settings["config.fast"].differs
    assert not settings["config.slow"].differs
    figures = {line.name: line for line in found.figures}
    assert figures["total_return"].differs
    assert found.code[0] == () and any("another thought" in line for line in found.code[1])
    inputs = {line.name: line for line in found.inputs}
    assert inputs["code_sha256"].differs and not inputs["environment"].differs
    assert not any(line.differs for line in found.data) and found.data
    assert found.equity[0].value[0] == pytest.approx(1.0, abs=0.01)
    assert "a simulated market is among them" in found.notes
    assert not any("rows" in note for note in found.notes)
    for wrong in ([first], [first, first]):
        with pytest.raises(UsageError, match="wanted two to 8"):
            compare(home, wrong)
    with pytest.raises(NotFound):
        compare(home, [first, "20200101-000000-x-0000"])
    assert listing.run_folder(home, first).is_dir()
