"""How often something is done by itself, as a person writes it."""

import re

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text

_UNITS = {"m": 60, "h": 3600, "d": 86_400}


def interval_s(text: str, where: str) -> int:
    """Return `15m`, `1h` or `1d` in seconds; 0 for an empty text. Raises UsageError."""
    if not text:
        return 0
    match = re.fullmatch(r"([1-9]\d{0,3})([mhd])", text.strip())
    if not match:
        raise UsageError(
            f"{where} = `{clean_text(text, 40)}`; wanted 15m, 1h, 1d …, or no such line"
        )
    return int(match[1]) * _UNITS[match[2]]
