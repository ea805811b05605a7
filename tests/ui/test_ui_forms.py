"""Forms: made from the schema, checked while typing, applied after a look at the difference."""

from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent


async def config_form(d: Desk) -> None:
    await d.press("E")
    await d.shows("fast average")
    await d.until(lambda: d.page.query("FormRows"))


async def test_config_form_shows_values_units_limits_and_what_needs_a_reload(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 30)) as d:
        await config_form(d)
        text = d.text()
        for words in ("[12 ", "bars", "2..200", "live", "reload", "‹ market ›", "‹ yes ›", "[4h "):
            assert words in text, words


async def test_a_wrong_value_is_named_while_it_is_typed(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await config_form(d)
        await d.press("enter", "backspace", "backspace", "1")
        assert "✖" in d.text() and "1 wrong: fast" in d.text()
        await d.press("0", "enter")
        assert "✖" not in d.text()
        assert not sent(world, "instance.set")


async def test_a_rule_over_two_fields_is_named(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await config_form(d)
        await d.press("enter", "ctrl+u", "9", "9", "enter")
        assert "fast < slow" in d.text() or "slow" in d.page.remark()[0]
        await d.press("w")
        assert "not sent" in d.text()
        assert not sent(world, "instance.set")


async def test_apply_shows_the_difference_and_sends_after_enter(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await config_form(d)
        await d.press(
            "enter", "ctrl+u", "1", "0", "enter", "j", "enter", "ctrl+u", "4", "0", "enter", "w"
        )
        text = d.text()
        assert "12  →  10" in text and "live: in place" in text
        assert "48  →  40" in text and "reload; keeps its state" in text
        assert not sent(world, "instance.set")
        await d.press("enter")
        await d.until(lambda: sent(world, "instance.set"))
        (args,) = sent(world, "instance.set")
        assert args["id"] == "ema-btc-1"
        assert args["config"] == {"fast": 10, "slow": 40}
        await d.until(lambda: d.page.NAME == "board")


async def test_esc_in_the_difference_goes_back_to_the_form(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await config_form(d)
        await d.press("enter", "ctrl+u", "1", "0", "enter", "w", "escape")
        assert d.page.NAME == "form" and not sent(world, "instance.set")
        await d.press("z")
        assert "[12 " in d.text()


async def test_esc_while_editing_keeps_the_old_value_and_stays(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await config_form(d)
        await d.press("enter", "9", "escape")
        assert d.page.NAME == "form" and "[12 " in d.text()
        await d.press("escape")
        assert d.page.NAME == "board"


async def test_choices_are_cycled(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await config_form(d)
        await d.press("j", "j", "j", "right")
        assert "‹ limit ›" in d.text()
        await d.press("left", "j", "space")
        assert "‹ market ›" in d.text() and "‹ no ›" in d.text()


async def test_a_refused_config_is_told_and_the_form_stays(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.refuse["instance.set"] = "fast: 10 is below 12"
    async with desk() as d:
        await config_form(d)
        await d.press("enter", "ctrl+u", "1", "0", "enter", "w", "enter")
        await d.shows("refused: fast: 10 is below 12")
        assert d.page.NAME == "form"


async def test_config_opens_from_the_detail_and_esc_returns_there(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("enter")
        await d.until(lambda: d.page.NAME == "detail")
        await config_form(d)
        await d.press("escape")
        await d.until(lambda: d.page.NAME == "detail")


async def test_new_instance_from_strategies_accounts_and_markets(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("n")
        await d.shows("New instance")
        await d.press("enter", "X")
        assert "2 to 40 of a-z" in d.text()
        await d.press("backspace", *"mine", "enter", "j", "right")
        assert "‹ donchian_breakout ›" in d.text()
        await d.press("w", "enter")
        await d.until(lambda: sent(world, "instance.add"))
        (args,) = sent(world, "instance.add")
        assert args["id"] == "mine" and args["strategy"] == "donchian_breakout"
        assert args["account"] == "paper" and args["market"] == "BTCUSDT.LOCAL"
        assert args["timeframe"] == "1m" and args["mode"] == "observe"
        assert args["config"]["slow"] == 48


async def test_a_taken_name_is_refused_in_the_form(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("n")
        await d.shows("New instance")
        await d.press("enter")
        await d.type("ema-btc-1")
        await d.press("enter")
        assert "this name is taken" in d.text()


async def test_backtest_of_an_instance_goes_to_its_progress(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("b")
        await d.shows("Backtest")
        await d.press("j", "j", "enter")
        await d.type("2022-13-01")
        assert "wanted a date like" in d.text()
        await d.press("ctrl+u")
        await d.type("2022-01-03")
        await d.press("enter", "w", "enter")
        await d.until(lambda: sent(world, "backtest.run"))
        (args,) = sent(world, "backtest.run")
        assert args["strategy"] == "ema_cross" and args["market"] == "BTCUSDT.LOCAL"
        assert args["start"] == "2022-01-03" and "end" not in args
        await d.until(lambda: d.page.NAME == "runs")
        await d.shows("63 %  eta 4.0s")


async def test_a_backtest_says_its_terms_and_is_saved_as_a_specification(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(120, 50)) as d:
        await d.press("b")
        await d.shows("slippage")
        assert "[100000" in d.text() and "‹ next_open ›" in d.text()
        await d.press("G", "enter")
        await d.type("mine.yaml")
        await d.press("enter", *["k"] * 5, "enter")
        await d.type("none")
        await d.press("enter", "w", "enter")
        await d.until(lambda: sent(world, "backtest.run"))
        (args,) = sent(world, "backtest.run")
        assert (args["fill_at"], args["balance"]) == ("next_open", "100000")
        assert args["slippage"] == "none" and "fees" not in args
        (saved,) = sent(world, "spec.save")
        assert saved == {**args, "start": "", "end": "", "file": "mine.yaml"}
