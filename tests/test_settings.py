"""The settings of a home: what is written counts, and what makes no sense is refused by name."""

from pathlib import Path

import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.settings import MARKER, Home, Options, load_options


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / MARKER).parent.mkdir()
    return Home(tmp_path)


def test_without_a_line_the_usual_holds(home: Home) -> None:
    assert load_options(home) == Options()
    assert load_options(home).callback_limit_s == 5


@pytest.mark.parametrize("value", ["0.5", "1", "5"])
def test_a_limit_of_calls_is_taken(home: Home, value: str) -> None:
    (home.root / MARKER).write_text(f"callback_limit_s = {value}\n")
    assert load_options(home).callback_limit_s == float(value)


@pytest.mark.parametrize(
    "line",
    ["callback_limit_s = 0.4", "callback_limit_s = 5.1", "callback_limit_s = nan",
     "callback_limit_s = 'soon'", "callback_limits = 1", "stop_grace_s = -1", "stop_grace_s = 601"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(home: Home, line: str) -> None:
    (home.root / MARKER).write_text(f"{line}\n")
    with pytest.raises(UsageError, match=line.split()[0]) as told:
        load_options(home)
    assert str(home.root / MARKER) in str(told.value)
