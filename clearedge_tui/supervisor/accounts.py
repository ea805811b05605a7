"""The gateways and shadow nodes of the accounts: up while an instance wants them, and no longer."""

import asyncio
from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import ClearEdgeError, Refused, RetryLater
from clearedge_tui.core.messages import (
    Compared,
    Done,
    FeedStatus,
    FillUpdate,
    Ledgers,
    MarketChanged,
    Noted,
    OrderUpdate,
    SetSpeed,
)
from clearedge_tui.core.model import Book, EngineState, OrderStatus
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.risk_messages import (
    Awake,
    Lower,
    Permitted,
    RiskRows,
    RiskSums,
)
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.audit.auditor import auditor_socket
from clearedge_tui.engine.specs import GatewaySpec, gateway_socket, shadow_socket
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.settings import Account, Home, changes
from clearedge_tui.supervisor.engines import Engines, reason
from clearedge_tui.supervisor.live_side import LiveSide
from clearedge_tui.supervisor.recorder import Recorder
from clearedge_tui.supervisor.risk_side import RiskSide
from clearedge_tui.supervisor.runtime import AccountRun, EngineProcess, InstanceRun
from clearedge_tui.supervisor.tasks import Tasks

_MAJORS = ("USD", "USDT", "USDC", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "BTC", "ETH")


class Accounts:
    def __init__(
        self,
        home: Home,
        engines: Engines,
        recorder: Recorder,
        runs: dict[str, InstanceRun],
        changed: Callable[[AccountRun], None],
        instance_changed: Callable[[InstanceRun], None],
        acknowledged: Callable[[Done], None],
        tasks: Tasks,
        lower: Callable[[InstanceRun, str], None],
        risk: RiskSide,
        shown: Callable[[InstanceRun], None],
    ) -> None:
        self._shown = shown
        self._home = home
        self._engines = engines
        self._record = recorder
        self._runs = runs
        self._lower = lower
        self.risk = risk
        self._changed = changed
        self._instance_changed = instance_changed
        self._acknowledged = acknowledged
        self._busy = tasks
        self._count = 0
        self._acks: dict[str, asyncio.Future[Done]] = {}
        self.resume: dict[str, dict[str, int]] = {}
        self.settings: dict[str, Account] = {}  # with which each account's gateway was started
        self._held: set[str] = set()  # may not start now: they are being rewound
        self.places: dict[str, AccountRun] = {}
        self.live = LiveSide(home, engines, recorder, changed)

    def place(self, name: str) -> AccountRun:
        if name not in self.places:
            self.places[name] = AccountRun(
                name,
                EngineProcess(f"gw-{name}", gateway_socket(self._home, name)),
                EngineProcess(f"sh-{name}", shadow_socket(self._home, name)),
                EngineProcess(f"au-{name}", auditor_socket(self._home, name)),
            )
        return self.places[name]

    # ---- up and down --------------------------------------------------------------------------
    def step(self, account: Account, wanted: bool) -> None:
        """Bring an account's processes up when an instance wants them."""
        place = self.place(account.name)
        if account.name in self._held:
            return
        place.live = account.live
        if self._outdated(place, account):
            return
        if not wanted and not (account.live and self._holds(account)):
            self._rest(place)
            return
        for engine, target in self._wanted(place, account):
            waiting = engine.state is EngineState.BACKOFF and monotonic() < engine.retry_s
            if engine.alive or waiting or engine.name in self._busy:
                continue
            if engine.state is EngineState.FAILED:
                continue
            if target == "auditor":
                work = self.live.start_auditor(place, account, self._traded(account.name))
            else:
                work = self._start(place, engine, target, account)
            self._busy.start(engine.name, work)

    def _wanted(self, place: AccountRun, account: Account) -> list[tuple[EngineProcess, str]]:
        engines = [(place.gateway, "gateway"), (place.shadow, "shadow")]
        if account.live and venue(account.venue).audited:
            engines.append((place.auditor, "auditor"))
        return engines

    def _holds(self, account: Account) -> bool:
        """Whether anything is open on a live account: somebody has to look after it."""
        for run in self._runs.values():
            row = run.ledgers.get(Book.LIVE)
            if (
                run.instance.account == account.name
                and row is not None
                and (row.position.size or row.open_orders)
            ):
                return True
        return False

    def _rest(self, place: AccountRun) -> None:
        """Nobody wants this account: a replay that nobody watches must not play on."""
        if any(r.engine.alive for r in self._runs.values() if r.instance.account == place.name):
            return
        for engine in place.engines:
            if engine.alive and not engine.expected_end and engine.name not in self._busy:
                self._engines.ask_stop(engine, "no instance wants this account")

    async def _start(
        self, place: AccountRun, engine: EngineProcess, target: str, account: Account
    ) -> None:
        try:
            keys = self.live.keys(account) if account.live and target == "gateway" else None
            markets = load_markets(self._home).values()
            currencies = tuple(sorted({*_MAJORS, account.currency, *(m.quote for m in markets)}))
            spec = GatewaySpec(
                str(self._home.root),
                account,
                currencies,
                self.resume.get(account.name, {}),
                self._traded(account.name),
                self.risk.limits_of(account),
            )
            self._record.event("account.start", account.name, f"starting its {target}")
            if target == "gateway":
                place.feed = None
                self.settings[account.name] = account
                self._record.meta("settings", msgspec.json.encode(self.settings).decode())
            await self._engines.start(engine, target, spec, lambda m: self.heard(place, m))
            if keys is not None and engine.link is not None:
                engine.link.send(keys)
            if target == "gateway":
                self.live.watch_gateway(place)
            engine.state = EngineState.RUNNING
            self.risk.look({place.name: place})  # what was declared while it started
        except RetryLater as error:
            engine.error = str(error)
            if engine.alive:
                self._engines.kill(engine, expected=False)
            else:
                self._engines.crashed(engine, None, str(error))
        except ClearEdgeError as error:
            engine.state = EngineState.FAILED
            engine.error = str(error)
        self._changed(place)

    def _traded(self, name: str) -> tuple[str, ...]:
        runs = (run.instance for run in self._runs.values())
        return tuple(sorted({one.market for one in runs if one.account == name}))

    def ended(self, place: AccountRun, engine: EngineProcess, code: int | None) -> None:
        """A gateway or shadow node is gone."""
        if engine.expected_end:
            engine.state = EngineState.STOPPED
        else:
            said = reason(code) + _last_words(place, engine)
            self._engines.crashed(engine, code, said)
            self._record.event("account.crash", place.name, f"{engine.name} {said}")
        if engine is place.gateway:
            place.risk, place.sums = (), None
            self.doubt_orders(place)
            for run in self._runs.values():
                if run.instance.account == place.name:
                    run.attached, run.enforced = False, None
                    self._instance_changed(run)
                    if place.live and not engine.expected_end:
                        self._lower(run, "its live gateway ended unasked")
        self._changed(place)

    def doubt_orders(self, place: AccountRun) -> None:
        """Nobody knows what becomes of an account's orders while its gateway is gone: say so."""
        for run in self._runs.values():
            if run.instance.account != place.name:
                continue
            for order in list(run.orders.values()):
                if order.status.is_open and order.book is not Book.SHADOW:
                    self._order(
                        OrderUpdate(
                            msgspec.structs.replace(
                                order, status=OrderStatus.UNKNOWN, reason="its gateway ended"
                            )
                        )
                    )

    # ---- what gateways say --------------------------------------------------------------------
    def heard(self, place: AccountRun, message: msgspec.Struct) -> None:
        match message:
            case FeedStatus():
                place.feed = message
                self.resume.setdefault(place.name, {}).update(message.clocks)
                place.feed_s = monotonic()
                self._enforced(message)
                self._changed(place)
            case Noted():
                text = f"{place.name}: {message.text}"
                self._record.event(message.event, message.market, text, payload=message.payload)
            case Ledgers():
                self._ledgers(message)
            case OrderUpdate():
                self._order(message)
            case FillUpdate():
                self._fill(message)
            case Compared() | Receipt():
                self.live.heard(place, message)
            case Permitted() | RiskRows() | RiskSums() | Lower():
                self.risk.heard(place, message)
            case Done():
                self._done(message)

    def _ledgers(self, message: Ledgers) -> None:
        known = tuple(row for row in message.rows if row.instance in self._runs)
        self._record.ledgers(known)  # of one that was removed meanwhile nothing is kept
        for row in known:
            run = self._runs[row.instance]
            run.ledgers[row.book] = row
            self._shown(run)

    def _done(self, message: Done) -> None:
        waiter = self._acks.get(message.command)
        if waiter is not None and not waiter.done():
            waiter.set_result(message)
        self._acknowledged(message)

    def _enforced(self, status: FeedStatus) -> None:
        for instance, mode in status.modes.items():
            run = self._runs.get(instance)
            if run is not None and run.attached and run.enforced is not mode:
                run.enforced = mode
                self._instance_changed(run)

    def _order(self, message: OrderUpdate) -> None:
        order = message.order
        self._record.order(order)
        run = self._runs.get(order.instance)
        if run is None:
            return
        run.remember_order(order)
        run.detail_seq += 1
        price = f" @ {order.price.normalize():,f}" if order.price is not None else ""
        size = f"{order.size.normalize():f}"
        if order.status in (OrderStatus.DENIED, OrderStatus.REJECTED):
            run.last_event = f"{order.side} {size}{price} {order.status}: {order.reason}"
            run.last_event_ns = order.updated_ns
        elif order.status is OrderStatus.OPEN:
            run.last_event = f"{order.side} {size}{price} open"
            run.last_event_ns = order.updated_ns
        self._instance_changed(run)

    def _fill(self, message: FillUpdate) -> None:
        fill = message.fill
        self._record.fill(fill)
        run = self._runs.get(fill.instance)
        if run is None:
            return
        run.fills.append(fill)
        run.detail_seq += 1
        verb = "bought" if fill.side == "buy" else "sold"
        run.last_event = (
            f"{verb} {fill.size.normalize():f} @ {fill.price.normalize():,f} ({fill.book})"
        )
        run.last_event_ns = fill.at_ns
        self._instance_changed(run)

    def awake(self) -> None:
        """Tell every gateway that this loop turns."""
        for place in self.places.values():
            if place.gateway.link is not None:
                place.gateway.link.send(Awake())

    async def set_speed(self, name: str, speed: float) -> None:
        """Change a replay's speed. Raises RetryLater when the gateway is away."""
        await self.ask(name, lambda command: SetSpeed(command, speed))

    async def ask(self, name: str, make: Callable[[str], msgspec.Struct]) -> Done:
        """Send a gateway a command and return its answer. Raises RetryLater when there is none."""
        place = self.place(name)
        self._count += 1
        command = f"ask-{name}-{self._count}"
        waiter = self._acks[command] = asyncio.get_running_loop().create_future()
        try:
            if place.gateway.link is None or not place.gateway.link.send(make(command)):
                why = "is not running; start one of its instances"
                if place.gateway.alive:
                    why = "is starting or ending; try again in a moment"
                raise RetryLater(f"the gateway of {name} {why}")
            done: Done = await asyncio.wait_for(waiter, 5.0)
        except TimeoutError:
            raise RetryLater(f"the gateway of {name} did not answer within 5 s") from None
        finally:
            self._acks.pop(command, None)
        if done.error:
            raise Refused(done.error)
        return done

    async def rewind(self, name: str) -> None:
        """Forget how far an account's replays have got; they begin anew with its next gateway."""
        place = self.place(name)
        await self._end(place, "rewound")
        self.resume[name] = {}
        place.feed = None
        self._changed(place)

    async def _end(self, place: AccountRun, why: str) -> None:
        """Have an account's processes leave in good order; the next step starts them anew."""
        engines = [e for e in place.engines if e.alive]
        self._held.add(place.name)
        try:
            for engine in engines:
                self._engines.ask_stop(engine, why)
            await self._engines.wait_gone(engines, 5.0)
        finally:
            self._held.discard(place.name)

    # ---- settings and markets that change ------------------------------------------------------------------
    def take_over(self, place: AccountRun, market_of: Callable[[str], Market]) -> list[str]:
        """Have a running account trade by what is declared of its markets; return which changed.

        The engine keeps a book's decimals for its life: where they change, the account's processes
        leave in good order and start anew, from where their data were.
        """
        if place.feed is None or not place.gateway.up or place.name in self._held:
            return []
        changed = []
        for old in place.feed.traded:
            try:
                new = market_of(old.id).info
            except ClearEdgeError:
                continue  # gone, or not to be traded any more: its instances are told at their start
            if new == old or old.id in changed:
                continue
            changed.append(old.id)
            if (new.price_precision, new.size_precision) == (
                old.price_precision,
                old.size_precision,
            ):
                if place.gateway.link is not None:
                    place.gateway.link.send(MarketChanged(new))
            elif f"anew-{place.name}" not in self._busy:
                why = f"{old.id} has other decimals: its books start anew"
                self._busy.start(f"anew-{place.name}", self._anew(place, why))
        return changed

    def _outdated(self, place: AccountRun, account: Account) -> bool:
        """Begin an account's processes anew when its settings are others than they were told."""
        told, job = self.settings.get(account.name), f"anew-{account.name}"
        if told is None or not place.gateway.up or job in self._busy:
            return False
        changed = changes(told, account)
        if changed:
            self._busy.start(job, self._anew(place, f"its settings changed: {changed}"))
        return bool(changed)

    async def _anew(self, place: AccountRun, why: str) -> None:
        self._record.event("account.restart", place.name, why)
        await self._end(place, why)
        place.feed = None
        self._changed(place)


def _last_words(place: AccountRun, engine: EngineProcess) -> str:
    """Return what a gateway said was wrong before it ended: it knows more than its exit code."""
    own = engine is place.gateway and place.feed_s > engine.started_s
    said = place.feed.error if own and place.feed is not None else ""
    return f": {said}" if said else ""
