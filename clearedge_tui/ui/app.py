"""The door to the console. Nothing heavy is imported before the colours are settled."""

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

COLOURS: Final = {
    "auto": "auto",
    "truecolor": "truecolor",
    "256": "256",
    "16": "standard",
    "none": "none",
}


def run_console(
    home: Home,
    *,
    mouse: bool = True,
    colour: str | None = None,
    rate_hz: float = 5.0,
    theme: str | None = None,
    symbols: str | None = None,
    connect: "Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]] | None" = None,
    ensure: Callable[[], None] | None = None,
) -> int:
    """Show the console until the person leaves; return the exit code.

    The first frame is painted before anything is connected. `ensure` starts a supervisor when
    nobody listens; it is called in a thread, again whenever the supervisor is gone.
    """
    colours = settle_colours(colour)
    from clearedge_tui.ui.console import Console
    from clearedge_tui.ui.look import Look
    from clearedge_tui.ui.palette import THEMES, palette
    from clearedge_tui.ui.symbols import SETS

    name, glyphs = theme or "default", symbols or default_symbols()
    if name not in THEMES:
        raise UsageError(f"no theme called `{name}`; known: {', '.join(THEMES)}")
    if glyphs not in SETS:
        raise UsageError(f"no symbol set called `{glyphs}`; known: {', '.join(SETS)}")
    look = Look(theme=palette(name, colours), symbols=SETS[glyphs], rate_hz=rate_hz)
    app = Console(home, connect=connect, ensure=ensure, look=look, colours=colours)
    app.run(mouse=mouse)
    return app.return_code or 0


def settle_colours(colour: str | None) -> str:
    """Return truecolor, 256, standard or none, and tell Textual, which reads it when imported."""
    wanted = colour or "auto"
    if wanted not in COLOURS:
        raise UsageError(f"--color {wanted} is unknown; wanted: {', '.join(COLOURS)}")
    if wanted == "none" or (wanted == "auto" and os.environ.get("NO_COLOR")):
        os.environ["NO_COLOR"] = "1"
        return "none"
    os.environ.pop("NO_COLOR", None)  # set but empty means colours; Textual would take it as a no
    if wanted == "auto":
        return _guess()
    os.environ["TEXTUAL_COLOR_SYSTEM"] = COLOURS[wanted]
    return COLOURS[wanted]


def _guess() -> str:
    if os.environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return "truecolor"
    term = os.environ.get("TERM", "").strip().lower()
    if term.endswith(("-256color", "kitty", "ghostty", "alacritty", "direct")):
        return "256"
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "standard"
    return "standard"


def default_symbols() -> str:
    """Return `ascii` where the terminal's words are not UTF-8 or it is the bare Linux console."""
    words = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    if os.environ.get("TERM") == "linux":
        return "block"
    return (
        "ascii"
        if words and "utf" not in words.lower() and words not in ("C", "POSIX")
        else "braille"
    )
