"""What a look-ahead probe asks of a worker, and what the worker saw. Times are UTC ns."""

from typing import Literal

import msgspec

Part = Literal["ends", "futures"]


class Probe(msgspec.Struct, frozen=True):
    """Part of a probe: data that end early, or other futures and later starts.

    Both parts cut at the same `cuts` moments of `seed`, among the last `most` bars; futures are changed
    where the strategy decided.
    """

    part: Part
    cuts: int = 8
    starts: int = 3
    seed: int = 1
    most: int = 50_000


class Difference(msgspec.Struct, frozen=True):
    """The first bar on which a strategy decided otherwise than with all the data there."""

    kind: Literal["repeat", "end", "future"]
    cut_ns: int  # the last bar that was as before; 0 of a repeat
    bar_ns: int
    whole: str  # what it decided with all the data
    other: str


class Touch(msgspec.Struct, frozen=True):
    """Something outside that the strategy's code opened, asked or started."""

    event: str
    what: str
    place: str  # file:line of the strategy's code


class Shift(msgspec.Struct, frozen=True):
    """A later start, and after how many bars all decisions were those of the whole run; or never."""

    start_ns: int
    bars: int | None


class Probed(msgspec.Struct, frozen=True):
    """What one part saw. `digest` is of all decisions of its first run."""

    bars: int = 0
    decisions: int = 0
    digest: str = ""
    cuts_ns: tuple[int, ...] = ()
    differences: tuple[Difference, ...] = ()
    touches: tuple[Touch, ...] = ()
    shifts: tuple[Shift, ...] = ()
    error: str = ""  # its whole run failed, and nothing was compared
