"""A run in the formats of other programs: nothing is lost, nothing runs, nothing is loaded."""

import csv
import json
import math
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.runs import listing
from clearedge_tui.runs.analysis.load import load_analysis
from clearedge_tui.runs.export import TABLES, TRACED, export
from clearedge_tui.runs.html import svg
from clearedge_tui.runs.html.sheet import page
from clearedge_tui.runs.launch import run_backtest
from clearedge_tui.runs.model import BacktestSpec, RunReport
from clearedge_tui.runs.trace import events
from clearedge_tui.runs.trace_orders import ENDS
from clearedge_tui.settings import Home
from tests.backtest.box import add_strategy, make_home, sim_bars, store

EVIL = "<script>alert(1)</script>\"'&\x1b[31m"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, RunReport]:
    home = make_home(tmp_path_factory.mktemp("html") / "home")
    store(home, simulated_market(), "1m", sim_bars(20_000))
    add_strategy(home, "ema_cross")
    spec = BacktestSpec(
        "ema_cross", "SIMUSDT.SIMULATED", "1m", config={"fast": 5, "slow": 20, "size": "0.31"}
    )
    return home, run_backtest(home, spec)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "path", "polyline", "polygon", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Tags:
    found = Tags()
    found.feed(html)
    assert found.open == []
    return found


@pytest.mark.slow
def test_the_page_holds_the_whole_report_and_nothing_that_runs_or_loads(
    made: tuple[Home, RunReport],
) -> None:
    home, report = made
    html = (listing.run_folder(home, report.summary.run_id) / "report.html").read_text()
    found = read(html)
    assert not found.seen & {"script", "link", "img", "iframe", "object", "form"}
    assert found.links == [] and "://" not in html and "default-src 'none'" in html
    analysis = load_analysis(home, report.summary.run_id)
    for name in (*analysis.figures, *analysis.long):
        said = {"cagr": "CAGR", "buy_hold_return": "buy and hold"}.get(name, name.replace("_", " "))
        assert said in found.text, name
    for wanted in (*report.conventions, report.summary.run_id, report.data[0].sha256, "simulated"):
        assert wanted in found.text
    titles = {"Equity", "Below the peak", "SIM/USDT", "Daily returns", "Returns of trades"}
    assert all(f"<h2>{one}" in html for one in titles) and html.count("<svg") >= len(titles)
    (dots,) = re.findall(r'<path class="in" d="([^"]*)"', html)
    assert dots.count("M") == min(200, report.trades_total)
    assert f"of {report.trades_total:,}" in found.text
    assert len(html) < 300_000


@pytest.mark.slow
def test_foreign_text_is_text(made: tuple[Home, RunReport]) -> None:
    home, report = made
    summary = msgspec.structs.replace(report.summary, strategy=EVIL, error=EVIL, stamps=(EVIL,))
    spec = msgspec.structs.replace(report.spec, config={EVIL: EVIL})
    bad = msgspec.structs.replace(
        report, summary=summary, spec=spec, conventions=(EVIL,), currency=EVIL
    )
    found = read(page(bad, load_analysis(home, report.summary.run_id), [(EVIL, EVIL)]))
    assert "script" not in found.seen and "\x1b" not in found.text
    assert "<script>alert(1)</script>" in found.text


@pytest.mark.slow
def test_a_run_without_trades_or_analysis_is_a_page_too(made: tuple[Home, RunReport]) -> None:
    _, report = made
    summary = msgspec.structs.replace(report.summary, status="failed", metrics={}, error="it broke")
    bare = RunReport(summary=summary, spec=report.spec, bars=0, currency="USDT")
    assert {"failed", "it broke"} <= set(
        re.findall(r"failed|it broke", read(page(bare, None)).text)
    )


points = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(points, max_size=30), st.booleans())
def test_whatever_the_numbers_a_chart_has_only_numbers_in_sight(
    values: list[float], zero: bool
) -> None:
    xs = [float(n) * 86_400e9 for n in range(len(values))]
    drawn = svg.chart([svg.Line(xs, values, "main")], 150, zero=zero)
    if not drawn:
        return
    read(drawn)
    assert "nan" not in drawn and "inf" not in drawn
    (line,) = re.findall(r'<polyline class="main" points="([^"]*)"', drawn)
    for point in line.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= svg.WIDTH and -0.1 <= y <= 150.1


@given(st.floats(-1, 0), st.floats(1e-6, 0.1), st.lists(st.integers(0, 10**6), max_size=60))
def test_columns_stand_in_the_picture(first: float, width: float, counts: list[int]) -> None:
    drawn = svg.columns(first, width, counts, 150)
    assert bool(drawn) == any(counts)
    for found in re.findall(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn):
        top, tall = map(float, found)
        assert top >= 0 and top + tall <= 150 and math.isfinite(tall)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_the_same_in_every_format(
    made: tuple[Home, RunReport], tmp_path: Path, table: str
) -> None:
    home, report = made
    run_id = report.summary.run_id
    files = {
        kind: export(home, run_id, table, tmp_path / f"{table}.{kind}")
        for kind in ("csv", "json", "parquet")
    }
    whole = pq.read_table(files["parquet"])
    rows = json.loads(files["json"].read_text())
    with files["csv"].open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(rows) == len(lines) == whole.num_rows > 10
    money = [f.name for f in whole.schema if pa.types.is_decimal(f.type)]
    for row, line, exact in zip(rows, lines, whole.to_pylist(), strict=True):
        assert list(row) == list(line) == whole.column_names
        for name in money:
            if exact[name] is not None:
                assert Decimal(row[name]) == Decimal(line[name]) == exact[name]
                assert "E" not in line[name]
    assert list(tmp_path.glob(".*")) == []
    own = pq.read_schema(listing.run_folder(home, run_id) / f"{table}.parquet").names
    assert "trace_id" not in own, "files of a run are the same to the byte when it is run again"
    if table in TRACED:
        whose = {"run_id": run_id, "trace_id": report.summary.trace_id}
        assert whole.column_names == [*own, *whose]
        assert [set(whole[name].to_pylist()) for name in whose] == [{v} for v in whose.values()]


@pytest.mark.slow
def test_a_timeline_leads_from_the_data_over_orders_to_the_end(
    made: tuple[Home, RunReport],
) -> None:
    home, report = made
    run_id, trace = report.summary.run_id, report.summary.trace_id
    told = sorted(events(home, trace[:8]), key=lambda row: (row.at_ns, row.seq))
    names = [row.event for row in told]
    assert {row.payload["trace_id"] for row in told} == {trace}
    assert names.index("data_ready") < names.index("backtest_started") < names.index("order")
    last = len(names) - names[::-1].index("fill")
    assert last <= names.index("backtest_completed") < names.index("run_completed")
    orders = pq.read_table(listing.run_folder(home, run_id) / "orders.parquet").to_pylist()
    shown = [row for row in told if row.event == "order"]
    wanted = [*orders[:ENDS], *orders[-ENDS:]]
    assert [row.payload["id"] for row in shown] == [one["id"] for one in wanted]
    for row, one in zip(shown, wanted, strict=True):
        parts = (one["id"], one["side"], f"{one['size'].normalize():f}", one["status"])
        assert all(part in row.text for part in (*parts, f"{one['ts_ns']:%Y-%m-%d %H:%M}"))
    fills = [row for row in told if row.event == "fill"]
    assert len(fills) == 2 * ENDS and all(" at " in row.text for row in fills)
    (between,) = (row for row in told if row.event == "orders_between")
    assert f"{len(orders) - 2 * ENDS:,} orders" in between.text
    assert 0 < told.index(between) - names.index("order") < names.index("backtest_completed")


@pytest.mark.slow
def test_the_report_goes_out_as_page_and_as_json(
    made: tuple[Home, RunReport], tmp_path: Path
) -> None:
    home, report = made
    run_id = report.summary.run_id
    html = export(home, run_id, "report", tmp_path / "new" / "r.html")
    assert html.read_bytes() == (listing.run_folder(home, run_id) / "report.html").read_bytes()
    whole = json.loads(export(home, run_id, "report", tmp_path / "r.json").read_text())
    assert whole["report"]["summary"]["run_id"] == run_id
    assert whole["analysis"]["figures"]["sharpe"] == report.summary.metrics["sharpe"]


@pytest.mark.slow
def test_what_cannot_be_written_says_why_and_leaves_nothing(
    made: tuple[Home, RunReport], tmp_path: Path
) -> None:
    home, report = made
    run_id = report.summary.run_id
    there = tmp_path / "there.csv"
    there.write_text("mine")
    for what, name, wrong, words in (
        ("trades", "there.csv", Refused, "is there already"),
        ("trades", "a.xlsx", UsageError, r"ends in \.csv, \.json, \.parquet"),
        ("report", "a.csv", UsageError, r"ends in \.json, \.html"),
        ("tradez", "a.csv", UsageError, "nearest: trades"),
    ):
        with pytest.raises(wrong, match=words):
            export(home, run_id, what, tmp_path / name)
    with pytest.raises(NotFound):
        export(home, "20200101-000000-x-0000", "trades", tmp_path / "a.csv")
    with pytest.raises(UsageError, match="cannot be written"):
        export(home, run_id, "trades", there / "under" / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert there.read_text() == "mine"
