"""The report as text: months a row a year, columns without a chart library, and its width."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.runs.model import BacktestSpec, Curve, RunReport, RunSummary
from clearedge_tui.runs.text_report import blocks, markdown, render


def report(monthly: dict[str, float], values: tuple[float, ...] = (1.0, 2.0)) -> RunReport:
    summary = RunSummary(
        run_id="20260101-000000-x-0001", kind="backtest", status="done", strategy="x",
        market="BTC/USDT", timeframe="1m", start_ns=0, end_ns=10**18, created_ns=0,
        duration_s=1.0, simulated=False,
    )  # fmt: skip
    times = tuple(range(10**15, 10**15 + len(values)))
    curve = Curve(times, values)
    spec = BacktestSpec("x", "BTCUSDT.LOCAL", "1m", balance=Decimal(1))
    return RunReport(
        summary, spec, 10, "USDT", equity=curve, buy_hold=curve, drawdown=curve, monthly=monthly
    )


def months_of(text: str) -> list[str]:
    lines = text.split("\n")
    start = lines.index("Months (%)")
    return lines[start + 1 : lines.index("", start) if "" in lines[start:] else None]


def test_ten_years_of_months_are_ten_rows_that_fit() -> None:
    monthly = {f"{y}-{m:02}": 0.01 * m - 0.06 for y in range(2010, 2020) for m in range(1, 13)}
    head, *rows = months_of(render(report(monthly), 80))
    assert head.split() == [
        *["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        "year",
    ]
    assert [row.split()[0] for row in rows[:10]] == [str(y) for y in range(2010, 2020)]
    assert rows[0].split()[1:4] == ["-5.0", "-4.0", "-3.0"]


def test_a_year_multiplies_its_months_and_missing_ones_are_dots() -> None:
    (_, row, *_) = months_of(render(report({"2021-11": 0.10, "2021-12": -0.50}), 80))
    assert row.split() == ["2021", *["·"] * 10, "10.0", "-50", "-45.0"]


@given(st.lists(st.floats(-0.999, 50), min_size=12, max_size=12), st.sampled_from([80, 100, 120]))
def test_any_months_keep_their_columns_apart(values: list[float], width: int) -> None:
    monthly = {f"2021-{n:02}": value for n, value in enumerate(values, 1)}
    head, row, *_ = months_of(render(report(monthly), width, fine=False))
    assert max(len(head), len(row)) <= width
    assert len(row.split()) == 14


@pytest.mark.parametrize(
    "values", [[1.0], [0.0, 0.0], [1.0, 3.0, 2.0], [float(n) for n in range(999)]]
)
def test_columns_fill_from_the_lowest_to_the_highest(values: list[float]) -> None:
    lines = blocks(values, 40, 4)
    assert len(lines) == 4
    assert max(map(len, lines)) <= 40
    if max(values) > min(values):
        assert "█" in lines[0]
        assert " " in lines[-1] or lines[-1] != lines[0]


def test_the_file_of_a_run_needs_no_chart_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from tests.backtest.test_text_report import report, markdown;"
        "assert '█' in markdown(report({}, tuple(map(float, range(99)))));"
        "print('plotext' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert max(map(len, markdown(report({"2021-01": 0.5})).split("\n"))) <= 100
