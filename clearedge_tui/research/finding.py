"""The result of a study as a run: kept beside the backtests, found by the hash of what made it."""

import os
from collections.abc import Mapping, Sized
from pathlib import Path
from typing import Any, Protocol

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.runs import artifacts, drafts, manifest
from clearedge_tui.runs.equity import drawdown
from clearedge_tui.runs.ids import new_run_id
from clearedge_tui.runs.listing import REPORT, SUMMARY, run_folder
from clearedge_tui.runs.model import BacktestSpec, Curve, DataUsed, RunReport, RunSummary
from clearedge_tui.settings import Home

STUDY = "study.json"
KINDS = {
    "rule_test": "rule test", "optimize": "optimisation", "walk_forward": "walk-forward",
    "wfo": "walk-forward optimisation", "robust": "robustness", "held_out": "held-out look",
    "probe": "look-ahead probe", "ladder": "ladder", "cross_sectional": "cross-sectional",
    "pairs": "pairs", "pair_screen": "pair screen", "portfolio": "portfolio", "book": "book",
    "intraday_relval": "intraday relative value",
}  # fmt: skip


class Stands(Protocol):
    """What a study stood on: a market (`ground`), or several (`several`)."""

    @property
    def home(self) -> Home: ...
    @property
    def spec(self) -> BacktestSpec: ...
    @property
    def market(self) -> MarketInfo: ...
    @property
    def used(self) -> DataUsed: ...
    @property
    def data(self) -> tuple[DataUsed, ...]: ...
    @property
    def code_sha256(self) -> str: ...
    @property
    def bars(self) -> Sized: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def split_ns(self) -> int: ...
    @property
    def period_ns(self) -> int: ...


class Finding(msgspec.Struct, frozen=True):
    """What a study found, whole. `key` is the hash of everything it depends on."""

    kind: str
    run_id: str
    key: str
    strategy: str
    market: str
    timeframe: str
    code_sha256: str
    data_sha256: str
    config: dict[str, Any]
    start_ns: int
    end_ns: int
    created_ns: int
    took_s: float
    verdict: str
    result: dict[str, Any]


def key_of(kind: str, ground: Stands, config: Mapping[str, object], **args: object) -> str:
    """Return the name of a finding: it is what was asked, of which code, data and costs."""
    spec = msgspec.structs.replace(ground.spec, config={}, accept=(), fees_of="", fetch=True)
    asked = (
        kind, ground.code_sha256, ground.used.sha256, spec, dict(config), args, ground.split_ns,
        ground.period_ns,
    )  # fmt: skip
    return manifest.canonical_sha256(asked)


def _place(home: Home, key: str) -> Path:
    return home.state / "research" / "findings" / f"{key[:32]}.json"


def known(home: Home, key: str) -> Finding | None:
    """Return the finding of a key, if its run is still there."""
    try:
        found = msgspec.json.decode(_place(home, key).read_bytes(), type=Finding)
    except (OSError, msgspec.DecodeError):
        return None
    return found if run_folder(home, found.run_id).is_dir() and found.key == key else None


def load(home: Home, run_id: str) -> Finding | None:
    """Return the finding of a run; None when it is none."""
    try:
        raw = (run_folder(home, run_id) / STUDY).read_bytes()
        return msgspec.json.decode(raw, type=Finding)
    except (OSError, msgspec.DecodeError):
        return None


def keep(
    ground: Stands, kind: str, key: str, config: Mapping[str, object], began_ns: int, verdict: str,
    result: object, figures: Mapping[str, float | None], curve: Curve | None = None,
    status: str = "done",
) -> Finding:  # fmt: skip
    """Write a study down as a run and return it."""
    home, spec = ground.home, ground.spec
    run_id = new_run_id(kind if spec.strategy == kind else f"{spec.strategy}_{kind}")
    plain = msgspec.to_builtins(result, str_keys=True)
    found = Finding(
        kind, run_id, key, spec.strategy, ground.market.symbol, spec.timeframe, ground.code_sha256,
        ground.used.sha256, dict(config), ground.start_ns, ground.end_ns, began_ns,
        round((now_ns() - began_ns) / 1e9, 3), verdict, plain if isinstance(plain, dict) else {},
    )  # fmt: skip
    folder = drafts.start(home, run_id, os.getpid())
    artifacts.write_json(folder / STUDY, found)
    artifacts.write_json(folder / artifacts.METRICS, dict(figures))
    asked = msgspec.structs.replace(spec, config=dict(config))
    code = home.strategies / f"{spec.strategy}.py"
    made = manifest.inputs(asked, ground.code_sha256, ground.used, ground.market)
    final = run_folder(home, run_id)
    report = _report(ground, found, figures, curve, asked, status, final)
    artifacts.put_in_place(folder, final, report, artifacts.Origin(made, code))
    place = _place(home, key)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}")
    artifacts.write_json(draft, found)
    draft.replace(place)
    return found


def _report(
    ground: Stands, found: Finding, figures: Mapping[str, float | None], curve: Curve | None,
    asked: Any, status: str, final: Path,
) -> RunReport:  # fmt: skip
    summary = RunSummary(
        run_id=found.run_id,
        kind=found.kind,
        status=status,
        strategy=found.strategy,
        market=found.market,
        timeframe=found.timeframe,
        start_ns=found.start_ns,
        end_ns=found.end_ns,
        created_ns=found.created_ns,
        duration_s=found.took_s,
        simulated=ground.market.simulated,
        metrics=dict(figures),
        inputs_sha256=found.key,
        stamps=("simulated",) if ground.market.simulated else (),
    )
    names = {"summary": SUMMARY, "report": REPORT, "study": STUDY}
    return RunReport(
        summary=summary,
        spec=asked,
        bars=len(ground.bars),
        currency=ground.market.quote,
        equity=curve or Curve(),
        drawdown=_falls(curve) if curve else Curve(),
        conventions=(f"{KINDS[found.kind]}: {found.verdict}",),
        paths={name: str(final / file) for name, file in names.items()},
        data=ground.data,
    )


def _falls(curve: Curve) -> Curve:
    """Return how far a curve was below its highest point so far."""
    import numpy as np

    found = drawdown(np.array(curve.value), curve.value[0] if curve.value else 1.0)
    return Curve(curve.ts_ns, tuple(found.tolist()))
