"""The command line: the same words everywhere, fuzzy, completing, and no way around the guard."""

from functools import partial

import pytest

from clearedge_tui.core.errors import UsageError
from clearedge_tui.ui.commands import complete, parse, score
from clearedge_tui.ui.keys import SCOPES, TABLE, keys_of
from clearedge_tui.ui.model import Model
from clearedge_tui.ui.screens.command import CommandView
from clearedge_tui.ui.words import VERBS
from tests.fakes.market import START_NS, instance_rows
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent


async def command(d: Desk, text: str, *end: str) -> None:
    await d.press("colon")
    d.app.screen.query_one(CommandView).edit.insert(text)
    await d.press(*(end or ("enter",)))


async def test_mode_command_sends_what_the_key_sends(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await command(d, "mode ema-btc-1 observe")
        await d.until(
            lambda: sent(world, "instance.mode") == [{"id": "ema-btc-1", "mode": "observe"}]
        )


async def test_fuzzy_letters_find_the_line_and_enter_runs_it(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await command(d, "open eth2")
        await d.until(lambda: d.page.NAME == "detail")
        assert d.page.instance.startswith("grid-eth-2")


async def test_tab_completes_and_arrows_choose(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await command(d, "theme", "tab")
        await d.press("enter")
        assert d.app.look.theme.name == "default"
        await command(d, "theme", "down", "down", "enter")
        assert d.app.look.theme.name == "cb-safe"


async def test_active_on_a_live_account_is_guarded_here_too(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await command(d, "mode rsi-gbp-11 active")
        assert "type rsi-gbp-11 to go on" in d.text()
        assert not sent(world, "instance.mode")


async def test_a_wrong_line_says_what_was_wanted_and_stays_open(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await command(d, "zzz")
        assert "no command `zzz`; known: mode, open" in d.text()
        await d.press("escape")
        await command(d, "mode nobody off")
        await d.shows("no instance `nobody`")


async def test_backtest_command_with_settings(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await command(d, "backtest ema_cross BTC/USDT fast=10 from=2022-01-01")
        await d.until(lambda: sent(world, "backtest.run"))
        (args,) = sent(world, "backtest.run")
        assert args["strategy"] == "ema_cross" and args["market"] == "BTC/USDT"
        assert args["config"] == {"fast": "10"} and args["start"] == "2022-01-01"
        await d.until(lambda: d.page.NAME == "runs")


async def test_every_other_verb_sends_its_command(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        lines = {
            "start rsi-gbp-3": "instance.start", "stop ema-btc-1": "instance.stop", "clear ema-btc-1": "instance.clear",
            "set ema-btc-1 fast=10": "instance.set", "check ema_cross": "strategy.check", "cancel job-1": "job.cancel",
            "speed paper 600": "account.speed", "speed paper max": "account.speed",
        }  # fmt: skip
        for line, verb in lines.items():
            await command(d, line)
            await d.until(partial(sent, world, verb))
        assert sent(world, "account.speed")[-1] == {"account": "paper", "speed": 0.0}
        await command(d, "rm ema-btc-5")
        await d.type("ema-btc-5")
        await d.press("enter")
        await d.until(lambda: sent(world, "instance.rm") == [{"id": "ema-btc-5"}])
        await command(d, "go data")
        await d.until(lambda: d.page.NAME == "data")
        await command(d, "symbols ascii")
        assert d.app.look.symbols.name == "ascii"
        await command(d, "rate 2")
        assert d.app.look.rate_hz == 2.0


async def test_help_is_made_from_the_table(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk(size=(100, 50)) as d:
        await d.press("question_mark")
        text = d.text()
        for key in keys_of("board")[:12]:
            assert key.help in text
        await d.press("escape")
        assert len(d.app.screen_stack) == 1


def test_every_key_has_an_id_and_none_clashes_on_a_screen() -> None:
    assert len({key.id for key in TABLE}) == len(TABLE)
    for screen in SCOPES:
        seen: dict[str, str] = {}
        for key in keys_of(screen):
            for one in key.keys.split(","):
                # a screen's own keys come first and may take a key from those below
                seen.setdefault(one, key.id)
        own = [k for k in TABLE if k.scope == screen]
        assert all(seen[k.keys.split(",")[0]] == k.id for k in own), screen


@pytest.mark.parametrize(
    "line", ["", "mode a", "mode a b c", "theme", "start x fast=1", "nothing here"]
)
def test_lines_that_make_no_sense_are_usage_errors(line: str) -> None:
    with pytest.raises(UsageError):
        parse(line)


def test_every_verb_is_offered_when_nothing_is_typed() -> None:
    assert [offer.line for offer in complete("", Model(), most=99)] == list(VERBS)


def test_offers_fit_what_was_typed_best_first() -> None:
    model = Model()
    model.instances = {row.id: row for row in instance_rows(24, 7, START_NS)}
    assert complete("mode ema-btc-1 obs", model)[0].line == "mode ema-btc-1 observe"
    assert complete("quit", model)[0].line == "quit"
    assert score("xyz", "open ema") is None
