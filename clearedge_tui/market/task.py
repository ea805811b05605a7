"""Work on the catalog in a process of its own: pull, sync, check, compact, deduplicate.

`python -m clearedge_tui.market.task FD` reads one frame from stdin and writes frames to FD: steps,
then how it ended. Its owner ends it by killing it: the catalog is whole at every moment.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import BadData, ClearEdgeError, Refused, UsageError
from clearedge_tui.core.job_process import Send, serve
from clearedge_tui.core.leader import Leader
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import catalog, checks, moments, upkeep
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import load_markets, resolve
from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.market.fetch import Ways
    from clearedge_tui.market.pull_model import Pulled
    from clearedge_tui.market.sources.model import Cost

_TELL_S = 0.1


class Task(msgspec.Struct, frozen=True):
    """What is to be done, in the words of the command line."""

    root: str
    what: str  # pull | sync | check | compact | dedupe | rm | fingerprint
    args: dict[str, object] = {}


class Step(msgspec.Struct, frozen=True, tag=True):
    """How far it is: done 0 to 1, rows so far and a second, seconds left (None: unknown)."""

    done: float
    rows: int = 0
    rate: float = 0.0
    eta_s: float | None = None
    text: str = ""
    leaders: tuple[Leader, ...] | None = None  # of a search, best first; None: as before


class Ended(msgspec.Struct, frozen=True, tag=True):
    """How it ended; `error` is empty when all of it was done."""

    message: str = ""
    data: object = None
    error: str = ""
    code: int = 0


decode_task = msgspec.msgpack.Decoder(Task).decode
decode_answer = msgspec.msgpack.Decoder(Step | Ended).decode
Tell = Callable[[Step], None]


def text(args: Mapping[str, object], name: str, default: str = "") -> str:
    value = args.get(name)
    return default if value is None else str(value)


def find_series(home: Home, name: str) -> Key:
    """Return the series somebody means by `BTC/USDT`, `BTC/USDT 1m` or `BTCUSDT.LOCAL trades`.

    Raises UsageError naming the choices when it fits several, NotFound when it fits none.
    """
    words, _, what = clean_text(name).strip().rpartition(" ")
    if not words:
        words, what = what, ""
    market = resolve(home, words)
    known = catalog.keys(home, market.market_id)
    fitting = [k for k in known if what in ("", k.timeframe, str(k.kind))]
    if len(fitting) == 1:
        return fitting[0]
    choices = ", ".join(f"`{market.symbol} {k.timeframe or k.kind}`" for k in fitting or known)
    if fitting or known:
        raise UsageError(f"`{name}`: which one? {choices}")
    raise UsageError(f"{market.symbol} has no data yet. See: clearedge data list")


def _chosen(home: Home, args: Mapping[str, object]) -> list[Key]:
    names = args.get("series") or []
    if not isinstance(names, list | tuple):
        names = [names]
    return [find_series(home, str(n)) for n in names] or catalog.keys(home)


# ---- what can be done -------------------------------------------------------------------------
def check(home: Home, args: Mapping[str, object], tell: Tell) -> Ended:
    """Check the chosen series, or all of them; one that cannot be read fails by name."""
    keys, began = _chosen(home, args), monotonic()
    markets = load_markets(home)
    reports, broken = [], []
    for number, key in enumerate(keys):

        def told(done: float, at: int = number, name: str = str(key)) -> None:
            whole = (at + done) / len(keys)
            took = monotonic() - began
            tell(Step(whole, eta_s=took * (1 - whole) / whole if whole else None, text=name))

        market = markets.get(key.market_id)
        try:
            if market is None:
                raise UsageError(
                    f"{key.market_id} is in no list of markets; see: clearedge market list"
                )
            reports.append(checks.run(home, market, key, told))
        except ClearEdgeError as error:
            broken.append(f"{key}: {error}")
    verdicts = [report.verdict for report in reports]
    counts = ", ".join(
        f"{verdicts.count(v)} {v}" for v in ("clean", "warn", "bad") if v in verdicts
    )
    return Ended(
        f"{len(reports)} series checked: {counts or 'nothing to check'}",
        [msgspec.to_builtins(r) | {"verdict": r.verdict} for r in reports],
        "; ".join(broken),
        2 if broken else 0,
    )


def pull(home: Home, args: Mapping[str, object], tell: Tell) -> Ended:
    """Fetch what the catalog lacks. A paid source wants `yes`."""
    from clearedge_tui.market import fetch
    from clearedge_tui.market.pull import Rule
    from clearedge_tui.market.pull_model import Wanted

    start, end = moments.span_ns(text(args, "start"), text(args, "end"))
    kind = Kind(text(args, "kind", "bars"))
    timeframe = text(args, "timeframe") or ("1m" if kind is Kind.BARS else "")
    names = args.get("markets") or []
    if not isinstance(names, list | tuple) or not names:
        raise UsageError("`markets` is missing; write at least one")
    wanted = [Wanted(str(name), timeframe, start, end, kind) for name in names]
    rule = Rule(padding_days=int(text(args, "padding_days", "30")))
    source = text(args, "source")
    return _pulled(asyncio.run(fetch.fetch(home, source, wanted, rule, _ways(args, tell))))


def sync(home: Home, args: Mapping[str, object], tell: Tell) -> Ended:
    from clearedge_tui.market import fetch

    names = args.get("markets") or []
    only = [str(name) for name in names] if isinstance(names, list | tuple) else []
    return _pulled(asyncio.run(fetch.sync(home, only, _ways(args, tell))))


class _Priced(Exception):
    """Only the price was asked for; nothing of what costs was fetched."""

    def __init__(self, cost: "Cost") -> None:
        super().__init__()
        self.cost = cost

    def ended(self) -> Ended:
        usd, rows, size = self.cost.usd, self.cost.rows, self.cost.bytes
        said = f"this costs about {usd:.2f} USD for {rows:,} rows; nothing was fetched yet"
        return Ended(said, {"usd": f"{usd:.2f}", "rows": rows, "bytes": size})


def _ways(args: Mapping[str, object], tell: Tell) -> "Ways":
    from clearedge_tui.market import fetch
    from clearedge_tui.market.pull_model import Progress

    async def confirm(cost: "Cost") -> bool:
        if args.get("price") is True:
            raise _Priced(cost)
        if args.get("yes") is True:
            return True
        raise Refused(
            f"this costs about {cost.usd:.2f} USD for {cost.rows:,} rows; agree to it with yes"
        )

    def moved(one: Progress) -> None:
        tell(Step(one.done, one.rows, one.rows_per_s, one.eta_s, one.market))

    return fetch.Ways(moved, lambda line: tell(Step(-1.0, text=line)), confirm)


def _pulled(done: "Sequence[Pulled]") -> Ended:
    rows = sum(one.rows for one in done)
    failed = [f"{one.symbol}: {one.error}" for one in done if one.error]
    code = next((one.exit_code for one in done if one.error), 0)
    said = f"{rows:,} rows of {len(done)} series"
    return Ended(said, msgspec.to_builtins(list(done)), "; ".join(failed), code)


def keep(home: Home, args: Mapping[str, object], tell: Tell, what: str) -> Ended:
    """Compact or deduplicate the chosen series; `dry` only tells what would change."""
    run = upkeep.compact if what == "compact" else upkeep.deduplicate
    done, broken, code = [], [], 0
    keys = _chosen(home, args)
    for number, key in enumerate(keys):
        tell(Step(number / len(keys), text=str(key)))
        try:
            done.append(run(home, key, args.get("dry") is True))
        except (BadData, Refused) as error:  # the others are kept in order all the same
            broken.append(f"{key}: {str(error).removeprefix(f'{key}: ')}")
            code = code or error.exit_code
    said = "; ".join(one.line() for one in done)
    return Ended(said, msgspec.to_builtins(done), "; ".join(broken), code)


def remove(home: Home, args: Mapping[str, object], tell: Tell) -> Ended:
    """Delete a range of one series (all of it without `start` and `end`)."""
    del tell
    start, end = moments.span_ns(text(args, "start"), text(args, "end"))
    keys = _chosen(home, args) if args.get("series") else []
    if len(keys) != 1:
        raise UsageError("name the one series to delete from, e.g. `BTC/USDT 1m`")
    done = upkeep.delete_range(home, keys[0], start, end, args.get("dry") is True)
    return Ended(done.line(), msgspec.to_builtins(done))


def fingerprint(home: Home, args: Mapping[str, object], tell: Tell) -> Ended:
    """Name the rows of one series, or of a range of it."""
    from clearedge_tui.market.fingerprint import fingerprint as name_of

    del tell
    key = find_series(home, text(args, "series"))
    first, last = moments.span_ns(text(args, "start"), text(args, "end"))
    back = key.step_ns if key.timeframe else 0
    low, high = first + back if first else None, last + back - 1 if last else None
    done = name_of(home, key, low, high)
    return Ended(f"{done.sha256}  {done.series}, {done.rows:,} rows", msgspec.to_builtins(done))


def run(task: Task, tell: Tell) -> Ended:
    """Do a task. What a person can act on comes back in `Ended`, not as an exception."""
    home = Home(Path(task.root))
    try:
        match task.what:
            case "check":
                return check(home, task.args, tell)
            case "pull":
                return pull(home, task.args, tell)
            case "sync":
                return sync(home, task.args, tell)
            case "compact" | "dedupe":
                return keep(home, task.args, tell, task.what)
            case "rm":
                return remove(home, task.args, tell)
            case "fingerprint":
                return fingerprint(home, task.args, tell)
        raise UsageError(f"no work `{task.what}`")
    except _Priced as only:
        return only.ended()
    except ClearEdgeError as error:
        return Ended(error=clean_text(error), code=error.exit_code)


def main() -> int:
    """Entry of the spawned process; the descriptor to answer on is the only argument."""
    return serve(int(sys.argv[1]), decode_task, lambda task, send: run(task, _paced(send)))


def _paced(send: Send) -> Tell:
    """Return what tells steps, a few a second at most."""
    said = [0.0]

    def tell(step: Step) -> None:
        if monotonic() - said[0] >= _TELL_S:
            said[0] = monotonic()
            send(step)

    return tell


if __name__ == "__main__":
    raise SystemExit(main())
