"""What a supervisor says of trading: kills and receipts, for the console's tests."""

from decimal import Decimal
from typing import Any

from clearedge_tui.core.kill import Kill, asked
from clearedge_tui.core.kill_summary import KillRow, summary
from clearedge_tui.core.model import AccountKind, EngineState
from clearedge_tui.core.receipt import Receipt, ReceiptLine
from clearedge_tui.supervisor.protocol import AccountRow, VenueSeen

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


def risk_rows() -> list[dict[str, object]]:
    """Return limits of every state, as `risk.list` answers them."""
    rows: list[dict[str, object]] = [
        _risk("portfolio", "USDT", "gross_exposure", "60000", "ok", "41200", "60000", "0.687"),
        _risk("account", "bybit", "daily_loss", "1.5%", "breach", "0.0163", "0.015", "1.087",
              action="flatten", held="flatten since 2022-01-31 23:14:02 UTC"),
        _risk("account", "bybit", "position_notional", "25000", "warn", "22100", "25000", "0.884"),
        _risk("account", "paper", "drawdown", "10%", "ok", "0.021", "0.1", "0.21", action="kill"),
        _risk("instance", "rsi-gbp-11", "orders_per_minute", "60", "ok", "18", "60", "0.3"),
        _risk("instance", "rsi-gbp-11", "data_age_s", "120", "unknown", None, "120", None),
    ]  # fmt: skip
    return rows


def _risk(
    scope: str, key: str, name: str, value: str, state: str, now: str | None, most: str,
    used: str | None, action: str = "alert", held: str = "",
) -> dict[str, object]:  # fmt: skip
    left = None if now is None else str(max(Decimal(0), Decimal(most) - Decimal(now)))
    told = "is not known" if now is None else f"is {now}"
    return {
        "account": "bybit", "scope": scope, "key": key, "name": name, "value": value,
        "state": state, "text": f"{name} of {scope} {key} {told}; at most {most} is allowed",
        "now": now, "allowed": most, "headroom": left, "used": used, "warn": "0.8",
        "action": action, "resume": "person", "held": held, "age_s": 0.4,
    }  # fmt: skip


def limit_rows() -> list[dict[str, object]]:
    shared = {"warn": "0.8", "cooldown_s": 0, "resume": "person", "at_ns": 0, "who": "desk"}
    return [
        {"scope": "account", "key": "all", "name": "daily_loss", "value": "1.5%", "action": "flatten", **shared},
        {"scope": "account", "key": "sim", "name": "leverage", "value": "2", "action": "alert", **shared},
    ]  # fmt: skip


PARTS: dict[str, object] = {
    "instance": {"id": "rsi-gbp-11", "strategy": "rsi_pullback", "timeframe": "1m"},
    "code": {"rsi_pullback.py": "3f2a9c0d11e47b", "lib/levels.py": "77ac01b2c3d4e5"},
    "config": {"fast": 12, "slow": 48, "size": "0.1"},
    "account": {"kind": "live", "venue": "bybit", "currency": "USDT", "leverage": "2"},
    "market": {"id": "GBPUSD.LOCAL", "price_step": "0.0001", "size_step": "1", "multiplier": "1"},
    "limits": {"account/bybit/daily_loss": {"value": "1.5%", "action": "flatten"}},
    "evidence": [],
    "override": "the sample is too short; half size for a week",
}


def approvals(now_ns: int) -> list[dict[str, object]]:
    day = 86_400_000_000_000
    return [
        {"instance": "rsi-gbp-11", "who": "Ann Lee", "reason": "review 14", "at_ns": now_ns - 8 * day,
         "expires_ns": now_ns + 22 * day, "standing": "valid", "holds": False,
         "why_not": ["config: size 0.1 -> 0.2"], "parts": PARTS},
        {"instance": "ema-btc-1", "who": "Bob", "reason": "", "at_ns": now_ns - 29 * day,
         "expires_ns": now_ns + day, "standing": "valid", "holds": True, "why_not": [],
         "parts": {"evidence": [{"name": "sharpe", "value": "1.42", "run": "bt-0007"}], "override": ""}},
    ]  # fmt: skip


def live_account(now_ns: int) -> AccountRow:
    """Return an account at a venue whose key may withdraw and whose ledger differs."""
    seen = VenueSeen(
        {"public": "connected", "private": "connected", "trade": "reconnecting"}, True,
        EngineState.RUNNING, "", now_ns - 4 * 10**9, 12.0, 38.0, 31.0, 96.0,
        ("trade", "withdraw"), {"USDT": Decimal("25310.44"), "BTC": Decimal("0.25")},
        now_ns - 4 * 10**9, "", 2,
    )  # fmt: skip
    return AccountRow(
        "bybit", AccountKind.LIVE, "venue", EngineState.RUNNING, "USDT", Decimal("25190.02"),
        Decimal("25310.44"), speed=1.0, data_ns=now_ns, heard_ns=now_ns - 10**9, venue="bybit",
        seen=seen,
    )  # fmt: skip


def readiness(now_ns: int) -> list[dict[str, object]]:
    checks = [
        {"name": "credentials", "state": "ok", "text": "all are there", "at_ns": now_ns},
        {"name": "venue", "state": "bad", "text": "probe_timeout: no answer in 10 s", "at_ns": now_ns - 60 * 10**9},
        {"name": "clock", "state": "ok", "text": "the venue's is +12 ms from ours", "at_ns": now_ns - 4 * 10**9},
        {"name": "latency", "state": "ok", "text": "p50 31 ms, p95 96 ms of 40", "at_ns": now_ns - 4 * 10**9},
        {"name": "rights", "state": "bad", "text": "the key may WITHDRAW: make one without that right", "at_ns": now_ns - 4 * 10**9},
        {"name": "ledger", "state": "bad", "text": "2 differences", "at_ns": now_ns - 4 * 10**9},
    ]  # fmt: skip
    return [
        {"account": "bybit", "kind": "live", "venue": "bybit", "state": "configured", "missing": [], "checks": checks},
        {"account": "paper", "kind": "paper", "venue": "", "state": "disabled", "missing": [], "checks": []},
    ]  # fmt: skip


def recon(now_ns: int) -> list[dict[str, object]]:
    differ = [
        {"market": "BTCUSDT-LINEAR.BYBIT", "kind": "position", "subject": "BTCUSDT-LINEAR.BYBIT",
         "ours": "0.2", "theirs": "0.25", "since_ns": now_ns - 90 * 10**9},
        {"market": "BTCUSDT-LINEAR.BYBIT", "kind": "order", "subject": "9f31c2", "ours": "unknown",
         "theirs": "buy 0.1 @ 38000", "since_ns": now_ns - 90 * 10**9},
    ]  # fmt: skip
    return [{"account": "bybit", "venue": "bybit", "at_ns": now_ns, "differences": differ}]


def decided(now_ns: int) -> list[dict[str, object]]:
    market = "BTCUSDT-LINEAR.BYBIT"
    resolved = {
        "subject": market,
        "how": "adopt",
        "instance": "rsi-gbp-11",
        "who": "desk",
        "at_ns": now_ns - 86_000 * 10**9,
    }
    return [
        {"account": "bybit", "at_ns": now_ns - 86_400 * 10**9, "market": market, "kind": "position",
         "ours": "0.2", "theirs": "0.25", "state": "resolved", "resolved": resolved, "seq": 4},
    ]  # fmt: skip


ACCOUNT: dict[str, object] = {
    "name": "bybit", "kind": "live", "venue": "bybit", "currency": "USDT", "leverage": "2",
    "stale_s": 60.0, "unanswered_s": 5.0, "audit_s": 10.0, "orders_per_second": 50,
    "orphan_policy": "cancel", "options": {"product": "linear", "environment": "testnet"},
}  # fmt: skip


def book_orders(now_ns: int) -> dict[str, object]:
    rows = [
        _order("9f31c2", "", "live", "open", now_ns, external=True),
        _order("rsi-gbp-11-7", "rsi-gbp-11", "live", "unknown", now_ns, reason="the venue has not answered within 5 s"),
        _order("rsi-gbp-11-6", "rsi-gbp-11", "live", "open", now_ns),
        _order("ema-btc-1-41", "ema-btc-1", "paper", "filled", now_ns),
        _order("grid-eth-2-9", "grid-eth-2", "shadow", "denied", now_ns, reason="buying_power: gross notional would be 250000.00; at most 200000.00"),
    ]  # fmt: skip
    return {"rows": rows, "total": 312, "at_ns": now_ns}


def _order(
    name: str, instance: str, book: str, status: str, now_ns: int, reason: str = "", external: bool = False
) -> dict[str, object]:  # fmt: skip
    return {
        "id": name, "instance": instance, "book": book, "market": "BTCUSDT-LINEAR.BYBIT", "side": "buy",
        "kind": "limit", "size": "0.1", "price": "38400", "trigger": None,
        "filled": "0.1" if status == "filled" else "0", "avg_price": "38400" if status == "filled" else None,
        "status": status, "reason": reason, "tag": "entry", "at_ns": now_ns - 8 * 10**9,
        "updated_ns": now_ns - 7 * 10**9, "account": "bybit" if book == "live" else "paper",
        "live": book == "live", "currency": "USDT", "external": external,
    }  # fmt: skip


def book_fills(now_ns: int) -> dict[str, object]:
    row = {
        "id": "f1", "order": "ema-btc-1-41", "instance": "ema-btc-1", "book": "paper", "market": "BTCUSDT.LOCAL",
        "side": "sell", "size": "0.1", "price": "38412.5", "fee": "1.92", "at_ns": now_ns - 70 * 10**9,
        "realised": "12.40", "account": "paper", "live": False, "currency": "USDT",
    }  # fmt: skip
    return {"rows": [row], "total": 1, "at_ns": now_ns}


def book_positions(now_ns: int) -> dict[str, object]:
    def held(
        instance: str, book: str, size: str, gain: str | None, external: bool = False
    ) -> dict[str, object]:
        return {
            "instance": instance, "book": book, "market": "BTCUSDT-LINEAR.BYBIT",
            "account": "bybit" if book == "live" else "paper", "live": book == "live", "currency": "USDT",
            "size": size, "avg_price": "38100", "price": None if gain is None else "38400", "unrealised": gain,
            "realised": "41.2", "fees": "3.1", "open_orders": 1, "at_ns": now_ns - 10**9, "external": external,
        }  # fmt: skip

    rows = [
        held("", "live", "0.05", None, external=True), held("rsi-gbp-11", "live", "0.2", "60"),
        held("ema-btc-1", "paper", "-0.1", "-30"), held("grid-eth-2", "shadow", "0.3", None),
    ]  # fmt: skip
    return {"rows": rows, "total": 4, "at_ns": now_ns}


def order_preview(args: dict[str, object]) -> dict[str, object]:
    limit = {
        "scope": "account",
        "key": "bybit",
        "name": "position_notional",
        "value": "25000",
        "now": "22100",
        "then": "25940",
        "allowed": "25000",
        "left": "2900",
        "left_then": "0",
        "state": "breach",
        "text": "",
    }
    return {
        "instance": args.get("instance"), "live": args.get("instance") == "rsi-gbp-11", "market": "BTCUSDT-LINEAR.BYBIT",
        "kind": "market", "price": "38400", "worth": "3840", "position": "0.2", "after": "0.3",
        "refused": "position_notional: it would be 25,940; at most 25,000 is allowed", "killed": "",
        "gross": "22100", "gross_then": "25940", "equity": "25310.44", "limits": [limit],
    }  # fmt: skip
