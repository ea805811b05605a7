"""What is to be done about broken limits: each action once, until its cooldown or a clear. Pure.

`due` takes what `limits_check.watch` saw of a view and the view's state, and gives both what is to
be done and the next state, which is to be written down before anything is done: after a crash
between the two the action is not repeated, and the hold stands.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from clearedge_tui.core.limits import Action, Limit, Resume
from clearedge_tui.core.limits_check import State, Watched
from clearedge_tui.core.limits_state import WARNED, Acted, RiskState

_SECOND_NS = 1_000_000_000
WARN_AGAIN_S = 300  # a figure that moves about its warning is told of this often at most


class Due(msgspec.Struct, frozen=True):
    """One thing to do. A warning is an alert with `level` warn."""

    limit_id: str
    action: Action
    level: State
    text: str


class Over(msgspec.Struct, frozen=True):
    """What ended by itself: it is told, and what it held back may go on.

    A mode that was lowered stays: modes rise only by a recorded act of a person.
    """

    limit_id: str
    action: Action
    text: str


def due(
    seen: Iterable[Watched], state: RiskState, now_ns: int
) -> tuple[tuple[Due, ...], tuple[Over, ...], RiskState]:
    """Return what is to be done now (the hardest first), what is over, and the next state.

    An action that is due again after its cooldown is repeated while its limit is still broken; one
    that is harder than what was done is due at once. What is not known neither begins nor ends
    anything.
    """
    watched = {one.limit.id: one for one in seen}
    acted, over = _ended(watched, state, now_ns)
    todo: list[Due] = []
    for limit_id, one in sorted(watched.items()):
        if one.state is State.BREACH:
            wish = Due(limit_id, one.limit.action, one.state, one.text)
            todo += _once(limit_id, wish, _as_acted(one.limit, one.text, now_ns), acted, now_ns)
        elif one.state is State.WARN:
            told = Acted(Action.ALERT, Resume.AUTO, WARN_AGAIN_S, now_ns, why=one.text)
            wish = Due(limit_id, Action.ALERT, one.state, one.text)
            if limit_id not in acted:  # what it did is not over: a warning says nothing new
                todo += _once(limit_id + WARNED, wish, told, acted, now_ns, again=False)
    todo.sort(key=lambda one: (-one.action.rank, one.level is State.WARN, one.limit_id))
    return tuple(todo), over, replace(state, acted=acted)


def held(state: RiskState) -> dict[str, Acted]:
    """Return what holds new risk back, by the id of its limit."""
    return {
        limit_id: one
        for limit_id, one in state.acted.items()
        if not limit_id.endswith(WARNED) and one.action.holds
    }


def _as_acted(limit: Limit, why: str, now_ns: int) -> Acted:
    return Acted(limit.action, limit.resume, limit.cooldown_s, now_ns, why=why)


def _once(
    key: str, wish: Due, fresh: Acted, acted: dict[str, Acted], now_ns: int, again: bool = True
) -> list[Due]:
    """Note the action and return it, unless it was done and its time has not come again."""
    before = acted.get(key)
    if before is not None:
        harder = fresh.action.rank > before.action.rank
        waited = before.cooldown_s > 0 and _waited(before, now_ns)
        if not harder and not (again and waited):
            return []
        hardest = fresh.action if harder else before.action  # what was begun is not taken back
        fresh = replace(fresh, times=before.times + 1, action=hardest)
    acted[key] = fresh
    return [wish]


def _waited(one: Acted, now_ns: int) -> bool:
    return now_ns - one.at_ns >= one.cooldown_s * _SECOND_NS


def _ended(
    watched: dict[str, Watched], state: RiskState, now_ns: int
) -> tuple[dict[str, Acted], tuple[Over, ...]]:
    """Return what goes on and what is over. An alert holds nothing, so nobody has to end it."""
    kept, over = {}, []
    for key, one in state.acted.items():
        found = watched.get(key.removesuffix(WARNED))
        warned = key.endswith(WARNED)
        back = True  # the limit was taken away
        if found is not None:
            back = found.state is State.OK or (found.state is State.WARN and not warned)
            if not warned:  # a person may have changed meanwhile who ends it, and when
                limit = found.limit
                one = replace(one, resume=limit.resume, cooldown_s=limit.cooldown_s)
        by_itself = one.resume is Resume.AUTO or not one.action.holds
        if back and by_itself and _waited(one, now_ns):
            if not warned:
                text = found.text if found else "the limit was taken away"
                over.append(Over(key, one.action, text))
        else:
            kept[key] = one
    return kept, tuple(over)
