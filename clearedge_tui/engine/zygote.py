"""The mother of all engines: imports everything once, does nothing, forks on request.

It speaks over one inherited socket with the supervisor that made it and ends with it. It stays
single-threaded and never opens a catalog, starts a runtime or makes an id: children of a parent
that did so hang, or repeat each other's order ids.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pydantic

from clearedge_tui.contract import indicators
from clearedge_tui.contract import model as contract_model
from clearedge_tui.core.messages import Fork, Forked
from clearedge_tui.core.wire import frame
from clearedge_tui.engine import gateway, instance, native, shadow
from clearedge_tui.engine.audit import auditor
from clearedge_tui.engine.forking import Mother, become, speak_to

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
    "auditor": auditor.main,
    "instance": instance.main,
    "native": native.main,
}


def _engine(ask: Fork) -> int:
    Path(ask.log).parent.mkdir(parents=True, exist_ok=True)
    speak_to(os.open(ask.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    TARGETS[ask.target](ask.spec)
    return 0


class Zygote(Mother):
    def asked(self, request: Fork) -> None:
        if request.target not in TARGETS:
            self.tell(Forked(request.name, 0, f"unknown target {request.target}"))
            return
        pid = os.fork()
        if pid == 0:
            become(lambda: _engine(request), self.own, (signal.SIGINT, signal.SIGHUP))
        self.tell(Forked(request.name, pid))


def main() -> None:
    """Run as `python -m clearedge_tui.engine.zygote FD`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    gc.collect()
    gc.freeze()
    control.sendall(frame(Forked("zygote", os.getpid())))
    Zygote(control, Fork).run()


if __name__ == "__main__":
    main()
