"""One more key before a part is killed: cancel, or flatten too. Nothing is typed into a kill."""

from typing import TYPE_CHECKING

from clearedge_tui.core.kill import Action, Kill
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import doing_kill
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.screens.dialogs import Choice, Option

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


def choose_kill(ui: "Console", kill: Kill) -> None:
    """Ask how, then kill."""

    def chosen(key: str | None) -> None:
        if key in ("k", "f"):
            action = Action.FLATTEN if key == "f" else Action.CANCEL
            doing_kill.put_on(ui, Kill(kill.scope, kill.key, action))

    what = clean_text(f"{kill.scope} {kill.key}") if kill.key else "EVERYTHING"
    options = [
        Option("k", f"kill {what}: nothing leaves, orders are cancelled", p.BAD),
        Option("f", "and flatten it: positions are closed at the market", p.LIVE),
    ]
    ui.push_screen(Choice(f"kill {what}", options, "esc leaves it as it is"), chosen)
