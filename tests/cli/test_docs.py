"""What the documents say is what the program has."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from clearedge_tui.cli import verbs
from clearedge_tui.cli.main import cli
from clearedge_tui.contract import chart
from clearedge_tui.contract.field import Field, FieldType

REPO = Path(__file__).resolve().parent.parent.parent
COMMANDS = (REPO / "docs" / "commands.md").read_text()
STRATEGIES = (REPO / "docs" / "strategies.md").read_text()


def every_verb() -> list[str]:
    found = []
    group = verbs.LazyGroup("clearedge")
    for name in verbs.VERBS:
        command = group.get_command(click.Context(group), name)
        inner = command.commands if isinstance(command, click.Group) else {"": None}
        found += [f"{name} {one}".strip() for one in inner]
    return found


@pytest.mark.parametrize("verb", every_verb())
def test_every_verb_is_documented(verb: str) -> None:
    assert re.search(rf"`{re.escape(verb)}[ `]", COMMANDS)


def test_every_option_of_the_console_is_documented() -> None:
    for option in cli.params:
        assert f"`{option.opts[0]}" in COMMANDS


def test_every_field_type_key_and_widget_is_documented() -> None:
    for word in [*FieldType, *Field.__struct_fields__]:
        assert f"`{word}`" in STRATEGIES
    widgets = [name for name, value in vars(chart).items() if callable(value) and name[0].islower()]
    for name in widgets:
        assert f"`{name}`" in STRATEGIES


def test_locks_name_hashes_and_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (REPO / name).read_text()
        assert "://" not in text
        assert "index" not in text
        packages = re.findall(r"^[a-z0-9][^\s=]*==", text, re.MULTILINE)
        assert len(packages) == len(
            re.findall(r"^[a-z0-9]\S*==\S+.*\\\n +--hash=", text, re.MULTILINE)
        )


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    lock = (REPO / "requirements.lock").read_text()
    for wanted in project["dependencies"]:
        name = re.split(r"[<>=]", wanted)[0].replace("_", "-")
        assert re.search(rf"^{name}==", lock, re.MULTILINE), name
    assert set(lock.splitlines()) <= set((REPO / "requirements-dev.lock").read_text().splitlines())
