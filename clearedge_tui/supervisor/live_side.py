"""What a live account needs beside its gateway: keys by their own line, an auditor, and its word."""

from collections.abc import Callable

import msgspec

from clearedge_tui.core.audit_messages import AuditStatus, Watch
from clearedge_tui.core.errors import ClearEdgeError, RetryLater
from clearedge_tui.core.messages import Compared, Keys, Noted
from clearedge_tui.core.model import EngineState
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.reconcile import Difference
from clearedge_tui.core.venue_state import VenueState
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.audit.auditor import AuditorSpec
from clearedge_tui.secrets import needed, shield_process
from clearedge_tui.settings import Account, Home
from clearedge_tui.supervisor.engines import Engines
from clearedge_tui.supervisor.recorder import Recorder
from clearedge_tui.supervisor.runtime import AccountRun


class LiveSide:
    def __init__(
        self,
        home: Home,
        engines: Engines,
        recorder: Recorder,
        changed: Callable[[AccountRun], None],
    ) -> None:
        self._home = home
        self._engines = engines
        self._record = recorder
        self._changed = changed
        self._noted: dict[
            str, object
        ] = {}  # what each account differed in, and where it was looked

    def keys(self, account: Account) -> Keys:
        """Read what an account signs with. Raises UsageError that says what is missing."""
        shield_process()  # from here on this process has known a key
        values = {}
        for name in venue(account.venue).keys:
            found = needed(self._home, f"{account.name}_{name}", f"account {account.name}")
            values[name] = found.reveal()
        return Keys(values)

    async def start_auditor(
        self, place: AccountRun, account: Account, markets: tuple[str, ...]
    ) -> None:
        """Start the second look at an account. It may come up after the gateway, and die alone."""
        engine = place.auditor
        try:
            keys = self.keys(account)
            spec = AuditorSpec(str(self._home.root), account, markets)
            self._record.event("account.start", account.name, "starting its auditor")
            await self._engines.start(engine, "auditor", spec, lambda m: self.heard(place, m))
            if engine.link is not None:
                engine.link.send(keys)
            engine.state = EngineState.RUNNING
            self.watch_gateway(place)
        except RetryLater as error:
            engine.error = str(error)
            if engine.alive:
                self._engines.kill(engine, expected=False)
            else:
                self._engines.crashed(engine, None, str(error))
        except ClearEdgeError as error:
            engine.state, engine.error = EngineState.FAILED, str(error)
        self._changed(place)

    def watch_gateway(self, place: AccountRun) -> None:
        """Tell the auditor which process is the gateway now."""
        if place.auditor.link is not None:
            place.auditor.link.send(Watch(place.gateway.pid))

    def heard(self, place: AccountRun, message: msgspec.Struct) -> None:
        """Take what an auditor says, and what a gateway says of its venue."""
        match message:
            case VenueState():
                place.venue = message
                if not message.error:
                    place.latencies.append(message.latency_ms)
            case Compared():
                self._compared(place, message)
            case AuditStatus():
                place.auditor.error = message.error
            case Receipt():
                self._receipt(place, message)
            case Noted():
                self._record.event(message.event, message.market, f"{place.name}: {message.text}")
        self._changed(place)

    def _compared(self, place: AccountRun, now: Compared) -> None:
        before = {d.key: d for d in place.compared.differences} if place.compared else {}
        after = {d.key: d for d in now.differences}
        said = frozenset(after), frozenset(now.markets)
        if now.markets and self._noted.get(place.name) != said:
            self._noted[place.name] = said
            self._record.differences(place.name, now.differences, now.markets, now.at_ns)
        place.compared = now
        for key, one in after.items():
            if key not in before:
                self._difference("recon.difference", place, one)
        for key, one in before.items():
            if key not in after:
                self._difference("recon.settled", place, one)

    def _difference(self, event: str, place: AccountRun, one: Difference) -> None:
        payload = {"account": place.name, **msgspec.to_builtins(one)}
        self._record.event(event, one.market, f"{place.name}: {one.text}", payload=payload)

    def _receipt(self, place: AccountRun, receipt: Receipt) -> None:
        key = f"{receipt.by}.{receipt.kill}"
        before = place.receipts.get(key)
        place.receipts[key] = receipt
        fresh = before is None or before.seen_ns != receipt.seen_ns
        if fresh or (receipt.confirmed and before is not None and not before.confirmed):
            event = "kill.confirmed" if receipt.confirmed else "kill.taken_up"
            text = f"{receipt.kill}: {receipt.text}" + (
                f" (by the {receipt.by})" if receipt.by != "gateway" else ""
            )
            payload = msgspec.to_builtins(receipt)
            self._record.event(event, place.name, text, payload=payload)
