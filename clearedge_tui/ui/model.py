"""What the console knows: the newest row of everything, its age, and the questions still open.

Pure: no Textual, no sockets. The link feeds it, screens read it, one UI tick asks it for news.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.kill_summary import KillRow
from clearedge_tui.core.model import EngineState, Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import (
    AccountRow,
    Changed,
    Command,
    Detail,
    Hello,
    InstanceRow,
    JobRow,
    Result,
    Snapshot,
    Stopping,
)

ANSWER_S = 10.0  # a command without a word for this long is reported
WORK_S = 120.0  # … and after it said "pending"
STALE_S = 5.0  # a running row unheard for this long is drawn as old


class LinkState(StrEnum):
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


Answer = Callable[[Result], None]
JobAnswer = Callable[[JobRow], None]
JOB_ENDED = ("done", "failed", "cancelled")


@dataclass(slots=True)
class Pending:
    """A command on its way. `accepted` is true once the supervisor said `pending`."""

    command: Command
    label: str
    sent: float
    on_result: Answer | None = None
    quiet: bool = False  # a question of a screen: no line for a good answer
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the person: `good` True done, False refused or lost, None just so."""

    text: str
    good: bool | None
    at: float
    trace: str = ""  # the thread of the job it is about


@dataclass(slots=True)
class Model:
    """One console's knowledge. Clocks are passed in so that tests and pictures stand still."""

    wall_ns: Callable[[], int] = now_ns
    mono: Callable[[], float] = monotonic
    instances: dict[str, InstanceRow] = field(default_factory=dict)
    accounts: dict[str, AccountRow] = field(default_factory=dict)
    jobs: dict[str, JobRow] = field(default_factory=dict)
    kills: tuple[KillRow, ...] = ()  # what is killed now, as far as anybody knows
    stopping: Stopping | None = None  # the supervisor counts down to its end
    asked_ns: int = 0  # of which countdown a person was asked
    kill_armed: float = 0.0  # monotonic time until which a second press kills; 0 is not
    strategies: tuple[str, ...] = ()  # names of the files, as last told; for the palette
    detail: Detail | None = None
    hello: Hello | None = None
    link: LinkState = LinkState.CONNECTING
    link_note: str = ""
    heard: float | None = None  # monotonic time of the last message
    pending: dict[str, Pending] = field(default_factory=dict)
    notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=50))
    version: int = 0  # grows with every change; a screen compares it
    who: str = "console"
    job_ends: dict[str, JobAnswer] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def apply(self, message: Hello | Snapshot | Changed | Detail | Result) -> None:
        """Take one message of the supervisor."""
        self.heard = self.mono()
        self.version += 1
        match message:
            case Hello():
                self.hello, self.stopping = message, None
            case Snapshot():
                self.instances = {row.id: row for row in message.instances}
                self.accounts = {row.name: row for row in message.accounts}
                self.jobs = {row.id: row for row in message.jobs}
                self.kills = message.kills
                self._end_jobs()
            case Changed():
                self._change(message)
            case Detail():
                self.detail = message
            case Result():
                self._answer(message)

    def _change(self, message: Changed) -> None:
        for row in message.instances:
            self.instances[row.id] = row
        for account in message.accounts:
            self.accounts[account.name] = account
        for job in message.jobs:
            self._tell_end(job)
            self.jobs[job.id] = job
        self._end_jobs()
        if message.kills is not None:
            self.kills = message.kills
        self.stopping = message.stopping or self.stopping
        for gone in message.removed:
            self.instances.pop(gone, None)
            self.jobs.pop(gone, None)

    def _tell_end(self, job: JobRow) -> None:
        known = self.jobs.get(job.id)
        if job.state not in JOB_ENDED or (known is not None and known.state in JOB_ENDED):
            return
        why = f": {job.message}" if job.message else ""
        good = {"done": True, "failed": False}.get(job.state)
        self.say(clean_text(f"{job.title} {job.state}{why}"), good, job.trace_id)

    def when_job_ends(self, job: str, act: JobAnswer) -> None:
        """Call `act` once with the row of a job that has ended, now or later; never for one unknown."""
        self.job_ends[job] = act
        self._end_jobs()

    def _end_jobs(self) -> None:
        for job in [name for name in self.job_ends if name in self.jobs]:
            row = self.jobs[job]
            if row.state in JOB_ENDED:
                self.job_ends.pop(job)(row)

    def set_link(self, state: LinkState, note: str = "") -> None:
        if state is not LinkState.UP and self.link is LinkState.UP:
            self._lose_pending()
        self.link, self.link_note = state, note
        self.stopping = self.stopping if state is LinkState.UP else None
        self.version += 1

    def command(
        self,
        verb: str,
        args: dict[str, object],
        label: str = "",
        on_result: Answer | None = None,
        quiet: bool = False,
    ) -> Command:
        """Make a command and remember it until it is answered or its time is over."""
        made = Command(id=f"{self.who}-{next(self._ids)}", verb=verb, args=args, who=self.who)
        self.pending[made.id] = Pending(made, label or verb, self.mono(), on_result, quiet)
        self.version += 1
        return made

    def _answer(self, result: Result) -> None:
        open_ = self.pending.get(result.id)
        if open_ is None:
            return
        if result.status == "pending":
            open_.accepted = True
            return
        self._finish(open_, result)

    def _finish(self, open_: Pending, result: Result) -> None:
        del self.pending[open_.command.id]
        if result.status != "done":
            self.say(f"{open_.label}: refused: {result.message}", good=False)
        elif not open_.quiet:
            told = result.message or "done"
            named = told.startswith(open_.label.partition(":")[0])  # the answer says of what itself
            trace = result.data.get("trace_id", "") if isinstance(result.data, dict) else ""
            self.say(told if named else f"{open_.label}: {told}", good=True, trace=str(trace))
        if open_.on_result is not None:
            open_.on_result(result)

    def expire(self) -> None:
        """Report every command whose time is over; call it with the UI tick."""
        now = self.mono()
        for open_ in list(self.pending.values()):
            limit = WORK_S if open_.accepted else ANSWER_S
            if now - open_.sent >= limit:
                self._give_up(open_, f"no answer for {limit:.0f} s")

    def fail(self, command_id: str, reason: str) -> None:
        """End one command that cannot be answered any more."""
        open_ = self.pending.get(command_id)
        if open_ is not None:
            self._give_up(open_, reason)

    def _lose_pending(self) -> None:
        for open_ in list(self.pending.values()):
            self._give_up(
                open_, "the link broke before the answer; look at the row before trying again"
            )

    def _give_up(self, open_: Pending, reason: str) -> None:
        del self.pending[open_.command.id]
        self.say(f"{open_.label}: {reason}", good=False)
        if open_.on_result is not None:
            open_.on_result(Result(id=open_.command.id, status="lost", message=reason))

    def say(self, text: str, good: bool | None = None, trace: str = "") -> None:
        """Leave one line for the person; `trace` is the thread it belongs to."""
        self.notices.append(Notice(text, good, self.mono(), trace))
        self.version += 1

    def age_s(self) -> float | None:
        """Return seconds since the supervisor last spoke; None when it never did."""
        return None if self.heard is None else max(0.0, self.mono() - self.heard)

    @property
    def stale(self) -> bool:
        """True when nothing on the screen may be taken for the present."""
        return self.link is not LinkState.UP

    def row_age_s(self, row: InstanceRow) -> float:
        return max(0.0, (self.wall_ns() - row.heard_ns) / 1e9) if row.heard_ns else 0.0

    def row_stale(self, row: InstanceRow) -> bool:
        return self.stale or (row.state is EngineState.RUNNING and self.row_age_s(row) > STALE_S)

    def price_age_s(self, row: InstanceRow) -> float:
        """Return seconds since the row's market was heard; 0 when it never was."""
        return max(0.0, (self.wall_ns() - row.market_ns) / 1e9) if row.market_ns else 0.0

    def price_stale(self, row: InstanceRow) -> bool:
        """Whether the row's price is older than its account enters anything on."""
        live = row.state in (EngineState.RUNNING, EngineState.PAUSED)
        return live and 0 < row.stale_s < self.price_age_s(row)

    @property
    def armed(self) -> bool:
        """Whether the next press of the kill key kills."""
        return self.mono() < self.kill_armed

    def anything_runs(self) -> bool:
        """True when leaving the console leaves something at work."""
        return any(
            row.desired is not Mode.OFF
            or row.state not in (EngineState.STOPPED, EngineState.FAILED)
            for row in self.instances.values()
        ) or any(job.state in ("queued", "running") for job in self.jobs.values())
