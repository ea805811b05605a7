"""Hold the best K of those that may be held; and twins that hold any K, changed as often."""

from typing import NamedTuple

import numpy as np

from clearedge_tui.research.stats.series import Bools, Floats, Ints


class Choice(NamedTuple):
    """What is held from bars `at` on, of what might have been; decisions x markets."""

    at: Ints
    chosen: Bools
    allowed: Bools


def best(scores: Floats, allowed: Bools, top: int) -> Bools:
    """Return decisions x markets: the `top` highest scores of those allowed (fewer if fewer are).

    Equal scores: the market that comes first.
    """
    ranked = np.where(allowed & np.isfinite(scores), scores, -np.inf)
    order = np.argsort(-ranked, axis=1, kind="stable")[:, :top]
    chosen = np.zeros(scores.shape, np.bool_)
    np.put_along_axis(chosen, order, True, axis=1)
    chosen &= ranked > -np.inf
    return chosen


def weights(chosen: Bools, top: int) -> Floats:
    """Return 1 / top in each chosen market; what is not chosen stays cash."""
    return chosen.astype(np.float64) / top


def equal(allowed: Bools) -> Floats:
    """Return equal parts of all that may be held."""
    parts: Floats = allowed / np.maximum(allowed.sum(axis=-1, keepdims=True), 1)
    return parts


def random_like(random: np.random.Generator, chosen: Bools, allowed: Bools, twins: int) -> Bools:
    """Return decisions x twins x markets: as many held and as many replaced as in `chosen`.

    At each decision a twin keeps as many of its markets as the real one kept of its own, as far as
    they are still allowed, and draws the rest from those it did not hold.
    """
    markets = chosen.shape[1]
    held = np.zeros((twins, markets), np.bool_)
    before = np.zeros(markets, np.bool_)
    made = np.zeros((len(chosen), twins, markets), np.bool_)
    for row, now in enumerate(chosen):
        keep, wanted = int((now & before).sum()), int(now.sum())
        keys = random.random((twins, markets))
        stays = held & allowed[row]
        order = np.argsort(np.argsort(-np.where(stays, keys, -1.0), axis=1), axis=1)
        kept = stays & (order < keep)
        rank = keys + 2.0 * kept + 1.0 * (allowed[row] & ~held)
        rank = np.where(allowed[row], rank, -1.0)
        taken = np.argsort(-rank, axis=1)[:, :wanted]
        held = np.zeros((twins, markets), np.bool_)
        np.put_along_axis(held, taken, True, axis=1)
        made[row], before = held, now
    return made
