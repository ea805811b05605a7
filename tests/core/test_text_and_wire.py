from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.rounding import round_price, round_size
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import Deframer, FrameError, frame


@given(st.text(max_size=2000))
def test_no_control_or_direction_character_survives_the_cleaner(text: str) -> None:
    washed = clean_text(text)
    assert len(washed) <= 400
    assert not any(
        ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in washed
    )


@pytest.mark.parametrize("attack", ["\x1b]52;c;aGk=\x07", "\x1b[2J", "\x9b31m", "a\u202eb", "\x00"])
def test_escape_sequences_lose_their_teeth(attack: str) -> None:
    assert "\x1b" not in clean_text(attack)
    assert "\x9b" not in clean_text(attack)


@given(st.lists(st.lists(st.integers(-(2**63), 2**64 - 1)), max_size=8), st.integers(1, 50))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    messages: list[list[int]], cut: int
) -> None:
    stream = b"".join(frame(m) for m in messages)
    deframer = Deframer()
    out = []
    for start in range(0, len(stream), cut):
        out += [msgspec.msgpack.decode(b) for b in deframer.feed(stream[start : start + cut])]
    assert out == messages


def test_a_frame_too_large_is_refused() -> None:
    with pytest.raises(FrameError, match="allowed"):
        list(Deframer().feed(b"\xff\xff\xff\xff"))


@given(st.decimals("0.001", "1000", places=6))
def test_sizes_round_down_to_whole_steps(size: Decimal) -> None:
    step = Decimal("0.001")
    rounded = round_size(size, step)
    assert 0 <= size - rounded < step
    assert rounded % step == 0


@pytest.mark.parametrize("bad", [0, -1, "x", float("nan"), float("inf"), None, "0.0001"])
def test_a_size_that_is_none_is_a_value_error(bad: object) -> None:
    with pytest.raises(ValueError, match="size"):
        round_size(bad, Decimal("0.001"))  # type: ignore[arg-type]


def test_floats_mean_what_a_person_reads() -> None:
    assert round_size(0.1, Decimal("0.001")) == Decimal("0.1")
    assert round_price(100.13, Decimal("0.05")) == Decimal("100.15")
