"""The simulated market and the built-in data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.market import catalog, samples, simulated
from tests.backtest.box import FIRST, MINUTE, make_home


@settings(max_examples=25)
@given(st.integers(0, 5000), st.integers(1, 3000), st.integers(0, 9))
def test_any_stretch_is_the_same_however_it_is_asked_for(
    offset: int, count: int, seed: int
) -> None:
    whole = simulated.bars(seed, FIRST, 8000)
    part = simulated.bars(seed, FIRST + offset, count)
    for a, b in zip(part.columns(), whole.slice(offset, offset + count).columns(), strict=True):
        assert np.array_equal(a, b)


def test_another_process_makes_the_same_bars() -> None:
    code = (
        "from clearedge_tui.market import simulated as s;"
        f"b = s.bars(5, {FIRST}, 4000); print(repr(float(b.close.sum())), repr(float(b.volume.sum())))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    bars = simulated.bars(5, FIRST, 4000)
    assert found.stdout.split() == [repr(float(bars.close.sum())), repr(float(bars.volume.sum()))]


def test_bars_are_true_to_themselves_and_join_over_midnight() -> None:
    bars = simulated.bars(1, FIRST, 20_000)
    assert np.all(bars.low <= np.minimum(bars.open, bars.close))
    assert np.all(bars.high >= np.maximum(bars.open, bars.close))
    assert np.all(np.diff(bars.ts_ns) == MINUTE)
    assert np.array_equal(bars.open[1:], bars.close[:-1])
    assert np.array_equal(np.round(bars.close, 2), bars.close)
    assert bars.low.min() > 1


def test_the_market_is_not_flat_and_seeds_differ() -> None:
    one, two = simulated.bars(1, FIRST, 30_000), simulated.bars(2, FIRST, 30_000)
    moves = np.diff(np.log(one.close))
    calm_and_rough = [moves[i : i + 240].std() for i in range(0, len(moves) - 240, 240)]
    assert 2e-4 < moves.std() < 3e-3
    assert max(calm_and_rough) > 2 * min(calm_and_rough)
    assert abs(np.corrcoef(moves, np.diff(np.log(two.close)))[0, 1]) < 0.05


def test_it_wanders_for_decades_without_running_away() -> None:
    days = range(0, 40 * 365, 30)
    levels = np.array([simulated.bars(7, day * 1440, 1).close[0] for day in days])
    assert 5 < levels.min() < levels.max() < 100_000


def test_samples_are_real_bars_and_named_simulated_where_they_are(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    first = samples.write_samples(home, days=3)
    again = samples.write_samples(home, days=3)
    assert [one.added for one in first] == [5031, 5031, 3 * 1440]
    assert [one.added for one in again] == [0, 0, 0]
    listed = {one.market: one for one in catalog.series(home)}
    assert listed["SIM/USDT"].simulated
    assert "SIMULATED" in listed["SIM/USDT"].market_id
    assert not listed["SP500"].simulated
    assert catalog.read_bars(home, "SP500.LOCAL", "1d").close[0] == 1228.10


def test_a_longer_sample_adds_what_is_missing_and_nothing_else(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    samples.write_samples(home, days=3)
    longer = samples.write_samples(home, days=5)[-1]
    assert (longer.rows, longer.added, longer.already) == (5 * 1440, 2 * 1440, 3 * 1440)
    shorter = samples.write_samples(home, days=2)[-1]
    assert (shorter.rows, shorter.added) == (2 * 1440, 0)
    stored = catalog.read_bars(home, longer.market_id, "1m")
    made = simulated.bars(samples.SEED, int(samples.FIRST_DAY.timestamp()) // 60, 5 * 1440)
    assert np.array_equal(stored.ts_ns, made.ts_ns)
    assert np.array_equal(stored.close, made.close)


def test_the_data_package_itself_is_never_imported() -> None:
    code = (
        "import sys; from clearedge_tui.market import samples; samples.index_bars('nasdaq');"
        "print([m for m in ('arch', 'pandas', 'statsmodels') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
