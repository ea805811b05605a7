"""The near miss in an error message: what the caller probably meant."""

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; nearest: x` for an error message, or the known names when nothing is near."""
    import difflib  # late: it is only for errors

    names = [str(one) for one in known]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; nearest: {close[0]}"
    return f"; known: {', '.join(names[:12])}" if names else ""
