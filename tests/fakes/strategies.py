"""Strategy files as plain data, the way the supervisor answers them; one of them does not load."""

from typing import Any

from clearedge_tui.core.errors import StrategyFault
from tests.fakes.market import SCHEMA, START_NS, STRATEGIES

HOUR_NS = 3_600 * 1_000_000_000
BROKEN = "mean_revert"
ERROR = "mean_revert.py:14: NameError: name 'windw' is not defined"
TRACE = (
    'Traceback (most recent call last):\n  File "/home/desk/strategies/mean_revert.py", line 14, in <module>\n'
    "    WINDOW = windw * 2\nNameError: name 'windw' is not defined\n"
)
_KINDS = {"rsi_pullback": "module", "grid_maker": "native"}
_WORDS = {
    "ema_cross": "Follow the trend: long while the fast average is above the slow one.\n\nBoth averages are "
    "exponential. The position changes on the bar whose close\nmakes them cross.",
    "donchian_breakout": "Buy a new high, leave on a new low of a shorter channel.",
    "rsi_pullback": "Buy a dip in a rising market: plain functions instead of a class.",
    "grid_maker": "Quote both sides: a ladder of resting limit orders around the price.",
}


def rows(brief: bool = False) -> list[dict[str, Any]]:
    """Return one row a file, sound ones first; `brief` knows the names only."""
    names = (*STRATEGIES, BROKEN)
    if brief:
        return [{"strategy": name} for name in names]
    return [_sound(i, name) for i, name in enumerate(STRATEGIES)] + [
        {
            **_sound(7, BROKEN), "kind": "", "doc": "", "words": "", "schema": {}, "hooks": [], "error": ERROR,
            "line": 14, "detail": TRACE,
        }
    ]  # fmt: skip


def _sound(i: int, name: str) -> dict[str, Any]:
    words = _WORDS.get(name, "")
    return {
        "strategy": name, "kind": _KINDS.get(name, "class"), "doc": words.split("\n")[0], "schema": SCHEMA,
        "hooks": ["on_fill"] if name == "grid_maker" else [], "instances": 6, "error": "", "words": words,
        "line": 0, "detail": "", "path": f"/home/desk/strategies/{name}.py", "changed_ns": START_NS - i * 31 * HOUR_NS,
    }  # fmt: skip


def check(name: str) -> str:
    """Return what a sound file is told with; StrategyFault for the other one."""
    if name == BROKEN:
        raise StrategyFault(ERROR)
    return f"{name}: class strategy, 6 fields"
