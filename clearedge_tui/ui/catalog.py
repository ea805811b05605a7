"""What the console knows of stored series: rows of the list, one in full, sources; pure."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

import msgspec

from clearedge_tui.core.day_map import Days, laid_out
from clearedge_tui.core.text import clean_text

DAY_NS: Final = 86_400_000_000_000
FRESH_NS: Final = DAY_NS  # newer than this is fresh, for a series that a sync brings up to date
_UNITS: Final = ((365.25 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "m"))
JOB_KINDS: Final = ("pull", "sync", "check", "compact", "dedupe", "rm", "fingerprint")


class SeriesRow(msgspec.Struct, frozen=True):
    """One series of the catalog, as the supervisor answers it."""

    market: str
    market_id: str
    kind: str = "bars"
    timeframe: str | None = ""
    rows: int = 0
    first_ns: int | None = 0
    last_ns: int | None = 0
    gaps: int | None = None  # places; None: nobody has counted
    missing: int | None = None  # bars
    bytes: int | None = 0
    files: int = 1
    simulated: bool = False
    source: str | None = ""
    error: str = ""
    series: str = ""
    verdict: str = "unknown"  # clean | warn | bad | changed | unknown
    checked_ns: int = 0
    syncs_from: str = ""  # the source that a sync would ask; empty: none
    counted: bool = True  # False: its days are known only after reading it once

    @property
    def key(self) -> str:
        return f"{self.market_id} {self.timeframe or self.kind}"

    @property
    def venue(self) -> str:
        return self.market_id.rpartition(".")[2]

    @property
    def type(self) -> str:
        """Return what a person calls it: the timeframe of bars, else the kind."""
        return self.timeframe or self.kind


class Finding(msgspec.Struct, frozen=True):
    name: str
    level: str
    count: int
    first_ns: int
    text: str
    examples: tuple[tuple[int, str], ...] = ()


class SeriesView(msgspec.Struct, frozen=True):
    """One series in full."""

    series: str
    rows: int
    first_ns: int
    last_ns: int
    days: tuple[tuple[int, int, int], ...]
    verdict: str
    checked_ns: int
    findings: tuple[Finding, ...]
    files: tuple[tuple[str, int, int], ...]
    source: str
    timeframe: str = ""
    calendar: str = ""
    open_days: tuple[tuple[int, int, int], ...] = ()
    unknown_days: tuple[tuple[int, int], ...] = ()
    holes: tuple[tuple[int, int, int], ...] = ()
    holes_left_out: int = 0
    errors: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """A place to pull from. `light`: closed is well, open is left alone, half-open is on trial."""

    source: str
    about: str = ""
    light: str = "closed"
    until_ns: int = 0
    reason: str = ""
    failures: int = 0
    paid: bool = False
    needs: str = ""


class Bars(msgspec.Struct, frozen=True):
    """The answer to a preview; `step` is how long bars are that were made of ticks."""

    series: str
    bars: list[tuple[int, float, float, float, float, float]]
    step: str = ""


# ---- days ---------------------------------------------------------------------------------------
def days_of(view: SeriesView) -> Days:
    return laid_out(view.days, view.open_days, view.unknown_days, ticks=not view.timeframe)


def charted(one: SeriesRow) -> bool:
    """Whether a chart can show a series: bars, and trades and quotes as bars; a book not."""
    return bool(one.timeframe) or one.kind in ("trades", "quotes")


# ---- words --------------------------------------------------------------------------------------
def age(ns: int | None, now_ns: int) -> str:
    """Return how long ago something was, in one number: `12m`, `31h`, `45d`, `4.8y`."""
    if not ns:
        return "–"
    seconds = max(0.0, (now_ns - ns) / 1e9)
    for unit, name in _UNITS:
        if seconds >= 2 * unit or (unit == 60 and seconds >= 60):
            return f"{seconds / unit:.1f}{name}" if name == "y" else f"{seconds / unit:.0f}{name}"
    return "now"


def verdict_words(name: str, checked_ns: int, now_ns: int) -> str:
    """Return what the last check found and how long ago."""
    if not checked_ns:
        return "unchecked"
    return f"{clean_text(name)} {age(checked_ns, now_ns)}"


def freshness(one: SeriesRow, now_ns: int) -> str:
    """Return fresh or old for what a sync brings up to date; a series of a file is `file`."""
    if not one.syncs_from:
        return "file"
    return "fresh" if now_ns - (one.last_ns or 0) < FRESH_NS else "old"


def text_of(one: SeriesRow) -> str:
    """Return what the filter looks through."""
    sim = "sim" if one.simulated else ""
    parts = (one.market, one.market_id, one.kind, one.type, one.source, one.verdict, sim)
    return clean_text(" ".join(str(part) for part in parts)).lower()


# ---- order --------------------------------------------------------------------------------------
Order = Callable[[SeriesRow], tuple[object, ...]]
_VERDICTS: Final = ("bad", "warn", "changed", "unknown", "clean")
_STEPS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _tree(one: SeriesRow) -> tuple[object, ...]:
    number, unit = (one.timeframe or "")[:-1], (one.timeframe or "")[-1:]
    step = int(number) * _STEPS.get(unit, 0) if number.isdigit() else 0
    return (one.venue, one.market, one.kind, step)


SORTS: Final[dict[str, tuple[str, Order]]] = {
    "v": ("venue", _tree),
    "m": ("market", lambda one: (one.market, *_tree(one))),
    "n": ("rows", lambda one: (-one.rows, *_tree(one))),
    "f": ("from", lambda one: (one.first_ns or 0, *_tree(one))),
    "t": ("to", lambda one: (-(one.last_ns or 0), *_tree(one))),
    "g": ("gaps", lambda one: (-(one.missing or one.gaps or 0), *_tree(one))),
    "z": ("size", lambda one: (-(one.bytes or 0), *_tree(one))),
    "c": ("check", lambda one: (not one.error, _rank(one.verdict), *_tree(one))),
}


def _rank(verdict: str) -> int:
    return _VERDICTS.index(verdict) if verdict in _VERDICTS else len(_VERDICTS)


class Choice(NamedTuple):
    """What a person chose on the list."""

    words: str = ""
    sort: str = "v"
    backwards: bool = False
    marks: frozenset[str] = frozenset()

    @property
    def as_tree(self) -> bool:
        return self.sort == "v"


def visible(rows: Collection[SeriesRow], choice: Choice) -> list[SeriesRow]:
    """Return the rows to show: those that hold every word (none that holds a !word), in order."""
    wanted = choice.words.lower().split()
    out = [one for one in rows if all(_holds(text_of(one), word) for word in wanted)]
    out.sort(key=SORTS[choice.sort][1], reverse=choice.backwards)
    return out


def _holds(text: str, word: str) -> bool:
    return word[1:] not in text if word.startswith("!") and len(word) > 1 else word in text


def find(rows: Sequence[SeriesRow], name: str) -> SeriesRow | None:
    """Return the series somebody means by `BTC/USDT`, `BTC/USDT 1m` or its id; None when unclear."""
    wanted = clean_text(name).strip().lower()
    names = [(f"{one.market} {one.type}".lower(), one.key.lower(), one) for one in rows]
    exact = [one for shown, key, one in names if wanted in (shown, key)]
    loose = [one for shown, key, one in names if wanted in (shown.split(" ")[0], key.split(" ")[0])]
    found = exact or loose
    return found[0] if len(found) == 1 else None
