"""A venue in a process of its own, and a line to it; for every test that trades with one."""

import json
import queue
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

READY_S = 30.0


class SimProcess:
    """`python -m clearedge_tui.venue_sim …`; every call of its control is a method `call`."""

    def __init__(self, *words: str, venue: str = "bybit", port: int = 0) -> None:
        command = [sys.executable, "-m", "clearedge_tui.venue_sim", "--venue", venue]
        self._process = subprocess.Popen(
            [*command, "--port", str(port), *words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], READY_S)
        said = json.loads(self._process.stdout.readline()) if ready else {}
        self.http_url: str = said["http_url"]
        self.ws_url: str = said["ws_url"]
        self.urls: dict[str, str] = said["urls"]
        self.venue = venue
        self._control_url: str = said["control_url"]
        self.port = int(self.http_url.rpartition(":")[2])

    def call(self, name: str, **words: Any) -> Any:
        """Ask the venue's control; a refusal raises `ValueError` with its words."""
        body = json.dumps(words).encode()
        request = urllib.request.Request(f"{self._control_url}/_sim/{name}", body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from error

    def count(self, verb: str) -> int:
        return len(self.call("requests", verb=verb))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(how)
        code = self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def __enter__(self) -> "SimProcess":
        return self

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is None:
            self.stop()


class Trader:
    """A real node with the venue's unmodified adapter, in a process of its own, told what to do."""

    def __init__(self, sim: SimProcess, log: Path, **options: Any) -> None:
        words = json.dumps({"urls": sim.urls, "log": str(log), "venue": "bybit"} | options)
        self._log = log
        self._instrument = options["instruments"][0]
        self.events: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.venue_sim.trader", words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.with_suffix(".err").open("wb"), text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        self._answers: list[Any] = []
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def ask(self, do: str, **words: Any) -> Any:
        """Tell the node to do something and return what it says of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **words}) + "\n")
        self._process.stdin.flush()
        self.until(lambda: self._answers)
        return self._answers.pop(0)

    def order(self, name: str, kind: str, side: str, size: str, **words: Any) -> None:
        """Submit an order to the first instrument."""
        self.ask(
            "submit", id=name, kind=kind, side=side, size=size, instrument=self._instrument, **words
        )

    def batch(self, *orders: dict[str, Any]) -> None:
        """Submit orders together, as the adapter does it."""
        found = [{"instrument": self._instrument, **order} for order in orders]
        self.ask("submit_list", orders=found)

    def until(self, seen: Callable[[], object], limit_s: float = 20.0) -> None:
        """Read what the node says until a condition holds."""
        end = time.monotonic() + limit_s
        while not seen():
            try:
                said = json.loads(self._lines.get(timeout=0.05))
            except queue.Empty:
                if self._process.poll() is not None and self._lines.empty():
                    raise AssertionError(self._why("the node ended")) from None
                said = {}
            if "answer" in said:
                self._answers.append(said["answer"])
            elif said:
                self.events.append(said)
            if said.get("event") == "failed" or time.monotonic() > end:
                raise AssertionError(self._why(f"not seen in {limit_s} s"))

    def _why(self, what: str) -> str:
        """Return what went wrong, with the end of what the node said and logged."""
        logged = [
            line
            for path in self._log.parent.glob(f"{self._log.name}*")
            for line in path.read_text(errors="replace").splitlines()
            if "WARN" in line or "ERROR" in line
        ]
        return "\n".join([what, *(str(event) for event in self.events[-12:]), *logged[-12:]])

    def until_event(self, name: str, order: str | None = None, times: int = 1) -> dict[str, Any]:
        """Wait for an event of an order, or of any."""
        self.until(lambda: len(self.seen(name, order)) >= times)
        return self.seen(name, order)[times - 1]

    def seen(self, name: str, order: str | None = None) -> list[dict[str, Any]]:
        return [e for e in self.events if e["event"] == name and order in (None, e.get("order"))]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> "Trader":
        self.until_event("running")
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
