"""Accounts: unknown stays unknown, danger stands first, and a difference is settled in three ways."""

import msgspec
import pytest

from clearedge_tui.core.model import EngineState
from clearedge_tui.supervisor.protocol import VenueSeen
from clearedge_tui.ui import plan_accounts
from clearedge_tui.ui.grid import Row
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.plan_account import AccountPlan
from tests.fakes import trading
from tests.fakes.market import START_NS, account_rows
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent

LIVE = trading.live_account(START_NS)
READY = msgspec.convert(trading.readiness(START_NS), list[plan_accounts.Ready])
_HEADS = [column.name for column in plan_accounts.COLUMNS]


def cell(row: Row, head: str) -> str:
    return row.cells[_HEADS.index(head)][0]


def test_real_money_comes_first_and_a_key_that_may_withdraw_is_told_before_all() -> None:
    accounts = [*account_rows(START_NS), LIVE]
    ready = {one.account: one for one in READY}
    rows = plan_accounts.rows(accounts, [], ready, Look(), START_NS)
    assert [row.key for row in rows] == ["bybit", "paper", "sim"]
    assert [cell(rows[0], head) for head in ("KIND", "LINKS", "DIFFER", "P50/P95")] == [
        "LIVE", "2/3", "2 DIFFER", "31/96 ms",
    ]  # fmt: skip
    assert "MAY WITHDRAW" in rows[0].about[0][0]
    assert cell(rows[2], "READY") == "unknown"


def test_what_was_never_heard_is_unknown_and_never_zero() -> None:
    silent = msgspec.structs.replace(LIVE, heard_ns=0, state=EngineState.STARTING, seen=VenueSeen())
    (row,) = plan_accounts.rows([silent], [], {}, Look(), START_NS)
    heads = ("EQUITY", "BALANCE", "AGE", "LINKS", "CLOCK", "LATENCY", "DIFFER")
    assert [cell(row, head) for head in heads] == [
        "–", "–", "–", "none", "unknown", "unknown", "never",
    ]  # fmt: skip


def test_bad_checks_come_before_good_ones() -> None:
    states = [row.cells[0][0] for row in plan_accounts.check_rows(READY[0], START_NS)]
    assert states == ["", "bad", "bad", "bad", "ok", "ok", "ok"]


def test_the_form_sends_what_changed_and_refuses_what_the_venue_would() -> None:
    plan = AccountPlan(trading.ACCOUNT)
    start = {row.name: row.value for row in plan.fields({})}
    assert start["environment"] == "testnet" and not plan.check(start)
    assert not plan.difference(start)
    changed = start | {"environment": "mainnet", "recv_window_ms": "9000", "stale_s": "30"}
    assert plan.args(changed) == {
        "account": "bybit", "fields": {"stale_s": 30.0},
        "options": {"environment": "mainnet", "recv_window_ms": 9000},
    }  # fmt: skip
    assert set(plan.check(start | {"recv_window_ms": "1", "leverage": "much"})) == {
        "recv_window_ms", "leverage",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "word", "more"),
    [("x", "external", {}), ("a", "adopt", {"instance": "rsi-gbp-11"}), ("F", "flatten", {"confirm": "bybit"})],
)  # fmt: skip
async def test_a_difference_is_settled(
    world: FakeSupervisor, desk: OpenDesk, key: str, word: str, more: dict[str, str]
) -> None:
    world.accounts.append(LIVE)
    async with desk(size=(100, 30)) as d:
        await d.press("7", "enter", "tab")
        await d.shows("1m30s")
        await d.press(key)
        if word == "flatten":
            assert not sent(world, "recon.resolve")
            await d.type("bybit")
        if word != "external":
            await d.press("enter")
        await d.until(lambda: sent(world, "recon.resolve"))
        (given,) = sent(world, "recon.resolve")
        where = "BTCUSDT-LINEAR.BYBIT"
        assert given == {
            "account": "bybit", "market": where, "kind": "position", "subject": where, "how": word, **more,
        }  # fmt: skip


async def test_probe_asks_now(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("7", "p")
        await d.until(lambda: sent(world, "account.probe") == [{"account": "paper"}])
