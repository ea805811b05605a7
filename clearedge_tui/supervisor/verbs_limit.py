"""`limit.…`: declare risk limits, and show which apply to an instance.

A change that lets more through than before wants `yes`; one that lets less through does not.
"""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING

from clearedge_tui.approvals.parts import applying
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import Refused, RetryLater, UsageError
from clearedge_tui.core.limits import (
    DEFAULTS,
    EVERY,
    Action,
    Limit,
    Resume,
    Scope,
    looser,
    with_defaults,
)
from clearedge_tui.core.limits_values import KINDS, canonical, kind
from clearedge_tui.core.risk_messages import (
    ClearLimit,
    RiskRow,
)
from clearedge_tui.core.text import clean_text
from clearedge_tui.engine.risk_book import clear_at_rest
from clearedge_tui.kills import KillFiles
from clearedge_tui.settings import load_accounts
from clearedge_tui.store import trading
from clearedge_tui.store.trading import Declared
from clearedge_tui.supervisor.arguments import Args, duration_s, need, not_found, plain, text
from clearedge_tui.supervisor.verbs_instance import find

if TYPE_CHECKING:
    from clearedge_tui.supervisor.accounts import Accounts
    from clearedge_tui.supervisor.commands import Commands, Verb

Answer = tuple[str, object]
ALL = "all"  # how a person writes EVERY: a shell would take `*` for file names


async def list_(commands: "Commands", args: Args, who: str) -> Answer:
    """Return what is declared, and the defaults that nobody has replaced."""
    del args, who
    declared = trading.limits(commands.store)
    return "", _rows(with_defaults(one.limit for one in declared), declared)


async def show(commands: "Commands", args: Args, who: str) -> Answer:
    """Return the limits that apply to an instance, or without one: which limits there are."""
    del who
    name = text(args, "id")
    if not name:
        return "", [
            {"name": one.name, "unit": one.unit, "about": one.about, "written": one.written}
            for one in KINDS.values()
        ]
    instance = find(commands, name)
    accounts = load_accounts(commands.home)
    if instance.account not in accounts:
        raise not_found("account", instance.account, accounts)
    declared = trading.limits(commands.store)
    found = applying((one.limit for one in declared), instance, accounts[instance.account])
    return "", _rows(sorted(found, key=lambda one: list(KINDS).index(one.name)), declared)


async def set_(commands: "Commands", args: Args, who: str) -> Answer:
    """Declare a limit, or change what is given of the one there is."""
    scope, key, name = _where(commands, args)
    before = _known(commands, scope, key, name)
    given = before or Limit(scope, key, name, "")
    wanted = Limit(
        scope,
        key,
        name,
        _value(name, need(args, "value")),
        _warn(text(args, "warn", str(given.warn))),
        _one_of(Action, text(args, "action", given.action), "action"),
        duration_s(args, "cooldown", given.cooldown_s),
        _one_of(Resume, text(args, "resume", given.resume), "resume"),
    )
    _agreed(args, looser(before, wanted))
    said = trading.put_limit(commands.store, wanted, who, now_ns())
    _tell(commands)
    return said or "nothing changed", plain(wanted)


async def remove(commands: "Commands", args: Args, who: str) -> Answer:
    """Take a limit away; where there is a default, that holds again."""
    scope, key, name = _where(commands, args, gone=True)
    found = next((one.limit for one in trading.limits(commands.store)
                  if (one.limit.scope, one.limit.key, one.limit.name) == (scope, key, name)), None)  # fmt: skip
    default = next((d for d in DEFAULTS if (d.scope, d.key, d.name) == (scope, key, name)), None)
    if found is not None:
        _agreed(args, looser(found, default))
    trading.remove_limit(commands.store, scope, key, name, who, now_ns())
    _tell(commands)
    then = f"; the default holds again: {default.value}" if default else ""
    return f"{scope} {key}: {name} is taken away{then}", None


async def clear(commands: "Commands", args: Args, who: str) -> Answer:
    """End what a limit did: a person lets new risk in again, and its count begins anew."""
    scope, key, name = _where(commands, args)
    if key == EVERY:
        raise UsageError("say whose limit is to be cleared; `all` is nobody's name here")
    sup = commands.supervisor
    if sup is None:
        raise RetryLater("no supervisor runs that knows who trades: start one with clearedge --run")
    accounts = load_accounts(commands.home)
    match scope:
        case Scope.PORTFOLIO:
            names = [one.name for one in accounts.values() if one.currency == key]
        case Scope.ACCOUNT:
            names = [key]
        case Scope.INSTANCE:
            names = [find(commands, key).account]
    done, refused = [], []
    for account in names:
        try:
            await _clear(commands, sup.places, account, (scope, key, name))
            done.append(account)
        except (Refused, RetryLater) as error:
            refused.append(error)
    if not done:
        raise refused[0]
    said = f"{scope} {key}: {name} is cleared"
    commands.event("limit.clear", trading.subject(scope, key), said, who)
    kills = "; a kill that it made is lifted by itself: clearedge kill clear"
    held = any(k.who == "limit" for k in KillFiles(commands.home).look())
    return said + (kills if held else ""), None


async def _clear(
    commands: "Commands", places: "Accounts", account: str, limit: tuple[Scope, str, str]
) -> None:
    """Have a gateway clear a limit, or do it in its account's file where none runs."""
    if places.place(account).gateway.alive:
        await places.ask(account, lambda command: ClearLimit(command, *limit))
        return
    wrong = clear_at_rest(commands.home.account_file(account), *limit)
    if wrong:
        raise Refused(wrong)


async def risks(commands: "Commands", args: Args, who: str) -> Answer:
    """Return every limit with its figure as gateways see it now; of one account when it is named."""
    del who
    name = text(args, "account")
    places = commands.supervisor.places.places if commands.supervisor else {}
    if name and name not in (accounts := load_accounts(commands.home)):
        raise not_found("account", name, accounts)
    return "", [
        {**_plain(row), "age_s": round(monotonic() - place.risk_s, 1)}
        for place in places.values()
        if name in ("", place.name)
        for row in place.risk
    ]


def _plain(row: RiskRow) -> dict[str, object]:
    found = plain(row)
    assert isinstance(found, dict)  # noqa: S101  # a struct
    return found


def _tell(commands: "Commands") -> None:
    """Have the gateways know at once."""
    if commands.supervisor is not None:
        commands.supervisor.risk.look(commands.supervisor.places.places)


# ---- reading what was asked -------------------------------------------------------------------
def _where(commands: "Commands", args: Args, gone: bool = False) -> tuple[Scope, str, str]:
    """Return scope, key and name. Of a limit to be taken away the account may be gone already."""
    scope = _one_of(Scope, need(args, "scope"), "scope")
    key, name = need(args, "key"), kind(need(args, "name")).name
    if key in (ALL, EVERY):
        return scope, EVERY, name
    accounts = load_accounts(commands.home)
    if gone:
        return scope, key, name
    match scope:
        case Scope.INSTANCE:
            find(commands, key)
        case Scope.ACCOUNT if key not in accounts:
            raise not_found("account", key, accounts)
        case Scope.PORTFOLIO if key not in {one.currency for one in accounts.values()}:
            known = sorted({one.currency for one in accounts.values()})
            raise UsageError(
                f"no account in `{clean_text(key, 20)}`; a portfolio is named by its currency: "
                f"{', '.join(known)}, or all"
            )
    return scope, key, name


def _known(commands: "Commands", scope: Scope, key: str, name: str) -> Limit | None:
    found = with_defaults(one.limit for one in trading.limits(commands.store))
    return next((x for x in found if (x.scope, x.key, x.name) == (scope, key, name)), None)


def _value(name: str, written: str) -> str:
    try:
        return canonical(name, written)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def _warn(written: str) -> Decimal:
    try:
        bare = written.strip().removesuffix("%")
        share = Decimal(bare) / (100 if written.strip().endswith("%") else 1)
    except InvalidOperation:
        share = Decimal(0)
    if not share.is_finite() or not 0 < share <= 1:
        raise UsageError(
            f"warn `{clean_text(written, 20)}`; wanted a share of the limit: 0.8 or 80%"
        )
    return share


def _one_of[E: StrEnum](kind_: type[E], value: str, name: str) -> E:
    try:
        return kind_(value)
    except ValueError:
        known = ", ".join(kind_)
        raise UsageError(f"{name} `{clean_text(value, 20)}`; wanted one of: {known}") from None


def _agreed(args: Args, why: str) -> None:
    if why and args.get("yes") is not True:
        raise Refused(f"this lets more through than before ({why}); say --yes if it is meant")


def _rows(limits: Iterable[Limit], declared: Iterable[Declared]) -> list[dict[str, object]]:
    by = {(one.limit.scope, one.limit.key, one.limit.name): one for one in declared}
    rows = []
    for limit in limits:
        who = by.get((limit.scope, limit.key, limit.name))
        row = plain(limit)
        assert isinstance(row, dict)  # noqa: S101  # a struct
        row["key"] = ALL if limit.key == EVERY else limit.key
        rows.append({**row, "who": who.who if who else "default", "at_ns": who.at_ns if who else 0})
    return rows


VERBS: "dict[str, Verb]" = {
    "limit.list": list_,
    "limit.show": show,
    "limit.set": set_,
    "limit.remove": remove,
    "limit.clear": clear,
    "risk.list": risks,
}
