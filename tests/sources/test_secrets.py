"""Secrets: found where they should be, and nowhere else."""

import logging
import pickle
import traceback
from pathlib import Path

import pytest
from click.testing import CliRunner

from clearedge_tui import secrets
from clearedge_tui.cli.main import cli
from clearedge_tui.core.errors import ClearEdgeError, NotFound, Refused, UsageError
from clearedge_tui.settings import MARKER, Home

PLANTED = "k3y-0f-Gr\"e'at-\\value-ß"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = Home(tmp_path)
    found.config.mkdir()
    (tmp_path / MARKER).write_text("[home]\n")
    return found


def test_what_is_set_comes_back_whatever_its_characters(home: Home) -> None:
    secrets.put(home, "tiingo", PLANTED)
    secrets.put(home, "databento", "db-1")
    found = secrets.secret(home, "tiingo")
    assert found is not None and found.reveal() == PLANTED
    assert secrets.names(home) == ["databento", "tiingo"]
    secrets.remove(home, "databento")
    assert secrets.names(home) == ["tiingo"]
    assert (home.config / "secrets.toml").stat().st_mode & 0o777 == 0o600


def test_an_absent_secret_is_none_and_a_needed_one_says_how_to_set_it(home: Home) -> None:
    assert secrets.secret(home, "tiingo") is None
    with pytest.raises(UsageError, match="clearedge secret set tiingo"):
        secrets.needed(home, "tiingo", "source tiingo")
    with pytest.raises(NotFound):
        secrets.remove(home, "tiingo")


def test_the_credentials_of_a_service_come_first(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "tiingo").write_text("from-systemd\n")
    secrets.put(home, "tiingo", "from-file")
    secrets.put(home, "databento", "only-file")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    found = [secrets.secret(home, name) for name in ("tiingo", "databento")]
    assert [one.reveal() for one in found if one] == ["from-systemd", "only-file"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_file_others_can_read_is_refused_with_the_command_that_mends_it(
    home: Home, mode: int
) -> None:
    secrets.put(home, "tiingo", PLANTED)
    path = home.config / "secrets.toml"
    path.chmod(mode)
    with pytest.raises(Refused, match=f"chmod 600 {path}"):
        secrets.secret(home, "tiingo")
    with pytest.raises(Refused):
        secrets.put(home, "other", "x")


@pytest.mark.parametrize("name", ["", "Up", "../etc", "a b", "a.b", "x" * 65])
def test_names_are_plain(home: Home, name: str) -> None:
    with pytest.raises(UsageError):
        secrets.secret(home, name)


@pytest.mark.parametrize(
    "body",
    [f'tiingo = "{PLANTED}', f"tiingo = {PLANTED}", f'[{PLANTED}]\nx="y"', "tiingo = 5", "\xff"],
)
def test_a_broken_file_is_named_and_its_content_is_not(home: Home, body: str) -> None:
    path = home.config / "secrets.toml"
    path.write_bytes(body.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(ClearEdgeError) as caught:
        secrets.secret(home, "tiingo")
    said = "".join(traceback.format_exception(caught.value))
    assert str(path) in said and PLANTED not in said


def test_the_value_is_in_no_repr_no_log_no_pickle(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    found = secrets.Secret("tiingo", PLANTED)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").warning("%s %r %s", found, found, {"key": found})
    assert PLANTED not in caplog.text + repr(found) + str(found) + f"{found}" + repr([found])
    with pytest.raises(TypeError):
        pickle.dumps(found)
    assert found.scrub(f"GET /x?token={PLANTED} failed") == "GET /x?token=••• failed"


def test_the_command_takes_the_value_from_standard_input_only(home: Home) -> None:
    runner = CliRunner()
    base = ["--home", str(home.root), "secret"]
    told = runner.invoke(cli, [*base, "set", "tiingo"], input=PLANTED + "\n")
    assert told.exit_code == 0 and PLANTED not in told.output
    assert runner.invoke(cli, [*base, "set", "tiingo", PLANTED]).exit_code == 2
    listed = runner.invoke(cli, [*base, "list"])
    assert listed.output == "tiingo\n"
    assert runner.invoke(cli, [*base, "rm", "tiingo", "--json"]).exit_code == 0
    assert secrets.names(home) == []
