"""What limits must remember of one account, in the account's own file: it outlives every process."""

from decimal import Decimal
from pathlib import Path

import msgspec

from clearedge_tui.core.limits import EVERY, Scope
from clearedge_tui.core.limits_state import RiskState, cleared, moved
from clearedge_tui.core.model import Position
from clearedge_tui.engine.record import Record

Where = tuple[Scope, str]


class _About(msgspec.Struct):
    """What changes equity without being a gain or a loss, as it was last seen."""

    balance: Decimal | None = None
    others: dict[str, Decimal] = {}  # equity of the portfolio's other accounts
    flat: dict[str, Decimal] = {}  # instance -> what it had made when it last held nothing


def clear_at_rest(path: Path, scope: Scope, key: str, name: str) -> str:
    """End what a limit did in the file of an account whose gateway does not run; return why not."""
    if not path.exists():
        return f"{name} of {scope} {key} has done nothing: its account never traded"
    record = Record(path, durable=True)
    try:
        return RiskBook(record).clear(scope, key, name) or record.error
    finally:
        record.close()


class RiskBook:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._states: dict[Where, RiskState] = {}
        self._dirty: set[Where] = set()
        self._anew = False
        kept = record.meta("risk")
        self._about = msgspec.json.decode(kept, type=_About) if kept else _About()
        self._about_dirty = False

    def begin_anew(self) -> None:
        """A replay was rewound: what was remembered is of times that are yet to come."""
        self._states.clear()
        self._anew = True

    def state(self, scope: Scope, key: str) -> RiskState:
        where = scope, key
        if where not in self._states:
            kept = "" if self._anew else self._record.meta(_name(where))
            found = msgspec.json.decode(kept, type=RiskState) if kept else RiskState()
            self._states[where] = found
        return self._states[where]

    def put(self, scope: Scope, key: str, state: RiskState) -> None:
        where = scope, key
        if self._states.get(where) != state:
            self._states[where] = state
            self._dirty.add(where)

    def clear(self, scope: Scope, key: str, name: str) -> str:
        """End what a limit did; its count begins anew. Return why not."""
        state = self.state(scope, key)
        names = [f"{one}/{name}" for one in (key, EVERY)]
        if not any(one in state.acted for one in names):
            return f"{name} of {scope} {key} has done nothing that is to be ended"
        for one in names:
            state = cleared(state, one)
        self.put(scope, key, state)
        self.flush()
        return ""

    def texts(self) -> dict[str, str]:
        """Return what is to be written down, once."""
        found = {_name(one): msgspec.json.encode(self._states[one]).decode() for one in self._dirty}
        if self._about_dirty:
            found["risk"] = msgspec.json.encode(self._about).decode()
        self._dirty.clear()
        self._about_dirty = False
        return found

    def unwritten(self) -> None:
        """What was to be written was not: all of it is still to be."""
        self._dirty |= set(self._states)
        self._about_dirty = True

    def flush(self) -> None:
        self._record.set_metas(self.texts())

    # ---- money that comes and goes ------------------------------------------------------------
    def balance(self, account: str, balance: Decimal) -> None:
        """Note what the account's books begin with; another sum is neither gain nor loss."""
        before, self._about.balance = self._about.balance, balance
        if before is not None and before != balance:
            self._move(Scope.ACCOUNT, account, balance - before)
            self._move_portfolio(balance - before)
        self._about_dirty |= before != balance

    def others(self, equities: dict[str, Decimal]) -> None:
        """Note the portfolio's other accounts; one that comes or goes brings or takes its money."""
        before = self._about.others
        came = sum((e for name, e in equities.items() if name not in before), Decimal(0))
        gone = sum((e for name, e in before.items() if name not in equities), Decimal(0))
        if came != gone:
            self._move_portfolio(came - gone)
        if before.keys() != equities.keys():
            self._about_dirty = True
        self._about.others = dict(equities)

    def forget(self, instance: str, made: Decimal, account: str) -> None:
        """An instance was removed, and what it had made with it."""
        self._states.pop((Scope.INSTANCE, instance), None)
        self._dirty.discard((Scope.INSTANCE, instance))
        self._record.set_metas({_name((Scope.INSTANCE, instance)): ""})
        self._about_dirty |= self._about.flat.pop(instance, None) is not None
        self._move(Scope.ACCOUNT, account, -made)
        self._move_portfolio(-made)

    def _move(self, scope: Scope, key: str, amount: Decimal) -> None:
        self.put(scope, key, moved(self.state(scope, key), amount))

    def _move_portfolio(self, amount: Decimal) -> None:
        for scope, key in [where for where in self._states if where[0] is Scope.PORTFOLIO]:
            self._move(scope, key, amount)

    # ---- trades -------------------------------------------------------------------------------
    def trade(self, instance: str, before: Position, after: Position) -> Decimal | None:
        """Return what a trade has made, after fees, when a fill ends it."""
        had, has = before.realised - before.fees, after.realised - after.fees
        if not before.size:
            self._about.flat[instance] = had
            self._about_dirty = True
            return None
        if after.size and (after.size > 0) == (before.size > 0):
            return None
        made = has - self._about.flat.get(instance, had)
        self._about.flat[instance] = has
        self._about_dirty = True
        return made


def _name(where: Where) -> str:
    return f"risk/{where[0]}/{where[1]}"
