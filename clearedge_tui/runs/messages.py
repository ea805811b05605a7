"""What the owner of a farm and the farm say to each other."""

import msgspec

from clearedge_tui.runs.job import Job


class Make(msgspec.Struct, frozen=True, tag=True):
    """Fork a worker for this job; the descriptors of its answers and its log come along."""

    ticket: int
    job: Job


class Made(msgspec.Struct, frozen=True, tag=True):
    ticket: int
    pid: int
