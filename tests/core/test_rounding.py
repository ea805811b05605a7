"""Sizes and prices in steps that need not be a power of ten."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.rounding import round_price, round_size

D = Decimal
steps = st.decimals("0.0001", "500", places=4)
numbers = st.decimals("0.0001", "1e9", places=8)


@given(numbers, steps)
def test_a_size_is_a_multiple_and_never_more_than_was_asked(size: Decimal, step: Decimal) -> None:
    assume(size >= step)
    rounded = round_size(size, step)
    assert rounded % step == 0
    assert size - step < rounded <= size


@given(numbers, steps)
def test_a_price_is_the_nearest_multiple(price: Decimal, step: Decimal) -> None:
    rounded = round_price(price, step)
    assert rounded % step == 0
    assert abs(rounded - price) <= step / 2


@given(numbers, steps)
def test_what_is_rounded_stays(size: Decimal, step: Decimal) -> None:
    assume(size >= step)
    once = round_size(size, step)
    assert round_size(once, step) == once == round_price(once, step)


def test_a_size_is_not_rounded_up_at_its_last_digit() -> None:
    almost = D("0.99999999999999999999999999999999999999")
    assert round_size(almost, D("0.25")) == D("0.75")


@pytest.mark.parametrize(("size", "step"), [("0.2", "0.25"), ("0", "1"), ("-1", "1")])
def test_less_than_a_step_is_refused(size: str, step: str) -> None:
    with pytest.raises(ValueError, match=r"size"):
        round_size(size, D(step))


def test_a_size_beyond_counting_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="more than can be counted"):
        round_size("1e40", D("0.25"))


def test_a_market_without_steps_counts_in_units_of_its_decimals() -> None:
    info = MarketInfo("A.X", "A/USDT", "A", "USDT", "crypto", 2, 3)
    assert (str(info.price_step), str(info.step), info.limits) == ("0.01", "0.001", None)


def test_a_step_has_all_digits_of_its_market() -> None:
    """The engine tells a size's precision by its digits."""
    info = MarketInfo("A.X", "A/USDT", "A", "USDT", "crypto", 2, 3, price_step=D(5), step=D("0.25"))
    assert (str(info.price_step), str(info.step)) == ("5.00", "0.250")
    assert str(round_size("0.9", info.step)) == "0.750"
