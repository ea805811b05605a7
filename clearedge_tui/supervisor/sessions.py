"""Each paper or live activity of an instance as a run: begun, followed and ended by what is seen.

Nobody has to tell: whatever changes a row passes `look`, which compares the engine's state with
the phase of its session, and the home's journal passes `told`. Files are written a few times a
second; a disk that is full keeps the lines here until there is room.
"""

import asyncio
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clearedge_tui.core.clock import iso, monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import Book, EngineState, Mode, OrderStatus, Position
from clearedge_tui.core.session import Phase, Warmed, seen, way
from clearedge_tui.runs import drafts, events, journal, manifest, session_record, sessions
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import run_folder
from clearedge_tui.runs.sessions import Begun
from clearedge_tui.settings import Home
from clearedge_tui.store import sessions as kept
from clearedge_tui.store.db import Store
from clearedge_tui.supervisor import session_events
from clearedge_tui.supervisor.declared import Declared
from clearedge_tui.supervisor.runtime import InstanceRun
from clearedge_tui.supervisor.session_spec import spec_of
from clearedge_tui.supervisor.tasks import Tasks

_POINT_S = 60.0
_COUNTS_S = 600.0  # between two lines with the number of denied orders
_SUMS_S = 1.0
_SETTLE_S = 2.0  # what was cancelled at the end is heard of before the record is made


@dataclass(slots=True)
class Open:
    """One session under way, and what is still to be written of it."""

    folder: Path
    begun: Begun
    phase: Phase | None = None
    code: str = ""
    config: int = 0
    pid: int = 0
    pending: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    denied: dict[str, int] = field(default_factory=dict)
    pointed_s: float = -_POINT_S
    counted_s: float = 0.0

    @property
    def run_id(self) -> str:
        return self.begun.about.run_id


class Sessions:
    """All sessions of a supervisor; everything runs on its loop but for the making of records."""

    def __init__(
        self,
        home: Home,
        store: Store,
        declared: Declared,
        tasks: Tasks,
        flush: Callable[[], None],
        pid: int,
    ) -> None:
        self._home, self._store, self._declared = home, store, declared
        self._busy, self._flush, self._pid = tasks, flush, pid
        self._open: dict[str, Open] = {}
        self._handed: dict[str, tuple[Path, Begun]] = {}
        self._ending: set[str] = set()
        self._closing = False
        self._quiet = asyncio.Event()

    # ---- what was there before ----------------------------------------------------------------
    def take_over(self) -> None:
        """Keep what a former supervisor handed over; end what a dead one has left."""
        for folder, begun in sessions.under_way(self._home):
            told = journal.read(folder)
            if told and told[-1].event == events.SESSION_HANDED_OVER:
                self._handed[begun.spec.instance] = folder, begun
            else:
                forced = any(entry.event == events.SESSION_FORCED for entry in told)
                why = "was forced to stop at once" if forced else "ended unasked"
                self._end_of_dead(folder, begun, f"its supervisor {why}")

    def forsake(self, found: set[str]) -> None:
        """End what was handed over and whose engine was not found."""
        for name in set(self._handed) - found:
            folder, begun = self._handed.pop(name)
            self._end_of_dead(folder, begun, "its engine was gone when the next supervisor came")

    def _end_of_dead(self, folder: Path, begun: Begun, why: str) -> None:
        kept.end(self._store, begun.about.run_id)
        self._ending.add(begun.about.run_id)
        work = self._recorded(folder, begun, Status.INTERRUPTED, why)
        self._busy.start(f"session-{begun.about.run_id}", work)

    # ---- what happens -------------------------------------------------------------------------
    def look(self, run: InstanceRun) -> None:
        """Take a row as it is now: begin, go on, or end the session of its instance."""
        one = self._open.get(run.instance.id)
        state, alive = run.engine.state, run.engine.alive
        wanted = seen(state, alive, run.paused)
        if one is None:
            begins = wanted is not None and not wanted.ended
            if begins or (alive and state is EngineState.STARTING):
                one = self._begin(run)
            if one is None:
                return
        if wanted is not None and wanted is not one.phase:
            self._enter(run, one, wanted)
        if run.instance.id in self._open:
            self._changes(run, one)

    def warmed(self, run: InstanceRun, message: Warmed) -> None:
        """An instance has its history; the next thing it sees is a tick."""
        self.look(run)
        one = self._open.get(run.instance.id)
        if one is not None:
            said = {"bars": message.bars, "base_s": message.base_s, "from": message.come_from}
            if message.bars:
                said |= {"first": iso(message.first_ns), "last": iso(message.last_ns)}
            self._step(one, Phase.WARMUP, said)

    def told(
        self, event: str, subject: str, who: str, text: str, payload: Mapping[str, object]
    ) -> None:
        """Take a line of the home's journal."""
        name = session_events.name_of(event)
        if not name and event != session_events.DENIED:
            return
        for one in self._open.values():
            if not session_events.concerns(one.begun.spec, event, subject, text):
                continue
            if name:
                one.pending.append((name, session_events.payload_of(who, text, payload)))
            else:
                rule, more = str(payload.get("rule", "other")), payload.get("others", 0)
                count = 1 + (more if isinstance(more, int) else 0)
                one.denied[rule] = one.denied.get(rule, 0) + count

    def _begin(self, run: InstanceRun) -> Open | None:
        instance = run.instance
        if instance.id in self._handed:
            return self._go_on(run)
        spec = spec_of(self._store, self._declared, run)
        if spec is None:
            return None
        run_id = new_run_id(instance.strategy)
        about = About(
            run_id, uuid.uuid4().hex, manifest.canonical_sha256(spec.config),
            str(run_folder(self._home, run_id).relative_to(self._home.root)), spec.book,
        )  # fmt: skip
        begun = Begun(about, spec, now_ns())
        try:
            source = (self._home.strategies / f"{instance.strategy}.py").read_bytes()
            folder = sessions.begin(self._home, begun, self._pid, run.engine.pid, source)
            kept.begin(self._store, instance.id, run_id)
        except (OSError, ClearEdgeError) as error:  # a full disk: trading goes on, and we try again
            sys.stderr.write(f"{iso(now_ns())} no session of {instance.id}: {error}\n")
            return None
        one = Open(folder, begun, code=spec.code_sha256, config=spec.config_version)
        one.pid = run.engine.pid
        self._open[instance.id] = one
        self._step(one, Phase.INITIALIZING, {"process": run.engine.pid})
        one.pending.append((events.RUN_STARTED, {"why": f"declared {instance.mode}"}))
        if spec.book is Book.PAPER:
            one.pending.append(("paper_started", {}))
        none = {book: LedgerRow(instance.id, book, Position()) for book in (spec.book, Book.SHADOW)}
        self._point(one, {**none, **run.ledgers})
        return one

    def _go_on(self, run: InstanceRun) -> Open:
        folder, begun = self._handed.pop(run.instance.id)
        told = journal.read(folder)
        one = Open(folder, begun, sessions.phase_of(told), run.running_code, run.running_config)
        one.pid = run.engine.pid
        self._open[run.instance.id] = one
        drafts.own(folder, self._pid, run.engine.pid)
        one.pending.append((events.SESSION_ADOPTED, {"process": run.engine.pid}))
        return one

    def _enter(self, run: InstanceRun, one: Open, wanted: Phase) -> None:
        if wanted.ended:
            self._end(run, one, wanted, run.fault or run.engine.error)
            return
        for phase in way(one.phase, wanted):
            why = run.engine.error if phase is Phase.INITIALIZING else ""
            self._step(one, phase, {"why": why} if why else {})

    def _step(self, one: Open, phase: Phase, said: dict[str, object]) -> None:
        if way(one.phase, phase) == (phase,):
            one.phase = phase
            one.pending.append((events.SESSION_PHASE, {"phase": phase.value, **said}))

    def _changes(self, run: InstanceRun, one: Open) -> None:
        """Note another process, another code and another config inside one session."""
        if run.engine.pid and run.engine.pid != one.pid:
            one.pid = run.engine.pid
            drafts.own(one.folder, self._pid, one.pid)
        if run.running_code and run.running_code != one.code:
            one.code = run.running_code
            one.pending.append((events.CODE_CHANGED, {"code_sha256": one.code}))
        if run.running_config and run.running_config != one.config:
            one.config = run.running_config
            digest = manifest.canonical_sha256(run.instance.config)
            said = {"version": one.config, "config_sha256": digest}
            one.pending.append((events.CONFIG_CHANGED, said))

    # ---- writing ------------------------------------------------------------------------------
    def write(self, runs: Mapping[str, InstanceRun]) -> None:
        """Write what has come together, and the books once a minute."""
        for name, one in self._open.items():
            run = runs.get(name)
            if run is not None and monotonic() - one.pointed_s >= _POINT_S:
                self._point(one, run.ledgers)
            self._append(one)

    def _append(self, one: Open, last: bool = False) -> None:
        if one.denied and (last or monotonic() - one.counted_s >= _COUNTS_S):
            one.pending.append((events.ORDERS_DENIED, dict(one.denied)))
            one.denied.clear()
            one.counted_s = monotonic()
        try:
            while one.pending:
                event, said = one.pending[0]
                journal.append(one.folder, one.begun.about, event, Status.RUNNING, **said)
                del one.pending[0]
        except OSError as error:
            sys.stderr.write(f"{iso(now_ns())} {one.run_id}: {error}\n")

    def _point(self, one: Open, ledgers: Mapping[Book, LedgerRow]) -> None:
        one.pointed_s = monotonic()
        try:
            sessions.add_points(one.folder, [sessions.point(row) for row in ledgers.values()])
        except OSError as error:
            sys.stderr.write(f"{iso(now_ns())} {one.run_id}: {error}\n")

    # ---- ends ---------------------------------------------------------------------------------
    def _end(self, run: InstanceRun, one: Open, phase: Phase, why: str) -> None:
        del self._open[run.instance.id]
        self._ending.add(one.run_id)
        off = "declared off" if run.instance.mode is Mode.OFF else "its engine was stopped"
        status = Status.DONE if phase is Phase.STOPPED else Status.FAILED
        why = why if status is Status.FAILED else "the supervisor stops" if self._closing else off
        self._busy.start(f"session-{one.run_id}", self._over(run, one, status, why))

    async def _over(self, run: InstanceRun, one: Open, status: Status, why: str) -> None:
        if self._closing:
            await self._quiet.wait()
        await self._last_sums(run)
        end = monotonic() + _SETTLE_S
        while not self._closing and monotonic() < end and _waits(run):  # noqa: ASYNC110  # bounded
            await asyncio.sleep(0.05)
        try:
            self._flush()
            kept.end(self._store, one.run_id)
        except ClearEdgeError as error:  # the record says what is on the disk
            sys.stderr.write(f"{iso(now_ns())} {one.run_id}: {error}\n")
        self._point(one, run.ledgers)
        self._append(one, last=True)
        await self._recorded(one.folder, one.begun, status, why)

    async def _last_sums(self, run: InstanceRun) -> None:
        """A gateway tells the sums of its books now and then: wait for those after the last fill."""
        known, end = dict(run.ledgers), monotonic() + _SUMS_S
        while not self._closing and monotonic() < end and run.ledgers == known:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def _recorded(self, folder: Path, begun: Begun, status: Status, why: str) -> None:
        try:
            await asyncio.to_thread(session_record.finish, self._home, folder, begun, status, why)
        except (OSError, ClearEdgeError) as error:  # the draft stays: the next supervisor's matter
            sys.stderr.write(f"{iso(now_ns())} {begun.about.run_id}: {error}\n")
        finally:
            self._ending.discard(begun.about.run_id)

    def hand_over(self) -> None:
        """Leave the sessions to the next supervisor, which finds their engines."""
        for one in self._open.values():
            one.pending.append((events.SESSION_HANDED_OVER, {}))
            self._append(one)

    def forsaken(self) -> None:
        """The supervisor ends at once: the next one ends the sessions, and knows why."""
        for one in self._open.values():
            one.pending.append((events.SESSION_FORCED, {}))
            self._append(one)

    def closing(self) -> None:
        """From now on what ends does so because the supervisor stops."""
        self._closing = True

    async def close(self, limit_s: float = 10.0) -> None:
        """No engine says anything any more: wait until every session that has ended is recorded."""
        self._quiet.set()
        end = monotonic() + limit_s
        while self._ending and monotonic() < end:  # noqa: ASYNC110  # bounded
            await asyncio.sleep(0.01)


def _waits(run: InstanceRun) -> bool:
    """Whether something of it still rests, of which more will be heard."""
    orders = run.orders.values()
    return any(o.status.is_open and o.status is not OrderStatus.UNKNOWN for o in orders)
