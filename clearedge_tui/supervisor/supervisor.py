"""The supervisor: what was declared, made so, continuously. No Textual, no engine in here.

Start, restart, hand-over and recovery are one path: take the lock, raise the epoch, read what was
declared, knock at every engine socket that lies about, and let the plan do the rest.
"""

import asyncio
import contextlib
import os
import sys
from functools import partial

import msgspec

from clearedge_tui.core.clock import iso, monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError, NotFound
from clearedge_tui.core.messages import Forget, Watching
from clearedge_tui.core.model import EngineState, Instance, Mode
from clearedge_tui.engine.specs import instance_socket
from clearedge_tui.kills import KillFiles
from clearedge_tui.settings import Account, Home
from clearedge_tui.store.db import Store, open_store
from clearedge_tui.supervisor.accounts import Accounts
from clearedge_tui.supervisor.declared import Declared
from clearedge_tui.supervisor.due import stop_what_is_due
from clearedge_tui.supervisor.ending import Ending
from clearedge_tui.supervisor.engines import Engines
from clearedge_tui.supervisor.exchange import EXCHANGE_S
from clearedge_tui.supervisor.instances import Instances
from clearedge_tui.supervisor.lock import SupervisorLock
from clearedge_tui.supervisor.memory import Scales
from clearedge_tui.supervisor.recorder import Recorder
from clearedge_tui.supervisor.rises import settled
from clearedge_tui.supervisor.risk_side import RiskSide
from clearedge_tui.supervisor.runtime import AccountRun, EngineProcess, InstanceRun
from clearedge_tui.supervisor.sessions import Sessions
from clearedge_tui.supervisor.strategies import StrategyFiles
from clearedge_tui.supervisor.tasks import Tasks

SWEEP_S = 1.0
_FLUSH_S = 0.25
_REST_S = 0.02  # between two looks at the plan: a hundred instances speak all the time
_STOP_S = 5.0


class Supervisor:
    """One a home. `run()` holds the lock from its first to its last line."""

    def __init__(self, home: Home, what: str = "headless") -> None:
        self.home = home
        self.lock = SupervisorLock(home.lock, what)
        self.started_ns = now_ns()
        self.epoch = 0
        self.seq = 0
        self.runs: dict[str, InstanceRun] = {}
        self.removed: dict[str, int] = {}
        self._keep = False
        self.over = asyncio.Event()
        self.ready = asyncio.Event()
        self._due = asyncio.Event()
        self.declared = Declared(home)
        self.kills = KillFiles(home)
        self._killed: dict[str, float] = {}
        self.store_error = ""
        self._scales = Scales()
        self._looking: dict[str, asyncio.Task[None]] = {}
        self.store: Store
        self.record: Recorder
        self.engines: Engines
        self.files = StrategyFiles(home)
        self.instances: Instances
        self.places: Accounts
        self.risk: RiskSide
        self.sessions: Sessions
        self.ending = Ending(self)

    # ---- life ---------------------------------------------------------------------------------
    async def run(self) -> None:
        """Take the home and run it until `over` is set; leave everything in good order."""
        self.lock.acquire()
        try:
            self._open()
            await self._adopt()
            flusher = asyncio.create_task(self._flushes())
            exchange = asyncio.create_task(self._exchanges())
            self.ready.set()
            try:
                await self._loop()
            finally:
                flusher.cancel()
                exchange.cancel()
                await self._close()
        finally:
            self.lock.release()

    def _open(self) -> None:
        self.home.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.store = open_store(self.home.database)
        self.epoch = self.store.bump_epoch()
        self.record = Recorder(self.store)
        self.engines = Engines(self.home, self.epoch, self._ended)
        tasks = Tasks(self._failed)
        self.risk = self._risk_side()
        self.sessions = self._sessions(tasks)
        self.instances = Instances(
            self.home,
            self.engines,
            self.files,
            self.record,
            self.touch,
            self.declared.market,
            self._lower,
            tasks,
            self.risk,
            self.show,
            self.sessions.warmed,
        )
        self.places = Accounts(
            self.home,
            self.engines,
            self.record,
            self.runs,
            self.touch_account,
            self.touch,
            self.instances.acknowledged,
            tasks,
            self._lower,
            self.risk,
            self.show,
        )
        self._recall()
        for instance in settled(self.store):
            self.adopt_declared(instance)
        self._load_books()
        self.sessions.take_over()
        self.record.event("supervisor.start", "", f"epoch {self.epoch}, process {os.getpid()}")

    def _sessions(self, tasks: Tasks) -> Sessions:
        made = Sessions(self.home, self.store, self.declared, tasks, self.record.flush, os.getpid())
        self.store.told = made.told
        return made

    def _risk_side(self) -> RiskSide:
        return RiskSide(
            self.home,
            self.store,
            self.record,
            self.runs,
            self.declared,
            self._lower,
            self.touch,
        )

    def _recall(self) -> None:
        """Know again how far replays have got, and with which settings gateways were started."""
        raw, told = self.store.meta("feed_clocks"), self.store.meta("settings")
        self.places.resume = msgspec.json.decode(raw, type=dict[str, dict[str, int]]) if raw else {}
        self.places.settings = msgspec.json.decode(told, type=dict[str, Account]) if told else {}

    def _load_books(self) -> None:
        for row in self.store.ledgers():
            if row.instance in self.runs:
                self.runs[row.instance].ledgers[row.book] = row
        for run in self.runs.values():
            for order in reversed(self.store.orders(run.instance.id, 100)):
                run.remember_order(order)
            run.fills.extend(reversed(self.store.fills(run.instance.id, 100)))

    async def _adopt(self) -> None:
        """Knock at the engines a former supervisor left behind; what does not open is gone."""
        clean = self.store.meta("clean") != "no"  # a home that never ran is clean
        self.store.set_meta("clean", "no")
        for name in list(self._account_names()):
            place = self.places.place(name)
            for engine in place.engines:
                heard = self.places.live.heard if engine is place.auditor else self.places.heard
                if engine.socket.exists() and await self.engines.link(
                    engine, partial(heard, place), 1.0
                ):
                    engine.state = EngineState.RUNNING
                    self.record.event("engine.adopt", engine.name, f"adopted process {engine.pid}")
        for run in self.runs.values():
            place = self.places.place(run.instance.account)
            found = run.engine.socket.exists() and await self.engines.link(
                run.engine, partial(self.instances.heard, run), 1.0
            )
            if found:
                run.engine.state = EngineState.UNKNOWN
                leased = place.gateway.link.leased if place.gateway.link else None
                run.attached = leased is not None and run.instance.id in leased.attached
                self.record.event(
                    "engine.adopt", run.instance.id, f"adopted process {run.engine.pid}"
                )
            elif not clean:
                if not place.gateway.up:
                    self.places.doubt_orders(place)
                self._lower(run, "the last supervisor ended unclean and its engine is gone")
        self.sessions.forsake({r.instance.id for r in self.runs.values() if r.engine.alive})
        self.record.flush()

    async def _loop(self) -> None:
        last_sweep = 0.0
        while not self.over.is_set():
            if monotonic() - last_sweep >= SWEEP_S:
                last_sweep = monotonic()
                self._sweep()
            self.reconcile()
            self._due.clear()
            wait = max(0.01, SWEEP_S - (monotonic() - last_sweep))
            done = asyncio.create_task(self._due.wait())
            over = asyncio.create_task(self.over.wait())
            await asyncio.wait([done, over], timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            done.cancel()
            over.cancel()
            await asyncio.sleep(_REST_S)

    def reconcile(self) -> None:
        """Compare what was declared with what runs, and take the next step of each."""
        if self.ending.settling:
            return
        accounts = self.declared.accounts()
        for name, account in accounts.items():
            wanted = any(
                r.instance.account == name and r.instance.mode is not Mode.OFF
                for r in self.runs.values()
            )
            self.places.step(account, wanted)
        for run in self.runs.values():
            own = accounts.get(run.instance.account)
            if own is None and run.instance.mode is not Mode.OFF:
                run.engine.error = f"account `{run.instance.account}` is not in {self.home.config / 'accounts.toml'}"
            self.instances.step(run, own, self.places.places.get(run.instance.account))

    def _sweep(self) -> None:
        """Look at files and processes: what nobody tells us of by itself."""
        digests = {run.instance.strategy: "" for run in self.runs.values()}
        for strategy in digests:
            digests[strategy] = self.files.sha256(strategy)
        for run in self.runs.values():
            self._look_at_file(run, digests[run.instance.strategy])
            if run.engine.alive:
                self._weigh(run)
            if run.live_state() in (EngineState.STALLED, EngineState.BACKOFF):
                self.touch(run)
        for place in self.places.places.values():
            changed = self.places.take_over(place, self.declared.market)
            for run in self.runs.values():
                if run.instance.market in changed and run.instance.account == place.name:
                    self.instances.rebuild(run)
        self.look_at_kills()
        stop_what_is_due(self)
        self.risk.look(self.places.places)
        if self.places.places:
            self.record.meta("feed_clocks", msgspec.json.encode(self.places.resume).decode())

    def look_at_kills(self) -> None:
        """Who is killed comes back by a person's act only: the declared mode falls as well."""
        accounts = self.declared.accounts()
        on = self.kills.look()
        now = monotonic()
        self._killed = {kill.name: self._killed.get(kill.name, now) for kill in on}
        # gateways first: what they find open is what their receipts are about
        kills = [kill for kill in on if now - self._killed[kill.name] >= SWEEP_S / 2]
        for run in self.runs.values() if kills else ():
            account = accounts.get(run.instance.account)
            hit = next(
                (k for k in kills if k.hits(run.instance.account, account.venue if account else "",
                                            run.instance)),
                None,
            )  # fmt: skip
            if hit is not None and run.instance.mode is Mode.ACTIVE:
                self._lower(run, hit.text, always=True)

    def _look_at_file(self, run: InstanceRun, digest: str) -> None:
        """Notice a changed file; the look inside happens beside the loop, it may take its time."""
        strategy = run.instance.strategy
        if not digest:
            if run.instance.mode is not Mode.OFF:
                self._file_error(run, f"{strategy}.py is not in {self.home.strategies}")
            return
        if digest == run.file_code:
            self._file_error(run, "")
            return
        seen = self.files.known(strategy)
        if seen is None:
            if strategy not in self._looking:
                task = asyncio.create_task(self._look(strategy))
                self._looking[strategy] = task
            return
        self._file_error(run, seen.error and f"the changed file does not load: {seen.error}")
        if not seen.error:
            run.file_code = seen.sha256
            self.touch(run)

    async def _look(self, strategy: str) -> None:
        try:
            seen = await self.files.look(strategy)
            if not seen.error:
                self.store.put_schema(strategy, seen.sha256, seen.schema, now_ns())
        except NotFound:
            pass  # it was taken away meanwhile: the next sweep says so
        finally:
            self._looking.pop(strategy, None)

    def _file_error(self, run: InstanceRun, error: str) -> None:
        if error == run.file_error:
            return
        run.file_error = error
        if error:
            self.record.event("strategy.broken", run.instance.id, error)
        self.touch(run)

    def _weigh(self, run: InstanceRun) -> None:
        costs = self._scales.look(run.engine.pid)
        if costs is not None:
            run.cpu_pct, run.memory_mb = costs

    async def _flushes(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_S)
            try:
                self.record.flush()
                self.sessions.write(self.runs)
                self.store_error = ""
            except ClearEdgeError as error:  # a full disk: keep it, show it, try again
                self.store_error = f"nothing can be written down: {error}"
                sys.stderr.write(f"{iso(now_ns())} {self.store_error}\n")
                for place in self.places.places.values():
                    self.touch_account(place)

    async def _exchanges(self) -> None:
        while True:
            await asyncio.sleep(EXCHANGE_S)
            self.places.awake()
            with contextlib.suppress(ClearEdgeError):  # a database that cannot be read just now
                self.risk.exchange(self.places.places)

    def _failed(self, name: str, error: BaseException, detail: str) -> None:
        """A task of ours died: say so where people look; the plan will try its step again."""
        sys.stderr.write(f"{iso(now_ns())} {name}: {detail}\n")
        self.record.event("supervisor.bug", name, f"{type(error).__name__}: {error}")
        run = self.runs.get(name.removeprefix("in-"))
        if run is not None:
            run.engine.error = f"a bug of ours: {type(error).__name__}: {error}"
            self.touch(run)

    def hand_over(self) -> None:
        """End without touching the engines: the next supervisor adopts them within their grace."""
        self._keep = True
        self.over.set()

    @property
    def hands_over(self) -> bool:
        return self._keep

    async def _close(self) -> None:
        """Stop every engine: instances first, so that their state and last orders are saved."""
        if self._keep:
            self.record.event("supervisor.hand_over", "", f"epoch {self.epoch} lets go")
            self.record.flush(whole=True)
            self.sessions.hand_over()
            await self.sessions.close()
            await self.engines.close()
            self.store.close()
            return
        self.sessions.closing()
        instances = [r.engine for r in self.runs.values() if r.engine.alive]
        for engine in instances:
            self.engines.ask_stop(engine, "the supervisor stops")
        await self._gone(instances)
        accounts = [e for p in self.places.places.values() for e in p.engines if e.alive]
        for engine in accounts:
            self.engines.ask_stop(engine, "the supervisor stops")
        await self._gone(accounts)
        if self.ending.forced.is_set():
            self.sessions.forsaken()
        else:
            await self.sessions.close()
            self._sweep()
            self.record.event("supervisor.stop", "", f"epoch {self.epoch} ends clean")
        self.record.flush(whole=True)
        self.store.set_meta("clean", "no" if self.ending.forced.is_set() else "yes")
        await self.engines.close()
        self.store.close()

    async def _gone(self, engines: list[EngineProcess]) -> None:
        waiting = asyncio.create_task(self.engines.wait_gone(engines, _STOP_S))
        await self.ending.unless_forced(waiting)

    # ---- what others ask ----------------------------------------------------------------------
    def adopt_declared(self, instance: Instance) -> InstanceRun:
        """Take a declared instance, or its new declaration, into the loop."""
        run = self.runs.get(instance.id)
        if run is None:
            engine = EngineProcess(f"in-{instance.id}", instance_socket(self.home, instance.id))
            run = self.runs[instance.id] = InstanceRun(instance, engine)
        run.instance = instance
        self.touch(run)
        return run

    def show(self, run: InstanceRun) -> None:
        """Say that a row looks different, though nothing is to be done about it."""
        self.seq += 1
        run.row_seq = self.seq

    def touch(self, run: InstanceRun) -> None:
        """Say that a row may have changed, and that the plan should be asked again."""
        self.seq += 1
        run.row_seq = self.seq
        error = run.fault or run.engine.error or run.file_error
        mode = run.enforced if run.engine.alive else Mode.OFF
        self.record.status(run.instance.id, mode, run.live_state(), error)
        self.sessions.look(run)
        self._due.set()

    def touch_account(self, place: AccountRun) -> None:
        self.seq += 1
        place.seq = self.seq
        self._due.set()

    def forget(self, instance: str) -> None:
        """Take a removed instance out of the loop, and out of its gateway's sums."""
        run = self.runs.pop(instance, None)
        place = self.places.places.get(run.instance.account) if run else None
        if place is not None and place.gateway.link is not None:
            place.gateway.link.send(Forget(instance))
        self.record.forget(instance)
        self.seq += 1
        self.removed[instance] = self.seq
        self._due.set()

    def clear_account(self, name: str) -> None:
        """Let an account's failed processes try again."""
        place = self.places.place(name)
        for engine in place.engines:
            if engine.state in (EngineState.FAILED, EngineState.BACKOFF):
                engine.crashes.clear()
                engine.state = EngineState.STOPPED
                engine.error = ""
                engine.retry_s = 0.0
        self.touch_account(place)

    def watch(self, instance: str, on: bool) -> None:
        run = self.runs.get(instance)
        if run is not None and run.engine.link is not None:
            run.engine.link.send(Watching(on))

    def _account_names(self) -> set[str]:
        return {*self.declared.accounts(), *(r.instance.account for r in self.runs.values())}

    def _lower(self, run: InstanceRun, why: str, always: bool = False) -> None:
        """After an unclean end an instance comes back at most in `observe`, unless it was armed."""
        account = self.declared.accounts().get(run.instance.account)
        live = account is not None and account.live  # real money always asks a person
        if run.instance.mode is not Mode.ACTIVE or (run.instance.armed and not live and not always):
            return
        self.store.set_mode(run.instance.id, Mode.OBSERVE, "supervisor", now_ns())
        run.instance = self.store.instance(run.instance.id)
        self.record.event("mode.lowered", run.instance.id, f"active -> observe: {why}")
        self.touch(run)

    def _ended(self, engine: EngineProcess, code: int | None) -> None:
        for run in self.runs.values():
            if run.engine is engine:
                self.instances.ended(run, code, self.places.places.get(run.instance.account))
                return
        for place in self.places.places.values():
            if engine in place.engines:
                self.places.ended(place, engine, code)
                return
