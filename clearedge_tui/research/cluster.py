"""Trials on a Dask cluster that exists: the same workers as on one box, started where Dask says.

Each Dask worker process starts one mother a setup, which reads the bars there and forks, as `pool`
does here. Trials are named by what they are, so a task that runs twice (its worker was killed) is the
same trial, and what comes back is what one box would have said. A scheduler that is gone, or has no worker
left, ends the study with words and within a limit; what was told by then is kept by who asked.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui import __version__
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import ClearEdgeError, Refused, RetryLater
from clearedge_tui.research import kit
from clearedge_tui.research.pool import Local
from clearedge_tui.research.trial import Ask, Setup, Trial
from clearedge_tui.settings import Home

_ENOUGH_S = 20.0
_SHARE = 4  # tasks a worker, so that the last ones end together
_MOST = 4  # asks a task: what a killed worker costs
_PATIENCE_S = 0.5
_LOOK_S = 5.0  # between looks at a cluster that says nothing
_ALONE_S = 120.0  # without a worker: machines that are taken away are often replaced
_CLOSE_S = 5.0

_KEPT = (
    "what was done is kept: start it and ask again, or go on here with the same words and "
    "--executor local"
)

_pools: dict[str, Local] = {}  # of a worker's process, by setup
_guard = threading.Lock()
_asks = msgspec.msgpack.Decoder(tuple[Setup, kit.Kit, tuple[Ask, ...]]).decode
_trials = msgspec.msgpack.Decoder(tuple[Trial, ...]).decode


def work(asked: bytes) -> bytes:
    """Do some asks in a worker's process; called there by Dask."""
    setup, files, asks = _asks(asked)
    name = setup.code_sha256 + setup.data_sha256 + str(setup.spec) + files.sha256
    with _guard:
        pool = _pools.get(name)
        if pool is None:
            for old in _pools.values():
                old.close()  # one setup at a time: each holds its bars
            _pools.clear()
            moved = msgspec.structs.replace(setup, root=str(kit.unpack(files)))
            pool = _pools[name] = Local(moved, at_once=1)
    found = dict(pool.run(asks))
    return msgspec.msgpack.encode(tuple(found[n] for n in range(len(asks))))


def same_product() -> str:
    """Return what has to be the same everywhere for results to be."""
    import platform
    from importlib.metadata import version

    return (
        f"ClearEdge {__version__}, Python {platform.python_version()}, {version('nautilus_trader')}"
    )


class Dask:
    """A pool whose asks are done by the workers of a cluster."""

    def __init__(self, setup: Setup, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise Refused(
                "executor `dask` needs the extra: pip install clearedge[cluster]"
            ) from None
        # its own lines about a lost scheduler come beside ours, and say less
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._address = address
        try:
            self._client = Client(address, timeout=_ENOUGH_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise RetryLater(f"no Dask scheduler answers at {address}: {error}") from None
        self._setup = setup
        self._kit = kit.pack(Home(Path(setup.root)))
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        """Refuse a cluster without workers, or with one that runs another product."""
        try:
            found: dict[str, str] = self._client.run(same_product)
        except OSError:
            raise self._gone() from None
        if not found:
            raise RetryLater("the Dask cluster has no workers; start some: dask worker ADDRESS")
        ours = same_product()
        others = {where: what for where, what in found.items() if what != ours}
        if others:
            where, what = next(iter(others.items()))
            raise Refused(f"worker {where} runs {what}; wanted {ours}: install the same there")

    def run(
        self, asks: Sequence[Ask], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, Trial]]:
        size = max(1, min(_MOST, len(asks) // (max(1, self._workers()) * _SHARE)))
        places = [range(at, min(at + size, len(asks))) for at in range(0, len(asks), size)]
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        open_: dict[str, range] = {}
        futures = []
        try:
            for part in places:
                future = self._submit(asks, part)
                open_[future.key] = part
                futures.append(future)
            for future in futures:
                future.add_done_callback(ended.put)
            heard = looked = monotonic()
            while open_ and not stop():
                try:
                    done = ended.get(timeout=_PATIENCE_S)
                except queue.Empty:
                    if monotonic() - looked > _LOOK_S:
                        looked = monotonic()
                        heard = looked if self._workers() else heard
                        self._bear(looked - heard)
                    continue
                yield from zip(open_.pop(done.key), self._trials(done), strict=True)
                done.release()  # taken at once: nothing to be made anew when its worker dies
                heard = monotonic()
        finally:
            if self._client.status == "running":
                self._client.cancel(futures)

    def _workers(self) -> int:
        """Return how many workers there are. RetryLater when the scheduler does not answer."""
        scheduler: Any = self._client.scheduler
        if scheduler is None:  # the client has given up
            raise self._gone()
        try:
            told = self._client.sync(scheduler.identity, n_workers=-1, callback_timeout=_ENOUGH_S)
        except (OSError, TimeoutError):
            raise self._gone() from None
        return len(told["workers"])

    def _bear(self, alone_s: float) -> None:
        if alone_s > _ALONE_S:
            raise RetryLater(
                f"the Dask cluster at {self._address} has had no worker for {alone_s:.0f} s; {_KEPT}"
            )

    def _gone(self) -> RetryLater:
        return RetryLater(f"the Dask scheduler at {self._address} is gone; {_KEPT}")

    def _submit(self, asks: Sequence[Ask], part: range) -> Any:
        asked = msgspec.msgpack.encode((self._setup, self._kit, tuple(asks[n] for n in part)))
        return self._client.submit(work, asked, pure=False)

    def _trials(self, future: Any) -> tuple[Trial, ...]:
        try:
            error = future.exception(timeout=_ENOUGH_S)
            if error is None:
                return _trials(future.result(timeout=_ENOUGH_S))
        except (CancelledError, OSError, TimeoutError):
            raise self._gone() from None
        if isinstance(error, ClearEdgeError):
            raise error
        if isinstance(error, CancelledError):  # what a client does to its tasks when it is alone
            raise self._gone()
        raise RetryLater(f"the cluster gave a task up: {type(error).__name__}: {error}; {_KEPT}")

    def close(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            self._client.close(timeout=_CLOSE_S)
