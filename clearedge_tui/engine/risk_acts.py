"""What is done about a broken limit: told, lowered, cancelled, closed, killed."""

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from clearedge_tui.core import kill
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.limits import Action, Scope
from clearedge_tui.core.limits_actions import Due, Over, held
from clearedge_tui.core.limits_check import State
from clearedge_tui.core.limits_exposure import View
from clearedge_tui.core.messages import (
    Noted,
)
from clearedge_tui.core.model import Mode
from clearedge_tui.core.risk_messages import (
    Lower,
)

if TYPE_CHECKING:
    from clearedge_tui.engine.desk import Desk
    from clearedge_tui.engine.seat import Seat

_AGAIN_NS: Final = 1_000_000_000  # an unconfirmed cancel or exit is sent again after that


class RiskActs:
    def __init__(self, desk: "Desk", tell: Callable[[msgspec.Struct], object]) -> None:
        self._desk = desk
        self._tell = tell
        self.write_kill: Callable[[kill.Kill], object] = lambda _kill: None
        self.ready: Callable[[], bool] = lambda: True  # the book trades
        self._sent_ns: dict[str, int] = {}

    def do(
        self, view: View, begun: Iterable[Due], over: Iterable[Over], others: Iterable[str]
    ) -> None:
        """Do each action once. `others` are the accounts of the same portfolio."""
        for one in over:
            text = f"{one.text}; {one.action} is over"
            self._note("limit.over", view, one.limit_id, one.action, text)
        for act in begun:
            name = "limit.warn" if act.level is State.WARN else f"limit.{act.action}"
            self._note(name, view, act.limit_id, act.action, act.text)
            if act.action is Action.OBSERVE:
                self._lower(view, act.text)
            elif act.action is Action.KILL:
                for switch in self._kills(view, act.text, others):
                    with contextlib.suppress(OSError):  # a full disk: `enforce` does it then
                        self.write_kill(switch)

    def lower_again(self, view: View) -> None:
        for one in held(view.state).values():
            if one.action is Action.OBSERVE:
                self._lower(view, one.why)

    def _lower(self, view: View, why: str) -> None:
        for seat in self._seats(view):
            if seat.mode is Mode.ACTIVE:
                self._tell(Lower(seat.instance.id, why))

    def enforce(self, views: Iterable[View], now: int) -> None:
        """Keep what is held by a harder action empty, however long that takes.

        A kill has its own switch, which does the same; this is for when its file cannot be written.
        """
        if not self.ready():
            return
        for view in views:
            ranks = [one.action.rank for one in held(view.state).values()]
            if max(ranks, default=0) < Action.CANCEL.rank:
                continue
            for seat in self._seats(view):
                if not self._desk.killed(seat):
                    self._empty(seat, max(ranks) >= Action.FLATTEN.rank, now)

    def _empty(self, seat: "Seat", flatten: bool, now: int) -> None:
        desk, exits = self._desk, f"{seat.instance.id}-exit-"
        waiting = False
        for order in seat.working(desk.own):
            if order.id.startswith(exits):
                continue
            waiting = True
            if self._due(order.id, now):
                desk.cancel(seat.instance.id, order.id)
        # what is being cancelled may fill meanwhile: positions are closed when nothing rests
        still = any(not one.id.startswith(exits) for one in seat.working(desk.own))
        late = waiting and still and self._late(seat, now)
        if flatten and (not still or late) and self._priced(seat):
            desk.flatten(seat.instance.id, "limit")
        if not still:
            self._sent_ns.pop(seat.instance.id, None)

    def _due(self, order_id: str, now: int) -> bool:
        due = now - self._sent_ns.get(order_id, 0) > _AGAIN_NS
        if due:
            self._sent_ns[order_id] = now
        return due

    def _late(self, seat: "Seat", now: int) -> bool:
        return now - self._sent_ns.setdefault(seat.instance.id, now) > _AGAIN_NS

    def _priced(self, seat: "Seat") -> bool:
        """A simulated venue fills nothing before its first price."""
        return self._desk.account.live or seat.market.id in self._desk.prices

    def _seats(self, view: View) -> list["Seat"]:
        seats = self._desk.seats
        if view.scope is Scope.INSTANCE:
            return [seats[view.key]] if view.key in seats else []
        return list(seats.values())

    def _kills(self, view: View, why: str, others: Iterable[str]) -> list[kill.Kill]:
        """Return the kills of a scope. A portfolio is killed by its accounts: it has no name there."""
        at, flatten = now_ns(), kill.Action.FLATTEN
        if view.scope is Scope.INSTANCE:
            return [kill.Kill(kill.Scope.INSTANCE, view.key, flatten, why, "limit", at)]
        names = {self._desk.account.name}
        names |= set(others) if view.scope is Scope.PORTFOLIO else set()
        return [kill.Kill(kill.Scope.ACCOUNT, n, flatten, why, "limit", at) for n in sorted(names)]

    def _note(self, event: str, view: View, limit_id: str, action: Action, text: str) -> None:
        payload = {"scope": str(view.scope), "key": view.key, "action": str(action)}
        payload["limit"] = limit_id.rpartition("/")[2]
        self._tell(Noted(event, view.key, text, dict(payload)))
