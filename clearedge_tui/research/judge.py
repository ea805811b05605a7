"""One ladder, or those of a whole basket: what the command line and the console call."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from clearedge_tui.core.errors import ClearEdgeError, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.research import board, config
from clearedge_tui.research.finding import Finding
from clearedge_tui.research.gauntlet import STEPS, Gauntlet, Ladder, Options, schema_of
from clearedge_tui.research.ground import HELD_OUT, ground
from clearedge_tui.research.study import Cancelled, Told, nobody
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.settings import Home


class Judged(msgspec.Struct, frozen=True):
    """One of a sweep: its ladder, or why there is none."""

    strategy: str
    market: str
    timeframe: str
    ladder: Ladder | None
    error: str = ""


def judge(
    home: Home, spec: BacktestSpec, options: Options, told: Told = nobody,
    stop: Callable[[], bool] = lambda: False, held_out: float = HELD_OUT,
    said: Callable[[str], None] = lambda _text: None, executor: config.Executor | None = None,
) -> Ladder:  # fmt: skip
    """Run what is missing of a ladder and keep it. Raises what a person can act on."""
    limits = board.read_thresholds(home)
    schema = schema_of(home, spec.strategy)
    given: Mapping[str, object] = spec.config
    pool = config.pools(executor or config.read(home).executor)
    stands = ground(home, msgspec.structs.replace(spec, config={}), said, held_out)
    made = Gauntlet(stands, schema, given, options, told, stop, pool, limits).run()
    board.put(home, made)
    key = (made.strategy, made.market, made.venue, made.timeframe)
    return next(
        one
        for one in board.ladders(home)
        if (one.strategy, one.market, one.venue, one.timeframe) == key
    )


def one_step(
    home: Home, spec: BacktestSpec, options: Options, step: str, told: Told = nobody,
    stop: Callable[[], bool] = lambda: False, held_out: float = HELD_OUT,
    executor: config.Executor | None = None,
) -> list[Finding]:  # fmt: skip
    """Do a single step of a ladder and keep it; nothing is judged and no look is taken."""
    if step not in STEPS:
        raise UsageError(f"step `{clean_text(step, 40)}`; wanted one of: {', '.join(STEPS)}")
    schema = schema_of(home, spec.strategy)
    pool = config.pools(executor or config.read(home).executor)
    stands = ground(home, msgspec.structs.replace(spec, config={}), held_out=held_out)
    found = Gauntlet(stands, schema, spec.config, options, told, stop, pool).only(step)
    if not found:
        raise UsageError(f"{spec.strategy} has nothing to {step}: no setting has a `search` range")
    return found


def sweep(
    home: Home, specs: Sequence[BacktestSpec], options: Options, told: Told = nobody,
    stop: Callable[[], bool] = lambda: False, held_out: float = HELD_OUT,
    executor: config.Executor | None = None,
) -> Iterator[Judged]:  # fmt: skip
    """Yield each ladder as it is done. One that cannot be made is told of and does not end the rest."""
    for spec in specs:
        try:
            made = judge(home, spec, options, told, stop, held_out, executor=executor)
        except Cancelled:
            raise
        except ClearEdgeError as error:
            yield Judged(spec.strategy, spec.market, spec.timeframe, None, str(error))
        else:
            yield Judged(spec.strategy, made.market, made.timeframe, made)
