"""What the keys and the palette do to instances. Friction follows risk: into real money, a typed name."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clearedge_tui.core.model import AccountKind, EngineState, Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import InstanceRow, Result
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Choice, Option, Reading, Typed

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

_MODE_KEYS = {"o": Mode.OFF, "v": Mode.OBSERVE, "a": Mode.ACTIVE}


def choose_mode(ui: "Console", names: Sequence[str]) -> None:
    """Open the mode menu for these instances."""
    if not names:
        return
    rows = [ui.model.instances[name] for name in names if name in ui.model.instances]
    live = any(row.account_kind is AccountKind.LIVE for row in rows)
    title = (
        f"mode of {clean_text(names[0])}" if len(names) == 1 else f"mode of {len(names)} instances"
    )
    now = rows[0].desired if len(rows) == 1 else None
    options = [
        Option("o", "off       does not run", p.DIM),
        Option("v", "observe   thinks; a shadow book fills its orders", p.SHADOW),
        Option("a", f"active    {'REAL MONEY: orders reach the venue' if live else 'orders reach the paper account'}",
               p.LIVE if live else p.PAPER),
    ]  # fmt: skip
    start = list(_MODE_KEYS.values()).index(now) if now else 0

    def chosen(key: str | None) -> None:
        if key in _MODE_KEYS:
            set_mode(ui, names, _MODE_KEYS[key])

    ui.push_screen(Choice(title, options, "esc leaves it as it is", start), chosen)


def set_mode(ui: "Console", names: Sequence[str], mode: Mode) -> None:
    """Set the mode of each; an instance on a live account needs its name typed to become active."""
    risky = [n for n in names if mode is Mode.ACTIVE and _is_live(ui, n)]
    for name in names:
        if name not in risky:
            _send_mode(ui, name, mode)
    _confirm_each(
        ui, risky, "becomes ACTIVE: real orders, real money", lambda n: _send_mode(ui, n, mode)
    )


def _is_live(ui: "Console", name: str) -> bool:
    row = ui.model.instances.get(name)
    return row is not None and row.account_kind is AccountKind.LIVE


def _send_mode(ui: "Console", name: str, mode: Mode) -> None:
    row = ui.model.instances.get(name)
    before = f"{row.desired} → " if row else ""
    ui.ask("instance.mode", {"id": name, "mode": mode.value}, f"{clean_text(name)}: {before}{mode}")


def _confirm_each(
    ui: "Console", names: Sequence[str], what: str, act: Callable[[str], None]
) -> None:
    if not names:
        return
    first, rest = names[0], names[1:]

    def answered(yes: bool | None) -> None:
        if yes:
            act(first)
        _confirm_each(ui, rest, what, act)

    ui.push_screen(Typed(((f"{clean_text(first)} {what}", p.LIVE | p.BOLD),), first), answered)


def runs_now(row: InstanceRow) -> bool:
    return (
        row.state not in (EngineState.STOPPED, EngineState.FAILED, EngineState.FAULTED)
        or row.desired is not Mode.OFF
    )


def start_stop(ui: "Console", names: Sequence[str]) -> None:
    """Stop what runs, start what does not; starting on a live account needs the typed name."""
    rows = [ui.model.instances[name] for name in names if name in ui.model.instances]
    to_stop = [row.id for row in rows if runs_now(row)]
    to_start = [row.id for row in rows if not runs_now(row)]
    for name in to_stop:
        stop(ui, name)
    for name in [n for n in to_start if not _is_live(ui, n)]:
        start(ui, name, asked=True)
    _confirm_each(
        ui,
        [n for n in to_start if _is_live(ui, n)],
        "starts on a LIVE account",
        lambda n: start(ui, n, True),
    )


def start(ui: "Console", name: str, asked: bool = False) -> None:
    if not asked and _is_live(ui, name):
        _confirm_each(ui, [name], "starts on a LIVE account", lambda n: start(ui, n, True))
        return
    ui.ask("instance.start", {"id": name}, f"{clean_text(name)}: start")


def stop(ui: "Console", name: str) -> None:
    ui.ask("instance.stop", {"id": name}, f"{clean_text(name)}: stop")


def remove(ui: "Console", name: str) -> None:
    """Remove a declaration: cannot be undone, so the name is typed."""
    _confirm_each(
        ui,
        [name],
        "is removed for good",
        lambda n: ui.ask("instance.rm", {"id": n}, f"{clean_text(n)}: remove"),
    )


def backtest_instance(ui: "Console", names: Sequence[str]) -> None:
    if names:
        from clearedge_tui.ui.plan_backtest import open_backtest

        open_backtest(ui, instance=ui.model.instances.get(names[0]))


def show_error(ui: "Console", title: str, text: str) -> None:
    """Show a whole error, wrapped."""
    import textwrap

    lines = [(piece, p.TEXT) for piece in textwrap.wrap(clean_text(text, 4000), 70)]
    ui.push_screen(Reading([(clean_text(title), p.BAD | p.BOLD), ("", p.TEXT), *lines]))


def leave(ui: "Console") -> None:
    """Leave at once when nothing runs; else say what goes on, and offer to stop everything."""
    if not ui.model.anything_runs():
        ui.leave()
        return
    active = sum(row.actual is Mode.ACTIVE for row in ui.model.instances.values())
    note = f"{active} active; " if active else ""
    options = [
        Option("enter", "leave: instances keep running", p.BRIGHT),
        Option("s", "stop everything, then leave (STOP must be typed)", p.WARN),
    ]

    def chosen(key: str | None) -> None:
        if key == "enter":
            ui.leave()
        elif key == "s":
            ask_stop_all(ui)

    ui.push_screen(Choice("Leave the console", options, f"{note}esc stays here"), chosen)


def ask_stop_all(ui: "Console") -> None:
    """Stop every instance and the supervisor, once STOP is typed; then leave."""

    def answered(yes: bool | None) -> None:
        if yes:
            ui.ask("stop_all", {}, "stop everything", lambda result: _left(ui, result))

    ui.push_screen(
        Typed((("stop every instance and the supervisor", p.WARN | p.BOLD),), "STOP"), answered
    )


def ask_stop_supervisor(ui: "Console", policy: str = "") -> None:
    """End the supervisor after enter: instances end with it, and come back with the next one."""
    how = f"`{clean_text(policy, 20)}`" if policy else "its own exit policy"
    lines = [
        ("end the supervisor", p.WARN | p.BOLD),
        ("", p.TEXT),
        ("Every instance stops; what is declared comes back with the next one.", p.TEXT),
        (f"What acts leaves by {how}.", p.TEXT),
        ("To stop one instance: stop INSTANCE. To stop all for good: stop-all.", p.TEXT),
        ("", p.TEXT),
        ("enter ends it, esc leaves everything as it is", p.DIM),
    ]

    def answered(yes: bool | None) -> None:
        if yes:
            ui.ask("supervisor.stop", {"policy": policy}, "stop")

    ui.push_screen(Reading(lines), answered)


def _left(ui: "Console", result: Result) -> None:
    if result.status == "done":
        ui.leave()
