"""`H` `H`: kill everything from any screen. The second press kills; nothing is asked in between.

The kill is a file that the console writes itself: no supervisor, no answer is needed for it.
"""

from typing import TYPE_CHECKING, Final

from clearedge_tui.core.kill import Action, Kill, Scope

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

ARM_S: Final = 2.0


def press(ui: "Console") -> None:
    """Arm, or kill when it is armed."""
    if not ui.model.armed:
        ui.model.kill_armed = ui.model.mono() + ARM_S
        ui.model.version += 1
        if ui.live:
            ui.set_timer(ARM_S + 0.05, ui.paint_now)  # the red line ends with its time
        ui.paint_now()
        return
    disarm(ui)
    kill_all(ui)


def disarm(ui: "Console") -> bool:
    """Take the first press back; False when there was none."""
    armed, ui.model.kill_armed = ui.model.armed, 0.0
    if armed:
        ui.model.version += 1
        ui.paint_now()
    return armed


def kill_all(ui: "Console") -> None:
    """Kill everything now; then show the receipts, and a sheet that waits for nothing."""
    from clearedge_tui.ui.doing_kill import put_on
    from clearedge_tui.ui.screens.kill_sheet import KillSheet, scopes_of
    from clearedge_tui.ui.screens.kills import KillsPage

    put_on(ui, Kill(Scope.GLOBAL, action=Action.CANCEL))
    page = ui.page
    near = scopes_of(ui, page.subjects() if page else [])
    while ui.screen is not page and len(ui.screen_stack) > 1:
        ui.pop_screen()  # a dialog is left as esc leaves it
    if not isinstance(page, KillsPage):
        ui.push_screen(KillsPage())
    ui.push_screen(KillSheet(near))
