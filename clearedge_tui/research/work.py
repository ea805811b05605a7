"""What a study's processes say to each other. Frames of `core.wire`, msgpack inside."""

import msgspec

from clearedge_tui.core.messages import Exited
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.runs.messages import Made


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Load what the setup names; `folder` is for logs."""

    setup: Setup
    folder: str


class Another(msgspec.Struct, frozen=True, tag=True):
    """Fork a worker; its socket comes along."""

    ticket: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The bars are there, or an error that a person can act on, with its exit code."""

    bars: int = 0
    error: str = ""
    code: int = 0


class Task(msgspec.Struct, frozen=True, tag=True):
    """Some asks, to be done one after the other."""

    number: int
    asks: tuple[Ask, ...]


class Answer(msgspec.Struct, frozen=True, tag=True):
    """The trial of one of a task's asks."""

    number: int
    at: int
    trial: Trial


ToMother = Begin | Another
FromMother = Ready | Made | Exited
