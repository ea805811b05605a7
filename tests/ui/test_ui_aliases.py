"""The palette takes the words of the command line, all of them, or says why one has no place in it."""

from collections.abc import Iterator
from functools import partial

import click
import pytest

from clearedge_tui.cli import verbs
from clearedge_tui.core.errors import UsageError
from clearedge_tui.ui.commands import complete, parse
from clearedge_tui.ui.model import Model
from clearedge_tui.ui.words import ALIASES, DROPPED, NOT_HERE, VERBS
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent
from tests.ui.test_ui_palette import command


def said() -> Iterator[tuple[str, click.Command]]:
    """Yield every word of the real command line, groups too, with the command behind it."""
    group = verbs.LazyGroup("clearedge")
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        found = group.get_command(ctx, name)
        assert found is not None
        yield name, found
        if isinstance(found, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in found.commands.items())


WORDS = dict(said())


def meant(word: str) -> str:
    """Return the palette's own word for one of the command line."""
    return ALIASES.get(word, word).split()[0]


def refusal(line: str) -> str:
    """Return why the palette does not take a line; empty when it does."""
    try:
        parse(line)
    except UsageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_command_line_is_known(word: str) -> None:
    assert "no command" not in refusal(word), f"the palette does not know `{word}`"
    assert meant(word) in VERBS or {word, word.split()[0]} & set(NOT_HERE)


@pytest.mark.parametrize("word", [w for w in WORDS if meant(w) in VERBS])
def test_every_option_of_the_command_line_is_taken(word: str) -> None:
    verb = VERBS[meant(word)]
    for param in WORDS[word].params:
        for name in (one for one in param.opts if one.startswith("--")):
            known = name in DROPPED or name.removeprefix("--") in verb.options
            assert known or (name == "--set" and verb.free), f"{word} {name} is not taken"


def test_a_word_without_a_place_here_says_why_in_one_line() -> None:
    for word in NOT_HERE:
        told = refusal(f"{word} --anything")
        assert word in told and "clearedge" in told and "\n" not in told


def test_every_alias_leads_to_a_verb_and_is_a_word_of_the_command_line() -> None:
    for word, line in ALIASES.items():
        assert line.split()[0] in VERBS
        assert word in WORDS


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ("instance mode ema observe", "mode", ("ema", "observe")),
        ("instance rm ema", "rm", ("ema",)),
        ("instance list --json", "go", ("board",)),
        ("strategy", "go", ("strategies",)),
        ("strategy list", "go", ("strategies",)),
        ("strategy check ema_cross", "check", ("ema_cross",)),
        ("strategy new mine module", "write", ("mine", "module")),
        ("data list", "go", ("data",)),
        ("data import 'my file.csv'", "import", ("my file.csv",)),
        ("run show 2026", "open", ("2026",)),
        ("run rm a b", "rm-run", ("a", "b")),
        ("account list", "accounts", ()),
        ("account speed paper max", "speed", ("paper", "max")),
        ("stop", "stop", ()),
        ("backtest ema_cross BTC/USDT fast=10", "backtest", ("ema_cross", "BTC/USDT")),
    ],
)
def test_a_line_of_the_command_line_is_understood(
    line: str, name: str, words: tuple[str, ...]
) -> None:
    doing = parse(line)
    assert (doing.name, doing.words) == (name, words)


def test_options_and_fields_are_told_apart() -> None:
    doing = parse("backtest ema --market BTC/USDT --from=2022-01-01 --set market=x fast=10 --json")
    assert doing.words == ("ema",)
    assert doing.options == {"market": "BTC/USDT", "from": "2022-01-01"}
    assert doing.settings == {"market": "x", "fast": "10"}
    many = parse("data import a.csv --column close=Last --column open=O market=X timeframe=1m")
    assert many.options == {"column": "close=Last,open=O", "market": "X", "timeframe": "1m"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("instance dance", "no command `instance dance`; known: instance list"),
        ("backtest ema --frob 3", "backtest: no option `frob`; it takes market"),
        ("check ema x=1", "check: no option `x`; it takes no settings"),
        ("data import 'a.csv", "a quote is opened and not closed"),
    ],
)
def test_a_wrong_line_names_what_is_wrong(line: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert told in str(caught.value)


async def test_strategy_list_opens_the_strategies_screen(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await command(d, "strategy list")
        await d.until(lambda: d.page.NAME == "strategies")
        await command(d, "journal ema-btc-1")
        await d.until(lambda: d.page.NAME == "journal")
        await d.shows("only ema-btc-1")


async def test_an_import_shows_its_reading_and_writes_after_enter_only(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        line = "data import /home/desk/btc.csv --market BTC/USDT --timeframe 1m --column close=Last"
        await command(d, line)
        await d.shows("bars      3 of 1m")
        assert "the file has no volume" in d.text() and not sent(world, "data.import")
        asked = {
            "path": "/home/desk/btc.csv", "columns": {"close": "Last"}, "market": "BTC/USDT", "timeframe": "1m",
        }  # fmt: skip
        assert sent(world, "data.plan") == [asked]
        await d.press("escape")
        await d.shows("btc.csv: nothing was written")
        assert not sent(world, "data.import")
        await command(d, line)
        await d.shows("bars      3 of 1m")
        await d.press("enter")
        await d.until(lambda: sent(world, "data.import") == [asked | {"seen": "1 2"}])
        await d.shows("3 bars added")


async def test_an_import_without_a_market_opens_its_form(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("3", "i")
        await d.shows("Import data")
        await d.press("escape")
        await command(d, "import /tmp/x.csv timeframe=5m")
        await d.shows("[/tmp/x.csv")
        assert "2 wrong" not in d.text() and "1 wrong: market" in d.text()
        await d.press("j", "enter")
        await d.type("SIM")
        await d.press("enter", *["j"] * 7, "enter")
        await d.type("close=Last, volume=Vol")
        await d.press("enter", "w")
        assert "nothing is written yet" in d.text()
        await d.press("enter")
        await d.until(lambda: sent(world, "data.plan"))
        assert sent(world, "data.plan")[0] == {
            "path": "/tmp/x.csv", "columns": {"close": "Last", "volume": "Vol"}, "market": "SIM",
            "timeframe": "5m",
        }  # fmt: skip
        await d.shows("enter writes it, esc writes nothing")
        await d.press("enter")
        await d.until(lambda: sent(world, "data.import"))


async def test_stop_alone_ends_the_supervisor_after_enter_only(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await command(d, "stop")
        assert "what is declared comes back" in d.text() and not sent(world, "supervisor.stop")
        await d.press("escape")
        assert not sent(world, "supervisor.stop")
        await command(d, "stop")
        await d.press("enter")
        await d.until(lambda: sent(world, "supervisor.stop"))
        assert not sent(world, "instance.stop")


async def test_words_that_ask_one_thing_send_it(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        lines: dict[str, tuple[str, dict[str, object]]] = {
            "restart": ("supervisor.hand_over", {}),
            "run-spec /desk/spec.yaml": ("run.start", {"file": "/desk/spec.yaml"}),
            "spec save bt-0007 /desk/a.yaml": ("spec.save", {"run_id": "bt-0007", "file": "/desk/a.yaml"}),
            "data sample --days 5": ("data.sample", {"days": "5"}),
            "instance pause ema-btc-1": ("instance.pause", {"id": "ema-btc-1"}),
            "instance resume ema-btc-1": ("instance.resume", {"id": "ema-btc-1"}),
            "strategy new mine --kind native": ("strategy.new", {"name": "mine", "kind": "native"}),
            "strategy check strategies/ema_cross.py": ("strategy.check", {"strategy": "ema_cross"}),
            "market set BTC/USDT taker_fee=0.001": (
                "market.set", {"market": "BTC/USDT", "values": {"taker_fee": "0.001"}},
            ),
            "market add ES.CME price_step=0.25": (
                "market.add", {"symbol": "ES.CME", "values": {"price_step": "0.25"}},
            ),
            "market rm ES.CME": ("market.rm", {"market": "ES.CME"}),
            "market load binance BTC/USDT ETH/USDT": (
                "market.load", {"source": "binance", "symbols": ["BTC/USDT", "ETH/USDT"]},
            ),
            "market show BTC/USDT": ("market.show", {"market": "BTC/USDT"}),
            "limit set account paper daily_loss 5% --action flatten": (
                "limit.set",
                {"scope": "account", "key": "paper", "name": "daily_loss", "value": "5%", "action": "flatten"},
            ),
            "limit remove account paper daily_loss": (
                "limit.remove", {"scope": "account", "key": "paper", "name": "daily_loss"},
            ),
            "limit clear account paper drawdown": (
                "limit.clear", {"scope": "account", "key": "paper", "name": "drawdown"},
            ),
            "approve revoke ema-btc-1": ("approve.revoke", {"id": "ema-btc-1", "name": ""}),
            "account rewind paper": ("account.rewind", {"account": "paper"}),
            "instance set ema-btc-1 --armed yes": (
                "instance.set", {"id": "ema-btc-1", "config": {}, "armed": "yes"},
            ),
            "instance add ema_cross --market BTC/USDT --id x1 --set fast=9": (
                "instance.add",
                {"strategy": "ema_cross", "config": {"fast": "9"}, "market": "BTC/USDT", "id": "x1", "account": "paper"},
            ),
            "backtest ema_cross --market BTC/USDT --fill same_close --maker-fee 0": (
                "backtest.run",
                {"strategy": "ema_cross", "market": "BTC/USDT", "fill_at": "same_close", "maker_fee": "0"},
            ),
        }  # fmt: skip
        for line, (verb, args) in lines.items():
            await command(d, line)
            await d.until(partial(sent, world, verb))
            assert sent(world, verb)[-1] == args, line
        await command(d, "accounts")
        assert d.page.NAME == "accounts"
        await d.shows(": speed paper N")


async def test_strategies_are_offered_and_named_in_part(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await command(d, "check mean", "space")
        await d.until(lambda: d.app.model.strategies)
        assert sent(world, "strategy.list") == [{"brief": True}]
        for verb in ("check", "backtest", "new"):
            lines = [offer.line for offer in complete(f"{verb} mean_", d.app.model)]
            assert lines[0] == f"{verb} mean_revert"
        await d.press("escape")
        await command(d, "backtest donch")
        await d.shows("‹ donchian_breakout ›")
        await d.press("escape")
        await command(d, "new grid")
        await d.shows("‹ grid_maker ›")
        await d.press("escape")
        await command(d, "check nobody")
        await d.shows("no strategy `nobody`; known: ema_cross")


def test_the_words_of_a_group_are_offered_with_what_they_are_here() -> None:
    lines = {offer.line: offer.about for offer in complete("strategy ", Model())}
    assert "= go strategies" in lines["strategy list"]
    assert set(lines) >= {"strategy list", "strategy check", "strategy new"}


async def test_an_approval_wants_the_typed_name(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await command(d, "approve ema-btc-1 --override 'known and wanted' yes-i-am=Ann")
        assert "may trade real money as it is now" in d.text()
        await d.press("enter")
        assert "that is not ema-btc-1" in d.text() and not sent(world, "approve.give")
        await d.type("ema-btc-1")
        await d.press("enter")
        await d.until(lambda: sent(world, "approve.give"))
        assert sent(world, "approve.give") == [
            {
                "id": "ema-btc-1",
                "confirm": "ema-btc-1",
                "name": "Ann",
                "override": "known and wanted",
            }
        ]


async def test_a_looser_limit_is_sent_again_after_enter_only(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.refuse["limit.set"] = "this lets more through than before; say --yes if it is meant"
    asked = {"scope": "account", "key": "paper", "name": "leverage", "value": "5"}
    async with desk() as d:
        for key, times in (("escape", [asked]), ("enter", [asked, asked, {**asked, "yes": True}])):
            await command(d, "set-limit account paper leverage 5")
            await d.shows("enter does it, esc leaves it as it is")
            await d.press(key)
            await d.until(lambda times=times: sent(world, "limit.set") == times)  # type: ignore[misc]


async def test_limits_and_approvals_are_shown_with_why_they_do_not_hold(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.answers["limit.list"] = [
        {"scope": "account", "key": "paper", "name": "leverage", "value": "5", "action": "alert"}
    ]
    world.answers["approve.show"] = [
        {"instance": "ema-btc-1", "holds": False, "standing": "valid", "who": "Ann",
         "why_not": ["config: size 0.1 -> 0.2"]}
    ]  # fmt: skip
    async with desk() as d:
        await command(d, "limits")
        await d.shows("account    paper        leverage            alert        5")
        await d.press("escape")
        await command(d, "approvals")
        await d.shows("does not hold (valid), by Ann")
        assert "config: size 0.1 -> 0.2" in d.text()
