from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.gate import Ask, Denied, Limits, Standing, decide, reduces, route, weight
from clearedge_tui.core.model import Book, Mode, ObserveOrders

D = Decimal


def standing(**changes: object) -> Standing:
    base: dict[str, object] = {
        "mode": Mode.ACTIVE,
        "observe_orders": ObserveOrders.SHADOW,
        "book": Book.PAPER,
        "leased": True,
        "killed": "",
        "position": D(0),
        "working": D(0),
        "gross": D(0),
        "buying_power": D(10_000),
        "orders_last_second": 0,
        "most_orders_per_second": 10,
        "step": D("0.001"),
        "price_step": D("0.01"),
    }
    return Standing(**(base | changes))  # type: ignore[arg-type]


def test_an_order_within_every_limit_passes() -> None:
    assert decide(Ask("buy", D(1), D(100)), standing()) is None


@pytest.mark.parametrize(
    ("ask", "now", "rule"),
    [
        (Ask("hold", D(1), D(100)), {}, "side"),
        (Ask("buy", D(0), D(100)), {}, "size"),
        (Ask("buy", D(-1), D(100)), {}, "size"),
        (Ask("buy", D("NaN"), D(100)), {}, "size"),
        (Ask("buy", D("0.0005"), D(100)), {}, "size"),
        (Ask("buy", D(1), D("100.001")), {}, "price"),
        (Ask("buy", D(1), D("Infinity")), {}, "price"),
        (Ask("buy", D(1), D(100)), {"mode": Mode.OFF}, "mode"),
        (
            Ask("buy", D(1), D(100)),
            {"mode": Mode.OBSERVE, "observe_orders": ObserveOrders.DENY},
            "mode",
        ),
        (Ask("buy", D(1), D(100)), {"leased": False}, "orphan"),
        (Ask("buy", D(1), D(100)), {"killed": "all is killed"}, "kill"),
        (Ask("buy", D(1), D(100)), {"orders_last_second": 10}, "rate"),
        (Ask("buy", D(101), D(100)), {}, "buying_power"),
        (Ask("buy", D(1), D(100)), {"gross": D(9_901)}, "buying_power"),
        (Ask("buy", D(1), D(100)), {"limits": Limits(min_size=D(2))}, "min_size"),
        (Ask("buy", D(3), D(100)), {"limits": Limits(max_size=D(2))}, "max_size"),
        (Ask("buy", D(1), D(100)), {"limits": Limits(min_notional=D(101))}, "min_notional"),
        (Ask("buy", D("0.4"), D(100)), {"step": D("0.25")}, "size"),
        (Ask("buy", D(1), D(100)), {"price_step": D(3)}, "price"),
        (Ask("buy", D(30), D(100)), {"weight": D(4)}, "buying_power"),
        (Ask("buy", D(1), D(100), reduce_only=True), {}, "reduce_only"),
        (Ask("sell", D(2), D(100), reduce_only=True), {"position": D(1)}, "reduce_only"),
    ],
)
def test_each_rule_refuses_by_name(ask: Ask, now: dict[str, object], rule: str) -> None:
    denied = decide(ask, standing(**now))
    assert denied is not None
    assert denied.rule == rule


@given(
    position=st.decimals("-10", "10", places=3),
    share=st.decimals("0.001", "1", places=3),
    mode=st.sampled_from([Mode.ACTIVE, Mode.OBSERVE]),
)
def test_an_order_that_only_reduces_passes_every_risk_rule(
    position: Decimal, share: Decimal, mode: Mode
) -> None:
    size = (abs(position) * share).quantize(D("0.001"))
    if not size:
        return
    side = "sell" if position > 0 else "buy"
    worst = standing(
        mode=mode,
        position=position,
        leased=False,
        barred=Denied("unknown", "it is not known"),
        buying_power=D(0),
        orders_last_second=99,
        limits=Limits(D(50), D("0.001"), D(100_000)),
    )
    assert decide(Ask(side, size, D(100)), worst) is None


def test_while_killed_only_a_persons_exit_passes() -> None:
    held = standing(position=D(1), killed="all is killed")
    out = Ask("sell", D(1), D(100))
    refused = decide(out, held)
    assert refused is not None
    assert (refused.rule, refused.text) == ("kill", "all is killed")
    assert decide(Ask("sell", D(1), D(100), by_person=True), held) is None
    more = decide(Ask("buy", D(1), D(100), by_person=True), held)
    assert more is not None
    assert more.rule == "kill"


@given(
    position=st.decimals("-10", "10", places=2),
    working=st.decimals("0", "10", places=2),
    size=st.decimals("0.01", "30", places=2),
    side=st.sampled_from(["buy", "sell"]),
)
def test_reducing_never_flips_a_position_even_when_all_orders_fill(
    position: Decimal, working: Decimal, size: Decimal, side: str
) -> None:
    signed = 1 if side == "buy" else -1
    if reduces(Ask(side, size, D(1)), position, working * signed):
        after = position + (size + working) * signed
        assert abs(after) < abs(position)
        assert after == 0 or (after > 0) == (position > 0)


def test_a_market_order_may_meet_a_price_between_two_ticks() -> None:
    ask = Ask("buy", D(1), D("100.07"), at_market=True)
    assert decide(ask, standing(price_step=D("0.25"))) is None


def test_an_order_at_the_limits_passes() -> None:
    now = standing(limits=Limits(D(1), D(1), D(100)))
    assert decide(Ask("buy", D(1), D(100)), now) is None


def test_the_stricter_of_leverage_and_margin_counts() -> None:
    assert weight(D(10), None) == weight(D(10), D("0.05")) == 1
    assert weight(D(10), D("0.5")) == 5


def test_only_active_reaches_the_account() -> None:
    routes = {
        (mode, policy): route(mode, policy, Book.LIVE) for mode in Mode for policy in ObserveOrders
    }
    assert {key for key, book in routes.items() if book is Book.LIVE} == {
        (Mode.ACTIVE, ObserveOrders.SHADOW),
        (Mode.ACTIVE, ObserveOrders.DENY),
    }
    assert routes[Mode.OBSERVE, ObserveOrders.SHADOW] is Book.SHADOW
    assert routes[Mode.OBSERVE, ObserveOrders.DENY] is None
    assert routes[Mode.OFF, ObserveOrders.SHADOW] is None
