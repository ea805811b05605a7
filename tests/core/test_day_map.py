"""The coverage map's judgement: there, partly there, missing, closed, or nobody knows."""

from datetime import date

from clearedge_tui.core.day_map import Days, laid_out

EPOCH = date(1970, 1, 1).toordinal()


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def march(gone: set[int], unknown: tuple[tuple[int, int], ...] = ()) -> Days:
    """Return weekdays of March and April 2024 of 390 rows each, Good Friday closed, without some."""
    first = day("2024-03-01")
    every = [d for d in range(first, first + 61) if (d + 3) % 7 < 5 and d != day("2024-03-29")]
    have = [(d, 1, 390) for d in every if d - first not in gone]
    return laid_out(have, [(d, 1, 390) for d in every], unknown, ticks=False)


def test_a_closed_day_is_not_a_missing_one() -> None:
    days = march({4})
    assert [days.state(day(f"2024-03-{n:02}")) for n in (1, 2, 3, 4, 5, 29)] == [
        "full", "closed", "closed", "full", "missing", "closed",
    ]  # fmt: skip
    assert days.state(day("2024-02-29")) == "", "before the series"
    assert (days.month(2024, 3), days.month(2024, 4)) == ("part", "full")


def test_a_month_is_missing_only_when_all_its_open_days_are() -> None:
    assert march(set(range(31, 58))).month(2024, 4) == "part"
    assert march(set(range(31))).month(2024, 3) == "", "the series begins in April then"
    gone = march(set(range(1, 31)) | set(range(31, 60)))
    assert gone.month(2024, 4) == "part"
    assert Days({0: 1, 90: 1}, dict.fromkeys(range(91), 1), 1, 0, 90).month(1970, 2) == "missing"
    assert Days({0: 1, 90: 1}, {0: 1, 90: 1}, 1, 0, 90).month(1970, 2) == "closed"


def test_where_nobody_knows_the_hours_a_day_without_rows_is_neither() -> None:
    first = day("2024-03-01")
    days = march({4}, unknown=((first, 31),))
    assert days.state(day("2024-03-02")) == days.state(day("2024-03-05")) == "unknown"
    assert days.state(day("2024-03-04")) == "full"
    assert days.month(2024, 3) == "full"
    assert laid_out([(5, 1, 100), (7, 1, 60)], (), (), ticks=False).state(6) == "unknown"
