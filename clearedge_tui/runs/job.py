"""What a worker process is told and what it answers. Frames of `core.wire`, msgpack inside."""

import msgspec

from clearedge_tui.runs.model import BacktestSpec, Progress, RunReport


class Job(msgspec.Struct, frozen=True):
    """One backtest to run. `root` is the home; `market_name` is how people write the market."""

    run_id: str
    root: str
    spec: BacktestSpec
    market_name: str = ""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The worker could not even start the run (no such strategy, no data); nothing is on disk."""

    error: str
    code: int


FromWorker = Progress | RunReport | Failed

decode_job = msgspec.msgpack.Decoder(Job).decode
decode_answer = msgspec.msgpack.Decoder(FromWorker).decode
