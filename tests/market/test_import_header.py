"""The beginning of a file, for a person who says which column is what."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.market.imports.header import read_header
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import call
from tests.backtest.box import make_home

ODD = "Zeit;Erster, bez.;Hoch;Tief;Schluss\n" + "".join(
    f"2022-01-01 00:0{i}:00;1,5;2,5;1,0;2,0\n" for i in range(5)
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_odd_columns_are_shown_chosen_and_read_with_nothing_written(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv.gz"
    path.write_bytes(gzip.compress(ODD.encode()))
    seen: Any = call(home, "data.columns", {"path": str(path)}).data
    assert list(seen["columns"]) == ["Zeit", "Erster, bez.", "Hoch", "Tief", "Schluss"]
    assert list(seen["rows"][0]) == ["2022-01-01 00:00:00", "1,5", "2,5", "1,0", "2,0"]
    bars = seen["wanted"]["bars"]
    assert bars["missing"] == bars["needed"] == ("time", "open", "high", "low", "close")
    asked = {
        "path": str(path), "market": "NEW/USDT",
        "columns": dict(zip(bars["needed"], seen["columns"], strict=True)),
    }  # fmt: skip
    reading: Any = call(home, "data.plan", asked)
    assert reading.status == "done", reading.message
    assert reading.data["preview"][0].startswith("2022-01-01 00:01:00  open 1.5")
    assert call(home, "data.list", {}).data == []


@pytest.mark.parametrize(
    "lead", ["Kurse der Börse\n", "Quelle: Xetra, Frankfurt, ohne Gewähr\n\nStand 2022\n"]
)
def test_lines_before_a_table_with_decimal_commas_do_not_cut_it(tmp_path: Path, lead: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(lead + ODD)
    seen = read_header(path)
    assert list(seen.columns) == ["Zeit", "Erster, bez.", "Hoch", "Tief", "Schluss"]
    assert list(seen.rows[0]) == ["2022-01-01 00:00:00", "1,5", "2,5", "1,0", "2,0"]


def test_columns_that_are_understood_are_told_and_none_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("Date,Time,Open,High,Low,Close,Vol\n2022.01.31,12:00,1,2,0.5,1.5,9\n")
    seen = read_header(path)
    assert (seen.kind, seen.wanted["bars"].missing) == ("bars", ())
    assert seen.found["time"] == "Date"
    assert (seen.found["clock"], seen.found["volume"]) == ("Time", "Vol")
    assert seen.wanted["quotes"].missing == ("bid", "ask")


def test_a_file_without_a_header_has_its_columns_by_number(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("1,7,9\n2,8,9\n3,9,9\n")
    seen = read_header(path)
    assert seen.columns == ("1", "2", "3") and seen.rows[0] == ("1", "7", "9")


def test_a_parquet_file_shows_its_first_rows(tmp_path: Path) -> None:
    path = tmp_path / "ticks.parquet"
    pq.write_table(pa.table({"when": list(range(50)), "px": [1.5] * 50, "amount": [2] * 50}), path)
    seen = read_header(path)
    assert (seen.kind, seen.columns, len(seen.rows)) == ("trades", ("when", "px", "amount"), 10)
    assert seen.rows[3] == ("3", "1.5", "2")
    assert seen.wanted["trades"].missing == ("time",)


def test_what_is_no_table_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("\n")
    with pytest.raises(BadData, match="the file is empty"):
        read_header(path)
    with pytest.raises(UsageError, match="no such file"):
        read_header(tmp_path)
