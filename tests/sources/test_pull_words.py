"""`data pull`, `sync` and `sources` as a person types them, over the source that needs no network."""

import json
from pathlib import Path

import pytest

from clearedge_tui.cli.init import make_home
from clearedge_tui.cli.main import run
from clearedge_tui.market.catalog import series
from clearedge_tui.market.sources.breaker import Breaker, Rule
from clearedge_tui.settings import Home

PULL = ("data", "pull", "simulated", "SIM/USDT", "--from", "2026-01-02", "--to", "2026-01-03")


class Desk:
    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home: Home = make_home(root)
        self._capsys = capsys

    def types(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, output and errors of a command."""
        self._capsys.readouterr()
        code = run(["--home", str(self.home.root), *words])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path / "home", capsys)


def test_a_pull_says_what_it_fetched_and_the_next_one_that_nothing_was_asked(desk: Desk) -> None:
    code, out, err = desk.types(*PULL, "--padding-days", "1")
    assert (code, err) == (0, "") and "2,880 rows fetched" in out
    code, out, _ = desk.types(*PULL, "--padding-days", "1")
    assert code == 0 and "nothing asked" in out
    (found,) = series(desk.home)
    assert (found.rows, found.source) == (2880, "simulated")


def test_json_is_one_object_with_what_is_missing(desk: Desk) -> None:
    code, out, err = desk.types(*PULL, "NO/SUCH", "--padding-days", "0", "--json")
    good, bad = json.loads(out)["pulled"]
    assert (good["rows"], good["missing"], good["error"]) == (1440, [], "")
    assert "NO/SUCH" in bad["error"] and (code, err) == (2, "")


def test_sync_brings_it_to_now_and_then_has_nothing_to_do(desk: Desk) -> None:
    desk.types(*PULL, "--padding-days", "0")
    code, out, _ = desk.types("data", "sync")
    assert code == 0 and "rows fetched" in out
    (found,) = series(desk.home)
    assert found.gaps == 0
    assert desk.types("data", "sync", "OTHER")[1].startswith("nothing to fetch")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nasdak", "SPY", "--from", "2024-01-01"), "nasdak"),
        (("../x", "SPY", "--from", "2024-01-01"), "data sources"),
        (("tiingo", "SPY", "--from", "2024-01-01"), "clearedge secret set tiingo"),
        (("simulated", "SIM/USDT", "--from", "yesterday"), "is no date"),
        (("simulated", "SIM/USDT", "--from", "2200-01-01"), "nothing lies between"),
        (("simulated", "SIM/USDT", "--from", "2026-01-01", "--timeframe", "1h"), "bars of 1m"),
        (("simulated", "SIM/USDT", "--from", "2026-01-01", "--kind", "trades"), "not trades"),
    ],
)
def test_what_cannot_be_pulled_is_one_line_that_says_why(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    code, out, err = desk.types("data", "pull", *words)
    assert code == 2 and said in err and "Traceback" not in err
    assert "rows fetched" not in out or "0 rows fetched" in out


def test_a_source_that_is_left_alone_is_shown_so_until_it_is_reset(desk: Desk) -> None:
    Breaker(desk.home, "simulated", Rule(failures=1)).failed(ValueError("no answer"))
    _, out, _ = desk.types("data", "sources")
    assert "○ simulated" in out and "no answer" in out and "● tiingo" in out
    _, out, _ = desk.types("data", "sources", "--reset", "simulated")
    assert "● simulated" in out
    rows = json.loads(desk.types("data", "sources", "--json")[1])["sources"]
    assert {row["light"] for row in rows} == {"closed"}
