"""What-if as a process of its own: `python -m clearedge_tui.research.asked HOME`.

Reads one JSON object a line: first whose settings are asked about (`{"run": ID}`, or strategy, market,
timeframe and config), then settings to try. Writes one line to each: an answer or an error. Ends with
its input, so a console that goes away leaves nothing behind.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.core.errors import ClearEdgeError, of_machine
from clearedge_tui.core.text import clean_text
from clearedge_tui.research.study import Step
from clearedge_tui.research.whatif import WhatIf
from clearedge_tui.runs.listing import load_report, require_backtest
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home


def spec_of(home: Home, about: dict[str, Any]) -> BacktestSpec:
    """Return what is asked about as a backtest."""
    if about.get("run"):
        return require_backtest(load_report(home, str(about["run"])), "asked what if").spec
    from clearedge_tui.runs.spec.resolve import resolve
    from clearedge_tui.runs.spec.v2 import Data, SpecV2

    timeframe = str(about.get("timeframe") or "")
    wanted = SpecV2(
        strategy=str(about.get("strategy")),
        market=str(about.get("market")),
        timeframe="" if timeframe == "quote" else timeframe,
        config=dict(about.get("config") or {}),
        data=Data(fetch=False),
    )
    return resolve(home, wanted)


def main() -> int:
    """Serve until the input ends."""
    home = Home(Path(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    asked: WhatIf | None = None
    try:
        for line in sys.stdin:
            try:
                told, asked = _answer(home, json.loads(line), asked, answers)
            except ClearEdgeError as error:
                told = {"error": clean_text(error)}
            except OSError as error:
                told = {"error": clean_text(of_machine(error) or error)}
            except ValueError as error:
                told = {"error": f"not understood: {clean_text(error)}"}
            _say(answers, told)
    except BrokenPipeError:
        pass  # who asked is gone
    finally:
        if asked is not None:
            asked.close()
    return 0


def _answer(
    home: Home, message: dict[str, Any], asked: WhatIf | None, answers: Any
) -> tuple[dict[str, Any], WhatIf]:
    if asked is None:

        def told(step: Step) -> None:
            _say(answers, {"step": step.what})

        asked = WhatIf(home, spec_of(home, message), told)
        return {"answer": msgspec.to_builtins(asked.ask({}))}, asked
    return {"answer": msgspec.to_builtins(asked.ask(message.get("set") or {}))}, asked


def _say(answers: Any, told: dict[str, Any]) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
