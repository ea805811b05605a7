"""Ladders and studies as plain data, the way the supervisor answers them; every kind once."""

from math import sin
from random import Random
from typing import Any

import msgspec

from clearedge_tui.core.errors import NotFound
from clearedge_tui.research.gates import THRESHOLDS, Evidence, ladder
from clearedge_tui.research.readiness import readiness
from clearedge_tui.runs.model import Curve
from tests.fakes import runs
from tests.fakes.market import START_NS

DAY_NS = 86_400 * 1_000_000_000
SPLIT_NS, FIRST_NS = START_NS - 400 * DAY_NS, START_NS - 2000 * DAY_NS
_RUN = {
    "rule": "st-rule", "held_out": "st-held", "walk_forward": "st-wfo", "dsr": "st-robust", "pbo": "st-opt",
    "cost": "st-robust", "trades": "st-robust", "buy_hold": "st-wfo", "breadth": "st-wfo",
    "monte_carlo": "st-robust", "jitter": "st-robust", "regimes": "st-robust",
    "permutation": "st-robust", "spa": "st-opt", "bootstrap": "st-robust",
}  # fmt: skip
GOOD: dict[str, float | None] = {
    "rule": 0.005, "held_out": 0.91, "walk_forward": 1.12, "dsr": 0.981, "pbo": 0.14, "cost": 0.21, "trades": 164,
    "buy_hold": 0.44, "monte_carlo": 0.03, "jitter": 0.82, "regimes": 0.86, "permutation": 0.02,
    "spa": 0.07, "bootstrap": 0.31,
}  # fmt: skip


def _standing(strategy: str, market: str, venue: str, timeframe: str, figures: dict[str, float | None],
              looks: int = 1, stale: bool = False, hours: int = 3) -> dict[str, Any]:  # fmt: skip
    why = "the strategy's file was changed since" if stale else "12 windows"
    evidence = {
        name: Evidence(_RUN[name], value, why if value is not None else "trades: found 8, wanted 30 or more", stale)
        for name, value in figures.items()
    }  # fmt: skip
    gates = ladder(evidence, looks=looks)
    return {
        "strategy": strategy, "market": market, "venue": venue, "timeframe": timeframe,
        "gates": msgspec.to_builtins(gates), "readiness": msgspec.to_builtins(readiness(gates)),
        "config": {"fast": 30, "slow": 154, "size": "0.1"}, "given": {"fast": 12, "slow": 48, "size": "0.1"},
        "variants": 264, "revisions": 2, "looks": looks, "split_ns": SPLIT_NS, "start_ns": FIRST_NS,
        "end_ns": START_NS, "why_config": "its 4 neighbours and itself score 0.91 on average",
        "simulated": venue == "SIMULATED", "at_ns": START_NS - hours * 3_600_000_000_000,
    }  # fmt: skip


def board(version: str = "") -> dict[str, Any]:
    """Return every ladder: ready, halfway, out of date, hardly begun, and what was never judged."""
    if version == "1":
        return {"version": "1", "same": True}
    half = {**GOOD, "held_out": 0.31, "dsr": 0.71, "pbo": 0.52, "permutation": None, "trades": None}
    return {
        "version": "1",
        "ladders": [
            _standing("ema_cross", "BTC/USDT", "BYBIT", "1h", {**GOOD, "breadth": 0.75}),
            _standing("donchian_breakout", "ETH/USDT", "BYBIT", "1d", half, looks=3, hours=30),
            _standing("rsi_pullback", "GBP/USD", "OANDA", "5m", GOOD, stale=True, hours=900),
            _standing("grid_maker", "SIM/USDT", "SIMULATED", "1m", {"rule": 0.41}, looks=0),
        ],
        "missing": [["ema_cross", "XRP/USDT", "BYBIT", "15m"], ["mean_revert", "", "", ""]],
        "thresholds": dict(THRESHOLDS),
    }


def show(run_id: str) -> dict[str, Any]:
    """Return a finding with what is around it."""
    made = _FINDINGS.get(run_id)
    if made is None:
        raise NotFound(f"run `{run_id}` is no study, or it is gone")
    kind, verdict, result = made
    out: dict[str, Any] = {
        "finding": _finding(run_id, kind, verdict, result()), "looks": 1, "split_ns": SPLIT_NS,
        "ladder": "ema_cross\tBTC/USDT\tBYBIT\t1h",
    }  # fmt: skip
    if kind == "held_out":
        out["beside"] = _finding("st-robust", "robust", "", robust())
    return out


def _finding(run_id: str, kind: str, verdict: str, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind, "run_id": run_id, "strategy": "ema_cross", "market": "BTC/USDT", "timeframe": "1h",
        "config": {"fast": 12, "slow": 48, "size": "0.1"}, "start_ns": FIRST_NS, "end_ns": START_NS,
        "created_ns": START_NS, "took_s": 31.4, "verdict": verdict, "result": result,
    }  # fmt: skip


def curve(seed: int, points: int = 80, drift: float = 0.002) -> list[float]:
    """Return the growth of 1 over some periods."""
    random, value, out = Random(seed), 1.0, []
    for _ in range(points):
        out.append(round(value, 6))
        value *= 1 + random.gauss(drift, 0.012)
    return out


def rule() -> dict[str, Any]:
    random = Random(3)
    return {
        "verdict": "pass", "why": "p 0.0050 is below 0.05", "real": 1.42, "p": 0.005, "percentile": 99.5,
        "p95": 0.88, "twins": 200, "dropped": 2, "trades": 412, "entries": 206, "eligible": 9_120, "odds": 0.0226,
        "sharpes": [round(random.gauss(0.05, 0.5), 4) for _ in range(198)],
        "curve": curve(1, drift=0.005), "cloud": [curve(n, drift=0.0) for n in range(10, 50)],
        "paths": {"engine": 1, "light": 200},
    }  # fmt: skip


def search() -> dict[str, Any]:
    """Return a search of three parameters over a smooth hill, with some trials that have no score."""
    random = Random(5)
    trials: list[dict[str, Any]] = []
    for number in range(60):
        params = {
            "fast": random.randint(5, 40),
            "slow": random.randint(20, 200),
            "short": random.random() < 0.5,
        }
        score = (
            1.2
            - abs(params["fast"] - 28) / 25
            - abs(params["slow"] - 150) / 160
            + random.gauss(0, 0.05)
        )
        state = "insufficient" if number % 13 == 12 else "scored"
        trials.append({
            "number": number, "params": params, "state": state, "values": [score] if state == "scored" else [],
            "sharpe": score, "total_return": score / 5, "max_drawdown": 0.12, "trades": 40.0 + number, "path": "light",
            "why": "" if state == "scored" else "4 trades, wanted 10", "plateau": score > 0.95,
        })  # fmt: skip
    best = max((t for t in trials if t["values"]), key=lambda t: t["values"][0])
    flat = [t for t in trials if t["values"] and t["plateau"] and t is not best]
    top = sorted((t for t in trials if t["values"]), key=lambda t: -t["values"][0])[:5]
    return {
        "wanted": {"objective": "sharpe", "sampler": "tpe", "trials": 60}, "trials": trials,
        "chosen": flat[0]["params"], "why": "its 4 neighbours and itself score 0.91 on average and 0.84 at worst",
        "best": best["params"], "top": [t["number"] for t in top], "pbo": 0.14, "spa_p": 0.07,
        "importance": {"fast": 0.31, "slow": 0.52, "short": 0.02}, "invalid": 3, "paths": {"light": 60},
        "curves": {str(t["number"]): curve(t["number"], drift=0.004) for t in top},
    }  # fmt: skip


def walk() -> dict[str, Any]:
    parts = []
    for n in range(6):
        test = FIRST_NS + (600 + 160 * n) * DAY_NS
        outside = (1.4, -0.3, 0.9, None, 2.1, 0.6)[n]
        parts.append({
            "train_start_ns": test - 600 * DAY_NS, "train_end_ns": test, "test_start_ns": test,
            "test_end_ns": test + 160 * DAY_NS, "params": {} if outside is None else {"fast": 20 + n, "slow": 140},
            "inside": 1.6 - 0.1 * n, "outside": outside, "outside_return": (outside or 0.0) / 20,
            "trades": 0.0 if outside is None else 31.0,
            "why": "window 4 of 6: none: the best trial has 1 neighbours, wanted 2" if outside is None else "",
        })  # fmt: skip
    return {
        "optimised": True, "anchored": False, "parts": parts, "sharpe": 0.93, "ratio": 0.58, "winning": 4,
        "why": "4 of 6 windows gained, 155 trades outside", "drift": [0.03, 0.11, 0.29, 0.02, 0.05],
        "curve": curve(4, 160, 0.003), "paths": {"light": 6, "engine": 6},
    }  # fmt: skip


def robust() -> dict[str, Any]:
    bands = {"p5": -0.004, "p50": 0.006, "p95": 0.016}
    names = ("up", "down", "calm", "usual", "wild", "first_half", "second_half")
    interval = {"value": 1.31, "low": 0.31, "high": 2.2, "level": 0.9, "paths": 1000, "block": 4.0}
    metrics = {
        "sharpe": 1.31, "total_return": 0.42, "cagr": 0.084, "volatility": 0.11, "max_drawdown": 0.09, "sortino": 2.0,
        "calmar": 0.93, "trades": 164.0, "win_rate": 0.46, "profit_factor": 1.62, "exposure": 0.58, "avg_bars": 61.0,
    }  # fmt: skip
    return {
        "figures": {**GOOD, "psr": 0.99, "min_track_record": 410.0, "over_market": 0.44, "sharpe": 1.31},
        "why": {"jitter": "8 neighbours"}, "metrics": metrics, "market_sharpe": 0.6, "variants": 264,
        "checked": {
            "intervals": {"sharpe": interval, "total_return": {**interval, "value": 0.42, "low": -0.05, "high": 0.9}},
            "paths": {"way": "resample", "paths": 1000, "at": list(range(13)), "loss": 0.021, "ruin": 0.0,
                      "bands": {k: [100_000 * (1 + d * i) for i in range(13)] for k, d in bands.items()}},
            "regimes": {"gaining": 0.86, "regimes": [
                {"name": name, "periods": 300 + 7 * i, "sharpe": 1.2 * sin(i) + 0.7, "total_return": 0.05 * sin(i),
                 "max_drawdown": 0.04} for i, name in enumerate(names)]},
        },
        "stress": {"returns": {"1x": 0.42, "2x": 0.21, "3x": -0.02}, "sharpes": {"1x": 1.31, "2x": 0.7, "3x": None}},
        "jitter": {"tried": [["fast", 22, 1.1], ["fast", 33, 1.2], ["slow", 116, 0.9], ["slow", 192, -0.2]],
                   "real": 1.31, "kept": 0.82, "why": "4 neighbours"},
        "curve": curve(7, 160, 0.003),
    }  # fmt: skip


def held() -> dict[str, Any]:
    figures = {"sharpe": 0.91, "total_return": 0.071, "max_drawdown": 0.06, "trades": 38.0}
    return {
        "figures": figures, "metrics": {**figures, "cagr": 0.066, "win_rate": 0.44, "profit_factor": 1.3},
        "error": "", "market_sharpe": 0.5, "curve": curve(8, 160, 0.002), "periods": 400,
    }  # fmt: skip


def pairs() -> dict[str, Any]:
    """Return a finding of a kind without a picture of its own, with words that were not washed."""
    return {
        "beta": 0.83, "entries": 41, "curve": curve(9), "why": "spread \x1b[31mred\x1b[0m",
        "legs": [{"market": "A/USD", "weight": 1.0}, {"market": "B/USD", "weight": -0.83}],
        "timing": {"p": 0.03, "shuffles": 200}, "cuts_ns": [FIRST_NS + n * 30 * DAY_NS for n in range(9)],
        **{part: board()["ladders"][1][part] for part in ("gates", "readiness")},
    }  # fmt: skip


_FINDINGS: dict[str, Any] = {
    "st-rule": ("rule_test", "pass: p 0.0050 is below 0.05", rule),
    "st-opt": ("optimize", "its 4 neighbours and itself score 0.91 on average", search),
    "st-wfo": ("wfo", "4 of 6 windows gained, 155 trades outside", walk),
    "st-robust": ("robust", "Sharpe 1.31 of 264 variants tried", robust),
    "st-held": ("held_out", "38 trades", held),
    "st-ladder": ("ladder", "97 of 100 possible, ready", lambda: board()["ladders"][0]),
    "st-pairs": ("pairs", "excess Sharpe 0.4", pairs),
}


def report(run_id: str) -> Any:
    """Return the report of a study: a run without an account of its own."""
    one = runs.report("bt-0007")
    kind, verdict, _ = _FINDINGS[run_id]
    summary = msgspec.structs.replace(one.summary, run_id=run_id, kind=kind)
    made = msgspec.structs.replace(
        one, summary=summary, equity=Curve(), conventions=(f"{kind}: {verdict}",)
    )
    return runs.plain(made)


def own(args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments about a run, those about a study as if they were about one."""
    return {**args, "run_id": "bt-0007"} if str(args["run_id"]).startswith("st-") else args
