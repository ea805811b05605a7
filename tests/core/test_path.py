from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.model import BarRow
from clearedge_tui.core.path import Resting, inside, walk
from clearedge_tui.core.resample import BarBuilder, Grid

MINUTE = 60_000_000_000


@st.composite
def series(draw: st.DrawFn) -> list[BarRow]:
    rows, ts = [], 0
    for _ in range(draw(st.integers(1, 40))):
        ts += MINUTE * draw(st.sampled_from([1, 1, 1, 5, 60]))
        points = draw(st.lists(st.floats(1, 1000), min_size=4, max_size=4))
        rows.append(BarRow(ts, points[0], max(points), min(points), points[3], 1.0))
    return rows


@given(series())
def test_every_bar_is_walked_open_extremes_close_and_comes_out_once(rows: list[BarRow]) -> None:
    ticks = list(walk("M", rows, MINUTE))
    bars = [t for t in ticks if t.kind == "bar"]
    assert [(b.ts_ns, b.open, b.high, b.low, b.close) for b in bars] == [
        (r.ts_ns, r.open, r.high, r.low, r.close) for r in rows
    ]
    quotes = [t for t in ticks if t.kind == "quote"]
    assert len(quotes) == 4 * len(rows)
    for n, row in enumerate(rows):
        path = [q.close for q in quotes[4 * n : 4 * n + 4]]
        assert path[0] == row.open
        assert path[3] == row.close
        assert {path[1], path[2]} == {row.low, row.high}
    stamps = [q.ts_ns for q in quotes]
    assert stamps == sorted(stamps)


@given(series())
def test_a_closed_bar_comes_after_the_next_open(rows: list[BarRow]) -> None:
    ticks = list(walk("M", rows, MINUTE))
    for n, tick in enumerate(ticks):
        if tick.kind == "bar" and n + 1 < len(ticks):
            following = rows[[r.ts_ns for r in rows].index(tick.ts_ns) + 1]
            assert ticks[n - 1].close == following.open


@given(series(), st.sampled_from([1, 5, 15]))
def test_longer_bars_hold_exactly_the_base_bars_of_their_span(
    rows: list[BarRow], minutes: int
) -> None:
    builder = BarBuilder(60, Grid(60 * minutes))
    made = [bar for row in rows for bar in builder.feed(row)]
    if builder.forming is not None:
        made.append(builder.forming)
    period = minutes * MINUTE
    groups: dict[int, list[BarRow]] = {}
    for row in rows:
        groups.setdefault(-(-row.ts_ns // period) * period, []).append(row)
    cut = minutes > 1 and (rows[0].ts_ns - MINUTE) % period > 0
    assert [bar.ts_ns for bar in made] == list(groups)[cut:], "but a first that began before them"
    for bar in made:
        inside = groups[bar.ts_ns]
        assert (bar.open, bar.close) == (inside[0].open, inside[-1].close)
        assert (bar.high, bar.low) == (max(r.high for r in inside), min(r.low for r in inside))
        assert bar.volume == sum(r.volume for r in inside)


orders = st.lists(
    st.builds(Resting, st.sampled_from(["buy", "sell"]), st.floats(1, 1000), st.booleans()),
    max_size=6,
)


@given(series(), orders)
def test_no_stop_is_jumped_over_inside_a_bar(rows: list[BarRow], waiting: list[Resting]) -> None:
    for row in rows:
        plain = [q.close for q in inside("M", row, MINUTE)]
        quotes = list(inside("M", row, MINUTE, lambda: waiting))
        path = [q.close for q in quotes]
        stops = {one.price for one in waiting if one.stop}
        assert [q.ts_ns for q in quotes] == sorted(q.ts_ns for q in quotes)
        assert set(path) - set(plain) <= stops
        assert all(row.low <= price <= row.high for price in path)
        for side, rises, far in (("sell", False, row.high), ("buy", True, row.low)):
            sign = -1 if rises else 1
            own = [one for one in waiting if one.side == side]
            reached = [
                one.price
                for one in own
                if one.stop and row.low <= one.price <= row.high
                and sign * one.price < sign * row.open
            ]  # fmt: skip
            assert set(reached) <= set(path)
            targets = [
                one.price
                for one in own
                if not one.stop and sign * row.open < sign * one.price <= sign * far
            ]
            for stop in reached if targets else ():  # before anything gets to a target
                beyond = [
                    n
                    for n, q in enumerate(path)
                    if sign * q >= sign * min(targets, key=lambda p: sign * p)
                ]
                assert not beyond or path.index(stop) < beyond[0] or _the_other(waiting, side)


def _the_other(waiting: list[Resting], side: str) -> bool:
    """Say whether stops of the other side, quoted first too, may lie beyond a target."""
    return any(one.stop and one.side != side for one in waiting)
