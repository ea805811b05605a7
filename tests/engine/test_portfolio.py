"""Several gateways and one limit: whatever each uses of its share, and whoever hears late, it holds."""

from collections import deque
from decimal import Decimal
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_check import refuse
from clearedge_tui.core.limits_exposure import Leg, View, Wish
from clearedge_tui.core.limits_exposure import sums as sums_of
from clearedge_tui.core.risk_messages import Others, RiskSums
from clearedge_tui.engine.portfolio import KNOWN_S, Portfolio
from clearedge_tui.supervisor.slots import Held, Slots

D = Decimal
Ways = frozenset[str]
MOST = D(1000)
LIMIT = Limit(Scope.PORTFOLIO, "USDT", "gross_exposure", "1000")
NAMES = ("a", "b", "c")


class World:
    """Three gateways and a supervisor that brings their sums to each, to some of them late."""

    def __init__(self) -> None:
        self.now = 100.0
        self.used = dict.fromkeys(NAMES, D(0))
        self.portfolios = {name: Portfolio() for name in NAMES}
        self.underway: dict[str, Others] = {}

    def view(self, name: str, scope: Scope) -> View:
        key = {Scope.INSTANCE: f"{name}-1", Scope.ACCOUNT: name, Scope.PORTFOLIO: "USDT"}[scope]
        own = (Leg(f"{name}-1", "BTC", self.used[name]),)
        legs = (*own, *self.portfolios[name].legs()) if scope is Scope.PORTFOLIO else own
        return View(scope, key, "USDT", legs, D(10_000), ages_s={"BTC": 0.0})

    def exchange(self, late: frozenset[str]) -> None:
        """Half a second passes; everybody reports, and hears it now or just before the next one."""
        for name, others in self.underway.items():
            self.portfolios[name].take(others)
        self.now += 0.5
        sums = {n: self.portfolios[n].report(self.view(n, Scope.ACCOUNT), 0, n) for n in NAMES}
        self.underway = {name: _others(sums, name) for name in NAMES}
        for name in NAMES:
            if name not in late:
                self.portfolios[name].take(self.underway.pop(name))

    def take_all(self, name: str) -> None:
        """Use every unit that is let out."""
        for size in (512, 256, 128, 64, 32, 16, 8, 4, 2, 1):
            self.buy(name, D(size))

    def buy(self, name: str, size: Decimal) -> bool:
        known = self.portfolios[name]
        if known.unknown():
            return False
        views = [self.view(name, scope) for scope in Scope]
        wish = Wish(name, f"{name}-1", "BTC", "buy", size, D(1), D(1))
        if refuse(wish, known.shared([LIMIT], views[0], 0, "BTC"), views, 0) is None:
            self.used[name] += size
            return True
        return False


def _others(sums: dict[str, RiskSums], name: str) -> Others:
    rest = {n: one for n, one in sums.items() if n != name}
    legs = tuple(leg for one in rest.values() for leg in one.legs)
    equities = {n: one.equity for n, one in rest.items()}
    return Others(sums[name].seq, len(NAMES), 0.0, equities, legs)


gateways = st.sampled_from(NAMES)
buys = st.tuples(gateways, st.sampled_from([0, 0, 0, 50, 300]))
rounds = st.tuples(st.frozensets(gateways), st.lists(buys, max_size=4))


@settings(max_examples=200, deadline=None)
@given(st.lists(rounds, min_size=2, max_size=8))
def test_no_two_gateways_use_the_same_room(
    done: list[tuple[frozenset[str], list[tuple[str, int]]]],
) -> None:
    world = World()
    with patch("clearedge_tui.engine.portfolio.monotonic", lambda: world.now):
        world.exchange(frozenset())
        for late, wishes in done:
            for name, size in wishes:
                world.buy(name, D(size)) if size else world.take_all(name)
            world.exchange(late)
            assert sum(world.used.values()) <= MOST
        for name in NAMES:
            world.take_all(name)
        assert sum(world.used.values()) <= MOST


def test_a_share_grows_to_nearly_all_of_it_and_ends_with_its_time() -> None:
    world = World()
    with patch("clearedge_tui.engine.portfolio.monotonic", lambda: world.now):
        assert not world.buy("a", D(1)), "nothing is known yet"
        world.exchange(frozenset())
        assert not world.buy("a", D(167))
        assert world.buy("a", D(166))  # half of a third of 1,000
        assert not world.buy("a", D(1))
        for _ in range(40):
            world.exchange(frozenset())
            while world.buy("a", D(1)):
                pass
        assert 990 <= sum(world.used.values()) <= MOST
        world.used["a"] = D(100)
        world.exchange(frozenset())
        world.now += 1.1
        assert not world.buy("a", D(1)), "a share that nobody has renewed"
        assert world.portfolios["a"].unknown() == ""
        world.now += KNOWN_S
        assert "6 s old; at most 5 s" in world.portfolios["a"].unknown()


def test_alone_all_of_it_may_be_used() -> None:
    world = World()
    portfolio = world.portfolios["a"]
    with patch("clearedge_tui.engine.portfolio.monotonic", lambda: world.now):
        sums = portfolio.report(world.view("a", Scope.ACCOUNT), 0, "a")
        resting = (Leg("b/b-1", "BTC", D(400)),)
        portfolio.take(Others(sums.seq, 1, 0.0, {"b": D(1)}, resting))
        (limit,) = portfolio.shared([LIMIT], world.view("a", Scope.PORTFOLIO), 0, "BTC")
        assert limit == LIMIT
        assert not world.buy("a", D(601))
        assert world.buy("a", D(600))
        rate = msgspec.structs.replace(LIMIT, name="orders_per_minute", value="10")
        portfolio.take(Others(sums.seq, 2, 0.0, {"b": D(1)}, resting, orders=2))
        (limit,) = portfolio.shared([rate], world.view("a", Scope.PORTFOLIO), 0, "BTC")
        assert limit.value == "2"  # 8 are left, a quarter of them here


class Places:
    """Gateways that open and close whole positions, and a supervisor that lends them the places.

    What they say to each other may be late by any time and be lost; it comes in its order.
    """

    def __init__(self, count: int, most: int) -> None:
        self.now, self.most, self.names = 100.0, most, NAMES[:count]
        self.limit = msgspec.structs.replace(LIMIT, name="open_positions", value=str(most))
        self.open: dict[str, set[int]] = {name: set() for name in self.names}
        self.portfolios = {name: Portfolio() for name in self.names}
        self.said: dict[str, deque[RiskSums]] = {name: deque() for name in self.names}
        self.told: dict[str, deque[Others]] = {name: deque() for name in self.names}
        self.heard: dict[str, RiskSums] = {}
        self.slots = Slots(self.now)

    def legs(self, name: str) -> tuple[Leg, ...]:
        return tuple(Leg(f"{name}-{n}", "BTC", D(1)) for n in sorted(self.open[name]))

    def view(self, name: str, scope: Scope) -> View:
        others = self.portfolios[name].legs() if scope is Scope.PORTFOLIO else ()
        own = f"{name}-{self.free(name)}"
        key = {Scope.INSTANCE: own, Scope.ACCOUNT: name, Scope.PORTFOLIO: "USDT"}[scope]
        return View(scope, key, "USDT", (*self.legs(name), *others), D(10_000), ages_s={"BTC": 0.0})

    def free(self, name: str) -> int:
        return next(n for n in range(99) if n not in self.open[name])

    def report(self, name: str) -> None:
        made = self.portfolios[name].report(self.view(name, Scope.ACCOUNT), 0, name)
        self.said[name].append(made)

    def exchange(self) -> None:
        if len(self.heard) < len(self.names):
            return
        held = {n: Held(sums_of(one.legs).positions, one.at_s) for n, one in self.heard.items()}
        given = self.slots.give(self.most, held, self.now)
        for name in self.names:
            made = _others(self.heard, name)
            self.told[name].append(msgspec.structs.replace(made, slots=given[name]))

    def arrive(self, late: frozenset[str], lost: frozenset[str]) -> None:
        """Let what was said be heard; `s` is the way to the supervisor, the name the way back."""
        for name in self.names:
            for way, queue in ((f"s{name}", self.said[name]), (name, self.told[name])):
                if way in lost and queue:
                    queue.pop()
                while queue and way not in late:
                    one = queue.popleft()
                    if isinstance(one, RiskSums):
                        self.heard[name] = one
                    else:
                        self.portfolios[name].take(one)

    def enter(self, name: str) -> bool:
        """Open one more position if that is let out."""
        known = self.portfolios[name]
        if known.unknown():
            return False
        free = self.free(name)
        views = [self.view(name, scope) for scope in Scope]
        whole = self.view(name, Scope.PORTFOLIO)
        wish = Wish(name, f"{name}-{free}", "BTC", "buy", D(1), D(1), D(1))
        if refuse(wish, known.shared([self.limit], whole, 0, "BTC"), views, 0) is None:
            self.open[name].add(free)
            return True
        return False

    def wanting(self) -> set[str]:
        """Return who could enter now."""
        found = set()
        for name in self.names:
            if self.enter(name):
                found.add(name)
                self.open[name].remove(max(self.open[name]))
        return found

    def step(self, late: frozenset[str] = frozenset(), lost: frozenset[str] = frozenset()) -> None:
        for name in self.names:
            self.report(name)
        self.arrive(late, lost)
        self.exchange()
        self.arrive(late, lost)
        self.now += 0.5


some = st.frozensets(gateways)
ways = st.frozensets(st.sampled_from([*NAMES, *(f"s{name}" for name in NAMES)]), max_size=3)
# who hears and is heard late, what is lost, who enters whatever is let out, who leaves; how long
phases = st.lists(
    st.tuples(ways, ways, some, some, st.integers(1, 14), st.booleans()), min_size=1, max_size=6
)


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 3), st.integers(1, 4), phases)
def test_no_two_gateways_open_the_same_place_however_late_they_hear(
    count: int, most: int, done: list[tuple[Ways, Ways, Ways, Ways, int, bool]]
) -> None:
    places = Places(count, most)
    with patch("clearedge_tui.engine.portfolio.monotonic", lambda: places.now):
        for late, lost, greedy, leave, steps, anew in done:
            if anew:  # another supervisor, which knows nothing of the loans of the former
                places.slots, places.heard = Slots(places.now), {}
            for name in places.names:
                places.open[name] -= {0} if name in leave else set()
            for _ in range(steps):
                for name in greedy & set(places.names):
                    while places.enter(name):
                        pass
                places.step(late, lost)
                assert sum(len(held) for held in places.open.values()) <= most


@pytest.mark.parametrize("how", ["late", "another supervisor", "used unseen"])
@pytest.mark.parametrize("wait", range(13))
def test_a_place_that_was_lent_is_not_lent_again_while_it_may_be_used(how: str, wait: int) -> None:
    """At some moment of its turn one gateway hears nothing more, and nobody hears it."""
    places = Places(2, 1)
    with patch("clearedge_tui.engine.portfolio.monotonic", lambda: places.now):
        while "a" not in places.wanting():
            places.step()
        for _ in range(wait):
            places.step()
        if how == "another supervisor":
            places.slots = Slots(places.now)
        if how == "used unseen":
            places.enter("a")
        for n in range(30):
            if not places.open["b"]:
                places.enter("b")
            places.now += 0.001  # moments differ
            assert (
                len(places.open["a"] | ({1} if "a" in places.wanting() else set()))
                + len(places.open["b"])
                <= 1
            )
            places.step(frozenset({"a"} if n % 2 and how == "late" else {"a", "sa"}))


def test_one_place_comes_to_every_gateway_and_many_are_there_at_once() -> None:
    for count in (2, 3):
        places, got = Places(count, 1), set[str]()
        with patch("clearedge_tui.engine.portfolio.monotonic", lambda at=places: at.now):
            for _ in range(20 * count):
                places.step()
                for name in places.names:
                    if places.enter(name):
                        got.add(name)
                        places.open[name].clear()
        assert got == set(places.names)
    many = Places(2, 9)
    with patch("clearedge_tui.engine.portfolio.monotonic", lambda: many.now):
        for _ in range(60):
            many.step()
            for name in many.names:
                many.enter(name)
    assert sum(len(held) for held in many.open.values()) == 9, "not one is left over"
