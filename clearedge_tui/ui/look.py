"""How things are shown right now: theme, glyphs, money, rate. One object, read by every painter."""

from dataclasses import dataclass, field

from clearedge_tui.ui.palette import Palette, palette
from clearedge_tui.ui.symbols import BRAILLE, Symbols


@dataclass(slots=True)
class Look:
    """Changed by keys; `version` grows so that everything is painted anew."""

    theme: Palette = field(default_factory=lambda: palette("default", "truecolor"))
    symbols: Symbols = BRAILLE
    hide_money: bool = False
    frozen: bool = False
    rate_hz: float = 5.0
    version: int = 0
    runs_sort: str = "-created"  # as the list of runs was sorted last
