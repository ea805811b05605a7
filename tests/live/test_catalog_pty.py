"""The catalog screen on a real box: data come in, are looked at, checked as a job, and cut."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clearedge_tui.market import catalog
from clearedge_tui.market.simulated import market as simulated_market
from tests.backtest.box import import_btc, sim_bars, store
from tests.live.box import Box
from tests.live.seat import Seat

pytestmark = pytest.mark.timeout(120)


def test_data_are_seen_checked_while_away_and_deleted(
    make_box: Callable[..., Box], sit: Callable[..., Seat], real_data: Path
) -> None:
    box = make_box()
    import_btc(box.home, real_data)
    keep = np.ones(3000, np.bool_)
    keep[100:160] = False
    store(box.home, simulated_market(), "1m", sim_bars(3000).take(keep))
    box.start()
    seat = sit(box, cols=120, rows=40)
    seat.type("3")
    seat.see(
        r"◌ LOCAL +BTC/USDT +1m +4\d,\d{3} 2021-12-31 2022-0\d-\d\d", r"SIMULATED SIM/USDT +1m sim"
    )
    seat.see(
        r"2021.*2022|2022",
        r"Jan +Feb Mar",
        r"all there +\S+ +nearly",
        r"never checked: c checks it",
    )
    seat.type("C 1")
    seat.see(r"INSTANCE +")
    box.until(lambda: box.snapshot().jobs[-1].state == "done", "the check has ended", 60.0)
    seat.type("3")
    seat.see(r"✓ check all series +done 2 series checked: .*1 bad", r"✖ SIMULATED +SIM/USDT")
    seat.type("G")
    seat.see(r"60 bars missing in 1 place", r"gaps +60")
    seat.type("v")
    seat.see(r"SIM/USDT 1m simulated +O ")
    seat.type("d space w enter")
    seat.see(r"would be deleted \(all\)", r"type SIM/USDT to go on", limit_s=30)
    seat.type("S I M / U S D T enter")
    box.until(lambda: len(catalog.series(box.home)) == 1, "it is deleted", 30.0)
    seat.see(r"rm|delete from SIMUSDT", r"1 series")


def test_a_series_that_cannot_be_read_leaves_the_others(
    make_box: Callable[..., Box], sit: Callable[..., Seat]
) -> None:
    box = make_box()
    store(box.home, simulated_market(), "1m", sim_bars(500))
    store(box.home, simulated_market(), "5m", sim_bars(500))
    (broken,) = (box.home.catalog / "data" / "bars").glob("*-5-MINUTE-*/*.parquet")
    broken.write_bytes(broken.read_bytes()[:300])
    box.start()
    seat = sit(box, cols=80, rows=24)
    seat.type("3")
    seat.see(r"✖ .*5m .*not a readable data file")
    seat.type("G")
    seat.see(r"SIM/USDT +1m sim +500", r"the other series are not touched")
