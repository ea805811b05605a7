"""What every test area shares: hypothesis settings and the real market data beside the checkout."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPO = Path(__file__).resolve().parent.parent
DATA = REPO.parent / "shared" / "data"

# a busy two-core box makes single draws slow; how to draw a failure again is printed with it
_calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# the same draws each time, so that a change is judged by itself; `make hunt` draws others
settings.register_profile("house", parent=_calm, derandomize=True)
settings.register_profile("hunt", parent=_calm, max_examples=500)
settings.load_profile("house")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data; the test is skipped where it does not exist."""
    if not DATA.is_dir():
        pytest.skip(f"no real market data at {DATA}")
    return DATA
