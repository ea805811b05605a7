"""What the palette's words about research do; the same as the keys of the ladder."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui.commands import Doing

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console

_RENAMED: Final = {"from": "start", "to": "end"}


def _judge(ui: "Console", doing: Doing) -> None:
    """Judge at once when a market was said, as the command line does; else the form."""
    from clearedge_tui.ui.ladder import Standing
    from clearedge_tui.ui.plan_study import open_judge, send_judge

    said = dict(zip(("market", "timeframe"), doing.words[1:], strict=False)) | dict(doing.options)
    strategy = doing.words[0].removesuffix(".py").rpartition("/")[2]
    if "market" not in said:
        if said or doing.settings:
            raise UsageError("on which market? wanted: research run STRATEGY MARKET …")
        open_judge(ui, Standing(strategy))
        return
    send_judge(ui, {"strategy": strategy, "config": dict(doing.settings), **_options(said)})
    ui.visit("ladder")


def _judge_all(ui: "Console", doing: Doing) -> None:
    """Judge several; markets go with commas."""
    said = dict(doing.options)
    markets = [one for one in said.pop("market", "").split(",") if one]
    args: dict[str, object] = {"strategies": list(doing.words), "markets": markets}
    args = {name: value for name, value in args.items() if value}
    ui.ask("research.sweep", {**args, **_options(said)}, "judge several")
    ui.visit("ladder")


def _options(said: dict[str, str]) -> dict[str, object]:
    return {_RENAMED.get(key, key.replace("-", "_")): value for key, value in said.items()}


def _ladder(ui: "Console", doing: Doing) -> None:
    """Show the list, narrowed to a strategy and a market when they are named."""
    from clearedge_tui.ui.screens.ladder import LadderPage

    ui.visit("ladder")
    page = ui.page
    if isinstance(page, LadderPage):
        words = [*doing.words, doing.options.get("market", "")]
        page.narrow(clean_text(" ".join(filter(None, words)).lower()))


def _threshold(ui: "Console", doing: Doing) -> None:
    """Move one; alone the form opens, and with a name only it opens there."""
    from clearedge_tui.ui.plan_study import open_threshold

    if len(doing.words) < 2:
        first = next(iter(doing.words), "")

        def told(result: "Result") -> None:
            found = result.data.get("thresholds") if isinstance(result.data, dict) else None
            if result.status == "done":
                open_threshold(ui, found or {}, first)

        ui.ask("research.list", {}, "thresholds", told)
        return
    name, value = doing.words
    args: dict[str, object] = {"name": name, "value": value, **doing.options}
    ui.ask("research.threshold", args, f"threshold {clean_text(name)}")


ACTS: Final[dict[str, Callable[["Console", Doing], None]]] = {
    "judge": _judge,
    "judge-all": _judge_all,
    "ladder": _ladder,
    "threshold": _threshold,
}
