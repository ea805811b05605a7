"""What every test area shares: hypothesis settings and the real market data beside the checkout."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from clearedge_tui.runs.farm import Farm
from clearedge_tui.runs.workers import Spawn

# a hundred processes import numpy: the threads of each one's pool would only spin on two cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

REPO = Path(__file__).resolve().parent.parent
DATA = REPO.parent / "shared" / "data"

# a busy two-core box makes single draws slow; how to draw a failure again is printed with it
_calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# the same draws each time, so that a change is judged by itself; `make hunt` draws others
settings.register_profile("house", parent=_calm, derandomize=True)
settings.register_profile("hunt", parent=_calm, max_examples=500)
settings.load_profile("house")


LONG = (
    "tests/live/", "tests/trading/", "tests/research/", "tests/test_benchmarks", "tests/cli/test_beside",
    "tests/cli/test_home", "tests/ui/test_ui_keys", "tests/ui/test_ui_snapshots", "tests/ui/test_ui_pty",
    "tests/venue_sim/test_bybit", "tests/runs/test_run_", "tests/runs/test_executor", "tests/backtest/test_runs",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: what is left at the end is short.

    Otherwise one worker ends with a long file while the others have nothing to do, for minutes. Where
    files go to workers, those of most tests would go first: `make test` says `--no-loadscope-reorder`.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data; the test is skipped where it does not exist."""
    if not DATA.is_dir():
        pytest.skip(f"no real market data at {DATA}")
    return DATA


@pytest.fixture(scope="module")
def farm() -> Iterator[Farm]:
    made = Farm()
    yield made
    made.close()


@pytest.fixture
def farmed(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a farm make the workers of runs that name none: a fresh one takes a second to import."""
    monkeypatch.setattr(Spawn, "start", lambda _self, *asked: farm.start(*asked))
