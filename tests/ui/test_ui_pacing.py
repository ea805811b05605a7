"""A frame waits for the terminal's answer to the one before, but not for ever."""

from clearedge_tui.ui.pacing import LIMIT_S, Pacer


def test_a_frame_waits_for_the_answer() -> None:
    now = [0.0]
    pacer = Pacer(lambda: now[0])
    assert pacer.may_paint() and pacer.ask()
    assert not pacer.may_paint() and not pacer.ask()
    pacer.answered()
    assert pacer.may_paint() and pacer.ask()


def test_a_terminal_that_never_answers_is_not_asked_again() -> None:
    now = [0.0]
    pacer = Pacer(lambda: now[0])
    pacer.ask()
    now[0] = LIMIT_S
    assert pacer.may_paint() and pacer.off and not pacer.ask()


def test_a_terminal_that_stopped_gets_one_frame_in_ten_seconds() -> None:
    now = [0.0]
    pacer = Pacer(lambda: now[0])
    pacer.ask()
    pacer.answered()
    frames = 0
    for _ in range(300):
        now[0] += 0.1
        if pacer.may_paint() and pacer.ask():
            frames += 1
    assert frames in (3, 4)
