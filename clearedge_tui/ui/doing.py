"""Runs what the palette understood; every way to real money is the one that the keys take."""

from typing import TYPE_CHECKING

from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.core.model import Mode
from clearedge_tui.ui import acts
from clearedge_tui.ui.commands import PLACES, RATES, Doing
from clearedge_tui.ui.palette import THEMES
from clearedge_tui.ui.symbols import SETS

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


def run(ui: "Console", doing: Doing) -> None:
    """Do it; UsageError says why not."""
    words = doing.words
    match doing.name:
        case "mode":
            acts.set_mode(ui, [_instance(ui, words[0])], _mode(words[1]))
        case "open":
            _open(ui, words[0])
        case "config":
            ui.visit("config", _instance(ui, words[0]))
        case "go":
            ui.visit(_one_of(words[0], PLACES, "screen"))
        case "set":
            _set(ui, _instance(ui, words[0]), doing)
        case "backtest":
            _backtest(ui, doing)
        case "start" | "stop" | "clear" | "rm":
            _act(ui, doing.name, _instance(ui, words[0]))
        case "theme" | "symbols" | "rate":
            _look(ui, doing.name, words[0])
        case _:
            _plain(ui, doing)


def _act(ui: "Console", name: str, instance: str) -> None:
    if name == "start":
        acts.start(ui, instance)
    elif name == "stop":
        acts.stop(ui, instance)
    elif name == "rm":
        acts.remove(ui, instance)
    else:
        ui.ask("instance.clear", {"id": instance}, f"{instance}: clear")


# one question to the supervisor each: the verb, and what the words are
_ASKS = {
    "check": ("strategy.check", ("strategy",)),
    "write": ("strategy.new", ("name", "kind")),
    "cancel": ("job.cancel", ("id",)),
    "rm-run": ("run.rm", ("run_id",)),
    "rewind": ("account.rewind", ("account",)),
}


def _plain(ui: "Console", doing: Doing) -> None:
    words = doing.words
    if doing.name in _ASKS:
        verb, names = _ASKS[doing.name]
        args: dict[str, object] = dict(zip(names, words, strict=False))
        ui.ask(verb, args, f"{doing.name} {words[0]}")
        return
    match doing.name:
        case "speed":
            ui.ask(
                "account.speed",
                {"account": words[0], "speed": _speed(words[1])},
                f"{words[0]}: speed {words[1]}",
            )
        case "supervise":
            ui.link.supervise()
        case "new":
            ui.action_new()
        case "help":
            ui.action_help()
        case "quit":
            ui.action_leave()
        case "stop-all":
            acts.ask_stop_all(ui)


def _instance(ui: "Console", name: str) -> str:
    if name in ui.model.instances:
        return name
    near = [known for known in ui.model.instances if name.lower() in known.lower()]
    if len(near) == 1:
        return near[0]
    raise NotFound(f"no instance `{name}`" + (f"; near: {', '.join(near[:5])}" if near else ""))


def _open(ui: "Console", name: str) -> None:
    """Open a screen, an instance, or (any other name) a finished run."""
    if name in PLACES:
        ui.visit(name)
    elif any(name.lower() in known.lower() for known in ui.model.instances):
        ui.visit("detail", _instance(ui, name))
    else:
        ui.visit("report", name)


def _set(ui: "Console", instance: str, doing: Doing) -> None:
    if not doing.settings:
        raise UsageError("nothing to set; wanted: set INSTANCE field=value …")
    ui.ask("instance.set", {"id": instance, "config": dict(doing.settings)}, f"{instance}: config")


def _backtest(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui.plans import send_backtest

    config = {k: v for k, v in doing.settings.items() if k not in ("from", "to")}
    send_backtest(
        ui, strategy=doing.words[0], market=doing.words[1], timeframe=doing.words[2] if len(doing.words) > 2 else "",
        start=doing.settings.get("from", ""), end=doing.settings.get("to", ""), config=config,
    )  # fmt: skip


def _look(ui: "Console", what: str, value: str) -> None:
    if what == "theme":
        ui.use_theme(_one_of(value, THEMES, "theme"))
        ui.redraw_all()
    elif what == "symbols":
        ui.look.symbols = SETS[_one_of(value, SETS, "symbol set")]
        ui.redraw_all()
    else:
        ui.set_rate(float(_one_of(value, RATES, "rate")))


def _mode(word: str) -> Mode:
    return Mode(_one_of(word, [mode.value for mode in Mode], "mode"))


def _speed(word: str) -> float:
    if word == "max":
        return 0.0
    try:
        speed = float(word)
    except ValueError:
        speed = -1.0
    if not 1 <= speed <= 1000:
        raise UsageError(f"speed {word}; wanted 1 to 1000, or max")
    return speed


def _one_of(word: str, known: object, what: str) -> str:
    names = list(known) if isinstance(known, dict | list | tuple) else []
    if word in names:
        return word
    raise UsageError(f"no {what} `{word}`; known: {', '.join(names)}")
