"""The kill switch as data: what is stopped, and what of an account that concerns. Pure.

A kill is a file under `state/kill`, so it works without a database and survives everything; its
name says all that must be known. What is in it (reason, who) is for people.
"""

import re
from enum import StrEnum
from urllib.parse import quote, unquote

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import Instance

_NAME = re.compile(
    r"(global|account|venue|strategy|instance)(?:\.([^/]+?))?\.(block|cancel|flatten)"
)
SIGNALLED = "a signal"  # the reason of a kill that came as a signal to a gateway
TOUCHED = "KILL"  # a bare file of this name, in `state`: everything, cancelled


class Scope(StrEnum):
    GLOBAL = "global"
    ACCOUNT = "account"
    VENUE = "venue"
    STRATEGY = "strategy"
    INSTANCE = "instance"


class Action(StrEnum):
    """What a kill does beyond refusing orders. Each includes the one before."""

    BLOCK = "block"
    CANCEL = "cancel"
    FLATTEN = "flatten"

    @property
    def rank(self) -> int:
        return ("block", "cancel", "flatten").index(self.value)


class Kill(msgspec.Struct, frozen=True):
    """One kill that is on. `reason` may come later, or never."""

    scope: Scope
    key: str = ""
    action: Action = Action.CANCEL
    reason: str = ""
    who: str = ""
    at_ns: int = 0

    @property
    def name(self) -> str:
        """Return the name of its file."""
        middle = f".{quote(self.key, safe='-_')}" if self.key else ""
        return f"{self.scope}{middle}.{self.action}"

    @property
    def text(self) -> str:
        what = "everything" if self.scope is Scope.GLOBAL else f"{self.scope} {self.key}"
        why = f" ({self.reason})" if self.reason else ""
        return f"{what} is killed{why}"

    def hits(self, account: str, venue: str, instance: Instance) -> bool:
        """Whether it stops an instance of an account."""
        match self.scope:
            case Scope.GLOBAL:
                return True
            case Scope.ACCOUNT:
                return self.key == account
            case Scope.VENUE:
                return bool(venue) and self.key == venue
            case Scope.STRATEGY:
                return self.key == instance.strategy
            case Scope.INSTANCE:
                return self.key == instance.id

    def whole(self, account: str, venue: str) -> bool:
        """Whether it stops all of an account, what is not ours there too."""
        return (
            self.scope is Scope.GLOBAL
            or (self.scope is Scope.ACCOUNT and self.key == account)
            or (self.scope is Scope.VENUE and bool(venue) and self.key == venue)
        )


def named(name: str) -> Kill | None:
    """Return the kill that a file's name speaks of; None for other files."""
    if name == TOUCHED:
        return Kill(Scope.GLOBAL, action=Action.CANCEL, reason=f"the file {TOUCHED} is there")
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    scope, key = Scope(found[1]), unquote(found[2] or "")
    if (scope is Scope.GLOBAL) == bool(key):
        return None
    return Kill(scope, key, Action(found[3]))


def asked(scope: str, key: str, action: str) -> Kill:
    """Return a kill as a person words it. Raises UsageError that says what is wanted."""
    if scope not in list(Scope):
        raise UsageError(f"scope `{scope}`; wanted {', '.join(Scope)}")
    if action not in list(Action):
        raise UsageError(f"action `{action}`; wanted {', '.join(Action)}")
    if (scope == Scope.GLOBAL) == bool(key):
        raise UsageError(
            f"scope {scope} {'takes no name' if scope == Scope.GLOBAL else 'needs a name'}"
        )
    return Kill(Scope(scope), key, Action(action))
