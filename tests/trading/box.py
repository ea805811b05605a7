"""A whole home with a live account at a venue on loopback: supervisor, gateway, auditor, instances."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from clearedge_tui.market.markets import save_market
from clearedge_tui.secrets import put
from clearedge_tui.store.db import open_reader
from clearedge_tui.supervisor.protocol import InstanceRow, Result
from tests.live.box import Box
from tests.trading.live import BTC, account, market
from tests.venue_sim.process import SimProcess

HAND = Path(__file__).parent / "strategies" / "hand.py"


def toml(fields: dict[str, Any]) -> str:
    """Write an account's table; its options go below it."""
    name = fields["name"]
    lines = [f"[{name}]"]
    options = fields["options"]
    for key, value in fields.items():
        if key not in ("name", "options"):
            lines.append(f"{key} = {value!r}" if not isinstance(value, bool) else f"{key} = true")
    lines += [f"[{name}.options]", *(f"{key} = {value!r}" for key, value in options.items())]
    return "\n".join(lines) + "\n"


class LiveBox(Box):
    def __init__(self, root: Path, sim: SimProcess, **fields: Any) -> None:
        self.sim = sim
        super().__init__(root, extra=toml(account(sim, **fields)))
        save_market(self.home, market())
        shutil.copy(HAND, self.home.strategies)
        put(self.home, "main_api_key", "sim-key")
        put(self.home, "main_api_secret", "sim-secret")
        self._count = 0

    def hand(self, name: str, mode: str = "observe", account: str = "main") -> Result:
        return self.do(
            "instance.add", id=name, strategy="hand", account=account, market=BTC,
            timeframe="quote", mode=mode, config={"path": str(self._wishes(name))},
        )  # fmt: skip

    def _wishes(self, name: str) -> Path:
        return self.home.root / f"{name}.wish"

    def tell(self, name: str, wish: str) -> None:
        """Have an instance act; the same wish twice is two wishes."""
        self._count += 1
        draft = self._wishes(name).with_suffix(".draft")
        draft.write_text(f"{wish} # {self._count}")
        draft.replace(self._wishes(name))

    def live_position(self, name: str) -> Decimal:
        """Return what the ledger of the live book says, whatever book is shown."""
        with open_reader(self.home.database) as reader:
            rows = [r for r in reader.ledgers() if r.instance == name and r.book == "live"]
        return rows[0].position.size if rows else Decimal(0)

    def compared(self) -> bool:
        found: Any = self.do("recon.list").data
        return bool(found and BTC in (found[0].get("markets") or []))

    def differences(self) -> list[dict[str, Any]]:
        found: Any = self.do("recon.list").data
        return list(found[0].get("differences") or []) if found else []

    def done(self, verb: str, **args: Any) -> Result:
        """Ask for something that has to be granted."""
        said = self.do(verb, **args)
        assert said.status == "done", said
        return said

    def live(self, name: str) -> InstanceRow:
        """Approve an instance and let it act."""
        self.done("approve.give", id=name, confirm=name, name="Ann", override="a test")
        self.done("instance.mode", id=name, mode="active")
        self.until(self.compared, "the ledger was compared with the venue")
        return self.wait_row(name, lambda r: r.actual == "active", f"{name} is active")
