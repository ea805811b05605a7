"""`?`: every key that works here, from the one table."""

from clearedge_tui.ui import palette as p
from clearedge_tui.ui.keys import keys_of
from clearedge_tui.ui.screens.dialogs import Line, Reading

_TITLES = {
    "act": "on an instance",
    "list": "in a list",
    "series": "several series",
    "global": "everywhere",
}


class HelpScreen(Reading):
    """Its own keys first, then those of lists, then those that work everywhere."""

    def __init__(self, screen: str) -> None:
        super().__init__(help_lines(screen), most=18)


def help_lines(screen: str) -> list[Line]:
    """Return the page as lines; the table is the only source."""
    lines: list[Line] = [(f"keys: {screen}    j k scroll, esc closes", p.BRIGHT | p.BOLD)]
    scope = ""
    for key in keys_of(screen):
        if key.scope != scope:
            scope = key.scope
            lines += [("", p.TEXT), (_TITLES.get(scope, f"on {scope}"), p.ACCENT)]
        lines.append((f"  {key.shown:<7} {key.help}", p.TEXT))
    return lines
