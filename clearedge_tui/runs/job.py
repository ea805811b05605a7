"""What a worker process is told and what it answers. Frames of `core.wire`, msgpack inside."""

import msgspec

from clearedge_tui.runs.drafts import Asked
from clearedge_tui.runs.model import Progress, RunReport


class Job(msgspec.Struct, frozen=True):
    """One backtest to run. `root` is the home; `attempt` counts from 1."""

    root: str
    asked: Asked
    attempt: int = 1

    @property
    def run_id(self) -> str:
        return self.asked.about.run_id


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The worker could not even start the run (no such strategy, no data); nothing is on disk."""

    error: str
    code: int


FromWorker = Progress | RunReport | Failed

decode_job = msgspec.msgpack.Decoder(Job).decode
decode_answer = msgspec.msgpack.Decoder(FromWorker).decode
