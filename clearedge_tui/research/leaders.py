"""The best so far of a search, kept as its trials come in: a batch costs its own size and no more."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from clearedge_tui.core.leader import POINTS, Leader
from clearedge_tui.core.text import clean_text
from clearedge_tui.research.rule_test import growth
from clearedge_tui.research.trial import Trial

MOST = 10
_WORDS = 120


class Scored(Protocol):
    """A trial of a search that has a score."""

    @property
    def number(self) -> int: ...
    @property
    def params(self) -> Mapping[str, object]: ...
    @property
    def values(self) -> tuple[float, ...]: ...
    @property
    def trades(self) -> float | None: ...


class Leaders:
    """At most `MOST` different settings, the best first; of equal ones the earlier."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, int, str, Leader]] = []  # rank by rank, with what names it
        self.rows: tuple[Leader, ...] = ()

    def take(self, batch: Iterable[tuple[Scored, Trial]]) -> None:
        """Place the trials of a batch, all of them with a score."""
        for one, trial in batch:
            self._place(one, trial)
        self.rows = tuple(row for *_, row in self._kept)

    def _place(self, one: Scored, trial: Trial) -> None:
        rank, name = (-one.values[0], one.number), repr(sorted(one.params.items()))
        full = len(self._kept) >= MOST and rank > self._kept[-1][:2]
        if full or any(name == kept[2] for kept in self._kept):
            return
        words = clean_text(" ".join(f"{n}={v}" for n, v in one.params.items()), _WORDS)
        trades = None if one.trades is None else int(one.trades)
        made = Leader(one.values[0], words, trades, growth(trial, POINTS))
        self._kept.append((*rank, name, made))
        self._kept.sort(key=lambda kept: kept[:2])
        del self._kept[MOST:]
