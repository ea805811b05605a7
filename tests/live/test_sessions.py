"""Each activity of an instance is a run, whole at its end, and ended by the next when nobody could."""

import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.model import Mode
from clearedge_tui.core.session import Phase
from clearedge_tui.runs import index, journal, manifest, sessions, trash
from clearedge_tui.runs.export import export
from clearedge_tui.runs.listing import load_report
from clearedge_tui.runs.report_rows import OneTrade, TradePage
from clearedge_tui.runs.search import search
from clearedge_tui.runs.session_look import load_any, with_sessions
from clearedge_tui.runs.trace import events
from tests.live.box import Box


def ended(box: Box, run_id: str) -> Path:
    folder = box.home.runs / run_id
    box.until(folder.is_dir, f"{run_id} has its record")
    return folder


def under_way(box: Box) -> str:
    """Return the id of the one session that has not ended."""
    box.until(lambda: len(sessions.under_way(box.home)) == 1, "one session is under way")
    ((_, begun),) = sessions.under_way(box.home)
    return begun.about.run_id


def told(folder: Path) -> list[str]:
    found = journal.read(folder)
    return [str(e.payload["phase"]) if e.event == "session_phase" else e.event for e in found]


def test_a_session_is_a_run_with_its_phases_reload_books_and_trace(box: Box) -> None:
    box.add("ema", mode="active", fast=3, slow=8)
    box.wait_row("ema", lambda r: r.state == "running" and r.fills >= 4, "it has traded")
    run_id = under_way(box)
    (row,) = search(
        with_sessions(box.home, index.load(box.home)), "kind:session phase:running"
    ).rows
    assert row.run_id == run_id
    box.until(lambda: load_any(box.home, run_id).trades_total, "its trades are shown")
    assert _data(box, "run.trades", run_id)["rows"]
    assert _data(box, "run.analysis", run_id)["figures"]["trades"]
    refused = box.do("run.rm", run_id=run_id)
    assert "under way" in refused.message
    box.do("instance.set", id="ema", config={"fast": 4})  # reloads inside the session
    box.wait_row("ema", lambda r: r.restarts == 1 and r.state == "running", "it has reloaded")
    box.do("instance.pause", id="ema")
    box.wait_row("ema", lambda r: r.state == "paused", "it is paused")
    box.do("instance.resume", id="ema")
    box.running("ema")
    assert under_way(box) == run_id
    box.do("instance.stop", id="ema")
    folder = ended(box, run_id)

    lines = told(folder)
    phases = [one for one in lines if one in set(Phase)]
    assert phases == [
        "initializing", "warmup", "running", "initializing", "warmup", "running", "paused",
        "running", "stopped",
    ]  # fmt: skip
    assert {"config_changed", "engine_reloaded", "mode_changed", "paper_started"} <= set(lines)
    warm = next(e for e in journal.read(folder) if e.payload.get("phase") == "warmup")
    assert (warm.payload["bars"], warm.payload["from"]) == (3000, "the simulated market")
    journal.read_ended(folder)
    assert manifest.damaged(folder, manifest.load(folder)) == ()

    report = load_report(box.home, run_id)
    fills = [fill for fill in box.fills("ema") if fill.book == "paper"]
    kept = pq.read_table(folder / "fills.parquet")
    assert sorted(kept["id"].to_pylist()) == sorted(fill.id for fill in fills)
    metrics = report.summary.metrics
    assert metrics["fees"] == float(sum(fill.fee for fill in fills))
    assert metrics["restarts"] == 1
    books = pq.read_table(folder / "equity.parquet").to_pylist()
    paper = [row for row in books if row["book"] == "paper"]
    assert (paper[0]["equity"], paper[-1]["fees"]) == (100_000, sum(fill.fee for fill in fills))
    assert metrics["net_profit"] == float(paper[-1]["total"])
    assert (report.summary.kind, report.summary.status, report.summary.phase) == (
        "session", "done", "stopped",
    )  # fmt: skip

    trace = report.summary.trace_id
    assert {"order", "fill", "session_phase"} <= {line.event for line in events(box.home, trace)}
    out = export(box.home, run_id, "fills", box.home.root / "fills.json")
    assert {row["trace_id"] for row in json.loads(out.read_text())} == {trace}
    _is_reported(box, run_id)
    for verb in ("run.again", "run.resume"):
        assert "is a session of ema" in box.do(verb, run_id=run_id).message
    trash.remove(box.home, run_id)
    assert not search(index.load(box.home), "kind:session").found


def _data(box: Box, verb: str, run_id: str, **more: object) -> dict[str, Any]:
    found = box.do(verb, run_id=run_id, **more).data
    assert isinstance(found, dict)
    return found


def _is_reported(box: Box, run_id: str) -> None:
    """Its report has what that of a backtest has, as far as its books tell."""
    report, folder = load_report(box.home, run_id), box.home.runs / run_id
    page = msgspec.convert(_data(box, "run.trades", run_id, limit=500), TradePage)
    fills = sorted((f for f in box.fills("ema") if f.book == "paper"), key=lambda f: f.at_ns)
    assert (page.total, report.trades_total) == (len(fills) // 2, len(fills) // 2)
    closed = fills[: len(fills) // 2 * 2]
    earned = sum((fill.realised - fill.fee for fill in closed), D(0))
    assert sum(row.pnl for row in page.rows) == earned
    assert all(row.bars == (row.exit_ns - row.entry_ns) // 60_000_000_000 for row in page.rows)
    one = msgspec.convert(_data(box, "run.trade", run_id, number=1), OneTrade)
    assert [fill.order for fill in one.fills] == [fill.order for fill in fills[:2]]
    figures = _data(box, "run.analysis", run_id)["figures"]
    assert figures["trades"] == len(fills) // 2
    assert figures["net_profit"] == report.summary.metrics["net_profit"]
    assert len(report.sections) == 3
    assert [line.split()[2] for line in report.sections[0].lines][-2:] == ["running", "stopped"]
    text = (folder / "report.md").read_text()
    assert f"of {len(fills) // 2} trades" in text and "Phases" in text and "Drawdown" in text
    assert "<svg" in (folder / "report.html").read_text()


def test_the_session_of_a_killed_supervisor_is_interrupted_and_another_goes_on(box: Box) -> None:
    box.add("ema", mode="active", fast=3, slow=8)
    box.wait_row("ema", lambda r: r.state == "running" and r.fills >= 2, "it has traded")
    first = under_way(box)
    box.until(lambda: Phase.RUNNING in told(box.home.runs / f".{first}"), "its phase is written")
    box.kill()
    box.start()
    folder = ended(box, first)
    box.running("ema")
    report = load_report(box.home, first)
    assert (report.summary.status, report.summary.phase) == ("interrupted", "error")
    assert report.summary.error == "its supervisor ended unasked"
    assert report.summary.metrics["fills"]
    assert manifest.damaged(folder, manifest.load(folder)) == ()
    second = under_way(box)
    assert second != first
    assert box.do("supervisor.hand_over").status == "done"  # a clean one goes on in the next
    assert box.process is not None
    box.process.wait(10)
    box.start()
    box.running("ema")
    box.until(lambda: "session_adopted" in told(box.home.runs / f".{second}"), "it goes on")
    assert under_way(box) == second


def test_a_session_ends_with_the_fault_of_its_strategy(box: Box) -> None:
    box.write(
        "faulty",
        "from clearedge_tui.contract import Strategy\n\n"
        "class Faulty(Strategy):\n"
        "    def init(self):\n        return {}\n"
        "    def on_tick(self, tick):\n        raise ValueError('no such thing')\n"
        "    def render(self):\n        return {'widgets': []}\n",
    )
    box.add("faulty", strategy="faulty", mode="observe")
    box.wait_row("faulty", lambda r: r.state == "faulted", "it is faulted")
    box.until(lambda: search(index.load(box.home), "kind:session").found == 1, "it is recorded")
    (row,) = index.load(box.home).rows
    assert (row.status, row.phase) == ("failed", "error")
    assert row.error
    assert "engine_faulted" in told(box.home.runs / row.run_id)


def test_an_instance_goes_off_when_its_time_has_come(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="observe", fast=3, slow=8)
    box.running("ema")
    assert "wanted a time of day" in box.do("instance.set", id="ema", stop_at="17:30").message
    assert box.do("instance.set", id="ema", stop_at="8h").status == "done"
    row = box.wait_row("ema", lambda r: r.stop_ns, "its row says when")
    assert 0 < row.stop_ns - now_ns() < 8 * 3600 * 10**9
    rows: Any = box.do("instance.list").data
    soon = (now_ns() - rows[0]["started_ns"]) // 10**9 + 4
    assert box.do("instance.set", id="ema", stop_at=f"{soon}s").status == "done"
    assert "stop it" in box.do("instance.set", id="ema", stop_at="1s").message
    box.wait_row("ema", lambda r: r.desired is Mode.OFF and r.pid == 0, "it is off by itself")
    said = f"instance.stop_at ema observe -> off: its time was {soon}s"
    box.until(lambda: said in box.story(), "the journal says why")
    assert box.row("ema").stop_ns == 0
    assert box.do("instance.start", id="ema").status == "done"  # and from then on anew
    assert box.row("ema").stop_ns > now_ns()
