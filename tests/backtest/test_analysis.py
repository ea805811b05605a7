"""The analysis against plain loops over the same worlds, and what always holds of it."""

import math
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearedge_tui.research.stats import resample
from clearedge_tui.runs import equity, metrics
from clearedge_tui.runs.analysis import bootstrap, build, curves, tables
from clearedge_tui.runs.analysis.build import FIGURES, Analysed, Decisions, analyse
from clearedge_tui.runs.analysis.model import Analysis, Histogram
from clearedge_tui.runs.analysis.text import tables as told
from clearedge_tui.runs.analysis.trade_figures import OF_A_SIDE, TRADE_FIGURES
from clearedge_tui.runs.fill_columns import columns_of, floats
from clearedge_tui.runs.metrics import Sheet
from clearedge_tui.runs.trades import round_trips
from tests.backtest import plain
from tests.backtest.box import REPO
from tests.backtest.plain import BALANCE, DAY, World, world

seeds = st.integers(0, 10**6)


def sheet_of(made: World, asset: str = "crypto") -> Sheet:
    fills = columns_of(made.fills)
    account = equity.account(made.bars, fills, BALANCE)
    trips = round_trips(fills, made.bars.ts_ns)
    orders = len(made.orders)
    return metrics.sheet(
        account, BALANCE, made.first_open, made.start_ns, asset, trips, fills, orders
    )


def analysed(made: World, seed: int = 1) -> Analysed:
    decisions = Decisions([o.id for o in made.orders], [o.ts_ns for o in made.orders])
    return analyse(sheet_of(made), made.bars, decisions, "USDT", seed)


@cache
def usual() -> tuple[World, Sheet, Analysed]:
    made = world(7)
    return made, sheet_of(made), analysed(made)


def near(found: Any, wanted: Any) -> bool:
    if wanted is None or found is None:
        return found is wanted
    return math.isclose(found, wanted, rel_tol=1e-8, abs_tol=1e-8)


@given(seeds)
@example(281349)  # a day that earns nothing, in floats a little
@example(667494)  # left at a close that Arrow's float of a decimal misses by its last digit
@example(990951)  # back at the peak, in floats not quite
@settings(max_examples=12)
def test_every_figure_equals_plain_python(seed: int) -> None:
    made = world(seed)
    done = plain.trips(made)
    found = analysed(made).analysis
    wanted = {
        **plain.trade_figures(done),
        **plain.return_figures(made),
        **plain.cost_figures(made),
    }
    # the length in bars is counted by the grid of bars
    wanted["avg_bars"] = found.figures["avg_bars"]
    assert found.figures.keys() == wanted.keys()
    assert {k: v for k, v in found.figures.items() if not near(v, wanted[k])} == {}
    for long, side in ((True, found.long), (False, found.short)):
        wanted = plain.trade_figures([trip for trip in done if trip.long is long])
        assert {k: v for k, v in side.items() if k != "avg_bars" and not near(v, wanted[k])} == {}


@given(seeds, st.sampled_from([0.05, 0.5, 1.0]))
@settings(max_examples=30)
def test_trades_are_exact_and_lead_to_their_fills(seed: int, often: float) -> None:
    made = world(seed, 120, often)
    found, wanted = round_trips(columns_of(made.fills), made.bars.ts_ns), plain.trips(made)
    assert found.first.tolist() == [trip.first for trip in wanted]
    assert found.last.tolist() == [trip.last for trip in wanted]
    assert found.long.tolist() == [trip.long for trip in wanted]
    for name, of in (
        ("pnl", "cash"),
        ("fees", "fees"),
        ("size", "top"),
        ("entry_price", "entry"),
        ("exit_price", "exit"),
    ):
        columns = zip(getattr(found, name).to_pylist(), wanted, strict=True)
        off = [abs(Fraction(value) - getattr(trip, of)) for value, trip in columns]
        assert max(off, default=0) <= _off(name), name


def _off(name: str) -> Fraction:
    """What rounding may do: averages have 16 digits, and a flip's fee is shared to ten at both ends."""
    return Fraction(2, 10**10) if name in ("pnl", "fees") else Fraction(1, 10**16)


@given(seeds)
@settings(max_examples=30)
def test_excursions_hold_the_whole_way_of_a_trade(seed: int) -> None:
    made = world(seed, 150, 0.3)
    found = analysed(made)
    assert found.mae is not None
    assert found.mfe is not None
    for trip, mae, mfe in zip(plain.trips(made), found.mae, found.mfe, strict=True):
        assert mae <= min(0.0, trip.pnl) + 1e-9
        assert mfe >= max(0.0, trip.pnl) - 1e-9
        assert near(mae, min(0.0, *map(float, trip.running)))
        assert near(mfe, max(0.0, *map(float, trip.running)))


def test_an_excursion_by_hand() -> None:
    made = world(1, 6, 0.0)
    bars = made.bars
    bars.open[:], bars.close[:] = 100.0, 100.0
    bars.high[:] = [190.0, 107.0, 104.0, 105.0, 180.0, 170.0]
    bars.low[:] = [10.0, 98.0, 91.0, 96.0, 20.0, 30.0]
    opened = bars.ts_ns - plain.STEP + 1
    row = world(3, 60).fills[0]._replace(fee=Decimal("0.5"), maker=False, size=Decimal(2))
    made.fills += [
        row._replace(ts_ns=int(opened[1]), order="a", side="buy", price=Decimal(100)),
        row._replace(ts_ns=int(opened[4]), order="b", side="sell", price=Decimal(101)),
    ]
    found = analysed(made)
    assert found.mae is not None
    assert found.mfe is not None
    assert found.mae.tolist() == [2 * -9 - 0.5]  # of the bars 1 to 3: the low of the third
    assert found.mfe.tolist() == [2 * 7 - 0.5]
    made.fills[1] = made.fills[1]._replace(ts_ns=int(bars.ts_ns[4]), price=Decimal(100))
    whole = analysed(made)  # left at the close: that bar counts too
    assert whole.mae is not None
    assert whole.mae.tolist() == [2 * -80 - 0.5]


def test_slippage_is_paid_when_a_buy_fills_above_the_close_it_was_decided_on() -> None:
    made = world(1, 6, 0.0)
    made.bars.close[:] = 100.0
    fill = world(3, 60).fills[0]._replace(side="buy", size=Decimal(2), maker=False)
    sold = fill._replace(order="b", side="sell", price=Decimal(103), ts_ns=int(made.bars.ts_ns[3]))
    made.fills += [
        fill._replace(order="a", price=Decimal(101), ts_ns=int(made.bars.ts_ns[2])),
        sold,
    ]
    orders = Decisions(["a", "b"], [int(made.bars.ts_ns[1]), int(made.bars.ts_ns[2])])
    found = analyse(sheet_of(made), made.bars, orders, "USDT", 1).analysis.figures
    assert found["slippage"] == pytest.approx(2 * 1 - 2 * 3)  # a sale above its close earns
    assert found["slippage_bps"] == pytest.approx(-4 / 400 * 1e4)


def test_whole_numbers_and_decimals_make_the_same_trades(monkeypatch: pytest.MonkeyPatch) -> None:
    from clearedge_tui.runs import whole_trades

    for seed in range(12):
        made = world(seed, often=0.15 + seed / 20)
        fills = columns_of(made.fills)
        assert whole_trades.trips(fills) is not None
        one = round_trips(fills, made.bars.ts_ns)
        with monkeypatch.context() as patch:
            patch.setattr(whole_trades, "trips", lambda _: None)
            two = round_trips(fills, made.bars.ts_ns)
        assert (one.first[1:] == one.last[:-1]).any()  # flips
        for name in ("size", "entry_price", "exit_price", "pnl", "fees"):
            assert getattr(one, name).equals(getattr(two, name)), name
        assert one.first.tolist() == two.first.tolist()
        assert one.newest(9) == two.newest(9)


@pytest.mark.parametrize("size", ["0.0000000000000001", "123456789012.5", "0"])
def test_sizes_that_no_whole_number_holds_are_exact_too(size: str) -> None:
    made = world(3, 60, 0.5)
    made.fills[:] = [
        fill._replace(size=Decimal(size), price=fill.price + Decimal("0.12345678"))
        for fill in made.fills
    ]
    found = round_trips(columns_of(made.fills), made.bars.ts_ns)
    wanted = plain.trips(made) if Decimal(size) else []
    exact = [Fraction(value) for value in found.pnl.to_pylist()]
    assert all(abs(a - b.cash) <= _off("pnl") for a, b in zip(exact, wanted, strict=True))
    assert float(sum(exact)) == pytest.approx(float(sum(floats(found.pnl))))


def test_the_deepest_falls_are_the_ones_a_loop_finds() -> None:
    made, sheet, found = usual()
    marks, times = plain.equity(made), made.bars.ts_ns.tolist()
    peak, since, inside = float(BALANCE), made.start_ns, None
    wanted: list[list[Any]] = []
    for ts_ns, mark in zip(times, marks, strict=True):
        if mark >= peak:
            if inside is not None:
                inside[2] = ts_ns
            peak, since, inside = mark, ts_ns, None
            continue
        if inside is None:
            inside = [since, ts_ns, None, 0.0]
            wanted.append(inside)
        if 1 - mark / peak > inside[3]:
            inside[1], inside[3] = ts_ns, 1 - mark / peak
    wanted.sort(key=lambda fall: -fall[3])
    got = [[f.start_ns, f.trough_ns, f.end_ns, f.depth] for f in found.analysis.falls]
    assert [f[:3] for f in got] == [f[:3] for f in wanted[:10]]
    assert [f[3] for f in got] == pytest.approx([f[3] for f in wanted[:10]])
    assert found.analysis.falls[0].depth == pytest.approx(metrics.max_drawdown(sheet))
    for fall in found.analysis.falls:
        end = times[-1] if fall.end_ns is None else fall.end_ns
        assert fall.days == pytest.approx((end - fall.start_ns) / DAY)
        recovered = None if fall.end_ns is None else (fall.end_ns - fall.trough_ns) / DAY
        assert fall.recovery_days == pytest.approx(recovered)


def test_trades_are_counted_by_hour_weekday_and_tag() -> None:
    from datetime import UTC, datetime

    made, _, found = usual()
    done = plain.trips(made)
    begun = [datetime.fromtimestamp(trip.entry_ns // 10**9, UTC) for trip in done]
    for slots, keys in (
        (found.analysis.hours, [f"{at:%H}" for at in begun]),
        (found.analysis.weekdays, [f"{at:%a}" for at in begun]),
        (found.analysis.exits, [made.fills[trip.last].tag for trip in done]),
    ):
        for slot in slots:
            of = [trip.pnl for trip, key in zip(done, keys, strict=True) if key == slot.name]
            assert slot.trades == len(of)
            assert slot.pnl == pytest.approx(sum(of))
            rate = sum(pnl > 0 for pnl in of) / len(of) if of else None
            assert slot.win_rate == pytest.approx(rate)
        assert sum(slot.trades for slot in slots) == len(done)
    assert [s.trades for s in found.analysis.exits] == sorted(
        (s.trades for s in found.analysis.exits), reverse=True
    )


def test_months_and_years_are_of_the_calendar() -> None:
    made, _, found = usual()
    months = plain.months_of(made.bars.ts_ns.tolist(), plain.equity(made))
    assert found.analysis.monthly == pytest.approx(months)
    assert found.analysis.yearly == pytest.approx(
        {
            year: math.prod(1 + v for k, v in months.items() if k[:4] == year) - 1
            for year in sorted({month[:4] for month in months})
        }
    )


@given(st.lists(st.floats(-1e6, 1e6), max_size=80) | st.lists(st.integers(-5, 5).map(float)))
def test_a_histogram_counts_every_value_where_it_lies(values: list[float]) -> None:
    found = tables.histogram(np.array(values))
    assert sum(found.counts) == len(values)
    assert len(found.counts) <= 61
    if values:
        steps = found.first / found.width
        assert steps == pytest.approx(round(steps), abs=1e-6)  # 0 is an edge
        assert found.counts[0] and found.counts[-1]
        assert found.first <= min(values) + found.width * 1e-9
        assert found.first + len(found.counts) * found.width >= max(values)
    else:
        assert found == Histogram()


def test_a_bin_is_as_wide_as_the_rule_says() -> None:
    values = np.random.default_rng(2).normal(size=1000)
    spread = plain.quantile(values.tolist(), 0.75) - plain.quantile(values.tolist(), 0.25)
    assert 0.2 < 2 * spread / 10 <= 0.5
    assert tables.histogram(values).width == 0.5


def test_rolling_figures_are_those_of_each_window() -> None:
    _, sheet, found = usual()
    assert found.analysis.window_days == 30
    sharpe, volatility = found.analysis.rolling_sharpe, found.analysis.rolling_volatility
    assert len(sharpe.value) == len(volatility.value) == len(sheet.returns) - 29
    for n in (0, 17, len(sharpe.value) - 1):
        part = sheet.returns[n : n + 30]
        assert sharpe.value[n] == pytest.approx(
            part.mean() / part.std(ddof=1) * math.sqrt(365), abs=1e-6
        )
        assert volatility.value[n] == pytest.approx(part.std(ddof=1) * math.sqrt(365), abs=1e-6)
        assert sharpe.ts_ns[n] == sheet.account.ts_ns[sheet.ends[n + 29]]
    assert [curves.window_days(n) for n in (59, 60, 269, 270, 719, 720)] == [0, 30, 30, 90, 90, 180]


def test_exposure_is_the_position_over_the_account() -> None:
    _, sheet, found = usual()
    account, curve = sheet.account, found.analysis.exposure
    assert curve.ts_ns == tuple(account.ts_ns.tolist())
    wanted = account.position * account.close / account.equity
    assert curve.value == pytest.approx(wanted.tolist(), abs=1e-6)


@given(st.integers(3, 400), seeds)
@settings(max_examples=30)
def test_resampled_paths_are_ordered_bands_that_a_seed_repeats(days: int, seed: int) -> None:
    returns = np.random.default_rng(seed).normal(0.001, 0.02, days)
    times = np.arange(1, days + 1) * DAY
    found = bootstrap.simulate(returns, times, 1000.0, seed)
    if days < 10:
        assert found is None
        return
    assert found is not None
    assert found == bootstrap.simulate(returns, times, 1000.0, seed)
    assert len(found.ts_ns) <= 200
    assert found.ts_ns[-1] == times[-1]
    levels = [found.bands[name] for name in ("p5", "p25", "p50", "p75", "p95")]
    for low, high in pairwise(levels):
        assert all(a <= b for a, b in zip(low, high, strict=True))
    assert [band[-1] for band in levels] == pytest.approx(list(found.final.values()), abs=1e-5)
    assert sum(found.final_bins.counts) == found.paths
    assert 0 <= found.probability_of_loss <= 1
    assert 0 <= found.drawdown_p50 <= found.drawdown_p95 < 1


def test_blocks_keep_neighbours_and_have_the_length_they_say() -> None:
    days = 1000
    drawn = resample.stationary(np.random.default_rng(5), 250, days, 10.0)
    follows = (drawn[:, 1:] - drawn[:, :-1]) % days == 1
    assert follows.mean() == pytest.approx(0.9, abs=0.005)  # geometric, mean 10
    assert np.bincount(drawn.ravel(), minlength=days).min() > 0


def test_a_certain_return_has_no_luck() -> None:
    found = bootstrap.simulate(np.full(50, 0.01), np.arange(50) * DAY, 100.0, 1)
    assert found is not None
    assert list(found.final.values()) == pytest.approx([100 * 1.01**50] * 5)
    assert (found.probability_of_loss, found.drawdown_p95) == (0.0, 0.0)


@given(st.integers(1, 3000), st.integers(4, 300), st.booleans())
@settings(max_examples=40)
def test_thinned_curves_keep_every_spike(count: int, most: int, two: bool) -> None:
    values = np.zeros(count)
    spike = (count * 7919) % count if count > 1 else 0
    values[spike] = 5.0
    other = -values[::-1]
    kept = set(equity.thinned(most, values, *([other] if two else [])).tolist())
    assert {0, count - 1, spike} <= kept
    assert not two or int(other.argmin()) in kept
    assert len(kept) <= max(most + 2, 6)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_run_without_trades_or_days_is_not_defined_and_never_fails(count: int) -> None:
    found = analysed(world(1, count, 0.0)).analysis
    assert found.figures["trades"] == 0
    assert found.figures["avg_mae"] is None
    assert found.figures["sqn"] is None
    assert found.simulation is None
    assert found.window_days == 0
    assert told(found)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Analysis) == found


def test_no_figure_is_anything_but_a_number_or_none() -> None:
    for found in (usual()[2].analysis, analysed(_ruined()).analysis):
        for name, value in {**found.figures, **found.long, **found.short}.items():
            assert value is None or math.isfinite(value), name
        assert msgspec.json.decode(msgspec.json.encode(found), type=Analysis) == found


def _ruined() -> World:
    made = world(5, 200, 0.0)
    fill = world(3, 60).fills[0]
    huge = fill._replace(side="buy", size=Decimal(5000), ts_ns=int(made.bars.ts_ns[3]))
    made.fills.append(huge)
    made.bars.close[50:] = 5.0
    return made


def test_every_figure_says_its_formula_and_stands_in_the_manual() -> None:
    manual = (REPO / "docs" / "backtests.md").read_text()
    assert [f.__name__ for f in FIGURES if len((f.__doc__ or "").strip()) < 10] == []
    assert [f.__name__ for f in FIGURES if f"`{f.__name__}`" not in manual] == []
    assert {f.__name__ for f in (*TRADE_FIGURES, *OF_A_SIDE)} == set(usual()[2].analysis.long)
    assert len({f.__name__ for f in (*build.FIGURES, *metrics.FIGURES)}) == len(
        build.FIGURES
    ) + len(metrics.FIGURES)


def test_the_text_has_every_table_within_its_width() -> None:
    text = told(usual()[2].analysis)
    for title in (
        "Figures",
        "Years",
        "Deepest drawdowns",
        "By hour",
        "By weekday",
        "By tag",
        "Daily returns",
        "Returns of trades",
        "Resampled days",
    ):
        assert title in text
    assert max(map(len, text.split("\n"))) <= 100
