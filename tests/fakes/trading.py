"""What a supervisor says of trading: kills and receipts, for the console's tests."""

from typing import Any

from clearedge_tui.core.kill import Kill, asked
from clearedge_tui.core.kill_summary import KillRow, summary
from clearedge_tui.core.receipt import Receipt, ReceiptLine

MS = 1_000_000


def receipt(name: str, at_ns: int, open_: int = 2, account: str = "bybit") -> Receipt:
    """Return the receipt of a kill with some of five lines unconfirmed."""
    lines = tuple(
        ReceiptLine(
            "order" if i < 4 else "position", f"rsi-gbp-11-{i}" if i < 4 else "rsi-gbp-11",
            "BTCUSDT-LINEAR.BYBIT", f"buy 0.{i + 1} @ {38_400 - i}" if i < 4 else "0.25",
            at_ns + 3 * MS, 0 if i < open_ else at_ns + (40 + i) * MS,
            "" if i != 3 else "filled first",
        )
        for i in range(5)
    )  # fmt: skip
    return Receipt(name, account, name.rpartition(".")[2], "", "desk", at_ns, at_ns + MS, 0, lines)


class Kills:
    """What is killed in a fake world, and what its accounts said of it."""

    def __init__(self) -> None:
        self.held: dict[str, Kill] = {}
        self.receipts: list[Receipt] = []

    def rows(self) -> tuple[KillRow, ...]:
        return summary(self.held.values(), self.receipts, ("bybit", "paper"))

    def on(self, args: dict[str, object], at_ns: int) -> str:
        kill = asked(str(args["scope"]), str(args["key"]), str(args["action"]))
        full = Kill(kill.scope, kill.key, kill.action, str(args["reason"]), "desk", at_ns)
        self.held[kill.name] = full
        self.receipts += [
            receipt(kill.name, at_ns),
            Receipt(kill.name, "paper", str(kill.action), "", "desk", at_ns),
        ]
        return f"{full.text}: {full.action}"

    def status(self) -> dict[str, Any]:
        from tests.fakes.runs import plain

        kills = [{**plain(kill), "name": kill.name} for kill in self.held.values()]
        return {"kills": kills, "receipts": [plain(one) for one in self.receipts]}
