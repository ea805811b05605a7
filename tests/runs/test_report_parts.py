"""A report asked piece by piece, from files: one trade and what belongs to it, bars, past; and losses."""

import asyncio
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import BadData, NotFound
from clearedge_tui.market import catalog, simulated
from clearedge_tui.market.columns import Bars
from clearedge_tui.runs import (
    artifacts,
    candles,
    report,
    run_bars,
    run_past,
    trade_look,
    trade_pages,
)
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.runs.outcome import FillRow, OrderRow, Outcome
from clearedge_tui.runs.report_rows import OneTrade, RunBars, TradePage
from clearedge_tui.runs.trade_pages import Order
from clearedge_tui.settings import Home
from clearedge_tui.store.db import open_store
from clearedge_tui.supervisor.commands import Commands
from clearedge_tui.supervisor.protocol import Command

RUN, MINUTE_NS, BARS = "20260101-000000-x-0001", 60_000_000_000, 3_000


def outcome() -> Outcome:
    """Trade in and out every thirty bars, with a tag each."""
    bars = simulated.bars(7, 24_000_000, BARS)
    fills, orders = [], []
    for n, i in enumerate(range(20, BARS - 40, 30)):
        side, tag = (("buy", "dip"), ("sell", "stop"))[n % 2]
        at, price = int(bars.ts_ns[i]), Decimal(str(round(float(bars.open[i + 1]), 2)))
        fills.append(
            FillRow(at + 1, f"O-{n}", side, Decimal("0.5"), price, Decimal("0.1"), False, tag)
        )
        orders.append(
            OrderRow(
                f"O-{n}",
                at,
                side,
                "market",
                Decimal("0.5"),
                None,
                Decimal("0.5"),
                "filled",
                "",
                tag,
            )
        )
    return Outcome(bars, BARS, fills=fills, orders=orders)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, RunReport]:
    """A home with the bars of a run and its folder."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.runs.mkdir(parents=True)
    market, done = simulated.market(), outcome()
    with catalog.locked(home):
        catalog.write_bars(home, market, "1m", [done.bars])
    first = int(done.bars.ts_ns[0]) - MINUTE_NS
    spec = BacktestSpec("x", market.market_id, "1m", first, int(done.bars.ts_ns[-1]))
    written = artifacts.write(home, report.build(RUN, spec, market.info, done, 1))
    stamps = [int(ns) for ns in done.bars.ts_ns[::10]]
    (home.runs / RUN / "run.log").write_text(
        "".join(f"{iso(ns)} info    close {n}\n" for n, ns in enumerate(stamps))
    )
    return home, written


@pytest.fixture
def copy(made: tuple[Home, RunReport], tmp_path: Path) -> Path:
    """A copy of the run's folder, to be damaged."""
    return Path(shutil.copytree(made[0].runs / RUN, tmp_path / RUN))


def test_a_trade_leads_to_its_orders_fills_log_and_neighbours(made: tuple[Home, RunReport]) -> None:
    home, done = made
    table = trade_pages.load(home.runs / RUN)
    assert len(table) == done.trades_total
    one = trade_look.one_trade(home, RUN, table, Order("", "number", True), 7)
    assert (one.row.number, one.before, one.after) == (7, 8, 6)
    assert [order.id for order in one.orders] == ["O-12", "O-13"]
    assert [(fill.order, fill.tag) for fill in one.fills] == [("O-12", "dip"), ("O-13", "stop")]
    assert one.fills[0].ts_ns == one.row.entry_ns
    assert sum(fill.fee for fill in one.fills) == one.row.fees
    times = [line[:19] for line in one.log]
    assert iso(one.row.entry_ns)[:19] in times
    assert times == sorted(times)
    assert all(
        iso(one.row.entry_ns - 10 * MINUTE_NS) <= t <= iso(one.row.exit_ns + 10 * MINUTE_NS)
        for t in times
    )


def test_a_filter_leaves_a_trade_without_a_place_and_a_time_has_a_nearest(
    made: tuple[Home, RunReport],
) -> None:
    home, _ = made
    table = trade_pages.load(home.runs / RUN)
    one = trade_look.one_trade(home, RUN, table, Order("number>7"), 7)
    assert (one.place, one.before, one.after) == (0, 0, 0)
    entries = table.values["in"]
    assert trade_look.nearest(table, int(entries[4]), 1) == 5
    assert trade_look.nearest(table, int(entries[4]), -1) == 4
    assert trade_look.nearest(table, 1 << 62, 1) == len(table)
    with pytest.raises(NotFound, match="no trade 9999"):
        trade_look.one_trade(home, RUN, table, Order(), 9999)


@pytest.mark.parametrize("every", [0, 1, 7, 60])
def test_joined_bars_keep_every_extreme_and_all_volume(
    made: tuple[Home, RunReport], every: int
) -> None:
    home, done = made
    table = trade_pages.load(home.runs / RUN)
    found = run_bars.around(home, done, table, 0, 200, every)
    raw = outcome().bars
    inside = raw.take(
        (raw.ts_ns > found.bars[0].ts_ns - found.every * MINUTE_NS)
        & (raw.ts_ns <= found.bars[-1].ts_ns)
    )
    assert len(found.bars) <= 201
    assert max(bar.high for bar in found.bars) == inside.high.max()
    assert min(bar.low for bar in found.bars) == inside.low.min()
    assert found.bars[-1].close == raw.close[-1], "0 is the end of the run"
    if every in (0, 1):  # from a whole bar on
        assert sum(bar.volume for bar in found.bars) == pytest.approx(float(inside.volume.sum()))
    first = found.bars[0].ts_ns - found.every * MINUTE_NS
    wanted = (table.values["out"] > first) & (table.values["in"] <= found.bars[-1].ts_ns)
    assert {mark.number for mark in found.marks} >= set((np.flatnonzero(wanted) + 1).tolist())


def test_panning_cuts_the_same_candles(made: tuple[Home, RunReport]) -> None:
    home, done = made
    middle = (done.summary.start_ns + done.summary.end_ns) // 2
    here, there = (
        run_bars.around(home, done, None, at, 100, 5).bars
        for at in (middle, middle + 20 * MINUTE_NS)
    )
    same = {bar.ts_ns: bar for bar in here[1:-1]}
    both = [bar for bar in there[1:-1] if bar.ts_ns in same]
    assert len(both) > 80
    assert all(same[bar.ts_ns] == bar for bar in both)


def test_candles_of_a_run_are_those_of_its_bars_and_outlive_them(
    made: tuple[Home, RunReport], copy: Path
) -> None:
    home, done = made
    own = candles.kept(home.runs / RUN)
    assert own is not None and (own.every, len(own.bars)) == (2, 1_500)
    assert done.paths["candles"].endswith("candles.parquet")
    again = copy / "candles.parquet"
    before = again.read_bytes()
    candles.keep(copy, outcome().bars, MINUTE_NS)
    assert again.read_bytes() == before, "the same bars are the same file"
    alone = Home(copy.parent)  # without a catalog
    (alone.runs).mkdir(parents=True)
    copy.rename(alone.runs / RUN)
    for every, count in ((0, 2_000), (0, 200), (16, 150), (2, 400)):
        here = run_bars.around(home, done, None, 0, count, every)
        assert run_bars.around(alone, done, None, 0, count, every) == here
        whole = candles.joined(outcome().bars, here.every, MINUTE_NS)
        wanted = {bar.ts_ns: bar for bar in run_bars.rows(whole)}
        for bar in here.bars:
            like = wanted[bar.ts_ns]
            assert bar.volume == pytest.approx(like.volume), "sums of sums"
            assert msgspec.structs.replace(bar, volume=like.volume) == like
        assert len(here.bars) in (count, count + 1) or len(here.bars) == len(wanted)
    (alone.runs / RUN / "candles.parquet").write_bytes(b"damaged")
    assert run_bars.around(alone, done, None, 0, 200, 0).problem


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=200),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 50),
)
def test_bars_joined_twice_are_bars_joined_once(
    steps: list[int], one: int, more: int, start: int
) -> None:
    ts_ns = (np.cumsum(steps) + start) * MINUTE_NS
    draw = np.random.default_rng(len(steps))
    bars = Bars(ts_ns, *(draw.integers(1, 99, len(steps)).astype(float) for _ in range(5)))
    twice = candles.joined(candles.joined(bars, one, MINUTE_NS), one * more, MINUTE_NS)
    once = candles.joined(bars, one * more, MINUTE_NS)
    for left, right in zip(twice.columns(), once.columns(), strict=True):
        assert left.tolist() == right.tolist()


def test_bars_that_are_gone_are_told_not_raised(
    made: tuple[Home, RunReport], tmp_path: Path
) -> None:
    found = run_bars.around(Home(tmp_path), made[1], None, 0, 100, 1)
    assert not found.bars
    assert "SIMULATED" in found.problem


def test_what_is_missing_or_damaged_is_named(copy: Path) -> None:
    trades = copy / "trades.parquet"
    whole = pq.read_table(trades)
    pq.write_table(
        whole.drop_columns(["number", "mae", "mfe", "pnl_so_far", "first_fill", "last_fill"]),
        trades,
    )
    old = trade_pages.load(copy)
    assert old.page(Order("mae<0"), 0, 9).matched == 0, "what is not known matches nothing"
    assert [row.number for row in old.page(Order("", "number", False), 0, 3).rows] == [1, 2, 3]
    pq.write_table(whole.drop_columns(["pnl"]), trades)
    with pytest.raises(BadData, match=r"trades\.parquet.*pnl"):
        trade_pages.load(copy)
    trades.write_bytes(b"PAR1")
    with pytest.raises(BadData):
        trade_pages.load(copy)
    trades.unlink()
    with pytest.raises(NotFound, match=r"has no trades\.parquet"):
        trade_pages.load(copy)


def test_the_past_tells_files_and_a_journal_that_was_changed(copy: Path) -> None:
    (copy / "journal.jsonl").write_text("not a line\nnor this\n")
    found = run_past.past(copy)
    assert "not an event" in found.problem
    assert {file.name: file.bytes for file in found.files}["run.log"] == (
        copy / "run.log"
    ).stat().st_size


def test_verbs_answer_what_the_console_reads_and_refuse_in_words(
    made: tuple[Home, RunReport],
) -> None:
    home, _ = made
    home.database.parent.mkdir(parents=True, exist_ok=True)
    store = open_store(home.database)

    def ask(verb: str, **args: Any) -> Any:
        command = Command("1", verb, {"run_id": RUN} | args)
        return asyncio.run(Commands(home, store, None).run(command))

    try:
        page = msgspec.convert(
            ask("run.trades", filter="tag:stop pnl>0", sort="pnl").data, TradePage
        )
        assert [row.pnl for row in page.rows] == sorted((r.pnl for r in page.rows), reverse=True)
        assert msgspec.convert(ask("run.trade", number=3).data, OneTrade).row.number == 3
        assert len(msgspec.convert(ask("run.candles", count=50, every=1).data, RunBars).bars) == 50
        for verb, args, words in (
            ("run.trades", {"filter": "pnk<0"}, "no field `pnk`"),
            ("run.trades", {"sort": "luck"}, "no field `luck`"),
            ("run.analysis", {"run_id": "20260101-000000-x-0002"}, "no run"),
            ("run.about", {"run_id": "../../etc"}, ""),
        ):
            answer = ask(verb, **args)
            assert answer.status == "refused"
            assert words in answer.message
    finally:
        store.close()
