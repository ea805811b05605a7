"""A whole console home with a real supervisor in a process of its own, for tests to push around."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from clearedge_tui.core.model import Fill, Order
from clearedge_tui.core.wire import Deframer, frame
from clearedge_tui.market.markets import save_market
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.settings import Home
from clearedge_tui.store.db import open_reader
from clearedge_tui.supervisor.client import call
from clearedge_tui.supervisor.protocol import (
    AccountRow,
    Attach,
    Detail,
    FromSupervisor,
    InstanceRow,
    Result,
    Snapshot,
    Watch,
)

SAMPLES = Path(__file__).parents[2] / "strategies"
_decode = msgspec.msgpack.Decoder(FromSupervisor).decode
LIMIT_S = 15.0
PATIENCE = 3.0  # a busy box: limits are for what never comes, not for how quick it is


class Box:
    """One home; `start` it, ask it, kill parts of it, and look at what is left."""

    def __init__(
        self, root: Path, speed: float = 600, grace_s: float = 30.0, extra: str = ""
    ) -> None:
        self.home = Home(root)
        self.process: subprocess.Popen[bytes] | None = None
        for folder in (self.home.config, self.home.strategies, self.home.state):
            folder.mkdir(parents=True, exist_ok=True)
        self.options()
        (self.home.config / "accounts.toml").write_text(
            f"[paper]\nfeed = 'simulated'\nspeed = {speed}\norphan_grace_s = {grace_s}\n{extra}"
        )
        save_market(self.home, simulated_market())
        for path in SAMPLES.glob("*.py"):
            shutil.copy(path, self.home.strategies)

    # ---- life ---------------------------------------------------------------------------------
    def start(self, *module: str) -> "Box":
        """Start a supervisor; `module` is run in place of the product, with words before its own."""
        log = (self.home.state / "supervisor.out").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *(module or ("clearedge_tui",)),
                "--home",
                str(self.home.root),
                "--run",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.until(
            lambda: self.home.control_socket.exists() and self.answers(), "a supervisor answers"
        )
        return self

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as knock:
                knock.connect(str(self.home.control_socket))
        except OSError:
            return False
        return True

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(LIMIT_S * PATIENCE)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(5)

    def close(self) -> None:
        """Leave nothing running, whatever the test did."""
        pids = [pid for pid, _ in self.processes()]
        if self.answers() and (self.process is None or self.process.poll() is not None):
            call(self.home, "supervisor.stop", {}, "tester")  # a console started it
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LIMIT_S * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def clear(self) -> None:
        """Take away every instance and strategy of a test; supervisor and account go on."""
        names = [row.id for row in self.snapshot().instances]
        for name in names:
            self.do("instance.mode", id=name, mode="off")
        for name in names:
            self.until(lambda name=name: self.row(name).pid == 0, f"{name} is gone")  # type: ignore[misc]
            gone = self.do("instance.rm", id=name)
            assert gone.status == "done", gone.message
        for path in self.home.strategies.glob("*.py"):
            if not (SAMPLES / path.name).exists():
                path.unlink()

    # ---- asking -------------------------------------------------------------------------------
    def do(self, verb: str, **args: object) -> Result:
        return call(self.home, verb, args, "tester")

    def add(
        self, name: str, strategy: str = "ema_cross", mode: str = "observe", **config: object
    ) -> Result:
        return self.do(
            "instance.add",
            id=name,
            strategy=strategy,
            account="paper",
            market="SIM/USDT",
            timeframe="1m",
            mode=mode,
            config=config,
        )

    def messages(self, watch: str = "") -> Iterator[FromSupervisor]:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(LIMIT_S * PATIENCE)
            line.connect(str(self.home.control_socket))
            line.sendall(frame(Attach(client="test", rate_hz=20)))
            if watch:
                line.sendall(frame(Watch(watch)))
            deframer = Deframer()
            while data := line.recv(1 << 20):
                for body in deframer.feed(data):
                    yield _decode(body)

    def snapshot(self) -> Snapshot:
        return next(m for m in self.messages() if isinstance(m, Snapshot))

    def row(self, name: str) -> InstanceRow:
        return next(r for r in self.snapshot().instances if r.id == name)

    def account(self) -> AccountRow:
        return self.snapshot().accounts[0]

    def detail(self, name: str, good: Callable[[Detail], bool]) -> Detail:
        """Return the first detail that is good; fails after the limit."""
        end = time.monotonic() + LIMIT_S * PATIENCE
        last = None
        for message in self.messages(name):
            if isinstance(message, Detail):
                last = message
                if good(message):
                    return message
            if time.monotonic() > end:
                break
        raise AssertionError(f"no good detail of {name} within {LIMIT_S} s; last: {last}")

    # ---- waiting and looking ------------------------------------------------------------------
    def until(self, good: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> float:
        """Wait for a condition; return the seconds it took."""
        start = time.monotonic()
        while not good():
            if time.monotonic() - start > limit_s * PATIENCE:
                raise AssertionError(f"not within {limit_s} s: {what}\n{self.story()}")
            time.sleep(0.02)
        return time.monotonic() - start

    def wait_row(
        self, name: str, good: Callable[[InstanceRow], object], what: str, limit_s: float = LIMIT_S
    ) -> InstanceRow:
        seen: list[InstanceRow] = []

        def look() -> bool:
            seen[:] = [self.row(name)]
            return bool(good(seen[0]))

        try:
            self.until(look, what, limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\nlast row: {seen[0] if seen else None}") from None
        return seen[0]

    def running(self, name: str) -> InstanceRow:
        return self.wait_row(
            name, lambda r: r.state == "running" and r.actual == r.desired, f"{name} runs"
        )

    def orders(self, name: str) -> list[Order]:
        with open_reader(self.home.database) as reader:
            return reader.orders(name, 10_000)

    def fills(self, name: str) -> list[Fill]:
        with open_reader(self.home.database) as reader:
            return reader.fills(name, 10_000)

    def story(self) -> str:
        """Return the journal and the supervisor's output, for a failing test to print."""
        try:
            with open_reader(self.home.database) as reader:
                lines = [f"{r.event} {r.subject} {r.text}" for r in reader.journal_tail(40)][::-1]
        except Exception as error:  # noqa: BLE001  # only words for a failing test
            lines = [f"(journal: {error})"]
        out = self.home.state / "supervisor.out"
        return "\n".join(lines) + "\n--\n" + (out.read_text() if out.exists() else "")

    def processes(self) -> list[tuple[int, str]]:
        """Return the engine processes of this home that are alive, with the pid's socket name."""
        found = []
        rows = list(self.home.sockets.glob("*.sock")) if self.home.sockets.exists() else []
        for path in rows:
            if path.name == "control.sock":
                continue
            try:
                with socket.socket(socket.AF_UNIX) as knock:
                    knock.connect(str(path))
                    import struct

                    raw = knock.getsockopt(
                        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
                    )
                    found.append((struct.unpack("3i", raw)[0], path.stem))
            except OSError:
                continue
        return found

    def options(self, **options: float) -> None:
        """Write the settings of the home: what starts from then on follows them."""
        lines = [f"{name} = {value}\n" for name, value in {"stop_grace_s": 0, **options}.items()]
        (self.home.config / "clearedge.toml").write_text("".join(lines))

    def write(self, name: str, source: str) -> Path:
        path = self.home.strategies / f"{name}.py"
        path.write_text(source)
        return path
