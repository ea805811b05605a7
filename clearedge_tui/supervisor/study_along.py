"""How far a ladder is: its stages weigh what they ask for; what was found before is passed over."""

from typing import NamedTuple

_FEW = 3  # asks of a stage that is a handful of runs
_WALKED = 2  # the stage after which a search belongs to a window


class Size(NamedTuple):
    """How much of each stage a ladder asks for."""

    twins: int = 200
    trials: int = 200
    windows: int = 6
    wfo_trials: int = 24
    permutations: int = 100
    as_is: bool = False


class Along:
    """Turns the steps of a ladder, told by their words, into one share that never falls."""

    def __init__(self, size: Size) -> None:
        self._size = size
        trials = 0 if size.as_is else size.trials
        walks = 0 if size.as_is else size.windows * size.wfo_trials
        self._stages = (
            ("twins that enter at random", size.twins), ("trials", trials), ("out of sample", _FEW),
            ("walk", walks), ("shuffled bars", size.permutations), ("the held-out part", _FEW),
        )  # fmt: skip
        self._whole = sum(weight for _, weight in self._stages) or 1
        self._first: tuple[float, float] | None = None
        self.anew()

    def anew(self) -> None:
        """Begin the next ladder of a sweep."""
        self._stage, self._share, self._window = 0, 0.0, 0
        self._base, self._of, self._walking = 0, self._size.trials, False

    def at(self, what: str, done: int, total: int, batch: bool = False) -> tuple[float, str]:
        """Return the share of the ladder that is done, 0 to 1, and where it is in words.

        A search tells its batches (`batch`) between telling how many of its trials it has.
        """
        if what == "trials":
            done, total = self._search(done, total, batch)
        told = f"{what}: {done:,} of {total:,}"
        inner = done / total if total else 0.0
        if what == "trials" and self._walking:
            told = f"window {self._window + 1} of {self._size.windows}, {told}"
            what, inner = "walk", min(1.0, (self._window + inner) / max(1, self._size.windows))
        self._reach(what, inner)
        return self._share, told

    def _search(self, done: int, total: int, batch: bool) -> tuple[int, int]:
        """Return how many trials of the search at work are done, of how many."""
        if not self._walking and (self._stage >= _WALKED or (not batch and self._of_window(total))):
            self._walking, self._base, self._of = True, 0, self._size.wfo_trials
        elif self._base >= self._of:  # the one before is done: this is the next window's
            self._window += self._walking
            self._base = 0
        if batch:
            return min(self._base + done, self._of), self._of
        self._base = done
        return done, total

    def _of_window(self, total: int) -> bool:
        return total == self._size.wfo_trials != self._size.trials

    def _reach(self, what: str, inner: float) -> None:
        names = [name for name, _ in self._stages]
        if what not in names or names.index(what) < self._stage:
            return
        self._stage = names.index(what)
        before = sum(weight for _, weight in self._stages[: self._stage])
        share = (before + inner * self._stages[self._stage][1]) / self._whole
        self._share = max(self._share, share)

    def eta(self, whole: float, took_s: float) -> float | None:
        """Return the seconds left, from how fast it went since the first step; None at first."""
        if self._first is None:
            self._first = whole, took_s
        share, since = whole - self._first[0], took_s - self._first[1]
        return since * (1 - whole) / share if share > 0.02 else None
