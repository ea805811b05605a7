"""For those who are not the supervisor: ask the one that runs, or act alone under its lock."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from uuid import uuid4

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import Refused, RetryLater
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.lock import SupervisorLock
from clearedge_tui.supervisor.protocol import Attach, Command, FromSupervisor, Result, Snapshot

_decode = msgspec.msgpack.Decoder(FromSupervisor).decode
_ANSWER_S = 60.0


def call(home: Home, verb: str, args: Mapping[str, object], who: str = "") -> Result:
    """Do one verb and return its result; a refusal is a Result, not an exception.

    Raises RetryLater when a supervisor holds the lock and does not answer.
    """
    command = Command(uuid4().hex, verb, dict(args), who or default_who())
    result = asyncio.run(_through_supervisor(home, command))
    return result if result is not None else _alone(home, command)


def default_who() -> str:
    """Return who acts, for the journal: the login name."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid {os.getuid()}"


async def _through_supervisor(home: Home, command: Command) -> Result | None:
    try:
        reader, writer = await asyncio.open_unix_connection(str(home.control_socket), limit=1 << 24)
    except OSError:
        return None
    try:
        writer.write(frame(Attach(client="command", rate_hz=0)) + frame(command))
        async with asyncio.timeout(_ANSWER_S):
            async for body in frames(reader):
                message = _decode(body)
                if (
                    isinstance(message, Result)
                    and message.id == command.id
                    and message.status != "pending"
                ):
                    return message
    except TimeoutError:
        raise RetryLater(
            f"the supervisor did not answer `{command.verb}` within {_ANSWER_S:.0f} s"
        ) from None
    finally:
        writer.close()
    raise RetryLater(f"the supervisor went away during `{command.verb}`; try again")


def _alone(home: Home, command: Command) -> Result:
    """Take the lock for a moment and change the declarations directly."""
    from clearedge_tui.store.db import open_store
    from clearedge_tui.supervisor.commands import Commands

    with SupervisorLock(home.lock, "command"):
        store = open_store(home.database)
        try:
            return asyncio.run(Commands(home, store, None).run(command))
        finally:
            store.close()


def look(home: Home) -> Snapshot:
    """Return what the running supervisor knows now. Raises RetryLater when none answers."""

    async def ask() -> Snapshot | None:
        try:
            reader, writer = await asyncio.open_unix_connection(
                str(home.control_socket), limit=1 << 24
            )
        except OSError:
            return None
        try:
            writer.write(frame(Attach(client="look", rate_hz=1)))
            async with asyncio.timeout(10):
                async for body in frames(reader):
                    message = _decode(body)
                    if isinstance(message, Snapshot):
                        return message
        except TimeoutError:
            return None
        finally:
            writer.close()
        return None

    found = asyncio.run(ask())
    if found is None:
        raise RetryLater(f"no supervisor answers for {home.root}; start one with: clearedge --run")
    return found


def is_running(home: Home) -> bool:
    """Whether a supervisor answers on the control socket."""

    async def knock() -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(str(home.control_socket))
        except OSError:
            return False
        writer.close()
        return True

    return asyncio.run(knock())


def spawn(home: Home) -> int:
    """Start a headless supervisor that outlives us: its own session, its output in its log."""
    home.logs.mkdir(parents=True, exist_ok=True)
    with (home.logs / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "clearedge_tui", "--home", str(home.root), "--run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.root,
            start_new_session=True,
        )
    return process.pid


def ensure(home: Home, limit_s: float = 20.0) -> None:
    """Return when a supervisor runs; start one when none does. Raises RetryLater with its last words."""
    if is_running(home):
        return
    child = spawn(home)
    end = monotonic() + limit_s
    while not is_running(home):
        try:
            gone, _ = os.waitpid(child, os.WNOHANG)
        except ChildProcessError:
            gone = child
        if gone and not is_running(home):
            raise Refused(f"the supervisor did not start: {_last_line(home)}")
        if monotonic() > end:
            raise RetryLater(
                f"the supervisor did not start within {limit_s:.0f} s: {_last_line(home)}"
            )
        pause()


def pause() -> None:
    """Wait a moment between two looks."""
    threading.Event().wait(0.02)


def _last_line(home: Home) -> str:
    try:
        lines = (home.logs / "supervisor.log").read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {home.logs / 'supervisor.log'}"
