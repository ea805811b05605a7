"""Names of runs: they sort by time and say what they are."""

import itertools
import re
import secrets

from clearedge_tui.core.clock import now_ns, to_datetime
from clearedge_tui.core.errors import NotFound

_MOST = 1 << 16
_numbers = itertools.count(
    secrets.randbelow(_MOST)
)  # drawn anew, a thousand in a second would meet
_SHAPE = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,40}-[0-9a-f]{4}")


def new_run_id(strategy: str) -> str:
    """Return a fresh id of this process, such as `20261121-093012-ema_cross-3f2a` (UTC)."""
    name = re.sub(r"[^a-z0-9_]+", "_", strategy.lower())[:40] or "run"
    return f"{to_datetime(now_ns()):%Y%m%d-%H%M%S}-{name}-{next(_numbers) % _MOST:04x}"


def is_one(name: str) -> bool:
    """Say whether a name is that of a run."""
    return _SHAPE.fullmatch(name) is not None


def checked(run_id: str) -> str:
    """Return the id if it is one; anything else (a path, say) is NotFound."""
    if not _SHAPE.fullmatch(run_id):
        raise NotFound(f"`{run_id[:80]}` is not a run id; see them with: clearedge run list")
    return run_id
