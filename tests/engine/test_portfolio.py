"""Several gateways and one limit: whatever each uses of its share, and whoever hears late, it holds."""

from decimal import Decimal
from unittest.mock import patch

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_check import refuse
from clearedge_tui.core.limits_exposure import Leg, View, Wish
from clearedge_tui.core.risk_messages import Others, RiskSums
from clearedge_tui.engine.portfolio import KNOWN_S, Portfolio

D = Decimal
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
