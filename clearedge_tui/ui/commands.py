"""The words of the palette: the same verbs as the command line, with arguments that complete.

Pure: `complete` offers lines, `parse` turns a line into a `Doing`; the palette screen runs it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import Mode
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui.model import Model
from clearedge_tui.ui.palette import THEMES
from clearedge_tui.ui.symbols import SETS

PLACES: Final = {"board": "1", "runs": "2", "data": "3", "journal": "6"}
RATES: Final = ("1", "2", "5", "10")
SPEEDS: Final = ("1", "10", "60", "600", "1000", "max")


@dataclass(frozen=True, slots=True)
class Doing:
    """What a line means: a name and its arguments, by word or by key=value."""

    name: str
    words: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole line that could be typed, and what it would do."""

    line: str
    about: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    usage: str
    about: str
    least: int  # words wanted at least
    most: int  # at most


VERBS: Final = {
    verb.name: verb
    for verb in (
        Verb("mode", "mode INSTANCE off|observe|active", "set what an instance may do", 2, 2),
        Verb("open", "open INSTANCE|RUN", "look at one", 1, 1),
        Verb("start", "start INSTANCE", "start what is off", 1, 1),
        Verb("stop", "stop INSTANCE", "stop it", 1, 1),
        Verb("config", "config INSTANCE", "edit its configuration", 1, 1),
        Verb(
            "set", "set INSTANCE field=value …", "change its configuration without the form", 1, 1
        ),
        Verb("clear", "clear INSTANCE", "clear a fault", 1, 1),
        Verb("rm", "rm INSTANCE", "remove its declaration (typed name)", 1, 1),
        Verb("new", "new", "declare an instance", 0, 0),
        Verb(
            "backtest",
            "backtest STRATEGY MARKET [TIMEFRAME] [from=… to=… field=value]",
            "run a backtest",
            2,
            3,
        ),
        Verb("check", "check STRATEGY", "load a strategy and say what is wrong", 1, 1),
        Verb("cancel", "cancel JOB", "cancel a job", 1, 1),
        Verb("speed", "speed ACCOUNT N|max", "play a replay faster or slower", 2, 2),
        Verb("go", "go board|runs|data|journal", "go to a screen", 1, 1),
        Verb("theme", f"theme {'|'.join(THEMES)}", "colours", 1, 1),
        Verb("symbols", f"symbols {'|'.join(SETS)}", "glyphs of charts", 1, 1),
        Verb("rate", "rate 1|2|5|10", "frames a second", 1, 1),
        Verb("rewind", "rewind ACCOUNT", "play its replays from the beginning", 1, 1),
        Verb(
            "write", "write NAME [class|module|native]", "a new strategy file from a template", 1, 2
        ),
        Verb("rm-run", "rm-run RUN", "remove a finished run", 1, 1),
        Verb("supervise", "supervise", "start a supervisor when none runs", 0, 0),
        Verb("stop-all", "stop-all", "every instance off, supervisor ends (typed STOP)", 0, 0),
        Verb("quit", "quit", "leave; instances keep running", 0, 0),
        Verb("help", "help", "the keys of this screen", 0, 0),
    )
}


# The words of the command line, and what they are called here.
ALIASES: Final = {
    "instance list": "go board",
    "instance add": "new",
    "instance mode": "mode",
    "instance set": "set",
    "instance rm": "rm",
    "instance start": "start",
    "instance stop": "stop",
    "instance clear": "clear",
    "strategy list": "new",
    "strategy check": "check",
    "strategy new": "write",
    "run list": "go runs",
    "run show": "open",
    "run rm": "rm-run",
    "data list": "go data",
    "account speed": "speed",
    "account rewind": "rewind",
    "journal": "go journal",
}


def parse(line: str) -> Doing:
    """Return what a line means; UsageError says what is wrong and what was wanted."""
    parts = clean_text(line).split()
    if not parts:
        raise UsageError("nothing typed")
    for taken in (2, 1):
        known = ALIASES.get(" ".join(parts[:taken]).lower())
        if known is not None:
            parts = [*known.split(), *parts[taken:]]
            break
    verb = VERBS.get(parts[0].lower())
    if verb is None:
        raise UsageError(f"no command `{parts[0]}`; known: {', '.join(VERBS)}")
    words, settings = [], {}
    for part in parts[1:]:
        key, equals, value = part.partition("=")
        if equals and key:
            settings[key] = value
        else:
            words.append(part)
    if not verb.least <= len(words) <= verb.most:
        raise UsageError(f"wanted: {verb.usage}")
    if settings and verb.name not in ("set", "backtest"):
        raise UsageError(f"{verb.name} takes no settings; wanted: {verb.usage}")
    return Doing(verb.name, tuple(words), settings)


def names_instance(doing: Doing) -> bool:
    """True when the first word of this line has to be an instance."""
    return VERBS[doing.name].usage.partition(" ")[2].startswith("INSTANCE")


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
    for job in model.jobs.values():
        if job.state in ("queued", "running"):
            yield Offer(f"cancel {job.id}", job.title)
    for account in model.accounts.values():
        for speed in SPEEDS:
            yield Offer(f"speed {account.name} {speed}", f"now {account.speed:g}×")
    for name in THEMES:
        yield Offer(f"theme {name}", "colours")
    for name in SETS:
        yield Offer(f"symbols {name}", "glyphs of charts")
    for rate in RATES:
        yield Offer(f"rate {rate}", "frames a second")
    yield Offer("new", VERBS["new"].about)
    yield Offer("help", VERBS["help"].about)
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


def complete(typed: str, model: Model, most: int = 8) -> list[Offer]:
    """Return the lines that fit what was typed, best first; with nothing typed, one a verb."""
    if not typed.strip():
        return [Offer(verb.name, f"{verb.usage}   {verb.about}") for verb in VERBS.values()][:most]
    scored = []
    for order, offer in enumerate(offers(model)):
        fit = score(typed, offer.line)
        if fit is not None:
            scored.append((fit, order, offer))
    scored.sort(key=lambda item: item[:2])
    found = [offer for _, _, offer in scored[:most]]
    if not found:
        verb = VERBS.get(typed.split()[0])
        return [Offer(typed, f"{verb.usage}   {verb.about}")] if verb else []
    return found
