"""Does a strategy decide the same when the future is not there, is another one, or it begins later?

Each run has a child of the worker to itself, in which bars beyond the cut are gone: neither frames nor
the garbage collector lead to them, nor what an earlier run kept. The whole run alone is made twice in
its process, as trials of a study are: what one leaves behind meets the next. A decision is an order
or a cancel as it was asked for; those of the cut's own bar count, what follows its close not.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from clearedge_tui.core.text import clean_text
from clearedge_tui.engine.backtest_context import BacktestContext
from clearedge_tui.engine.doors import Doors
from clearedge_tui.engine.hosted import Hosted
from clearedge_tui.market.columns import Bars, joined
from clearedge_tui.research.probing import Difference, Probe, Probed, Shift, Touch
from clearedge_tui.research.trial import Ask, Trial

if TYPE_CHECKING:
    from clearedge_tui.engine.trial import Bench

_ON_TICK = "on_tick"
_LEAST = 50  # bars before a cut
_LOUD = 200  # bars of a made-up future that run away
_LONG = 8_000  # bars of a later start


class Decision(NamedTuple):
    """What was asked for, when, and by which callback."""

    ts_ns: int
    callback: str
    text: str


class Witness:
    """Stands between a strategy and its context and writes down what it decides."""

    def __init__(self) -> None:
        self.said: list[Decision] = []
        self.callback = ""
        self.last_ns = 0

    def dress(self, hosted: Hosted, context: BacktestContext) -> None:
        self.said, self.callback, self.last_ns = [], "", 0
        for name in (_ON_TICK, "on_fill", "on_order", "on_stop"):
            setattr(hosted, name, self._heard(name, getattr(hosted, name)))
        place, cancel, names = context.place_order, context.cancel_order, dict[str, int]()

        def place_order(side: str, size: Any, **more: Any) -> str:
            rest = " ".join(f"{k} {_number(v)}" for k, v in sorted(more.items()) if v)
            self._say(context, f"{side} {_number(size)} {rest}")
            order_id = place(side, size, **more)
            names[order_id] = len(names) + 1
            return order_id

        def cancel_order(order_id: str) -> None:
            self._say(context, f"cancel its order {names.get(order_id, order_id)}")
            cancel(order_id)

        context.place_order, context.cancel_order = place_order, cancel_order  # type: ignore[method-assign]

    def _heard(self, name: str, call: Callable[..., None]) -> Callable[..., None]:
        if name == _ON_TICK:

            def on_tick(tick: Any) -> None:
                self.callback, self.last_ns = name, tick.ts_ns
                call(tick)

            return on_tick

        def other(*args: Any) -> None:
            before, self.callback = self.callback, name
            call(*args)
            self.callback = before

        return other

    def _say(self, context: BacktestContext, text: str) -> None:
        at = context.tick.ts_ns if context.tick else 0
        self.said.append(Decision(at, self.callback, clean_text(text, 160).strip()))


def _number(value: object) -> str:
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)


class _Run(msgspec.Struct, frozen=True):
    said: list[Decision]
    error: str
    callback: str  # in which it failed
    last_ns: int  # the last bar it saw


class _Seen(msgspec.Struct, frozen=True):
    runs: list[_Run]
    touches: tuple[Touch, ...]


_decode = msgspec.msgpack.Decoder(_Seen).decode


class _Died(Exception):
    """A child ended without an answer."""


def probed(bench: "Bench", ask: Ask, probe: Probe) -> Trial:
    """Do one part of a probe. The strategy runs in children of this process only."""
    try:
        return _Part(bench, ask, probe).run()
    except _Died:
        return Trial("failed", "engine", error="the process that probed it died")


class _Part:
    """One part: the whole run, and those that have less data, or others."""

    def __init__(self, bench: "Bench", ask: Ask, probe: Probe) -> None:
        self._bench, self._probe = bench, probe
        self._random = Random(f"{probe.seed}")
        self._touches: dict[Touch, None] = {}
        self._count = min(len(bench.bars), probe.most)
        self._first = len(bench.bars) - self._count
        start = int(bench.bars.ts_ns[self._first - 1]) if self._first else 0
        self._ask = msgspec.structs.replace(ask, probe=None, path="engine", start_ns=start)

    def run(self) -> Trial:
        ends = self._probe.part == "ends"
        whole, *again = self._go(self._ask, times=2 if ends else 1)
        if whole.error:
            seen = Probed(self._count, touches=tuple(self._touches), error=whole.error)
            return Trial("done", "engine", probed=seen)
        cuts, decided = self._cuts(whole.said)
        shifts = list[Shift]()
        found = next((_first("repeat", 0, whole.said, one.said, one.error) for one in again), None)
        if ends:
            found = found or self._ends(whole, cuts)
        else:
            shifts = list(self._shifts(whole))
            found = self._futures(whole, decided or cuts)
        told = "\n".join(f"{one.ts_ns} {one.callback} {one.text}" for one in whole.said)
        made = Probed(
            self._count, len(whole.said), hashlib.sha256(told.encode()).hexdigest(),
            tuple(int(self._bench.bars.ts_ns[at]) for at in cuts),
            (found,) if found else (), tuple(self._touches), tuple(shifts),
        )  # fmt: skip
        return Trial("done", "engine", probed=made)

    def _go(self, ask: Ask, bars: Callable[[], Bars] | None = None, times: int = 1) -> list[_Run]:
        """Run an ask in a child, after its bars became others there."""

        def work() -> _Seen:
            bench, witness = self._bench, Witness()
            if bars is not None:
                bench.bars = bars()
            bench.witness = witness.dress
            doors = Doors(bench.path.parent, bench.setup.root)
            doors.open()
            runs = []
            for _ in range(times):
                trial = bench.run(ask)
                error = "" if trial.status == "done" else trial.error or "failed"
                runs.append(_Run(witness.said, error, witness.callback, witness.last_ns))
            return _Seen(runs, doors.seen())

        seen = _in_child(work)
        self._touches.update(dict.fromkeys(seen.touches))
        return seen.runs

    def _cuts(self, said: Sequence[Decision]) -> tuple[list[int], list[int]]:
        """Return bars to cut after, and those of them on which it decided: most, for there it shows."""
        bars, wanted = self._bench.bars, self._probe.cuts
        last = len(bars) - 2
        first = min(self._first + _LEAST, last)
        moments = {one.ts_ns for one in said if one.callback == _ON_TICK}
        places = np.searchsorted(bars.ts_ns, sorted(moments)).tolist()
        decided = [at for at in places if first <= at <= last]
        some = self._random.sample(decided, min(len(decided), -(-wanted * 5 // 8)))
        chosen = set(some)
        while len(chosen) < min(wanted, last - first + 1):
            chosen.add(self._random.randint(first, last))
        return sorted(chosen), sorted(some)

    def _ends(self, whole: _Run, cuts: Sequence[int]) -> Difference | None:
        bars = self._bench.bars
        for at in cuts:
            cut_ns = int(bars.ts_ns[at])
            (other,) = self._go(self._ask, partial(_past, self._bench, at))
            error = "" if other.callback == "on_stop" else other.error
            found = _first(
                "end", cut_ns, _upto(whole.said, cut_ns), _upto(other.said, cut_ns), error
            )
            if found:
                return found
        return None

    def _futures(self, whole: _Run, cuts: Sequence[int]) -> Difference | None:
        sides = {one.ts_ns: one.text.split(" ")[0] for one in whole.said}
        for turn, at in enumerate(cuts):
            cut_ns = int(self._bench.bars.ts_ns[at])
            down = sides.get(cut_ns, "buy" if turn % 2 else "sell") == "buy"
            seed = self._probe.seed, turn
            (other,) = self._go(self._ask, partial(_otherwise, self._bench, at, down, seed))
            error = other.error if other.last_ns <= cut_ns else ""
            found = _first(
                "future", cut_ns, _upto(whole.said, cut_ns), _upto(other.said, cut_ns), error
            )
            if found:
                return found
        return None

    def _shifts(self, whole: _Run) -> Iterable[Shift]:
        times = self._bench.bars.ts_ns
        for _ in range(self._probe.starts):
            at = self._first + int(self._count * (0.2 + 0.4 * self._random.random()))
            end = min(len(times) - 1, at + _LONG)
            start_ns, end_ns = int(times[at]), int(times[end])
            later = msgspec.structs.replace(self._ask, start_ns=start_ns, end_ns=end_ns)
            (other,) = self._go(later)
            if other.error:
                yield Shift(start_ns, None)
                continue
            one, two = (_by_bar(run.said, start_ns, end_ns) for run in (whole, other))
            differ = [ts for ts in one.keys() | two.keys() if one.get(ts) != two.get(ts)]
            bars = int(np.searchsorted(times, max(differ))) - at if differ else 0
            yield Shift(start_ns, bars if bars <= (end - at) * 9 // 10 else None)


def _in_child(work: Callable[[], _Seen]) -> _Seen:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            body = msgspec.msgpack.encode(work())
            with os.fdopen(write, "wb") as out:
                out.write(len(body).to_bytes(8, "big") + body)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:  # by its length: what a strategy forks holds it open too
        body = answer.read(int.from_bytes(answer.read(8), "big"))
    os.waitpid(pid, 0)
    if not body:
        raise _Died
    return _decode(body)


def _past(bench: "Bench", at: int) -> Bars:
    return _copy(bench.bars.slice(0, at + 1))


def _otherwise(bench: "Bench", at: int, down: bool, seed: tuple[int, int]) -> Bars:
    """Return the past with a future made of its own moves, that first runs away."""
    past, times = _past(bench, at), bench.bars.ts_ns[at + 1 :].copy()
    random = np.random.default_rng(seed)
    drawn = random.integers(1, len(past), len(times))
    before = past.close[drawn - 1]
    opened, high, low, close = (column[drawn] / before for column in past.columns()[1:5])
    drift = np.zeros(len(times))
    drift[:_LOUD] = 2.0 * max(float(np.std(np.log(close))), 1e-6) * (-1 if down else 1)
    away = np.cumsum(np.log(close) + drift)
    base = float(past.close[-1]) * np.exp(np.concatenate([[0.0], away[:-1]]) + drift)
    scale = 10.0**bench.market.price_precision
    prices = [
        np.maximum(np.rint(np.clip(base * one, 0, 1e9) * scale), 1.0) / scale
        for one in (opened, high, low, close)
    ]
    return joined([past, Bars.of([times, *prices, past.volume[drawn]])])


def _copy(bars: Bars) -> Bars:
    return Bars.of([column.copy() for column in bars.columns()])


def _upto(said: Iterable[Decision], cut_ns: int) -> list[Decision]:
    """Return what was decided up to the close of a bar; what it heard at the next open came after."""
    return [d for d in said if d.ts_ns < cut_ns or (d.ts_ns == cut_ns and d.callback == _ON_TICK)]


def _by_bar(said: Iterable[Decision], start_ns: int, end_ns: int) -> dict[int, list[str]]:
    made: dict[int, list[str]] = {}
    for one in said:
        if start_ns < one.ts_ns < end_ns:
            made.setdefault(one.ts_ns, []).append(_order_only(one.text))
    return made


def _order_only(text: str) -> str:
    return text.partition("cancel")[1] or text  # which of its orders: counted from its own start


def _first(
    kind: Any, cut_ns: int, whole: Sequence[Decision], other: Sequence[Decision], error: str
) -> Difference | None:
    """Return the first bar on which two runs decided otherwise; None when there is none."""
    if error:
        at = other[-1].ts_ns if other else cut_ns
        told = f"fails there: {clean_text(error, 160)}"
        return Difference(kind, cut_ns, cut_ns or at, _told(whole, cut_ns or at), told)
    pairs = zip(whole, other, strict=False)
    place = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(whole), len(other)))
    rest = [*whole[place : place + 1], *other[place : place + 1]]
    if not rest:
        return None
    bar_ns = min(one.ts_ns for one in rest)
    return Difference(kind, cut_ns, bar_ns, _told(whole, bar_ns), _told(other, bar_ns))


def _told(said: Iterable[Decision], bar_ns: int) -> str:
    return "; ".join(one.text for one in said if one.ts_ns == bar_ns) or "nothing"
