"""`account.readiness`, `account.probe`, `account.set` …: can an account trade, and what is it set to."""

import asyncio
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from clearedge_tui import accounts_file, kills, secrets
from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError, Refused, RetryLater, UsageError
from clearedge_tui.core.model import Mode
from clearedge_tui.core.probe import (
    Check,
    Probe,
    Readiness,
    latency_check,
    probe_check,
    rights_check,
    skew_check,
)
from clearedge_tui.core.venues import VENUES, venue
from clearedge_tui.settings import Account, load_accounts
from clearedge_tui.supervisor.arguments import Args, need, not_found, plain, table, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb
    from clearedge_tui.supervisor.runtime import AccountRun

Answer = tuple[str, object]
_PROBE_S = 40.0


async def readiness(commands: "Commands", args: Args, who: str) -> Answer:
    """Return every account's state, and each check with its age. Nothing is sent anywhere."""
    del who
    name = text(args, "account")
    accounts = load_accounts(commands.home)
    if name and name not in accounts:
        raise not_found("account", name, accounts)
    rows = [_ready(commands, one) for one in accounts.values() if not name or one.name == name]
    return "", rows


def _ready(commands: "Commands", account: Account) -> dict[str, object]:
    missing, state, error = _credentials(commands, account)
    place = _place(commands, account.name)
    checks = [Check("credentials", "bad" if missing or error else "ok",
                    error or (f"missing: {', '.join(missing)}" if missing else "all are there"),
                    now_ns())] if account.live else []  # fmt: skip
    if account.venue:
        checks += _venue_checks(account, place)
    for kill in kills.KillFiles(commands.home).look():
        if kill.whole(account.name, account.venue):
            checks.append(Check("kill", "bad", kill.text, kill.at_ns))
    return {
        "account": account.name,
        "kind": str(account.kind),
        "venue": account.venue,
        "state": str(state),
        "missing": missing,
        "checks": [plain(one) for one in checks],
    }


def _credentials(commands: "Commands", account: Account) -> tuple[list[str], Readiness, str]:
    """Return which keys are missing, by name only, and what that makes of the account."""
    if not account.venue:
        return [], Readiness.DISABLED, ""
    if not account.live:
        return [], Readiness.CONFIGURED, ""
    try:
        known = set(secrets.names(commands.home))
    except ClearEdgeError as error:
        return [], Readiness.INVALID_CONFIG, str(error)
    wanted = [f"{account.name}_{key}" for key in venue(account.venue).keys]
    missing = sorted(set(wanted) - known)
    return missing, Readiness.MISSING_CREDENTIALS if missing else Readiness.CONFIGURED, ""


def _venue_checks(account: Account, place: "AccountRun | None") -> list[Check]:
    """Return what the auditor and the last probe know of the venue."""
    probe = place.probe if place else None
    state = place.venue if place else None
    checks = [probe_check(probe)]
    seen_ns = state.answered_ns if state and not state.error else 0
    at_ns = max(seen_ns, probe.at_ns if probe else 0)
    skew = state.skew_ms if state and seen_ns else probe.skew_ms if probe else None
    checks.append(skew_check(skew, at_ns))
    latencies = list(place.latencies) if place else []
    checks.append(latency_check(latencies or list(probe.latencies_ms if probe else ()), at_ns))
    if not account.live:
        return checks
    rights = state.rights if state and seen_ns else probe.rights if probe else None
    checks.append(rights_check(rights, at_ns))
    if find_spec("ccxt") is None:
        text = "ccxt is not installed: pip install 'clearedge-tui[live]'"
        checks.append(Check("second client", "bad", text, now_ns()))
    compared = place.compared if place else None
    if not venue(account.venue).audited:
        checks.append(Check("ledger", "unknown", "there is no second client for this venue"))
    elif compared is None:
        checks.append(Check("ledger", "unknown", "not compared with the venue yet"))
    else:
        differ = len(compared.differences)
        said = compared.error or (f"{differ} differences" if differ else "equal to the venue's")
        state_ = "unknown" if compared.error else "bad" if differ else "ok"
        checks.append(Check("ledger", state_, said, compared.at_ns))
    return checks


def _place(commands: "Commands", name: str) -> "AccountRun | None":
    return commands.supervisor.places.places.get(name) if commands.supervisor else None


async def probe(commands: "Commands", args: Args, who: str) -> Answer:
    """Ask an account's venue for its time, and what its key may do. Nothing is traded."""
    name = need(args, "account")
    accounts = load_accounts(commands.home)
    if name not in accounts:
        raise not_found("account", name, accounts)
    account = accounts[name]
    if not account.venue:
        raise UsageError(f"account {name} has no venue to probe")
    found = await _ask(account, _known_keys(commands, account))
    place = commands.supervisor.places.place(name) if commands.supervisor else None
    if place is not None:
        place.probe = found
    commands.event("account.probe", name, f"{found.state} {found.error}".strip(), who)
    said = f"{name}: {found.state}" + (f": {found.error}" if found.error else "")
    return said, plain(found)


def _known_keys(commands: "Commands", account: Account) -> dict[str, str]:
    """Return the account's keys if all are there; a probe without them asks for the time only."""
    values = {}
    for key in venue(account.venue).keys:
        found = secrets.secret(commands.home, f"{account.name}_{key}")
        if found is None:
            return {}
        values[key] = found.reveal()
    return values


async def _ask(account: Account, keys: dict[str, str]) -> Probe:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "clearedge_tui.engine.audit.probe",
        msgspec.json.encode(account).decode(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(child.communicate(msgspec.json.encode(keys)), _PROBE_S)
        return msgspec.json.decode(said, type=Probe)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise RetryLater(f"the probe did not end within {_PROBE_S:.0f} s") from None
    except msgspec.MsgspecError:
        raise RetryLater(f"the probe of {account.name} ended without an answer") from None


async def set_(commands: "Commands", args: Args, who: str) -> Answer:
    """Change fields and options of an account; what runs of it begins anew in good order."""
    name = need(args, "account")
    _may_change(commands, name)
    made = accounts_file.put(commands.home, name, table(args, "fields"), table(args, "options"))
    changed = ", ".join([*table(args, "fields"), *table(args, "options")])
    commands.event("account.set", name, f"changed: {changed}", who)
    return f"account {name}: {changed} set", _shown(made)


async def add(commands: "Commands", args: Args, who: str) -> Answer:
    """Write a new account; with a venue its options go below it."""
    name = need(args, "account")
    fields = {"kind": text(args, "kind", "paper"), **table(args, "fields")}
    if text(args, "venue"):
        fields["venue"] = text(args, "venue")
    made = accounts_file.put(commands.home, name, fields, table(args, "options"), new=True)
    commands.event("account.add", name, f"{made.kind} {made.venue}".strip(), who)
    told = f"account {name} is there"
    keys = venue(made.venue).keys if made.live else ()
    if keys:
        told += "; its keys: " + ", ".join(f"clearedge secret set {name}_{key}" for key in keys)
    return told, _shown(made)


async def remove(commands: "Commands", args: Args, who: str) -> Answer:
    """Take an account out of the file. Refused while an instance is declared on it."""
    name = need(args, "account")
    users = [one.id for one in commands.store.instances() if one.account == name]
    if users:
        raise Refused(f"account {name} is used by {', '.join(users[:5])}; remove them first")
    if text(args, "confirm") != name:
        raise Refused(f"nothing was removed: type the account's name, or say --confirm {name}")
    accounts_file.remove(commands.home, name)
    commands.event("account.rm", name, "taken out of config/accounts.toml", who)
    return f"account {name} is gone; its file of orders stays", None


async def venues(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the venues there are, what each needs, and what may be set."""
    del commands, who
    name = text(args, "venue")
    found = [venue(name)] if name else list(VENUES.values())
    return "", [plain(one) for one in found]


def _may_change(commands: "Commands", name: str) -> None:
    """An account's wiring never changes under an instance that acts on it."""
    acting = [
        one.id
        for one in commands.store.instances()
        if one.account == name and one.mode is Mode.ACTIVE
    ]
    if acting:
        raise Refused(f"{', '.join(acting[:5])} acts on account {name}; lower it first")


def _shown(account: Account) -> object:
    return plain(account)


VERBS: "dict[str, Verb]" = {
    "account.readiness": readiness,
    "account.probe": probe,
    "account.set": set_,
    "account.add": add,
    "account.rm": remove,
    "venue.list": venues,
}
