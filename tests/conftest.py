"""What every test area shares: hypothesis settings and the real market data beside the checkout."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPO = Path(__file__).resolve().parent.parent
DATA = REPO.parent / "shared" / "data"

# a busy two-core box makes single draws slow; the seed is printed on failure
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data; the test is skipped where it does not exist."""
    if not DATA.is_dir():
        pytest.skip(f"no real market data at {DATA}")
    return DATA
