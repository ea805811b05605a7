"""Limits on orders: each refuses by name, none stands in the way of what only reduces."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import Bug, UsageError
from clearedge_tui.core.limits import (
    DEFAULTS,
    EVERY,
    Action,
    Limit,
    Resume,
    Scope,
    looser,
    with_defaults,
    zones,
)
from clearedge_tui.core.limits_check import State, refusals, refuse, watch
from clearedge_tui.core.limits_exposure import Leg, Replaced, View, Wish, leg_of, sums, with_wish
from clearedge_tui.core.limits_state import Acted, Answer, Day, RiskState, Sent, left
from clearedge_tui.core.limits_values import KINDS, Amount, canonical, parse, plain
from clearedge_tui.core.model import Book, Order, OrderStatus, Position

D = Decimal
SECOND = 1_000_000_000
NOW = int(datetime(2026, 1, 7, 15, 0, tzinfo=UTC).timestamp()) * SECOND  # a Wednesday
BTC, ETH = "BTCUSDT.BYBIT", "ETHUSDT.BYBIT"
# for each number: a tight one and a loose one, as written
LADDERS = {
    "order_notional": ("50", "500"),
    "position_notional": ("150", "1500"),
    "gross_exposure": ("200", "1500"),
    "net_exposure": ("150", "1000"),
    "leverage": ("0.2", "1.5"),
    "orders_per_minute": ("1", "3"),
    "open_positions": ("1", "3"),
    "price_collar": ("1%", "0.2"),
    "daily_loss": ("5%", "20%"),
    "drawdown": ("30", "500"),
    "consecutive_losses": ("2", "5"),
    "reject_rate": ("10%/300s/2", "60%/300s/2"),
    "data_age_s": ("10", "120"),
    "allowed_markets": ("ETHUSDT.BYBIT", "*.BYBIT"),
    "blocked_markets": ("*.BYBIT", "ETHUSDT.BYBIT"),
    "trading_hours": ("16:00-17:00", "08:00-22:00"),
    "duplicate_order": ("60", "5"),
    "slippage_bps": ("5", "50"),
}


def limit(name: str, value: str, scope: Scope = Scope.ACCOUNT, **more: Any) -> Limit:
    return Limit(scope, more.pop("key", EVERY), name, canonical(name, value), **more)


def views(*legs: Leg, equity: str | None = "1000", **state: Any) -> tuple[View, ...]:
    """Return the views of instance `a` on `bybit`, with these legs on the account."""
    given: dict[str, Any] = {"days": {"UTC": Day("2026-01-07", D(1000))}, "peak": D(1000)}
    known = RiskState(**(given | state))
    cash = None if equity is None else D(equity)
    own = tuple(leg for leg in legs if leg.instance == "a")
    ages = {BTC: 1.0, ETH: 1.0}
    return tuple(
        View(scope, key, "USDT", held, cash, known, ages)
        for scope, key, held in (
            (Scope.INSTANCE, "a", own), (Scope.ACCOUNT, "bybit", legs), (Scope.PORTFOLIO, "USDT", legs),
        )
    )  # fmt: skip


def wish(side: str = "buy", size: str = "1", price: str = "100", **more: Any) -> Wish:
    base: dict[str, Any] = {"kind": "limit", "last": D(100), "market": BTC} | more
    return Wish("bybit", "a", side=side, size=D(size), price=D(price), **base)


WORST = {
    "days": {"UTC": Day("2026-01-07", D(1200))},
    "peak": D(1300),
    "losses": 9,
    "slippage_bps": D(99),
    "answers": (Answer(NOW - SECOND, True),) * 3,
    "sent": (Sent(NOW - SECOND, BTC, "buy", D(1), D(100)),) * 4,
}


@pytest.mark.parametrize(
    ("name", "value", "ask", "state", "told"),
    [
        ("order_notional", "99", {}, {}, "is 100 USDT; at most 99 USDT is allowed"),
        ("position_notional", "149", {}, {}, "is 50 USDT and would be 150 USDT; at most 149 USDT is allowed, 99 USDT is left"),
        ("gross_exposure", "179", {}, {}, "is 80 USDT and would be 180 USDT; at most 179 USDT is allowed"),
        ("net_exposure", "119", {}, {}, "is 20 USDT and would be 120 USDT; at most 119 USDT is allowed"),
        ("leverage", "0.17", {}, {}, "is 0.08× and would be 0.18×; at most 0.17×"),
        ("orders_per_minute", "4", {}, WORST, "is 4 and would be 5; at most 4"),
        ("open_positions", "2", {"market": ETH, "instance": "a"}, {}, "is 2 and would be 3; at most 2"),
        ("price_collar", "5%", {"price": "94.9"}, {}, "is 5.1%; at most 5% is allowed"),
        ("price_collar", "5%", {"last": None}, {}, "is not known; at most 5% is allowed"),
        ("daily_loss", "200", {}, WORST, "is 200 USDT; less than 200 USDT is allowed, 0 USDT is left"),
        ("daily_loss", "16% UTC", {}, WORST, "is 16.666667%; less than 16%"),
        ("daily_loss", "5% Asia/Tokyo", {}, {}, "is not known"),
        ("drawdown", "300", {}, WORST, "is 300 USDT; less than 300 USDT"),
        ("consecutive_losses", "9", {}, WORST, "is 9; less than 9"),
        ("reject_rate", "100%/300s/3", {}, WORST, "is 100%; less than 100%"),
        ("data_age_s", "0.5", {}, {}, "is 1 s; at most 0.5 s"),
        ("data_age_s", "60", {"market": "XRPUSDT.BYBIT"}, {}, "is not known"),
        ("allowed_markets", "ETHUSDT.BYBIT", {}, {}, "BTCUSDT.BYBIT; only ETHUSDT.BYBIT"),
        ("blocked_markets", "BTC*", {}, {}, "BTCUSDT.BYBIT; not BTC*"),
        ("trading_hours", "mon-fri 09:30-16:00 Asia/Tokyo", {}, {}, "closed at 2026-01-07 15:00:00 UTC; open mon-fri"),
        ("duplicate_order", "5", {}, WORST, "the same order left within 5 s"),
        ("slippage_bps", "99", {}, WORST, "is 99 bps; less than 99 bps"),
    ],
)  # fmt: skip
def test_each_limit_refuses_by_name_and_number(
    name: str, value: str, ask: dict[str, Any], state: dict[str, Any], told: str
) -> None:
    legs = (Leg("a", BTC, D(50)), Leg("b", ETH, D(-30)))
    price = ask.pop("price", "100")
    ask.pop("instance", None)
    found = refuse(wish(price=price, **ask), [limit(name, value)], views(*legs, **state), NOW)
    assert found is not None
    assert found.rule == name
    assert found.text.startswith(f"{name} of account bybit") and told in found.text


def test_every_limit_is_tried_here() -> None:
    assert LADDERS.keys() == KINDS.keys()


# ---- what always holds ------------------------------------------------------------------------
money = st.decimals(-400, 400, places=1)
worth = st.decimals(0, 200, places=1)
legs_of = st.lists(
    st.builds(Leg, st.sampled_from("abc"), st.sampled_from([BTC, ETH]), money, worth, worth),
    max_size=4,
    unique_by=lambda leg: (leg.instance, leg.market),
)
states = st.fixed_dictionaries(
    {},
    optional={
        "losses": st.integers(0, 6),
        "slippage_bps": st.decimals(0, 60, places=1),
        "peak": st.decimals(900, 2000, places=0),
        "days": st.decimals(900, 2000, places=0).map(lambda d: {"UTC": Day("2026-01-07", d)}),
        "answers": st.lists(st.booleans(), max_size=4).map(
            lambda all_: tuple(Answer(NOW - SECOND, one) for one in all_)
        ),
        "sent": st.integers(0, 4).map(
            lambda n: (Sent(NOW - 20 * SECOND, BTC, "buy", D(1), D(100)),) * n
        ),
    },
)
wishes = st.builds(
    wish,
    side=st.sampled_from(["buy", "sell"]),
    size=st.sampled_from(["0.2", "1", "4"]),
    price=st.sampled_from(["85", "99.5", "100", "130"]),
    kind=st.sampled_from(["market", "limit", "stop"]),
    market=st.sampled_from([BTC, ETH]),
)
rungs = st.sampled_from([(name, *ladder) for name, ladder in LADDERS.items()])
equities = st.sampled_from([None, "-50", "0", "700", "1000"])


@given(legs_of, states, equities, rungs, wishes, st.sampled_from(Scope))
def test_tightening_a_limit_never_lets_more_through(
    legs: list[Leg], state: dict[str, Any], equity: str | None, rung: tuple[str, str, str], ask: Wish, scope: Scope,
) -> None:  # fmt: skip
    name, tight, loose = rung
    seen = views(*legs, equity=equity, **state)
    if refuse(ask, [limit(name, loose, scope)], seen, NOW):
        assert refuse(ask, [limit(name, tight, scope)], seen, NOW)


@given(
    legs_of, states, equities,
    st.lists(st.tuples(rungs, st.booleans(), st.sampled_from(Scope)), min_size=2, max_size=8),
    wishes, st.randoms(use_true_random=False),
)  # fmt: skip
def test_the_order_of_limits_and_views_is_nothing(
    legs: list[Leg], state: dict[str, Any], equity: str | None, chosen: list[Any], ask: Wish, chance: Any,
) -> None:  # fmt: skip
    asked = [
        limit(name, (tight, loose)[soft], scope) for (name, tight, loose), soft, scope in chosen
    ]
    seen = list(views(*legs, equity=equity, **state))
    first = refusals(ask, asked, seen, NOW)
    chance.shuffle(asked)
    chance.shuffle(seen)
    assert refusals(ask, asked, seen, NOW) == first
    apart = [refuse(ask, [one], seen, NOW) for one in asked]
    assert bool(first) == any(apart)  # the strictest of all decides


@given(
    position=st.decimals("-10", "10", places=2),
    share=st.decimals("0.01", "1", places=2),
    price=st.sampled_from(["1", "100", "900"]),
    kind=st.sampled_from(["market", "limit", "stop"]),
    last=st.sampled_from([None, D(100)]),
)
def test_an_order_that_only_reduces_is_never_refused(
    position: Decimal, share: Decimal, price: str, kind: str, last: Decimal | None
) -> None:
    size = (abs(position) * share).quantize(D("0.01"))
    if not size:
        return
    held = {"*/drawdown": Acted(Action.KILL, Resume.PERSON, 0, NOW)}
    seen = views(Leg("a", BTC, D(99_999)), equity=None, acted=held, **WORST)
    every = [limit(n, tight, scope) for n, (tight, _) in LADDERS.items() for scope in Scope]
    side = "sell" if position > 0 else "buy"
    out = wish(side, str(size), price, kind=kind, last=last, position=position)
    assert refuse(out, every, seen, NOW) is None
    more = msgspec.structs.replace(out, size=abs(position) + D("0.01"))
    assert refuse(more, every, seen, NOW) is not None


@given(
    st.lists(st.tuples(wishes, st.booleans()), min_size=1, max_size=25),
    st.lists(st.sampled_from(["order_notional", "position_notional", "gross_exposure", "net_exposure",
                              "leverage", "open_positions", "orders_per_minute"]), min_size=1, unique=True),
    st.sampled_from(Scope),
)  # fmt: skip
def test_after_an_order_that_passed_no_figure_is_over_its_limit(
    story: list[tuple[Wish, bool]], names: list[str], scope: Scope
) -> None:
    """A story of orders, some filled at once and some left open, priced as at the beginning."""
    asked = [limit(name, LADDERS[name][1], scope) for name in names]
    legs: dict[tuple[str, str], Leg] = {}
    state = RiskState()
    for at, (ask, filled) in enumerate(story):
        now = NOW + at * SECOND
        last = msgspec.structs.replace(state, days={"UTC": Day("2026-01-07", D(1000))})
        seen = [
            msgspec.structs.replace(view, state=last, legs=tuple(legs.values())) for view in views()
        ]
        if refuse(ask, asked, seen, now):
            continue
        state = left(state, Sent(now, ask.market, ask.side, ask.size, ask.price))
        after = {(leg.instance, leg.market): leg for leg in with_wish(legs.values(), ask)}
        if filled:  # at the market, which is no more than it was counted for
            leg = after[ask.instance, ask.market]
            signed = ask.size * min(D(100), ask.worth / ask.size) * (1 if ask.side == "buy" else -1)
            old = legs.get((ask.instance, ask.market), Leg("a", ask.market))
            after[ask.instance, ask.market] = msgspec.structs.replace(
                leg, held=leg.held + signed, buys=old.buys, sells=old.sells
            )
        legs = after
        now_held = sums(legs.values())
        figures = {
            "order_notional": ask.worth,
            "position_notional": max(now_held.markets.values()),
            "gross_exposure": now_held.gross,
            "net_exposure": now_held.net,
            "leverage": now_held.gross / 1000,
            "open_positions": D(now_held.positions),
            "orders_per_minute": D(state.orders(now)),
        }
        for one in asked:
            value = one.parsed
            assert isinstance(value, Amount)
            assert figures[one.name] <= value.number, one.name


# ---- amendments -------------------------------------------------------------------------------
def test_an_amendment_is_judged_by_what_it_makes_of_the_order() -> None:
    seen = views(Leg("a", BTC, buys=D(500)))  # 5 at 100
    old = Replaced(D(5), D(100), D(500))
    full = [limit("gross_exposure", "400"), limit("duplicate_order", "60")]
    less = wish(size="3", replaces=old)
    assert less.only_reduces and refuse(less, full, seen, NOW) is None
    more = refuse(wish(size="6", replaces=old), full, seen, NOW)
    assert more and (more.now, more.would, more.headroom) == (D(500), D(600), D(0))
    moved = wish(size="5", price="101", replaces=old)
    assert refuse(moved, full, seen, NOW) and not refuse(
        moved, [limit("gross_exposure", "505")], seen, NOW
    )


def test_an_exit_that_is_amended_still_passes() -> None:
    out = wish("sell", "5", "90", position=D(5), replaces=Replaced(D(2), D(95), D(0)))
    assert refuse(out, [limit("gross_exposure", "0")], views(Leg("a", BTC, D(500))), NOW) is None


def test_a_view_that_was_forgotten_is_a_bug_and_not_a_pass() -> None:
    with pytest.raises(Bug, match="wanted one view each"):
        refuse(wish(), [], views()[:2], NOW)
    with pytest.raises(Bug):
        refuse(msgspec.structs.replace(wish(), account="other"), [], views(), NOW)


# ---- exposure ---------------------------------------------------------------------------------
def test_a_leg_counts_open_orders_at_their_worst_and_leaves_out_those_that_only_reduce() -> None:
    def order(side: str, kind: str, size: str, **more: Any) -> Order:
        return Order("o", "a", Book.LIVE, BTC, side, kind, D(size), **more)

    open_ = OrderStatus.OPEN
    orders = [
        (order("buy", "limit", "2", price=D(90), filled=D(1), status=open_), False),
        (order("sell", "limit", "1", price=D(95), status=OrderStatus.UNKNOWN), False),
        (order("sell", "stop", "1", trigger=D(120), status=open_), False),
        (order("sell", "stop", "3", trigger=D(80), status=open_), True),
        (order("buy", "market", "9", status=OrderStatus.FILLED), False),
    ]
    leg = leg_of("a", BTC, Position(D(3), D(70)), D(100), orders)
    assert (leg.held, leg.buys, leg.sells) == (D(300), D(90), D(220))
    assert leg_of("a", BTC, Position(D(-3), D(70)), None, ()).held == D(-210)


@given(legs_of, st.lists(st.booleans(), min_size=8, max_size=8))
def test_whatever_part_of_the_open_orders_fills_no_sum_is_larger(
    legs: list[Leg], fills: list[bool]
) -> None:
    before = sums(legs)
    filled = [
        Leg(leg.instance, leg.market, leg.held + leg.buys * b - leg.sells * s)
        for leg, b, s in zip(legs, fills[:4], fills[4:], strict=False)
    ]
    after = sums(filled)
    assert after.gross <= before.gross and after.net <= before.net
    assert after.positions <= before.positions
    assert all(after.markets[name] <= before.markets[name] for name in after.markets)


# ---- watching ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("held", "state", "left_", "used"),
    [
        ("0", State.OK, "100", "0"),
        ("79.9", State.OK, "20.1", "0.799"),
        ("80", State.WARN, "20", "0.8"),
        ("-100", State.WARN, "0", "1"),
        ("100.1", State.BREACH, "0", "1.001"),
    ],
)
def test_a_figure_warns_before_it_breaks(held: str, state: State, left_: str, used: str) -> None:
    _, account, _ = views(Leg("a", BTC, D(held)))
    (found,) = watch([limit("gross_exposure", "100")], account, NOW)
    assert (found.state, found.headroom, found.used) == (state, D(left_), D(used))


@given(legs_of, states, equities, rungs)
def test_what_is_broken_refuses_whatever_enlarges_it(
    legs: list[Leg], state: dict[str, Any], equity: str | None, rung: tuple[str, str, str]
) -> None:
    """A screen and the gate cannot disagree: what is broken or unknown lets nothing in."""
    name, tight, _ = rung
    _, account, _ = seen = views(*legs, equity=equity, **state)
    (found,) = watch([limit(name, tight)], account, NOW)
    if found.state in (State.BREACH, State.UNKNOWN) and name not in (
        "position_notional", "allowed_markets", "blocked_markets"  # one market says nothing of others
    ):  # fmt: skip
        assert refuse(wish(), [limit(name, tight)], seen, NOW)


def test_without_equity_leverage_is_endless_and_what_is_not_known_is_said() -> None:
    _, account, _ = views(Leg("a", BTC, D(10)), equity="0")
    (endless,) = watch([limit("leverage", "2")], account, NOW)
    assert endless.state is State.BREACH and "without bound" in endless.text
    _, account, _ = views(Leg("a", BTC, D(10)), equity=None)
    (unknown,) = watch([limit("leverage", "2")], account, NOW)
    assert (unknown.state, unknown.now) == (State.UNKNOWN, None)


def test_closed_hours_are_broken_only_by_what_is_open() -> None:
    hours = [limit("trading_hours", "22:00-04:00")]
    for legs, state in ((), State.OK), ((Leg("a", BTC, D(1)),), State.BREACH):
        assert watch(hours, views(*legs)[1], NOW)[0].state is state


# ---- values -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("gross_exposure", "10000.00", "10000"),
        ("price_collar", "0.05", "5%"),
        ("daily_loss", "5%", "5% UTC"),
        ("daily_loss", "500 America/New_York", "500 America/New_York"),
        ("reject_rate", "20%/300s/10", "20%/300s/10"),
        ("allowed_markets", "eth*.bybit, BTCUSDT.BYBIT", "BTCUSDT.BYBIT,ETH*.BYBIT"),
        ("trading_hours", "09:30-16:00", "mon-sun 09:30-16:00 UTC"),
        ("trading_hours", "fri-mon 22:00-04:00 Asia/Tokyo", "mon,fri,sat,sun 22:00-04:00 Asia/Tokyo"),
    ],
)  # fmt: skip
def test_a_value_is_kept_in_one_way(name: str, written: str, kept: str) -> None:
    assert canonical(name, written) == kept
    assert canonical(name, kept) == kept
    assert parse(name, kept) == parse(name, written)


@pytest.mark.parametrize(
    ("name", "written", "wanted"),
    [
        ("gross_exposure", "-1", "an amount of money"),
        ("gross_exposure", "1e30", "an amount of money"),
        ("gross_exposure", "NaN", "an amount of money"),
        ("leverage", "0", "more than 0 times"),
        ("orders_per_minute", "1.5", "a whole number"),
        ("price_collar", "150%", "at most all of it"),
        ("daily_loss", "5% Mars/Base", "no time zone `Mars/Base`"),
        ("daily_loss", "0", "above 0"),
        ("reject_rate", "20%", "SHARE/SECONDS/LEAST"),
        ("trading_hours", "9-5", "hours such as 09:30-16:00"),
        ("trading_hours", "09:00-09:00", "two moments"),
        ("trading_hours", "mon-fry 09:00-10:00", "days such as mon-fri"),
        ("allowed_markets", "[b]x[/b]", "market ids"),
        ("gros_exposure", "1", "known: gross_exposure"),
    ],
)
def test_a_wrong_value_says_what_was_wanted(name: str, written: str, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted.replace("[", r"\[")):
        canonical(name, written)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-01-05T14:29:59", False),  # Monday, New York is five hours behind
        ("2026-01-05T14:30:00", True),
        ("2026-07-06T13:30:00", True),  # four in summer
        ("2026-01-03T15:00:00", False),  # Saturday
        ("2026-01-06T04:59:00", True),  # Monday's night
        ("2026-01-06T06:00:00", False),
    ],
)
def test_hours_are_of_their_zone_and_go_on_after_midnight(moment: str, is_open: bool) -> None:
    asked = limit("trading_hours", "mon-fri 09:30-16:00,23:00-01:00 America/New_York")
    at = int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * SECOND
    assert bool(refuse(wish(), [asked], views(), at)) is not is_open


# ---- declarations -----------------------------------------------------------------------------
@given(rungs)
def test_a_higher_number_is_looser_and_so_is_anything_taken_away(
    rung: tuple[str, str, str],
) -> None:
    tight, loose = limit(rung[0], rung[1]), limit(rung[0], rung[2])
    assert looser(tight, loose) and looser(tight, None)
    assert not looser(None, tight) and not looser(tight, tight)
    if rung[0] not in ("trading_hours",):
        assert not looser(loose, tight)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"action": Action.ALERT}, "action flatten -> alert"),
        ({"warn": D("0.9")}, "warn 0.8 -> 0.9"),
        ({"resume": Resume.AUTO}, "resume person -> auto"),
        ({"action": Action.KILL}, ""),
        ({"warn": D("0.5"), "cooldown_s": 5}, ""),
    ],
)
def test_a_milder_action_is_looser_too(change: dict[str, Any], told: str) -> None:
    before = limit("drawdown", "10%", action=Action.FLATTEN)
    assert looser(before, msgspec.structs.replace(before, **change)) == told


def test_what_is_declared_replaces_a_default_of_the_same_place_only() -> None:
    own = limit("data_age_s", "5", key="bybit")
    assert set(with_defaults([own])) == {*DEFAULTS, own}
    stricter = limit("data_age_s", "60")
    assert with_defaults([stricter]) == (stricter,)
    assert zones([own, limit("daily_loss", "5% Asia/Tokyo")]) == {"UTC", "Asia/Tokyo"}
    assert plain(D("1E+3")) == "1000"
