"""The matching core under any sequence of acts: nothing is made from nothing, nothing is lost."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.markets import BYBIT
from clearedge_tui.venue_sim.model import (
    ZERO,
    Denial,
    Denied,
    Fill,
    Kind,
    NewOrder,
    Order,
    Position,
    Product,
    Side,
    Status,
    Tif,
    Told,
)

D = Decimal
PERP, SPOT = "BTCUSDT-LINEAR", "BTCUSDT-SPOT"
ACCOUNTS = (Account(), Account(name="other", key="other-key", coins={"USDT": D(1000)}))


class Place:
    """A core with a clock that ticks once a call, and everything that it told."""

    def __init__(self, seed: int = 1) -> None:
        ticks: Iterator[int] = count(1_700_000_000_000_000_000, 1_000_000)
        self.told: list[Told] = []
        self.core = Exchange(BYBIT, ACCOUNTS, seed, ticks.__next__, self.told.append)

    def order(self, market: str, side: str, size: str, price: str = "", **words: Any) -> Order:
        asked = NewOrder(
            market=market, side=Side(side), size=D(size), price=D(price) if price else None,
            kind=Kind.LIMIT if price else Kind.MARKET, **words,
        )  # fmt: skip
        return self.core.submit("main", asked)

    def refused(self, *what: str, **words: Any) -> Denial:
        with pytest.raises(Denied) as denied:
            self.order(*what, **words)
        return denied.value.denial

    @property
    def held(self) -> Position:
        return self.core.holdings["main"].position(PERP)


prices = st.integers(350_000, 450_000).map(lambda step: D(step) / 10)
sizes = st.integers(1, 60_000).map(lambda step: D(step) / 1000)
orders = st.fixed_dictionaries(
    {
        "market": st.sampled_from([PERP, SPOT]),
        "side": st.sampled_from(Side),
        "size": sizes,
        "price": st.none() | prices,
        "tif": st.sampled_from(Tif),
        "reduce_only": st.booleans(),
        "trigger": st.none() | prices,
        "rising": st.booleans(),
    }
)


class Exchanged(RuleBasedStateMachine):
    """Orders, amendments, cancellations and prices in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Place()
        self.story: list[tuple[str, Any]] = []
        self.funded = ZERO

    def does(self, what: str, words: Any) -> None:
        self.story.append((what, words))
        act(self.place.core, what, words)

    @rule(words=orders, account=st.sampled_from([one.name for one in ACCOUNTS]))
    def submit(self, words: dict[str, Any], account: str) -> None:
        self.does("submit", (account, words))

    @rule(nth=st.integers(0, 30), size=sizes, price=prices)
    def amend(self, nth: int, size: Decimal, price: Decimal) -> None:
        self.does("amend", (nth, size, price))

    @rule(nth=st.integers(0, 30))
    def cancel(self, nth: int) -> None:
        self.does("cancel", nth)

    @rule(nth=st.integers(0, 30), size=sizes)
    def force(self, nth: int, size: Decimal) -> None:
        self.does("force", (nth, size))

    @rule(market=st.sampled_from([PERP, SPOT]), price=prices)
    def move(self, market: str, price: Decimal) -> None:
        self.does("move", (market, price))

    @invariant()
    def every_coin_is_accounted_for(self) -> None:
        core = self.place.core
        for name, held in core.holdings.items():
            wanted = dict(held.account.coins)
            for fill in (fill for fill in core.fills if fill.account == name):
                market, sign = core.markets[fill.market], fill.side.sign
                moved = {market.quote: -sign * fill.size * fill.price}
                if market.product is Product.SPOT:
                    moved[market.base] = sign * fill.size
                for coin, amount in moved.items():
                    wanted[coin] = wanted.get(coin, ZERO) + amount
                wanted[fill.fee_coin] = wanted.get(fill.fee_coin, ZERO) - fill.fee
            for position in held.positions.values():  # what it was bought for is not lost yet
                signed = position.cost if position.size > 0 else -position.cost
                wanted["USDT"] = wanted["USDT"] + signed
            for coin, amount in wanted.items():
                # a share of a cost may have more digits than a Decimal holds
                assert abs(held.coins.get(coin, ZERO) - amount) < D("1e-15"), coin

    @invariant()
    def positions_and_orders_are_the_sums_of_their_fills(self) -> None:
        core = self.place.core
        for name, held in core.holdings.items():
            fills = [f for f in core.fills if f.account == name and f.market == PERP]
            assert held.position(PERP).size == sum((f.size * f.side.sign for f in fills), ZERO)
        for order in core.orders.values():
            fills = [f for f in core.fills if f.order_id == order.id]
            assert order.filled == sum((f.size for f in fills), ZERO) <= order.size
            assert order.value == sum((f.size * f.price for f in fills), ZERO)
            assert order.fee == sum((f.fee for f in fills), ZERO)
            assert (order.filled == order.size) == (order.status is Status.FILLED)
            for fill in fills:
                worse = order.price is not None and not fill.maker
                assert not worse or (fill.price - (order.price or ZERO)) * fill.side.sign <= 0

    @invariant()
    def a_reducing_order_never_opens(self) -> None:
        core = self.place.core
        for fill in core.fills:
            if core.orders[fill.order_id].asked.reduce_only and fill.market == PERP:
                assert fill.closed == fill.size

    @invariant()
    def what_was_told_is_what_is(self) -> None:
        core, told = self.place.core, self.place.told
        last = {one.id: one for one in told if isinstance(one, Order)}
        assert {i: o.status for i, o in last.items()} == {
            i: o.status for i, o in core.orders.items()
        }
        assert [one.id for one in told if isinstance(one, Fill)] == [f.id for f in core.fills]
        assert len({fill.id for fill in core.fills}) == len(core.fills)

    def teardown(self) -> None:
        again = Place()
        for what, words in self.story:
            act(again.core, what, words)
        assert msgspec.json.encode(again.told) == msgspec.json.encode(self.place.told)


def act(core: Exchange, what: str, words: Any) -> None:
    """Do one act; what the venue refuses changes nothing."""
    live = core.live()
    try:
        if what == "submit":
            account, given_words = words
            core.submit(account, _asked(given_words))
        elif what == "move":
            core.move(*words)
        elif what == "amend" and words[0] < len(live):
            order = live[words[0]]
            core.amend(order, words[1], words[2] if order.price else None)
        elif what == "cancel" and words < len(live):
            core.cancel(live[words])
        elif what == "force" and words[0] < len(live) and not live[words[0]].asked.reduce_only:
            core.fill(live[words[0]], words[1])
    except Denied:
        return


def _asked(words: dict[str, Any]) -> NewOrder:
    kind = Kind.MARKET if words["price"] is None else Kind.LIMIT
    return NewOrder(kind=kind, **words)


Exchanged.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
test_any_story_conserves_money_and_size_and_is_told_again_by_its_seed = Exchanged.TestCase


def test_a_market_order_walks_the_book_and_what_is_not_there_is_cancelled() -> None:
    place = Place()
    place.core.books[PERP].set_depth([D(1), D(2)])
    order = place.order(PERP, "buy", "4")
    assert [(f.price, f.size) for f in place.core.fills] == [
        (D("40000.1"), D(1)),
        (D("40000.2"), D(2)),
    ]
    assert [order.status, order.filled, order.reason] == [Status.CANCELLED, D(3), Tif.IOC]
    assert place.held.cost == D("40000.1") + 2 * D("40000.2")


def test_a_limit_order_fills_by_parts_as_the_book_fills_up_again() -> None:
    place = Place()
    place.core.books[PERP].set_depth([D(1)])
    order = place.order(PERP, "sell", "2.5", "39999.9")
    assert (order.status, order.filled) == (Status.OPEN, D(1))
    for filled, status in ((D(2), Status.OPEN), (D("2.5"), Status.FILLED)):
        place.core.books[PERP].refresh()
        place.core.settle(PERP)
        found = place.core.orders[order.id]
        assert (found.filled, found.status) == (filled, status)
    assert [fill.maker for fill in place.core.fills] == [False, True, True]


@pytest.mark.parametrize(
    ("tif", "price", "filled", "reason"),
    [
        (Tif.FOK, "40000.1", D(0), Tif.FOK),
        (Tif.IOC, "40000.1", D(1), Tif.IOC),
        (Tif.POST_ONLY, "40000.1", D(0), Denial.POST_ONLY),
        (Tif.POST_ONLY, "40000.0", D(0), ""),
    ],
)
def test_orders_that_may_not_wait_or_may_not_take(
    tif: Tif, price: str, filled: Decimal, reason: str
) -> None:
    place = Place()
    place.core.books[PERP].set_depth([D(1)])
    order = place.order(PERP, "buy", "2", price, tif=tif)
    assert (order.filled, order.reason, order.live) == (filled, reason, not reason)


def test_a_stop_sleeps_until_its_price_and_a_stop_limit_may_then_rest() -> None:
    place = Place()
    stop = place.order(PERP, "sell", "0.5", trigger=D("39000"), rising=False)
    limit = place.order(PERP, "buy", "0.5", "40500", trigger=D("41000"), rising=True)
    place.core.move(PERP, D("39000.1"))
    assert not place.core.fills
    place.core.move(PERP, D("38900"))
    assert place.core.orders[stop.id].average == D("38899.9")
    place.core.move(PERP, D("41000"))
    assert (place.core.orders[limit.id].status, place.core.orders[limit.id].triggered) == (
        Status.OPEN,
        True,
    )
    place.core.move(PERP, D("40400"))
    assert place.core.orders[limit.id].average == D("40500")
    assert place.refused(PERP, "buy", "1", trigger=D("30000"), rising=True) is Denial.TRIGGER


def test_what_reduces_ends_with_the_position() -> None:
    place = Place()
    assert place.refused(PERP, "sell", "1", reduce_only=True) is Denial.REDUCE_ONLY
    place.order(PERP, "buy", "1")
    target = place.order(PERP, "sell", "3", "41000", reduce_only=True)
    place.order(PERP, "sell", "1")
    assert place.held.size == 0
    assert place.core.orders[target.id].reason == Denial.REDUCE_ONLY


def test_money_decides_and_open_orders_hold_it_back() -> None:
    place = Place()
    assert place.refused(PERP, "buy", "30") is Denial.MARGIN  # 1.2 million at 10 times
    assert place.refused(SPOT, "sell", "1.5") is Denial.BALANCE
    place.order(SPOT, "buy", "2", "39000")
    assert place.core.balance("main", "USDT").free == 100_000 - 78_000
    assert place.refused(SPOT, "buy", "1", "39000") is Denial.BALANCE
    spent = place.order(SPOT, "buy", "1000", by_value=True)
    assert spent.status is Status.FILLED
    assert spent.fee_coin == "BTC"
    assert 999 < spent.value <= 1000


def test_numbers_off_the_steps_are_refused_and_an_id_counts_once() -> None:
    place = Place()
    assert place.refused(PERP, "buy", "0.0005") is Denial.SIZE
    assert place.refused(PERP, "buy", "0.001", "40000.05") is Denial.PRICE
    assert place.refused(PERP, "buy", "0.001", "100") is Denial.VALUE
    assert place.refused("X", "buy", "1") is Denial.MARKET
    place.order(PERP, "buy", "0.01", link="mine")
    assert place.refused(PERP, "buy", "0.01", link="mine") is Denial.LINK


@given(st.lists(st.tuples(st.sampled_from(Side), sizes, prices), min_size=1, max_size=30))
def test_a_position_closed_to_nothing_costs_nothing(
    trades: list[tuple[Side, Decimal, Decimal]],
) -> None:
    place = Place()
    for side, size, price in trades:
        place.core.move(PERP, price)
        try:
            place.order(PERP, side, str(size))
        except Denied:
            continue
    if place.held.size:
        back = "sell" if place.held.size > 0 else "buy"
        place.core.books[PERP].set_depth([D(10_000)])
        place.order(PERP, back, str(abs(place.held.size)), reduce_only=True)
    assert (place.held.size, place.held.cost) == (ZERO, ZERO)


def test_what_one_order_took_is_gone_for_the_next_until_the_book_fills_up() -> None:
    place = Place()
    place.core.books[PERP].set_depth([D(1), D(1)])
    place.order(PERP, "buy", "1.5")
    assert place.order(PERP, "buy", "1").filled == D("0.5")
    assert place.order(PERP, "sell", "2").filled == 2  # the other side is whole
    place.core.books[PERP].refresh()
    assert place.order(PERP, "buy", "1").filled == 1
