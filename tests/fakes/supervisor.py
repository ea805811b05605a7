"""A supervisor without engines: a loopback unix socket that speaks the protocol over a seeded world.

`silent` verbs are never answered, `refuse` verbs are refused, `move()` changes rows; `serve` pushes
them at the client's rate when `moving` is on. Run it as a program to look at the console by hand.
"""

import asyncio
import contextlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.model import Book, EngineState, Health, Mode
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.runs.index import Index
from clearedge_tui.runs.labels import Labels
from clearedge_tui.runs.search import NEWEST, search
from clearedge_tui.supervisor.protocol import (
    VERSION,
    Attach,
    Changed,
    Command,
    Detail,
    Hello,
    InstanceRow,
    JobRow,
    Result,
    Snapshot,
    ToSupervisor,
    Watch,
)
from tests.fakes import catalog, market, reports, research, runs, strategies, trading

change = msgspec.structs.replace


class FakeSupervisor:
    """One world, any number of consoles."""

    def __init__(
        self, count: int = 24, seed: int = 7, moving: bool = False, fixed: bool = True
    ) -> None:
        self.clock: Callable[[], int] = (lambda: market.START_NS) if fixed else now_ns
        at = self.clock()
        self.rows = {row.id: row for row in market.instance_rows(count, seed, at)}
        self.accounts = market.account_rows(at)
        self.jobs: dict[str, JobRow] = {job.id: job for job in market.job_rows(at)}
        self.details: dict[str, Detail] = {}
        self.commands: list[Command] = []
        self.attached: list[Attach] = []
        self.watched: list[str] = []
        self.silent: set[str] = set()
        self.refuse: dict[str, str] = {}
        self.answers: dict[str, object] = {}  # other data than usual, by verb
        self.runs_index: Index | None = None  # other runs than usual
        self.labels: dict[str, Labels] = {}
        self.gone: set[str] = set()
        self.killed = trading.Kills()
        self.version = VERSION
        self.moving = moving
        self._random = Random(seed)
        self._writers: dict[asyncio.StreamWriter, str] = {}
        self._server: asyncio.Server | None = None
        self._mover: asyncio.Task[None] | None = None
        self._seq = 0

    async def start(self, path: Path) -> None:
        """Listen at `path`; its folder exists."""
        self._server = await asyncio.start_unix_server(self._serve, path)
        if self.moving:
            self._mover = asyncio.create_task(self._move_for_ever())

    async def stop(self) -> None:
        """End like a killed process: every line breaks at once."""
        if self._mover is not None:
            self._mover.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._mover
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    # -- the world

    def move(self) -> Changed:
        """Let a third of the running rows move and return what changed."""
        moved = []
        for row in self.rows.values():
            if row.state is EngineState.RUNNING and self._random.random() < 0.35:
                step = Decimal(str(round(self._random.gauss(0, 4), 2)))
                today, total = (
                    (row.pnl_today or Decimal(0)) + step,
                    (row.pnl_total or Decimal(0)) + step,
                )
                moved.append(
                    change(
                        row,
                        pnl_today=today,
                        pnl_total=total,
                        spark=(*row.spark[1:], float(today)),
                        heard_ns=self.clock(),
                    )
                )
        for row in moved:
            self.rows[row.id] = row
        jobs = tuple(
            change(
                job, progress=min(1.0, job.progress + 0.01), eta_s=max(0.0, (job.eta_s or 0) - 0.2)
            )
            for job in self.jobs.values()
            if job.state == "running"
        )
        self.jobs |= {job.id: job for job in jobs}
        self._seq += 1
        return Changed(self._seq, self.clock(), tuple(moved), tuple(self.accounts), jobs)

    async def push(self, message: object) -> None:
        for writer in list(self._writers):
            writer.write(frame(message))
            with contextlib.suppress(ConnectionError):  # that console has just left
                await writer.drain()

    async def put_row(self, row: InstanceRow) -> None:
        self.rows[row.id] = row
        self._seq += 1
        await self.push(Changed(self._seq, self.clock(), (row,)))

    async def work(self, key: str, **changes: object) -> None:
        """Let a job go on: other fields of its row."""
        self.jobs[key] = change(self.jobs[key], **changes)
        self._seq += 1
        await self.push(Changed(self._seq, self.clock(), jobs=(self.jobs[key],)))

    def detail_of(self, name: str) -> Detail:
        return self.details.get(name) or market.detail(self.rows[name], self.clock())

    async def _move_for_ever(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            await self.push(self.move())
            for writer, name in list(self._writers.items()):
                if name in self.rows:
                    writer.write(frame(self._living_detail(name)))

    def _living_detail(self, name: str) -> Detail:
        made = self.details[name] = self.details.get(name) or market.detail(
            self.rows[name], self.clock()
        )
        last = made.bars[-1]
        close = last.close * (1 + self._random.gauss(0, 0.0004))
        bar = (
            last._replace(close=close)
            if hasattr(last, "_replace")
            else change(last, close=close, high=max(last.high, close), low=min(last.low, close))
        )
        self.details[name] = change(made, bars=(*made.bars[:-1], bar), at_ns=self.clock())
        return self.details[name]

    # -- the wire

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decode = msgspec.msgpack.Decoder(ToSupervisor).decode
        self._writers[writer] = ""
        try:
            async for body in frames(reader):
                for answer in self._hear(decode(body), writer):
                    writer.write(frame(answer))
        finally:
            self._writers.pop(writer, None)
            writer.close()

    def _hear(
        self, message: Attach | Watch | Command, writer: asyncio.StreamWriter
    ) -> list[object]:
        match message:
            case Attach():
                self.attached.append(message)
                hello = Hello(
                    self.version,
                    3,
                    4711,
                    "home",
                    self.clock(),
                    "console of desk on fra1 (pid 4711)",
                )
                rows = tuple(self.rows.values())
                return [
                    hello,
                    Snapshot(
                        self._seq,
                        self.clock(),
                        rows,
                        tuple(self.accounts),
                        tuple(self.jobs.values()),
                        self.killed.rows(),
                    ),
                ]
            case Watch():
                self._writers[writer] = message.id
                self.watched.append(message.id)
                return [self.detail_of(message.id)] if message.id in self.rows else []
            case Command():
                return self._command(message)

    def _command(self, command: Command) -> list[object]:
        self.commands.append(command)
        if command.verb in self.silent:
            return []
        if command.verb in self.refuse:
            return [Result(command.id, "refused", self.refuse[command.verb], code=3)]
        answer = _VERBS.get(command.verb)
        if answer is None:
            return [Result(command.id, "refused", f"unknown verb {command.verb}", code=2)]
        try:
            message, data, rows = answer(self, command.args)
        except ClearEdgeError as error:
            return [Result(command.id, "refused", str(error), code=error.exit_code)]
        data = self.answers.get(command.verb, data)
        self.rows |= {row.id: row for row in rows}
        self._seq += 1
        out: list[object] = [Result(command.id, "pending")]
        if command.verb.startswith("kill."):
            out.append(Changed(self._seq, self.clock(), kills=self.killed.rows()))
        if rows or command.verb.startswith("data."):
            jobs = tuple(job for job in self.jobs.values() if job.kind != "backtest")
            out.append(Changed(self._seq, self.clock(), tuple(rows), jobs=jobs))
        return [*out, Result(command.id, "done", message, data)]


Args = dict[str, object]
Answer = tuple[str, object, list[InstanceRow]]


def _mode(world: FakeSupervisor, args: Args) -> Answer:
    row, mode = world.rows[str(args["id"])], Mode(str(args["mode"]))
    off = mode is Mode.OFF
    made = change(
        row, desired=mode, actual=mode, state=EngineState.STOPPED if off else EngineState.RUNNING,
        health=Health.IDLE if off else Health.OK, error="", heard_ns=world.clock(),
        book=None if off else Book.PAPER if mode is Mode.ACTIVE else Book.SHADOW,
    )  # fmt: skip
    return f"{row.id} is {mode}", None, [made]


def _run_show(world: FakeSupervisor, args: Args) -> Answer:
    if str(args["run_id"]).startswith("st-"):
        return "", research.report(str(args["run_id"])), []
    return "", runs.plain(runs.report(str(args["run_id"]))), []


def _run_search(world: FakeSupervisor, args: Args) -> Answer:
    everything = world.runs_index or runs.index(world.gone, world.labels)
    given = str(args.get("filter", "")), str(args.get("sort", NEWEST))
    part = int(str(args.get("offset", 0))), int(str(args.get("limit", 200)))
    page = search(everything, *given, *part)
    return "", runs.plain(page), []


def _run_label(world: FakeSupervisor, args: Args) -> Answer:
    run_id = str(args["run_id"])
    old = world.labels.get(run_id, Labels())
    tags = set(old.tags)
    for word in args.get("tags") or ():  # type: ignore[attr-defined]  # a list of words
        tags = tags - {word[1:]} if word.startswith("-") else tags | {word}
    note, star = str(args.get("note", old.note)), bool(args.get("star", old.star))
    world.labels[run_id] = Labels(tuple(sorted(tags)), note, star)
    return f"{run_id}: labelled", None, []


def _run_rm(world: FakeSupervisor, args: Args) -> Answer:
    world.gone.add(str(args["run_id"]))
    return f"{args['run_id']} removed; for a week restore-run brings it back", None, []


def _run_restore(world: FakeSupervisor, args: Args) -> Answer:
    world.gone.discard(str(args["run_id"]))
    return f"{args['run_id']} is back", None, []


def _run_compare(world: FakeSupervisor, args: Args) -> Answer:
    names = [str(one) for one in args["run_ids"]]  # type: ignore[attr-defined]  # a list of ids
    return "", runs.plain(runs.comparison(names)), []


def _job(what: str) -> Callable[[FakeSupervisor, Args], Answer]:
    """Return a verb that starts a job; `work` of the world says how it goes on."""

    def start(world: FakeSupervisor, args: Args) -> Answer:
        key = f"job-{what}-{len(world.jobs)}"
        title = f"{what} {args.get('series') or args.get('markets') or 'all series'}"
        world.jobs[key] = JobRow(key, what, title, "running", started_ns=world.clock())
        return f"{title} started", {"job": key}, []

    return start


_VERBS: dict[str, Callable[[FakeSupervisor, Args], Answer]] = {
    "instance.mode": _mode,
    "instance.start": lambda w, a: _mode(w, {"id": a["id"], "mode": "observe"}),
    "instance.stop": lambda w, a: _mode(w, {"id": a["id"], "mode": "off"}),
    "instance.set": lambda w, a: ("fast 12 -> 10", None, []),
    "instance.add": lambda w, a: (
        f"{a['id']} declared",
        None,
        [change(next(iter(w.rows.values())), id=str(a["id"]))],
    ),
    "instance.rm": lambda w, a: (f"{a['id']} removed", None, []),
    "instance.clear": lambda w, a: ("cleared", None, []),
    "instance.pause": lambda w, a: (f"{a['id']} paused", None, []),
    "instance.resume": lambda w, a: (f"{a['id']} resumed", None, []),
    "strategy.list": lambda w, a: ("", strategies.rows(brief=bool(a.get("brief"))), []),
    "strategy.check": lambda w, a: (strategies.check(str(a["strategy"])), None, []),
    "strategy.new": lambda w, a: (f"{a['name']}.py written", None, []),
    "data.columns": lambda w, a: ("", runs.ODD_COLUMNS, []),
    "data.plan": lambda w, a: (
        "3 bars understood; nothing is written yet",
        {"lines": runs.READING, "seen": "1 2", "rows": 3},
        [],
    ),
    "data.import": lambda w, a: ("BTC/USDT 1m: 3 bars added", None, []),
    "data.sample": lambda w, a: ("SP500 1d: 5,031 bars added", None, []),
    "kill.on": lambda w, a: (w.killed.on(a, w.clock()), None, []),
    "kill.clear": lambda w, a: (f"{w.killed.held.pop(str(a['kill'])).name} is lifted", None, []),
    "kill.reason": lambda w, a: ("", None, []),
    "kill.status": lambda w, a: ("", w.killed.status(), []),
    "limit.list": lambda w, a: ("", trading.limit_rows(), []),
    "limit.set": lambda w, a: ("declared", None, []),
    "limit.clear": lambda w, a: (f"{a['scope']} {a['key']}: {a['name']} is cleared", None, []),
    "risk.list": lambda w, a: ("", trading.risk_rows(), []),
    "approve.show": lambda w, a: ("", trading.approvals(w.clock()), []),
    "approve.check": lambda w, a: (
        "",
        {"parts": trading.PARTS, "why_not": ["config: size 0.1 -> 0.2"], "who": "Ann Lee"},
        [],
    ),
    "approve.give": lambda w, a: (f"{a['id']}: approved by {a['name']}", None, []),
    "approve.revoke": lambda w, a: (f"{a['id']}: approval revoked", None, []),
    "account.readiness": lambda w, a: ("", trading.readiness(w.clock()), []),
    "account.list": lambda w, a: ("", [trading.ACCOUNT], []),
    "account.probe": lambda w, a: (f"{a['account']}: probe_ok", None, []),
    "account.set": lambda w, a: (f"account {a['account']}: set", None, []),
    "recon.list": lambda w, a: ("", trading.recon(w.clock()), []),
    "recon.history": lambda w, a: ("", trading.decided(w.clock()), []),
    "recon.resolve": lambda w, a: ("settled", None, []),
    "book.orders": lambda w, a: ("", trading.book_orders(w.clock()), []),
    "book.fills": lambda w, a: ("", trading.book_fills(w.clock()), []),
    "book.positions": lambda w, a: ("", trading.book_positions(w.clock()), []),
    "order.preview": lambda w, a: ("", trading.order_preview(a), []),
    "order.place": lambda w, a: (f"{a['instance']}: placed by hand: sent", None, []),
    "order.cancel": lambda w, a: (f"{a['id']}: cancel sent", None, []),
    "position.close": lambda w, a: (f"{a['instance']}: closing", None, []),
    "account.rewind": lambda w, a: ("plays from the beginning", None, []),
    "supervisor.hand_over": lambda w, a: ("the supervisor hands over", None, []),
    "backtest.run": lambda w, a: ("bt-0007", {"run_id": "bt-0007", "job": "job-1"}, []),
    "job.cancel": lambda w, a: ("cancelled", None, []),
    "run.search": _run_search,
    "run.label": _run_label,
    "run.restore": _run_restore,
    "run.compare": _run_compare,
    "run.again": lambda w, a: ("started", None, []),
    "run.resume": lambda w, a: ("started", None, []),
    "spec.save": lambda w, a: (f"{a.get('file') or a.get('run_id')} written", None, []),
    "run.show": _run_show,
    "run.analysis": lambda w, a: ("", reports.analysis(research.own(a)), []),
    "run.trades": lambda w, a: ("", reports.trades(a), []),
    "run.trade": lambda w, a: ("", reports.trade(a), []),
    "run.candles": lambda w, a: ("", reports.candles(a), []),
    "run.about": lambda w, a: ("", reports.past(a), []),
    "run.rm": _run_rm,
    "data.list": lambda w, a: ("", catalog.rows(), []),
    "data.coverage": lambda w, a: ("", catalog.coverage(str(a["series"])), []),
    "data.preview": lambda w, a: ("", catalog.preview(str(a["series"]), int(str(a["count"]))), []),
    "data.sources": lambda w, a: ("", catalog.sources(str(a.get("reset", ""))), []),
    **{
        f"data.{what}": _job(what)
        for what in ("pull", "sync", "check", "compact", "dedupe", "rm", "fingerprint")
    },
    "research.list": lambda w, a: ("", research.board(str(a.get("version", ""))), []),
    "research.show": lambda w, a: ("", research.show(str(a["run_id"])), []),
    "research.run": lambda w, a: (f"judging {a['strategy']}", {"job": "job-research-1"}, []),
    "research.sweep": lambda w, a: ("judging a sweep", {"job": "job-research-1"}, []),
    "research.threshold": lambda w, a: (f"{a['name']}: moved", None, []),
    "journal.tail": lambda w, a: ("", runs.journal(), []),
    "account.speed": lambda w, a: ("speed set", None, []),
    "stop_all": lambda w, a: ("everything is off", None, []),
    "supervisor.stop": lambda w, a: ("stopping", None, []),
}
