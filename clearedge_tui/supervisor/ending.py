"""How a supervisor ends: a countdown while something acts, a choice, and what the choice asks for.

The first request counts down when an instance acts; the second one ends at once. During the
countdown, and while orders are settled, the engines go on; afterwards they are stopped in order.
"""

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.model import ExitPolicy, Mode
from clearedge_tui.settings import load_options
from clearedge_tui.supervisor.protocol import Stopping
from clearedge_tui.supervisor.rows import own_book

if TYPE_CHECKING:
    from clearedge_tui.supervisor.runtime import InstanceRun
    from clearedge_tui.supervisor.supervisor import Supervisor

_SETTLE_S = 10.0
_TELL_S = 1.0


class Ending:
    """One a supervisor. `say` takes lines for a person; consoles read `told`."""

    def __init__(self, supervisor: "Supervisor") -> None:
        self._sup = supervisor
        self._task: asyncio.Task[None] | None = None
        self._chosen = asyncio.Event()
        self._policy: ExitPolicy | None = None
        self.forced = asyncio.Event()
        self.settling = False  # what acts is being lowered: the plan must not raise it again
        self.told: Stopping | None = None
        self.say: Callable[[str], None] = lambda text: None

    # ---- who asks -----------------------------------------------------------------------------
    def signal(self) -> None:
        """Take a signal: the first one begins, the second one ends everything at once."""
        if self._task is None and not self._sup.over.is_set():
            self._begin(self._grace_s())
        else:
            self._force()

    def ask(self, policy: ExitPolicy | None) -> None:
        """Take the word of a person: no countdown, or the end of the one that runs."""
        self._policy = policy or self._policy
        self._chosen.set()
        if self._task is None:
            self._begin(0.0)

    def _force(self) -> None:
        self.say("a second signal: the engines are told to stop, and not waited for")
        self._sup.record.event("supervisor.forced", "", "stopped at once, nothing was waited for")
        self.forced.set()
        self._chosen.set()
        self._sup.over.set()

    def _begin(self, grace_s: float) -> None:
        self._task = asyncio.create_task(self._end(grace_s))

    def _grace_s(self) -> float:
        try:
            return load_options(self._sup.home).stop_grace_s
        except ClearEdgeError as error:
            self.say(str(error))
            return 0.0

    # ---- what happens -------------------------------------------------------------------------
    async def _end(self, grace_s: float) -> None:
        try:
            acting = self._acting()
            if acting and grace_s and not self._chosen.is_set():
                await self._count_down(acting, grace_s)
            if not self.forced.is_set():
                await self._settle()
        finally:
            self._sup.over.set()

    def _acting(self) -> list["InstanceRun"]:
        return [
            run
            for run in self._sup.runs.values()
            if run.engine.alive and run.enforced is Mode.ACTIVE
        ]

    async def _count_down(self, acting: list["InstanceRun"], grace_s: float) -> None:
        names = tuple(run.instance.id for run in acting)
        policies = {run.instance.id: run.instance.exit_policy for run in acting}
        until = monotonic() + grace_s
        self.told = Stopping(now_ns() + int(grace_s * 1e9), names, policies)
        self._sup.record.event(
            "supervisor.stopping", "", f"in {grace_s:g} s; {', '.join(names)} act", payload={}
        )
        self.say("choose with `clearedge stop --policy leave|cancel|flatten`; once more: at once")
        while (left := until - monotonic()) > 0 and not self._chosen.is_set():
            self.say(f"stopping in {math.ceil(left)} s: {_told(policies)}")
            wait = left % _TELL_S or _TELL_S
            try:
                await asyncio.wait_for(self._chosen.wait(), wait)
            except TimeoutError:
                continue

    async def _settle(self) -> None:
        """Have every acting instance leave its book by the policy, and wait until it has."""
        self.settling = True
        acting = self._acting()
        done = await asyncio.gather(*(self._leave(run) for run in acting))
        end = monotonic() + _SETTLE_S
        while monotonic() < end and not self.forced.is_set():
            if not any(self._open(run) for run, left in zip(acting, done, strict=True) if left):
                break
            await asyncio.sleep(0.05)
        for run in acting:
            policy = self._policy or run.instance.exit_policy
            left = self._open(run)
            text = f"left {run.instance.mode} by `{policy}`" + (f"; {left}" if left else "")
            self.say(f"{run.instance.id}: {text}")
            self._sup.record.event("instance.left", run.instance.id, text)

    async def _leave(self, run: "InstanceRun") -> bool:
        place = self._sup.places.places.get(run.instance.account)
        if place is None:
            return False
        policy = self._policy or run.instance.exit_policy
        try:
            done = await self._sup.instances.leave(run, place, policy)
        except ClearEdgeError as error:  # its gateway is away: nothing can be asked of it
            self.say(f"{run.instance.id}: {error}")
            return False
        return not done.error

    def _open(self, run: "InstanceRun") -> str:
        """Return what of the policy is not done yet; empty when all is."""
        policy = self._policy or run.instance.exit_policy
        book = own_book(self._sup.declared.accounts().get(run.instance.account))
        resting = sum(o.status.is_open and o.book is book for o in run.orders.values())
        ledger = run.ledgers.get(book)
        held = ledger.position.size if ledger else 0
        fresh = ledger is None or ledger.at_ns >= max((f.at_ns for f in run.fills), default=0)
        if policy is ExitPolicy.LEAVE:
            return ""
        if resting:
            return f"{resting} orders still rest"
        if policy is ExitPolicy.FLATTEN and (held or not fresh):
            return f"{held} still held"
        return ""

    async def unless_forced(self, work: asyncio.Task[None]) -> None:
        """Wait for some work, but not once everything is to end at once."""
        while not work.done() and not self.forced.is_set():
            await asyncio.wait([work], timeout=0.05)
        work.cancel()


def _told(policies: dict[str, ExitPolicy]) -> str:
    by_policy: dict[str, list[str]] = {}
    for name, policy in policies.items():
        by_policy.setdefault(str(policy), []).append(name)
    return "; ".join(f"{', '.join(names)} by `{policy}`" for policy, names in by_policy.items())
