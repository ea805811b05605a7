"""One picture of each screen at two sizes: the world stands still, so every cell is known."""

import pytest

from clearedge_tui.runs.search import NEWEST, Page
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import Command, Result
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Compare
from tests.ui.still import READY, still

SIZES = [(80, 24), (200, 60)]


PLACES = [("board", ""), ("detail", "ema-btc-1"), ("runs", ""), ("compare", "bt-0007 bt-0006 bt-0004"), ("report", "bt-0007"), ("data", ""),
          ("data", "GBP/USD 1m"), ("data", "SPY 1d"),
          ("ladder", ""), ("gates", READY), ("study", "st-rule"), ("study", "st-opt"),
          ("journal", ""), ("strategies", ""), ("strategies", "mean_revert"), ("config", "ema-btc-1")]  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    "place",
    PLACES,
    ids=lambda x: (
        "-".join(filter(None, x)).partition("/")[0]
        if x[0] in ("strategies", "data", "study")
        else x[0]
    ),
)
def test_screen(
    snap_compare: Compare, home: Home, place: tuple[str, str], size: tuple[int, int]
) -> None:
    assert snap_compare(still(home, place), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    ("name", "keys"),
    [("help", ["question_mark"]), ("palette", ["colon", *"mode"]), ("mode", ["m"]), ("leave", ["q"]), ("new", ["n"]),
     ("backtest", ["b"]), ("filter", ["slash", *"eth"]), ("sort", ["S"])],
)  # fmt: skip
def test_dialog(
    snap_compare: Compare, home: Home, name: str, keys: list[str], size: tuple[int, int]
) -> None:
    assert snap_compare(still(home), terminal_size=size, press=keys)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    ("name", "keys"),
    [("chart", ["v"]), ("pull", ["u"]), ("delete", ["d"]), ("sources", ["o"]), ("jobs", ["e"]), ("all", ["enter"])],
)  # fmt: skip
def test_dialog_of_the_catalog(
    snap_compare: Compare, home: Home, name: str, keys: list[str], size: tuple[int, int]
) -> None:
    made = still(home, ("data", "GBP/USD 1m"))
    assert snap_compare(made, terminal_size=size, press=keys)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    ("name", "keys"),
    [("marked", ["j", "m", "j", "m", "asterisk"]), ("wrong", ["slash", *"shrp", "greater_than_sign", "1"]),
     ("tags", ["j", "t"]), ("remove", ["j", "x"])],
)  # fmt: skip
def test_dialog_of_the_runs(
    snap_compare: Compare, home: Home, name: str, keys: list[str], size: tuple[int, int]
) -> None:
    assert snap_compare(still(home, ("runs", "")), terminal_size=size, press=keys)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    ("name", "keys"), [("settings", ["tab"]), ("code", ["shift+tab"]), ("differing", ["e"])]
)
def test_pane_of_a_comparison(
    snap_compare: Compare, home: Home, name: str, keys: list[str], size: tuple[int, int]
) -> None:
    made = still(home, ("compare", "bt-0007 bt-0006 bt-0004"))
    assert snap_compare(made, terminal_size=size, press=keys)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    ("name", "keys"),
    [("metrics", ["tab", "j"]), ("returns", ["tab"] * 2), ("timing", ["tab"] * 3), ("spread", ["tab"] * 4),
     ("trades", ["t", "j"]), ("trade", ["t", "enter"]), ("chart", ["v", "plus", "n"]), ("about", ["shift+tab"])],
    ids=lambda x: x if isinstance(x, str) else "",
)  # fmt: skip
def test_pane_of_a_report(
    snap_compare: Compare, home: Home, name: str, keys: list[str], size: tuple[int, int]
) -> None:
    assert snap_compare(still(home, ("report", "bt-0007")), terminal_size=size, press=keys)


@pytest.mark.parametrize("colours", ["standard", "none"])
def test_report_in_few_colours(snap_compare: Compare, home: Home, colours: str) -> None:
    made = still(home, ("report", "bt-0006"), symbols="ascii" if colours == "none" else "braille",
                 colours=colours)  # fmt: skip
    assert snap_compare(made, terminal_size=(80, 24))


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("colours", ["standard", "none"])
def test_look_of_the_catalog(
    snap_compare: Compare, home: Home, colours: str, size: tuple[int, int]
) -> None:
    made = still(home, ("data", "GBP/USD 1m"), symbols="ascii" if colours == "none" else "braille",
                 colours=colours)  # fmt: skip
    assert snap_compare(made, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("theme", ["cb-safe", "standard", "none", "ascii", "block"])
def test_look_of_the_board(
    snap_compare: Compare, home: Home, theme: str, size: tuple[int, int]
) -> None:
    made = {
        "cb-safe": lambda: still(home, theme="cb-safe"),
        "standard": lambda: still(home, colours="standard"),
        "none": lambda: still(home, colours="none"),
    }.get(theme, lambda: still(home, symbols=theme))()
    assert snap_compare(made, terminal_size=size)


def test_too_small(snap_compare: Compare, home: Home) -> None:
    assert snap_compare(still(home), terminal_size=(50, 14))


def test_the_fake_runs_are_what_the_supervisor_would_send() -> None:
    world = FakeSupervisor()
    asked: dict[str, object] = {"filter": "", "sort": NEWEST, "offset": 0, "limit": 9}
    (_, result) = world._command(Command("x", "run.search", asked))
    import msgspec

    assert isinstance(result, Result)
    assert msgspec.convert(result.data, Page).rows
