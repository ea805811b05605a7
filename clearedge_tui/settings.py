"""Where everything of one user lives: one settings object, read once, handed down."""

import hashlib
import os
import tempfile
import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import AccountKind

MARKER = Path("config") / "clearedge.toml"


class Home(msgspec.Struct, frozen=True):
    """The folders of one console home. Nothing else in the code builds these paths."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def strategies(self) -> Path:
        return self.root / "strategies"

    @property
    def catalog(self) -> Path:
        return self.root / "catalog"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def database(self) -> Path:
        return self.state / "clearedge.db"

    @property
    def runs(self) -> Path:
        return self.state / "runs"

    @property
    def specs(self) -> Path:
        return self.root / "specs"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def sockets(self) -> Path:
        """A unix socket path holds 107 bytes: a deep home gets a short folder of its own."""
        near = self.state / "sockets"
        if len(os.fsencode(near)) <= 60:
            return near
        key = hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"clearedge-{os.getuid()}-{key}"

    def account_file(self, account: str) -> Path:
        return self.state / "accounts" / f"{account}.db"

    @property
    def control_socket(self) -> Path:
        return self.sockets / "control.sock"

    @property
    def lock(self) -> Path:
        return self.state / "supervisor.lock"


class Account(msgspec.Struct, frozen=True):
    """One entry of `config/accounts.toml`."""

    name: str
    kind: AccountKind = AccountKind.PAPER
    feed: str = "replay"  # replay | simulated | recording | venue
    speed: float = 60.0  # times real time; 0 is as fast as possible
    start: str = ""  # first moment of a replay, ISO date; empty is the first bar
    balance: Decimal = Decimal(100_000)
    currency: str = "USDT"
    maker_fee: Decimal = Decimal("0.0002")
    taker_fee: Decimal = Decimal("0.0005")
    leverage: Decimal = Decimal(2)  # gross notional at most this times equity
    orders_per_second: int = 50  # by instance; exits always pass
    orphan_grace_s: float = 30.0  # how long engines wait for a new supervisor
    orphan_policy: str = "cancel"  # leave | cancel | flatten
    stale_s: float = 60.0  # nothing is entered on a price older than this; 0 is never
    reorder_ms: float = 200.0  # ticks late by less are put in order; 0 drops them. A venue's: 0
    gap_s: float = 120.0  # silence longer than this is a gap; 0 is never. Not in replays
    gap_bars: int = 1  # whole bars of an instance after a gap before anything is entered
    record_mb: int = 200  # how much of what it receives is kept, the newest; 0 is nothing
    recording: str = ""  # what a `recording` feed plays, e.g. paper/20260102T030405.000000
    venue: str = ""  # whose live data it hears, and where the orders of a live account go
    options: dict[str, object] = {}  # of that venue: see core/venues.py
    unanswered_s: float = 5.0  # an order without an answer for longer is UNKNOWN
    start_s: float = 20.0  # its engine comes up within that, or ends and is tried again
    audit_s: float = 10.0  # between two looks of the auditor at the venue itself
    balance_tolerance: Decimal = Decimal("0.01")  # of derivatives; a millionth of it at least

    @property
    def stored(self) -> bool:
        """Whether its data are stored ones: these are played exactly as they are."""
        return self.feed in ("replay", "recording")

    @property
    def live(self) -> bool:
        return self.kind is AccountKind.LIVE


_IN_PLACE = ("speed",)  # a running gateway takes it by a command of its own


def changes(before: Account, after: Account) -> str:
    """Return which settings differ, in words; what is taken in place does not count."""
    was, now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    flat = [{**one.pop("options"), **one} for one in (was, now)]
    names = [n for n in {**flat[0], **flat[1]} if n not in _IN_PLACE]
    found = [n for n in names if flat[0].get(n) != flat[1].get(n)]
    return ", ".join(f"{n} {flat[0].get(n, 'unset')} -> {flat[1].get(n, 'unset')}" for n in found)


def find_home(explicit: str | None = None) -> Home:
    """Return the home: `--home`, then CLEAREDGE_HOME, then the nearest marked folder above here."""
    chosen = explicit or os.environ.get("CLEAREDGE_HOME")
    if chosen:
        root = Path(chosen).expanduser().resolve()
        if not (root / MARKER).is_file():
            raise UsageError(
                f"no home at {root}: {MARKER} is missing. Make one with: clearedge init {chosen}"
            )
        return Home(root)
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return Home(folder)
    raise UsageError(
        f"no home in {here} or above ({MARKER} is what marks one). Make one with: clearedge init"
    )


class S3Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[s3]`: an S3-compatible server. Its keys are secrets (`s3_access_key`, `s3_secret_key`)."""

    endpoint: str = ""  # e.g. http://127.0.0.1:9000; empty is Amazon's
    region: str = ""


class SyncOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[sync]`: bring series of sources up to now by themselves."""

    every: str = ""  # 15m, 1h, 1d …; empty is never


class NameOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`config/clearedge.toml`, which also marks the home."""

    stop_grace_s: float = 10.0  # a stop waits so long for a choice while an instance acts
    callback_limit_s: float = 5.0  # a call of a strategy that takes longer is broken off
    catalog: str = ""  # s3://bucket/prefix; empty is the folder `catalog` of the home
    s3: S3Options = S3Options()
    sync: SyncOptions = SyncOptions()
    home: NameOptions = NameOptions()


def load_options(home: Home) -> Options:
    """Read `config/clearedge.toml`; an unknown key or a bad value is an error that names it."""
    path = home.root / MARKER
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        found = msgspec.convert(raw, Options)
    except FileNotFoundError:
        return Options()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"{path}: {error}; wanted catalog, stop_grace_s, callback_limit_s, [s3] with endpoint and region, [sync] with every, [home] with name"
        ) from None
    if not 0 <= found.stop_grace_s <= 600:
        raise UsageError(f"{path}: stop_grace_s {found.stop_grace_s:g}; wanted 0 to 600")
    if not 0.5 <= found.callback_limit_s <= 5:  # a process silent for longer counts as stalled
        raise UsageError(f"{path}: callback_limit_s {found.callback_limit_s:g}; wanted 0.5 to 5")
    return found


def load_accounts(home: Home) -> dict[str, Account]:
    """Read `config/accounts.toml`; an unknown key or a bad value is an error that names it."""
    path = home.config / "accounts.toml"
    try:
        return parse_accounts(path, path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"{path} is missing: no account to trade on. Write one or run: clearedge init"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: {error}") from None


# a venue tells a market's prices over one connection, so in order: waiting for late ones costs 200 ms
_VENUES_OWN = {"feed": "venue", "reorder_ms": 0.0}


def parse_accounts(path: Path, text: str) -> dict[str, Account]:
    """Return the accounts that a text declares; `path` is for the words of an error."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None
    accounts = {}
    for name, fields in raw.items():
        if not isinstance(fields, dict):
            raise UsageError(
                f"{path}: `{name}` stands outside a table; write [name] and its keys below it"
            )
        known = set(Account.__struct_fields__) - {"name"}
        for key in fields:
            if key not in known:
                raise UsageError(
                    f"{path}: [{name}] has an unknown key `{key}`; known: {', '.join(sorted(known))}"
                )
        given = _VENUES_OWN if "venue" in fields or fields.get("kind") == "live" else {}
        try:
            account = msgspec.convert({**given, **fields, "name": name}, Account, strict=False)
        except (msgspec.ValidationError, InvalidOperation) as error:
            raise UsageError(f"{path}: [{name}] {error}") from None
        accounts[name] = _checked(path, account)
    return accounts


def _checked(path: Path, account: Account) -> Account:
    wrong = None
    if account.feed not in ("replay", "simulated", "recording", "venue"):
        wrong = f"feed `{account.feed}`; wanted replay, simulated, recording or venue"
    elif said := _wrong_venue(account):
        wrong = said
    elif (account.feed == "recording") != bool(account.recording):
        wrong = 'a recording is played by feed = "recording" and recording = "NAME" together'
    elif said := _wrong_ticks(account):
        wrong = said
    elif not 0 <= account.speed <= 1000:
        wrong = f"speed {account.speed}; wanted 0 (as fast as possible) or 1 to 1000"
    elif account.balance <= 0:
        wrong = f"balance {account.balance}; wanted more than 0"
    elif account.orphan_policy not in ("leave", "cancel", "flatten"):
        wrong = f"orphan_policy `{account.orphan_policy}`; wanted leave, cancel or flatten"
    if wrong:
        raise UsageError(f"{path}: [{account.name}] {wrong}")
    return account


def _wrong_venue(account: Account) -> str:
    """Return what is wrong with an account's venue, or nothing."""
    if account.live and account.feed != "venue":
        return f"a live account hears its venue's data, not feed `{account.feed}`"
    if (account.feed == "venue") != bool(account.venue):
        return 'live data of a venue are named by feed = "venue" and venue = "NAME" together'
    if account.options and not account.venue:
        return "options are a venue's, and no venue is named"
    if not 1 <= account.start_s <= 300:
        return f"start_s {account.start_s:g}; wanted 1 to 300"
    if not 1 <= account.unanswered_s <= 60:
        return f"unanswered_s {account.unanswered_s:g}; wanted 1 to 60"
    if account.venue:
        from clearedge_tui.contract.schema import Schema
        from clearedge_tui.core.venues import venue

        there = venue(account.venue)
        try:
            Schema.parse(there.options).validate(account.options)
        except UsageError as error:
            return str(error)
        missing = [name for name in there.needed if not account.options.get(name)]
        if account.live and missing:
            return f"{there.title} needs {', '.join(missing)} under [{account.name}.options]"
    return ""


def _wrong_ticks(account: Account) -> str:
    """Return what is wrong with the limits on an account's ticks, or nothing."""
    if not 0 <= account.reorder_ms <= 10_000:
        return f"reorder_ms {account.reorder_ms:g}; wanted 0 to 10000"
    for name, never in (("stale_s", " (never)"), ("gap_s", " (never)"), ("gap_bars", ""),
                        ("record_mb", "")):  # fmt: skip
        if (value := getattr(account, name)) < 0:
            return f"{name} {value}; wanted 0{never} or more"
    return ""
