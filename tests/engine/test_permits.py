"""A live gateway's own proof of approvals: whatever changes, nothing that adds risk passes."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.approvals.code_files import code_of
from clearedge_tui.approvals.parts import market_part, parts
from clearedge_tui.core.approval import Approval, approve
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.messages import (
    Attach,
    BookEvent,
    BookSubmit,
    Submit,
)
from clearedge_tui.core.model import Book, Instance, Mode, OrderStatus
from clearedge_tui.core.risk_messages import (
    Permit,
    Permitted,
)
from clearedge_tui.engine import permits as permits_module
from clearedge_tui.engine.desk import Desk
from clearedge_tui.engine.permits import Permits
from clearedge_tui.engine.record import Record
from clearedge_tui.market.markets import Market, save_market
from clearedge_tui.settings import Home, load_accounts

D = Decimal
ACCOUNT = '[main]\nkind = "live"\nvenue = "bybit"\nleverage = {}\n'
MARKET = Market("BTC/USDT:USDT", "bybit", "BTC.BYBIT", "BTC", "USDT", "crypto", 1, 3, D("0.001"))
CONFIG: dict[str, object] = {"size": 0.1, "word": "hidden"}


class Stage:
    """One approved instance at a live account's desk, with the files that its approval is about."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        for folder in (self.home.config, self.home.strategies, self.home.catalog):
            folder.mkdir(parents=True)
        self.write("import _sizes\n")
        (self.home.strategies / "_sizes.py").write_text("usual = 1\n")
        self.account(10)
        save_market(self.home, MARKET)
        self.told: list[msgspec.Struct] = []
        self.sent: list[BookSubmit] = []
        self.desk = Desk(
            load_accounts(self.home)["main"],
            Book.LIVE,
            lambda _, ask: self.sent.append(ask) if isinstance(ask, BookSubmit) else None,
            lambda *_: None,
            self.told.append,
            Record(Path(":memory:"), durable=False),
        )
        self.desk.leased = True
        self.permits = Permits(self.home, self.desk, self.told.append)
        self.approval: Approval | None = None
        self.instance = Instance("one", "s", "main", MARKET.market_id, "1m", Mode.ACTIVE, CONFIG)
        self.attach(7)
        self.desk.mark(MARKET.market_id, now_ns(), D(100))
        self.approval = self.give()
        self.permit(self.approval)
        self.count = 0

    @property
    def held(self) -> Approval:
        assert self.approval is not None
        return self.approval

    def write(self, code: str) -> None:
        (self.home.strategies / "s.py").write_text(code)

    def account(self, leverage: int) -> None:
        (self.home.config / "accounts.toml").write_text(ACCOUNT.format(leverage))

    def code(self) -> dict[str, str]:
        return code_of(self.home.strategies, "s")

    def attach(self, pid: int) -> None:
        ask = Attach(self.instance, MARKET.info, pid, code=self.code()["s.py"])
        self.desk.attach(ask)
        self.permits.attached(ask)
        if self.approval is not None:
            self.permit(self.approval)

    def give(self) -> Approval:
        account = load_accounts(self.home)["main"]
        now = parts(
            self.instance,
            self.code(),
            ("word",),
            account,
            market_part(MARKET),
            self.desk.risk.limits,
        )
        return approve(msgspec.structs.replace(now, override="a test"), "Ann", "", now_ns())

    def permit(self, approval: Approval | None, **changed: object) -> None:
        self.permits.take(Permit("one", {**CONFIG, **changed}, ("word",), approval))

    def buy(self) -> str:
        """Send an order that adds risk; return why it was denied, or nothing."""
        self.count += 1
        key = f"in-{self.count}"
        self.desk.submit("one", Submit(key, "buy", D("0.1")))
        order = self.desk.seats["one"].orders[key]
        assert (order.status is OrderStatus.DENIED) == (order.reason != "")
        return order.reason


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


Change = Callable[[Stage, pytest.MonkeyPatch], object]


def _later(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(permits_module, "now_ns", lambda: stage.held.expires_ns)


def _replace(stage: Stage, **fields: object) -> None:
    stage.permit(msgspec.structs.replace(stage.held, **fields))


def _limit(stage: Stage) -> None:
    stage.desk.risk.take((Limit(Scope.INSTANCE, "one", "order_notional", "1000"),))


CHANGES: dict[str, tuple[Change, str]] = {
    "code": (lambda s, _: s.write("import _sizes\n#"), "code: s.py"),
    "module": (
        lambda s, _: (s.home.strategies / "_sizes.py").write_text("usual = 2\n"),
        "code: _sizes.py",
    ),
    "new module": (lambda s, _: (s.home.strategies / "_x.py").write_text(""), "code: _x.py"),
    "no code": (lambda s, _: (s.home.strategies / "s.py").unlink(), "s.py is not there"),
    "config": (lambda s, _: s.permit(s.approval, size=0.2), "config: size 0.1 -> 0.2"),
    "secret": (lambda s, _: s.permit(s.approval, word="x"), "config: word changed"),
    "account": (lambda s, _: s.account(20), "account: leverage 10 -> 20"),
    "broken account": (
        lambda s, _: (s.home.config / "accounts.toml").write_text("["),
        "accounts.toml",
    ),
    "limits": (lambda s, _: _limit(s), "limits: instance one order_notional"),
    "market": (
        lambda s, _: save_market(s.home, msgspec.structs.replace(MARKET, size_step=D("0.1"))),
        "market: size_step 0.001 -> 0.1",
    ),
    "held market": (
        lambda s, _: s.desk.change(msgspec.structs.replace(MARKET.info, price_step=D("0.5"))),
        "market: price_step 0.1 -> 0.5",
    ),
    "expiry": (_later, "expired at"),
    "revoked": (lambda s, _: _replace(s, revoked_ns=1, revoked_by="Bob"), "revoked by Bob"),
    "none": (lambda s, _: s.permit(None), "nobody has approved it"),
    "forged": (
        lambda s, _: _replace(s, parts=msgspec.structs.replace(s.held.parts, code=s.code() | {"s.py": "0"})),
        "changed after it was given",
    ),
    "another's": (lambda s, _: _replace(s, instance="two"), "it is of two"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_ends_it_and_exits_pass(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert stage.buy() == ""
    stage.desk.heard(Book.LIVE, BookEvent("one", "in-1", "filled", D("0.1"), D(100), trade="t"))
    stage.permits.look()
    assert stage.told[-1] == Permitted("one")
    change, why = CHANGES[name]
    change(stage, monkeypatch)
    denied = stage.buy()
    assert denied.startswith("approval: ")
    assert why in denied
    stage.permits.look()
    last = stage.told.pop()
    assert isinstance(last, Permitted)
    assert why in "; ".join(last.why)
    stage.permits.tell_again()  # another supervisor
    stage.permits.look()
    assert stage.told[-1] == last
    stage.desk.submit("one", Submit("out", "sell", D("0.1"), reduce_only=True))
    assert [ask.id for ask in stage.sent] == ["in-1", "out"]


def test_what_is_the_same_again_holds_again_unless_the_process_is_of_other_code(
    stage: Stage,
) -> None:
    stage.write("#")
    stage.attach(8)
    assert "code: s.py" in stage.buy()
    stage.write("import _sizes\n")
    assert "its process runs other code" in stage.buy()
    stage.attach(9)
    assert stage.buy() == ""


def test_nobody_trades_before_the_supervisor_has_spoken(stage: Stage) -> None:
    given, stage.approval = stage.approval, None
    stage.attach(8)
    assert "has not said yet" in stage.buy()
    stage.told.clear()
    stage.permits.look()
    assert stage.told == []  # it is given a moment before that is a loss
    stage.permit(given)
    assert stage.buy() == ""
