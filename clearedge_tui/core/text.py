"""The one cleaner for text that we did not write: strategies, venues, files, engines."""

import re
import unicodedata

_TAG = 40
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def clean_text(text: object, limit: int = 400) -> str:
    """Return one safe line: no control, bidi or escape characters, at most `limit` characters."""
    plain = str(text)
    if len(plain) <= limit and plain.isascii() and plain.isprintable():
        return plain  # nothing to wash, and nearly all of it is like that
    raw = plain[: limit * 4].replace("\t", " ").replace("\r\n", "\n").replace("\n", " ⏎ ")
    washed = unicodedata.normalize("NFC", _CONTROL.sub("�", raw))
    washed = "".join(c for c in washed if unicodedata.category(c) not in ("Cs", "Co", "Cn"))
    return washed if len(washed) <= limit else washed[: limit - 1] + "…"


def clean_tag(text: object) -> str:
    """Return what a strategy calls an order, washed, at most 40 characters; usual ones at no cost."""
    tag = str(text)
    usual = len(tag) <= _TAG and tag.isascii() and tag.isprintable()
    return tag if usual else clean_text(tag, _TAG)


def clean_lines(text: object, limit: int = 400, most: int = 200) -> tuple[str, ...]:
    """Return the text's lines, each washed by `clean_text`, at most `most` of them."""
    return tuple(clean_text(line, limit) for line in str(text).split("\n")[:most])
