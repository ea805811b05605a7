"""Configuration values as they are typed and read."""

from clearedge_tui.core.text import clean_text

_NO = {True: "yes", False: "no"}


def as_text(value: object) -> str:
    """Return a config value as it is typed."""
    if isinstance(value, bool):
        return _NO[value]
    if isinstance(value, list | tuple):
        return ", ".join(as_text(v) for v in value)
    return "" if value is None else clean_text(value)


def duration_text(seconds: object) -> str:
    """Return whole seconds as they are typed: 14400 is 4h, 5400 is 1h30m."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return as_text(seconds)
    text, rest = "", seconds
    for unit, letter in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        whole, rest = divmod(rest, unit)
        text += f"{whole}{letter}" if whole else ""
    return text or "0s"
