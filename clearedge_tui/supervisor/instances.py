"""One instance at a time: taking the steps of the plan, and hearing what its engine says."""

import asyncio
from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError, NotFound, RetryLater
from clearedge_tui.core.gate import route
from clearedge_tui.core.messages import (
    Attach,
    Beat,
    CancelOrders,
    Detach,
    Done,
    Drawn,
    Fault,
    Freeze,
    Leased,
    Said,
    SetConfig,
    SetMode,
)
from clearedge_tui.core.model import Book, EngineState, ExitPolicy, Mode
from clearedge_tui.core.plan import Step, next_step
from clearedge_tui.core.session import Warmed
from clearedge_tui.core.text import clean_text
from clearedge_tui.engine.specs import InstanceSpec
from clearedge_tui.market.markets import Market
from clearedge_tui.settings import Account, Home, Options, load_options
from clearedge_tui.supervisor.engines import Engines, last_words, reason
from clearedge_tui.supervisor.protocol import LogLine
from clearedge_tui.supervisor.recorder import Recorder
from clearedge_tui.supervisor.risk_side import RiskSide
from clearedge_tui.supervisor.runtime import AccountRun, InstanceRun
from clearedge_tui.supervisor.strategies import StrategyFiles
from clearedge_tui.supervisor.tasks import Tasks

_ACK_S = 5.0
_MINUTE_S = 60.0


class Instances:
    """Drives instances to what was declared. `changed` is called whenever a row may differ."""

    def __init__(
        self,
        home: Home,
        engines: Engines,
        files: StrategyFiles,
        recorder: Recorder,
        changed: Callable[[InstanceRun], None],
        market_of: Callable[[str], Market],
        lower: Callable[[InstanceRun, str], None],
        tasks: Tasks,
        risk: RiskSide,
        shown: Callable[[InstanceRun], None],
        warmed: Callable[[InstanceRun, Warmed], None],
    ) -> None:
        self._shown = shown
        self._warmed = warmed
        self._home = home
        self._engines = engines
        self._files = files
        self._record = recorder
        self._changed = changed
        self._market_of = market_of
        self._lower = lower
        self._busy = tasks
        self._risk = risk
        self._acks: dict[str, asyncio.Future[Done]] = {}
        self._count = 0

    # ---- the loop's view ----------------------------------------------------------------------
    def step(self, run: InstanceRun, account: Account | None, place: AccountRun | None) -> None:
        """Take the next step of one instance, if there is one and none is under way."""
        if f"in-{run.instance.id}" in self._busy:
            return
        up = bool(place and place.gateway.up and self._book_ready(run, place))
        now = monotonic()
        step = next_step(run.seen(up, now), now)
        if step is Step.NOTHING or account is None or place is None:
            return
        self._busy.start(f"in-{run.instance.id}", self._take(step, run, account, place))

    def _book_ready(self, run: InstanceRun, place: AccountRun) -> bool:
        """Whether the book of its mode is there: nobody starts to observe without a shadow node."""
        if place.feed is not None and not place.feed.ready:
            return False  # a live book is still being compared with its venue
        if run.engine.alive or run.instance.mode is Mode.ACTIVE:
            return place.live is False or place.feed is not None
        return place.feed is not None and place.feed.shadow

    async def _take(
        self, step: Step, run: InstanceRun, account: Account, place: AccountRun
    ) -> None:
        try:
            match step:
                case Step.START:
                    await self._start(run, account, place)
                case Step.ATTACH:
                    self._attach(run, place)
                case Step.SET_MODE:
                    await self.enforce(run, place)
                case Step.RELOAD:
                    self._reload(run)
                case Step.STOP:
                    self._stop(run, place)
                case Step.KILL:
                    self._kill(run)
        except RetryLater as error:
            run.engine.error = str(error)
            if run.engine.alive:
                self._engines.kill(run.engine, expected=False)
            else:
                self._engines.crashed(run.engine, None, str(error))
        except ClearEdgeError as error:
            self._fault(run, str(error))
        self._changed(run)

    # ---- steps --------------------------------------------------------------------------------
    async def _start(self, run: InstanceRun, account: Account, place: AccountRun) -> None:
        run.fault = ""
        run.attached, run.enforced = False, None
        try:
            seen = await self._files.look(run.instance.strategy)
        except NotFound as error:
            self._fault(run, str(error))
            return
        if seen.error:
            self._fault(run, seen.error)
            return
        self._risk.before_start(run)
        instance = run.instance
        run.native = seen.kind == "native"
        run.running_code = run.file_code = seen.sha256
        run.running_config = instance.config_version
        last_words(self._home.state / "instances" / instance.id)
        spec = InstanceSpec(
            root=str(self._home.root),
            instance=instance,
            market=self._market_of(instance.market).info,
            path=seen.path,
            code=seen.sha256,
            grace_s=account.orphan_grace_s,
            callback_limit_s=self._callback_limit_s(run),
            native=run.native,
            frozen=run.paused,
        )
        self._event(run, "engine.start", f"starting in {instance.mode}")
        kind = "native" if run.native else "instance"
        starting = asyncio.create_task(
            self._engines.start(run.engine, kind, spec, lambda m: self.heard(run, m))
        )
        while not run.engine.alive and not starting.done():  # noqa: ASYNC110  # a fork: 1 ms
            await asyncio.sleep(0.001)
        if run.engine.alive:
            self._attach(run, place)
        await starting

    def _attach(self, run: InstanceRun, place: AccountRun) -> None:
        market = self._market_of(run.instance.market)
        link = place.gateway.link
        if link is not None and link.send(
            Attach(
                run.instance,
                market.info,
                run.engine.pid,
                tuple(run.ledgers.values()),
                run.native,
                tuple(o.id for o in run.orders.values() if o.status.is_open),
                run.running_code,
            )
        ):
            run.attached = True
            run.enforced = run.instance.mode
            self._risk.attached(run, place)

    async def leave(self, run: InstanceRun, place: AccountRun, policy: ExitPolicy) -> Done:
        """Have the gateway let it trade no more, whatever is declared, and settle what it has."""
        return await self._set_mode(run, place, Mode.OFF, policy)

    async def enforce(self, run: InstanceRun, place: AccountRun) -> Done:
        """Have the gateway enforce the declared mode; return its acknowledgement."""
        before = run.enforced
        done = await self._set_mode(run, place, run.instance.mode, run.instance.exit_policy)
        if not done.error:
            self._rebook(run, before)
        self._changed(run)
        return done

    async def _set_mode(
        self, run: InstanceRun, place: AccountRun, mode: Mode, policy: ExitPolicy
    ) -> Done:
        self._count += 1
        command = f"mode-{run.instance.id}-{self._count}"
        waiter = self._acks[command] = asyncio.get_running_loop().create_future()
        ask = SetMode(command, run.instance.id, mode, run.instance.observe_orders, policy)
        try:
            if place.gateway.link is None or not place.gateway.link.send(ask):
                raise RetryLater(
                    f"the gateway of {place.name} is away; the mode follows when it is back"
                )
            done: Done = await asyncio.wait_for(waiter, _ACK_S)
        except TimeoutError:
            raise RetryLater(
                f"the gateway of {place.name} did not answer within {_ACK_S:.0f} s"
            ) from None
        finally:
            self._acks.pop(command, None)
        if done.error:
            run.attached = False
        else:
            run.enforced = done.mode
        return done

    def _rebook(self, run: InstanceRun, before: Mode | None) -> None:
        """A native strategy's node remembers the book it traded: another book is another node."""
        wanted = run.instance
        if not (run.native and run.engine.alive and before) or wanted.mode is Mode.OFF:
            return
        books = [route(mode, wanted.observe_orders, Book.PAPER) for mode in (before, wanted.mode)]
        if books[0] is not books[1]:
            self._reload(run, "the mode changed")

    async def set_live(self, run: InstanceRun, values: dict[str, object], version: int) -> bool:
        """Change live fields in the running instance; False when it has to be reloaded."""
        done = await self._ask(run, "config", lambda command: SetConfig(command, values, version))
        if done:
            run.running_config = version
        return done

    async def freeze(self, run: InstanceRun, on: bool) -> None:
        """Have a running instance skip its ticks, or see them again. Raises RetryLater."""
        if not await self._ask(run, "freeze", lambda command: Freeze(command, on)):
            raise RetryLater(f"{run.instance.id} did not answer within {_ACK_S:.0f} s; try again")
        run.paused = on
        self._event(
            run, "engine.pause" if on else "engine.resume", "paused" if on else "goes on thinking"
        )
        self._changed(run)

    async def _ask(
        self, run: InstanceRun, what: str, make: Callable[[str], msgspec.Struct]
    ) -> bool:
        """Send the engine a command of its own and say whether it did it."""
        self._count += 1
        command = f"{what}-{run.instance.id}-{self._count}"
        waiter = self._acks[command] = asyncio.get_running_loop().create_future()
        try:
            if run.engine.link is None or not run.engine.link.send(make(command)):
                return False
            done: Done = await asyncio.wait_for(waiter, _ACK_S)
        except TimeoutError:
            return False
        finally:
            self._acks.pop(command, None)
        return not done.error

    def rebuild(self, run: InstanceRun) -> None:
        """A native strategy's node keeps its instrument: a market that changed needs another node."""
        if run.native and run.engine.alive and f"in-{run.instance.id}" not in self._busy:
            self._reload(run, "its market has other steps or limits")

    def _reload(self, run: InstanceRun, why: str = "") -> None:
        """Let the instance save its state and leave; the plan starts it again."""
        changed = "the strategy file" if run.running_code != run.file_code else "the config"
        why = why or f"{changed} changed"
        self._event(run, "engine.reload", f"reloading: {why}")
        run.restarts += 1
        self._engines.ask_stop(run.engine, why)
        run.engine.state = EngineState.RELOADING
        run.beat_s = monotonic()

    def _stop(self, run: InstanceRun, place: AccountRun) -> None:
        self._event(run, "engine.stop", "stopping")
        if place.gateway.link is not None:
            place.gateway.link.send(Detach(run.instance.id))
        run.attached, run.enforced, run.paused = False, Mode.OFF, False
        self._engines.ask_stop(run.engine, "declared off")
        run.beat_s = monotonic()

    def _kill(self, run: InstanceRun) -> None:
        run.engine.error = f"no life sign for {run.silent_s(monotonic()):.0f} s"
        self._event(run, "engine.kill", f"killed: {run.engine.error}")
        self._engines.kill(run.engine, expected=False)

    # ---- ends ---------------------------------------------------------------------------------
    def ended(self, run: InstanceRun, code: int | None, place: AccountRun | None) -> None:
        """An instance's process is gone: expected, or by the restart rule."""
        run.attached = False
        run.enforced = None
        reloading = run.engine.state is EngineState.RELOADING
        if run.engine.expected_end:
            run.engine.state = EngineState.STARTING if reloading else EngineState.STOPPED
            run.beat = None if not reloading else run.beat
            run.fault = run.fault if not reloading else ""
        else:
            words = last_words(self._home.state / "instances" / run.instance.id) or run.engine.error
            self._engines.crashed(run.engine, code, f"{reason(code)} ({words})" if words else "")
            run.restarts += 1
            self._event(run, "engine.crash", run.engine.error, level="error")
            if place is not None and place.gateway.link is not None:
                place.gateway.link.send(CancelOrders(run.instance.id))
            self._lower(run, "its engine ended unasked")
        self._changed(run)

    def _fault(self, run: InstanceRun, text: str, code: str = "") -> None:
        """Note a fault of some code; without it, of the file as it lies there now."""
        run.fault = clean_text(text.replace(f"{self._home.strategies}/", ""))
        run.tried_config = run.instance.config_version
        run.tried_code = code or self._files.sha256(run.instance.strategy)
        run.engine.state = EngineState.FAULTED
        self._event(run, "engine.fault", run.fault, level="error")
        self._lower(run, "its code failed")

    # ---- what engines say ---------------------------------------------------------------------
    def heard(self, run: InstanceRun, message: msgspec.Struct) -> None:
        """Take what an engine says. What moves nothing in the plan does not ask for the plan."""
        before = run.engine.state, run.paused, run.fault, run.running_config, run.running_code
        match message:
            case Beat():
                self._beat(run, message)
            case Leased():
                run.running_code = message.code or run.running_code
                run.running_config = message.config_version or run.running_config
            case Said():
                run.log.append(LogLine(message.at_ns, message.level, message.source, message.text))
                if message.level in ("warning", "error"):
                    run.last_event, run.last_event_ns = message.text, message.at_ns
            case Drawn():
                run.drawn = message
            case Warmed():
                self._warmed(run, message)
            case Fault():
                self._fault(run, message.text, run.running_code)
            case Done():
                self.acknowledged(message)
        run.detail_seq += 1
        after = run.engine.state, run.paused, run.fault, run.running_config, run.running_code
        if after == before and isinstance(message, Beat | Said | Drawn):
            self._shown(run)
        else:
            self._changed(run)

    def _beat(self, run: InstanceRun, beat: Beat) -> None:
        run.beat = beat
        run.paused = beat.frozen
        run.beat_s = monotonic()
        slow_ms, slow_s = run.slowest
        if beat.slowest_ms >= slow_ms or run.beat_s - slow_s > _MINUTE_S:
            run.slowest = beat.slowest_ms, run.beat_s
        if (
            run.engine.state in (EngineState.STARTING, EngineState.UNKNOWN)
            and beat.joined
            and not run.fault
        ):
            run.engine.state = EngineState.RUNNING
            run.engine.error = ""
            self._event(run, "engine.running", f"running in {run.instance.mode}")

    def acknowledged(self, done: Done) -> None:
        waiter = self._acks.get(done.command)
        if waiter is not None and not waiter.done():
            waiter.set_result(done)

    def _callback_limit_s(self, run: InstanceRun) -> float:
        """Return what the home says; settings that cannot be read keep nothing from starting."""
        try:
            return load_options(self._home).callback_limit_s
        except ClearEdgeError as error:
            usual = Options().callback_limit_s
            self._event(run, "engine.start", f"{error}; a call may take {usual:g} s", "warning")
            return usual

    def _event(self, run: InstanceRun, event: str, text: str, level: str = "info") -> None:
        run.last_event, run.last_event_ns = text, now_ns()
        run.log.append(LogLine(now_ns(), level, "supervisor", clean_text(text)))
        run.detail_seq += 1
        self._record.event(event, run.instance.id, text)
