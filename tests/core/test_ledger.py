from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.ledger import apply_fill
from clearedge_tui.core.model import Position

money = st.decimals(min_value="0.01", max_value="99999", places=2)
fills = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.decimals("0.001", "100", places=3), money),
    max_size=30,
)
D = Decimal


def play(rows: list[tuple[str, Decimal, Decimal]]) -> tuple[Position, Decimal]:
    position, realised = Position(), D(0)
    for side, size, price in rows:
        position, part = apply_fill(position, side, size, price, D("0.1"))
        realised += part
    return position, realised


@given(fills, money)
def test_total_pnl_is_cash_plus_value_of_what_is_held(
    rows: list[tuple[str, Decimal, Decimal]], mark: Decimal
) -> None:
    position, realised = play(rows)
    cash = sum((-s * p if side == "buy" else s * p for side, s, p in rows), D(0))
    held = sum((s if side == "buy" else -s for side, s, _ in rows), D(0))
    assert position.size == held
    assert position.fees == D("0.1") * len(rows)
    assert position.realised == realised
    expected = cash + held * mark - position.fees
    assert abs(position.total(mark) - expected) < D("1e-9")


@given(fills)
def test_flat_means_no_average_and_a_side_means_a_positive_one(
    rows: list[tuple[str, Decimal, Decimal]],
) -> None:
    position, _ = play(rows)
    assert (position.avg_price == 0) == (position.size == 0)
    assert position.avg_price >= 0


def test_a_flip_realises_the_closed_part_and_opens_the_rest_at_the_fill() -> None:
    position, _ = apply_fill(Position(), "buy", D(2), D(100), D(0))
    position, realised = apply_fill(position, "sell", D(5), D(110), D(1))
    assert realised == 20
    assert (position.size, position.avg_price) == (D(-3), D(110))
    assert (position.realised, position.fees) == (D(20), D(1))


def test_adding_moves_the_average_and_reducing_does_not() -> None:
    position, _ = apply_fill(Position(), "buy", D(1), D(100), D(0))
    position, _ = apply_fill(position, "buy", D(3), D(200), D(0))
    assert position.avg_price == 175
    position, realised = apply_fill(position, "sell", D(2), D(150), D(0))
    assert (position.avg_price, realised) == (D(175), D(-50))
