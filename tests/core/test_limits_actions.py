"""What broken limits do, once each, and what they remember over restarts."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.limits import EVERY, Action, Limit, Resume, Scope
from clearedge_tui.core.limits_actions import Due, Over, due, held
from clearedge_tui.core.limits_check import State, Watched, refuse, watch
from clearedge_tui.core.limits_exposure import Leg, View, Wish
from clearedge_tui.core.limits_state import (
    RiskState,
    Sent,
    answered,
    cleared,
    left,
    marked,
    moved,
    slipped,
    traded,
)
from clearedge_tui.core.limits_values import canonical

D = Decimal
SECOND, HOUR = 1_000_000_000, 3_600_000_000_000
NOW = int(datetime(2026, 1, 7, 23, 0, tzinfo=UTC).timestamp()) * SECOND


def limit(name: str, value: str, **more: Any) -> Limit:
    return Limit(Scope.ACCOUNT, more.pop("key", EVERY), name, canonical(name, value), **more)


def seen(
    state: State, action: Action, cooldown_s: int = 0, resume: Resume = Resume.PERSON
) -> Watched:
    one = limit("gross_exposure", "100", action=action, cooldown_s=cooldown_s, resume=resume)
    return Watched(one, "bybit", state, "gross_exposure is high")


def account(state: RiskState, *legs: Leg, equity: str = "1000") -> View:
    return View(Scope.ACCOUNT, "bybit", "USDT", legs, D(equity), state)


# ---- actions ----------------------------------------------------------------------------------
stories = st.lists(
    st.tuples(st.sampled_from(State), st.integers(0, 40), st.sampled_from(Action)),
    min_size=1,
    max_size=40,
)


@given(stories, st.integers(0, 60), st.sampled_from(Resume))
def test_an_action_is_not_repeated_within_its_cooldown_nor_ever_without_one(
    story: list[tuple[State, int, Action]], cooldown_s: int, resume: Resume
) -> None:
    state, now, hardest = RiskState(), NOW, story[0][2]
    last: dict[Action, int] = {}
    ended = True
    for figure, wait, _ in story:
        now += wait * SECOND
        doing, over, state = due([seen(figure, hardest, cooldown_s, resume)], state, now)
        ended = ended or bool(over)
        for one in (one for one in doing if one.level is State.BREACH):
            assert figure is State.BREACH
            before = last.get(one.action)
            if before is not None:
                assert now - before >= cooldown_s * SECOND
                assert ended or cooldown_s  # without a cooldown: once until it is over
            last[one.action] = now
            ended = False


@given(stories)
def test_what_was_done_stands_until_it_is_over_and_never_becomes_milder(
    story: list[tuple[State, int, Action]],
) -> None:
    """A person may change the action meanwhile; a restart in between changes nothing."""
    state, now = RiskState(), NOW
    rank = -1
    for figure, wait, action in story:
        now += wait * SECOND
        doing, over, state = due([seen(figure, action, 10)], state, now)
        state = msgspec.json.decode(msgspec.json.encode(state), type=RiskState)
        kept = next((one for key, one in state.acted.items() if "!" not in key), None)
        if over:
            assert over[0].action is Action.ALERT  # a person ends the others
            rank = -1
        if kept is None:
            assert figure is not State.BREACH and rank <= Action.ALERT.rank
            rank = -1
            continue
        assert kept.action.rank >= rank
        if any(one.level is State.BREACH and one.action.rank > rank for one in doing):
            assert kept.action is max((one.action for one in doing), key=lambda a: a.rank)
        rank = kept.action.rank


def test_the_hardest_comes_first_and_each_limit_acts_for_itself() -> None:
    many = [
        limit("gross_exposure", "10", action=Action.CANCEL),
        limit("net_exposure", "10", action=Action.KILL),
        limit("open_positions", "0", action=Action.ALERT),
        limit("leverage", "0.055", action=Action.KILL),
    ]
    view = account(RiskState(), Leg("a", "BTCUSDT.BYBIT", D(50)))
    doing, over, state = due(watch(many, view, NOW), view.state, NOW)
    assert [(one.action, one.level) for one in doing] == [
        (Action.KILL, State.BREACH), (Action.CANCEL, State.BREACH),
        (Action.ALERT, State.BREACH), (Action.ALERT, State.WARN),
    ]  # fmt: skip
    assert over == ()
    assert held(state).keys() == {"*/gross_exposure", "*/net_exposure"}
    assert due(watch(many, account(state, *view.legs), NOW), state, NOW)[0] == ()


def test_a_harder_action_is_due_at_once() -> None:
    _, _, state = due([seen(State.BREACH, Action.ALERT, 3600)], RiskState(), NOW)
    doing, _, state = due([seen(State.BREACH, Action.FLATTEN, 3600)], state, NOW + 1)
    assert [one.action for one in doing] == [Action.FLATTEN]
    assert state.acted["*/gross_exposure"].times == 2


def test_a_hold_refuses_new_risk_until_a_person_clears_it_even_without_its_limit() -> None:
    _, _, state = due([seen(State.BREACH, Action.REDUCE_ONLY)], RiskState(), NOW)
    doing, over, state = due([], state, NOW + HOUR)
    assert (doing, over) == ((), ())
    ask = Wish("bybit", "a", "BTCUSDT.BYBIT", "buy", D(1), D(1), D(1))
    rest = (View(Scope.INSTANCE, "a", "USDT"), View(Scope.PORTFOLIO, "USDT", "USDT"))
    found = refuse(ask, [], (account(state), *rest), NOW)
    assert found and found.rule == "held"
    assert (
        "held back since 2026-01-07 23:00:00 UTC: gross_exposure, reduce_only; a person clears it"
        in found.text
    )
    assert refuse(ask, [], (account(cleared(state, "*/gross_exposure")), *rest), NOW) is None


def test_what_ends_by_itself_waits_for_its_cooldown_and_is_told() -> None:
    def look(
        figure: State, at: int, state: RiskState
    ) -> tuple[tuple[Due, ...], tuple[Over, ...], RiskState]:
        return due([seen(figure, Action.CANCEL, 60, Resume.AUTO)], state, NOW + at * SECOND)

    _, _, state = look(State.BREACH, 0, RiskState())
    assert look(State.OK, 59, state)[1] == ()
    assert look(State.UNKNOWN, 61, state)[1] == ()  # what is not known ends nothing
    doing, over, free = look(State.WARN, 61, state)
    assert [(one.limit_id, one.action) for one in over] == [("*/gross_exposure", Action.CANCEL)]
    assert [one.level for one in doing] == [State.WARN]
    assert held(free) == {}


def test_who_ends_it_is_what_the_limit_says_now() -> None:
    _, _, state = due([seen(State.BREACH, Action.CANCEL, 60, Resume.AUTO)], RiskState(), NOW)
    by_person = seen(State.OK, Action.CANCEL, 60, Resume.PERSON)
    assert due([by_person], state, NOW + HOUR)[1] == ()


def test_a_warning_is_told_once_and_not_while_its_figure_moves_about() -> None:
    state, told = RiskState(), 0
    for at in range(0, 900, 10):
        figure = State.WARN if at % 20 else State.OK
        doing, _, state = due([seen(figure, Action.KILL)], state, NOW + at * SECOND)
        assert all(one.action is Action.ALERT for one in doing)
        told += len(doing)
    assert told == 3  # every five minutes
    assert held(state) == {}


# ---- states -----------------------------------------------------------------------------------
@given(st.lists(st.decimals("-100", "3000", places=1), min_size=1, max_size=20))
def test_the_peak_is_the_highest_and_the_day_begins_with_what_was_before_it(
    path: list[Decimal],
) -> None:
    state, at = RiskState(), NOW
    before = path[0]
    for equity in path:
        today = (at // (24 * HOUR)) != ((at - HOUR) // (24 * HOUR)) or state.equity is None
        state = marked(state, equity, at, {"UTC", "Asia/Tokyo"})
        state = msgspec.json.decode(msgspec.json.encode(state), type=RiskState)
        if today:
            assert state.days["UTC"].start == before
        before, at = equity, at + HOUR
    assert state.peak == max(path) and state.equity == path[-1]
    assert state.days.keys() == {"UTC", "Asia/Tokyo"}


def test_a_loss_over_night_or_while_nothing_ran_counts_for_the_new_day() -> None:
    state = marked(RiskState(), D(1000), NOW)
    state = marked(state, D(900), NOW + 60 * HOUR)
    (found,) = watch([limit("daily_loss", "10%")], account(state, equity="900"), NOW + 60 * HOUR)
    assert (found.state, found.now) == (State.BREACH, D("0.1"))
    back = marked(state, D(900), NOW)  # a clock that goes back begins no day
    assert back.days == state.days


def test_money_paid_in_or_out_is_no_gain_and_no_loss() -> None:
    state = moved(marked(marked(RiskState(), D(1000), NOW), D(990), NOW), D(-500))
    limits = [limit("daily_loss", "20"), limit("drawdown", "20")]
    figures = {one.limit.name: one.now for one in watch(limits, account(state, equity="490"), NOW)}
    assert figures == {"daily_loss": D(10), "drawdown": D(10)}


@pytest.mark.parametrize(("pnls", "streak"), [("-1 -2 0 -3", 3), ("-1 5 -2", 1), ("-1 -1 2", 0)])
def test_a_streak_of_losses_ends_with_a_gain(pnls: str, streak: int) -> None:
    state = RiskState()
    for pnl in pnls.split():
        state = traded(state, D(pnl))
    assert state.losses == streak


def test_rejections_count_within_their_window_and_from_a_number_on() -> None:
    state = RiskState()
    for at, rejected in enumerate([True, True, False, True]):
        state = answered(state, rejected, NOW + at * 10 * SECOND)
    assert state.rejected(300, 4, NOW + 30 * SECOND) == D("0.75")
    assert state.rejected(300, 5, NOW + 30 * SECOND) == 0
    assert state.rejected(15, 2, NOW + 30 * SECOND) == D("0.5")
    assert state.rejected(5, 1, NOW + 3600 * SECOND) == 0


def test_slippage_is_the_worst_of_the_day_against_us() -> None:
    state = slipped(RiskState(), "buy", D(100), D("100.2"), NOW)
    state = slipped(state, "sell", D(100), D("100.5"), NOW)  # better than seen
    state = slipped(state, "sell", D(100), D("99.9"), NOW)
    assert state.slippage_bps == 20
    assert slipped(state, "buy", D(100), D("100.1"), NOW + 2 * HOUR).slippage_bps == 10


def test_orders_are_forgotten_after_a_minute() -> None:
    state = RiskState()
    for at in range(0, 130, 10):
        state = left(state, Sent(NOW + at * SECOND, "M", "buy", D(at), D(1)))
        assert state.orders(NOW + at * SECOND) == min(at // 10 + 1, 6)
    assert len(state.sent) == 6
    assert state.repeats(D(30), ("M", "buy", D(100), D(1)), NOW + 120 * SECOND) == 1
    assert state.repeats(D(20), ("M", "buy", D(100), D(1)), NOW + 120 * SECOND) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("drawdown", "5%"), ("daily_loss", "50"), ("consecutive_losses", "2"), ("slippage_bps", "10"),
     ("reject_rate", "50%/60s/1")],
)  # fmt: skip
def test_a_clear_begins_the_count_anew_and_lets_it_act_again(name: str, value: str) -> None:
    def broken(state: RiskState) -> RiskState:
        assert state.equity is not None
        state = marked(state, state.equity * D("0.9"), NOW)
        state = answered(traded(traded(state, D(-1)), D(-1)), True, NOW)
        return slipped(state, "buy", D(100), D(101), NOW)

    one = limit(name, value, action=Action.FLATTEN)
    state = marked(RiskState(), D(1000), NOW)
    for _ in range(2):
        state = broken(state)
        view = account(state, equity=str(state.equity))
        doing, _, state = due(watch([one], view, NOW), state, NOW)
        assert [what.action for what in doing] == [Action.FLATTEN]
        state = cleared(state, one.id)
        (now,) = watch([one], account(state, equity=str(state.equity)), NOW)
        assert (now.state, now.held) == (State.OK, "")
