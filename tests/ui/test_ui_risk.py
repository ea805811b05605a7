"""The risk screen: least room first, unknown stays unknown, and what its keys ask for."""

import msgspec

from clearedge_tui.ui import plan_risk
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.plan_approve import ApprovePlan, bound
from clearedge_tui.ui.plan_limit import LimitPlan
from tests.fakes import trading
from tests.fakes.market import START_NS
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent

LIVE = plan_risk.read(trading.risk_rows())


def test_broken_limits_come_first_then_the_least_headroom_then_what_is_not_known() -> None:
    found = [(one.state, one.name) for one in plan_risk.tightest(LIVE)]
    assert found == [
        ("breach", "daily_loss"), ("warn", "position_notional"), ("ok", "gross_exposure"),
        ("ok", "orders_per_minute"), ("ok", "drawdown"), ("unknown", "data_age_s"),
    ]  # fmt: skip


def test_an_unknown_figure_is_a_dash_and_an_old_one_is_dim() -> None:
    rows = {row.key: row for row in plan_risk.rows(LIVE, (), Look())}
    unknown = rows["instance rsi-gbp-11 data_age_s"]
    assert [unknown.cells[i][0] for i in (0, 3, 6, 7)] == ["unknown", "–", "–", "–"]
    broken = rows["account bybit daily_loss"]
    assert broken.cells[3][0] == "1.63 %" and broken.cells[6][0] == "109 %"
    assert "HOLDS NEW RISK BACK" in broken.about[1][0]
    old = msgspec.structs.replace(LIVE[0], age_s=60.0)
    (row,) = plan_risk.rows([old], (), Look())
    assert row.cells[10][0] == "1m00s"


def test_hidden_money_is_hidden_here_too() -> None:
    (row,) = plan_risk.rows(LIVE[:1], (), Look(hide_money=True))
    assert "41" not in "".join(text for text, _ in row.cells[3:5])


def test_a_declared_limit_that_nobody_runs_for_has_no_figure() -> None:
    found = plan_risk.declared(trading.limit_rows(), LIVE)
    assert [(one.key, one.name, one.state) for one in found] == [("sim", "leverage", "declared")]


def test_a_form_keeps_the_cooldown_that_was_declared() -> None:
    rules = [{"scope": "account", "key": "all", "name": "daily_loss", "cooldown_s": 900}]
    assert plan_risk.as_declared(LIVE[1], rules).cooldown_s == 900
    rules.append({"scope": "account", "key": "bybit", "name": "daily_loss", "cooldown_s": 60})
    assert plan_risk.as_declared(LIVE[1], rules).cooldown_s == 60
    assert plan_risk.as_declared(LIVE[2], rules).cooldown_s == 0


def test_approvals_tell_days_left_what_differs_and_who_has_none() -> None:
    told = msgspec.convert(trading.approvals(START_NS), list[plan_risk.Approved])
    rows = plan_risk.approval_rows(told, ["rsi-gbp-11", "new-1"], START_NS)
    assert [row.cells[0][0] for row in rows] == ["not approved", "DIFFERS", "holds"]
    assert rows[1].cells[3][0] == "22 d" and rows[1].cells[5][0] == "config: size 0.1 -> 0.2"
    assert "OVERRIDE" in rows[1].cells[4][0]


def test_the_form_of_an_approval_wants_a_name_and_grounds_and_shows_all_it_binds() -> None:
    plan = ApprovePlan("one", True, {"parts": trading.PARTS, "why_not": ["code: x.py"]})
    empty = {row.name: row.value for row in plan.fields({})}
    assert set(plan.check(empty)) == {"person", "evidence"}
    given = empty | {"person": "Ann", "override": "a test"}
    assert not plan.check(given)
    told = "\n".join(text for text, _ in plan.difference(given))
    assert "OVERRIDE" in told and "code: x.py" in told
    for line, _ in bound(trading.PARTS):
        assert line in told


def test_the_form_of_a_limit_takes_the_written_value_only() -> None:
    plan = LimitPlan({"account": ["bybit"]}, LIVE[1])
    start = {row.name: row.value for row in plan.fields({})}
    assert start["value"] == "1.5%" and not plan.check(start) and not plan.difference(start)
    assert "value" in plan.check(start | {"value": "much"})


async def test_keys_of_the_risk_screen_ask_for_what_they_say(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("5")
        await d.shows("109")
        await d.press("c")
        hold = {"scope": "account", "key": "bybit", "name": "daily_loss"}
        assert sent(world, "limit.clear") == [hold]
        await d.press("tab", "a")
        await d.shows("it is bound to all of this")
        await d.press("enter")
        await d.type("Ann")
        await d.press("enter", "j", "j", "enter")
        await d.type("half")
        await d.press("enter", "w", "enter")
        assert "type rsi-gbp-11 to go on" in d.text() and not sent(world, "approve.give")
        await d.type("rsi-gbp-11")
        await d.press("enter")
        await d.until(lambda: sent(world, "approve.give"))
        (given,) = sent(world, "approve.give")
        assert (given["name"], given["override"], given["confirm"]) == ("Ann", "half", "rsi-gbp-11")
