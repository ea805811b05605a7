"""The gateway's own proof that an instance may trade real money: before each order that adds risk.

The supervisor brings the approval and the names of secret settings; everything else is looked up
here, in what this gateway holds and in the files as they lie there. Whoever could make a supervisor
lie can bring no approval for other code, settings or limits than those that are in force.
"""

from collections.abc import Callable

import msgspec

from clearedge_tui.approvals.code_files import CodeWatch, Stamp, stamp
from clearedge_tui.approvals.parts import account_part, held_market_part, market_part, parts
from clearedge_tui.core import approval
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.gate import Denied
from clearedge_tui.core.messages import (
    Attach,
)
from clearedge_tui.core.risk_messages import (
    Permit,
    Permitted,
)
from clearedge_tui.engine.desk import Desk
from clearedge_tui.engine.seat import Seat
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.settings import Account, Home, load_accounts

_PATIENCE_S = 2.0  # a supervisor that has attached an instance speaks of its approval at once


class Permits:
    """The approvals of a live account's instances, each worth what it is worth at this moment.

    Practice needs none: there it does nothing.
    """

    def __init__(
        self,
        home: Home,
        desk: Desk,
        tell: Callable[[msgspec.Struct], object],
    ) -> None:
        self._home = home
        self._paths = str(home.config / "accounts.toml"), str(home.catalog / "markets.json")
        self._desk = desk
        self._tell = tell
        self._given: dict[str, Permit] = {}
        self._running: dict[str, str] = {}  # instance -> hash of the file its process was made of
        self._since: dict[str, float] = {}
        self._watches: dict[str, CodeWatch] = {}
        self._judged: dict[str, tuple[object, tuple[str, ...]]] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        self._declared: tuple[tuple[Stamp, Stamp], dict[str, Account], dict[str, Market]] | None
        self._declared = None
        if desk.account.live:
            desk.bars.insert(0, self.bar)

    def take(self, permit: Permit) -> None:
        """Hear of the newest approval, or that there is none."""
        self._given[permit.id] = permit

    def attached(self, ask: Attach) -> None:
        """Another process speaks for an instance; what it was made of is part of the proof.

        Whatever was said before may have been of another instance by this name.
        """
        self._given.pop(ask.instance.id, None)
        self._running[ask.instance.id] = ask.code
        self._since[ask.instance.id] = monotonic()
        self._told.pop(ask.instance.id, None)

    def tell_again(self) -> None:
        """A new supervisor knows nothing yet."""
        self._told.clear()

    def forget(self, instance: str) -> None:
        for kept in (self._given, self._running, self._since, self._judged, self._told):
            kept.pop(instance, None)

    def bar(self, seat: Seat) -> Denied | None:
        why = self.why_not(seat)
        return Denied("approval", "; ".join(why)) if why else None

    def look(self) -> None:
        """Tell the supervisor of every approval that begins to hold, or that holds no longer."""
        for seat in self._desk.seats.values() if self._desk.account.live else ():
            name = seat.instance.id
            waited = monotonic() - self._since.get(name, 0.0) > _PATIENCE_S
            if not seat.pid or (name not in self._given and not waited):
                continue
            why = self.why_not(seat)
            if self._told.get(name) != why:
                self._told[name] = why
                self._tell(Permitted(name, why))

    def why_not(self, seat: Seat) -> tuple[str, ...]:
        """Return every reason why an instance may not trade real money now; nothing: it may."""
        given = self._given.get(seat.instance.id)
        if given is None:
            return ("the supervisor has not said yet whether anybody has approved it",)
        try:
            code = self._code(seat.instance.strategy)
            accounts, markets = self._files()
        except (ClearEdgeError, OSError) as error:
            return (str(error),)
        now, one = now_ns(), given.approval
        running = self._running.get(seat.instance.id, "")
        in_time = one is not None and one.at_ns <= now < one.expires_ns
        state = (
            code,
            running,
            given,
            accounts,
            markets,
            seat.market,
            self._desk.risk.limits,
            in_time,
        )
        known = self._judged.get(seat.instance.id)
        if known is None or known[0] != state:
            found = self._judge(seat, given, (code, running), (accounts, markets), now)
            known = self._judged[seat.instance.id] = (state, tuple(found))
        return known[1]

    # ---- inside -------------------------------------------------------------------------------
    def _judge(
        self,
        seat: Seat,
        given: Permit,
        code: tuple[dict[str, str], str],
        files: tuple[dict[str, Account], dict[str, Market]],
        now: int,
    ) -> list[str]:
        instance = msgspec.structs.replace(seat.instance, config=given.config)
        account, market = self._desk.account, files[1].get(seat.market.id)
        declared = files[0].get(account.name)
        if market is None or declared is None:
            missing = seat.market.id if market is None else f"account `{account.name}`"
            return [f"{missing} is not there any more"]
        held = held_market_part(seat.market)
        proof = parts(instance, code[0], given.secrets, account, held, self._desk.risk.limits)
        why = approval.why_not(given.approval, proof, now)
        if why or given.approval is None:
            return why
        if account_part(declared) != account_part(account):
            said = msgspec.structs.replace(proof, account=account_part(declared))
            why += approval.changed(given.approval, said)
        if market_part(market) != held:
            said = msgspec.structs.replace(proof, market=market_part(market))
            why += approval.changed(given.approval, said)
        if code[1] != code[0].get(f"{instance.strategy}.py"):
            why.append(f"code: its process runs other code ({code[1][:12]}) than was approved")
        return why

    def _code(self, strategy: str) -> dict[str, str]:
        if strategy not in self._watches:
            self._watches[strategy] = CodeWatch(self._home.strategies, strategy)
        return self._watches[strategy].look()

    def _files(self) -> tuple[dict[str, Account], dict[str, Market]]:
        """Return what is declared of accounts and markets, read again when a file has changed."""
        stamps = stamp(self._paths[0]), stamp(self._paths[1])
        if self._declared is None or self._declared[0] != stamps:
            self._declared = None
            accounts = load_accounts(self._home)
            self._declared = (stamps, accounts, load_markets(self._home))
        return self._declared[1], self._declared[2]
