"""What the supervisor does about risk: gateways are told limits and approvals, and are heard."""

import contextlib
from collections.abc import Callable, Iterable

import msgspec

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_rules import allowed
from clearedge_tui.core.model import Mode
from clearedge_tui.core.risk_messages import (
    Lower,
    Permit,
    Permitted,
    RiskLimits,
    RiskRows,
    RiskSums,
)
from clearedge_tui.settings import Account, Home
from clearedge_tui.store import trading
from clearedge_tui.store.db import Store
from clearedge_tui.supervisor import approved
from clearedge_tui.supervisor.declared import Declared
from clearedge_tui.supervisor.engine_link import EngineLink
from clearedge_tui.supervisor.exchange import Exchange
from clearedge_tui.supervisor.recorder import Recorder
from clearedge_tui.supervisor.runtime import AccountRun, InstanceRun

Lowers = Callable[[InstanceRun, str, bool], None]


class RiskSide:
    """`look` sends what has changed: once a second, and at once after a person's act."""

    def __init__(
        self,
        home: Home,
        store: Store,
        recorder: Recorder,
        runs: dict[str, InstanceRun],
        declared: Declared,
        lower: Lowers,
        touch: Callable[[InstanceRun], None],
    ) -> None:
        self._home = home
        self._store = store
        self._record = recorder
        self._runs = runs
        self._declared = declared
        self._lower = lower
        self._touch = touch
        self._permits: dict[str, tuple[EngineLink, Permit]] = {}
        self._limits: dict[str, tuple[EngineLink, tuple[Limit, ...]]] = {}
        self._exchange = Exchange(runs)

    # ---- approvals ----------------------------------------------------------------------------
    def _live(self, run: InstanceRun) -> bool:
        account = self._declared.accounts().get(run.instance.account)
        return account is not None and account.live

    def before_start(self, run: InstanceRun) -> None:
        """Let no process come up in `active` for real money with what nobody has approved."""
        if run.instance.mode is not Mode.ACTIVE or not self._live(run):
            return
        why = approved.why_not(self._home, self._store, run.instance, now_ns())
        if why:
            self._lost(run, why)

    def configured(self, run: InstanceRun, place: AccountRun | None) -> None:
        """Say that settings are others before a process that runs is told of them."""
        if place is not None and run.attached:
            self.attached(run, place)

    def attached(self, run: InstanceRun, place: AccountRun) -> None:
        """Say what is approved right after who speaks for an instance."""
        if self._live(run) and place.gateway.link is not None:
            declared = self._store.instance(run.instance.id)
            permit = approved.permit(self._store, declared)
            if place.gateway.link.send(permit):
                self._permits[run.instance.id] = (place.gateway.link, permit)

    def _lost(self, run: InstanceRun, why: Iterable[str]) -> None:
        said = "; ".join(why)
        run.last_event, run.last_event_ns = f"approval lost: {said}", now_ns()
        self._record.event("approval.lost", run.instance.id, said)
        with contextlib.suppress(ClearEdgeError):  # it is kept, and written when that can be done
            self._record.flush()
        self._lower(run, f"its approval does not hold: {said}", True)
        self._touch(run)

    # ---- what gateways are told ---------------------------------------------------------------
    def look(self, places: dict[str, AccountRun]) -> None:
        """Tell every gateway what it does not know yet: limits first, approvals are about them."""
        accounts = self._declared.accounts()
        for name, account in accounts.items():
            at = places.get(name)
            gateway = at.gateway.link if at is not None and at.gateway.up else None
            if gateway is not None:
                limits = self.limits_of(account)
                if self._limits.get(name) != (gateway, limits):
                    gateway.send(RiskLimits(limits))
                    self._limits[name] = (gateway, limits)
        for run in self._runs.values():
            place = places.get(run.instance.account)
            link = place.gateway.link if place is not None else None
            own = accounts.get(run.instance.account)
            if place is None or link is None or not run.attached or own is None or not own.live:
                continue
            known = self._permits.get(run.instance.id)
            if known != (link, approved.permit(self._store, run.instance)):
                self.attached(run, place)

    def limits_of(self, account: Account) -> tuple[Limit, ...]:
        """Return the declared limits that concern an account or an instance of it."""
        places = {(Scope.PORTFOLIO, account.currency), (Scope.ACCOUNT, account.name)}
        return tuple(
            limit
            for one in trading.limits(self._store)
            if (limit := one.limit).scope is Scope.INSTANCE
            or any(limit.applies_to(*place) for place in places)
        )

    def exchange(self, places: dict[str, AccountRun]) -> None:
        """Bring the sums of each portfolio's accounts to its gateways, where a limit is about it."""
        whole = [
            one.limit for one in trading.limits(self._store) if one.limit.scope is Scope.PORTFOLIO
        ]
        if whole:
            accounts = self._declared.accounts()
            currencies = {
                account.currency
                for account in accounts.values()
                if any(one.applies_to(Scope.PORTFOLIO, account.currency) for one in whole)
            }
            counts = [one for one in whole if one.name == "open_positions"]
            positions = {
                currency: min(int(allowed(one)) for one in found)
                for currency in currencies
                if (found := [c for c in counts if c.applies_to(Scope.PORTFOLIO, currency)])
            }
            self._exchange.go(accounts, places, currencies, positions)

    # ---- what gateways say --------------------------------------------------------------------
    def heard(self, place: AccountRun, message: msgspec.Struct) -> None:
        match message:
            case Permitted():
                self._permitted(message)
            case RiskRows():
                place.risk, place.risk_s = message.rows, monotonic()
            case RiskSums():
                place.sums, place.sums_s = message, monotonic()
            case Lower():
                run = self._runs.get(message.id)
                if run is not None:
                    self._lower(run, message.why, True)

    def _permitted(self, message: Permitted) -> None:
        run = self._runs.get(message.id)
        if run is not None and message.why and run.instance.mode is Mode.ACTIVE:
            self._lost(run, message.why)
