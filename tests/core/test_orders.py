"""An order is the same after the same words, in whatever order and however often they came."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import BookEvent
from clearedge_tui.core.model import Book, Order, OrderStatus
from clearedge_tui.core.orders import Heard, doubt, hear

S = OrderStatus
D = Decimal


def order(size: int = 4, status: S = S.SENT) -> Order:
    return Order("o", "i", Book.LIVE, "M.V", "buy", "limit", D(size), D(10), status=status)


def say(kind: str, size: int = 0, trade: str = "", price: int = 10) -> BookEvent:
    return BookEvent("i", "o", kind, D(size), D(price), trade=trade, reason="why")


def run(first: Order, events: list[BookEvent]) -> tuple[Order, list[Heard]]:
    """Hear events as a desk does: a fill is known by its trade once it was counted."""
    known: set[str] = set()
    heard = []
    for n, event in enumerate(events):
        told = hear(first, event, event.trade in known, n)
        if told.fill:
            known.add(event.trade)
        heard.append(told)
        first = told.order
    return first, heard


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[BookEvent], int, bool]:
    """Draw an acknowledgement, fills that add up to at most the order, and maybe a cancel."""
    parts = draw(st.lists(st.integers(1, 4), max_size=4).filter(lambda p: sum(p) <= 4))
    filled = sum(parts)
    events = [say("accepted")]
    events += [say("filled", part, f"t{n}", 10 + n) for n, part in enumerate(parts)]
    cancelled = filled < 4 and draw(st.booleans())
    if cancelled:
        events.append(say("cancelled"))
    return events, filled, cancelled


@given(stories(), st.data())
def test_every_order_of_the_words_ends_the_same(
    story: tuple[list[BookEvent], int, bool], data: st.DataObject
) -> None:
    events, filled, cancelled = story
    doubled = events + data.draw(st.lists(st.sampled_from(events), max_size=4))
    told = data.draw(st.permutations(doubled))
    restarts = data.draw(st.lists(st.integers(0, len(told)), max_size=3))
    for at in sorted(restarts, reverse=True):  # a process ended here: what was sent is in doubt
        told.insert(at, BookEvent("i", "o", "unknown"))
    if restarts:
        told.append(say("accepted") if not cancelled else say("cancelled"))  # the venue was asked
    end, heard = run(order(), told)
    assert end.filled == filled
    assert sum((e.size for e, h in zip(told, heard, strict=True) if h.fill), D(0)) == filled
    if filled == 4:
        assert end.status is S.FILLED
    elif cancelled:
        assert end.status is S.CANCELLED
    else:
        assert end.status is (S.PARTIAL if filled else S.OPEN)
    if filled:
        spent = sum(((e.price * e.size) for e, h in zip(told, heard, strict=True) if h.fill), D(0))
        assert abs(end.avg_price * filled - spent) < D("1e-20")  # type: ignore[operator]


@given(st.permutations([say("accepted"), say("filled", 2, "a"), say("cancelled"), say("rejected")]))
def test_filled_size_never_shrinks_and_ends_stay_ended(told: list[BookEvent]) -> None:
    states = [order()]
    for n, event in enumerate(told):
        states.append(hear(states[-1], event, False, n).order)
    assert all(one.filled <= two.filled for one, two in pairwise(states))
    assert states[-1].status is S.CANCELLED
    assert states[-1].filled == 2


def test_a_fill_beyond_the_order_is_not_counted_but_told() -> None:
    end, heard = run(order(), [say("filled", 3, "a"), say("filled", 3, "b")])
    assert end.filled == 3
    assert not heard[1].fill
    assert "not counted" in heard[1].alarm


def test_an_order_taken_for_rejected_comes_back_with_an_alarm() -> None:
    rejected, _ = run(order(), [say("rejected")])
    assert rejected.status is S.REJECTED
    back = hear(rejected, say("accepted"), False, 9)
    assert back.order.status is S.OPEN
    assert "taken for rejected" in back.alarm
    filled = hear(rejected, say("filled", 4, "t"), False, 9)
    assert (filled.order.status, filled.fill) == (S.FILLED, True)


def test_doubt_touches_only_what_is_open() -> None:
    assert doubt(order(), "lost", 1).order.status is S.UNKNOWN
    for status in (S.FILLED, S.CANCELLED, S.REJECTED, S.DENIED):
        assert doubt(order(status=status), "lost", 1).order.status is status
    partly, _ = run(order(), [BookEvent("i", "o", "unknown"), say("filled", 1, "x")])
    assert partly.status is S.UNKNOWN  # whether the rest works is still not known
