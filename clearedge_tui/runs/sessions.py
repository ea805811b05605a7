"""A session on disk while it runs: what it is, its journal, and a point of its books each minute.

It is a draft as any run is, with the same journal. Its owner is the supervisor, its worker the
engine; what it traded is in the database, under its id.
"""

import contextlib
import hashlib
from decimal import Decimal
from pathlib import Path

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import AccountKind, Book, ExitPolicy, Mode, ObserveOrders
from clearedge_tui.core.session import Phase, may
from clearedge_tui.runs import drafts, events, journal, manifest
from clearedge_tui.runs.journal import About
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import draft_folder
from clearedge_tui.settings import Home

KIND = "session"
SESSION, POINTS = "session.json", "equity.log"


class SessionSpec(msgspec.Struct, frozen=True):
    """What runs, on what, as it was when the session began."""

    instance: str
    strategy: str
    account: str
    account_kind: AccountKind
    market: str  # instrument id
    market_name: str  # as a person writes it
    timeframe: str
    mode: Mode
    currency: str
    balance: Decimal  # that the account was declared with
    config: dict[str, object] = {}
    config_version: int = 1
    observe_orders: ObserveOrders = ObserveOrders.SHADOW
    exit_policy: ExitPolicy = ExitPolicy.CANCEL
    stop_at: str = ""
    simulated: bool = False
    venue: str = ""
    feed: str = ""
    maker_fee: Decimal = Decimal(0)
    taker_fee: Decimal = Decimal(0)
    code_sha256: str = ""

    @property
    def book(self) -> Book:
        """Where its orders go when it acts."""
        return Book.LIVE if self.account_kind is AccountKind.LIVE else Book.PAPER

    @property
    def stamps(self) -> tuple[str, ...]:
        """Whose it is and whether it is about real money: short, a list has little room."""
        return f"{self.instance} on {self.account}", f"{self.account_kind} session"


class Begun(msgspec.Struct, frozen=True):
    """What is written down first; with it anybody can end the session of a dead supervisor."""

    about: About
    spec: SessionSpec
    created_ns: int


class Point(msgspec.Struct, frozen=True, array_like=True):
    """One book of the session at a moment: `total` is its PnL since ever, after fees."""

    at_ns: int  # wall time
    data_ns: int
    book: Book
    position: Decimal
    price: Decimal | None
    total: Decimal
    fees: Decimal
    fills: int


def begin(home: Home, begun: Begun, owner: int, engine: int, code: bytes | None) -> Path:
    """Make the folder of a session that begins; `code` is the strategy as it is being run."""
    folder = draft_folder(home, begun.about.run_id)
    folder.mkdir(parents=True)
    drafts.own(folder, owner, engine)
    (folder / SESSION).write_bytes(msgspec.json.encode(begun) + b"\n")
    plain = msgspec.json.format(msgspec.json.encode({"kind": KIND, **_plain(begun.spec)}), indent=1)
    (folder / drafts.SPEC).write_bytes(plain + b"\n")  # JSON is YAML
    if code is not None and hashlib.sha256(code).hexdigest() == begun.spec.code_sha256:
        (folder / manifest.CODE).write_bytes(code)
    spec = begun.spec
    journal.append(
        folder, begun.about, events.RUN_INITIALIZED, Status.QUEUED,
        instance=spec.instance, account=spec.account, market=spec.market, session_mode=spec.mode,
        code_sha256=spec.code_sha256, config_version=spec.config_version,
    )  # fmt: skip
    return folder


def _plain(spec: SessionSpec) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(spec)
    return plain


def load(folder: Path) -> Begun | None:
    """Return what a folder's session was begun as; None when it is none, or cannot be read."""
    try:
        return msgspec.json.decode((folder / SESSION).read_bytes(), type=Begun)
    except (OSError, msgspec.DecodeError):
        return None


def under_way(home: Home) -> list[tuple[Path, Begun]]:
    """Return the sessions that have not ended, newest first."""
    folders = sorted(home.runs.glob(f".[0-9]*/{SESSION}"), reverse=True)
    found = [(path.parent, load(path.parent)) for path in folders]
    return [(folder, begun) for folder, begun in found if begun is not None]


def phase_of(told: tuple[journal.Entry, ...]) -> Phase:
    """Return the phase that a journal ends with."""
    for entry in reversed(told):
        if entry.event == events.SESSION_PHASE:
            with contextlib.suppress(ValueError):
                return Phase(str(entry.payload.get("phase")))
    return Phase.INITIALIZING


def enter(folder: Path, about: About, now: Phase | None, phase: Phase, **said: object) -> bool:
    """Write down that a session is in another phase; one that may not follow is not taken."""
    if not may(now, phase):
        return False
    return journal.append(
        folder, about, events.SESSION_PHASE, Status.RUNNING, phase=phase.value, **said
    )


def point(row: LedgerRow) -> Point:
    """Return a book as it is now."""
    return Point(
        now_ns(), row.at_ns, row.book, row.position.size, row.price, row.total,
        row.position.fees, row.fills,
    )  # fmt: skip


def add_points(folder: Path, points: list[Point]) -> None:
    """Add them to the file; the operating system keeps them when we are killed."""
    if points:
        with (folder / POINTS).open("ab") as file:
            file.write(b"".join(msgspec.json.encode(one) + b"\n" for one in points))


def read_points(folder: Path) -> list[Point]:
    """Return the points so far, oldest first; half a line is of a writer that was killed."""
    try:
        lines = (folder / POINTS).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(line, type=Point))
    return found
