"""Orders by hand at the desk: the account's own book, the same gate and limits, and a look before."""

from decimal import Decimal

import msgspec
import pytest

from clearedge_tui.core.hand_messages import HandCancel, HandClose, HandOrder
from clearedge_tui.core.kill import Kill, Scope
from clearedge_tui.core.limits import Limit
from clearedge_tui.core.limits import Scope as Over
from clearedge_tui.core.messages import Attach, BookEvent, BookSubmit
from clearedge_tui.core.model import Book, Instance, Mode, OrderStatus
from clearedge_tui.engine.by_hand import by_hand
from clearedge_tui.engine.desk import Desk
from clearedge_tui.settings import Account
from tests.engine.test_desk import MARKETS, fresh_record

D = Decimal
Sent = list[tuple[Book, msgspec.Struct]]


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def desk(sent: Sent) -> Desk:
    """One instance that only observes, on a paper account, at a price of 100."""
    made = Desk(
        Account("paper", balance=D(1_000_000), stale_s=0),
        Book.PAPER,
        lambda which, ask: sent.append((which, ask)),
        lambda _name, *_said: None,
        lambda _message: None,
        fresh_record(),
    )
    made.leased = True
    made.risk.take((Limit(Over.ACCOUNT, "paper", "gross_exposure", "500"),))
    made.attach(Attach(Instance("one", "s", "paper", "A.X", "1m", Mode.OBSERVE), MARKETS["one"], 7))
    made.mark("A.X", 60_000_000_000, D(100))
    sent.clear()
    return made


def order(size: str, side: str = "buy", **more: object) -> HandOrder:
    return msgspec.structs.replace(
        HandOrder("c", "one", f"one-{size}-{side}", side, D(size)), **more
    )


def test_it_goes_to_the_accounts_own_book_although_the_instance_observes(
    desk: Desk, sent: Sent
) -> None:
    done = by_hand(desk, order("1"))
    assert (done.error, done.data["status"]) == ("", "sent")
    ((book, submit),) = sent
    assert book is Book.PAPER and isinstance(submit, BookSubmit) and submit.size == 1
    assert desk.seats["one"].orders["one-1-buy"].tag == "by hand"


def test_a_limit_refuses_it_as_it_would_the_strategy(desk: Desk, sent: Sent) -> None:
    done = by_hand(desk, order("6"))
    assert "gross_exposure" in done.error and not sent


def test_a_preview_places_nothing_and_tells_position_limits_and_the_rule(
    desk: Desk, sent: Sent
) -> None:
    good = by_hand(desk, order("2", preview=True)).data
    assert (good["position"], good["after"], good["worth"], good["refused"]) == (
        "0",
        "2",
        "200",
        "",
    )
    assert (good["gross"], good["gross_then"]) == ("0", "200")
    found = good["limits"]
    assert isinstance(found, list)
    (gross,) = [one for one in found if one["name"] == "gross_exposure"]
    assert (gross["left"], gross["left_then"], gross["state"]) == ("500", "300", "ok")
    bad = by_hand(desk, order("6", preview=True)).data
    assert str(bad["refused"]).startswith("gross_exposure: ")
    assert not sent and not desk.seats["one"].orders


def test_under_a_kill_only_what_reduces_leaves(desk: Desk, sent: Sent) -> None:
    by_hand(desk, order("2"))
    desk.heard(Book.PAPER, BookEvent("one", "one-2-buy", "filled", D(2), D(100), trade="t"))
    desk.kills = (Kill(Scope.GLOBAL),)
    sent.clear()
    assert "kill" in by_hand(desk, order("1")).error
    assert not by_hand(desk, order("1", "sell")).error
    assert len(sent) == 1


def test_a_position_is_closed_whole_and_once_only(desk: Desk, sent: Sent) -> None:
    assert "holds nothing" in by_hand(desk, HandClose("c", "one")).error
    by_hand(desk, order("2"))
    desk.heard(Book.PAPER, BookEvent("one", "one-2-buy", "filled", D(2), D(100), trade="t"))
    sent.clear()
    done = by_hand(desk, HandClose("c", "one"))
    assert done.data["closed"] == "2"
    submits = [ask for _, ask in sent if isinstance(ask, BookSubmit)]
    assert [(one.side, one.size) for one in submits] == [("sell", D(2))]


def test_a_cancel_names_what_is_over_already(desk: Desk, sent: Sent) -> None:
    by_hand(desk, order("1", price=D(90)))
    sent.clear()
    assert not by_hand(desk, HandCancel("c", "one", "one-1-buy")).error and len(sent) == 1
    desk.heard(Book.PAPER, BookEvent("one", "one-1-buy", "cancelled"))
    assert desk.seats["one"].orders["one-1-buy"].status is OrderStatus.CANCELLED
    assert "is cancelled already" in by_hand(desk, HandCancel("c", "one", "one-1-buy")).error
    assert "is not attached" in by_hand(desk, HandClose("c", "two")).error
