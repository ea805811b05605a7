"""Starting, adopting and burying engine processes: the same few moves for every kind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core import restarts
from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.messages import Stop
from clearedge_tui.core.model import EngineState
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.engine_link import EngineLink
from clearedge_tui.supervisor.runtime import EngineProcess
from clearedge_tui.supervisor.zygote_client import ZygoteClient

_CODE_NAMES = {
    5: "the strategy could not be loaded",
    70: "an unexpected error; see its log",
    71: "a callback that did not return",
    -6: "abort (the engine panicked)",
    -9: "killed (kill -9 or out of memory)",
    -11: "segmentation fault",
    -15: "terminated",
}


def reason(code: int | None) -> str:
    """Return an exit code in words."""
    if code is None:
        return "ended, exit code unknown"
    named = _CODE_NAMES.get(code)
    if named is None and code < 0:
        with contextlib.suppress(ValueError):
            named = signal.Signals(-code).name
    return f"ended with {code}" + (f": {named}" if named else "")


class Engines:
    """Knows which pid belongs to which engine; tells `ended` when one is gone, however it went."""

    def __init__(
        self, home: Home, epoch: int, ended: Callable[[EngineProcess, int | None], None]
    ) -> None:
        self._home = home
        self._epoch = epoch
        self._ended = ended
        self._by_pid: dict[int, EngineProcess] = {}
        self._watched: dict[int, int] = {}  # pid -> pidfd
        self.zygote = ZygoteClient(home.logs, self._exit_code)

    async def start(
        self,
        engine: EngineProcess,
        target: str,
        spec: msgspec.Struct,
        heard: Callable[[msgspec.Struct], None],
    ) -> None:
        """Fork the engine and take its lease. Raises RetryLater when it does not open."""
        engine.error = ""
        engine.expected_end = False
        engine.adopted = False
        engine.state = EngineState.STARTING
        engine.socket.unlink(missing_ok=True)
        log = self._home.logs / f"{engine.name}.log"
        engine.started_s = monotonic()
        engine.pid = await self.zygote.fork(engine.name, target, msgspec.msgpack.encode(spec), log)
        self._watch(engine)
        await self.link(engine, heard)

    async def link(
        self, engine: EngineProcess, heard: Callable[[msgspec.Struct], None], limit_s: float = 15.0
    ) -> bool:
        """Connect to an engine that runs; says whether it gave the lease."""
        link = EngineLink(engine.socket, self._epoch, heard, lambda lost: self._lost(engine, lost))
        engine.link = link
        leased = await link.open(limit_s)
        if leased is None:
            engine.link = None
            if engine.alive:
                raise RetryLater(f"{engine.name} did not open its socket within {limit_s:.0f} s")
            return False
        if engine.pid == 0:
            engine.pid = leased.pid
            engine.adopted = True
            engine.started_s = monotonic()
            self._watch(engine)
        return True

    def _lost(self, engine: EngineProcess, link: EngineLink) -> None:
        if engine.link is link:
            engine.link = None

    def _watch(self, engine: EngineProcess) -> None:
        self._by_pid[engine.pid] = engine
        try:
            fd = os.pidfd_open(engine.pid)
        except ProcessLookupError:
            asyncio.get_running_loop().call_soon(self._gone, engine.pid, None)
            return
        self._watched[engine.pid] = fd
        asyncio.get_running_loop().add_reader(fd, self._pidfd_ready, engine.pid)

    def _pidfd_ready(self, pid: int) -> None:
        """The process is gone; its exit code comes from the zygote, which we give a moment."""
        self._unwatch(pid)
        engine = self._by_pid.get(pid)
        wait = 0.0 if engine is None or engine.adopted else 0.2
        asyncio.get_running_loop().call_later(wait, self._gone, pid, None)

    def _exit_code(self, pid: int, code: int) -> None:
        self._unwatch(pid)
        self._gone(pid, code)

    def _unwatch(self, pid: int) -> None:
        fd = self._watched.pop(pid, None)
        if fd is not None:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)

    def _gone(self, pid: int, code: int | None) -> None:
        engine = self._by_pid.pop(pid, None)
        if engine is None or engine.pid != pid:
            return
        engine.pid = 0
        engine.link = None  # not closed: its reader still delivers what was said last
        self._ended(engine, code)

    def crashed(self, engine: EngineProcess, code: int | None, words: str = "") -> None:
        """Apply the restart rule to an engine that ended unasked."""
        engine.crashes.append(monotonic())
        del engine.crashes[:-20]
        verdict = restarts.judge(engine.crashes, engine.started_s)
        engine.state = verdict.state
        engine.retry_s = verdict.at_s
        engine.error = words or reason(code)
        if verdict.state is EngineState.FAILED:
            engine.error += f"; {verdict.crashes} times in 5 min, clear it to start again"

    def ask_stop(self, engine: EngineProcess, why: str) -> None:
        """Ask an engine to leave in good order; kill it when it has no line."""
        engine.expected_end = True
        engine.state = EngineState.STOPPING
        if engine.link is None or not engine.link.send(Stop(why)):
            self.kill(engine)

    def kill(self, engine: EngineProcess, expected: bool = True) -> None:
        """End the engine's whole process group now."""
        engine.expected_end = engine.expected_end or expected
        if engine.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(engine.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(engine.pid, signal.SIGKILL)

    async def wait_gone(self, engines: list[EngineProcess], limit_s: float) -> None:
        """Wait for these processes to end (not for their successors); kill those that do not."""
        waiting = {engine.name: (engine, engine.pid) for engine in engines if engine.alive}
        end = monotonic() + limit_s
        while any(engine.pid == pid for engine, pid in waiting.values()):
            if monotonic() > end:
                for engine, pid in waiting.values():
                    if engine.pid == pid:
                        self.kill(engine)
                end = monotonic() + 2.0
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        for pid in list(self._watched):
            self._unwatch(pid)
        await self.zygote.stop()


def last_words(folder: Path) -> str:
    """Return and forget what a dying instance left behind, if anything."""
    path = folder / "last_words"
    try:
        text = path.read_text("utf-8")
        path.unlink()
    except OSError:
        return ""
    return text
