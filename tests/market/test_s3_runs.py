"""A catalog on S3 is used like one on disk: by a backtest, and by NautilusTrader's own catalog."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from clearedge_tui.cli.data_keep import move
from clearedge_tui.core.errors import Refused
from clearedge_tui.market import catalog, checks
from clearedge_tui.market.fingerprint import fingerprint
from clearedge_tui.market.layout import bars_key
from clearedge_tui.market.place import place
from clearedge_tui.market.timeframes import bar_type
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import MARKER, Home
from tests.backtest.box import BTC, add_strategy, make_home, sim_bars, store

pytestmark = pytest.mark.slow
KEY = bars_key(BTC.market_id, "1m")


def options(endpoint: str) -> dict[str, str]:
    return {
        "access_key_id": "tester",
        "secret_access_key": "hidden-word",
        "region": "us-east-1",
        "endpoint_url": endpoint,
        "allow_http": "true",
    }


def test_a_backtest_on_s3_equals_the_one_on_disk(
    s3_home: Callable[[str], Home], tmp_path: Path
) -> None:
    far, near = s3_home("runs"), make_home(tmp_path / "near")
    reports = []
    for home in (far, near):
        store(home, BTC, "1m", sim_bars(3000))
        add_strategy(home, "ema_cross")
        spec = BacktestSpec("ema_cross", BTC.market_id, "1m", config={"fast": 5, "slow": 15})
        reports.append(run_backtest(home, spec))
    assert reports[0].summary.metrics == reports[1].summary.metrics
    assert reports[0].summary.metrics["trades"]
    assert reports[0].data[0].sha256 == reports[1].data[0].sha256
    assert "hidden-word" not in (far.runs / reports[0].summary.run_id / "report.json").read_text()
    assert checks.describe(far, KEY) == "clean"


def test_nautilus_reads_what_we_write_to_s3_and_we_read_what_it_writes(
    s3_home: Callable[[str], Home], s3_endpoint: str
) -> None:
    from nautilus_trader.model import Bar, BarType, Price, Quantity
    from nautilus_trader.persistence import ParquetDataCatalog

    home = s3_home("both")
    bars = sim_bars(400)
    store(home, BTC, "1m", bars.slice(0, 200))
    theirs = ParquetDataCatalog("s3://both/lake/one", storage_options=options(s3_endpoint))
    kind = BarType.from_str(bar_type(BTC.market_id, "1m"))
    found = theirs.query_bars([str(kind)])
    assert [bar.ts_init for bar in found] == bars.ts_ns[:200].tolist()
    assert [float(bar.close) for bar in found] == bars.close[:200].tolist()
    made = [
        Bar(
            kind,
            Price(float(bars.open[n]), 3),
            Price(float(bars.high[n]), 3),
            Price(float(bars.low[n]), 3),
            Price(float(bars.close[n]), 3),
            Quantity(float(bars.volume[n]), 6),
            int(bars.ts_ns[n]),
            int(bars.ts_ns[n]),
        )
        for n in range(200, 400)
    ]
    theirs.write_bars(made)
    assert catalog.stored(home, BTC.market_id, "1m").ts_ns.tolist() == bars.ts_ns.tolist()
    (listed,) = catalog.series(home)
    assert (listed.rows, listed.files) == (400, 2)
    assert fingerprint(home, KEY).rows == 400


def test_another_home_is_refused_until_it_takes_over(
    s3_home: Callable[[str], Home],
) -> None:
    first, second = s3_home("shared"), s3_home("unused")
    marker = (first.root / MARKER).read_text()
    (second.root / MARKER).write_text(marker)
    bars = sim_bars(400)
    store(first, BTC, "1m", bars.slice(0, 200))
    with pytest.raises(Refused, match=rf"written by .*{first.root}.*data move s3://.* --take-over"):
        store(second, BTC, "1m", bars)
    assert len(catalog.stored(second, BTC.market_id, "1m")) == 200, "it may read"
    assert place(second).folders(".staging") == [], "nothing is left behind"
    words = ["s3://shared/lake/one", "--take-over"]
    done = CliRunner().invoke(move, words, obj={"home": str(second.root)})
    assert done.exit_code == 0, done.output
    store(second, BTC, "1m", bars)
    assert len(catalog.stored(first, BTC.market_id, "1m")) == 400
    with pytest.raises(Refused, match="written by"):
        store(first, BTC, "1m", sim_bars(500))
