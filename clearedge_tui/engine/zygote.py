"""The mother of all engines: imports everything once, does nothing, forks on request.

It speaks over one inherited socket with the supervisor that made it and ends with it. It stays
single-threaded and never opens a catalog, starts a runtime or makes an id: children of a parent
that did so hang, or repeat each other's order ids.
"""

import gc
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pydantic

from clearedge_tui.contract import indicators
from clearedge_tui.contract import model as contract_model
from clearedge_tui.core.messages import Exited, Fork, Forked
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.engine import gateway, instance, native, shadow

_PRELOADED = (
    np,
    pa,
    pydantic.BaseModel,
    indicators,
    contract_model,
)  # shared, not paid for by each child
TARGETS: dict[str, Callable[[bytes], None]] = {
    "gateway": gateway.main,
    "shadow": shadow.main,
    "instance": instance.main,
    "native": native.main,
}


def _child(ask: Fork, keep_out: list[int]) -> None:
    """Become the engine; never returns."""
    code = 70
    try:
        os.setsid()
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for fd in keep_out:
            os.close(fd)
        Path(ask.log).parent.mkdir(parents=True, exist_ok=True)
        out = os.open(ask.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        TARGETS[ask.target](ask.spec)
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
        sys.stderr.write(f"{exit_}\n")
    except BaseException:  # noqa: BLE001  # process main: the one border, recorded in the log
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._deframer = Deframer()
        self._decode = msgspec.msgpack.Decoder(Fork).decode
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_w, False)
        os.set_blocking(self._wake_r, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until the supervisor's end of the socket is gone."""
        control_fd = self._control.fileno()
        while True:
            ready, _, _ = select.select([control_fd, self._wake_r], [], [])
            if self._wake_r in ready:
                os.read(self._wake_r, 4096)
                self._reap()
            if control_fd in ready:
                data = self._control.recv(1 << 20)
                if not data:
                    return
                for body in self._deframer.feed(data):
                    self._fork(self._decode(body))

    def _fork(self, ask: Fork) -> None:
        if ask.target not in TARGETS:
            self._tell(Forked(ask.name, 0, f"unknown target {ask.target}"))
            return
        pid = os.fork()
        if pid == 0:
            _child(ask, [self._control.fileno(), self._wake_r, self._wake_w])
        self._tell(Forked(ask.name, pid))

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._tell(Exited(pid, os.waitstatus_to_exitcode(status)))

    def _tell(self, message: msgspec.Struct) -> None:
        try:
            self._control.sendall(frame(message))
        except (BrokenPipeError, ConnectionResetError):
            sys.exit(0)


def main() -> None:
    """Run as `python -m clearedge_tui.engine.zygote FD`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    gc.collect()
    gc.freeze()
    control.sendall(frame(Forked("zygote", os.getpid())))
    Zygote(control).run()


if __name__ == "__main__":
    main()
