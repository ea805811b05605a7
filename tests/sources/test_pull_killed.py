"""A pull that is killed outright: what was kept stays, and the next one fetches only the rest."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from clearedge_tui.market import catalog
from clearedge_tui.settings import Home
from tests.sources.test_pull import FIRST, KEY, Bench, wanted
from tests.sources.venues import MINUTE, Venue

WORK = """
import sys, time
from pathlib import Path
from tests.sources.test_pull import FIRST, Bench, wanted
from tests.sources.venues import Venue
bench = Bench(Path(sys.argv[1]), {"A/USDT": Venue([FIRST + m for m in range(5000)])})
def slow(symbol, given):
    time.sleep(0.03)
bench.source.fault = slow
bench.pull(wanted(0, 5000))
"""


@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_pull(tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path)])
    try:
        end = time.monotonic() + 20
        while (
            not (kept := catalog.covered(Home(tmp_path), KEY))
            or kept[-1][1] < (FIRST + 300) * MINUTE
        ):
            assert time.monotonic() < end and worker.poll() is None
            time.sleep(0.01)
    finally:
        worker.kill()
        worker.wait()
    bench = Bench(tmp_path, {"A/USDT": Venue([FIRST + m for m in range(5000)])})
    (done,) = bench.pull(wanted(0, 5000))
    ((first, _),) = bench.asks()
    assert 300 <= first < 5000  # not from the beginning
    assert bench.stored() == [FIRST + m for m in range(5000)] and done.missing == ()
