"""How far a ladder is, told from the words of its steps."""

from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.supervisor.study_along import Along, Size

SIZE = Size(twins=60, trials=30, windows=3, wfo_trials=8, permutations=20)
WORDS = ("twins that enter at random", "trials", "in sample", "out of sample", "shuffled bars",
         "the held-out part", "neighbours")  # fmt: skip


def whole() -> list[tuple[str, int, int, bool]]:
    """Return the steps of a ladder from its beginning to its end, as a study tells them."""
    out = [("twins that enter at random", n, 60, False) for n in (20, 60)]
    for done in (8, 16, 24, 30):
        out += [("trials", 4, 8, True), ("trials", done, 30, False)]
    out += [("in sample", 3, 3, False), ("out of sample", 3, 3, False)]
    out += [("trials", n, 8, b) for _ in range(3) for n, b in ((4, True), (8, False))]
    out += [("in sample", 3, 3, False), ("shuffled bars", 20, 20, False)]
    return [*out, ("the held-out part", 1, 1, False)]


def test_a_ladder_goes_from_nothing_to_all_and_names_the_window_it_searches() -> None:
    along = Along(SIZE)
    seen = [along.at(*step) for step in whole()]
    shares = [share for share, _ in seen]
    assert shares == sorted(shares) and 0.1 < shares[0] < 0.2 and shares[-1] == 1.0
    words = [text for _, text in seen]
    assert "trials: 12 of 30" in words and "window 3 of 3, trials: 4 of 8" in words
    along.anew()
    assert along.at("trials", 1, 30)[0] < 0.5


def test_a_ladder_that_is_taken_up_in_its_windows_is_not_at_its_beginning() -> None:
    assert Along(SIZE).at("trials", 8, 8)[0] > 0.6


def test_the_time_left_is_told_once_there_is_something_to_tell_it_from() -> None:
    along = Along(SIZE)
    assert along.eta(0.5, 1.0) is None
    assert along.eta(0.75, 11.0) == 10.0


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 99), st.integers(0, 99),
                          st.booleans())))  # fmt: skip
def test_no_order_of_steps_makes_it_fall_or_pass_the_end(
    steps: list[tuple[str, int, int, bool]],
) -> None:
    along, last = Along(SIZE), 0.0
    for what, done, total, batch in steps:
        share, _ = along.at(what, min(done, total), total, batch)
        assert last <= share <= 1.0
        last = share
