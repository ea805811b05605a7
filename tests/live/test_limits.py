"""Limits in the whole product: declared by word, asked before orders, acted on, kept, cleared."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.kills import KillFiles
from clearedge_tui.store.db import open_reader
from clearedge_tui.store.rows import JournalRow
from tests.live.box import Box

pytestmark = pytest.mark.slow
HAND = Path(__file__).parents[1] / "trading" / "strategies" / "hand.py"
D = Decimal


class Hands:
    """Instances of a box that do as they are told."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.count = 0
        shutil.copy(HAND, box.home.strategies)

    def add(self, name: str, account: str = "paper") -> None:
        said = self.box.do(
            "instance.add", id=name, strategy="hand", account=account, market="SIM/USDT",
            timeframe="1m", mode="active", config={"path": str(self.box.home.root / name)},
        )  # fmt: skip
        assert said.status == "done", said
        self.box.running(name)

    def tell(self, name: str, wish: str) -> None:
        self.count += 1
        draft = self.box.home.root / "draft"
        draft.write_text(f"{wish} # {self.count}")
        draft.replace(self.box.home.root / name)

    def buys(self, name: str, size: str) -> None:
        """Buy, and wait for that order's own fill: wishes of before may still come between."""

        def filled() -> int:
            orders = self.box.orders(name)
            return sum((o.book, o.status, o.size) == ("paper", "filled", D(size)) for o in orders)

        before = filled()
        self.tell(name, f"buy {size}")
        self.box.until(lambda: filled() > before, f"{name} buys {size}")

    def denied(self, name: str, rule: str, nth: int = 1) -> JournalRow:
        """Have it buy, and return what the journal says of the refusal."""
        found: list[JournalRow] = []

        def seen() -> bool:
            self.tell(name, "buy 0.001")
            rows = self.journal("order.denied")
            found[:] = [r for r in rows if (r.subject, r.payload.get("rule")) == (name, rule)]
            return len(found) >= nth

        self.box.until(seen, f"{name} is denied by {rule}")
        return found[-1]

    def journal(self, event: str) -> list[JournalRow]:
        with open_reader(self.box.home.database) as reader:
            return [row for row in reader.journal_tail(400)[::-1] if row.event == event]

    def limit(self, *words: str, **more: object) -> None:
        names = ("scope", "key", "name", "value")
        said = self.box.do("limit.set", **dict(zip(names, words, strict=True)), yes=True, **more)
        assert said.status == "done", said

    def row(self, name: str) -> dict[str, Any]:
        rows: Any = self.box.do("risk.list", account="paper").data
        return next((one for one in rows if one["name"] == name), {})


def test_a_limit_refuses_acts_holds_over_a_restart_and_a_person_ends_it(
    make_box: Callable[..., Box],
) -> None:
    box = make_box().start()
    hands = Hands(box)
    hands.add("one")
    hands.buys("one", "0.1")
    hands.limit("instance", "one", "order_notional", "0.01")
    told = hands.denied("one", "order_notional")  # from the next order on
    assert told.subject == "one"
    assert (told.payload["limit"], told.payload["allowed"]) == ("0.01", "0.01")
    assert D(str(told.payload["would"])) > D("0.01")
    box.do("limit.remove", scope="instance", key="one", name="order_notional", yes=True)
    hands.limit("account", "paper", "gross_exposure", "0.01", action="flatten")
    box.wait_row("one", lambda r: r.position == 0, "its position is closed")
    box.until(lambda: hands.row("gross_exposure").get("held"), "the screen says what it holds")
    assert hands.row("gross_exposure")["state"] == "ok"
    assert len(hands.journal("limit.flatten")) == 1
    hands.limit("account", "paper", "gross_exposure", "1000000", action="flatten")
    hands.denied("one", "held")
    assert box.stop() == 0
    box.start()
    box.running("one")
    assert "a person clears it" in hands.denied("one", "held", 2).text
    box.do(
        "instance.mode", id="one", mode="off"
    )  # nobody trades there any more: its file is cleared
    box.until(
        lambda: [a.state for a in box.snapshot().accounts if a.name == "paper"] == ["stopped"],
        "its gateway rests",
    )
    cleared = box.do("limit.clear", scope="account", key="paper", name="gross_exposure")
    assert cleared.status == "done", cleared
    assert box.do("limit.clear", scope="account", key="paper", name="gross_exposure").code == 3
    box.do("instance.mode", id="one", mode="active")
    box.running("one")
    hands.buys("one", "0.1")
    hands.limit("instance", "all", "gross_exposure", "0.01", action="observe")
    box.wait_row("one", lambda r: r.desired == r.actual == "observe", "it is lowered")
    box.do("limit.remove", scope="instance", key="all", name="gross_exposure", yes=True)
    hands.limit("account", "paper", "open_positions", "0", action="kill")
    box.until(lambda: KillFiles(box.home).look(), "it is killed")
    assert [kill.name for kill in KillFiles(box.home).look()] == ["account.paper.flatten"]
    box.until(lambda: not _position(box), "the kill closes its position")


def _position(box: Box) -> Decimal:
    with open_reader(box.home.database) as reader:
        return sum((r.position.size for r in reader.ledgers() if r.book == "paper"), D(0))


def test_two_accounts_of_a_portfolio_share_its_room(make_box: Callable[..., Box]) -> None:
    box = make_box(extra="[other]\nfeed = 'simulated'\nspeed = 600\n").start()
    hands = Hands(box)
    hands.add("one")
    hands.add("two", "other")
    hands.limit("portfolio", "USDT", "gross_exposure", "1000000")
    hands.limit("portfolio", "USDT", "open_positions", "1")

    def bought() -> bool:
        hands.tell("one", "buy 0.1")
        return bool(_position(box))

    box.until(bought, "the one place comes round")
    assert "portfolio USDT" in hands.denied("two", "open_positions").text


def test_a_limit_declared_while_a_gateway_starts_holds_from_its_first_order_on(box: Box) -> None:
    shutil.copy(HAND, box.home.strategies)
    box.do(
        "instance.add", id="one", strategy="hand", account="paper", market="SIM/USDT",
        timeframe="1m", mode="active", config={"path": str(box.home.root / "one")},
    )  # fmt: skip
    hands = Hands(box)
    box.until(lambda: hands.journal("account.start"), "its gateway is being started")
    hands.limit("account", "paper", "order_notional", "0.01")
    said: list[str] = []

    def judged() -> bool:
        order = {"instance": "one", "side": "buy", "size": "0.001"}
        said.append(box.do("order.place", **order).message)
        early = (
            "not attached",
            "no price has been seen",
            "try again in a moment",
            "is not running",
        )
        return not any(word in said[-1] for word in early)

    box.until(judged, "an order is judged")
    assert "order_notional" in said[-1]
