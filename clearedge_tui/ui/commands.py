"""The lines of the palette: the same verbs as the command line, with arguments that complete.

Pure: `complete` offers lines, `parse` turns a line into a `Doing`; the palette screen runs it.
"""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui.model import Model
from clearedge_tui.ui.palette import THEMES
from clearedge_tui.ui.symbols import SETS
from clearedge_tui.ui.words import ALIASES, DROPPED, GROUPS, NOT_HERE, PLACES, VERBS, Verb

RATES: Final = ("1", "2", "5", "10")
SPEEDS: Final = ("1", "10", "60", "600", "1000", "max")


@dataclass(frozen=True, slots=True)
class Doing:
    """What a line means: a name, its words, its options, and the fields of a configuration."""

    name: str
    words: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole line that could be typed, and what it would do."""

    line: str
    about: str
    danger: bool = False


def parse(line: str) -> Doing:
    """Return what a line means; UsageError says what is wrong and what was wanted."""
    try:
        parts = shlex.split(clean_text(line))
    except ValueError:
        raise UsageError("a quote is opened and not closed") from None
    if not parts:
        raise UsageError("nothing typed")
    parts = _said(parts)
    verb = VERBS.get(parts[0].lower())
    if verb is None:
        raise UsageError(f"no command `{parts[0]}`; known: {', '.join(VERBS)}")
    doing = _sorted(verb, parts[1:])
    if not verb.least <= len(doing.words) <= verb.most:
        raise UsageError(f"wanted: {verb.usage}")
    return doing


def _said(parts: list[str]) -> list[str]:
    """Return the line in the palette's own words."""
    first = parts[0].lower()
    pair = f"{first} {parts[1].lower()}" if len(parts) > 1 else ""
    why = NOT_HERE.get(pair) or NOT_HERE.get(first)
    here = pair in ALIASES or (len(parts) == 1 and first in ALIASES)
    if why and not here:
        raise UsageError(why)
    if pair in ALIASES:
        return [*ALIASES[pair].split(), *parts[2:]]
    if first not in GROUPS or first in VERBS:  # `approve INSTANCE` is a line of its own
        return parts
    rest = [part for part in parts[1:] if part not in DROPPED]
    if rest:
        known = ", ".join(said for said in ALIASES if said.startswith(f"{first} "))
        raise UsageError(f"no command `{clean_text(' '.join(parts[:2]))}`; known: {known}")
    return ALIASES[first].split()


def _sorted(verb: Verb, parts: list[str]) -> Doing:
    """Tell words, options and fields apart: `--set a=1`, `--market X`, `--market=X`, `market=X`."""
    words: list[str] = []
    settings: dict[str, str] = {}
    options: dict[str, str] = {}
    left = iter(part for part in parts if part not in DROPPED)
    for part in left:
        dashed = part.startswith("--")
        key, equals, value = part.removeprefix("--").partition("=")
        if dashed and not equals:
            value = "yes" if key in verb.flags else next(left, "")
        plain = not (equals and key) or (verb.filter and key not in verb.options)
        if not dashed and plain:
            words.append(part)
        elif dashed and key == "set" and verb.free:
            name, _, value = value.partition("=")
            settings[name] = value
        elif key in verb.options:
            options[key] = f"{options[key]},{value}" if key in options else value
        elif verb.free and not dashed:
            settings[key] = value
        else:
            takes = (
                f"it takes {', '.join(verb.options)}" if verb.options else "it takes no settings"
            )
            raise UsageError(f"{verb.name}: no option `{key}`; {takes}. Wanted: {verb.usage}")
    return Doing(verb.name, tuple(words), settings, options)


def names_instance(doing: Doing) -> bool:
    """True when the first word of this line is there and has to be an instance."""
    wanted = VERBS[doing.name].usage.partition(" ")[2].lstrip("[")
    return bool(doing.words) and wanted.startswith("INSTANCE")


def offers(model: Model) -> Iterator[Offer]:
    """Yield every line that makes sense now, commonest first."""
    rows = list(model.instances.values())
    for row in rows:
        yield Offer(f"open {row.id}", f"{row.strategy} {row.market} {row.state}")
    for row in rows:
        for mode in Mode:
            if mode is not row.desired:
                yield Offer(
                    f"mode {row.id} {mode}",
                    f"is {row.desired} on {row.account}",
                    row.account_kind == "live",
                )
    for row in rows:
        runs = row.desired is not Mode.OFF
        yield Offer(f"{'stop' if runs else 'start'} {row.id}", f"{row.state}")
        yield Offer(f"config {row.id}", f"edit config v{row.config_version}")
        if row.error:
            yield Offer(f"clear {row.id}", row.error)
        yield Offer(f"rm {row.id}", "remove its declaration", True)
    yield from _rest(model)


def _rest(model: Model) -> Iterator[Offer]:
    for place, key in PLACES.items():
        yield Offer(f"go {place}", f"screen {key}")
    pairs = dict.fromkeys(
        (row.strategy, row.market, row.timeframe) for row in model.instances.values()
    )
    for strategy, market, timeframe in pairs:
        yield Offer(f"backtest {strategy} {market} {timeframe}", "over all its data")
    for strategy in model.strategies or dict.fromkeys(pair[0] for pair in pairs):
        yield Offer(f"backtest {strategy}", "choose market, dates and settings in the form")
        yield Offer(f"check {strategy}", VERBS["check"].about)
        yield Offer(f"judge {strategy}", "its ladder: choose market and how much in the form")
        yield Offer(f"new {strategy}", "declare an instance of it")
    for job in model.jobs.values():
        if job.state in ("queued", "running"):
            yield Offer(f"cancel {job.id}", job.title)
    for account in model.accounts.values():
        for speed in SPEEDS:
            yield Offer(f"speed {account.name} {speed}", f"now {account.speed:g}×")
    yield from _console()


def _console() -> Iterator[Offer]:
    """Yield what is always there."""
    for name in THEMES:
        yield Offer(f"theme {name}", "colours")
    for name in SETS:
        yield Offer(f"symbols {name}", "glyphs of charts")
    for rate in RATES:
        yield Offer(f"rate {rate}", "frames a second")
    for name in (
        "new",
        "import",
        "pull",
        "sync",
        "sources",
        "check-data",
        "sample",
        "accounts",
        "journal",
        "help",
        "supervise",
        "restart",
    ):
        yield Offer(name, VERBS[name].about)
    yield Offer("stop", "end the supervisor; modes stay declared", True)
    yield Offer("stop-all", VERBS["stop-all"].about, True)
    yield Offer("quit", VERBS["quit"].about)


def score(typed: str, line: str) -> int | None:
    """Return how well a line fits what was typed (lower is better); None when letters are missing."""
    place, total, last = 0, 0, -1
    wanted, held = typed.lower(), line.lower()
    for letter in wanted:
        if letter == " ":
            continue
        found = held.find(letter, place)
        if found < 0:
            return None
        starts = found == 0 or held[found - 1] in " -_/"
        total += 0 if found == last + 1 else (1 if starts else 4 + found - last)
        last, place = found, found + 1
    return total + (0 if held.startswith(wanted) else 5)


def _group(first: str) -> list[Offer]:
    """Return what the command line says after a word like `strategy`, and what it is here."""
    listed = [said for said in ALIASES if said.startswith(f"{first} ")]
    return [
        Offer(said, f"= {ALIASES[said]}   {VERBS[ALIASES[said].split()[0]].about}")
        for said in listed
    ]


def complete(typed: str, model: Model, most: int = 8) -> list[Offer]:
    """Return the lines that fit what was typed, best first; with nothing typed, one a verb."""
    if not typed.strip():
        return [Offer(verb.name, f"{verb.usage}   {verb.about}") for verb in VERBS.values()][:most]
    scored = []
    said = _group(typed.split()[0].lower())
    for order, offer in enumerate([*said, *offers(model)]):
        fit = score(typed, offer.line)
        if fit is not None:
            scored.append((fit, order, offer))
    scored.sort(key=lambda item: item[:2])
    found = [offer for _, _, offer in scored[:most]]
    if not found:
        verb = VERBS.get(typed.split()[0])
        return [Offer(typed, f"{verb.usage}   {verb.about}")] if verb else []
    return found
