"""Two files of position and orders compared, in ops-lab's form; and what it got wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.recon_files import FilesCompared, check_files

NOW_NS = 1_767_225_600_000_000_000  # 2026-01-01


def side(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "schema_version": "v1", "run_id": "r1", "as_of_utc": "2026-01-01T00:00:00+00:00",
        "position": {"symbol": "BTCUSDT", "side": "long", "qty": "0.10", "avg_entry_price": "100000"},
        "open_orders": [{"order_id": "a", "symbol": "BTCUSDT", "side": "buy", "type": "limit",
                         "qty": "1", "price": "9.50", "status": "open"}],
        "freshness": {"position_ts_utc": "2025-12-31T23:59:30Z", "orders_ts_utc": "2025-12-31T23:59:59Z",
                      "max_age_seconds": 60},
    }  # fmt: skip
    return found | more


def compare(tmp_path: Path, ours: dict[str, Any], theirs: dict[str, Any]) -> FilesCompared:
    for name, body in (("ours", ours), ("theirs", theirs)):
        (tmp_path / name).write_text(json.dumps(body))
    return check_files(tmp_path / "ours", tmp_path / "theirs", NOW_NS)


def test_the_same_in_other_digits_agrees(tmp_path: Path) -> None:
    theirs = side()
    theirs["position"] |= {"qty": "0.1", "avg_entry_price": "1E+5"}
    theirs["open_orders"] = [theirs["open_orders"][0] | {"price": "9.5", "time_in_force": "gtc"}]
    found = compare(tmp_path, side(), theirs)
    assert (found.status, found.passed) == ("ok", True)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"position": {"symbol": "BTCUSDT", "side": "flat", "qty": "0"}}, "mismatch", "side: ours long"),
        ({"position": {"symbol": "BTCUSDT", "side": "flat", "qty": "1"}}, "unknown", "a flat position of 1"),
        ({"position": {"symbol": "BTCUSDT", "side": "long", "qty": "NaN"}}, "unknown", "NaN"),
        ({"open_orders": []}, "mismatch", "order a is not there"),
        ({"open_orders": [side()["open_orders"][0]] * 2}, "unknown", "twice"),
        ({"freshness": None}, "ok", "agree"),  # ours says how fresh it is
        ({"freshness": {"position_ts_utc": "2025-12-31T00:00:00Z", "max_age_seconds": 60,
                        "orders_ts_utc": "2026-01-01T00:00:00Z"}}, "warning", "86400 s old"),
        ({"freshness": {"position_ts_utc": "2027-01-01T00:00:00Z", "max_age_seconds": 60,
                        "orders_ts_utc": "2026-01-01T00:00:00Z"}}, "unknown", "yet to come"),
        ({"freshness": {"position_ts_utc": "2026-01-01T00:00:00", "max_age_seconds": 60,
                        "orders_ts_utc": "soon"}}, "unknown", "no time"),
    ],
)  # fmt: skip
def test_what_differs_is_said_with_both_numbers(
    tmp_path: Path, change: dict[str, Any], status: str, words: str
) -> None:
    found = compare(tmp_path, side(), side(**change))
    assert found.status == status
    assert found.passed == (status in ("ok", "warning"))
    assert words in found.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"run_id": "other"}, "of run other"),
        ({"schema_version": "v9"}, "wanted v1"),
        ({"extra": 1}, "extra"),
        ({"position": 3}, "position"),
    ],
)
def test_what_is_no_such_file_is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        compare(tmp_path, side(), side(**change))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        check_files(tmp_path / "nowhere", tmp_path / "nowhere", NOW_NS)
