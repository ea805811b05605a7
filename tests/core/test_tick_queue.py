"""A burst is cut to the newest quote of each market; bars never go, and what goes is counted."""

from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.tick_queue import TickQueue

MOST = 7


def tick(n: int, market: str, kind: str) -> TickMsg:
    return TickMsg(market, kind, n, 0, 0, 0, 1, 0, 1, 1)


@given(
    st.lists(
        st.none() | st.tuples(st.sampled_from("ABC"), st.sampled_from(["quote", "quote", "bar"])),
        max_size=120,
    )
)
def test_the_queue_is_bounded_and_explicit(steps: list[tuple[str, str] | None]) -> None:
    queue: TickQueue[TickMsg] = TickQueue(MOST)
    came: list[TickMsg] = []
    out: list[TickMsg] = []
    for n, step in enumerate(steps):
        if step is None:
            if queue:
                out.append(queue.take())
            continue
        came.append(tick(n, *step))
        queue.put(came[-1])
    bars = sum(one.kind == "bar" for one in came) - sum(one.kind == "bar" for one in out)
    assert len(queue) <= MOST + bars
    while queue:
        out.append(queue.take())
    assert [one.ts_ns for one in out] == sorted(one.ts_ns for one in out)
    assert [one for one in out if one.kind == "bar"] == [one for one in came if one.kind == "bar"]
    assert len(out) + queue.conflated == len(came)
    for market in "ABC":  # whatever was left out, the newest quote of each market came through
        newest = [one for one in came if (one.market, one.kind) == (market, "quote")][-1:]
        assert [one for one in out if (one.market, one.kind) == (market, "quote")][-1:] == newest


def test_ten_thousand_quotes_of_two_markets_leave_two() -> None:
    queue: TickQueue[TickMsg] = TickQueue(1000)
    queue.put(tick(0, "A", "bar"))
    for n in range(1, 10_001):
        queue.put(tick(n, "AB"[n % 2], "quote"))
    assert len(queue) <= 1001
    assert queue.take().kind == "bar"
    assert queue.conflated + len(queue) == 10_000
