"""Filters as people type them: what they find, and what they say when they make no sense."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import UsageError
from clearedge_tui.runs import query

FIELDS = {"name": str, "tag": str, "sharpe": float, "size": float, "at": float, "star": bool}
ROW: dict[str, Any] = {
    "name": "Ema Cross", "tag": ("best", "btc"), "sharpe": 1.5, "size": 2_500_000,
    "at": 1_767_225_600 * 10**9, "star": True, "none": None,
}  # fmt: skip


def fits(text: str, row: dict[str, Any] | None = None) -> bool:
    given = ROW if row is None else row
    texts = [value for value in given.values() if isinstance(value, str)]
    return all(
        term.fits(given.get(term.field)) if term.field else term.named(texts)
        for term in query.parse(text, FIELDS)
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "ema", "EMA cross", "name:cross", 'name="ema cross"', '"ema cross"', "tag:best", "tag:bt",
        "sharpe>1", "sharpe>=1.5", "sharpe<=1.5", "sharpe=1.5", "sharpe!=2", "sharpe<=150%", "size>2mb",
        "size<3m", "at>=2026-01-01", "at<2026-01-01T01:00", "star:yes", "-star:no", "-tag:bad",
        "-nothing", "ema -sharpe<1 tag:btc", "name!=other",
    ],
)  # fmt: skip
def test_it_is_found(text: str) -> None:
    assert fits(text)


@pytest.mark.parametrize(
    "text",
    [
        "nothing", "name:nothing", "tag:bad", "sharpe>1.5", "sharpe<1.5", "sharpe!=1.5", "size<2mb",
        "at<2026-01-01", "star:no", "-ema", "ema sharpe>9", "-tag:best", "name=ema",
    ],
)  # fmt: skip
def test_it_is_not_found(text: str) -> None:
    assert not fits(text)


def test_what_is_not_known_is_neither_more_nor_less() -> None:
    unknown = {**ROW, "sharpe": None}
    for text in ("sharpe>0", "sharpe<=0", "sharpe=0", "sharpe!=0"):
        assert not fits(text, unknown)
    assert fits("-sharpe>0", unknown)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sharp>1", "no field `sharp`; nearest: sharpe"),
        ("sharpe>high", "no number and no date"),
        ("sharpe:high", "no number and no date"),
        ("name>a", "name is text: use `:`"),
        ("size>1e999999999", "no number"),
    ],
)
def test_nonsense_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError) as told:
        query.parse(text, FIELDS)
    assert words in str(told.value)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_filter_or_an_error_in_words(text: str) -> None:
    with contextlib.suppress(UsageError):
        fits(text)


@given(
    st.floats(-1e6, 1e6), st.sampled_from([">", "<", ">=", "<=", "=", "!="]), st.floats(-1e6, 1e6)
)
def test_comparisons_are_those_of_numbers(found: float, sign: str, wanted: float) -> None:
    said = {
        ">": found > wanted, "<": found < wanted, ">=": found >= wanted,
        "<=": found <= wanted, "=": found == wanted, "!=": found != wanted,
    }  # fmt: skip
    text = f"sharpe{sign}{wanted!r}"
    assert fits(text, {"sharpe": found}) is said[sign]
    assert fits(f"-{text}", {"sharpe": found}) is not said[sign]
