"""Runs what the palette understood; every way to real money is the one that the keys take."""

from typing import TYPE_CHECKING, Final

from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.core.model import AccountKind, Mode
from clearedge_tui.ui import (
    acts,
    doing_data,
    doing_kill,
    doing_market,
    doing_research,
    doing_runs,
    doing_trade,
)
from clearedge_tui.ui.commands import RATES, Doing
from clearedge_tui.ui.palette import THEMES
from clearedge_tui.ui.symbols import SETS
from clearedge_tui.ui.words import PLACES

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


_ACTS: Final = {
    **doing_data.ACTS,
    **doing_runs.ACTS,
    **doing_market.ACTS,
    **doing_trade.ACTS,
    **doing_kill.ACTS,
    **doing_research.ACTS,
}


def run(ui: "Console", doing: Doing) -> None:
    """Do it; UsageError says why not."""
    words = doing.words
    match doing.name:
        case "mode":
            acts.set_mode(ui, [_instance(ui, words[0])], _mode(words[1]))
        case "stop" if not words:
            acts.ask_stop_supervisor(ui, doing.options.get("policy", ""))
        case "start" | "stop" | "clear" | "rm" | "pause" | "resume":
            _act(ui, doing.name, _instance(ui, words[0]))
        case "theme" | "symbols" | "rate":
            _look(ui, doing.name, words[0])
        case "open" | "config" | "go" | "journal":
            _visit(ui, doing)
        case _ if doing.name in _ACTS:
            _ACTS[doing.name](ui, doing)
        case _ if doing.name in _WITH_OPTIONS:
            _WITH_OPTIONS[doing.name](ui, doing)
        case _:
            _plain(ui, doing)


def _visit(ui: "Console", doing: Doing) -> None:
    words = doing.words
    match doing.name:
        case "open":
            _open(ui, words[0])
        case "config":
            ui.visit("config", _instance(ui, words[0]))
        case "go":
            ui.visit(_one_of(words[0], PLACES, "screen"))
        case "journal":
            subject = doing.options.get("subject", words[0] if words else "")
            trace = doing.options.get("trace", "")
            ui.visit("journal", f"trace:{trace}" if trace else subject)


def _act(ui: "Console", name: str, instance: str) -> None:
    if name == "start":
        acts.start(ui, instance)
    elif name == "stop":
        acts.stop(ui, instance)
    elif name == "rm":
        acts.remove(ui, instance)
    else:
        ui.ask(f"instance.{name}", {"id": instance}, f"{instance}: {name}")


# one question to the supervisor each: the verb, and what the words are
_ASKS = {
    "cancel": ("job.cancel", ("id",)),
    "rewind": ("account.rewind", ("account",)),
    "run-spec": ("run.start", ("file",)),
    "save-spec": ("spec.save", ("run_id", "file")),
    "run-again": ("run.again", ("run_id",)),
    "run-resume": ("run.resume", ("run_id",)),
}


def _plain(ui: "Console", doing: Doing) -> None:
    words = doing.words
    if doing.name in _ASKS:
        verb, names = _ASKS[doing.name]
        args: dict[str, object] = dict(zip(names, words, strict=False))
        ui.ask(verb, args, f"{doing.name} {words[0]}")
        return
    match doing.name:
        case "check":
            name = _strategy(ui, words[0])
            ui.ask("strategy.check", {"strategy": name}, f"check {name}")
        case "sample":
            ui.ask("data.sample", dict(doing.options), "sample data")
        case "speed":
            ui.ask(
                "account.speed",
                {"account": words[0], "speed": _speed(words[1])},
                f"{words[0]}: speed {words[1]}",
            )
        case "restart":
            ui.ask("supervisor.hand_over", {}, "restart")
        case _:
            _here(ui, doing.name)


def _here(ui: "Console", name: str) -> None:
    """Do what needs nobody but the console."""
    match name:
        case "accounts":
            ui.visit("accounts")
        case "supervise":
            ui.link.supervise()
        case "help":
            ui.action_help()
        case "quit":
            ui.action_leave()
        case "stop-all":
            acts.ask_stop_all(ui)


def _strategy(ui: "Console", said: str) -> str:
    """Return the name of a strategy file; `strategies/NAME.py` and a part that fits one will do."""
    name, known = said.removesuffix(".py").rpartition("/")[2], ui.model.strategies
    if not known or name in known:
        return name  # the supervisor knows better
    near = [one for one in known if name.lower() in one.lower()]
    if len(near) == 1:
        return near[0]
    raise NotFound(f"no strategy `{name}`; known: {', '.join(near or known)}")


def _write(ui: "Console", doing: Doing) -> None:
    name = doing.words[0]
    kind = doing.options.get("kind", doing.words[1] if len(doing.words) > 1 else "class")
    ui.ask("strategy.new", {"name": name, "kind": kind}, f"write {name}")


def _import(ui: "Console", doing: Doing) -> None:
    """Show how the file is read, when enough was said and it can be; else the form."""
    from clearedge_tui.ui import bring
    from clearedge_tui.ui.plan_import import open_import

    given = dict(doing.options) | ({"file": doing.words[0]} if doing.words else {})
    if {"file", "market"} <= set(given):
        bring.look(ui, given, refused=lambda: open_import(ui, given))
    else:
        open_import(ui, given)


def _new(ui: "Console", doing: Doing) -> None:
    """Declare at once when a market was said, as the command line does; else the form."""
    options = {key.replace("-", "_"): value for key, value in doing.options.items()}
    strategy = _strategy(ui, doing.words[0]) if doing.words else ""
    if not (strategy and "market" in options):
        if options or doing.settings:
            raise UsageError("wanted: new STRATEGY market=…; or `new` alone for the form")
        from clearedge_tui.ui.plans import open_new

        open_new(ui, strategy)
        return
    account = options.setdefault("account", "paper")
    row = ui.model.accounts.get(account)
    if row is not None and row.kind is AccountKind.LIVE and options.get("mode") == Mode.ACTIVE:
        raise UsageError(f"{account} is live: declare it first, then: mode INSTANCE active")
    args: dict[str, object] = {"strategy": strategy, "config": dict(doing.settings), **options}
    ui.ask("instance.add", args, f"{options.get('id') or strategy}: add")


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


def _set(ui: "Console", doing: Doing) -> None:
    instance = _instance(ui, doing.words[0])
    if not doing.settings and not doing.options:
        raise UsageError("nothing to set; wanted: set INSTANCE field=value …")
    policies = {key.replace("-", "_"): value for key, value in doing.options.items()}
    args: dict[str, object] = {"id": instance, "config": dict(doing.settings), **policies}
    ui.ask("instance.set", args, f"{instance}: config")


_RENAMED = {"from": "start", "to": "end", "fill": "fill_at", "tag": "tags"}


def _backtest(ui: "Console", doing: Doing) -> None:
    """Send it when a market was said; else open the form with the strategy chosen."""
    from clearedge_tui.ui.plan_backtest import open_backtest, send_backtest

    strategy = _strategy(ui, doing.words[0])
    said = dict(zip(("market", "timeframe"), doing.words[1:], strict=False)) | dict(doing.options)
    if "market" not in said:
        if said or doing.settings:
            raise UsageError("on which market? wanted: backtest STRATEGY MARKET …")
        open_backtest(ui, strategy=strategy)
        return
    options = {_RENAMED.get(key, key.replace("-", "_")): value for key, value in said.items()}
    given: dict[str, object] = {**options}
    if given.pop("no_fetch", ""):
        given["fetch"] = False
    if given.pop("again", ""):
        given["again"] = True
    file = given.pop("save", "")
    if file:
        ui.ask("spec.save", {**given, **_what(strategy, doing), "file": file}, f"save {file}")
    send_backtest(ui, **_what(strategy, doing), **given)


def _what(strategy: str, doing: Doing) -> dict[str, object]:
    return {"strategy": strategy, "config": dict(doing.settings)}


_WITH_OPTIONS: Final = {
    "set": _set,
    "backtest": _backtest,
    "new": _new,
    "import": _import,
    "write": _write,
}


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
