"""The book: doubt is red, strangers are named, unknown is no zero, and what its keys ask for."""

from collections.abc import Mapping
from typing import Any

from clearedge_tui.ui import palette as p
from clearedge_tui.ui import plan_book
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.plan_order import OrderPlan, told
from tests.fakes import trading
from tests.fakes.market import START_NS, instance_rows
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent


def clock(one: Mapping[str, Any]) -> int:
    del one
    return START_NS


def rows_of(found: dict[str, object]) -> list[Any]:
    rows = found["rows"]
    assert isinstance(rows, list)
    return rows


def test_unknown_orders_are_red_and_strange_ones_are_named() -> None:
    orders = plan_book.order_rows(rows_of(trading.book_orders(START_NS)), Look(), clock)
    assert [row.cells[1][0] for row in orders] == ["open", "UNKNOWN", "open", "filled", "denied"]
    assert orders[1].cells[1][1] == p.BAD | p.BOLD
    assert orders[0].cells[3][0] == "EXTERNAL" and orders[0].cells[0][0] == "7.0s"


def test_a_position_without_a_price_is_worth_nobody_knows_what() -> None:
    held = plan_book.position_rows(rows_of(trading.book_positions(START_NS)), Look(), clock)
    assert [row.cells[7][0] for row in held] == ["unknown", "+60.00", "-30.00", "unknown"]
    assert held[0].cells[1][0] == "EXTERNAL" and held[1].cells[0][0] == "LIVE"


def test_the_form_of_an_order_asks_for_the_price_that_its_kind_has() -> None:
    plan = OrderPlan(instance_rows(12, 7, START_NS))
    start = {row.name: row.value for row in plan.fields({})}
    assert set(plan.check(start)) == {"size"} and "price" not in start
    limit = {row.name: row.value for row in plan.fields({"kind": "limit"})} | {"size": "0.1"}
    assert set(plan.check(limit)) == {"price"}
    stop = {row.name: row.value for row in plan.fields({"kind": "stop"})}
    given = stop | {"kind": "stop", "size": "0.1", "stop": "99"}
    assert not plan.check(given)
    assert plan.args(given) == {
        "instance": "ema-btc-1", "side": "buy", "size": "0.1", "stop": "99", "reduce_only": False,
    }  # fmt: skip


def test_a_preview_says_first_that_it_would_be_refused_and_then_what_is_left() -> None:
    args: dict[str, object] = {"instance": "rsi-gbp-11", "side": "buy", "size": "0.1"}
    lines = told(args, trading.order_preview(args), hide=False)
    assert lines[1][0].startswith("IT WOULD BE REFUSED: position_notional")
    assert lines[-1] == ("  account bybit  position_notional  2,900 → 0", p.BAD)
    hidden = "\n".join(text for text, _ in told(args, trading.order_preview(args), hide=True)[:5])
    assert "3,840" not in hidden


async def test_keys_of_the_book_cancel_close_and_page(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("8")
        await d.shows("EXTERNAL")
        await d.press("x")
        await d.shows("it is not ours")
        await d.press("j", "x")
        await d.until(lambda: sent(world, "order.cancel") == [{"id": "rsi-gbp-11-7"}])
        await d.press("greater_than_sign")
        await d.until(lambda: sent(world, "book.orders")[-1]["offset"] == 100)
        await d.press("tab", "tab")
        await d.shows("+60.00")
        await d.press("j", "F")
        assert "type rsi-gbp-11 to go on" in d.text() and not sent(world, "position.close")
        await d.type("rsi-gbp-11")
        await d.press("enter")
        closed = {"instance": "rsi-gbp-11", "confirm": "rsi-gbp-11"}
        await d.until(lambda: sent(world, "position.close") == [closed])


async def test_an_order_by_hand_is_shown_then_typed_on_real_money(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("8", "j", "n")
        await d.shows("Order by hand")
        await d.press("j", "j", "enter")
        await d.type("0.1")
        await d.press("enter", "w", "enter")
        await d.shows("IT WOULD BE REFUSED")
        assert not sent(world, "order.place")
        await d.press("enter")
        await d.type("rsi-gbp-11")
        await d.press("enter")
        await d.until(lambda: sent(world, "order.place"))
        (given,) = sent(world, "order.place")
        assert (given["instance"], given["size"], given["confirm"]) == (
            "rsi-gbp-11",
            "0.1",
            "rsi-gbp-11",
        )
