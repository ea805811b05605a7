"""A gateway process and the venue it trades at, for tests: real ones, on loopback."""

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.market.markets import Market
from tests.venue_sim.process import SimProcess

ROOT = Path(__file__).parents[2]
BTC = "BTCUSDT-LINEAR.BYBIT"
LIMIT_S = 30.0
CHATTER = {"answer", "Ledgers", "FeedStatus", "RiskRows", "RiskSums"}


SPOT = "BTCUSDT-SPOT.BYBIT"
BINANCE = "BTCUSDT-PERP.BINANCE"


def market(market_id: str = BTC) -> Market:
    """Return a market as the simulated venues have it."""
    symbol = "BTC/USDT" if market_id == SPOT else "BTC/USDT:USDT"
    venue = "binance" if market_id == BINANCE else "bybit"
    digits, step = (6, Decimal("0.000001")) if market_id == SPOT else (3, Decimal("0.001"))
    return Market(
        symbol, venue, market_id, "BTC", "USDT", "crypto", 1, digits, step,
        price_step=Decimal("0.1"), size_step=step,
    )  # fmt: skip


def account(sim: SimProcess, product: str = "linear", **fields: Any) -> dict[str, Any]:
    """Return a live account at a venue of ours, as `accounts.toml` would hold it."""
    own = "base_url_ws_public_"
    options = {name: url for name, url in sim.urls.items() if not name.startswith(own)}
    if sim.venue == "bybit":
        options |= {"product": product, "base_url_ws_public": sim.urls[f"{own}{product}"]}
    return {"name": "main", "kind": "live", "feed": "venue", "venue": sim.venue,
            "options": options | {"max_retries": 1}, "leverage": "10", "orphan_grace_s": 600, **fields}  # fmt: skip


class Talker:
    """A process of ours that says what it does in lines of JSON."""

    def __init__(self, module: str, words: dict[str, Any], heard: bool = True) -> None:
        """`heard`: the test reads what it says; a pipe that nobody reads stops who writes to it."""
        root = Path(words["root"])
        root.mkdir(parents=True, exist_ok=True)
        self.said: list[dict[str, Any]] = []
        self.err = root / f"{module.rpartition('.')[2]}.err"
        with self.err.open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, json.dumps(words)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE if heard else subprocess.DEVNULL,
                stderr=err, cwd=ROOT,
            )  # fmt: skip
        self._rest = b""

    def tell(self, **words: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((json.dumps(words) + "\n").encode())
        self.process.stdin.flush()

    def read(self, limit_s: float = 0.05) -> None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], limit_s)
        if not ready:
            return
        raw = self._rest + self.process.stdout.read1(1 << 20)  # type: ignore[attr-defined]
        *lines, self._rest = raw.split(b"\n")
        self.said += [json.loads(line) for line in lines if line]

    def until(self, good: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:
        end = time.monotonic() + limit_s
        while True:
            over = self.process.poll() is not None  # before the look: what it said last counts
            if found := good():
                return found
            if time.monotonic() > end or (over and not self.pending()):
                told = [s for s in self.said if s["kind"] not in CHATTER]
                tail = "\n".join(json.dumps(s)[:600] for s in told[-15:])
                raise AssertionError(f"not seen: {what}\n{tail}\n{self.last_words()}")
            self.read()

    def last_words(self) -> str:
        """Return what it wrote, and where its tasks stand if it lives."""
        code = self.process.poll()
        if code is None:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(0.5)  # it writes them down
        return f"{self.err.name} (ended with {code}):\n{self.err.read_text()[-3000:]}"

    def pending(self) -> bool:
        before = len(self.said)
        self.read(0)
        return len(self.said) > before

    def of(self, kind: str) -> list[Any]:
        return [s["body"] for s in self.said if s["kind"] == kind]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()


class GatewayProcess(Talker):
    """A gateway, and its auditor beside it."""

    def __init__(
        self,
        root: Path,
        account: dict[str, Any],
        markets: tuple[Market, ...] = (market(),),
        **more: Any,
    ) -> None:
        audit = more.pop("audit", True)
        words = {"root": str(root), "account": account,
                 "markets": [msgspec.to_builtins(m) for m in markets], **more}  # fmt: skip
        super().__init__("tests.trading.gateway_process", words)
        module = "tests.trading.auditor_process"
        self.auditor = Talker(module, words, heard=False) if audit else None
        if self.auditor is not None:
            self.auditor.tell(pid=self.process.pid)

    def last_words(self) -> str:
        beside = self.auditor.last_words() if self.auditor is not None else ""
        return f"{super().last_words()}\n{beside}"

    def ready(self) -> "GatewayProcess":
        self.until(lambda: self.of("ready"), "the gateway is ready")
        return self

    def ask(self, do: str, **words: Any) -> Any:
        before = len(self.of("answer"))
        self.tell(do=do, **words)
        return self.until(lambda: self.of("answer")[before:], f"an answer to {do}")[0]

    def attach(self, name: str, mode: str = "active", market: str = BTC, **fields: Any) -> None:
        self.ask("attach", name=name, market=market, mode=mode, **fields)
        self.until(lambda: self.of(f"{name}:Joined"), f"{name} joined")
        self.until(lambda: self.ask("state")[name]["price"] != "None", "a price")
        if self.auditor is not None:
            self.until(lambda: self.compared(market), "it is compared with the venue")

    def compared(self, market: str = BTC) -> bool:
        return any(market in one["markets"] for one in self.of("Compared"))

    def differences(self) -> list[dict[str, Any]]:
        looks = self.of("Compared")
        found: list[dict[str, Any]] = looks[-1]["differences"] if looks else []
        return found

    def order(self, name: str, key: str, side: str, size: str, **fields: Any) -> None:
        self.ask("submit", name=name, key=key, side=side, size=size, **fields)

    def statuses(self, key: str) -> list[str]:
        return [o["order"]["status"] for o in self.of("OrderUpdate") if o["order"]["id"] == key]

    def until_status(self, key: str, *wanted: str) -> dict[str, Any]:
        def seen() -> Any:
            found = [o["order"] for o in self.of("OrderUpdate") if o["order"]["id"] == key]
            return found[-1] if found and found[-1]["status"] in wanted else None

        found: dict[str, Any] = self.until(seen, f"{key} is {' or '.join(wanted)}")
        return found

    def position(self, name: str) -> Decimal:
        return Decimal(self.ask("state")[name]["position"]["size"])

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def stop(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.until(lambda: self.of("ended"), "the gateway ended")
        code = self.process.wait(10)
        self.close()
        return code

    def close(self) -> None:
        super().close()
        if self.auditor is not None:
            self.auditor.close()

    def __enter__(self) -> "GatewayProcess":
        return self.ready()

    def __exit__(self, *error: object) -> None:
        self.close()
