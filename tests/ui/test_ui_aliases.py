"""The palette takes the words of the command line."""

import pytest

from clearedge_tui.cli import verbs
from clearedge_tui.ui.commands import ALIASES, VERBS, parse


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ("instance mode ema observe", "mode", ("ema", "observe")),
        ("instance rm ema", "rm", ("ema",)),
        ("strategy check ema_cross", "check", ("ema_cross",)),
        ("strategy new mine module", "write", ("mine", "module")),
        ("data list", "go", ("data",)),
        ("run show 2026", "open", ("2026",)),
        ("account speed paper max", "speed", ("paper", "max")),
        ("backtest ema_cross BTC/USDT fast=10", "backtest", ("ema_cross", "BTC/USDT")),
    ],
)
def test_a_line_of_the_command_line_is_understood(
    line: str, name: str, words: tuple[str, ...]
) -> None:
    doing = parse(line)
    assert (doing.name, doing.words) == (name, words)


def test_every_alias_leads_to_a_verb_and_is_a_word_of_the_command_line() -> None:
    for said, meant in ALIASES.items():
        assert meant.split()[0] in VERBS
        assert said.split()[0] in verbs.VERBS
