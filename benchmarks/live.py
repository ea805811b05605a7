"""The live box: a real supervisor, gateway and instances on the simulated market."""

import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.table import Row, percentile
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.supervisor.memory import private_mb
from clearedge_tui.supervisor.protocol import Attach, Command, FromSupervisor, Result
from tests.live.box import Box

_decode = msgspec.msgpack.Decoder(FromSupervisor).decode


class Line:
    """One attached command line that stays open, as a console does."""

    def __init__(self, box: Box) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(box.home.control_socket))
        self._socket.sendall(frame(Attach(client="bench", rate_hz=0)))
        self._deframer = Deframer()
        self._count = 0

    def ask(self, verb: str, **args: object) -> float:
        """Return the seconds from sending a command to its last result."""
        self._count += 1
        key = f"bench-{os.getpid()}-{self._count}"
        began = time.perf_counter()
        self._socket.sendall(frame(Command(key, verb, args, "bench")))
        while True:
            for body in self._deframer.feed(self._socket.recv(1 << 20)):
                message = _decode(body)
                if (
                    isinstance(message, Result)
                    and message.id == key
                    and message.status != "pending"
                ):
                    if message.status != "done":
                        raise RuntimeError(message.message)
                    return time.perf_counter() - began

    def close(self) -> None:
        self._socket.close()


def live(small: bool) -> list[Row]:
    """Mode key to acknowledgement, kill -9 to running, memory of an instance."""
    count, rounds, kills = (3, 10, 1) if small else (20, 300, 5)
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder), speed=60).start()
        try:
            names = [f"ema-{n:03d}" for n in range(count)]
            for name in names:
                box.add(name, mode="observe", fast=3, slow=20)
            box.until(
                lambda: all(r.state == "running" for r in box.snapshot().instances), "all run", 60
            )
            time.sleep(1.0 if small else 5.0)
            return [
                *_memory(box, count),
                *_modes(box, names[0], rounds),
                *_kills(box, names, kills),
            ]
        finally:
            box.close()


def _memory(box: Box, count: int) -> list[Row]:
    each = [private_mb(pid) for pid, name in box.processes() if name.startswith("in-")]
    note = (
        f"mean of {count}; gateway {_of(box, 'gw-paper'):.0f}, shadow {_of(box, 'sh-paper'):.0f} MB"
    )
    return [Row("private memory of an instance", sum(each) / len(each), "MB", 15, note)]


def _of(box: Box, name: str) -> float:
    return next(private_mb(pid) for pid, found in box.processes() if found == name)


def _modes(box: Box, name: str, rounds: int) -> list[Row]:
    line = Line(box)
    try:
        times = [
            line.ask("instance.mode", id=name, mode=("active", "observe")[n % 2]) * 1000
            for n in range(rounds)
        ]
    finally:
        line.close()
    note = f"{rounds} turns, median {percentile(times, 0.5):.1f} ms, written to disk first"
    return [
        Row(
            "mode key to the gateway's acknowledgement, p99",
            percentile(times, 0.99),
            "ms",
            50,
            note,
        )
    ]


def _kills(box: Box, names: list[str], kills: int) -> list[Row]:
    times = []
    for name in names[-kills:]:
        pid = box.row(name).pid
        began = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        while True:
            row = box.row(name)
            if row.pid not in (0, pid) and row.state == "running":
                break
            if time.perf_counter() - began > 20:
                raise RuntimeError(f"{name} did not come back: {row}")
        times.append(time.perf_counter() - began)
    return [
        Row(
            "kill -9 of an engine to running with its state",
            max(times),
            "s",
            1,
            f"worst of {kills}",
        )
    ]
