"""What a risk limit is: a wall with a warning before it, and what is done when it is broken.

Pure, like all of `core/limits*.py`. How another part uses them:

- `limits_values.parse` reads what a person wrote; `Limit` is what is stored.
- `limits_exposure.View` holds what is known of a portfolio, an account or an instance now.
- `limits_check.refuse` is asked before an order leaves; `limits_check.watch` draws a screen.
- `limits_actions.due` says what is to be done, each once; `limits_state` keeps what must outlive a
  restart: peak, beginnings of days, streaks, what was acted on.

A limit refuses every order that enlarges risk and would break it, whatever its action is. The action
is what is done besides, when the figure itself is past the limit. Orders that only reduce always
pass.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from clearedge_tui.core.limits_values import Amount, Hours, Markets, Rate, Value, parse

EVERY: Final = "*"  # the key of a limit that holds for each one of its scope


class Scope(StrEnum):
    """What a limit's figures are summed over. Money of two currencies is never summed."""

    PORTFOLIO = "portfolio"  # all accounts of one currency, which is the key
    ACCOUNT = "account"
    INSTANCE = "instance"


class Action(StrEnum):
    """What is done when a limit is broken; each from `observe` on also holds new risk back."""

    ALERT = "alert"  # say so
    OBSERVE = "observe"  # instances go down to observe; only a person raises them again
    REDUCE_ONLY = "reduce_only"  # nothing that enlarges passes
    CANCEL = "cancel"  # that, and open orders are cancelled
    FLATTEN = "flatten"  # that, and positions are closed
    KILL = "kill"  # the kill switch of this scope

    @property
    def rank(self) -> int:
        return list(Action).index(self)

    @property
    def holds(self) -> bool:
        """Whether new risk is held back until it is over."""
        return self is not Action.ALERT


class Resume(StrEnum):
    """Who ends what an action began."""

    PERSON = "person"
    AUTO = "auto"  # by itself, when the figure is back and the cooldown has passed


class Limit(msgspec.Struct, frozen=True):
    """One limit as it is stored. `value` is the text that `limits_values.parse` gives back."""

    scope: Scope
    key: str  # currency, account or instance; EVERY is each
    name: str  # one of KINDS
    value: str
    warn: Decimal = Decimal("0.8")  # share of the value from which on it is told
    action: Action = Action.ALERT
    cooldown_s: int = 0  # 0: the action is not repeated before a person clears it
    resume: Resume = Resume.PERSON

    @property
    def id(self) -> str:
        """Return its name within the state of one portfolio, account or instance."""
        return f"{self.key}/{self.name}"

    @property
    def parsed(self) -> Value:
        return parse(self.name, self.value)

    def applies_to(self, scope: Scope, key: str) -> bool:
        return self.scope is scope and self.key in (EVERY, key)


# what holds where nobody has said anything else; the same scope, key and name replaces it
DEFAULTS: Final = (
    Limit(Scope.ACCOUNT, EVERY, "data_age_s", "120", resume=Resume.AUTO, cooldown_s=300),
)


def with_defaults(declared: Iterable[Limit]) -> tuple[Limit, ...]:
    """Return what people declared and the defaults that none of it replaces, in one order."""
    said = {(one.scope, one.key, one.name): one for one in DEFAULTS}
    said |= {(one.scope, one.key, one.name): one for one in declared}
    return tuple(said[where] for where in sorted(said))


def zones(limits: Iterable[Limit]) -> frozenset[str]:
    """Return the zones whose days `limits_state.marked` must keep."""
    found = {one.parsed for one in limits if one.name == "daily_loss"}
    return frozenset({"UTC"} | {value.zone for value in found if isinstance(value, Amount)})


def looser(before: Limit | None, after: Limit | None) -> str:
    """Return why a change lets more through than before, or nothing. None is no such limit.

    What cannot be compared counts as looser.
    """
    if before is None:
        return ""
    if after is None:
        return f"{before.name} is taken away"
    if not _within(before.parsed, after.parsed, before.name):
        return f"{before.name} {before.value} -> {after.value}"
    if after.action.rank < before.action.rank:
        return f"action {before.action} -> {after.action}"
    if after.warn > before.warn:
        return f"warn {before.warn} -> {after.warn}"
    if before.resume is Resume.PERSON and after.resume is Resume.AUTO:
        return "resume person -> auto"
    if after.resume is Resume.AUTO and after.cooldown_s < before.cooldown_s:
        return f"cooldown {before.cooldown_s} s -> {after.cooldown_s} s"
    return ""


def _within(before: Value, after: Value, name: str) -> bool:
    """Whether the new value lets nothing through that the old one did not."""
    match before, after:
        case Amount(), Amount():
            if (before.share, before.zone) != (after.share, after.zone):
                return False
            if name == "duplicate_order":  # the longer it remembers, the more it refuses
                return after.number >= before.number
            return after.number <= before.number
        case Rate(), Rate():
            same = (before.window_s, before.least) == (after.window_s, after.least)
            return same and after.share <= before.share
        case Markets(), Markets():
            less, more = (before, after) if name == "blocked_markets" else (after, before)
            return all(more.hold(name) for name in less.names)
        case Hours(), Hours():
            return before == after
    return False
