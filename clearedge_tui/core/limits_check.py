"""Asked before an order leaves, and for every figure on a screen. Pure; the order of limits is nothing."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum

import msgspec

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import Bug
from clearedge_tui.core.limits import Limit, Resume, Scope
from clearedge_tui.core.limits_exposure import View, Wish, sums, with_wish
from clearedge_tui.core.limits_rules import FIGURES, Scene, allowed
from clearedge_tui.core.limits_state import WARNED
from clearedge_tui.core.limits_values import KINDS, Amount, Hours, Markets, Value, plain


class Refusal(msgspec.Struct, frozen=True):
    """Why an order does not leave. `now` and `would` are None where they are not known."""

    rule: str
    where: str  # account paper
    limit: str  # its value as it was written
    text: str
    now: Decimal | None = None
    would: Decimal | None = None
    allowed: Decimal = Decimal(0)

    @property
    def headroom(self) -> Decimal | None:
        """Return what is left up to the limit, without the order."""
        return None if self.now is None else max(Decimal(0), self.allowed - self.now)


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    BREACH = "breach"
    UNKNOWN = "unknown"


class Watched(msgspec.Struct, frozen=True):
    """One limit on one portfolio, account or instance, as a screen shows it."""

    limit: Limit
    key: str  # of the view; the limit's own may be EVERY
    state: State
    text: str
    now: Decimal | None = None
    allowed: Decimal = Decimal(0)
    headroom: Decimal | None = None
    used: Decimal | None = None  # share of what is allowed; None where it cannot be said
    held: str = ""  # what it did and has not ended, with when


def refuse(
    wish: Wish, limits: Iterable[Limit], views: Iterable[View], now_ns: int
) -> Refusal | None:
    """Return why an order may not leave, or None. An order that only reduces is never refused.

    `views` are all that the order counts in: its instance, its account, its portfolio.
    """
    return next(iter(refusals(wish, limits, views, now_ns)), None)


def refusals(
    wish: Wish, limits: Iterable[Limit], views: Iterable[View], now_ns: int
) -> tuple[Refusal, ...]:
    """Return every reason, the strictest of each rule first."""
    if wish.only_reduces:
        return ()
    found: list[Refusal] = []
    asked, looked = tuple(limits), tuple(views)
    _all_there(wish, looked)
    for view in looked:
        found += _held_back(view)
        mine = [limit for limit in asked if limit.applies_to(view.scope, view.key)]
        if mine:
            after = Scene(view, sums(with_wish(view.legs, wish)), now_ns, wish.market, wish)
            found += [one for limit in mine for one in _judged(limit, view, after)]
    return tuple(sorted(found, key=_strictest))


def _all_there(wish: Wish, views: tuple[View, ...]) -> None:
    """A view that was forgotten would be a limit that nobody asked."""
    wanted = {Scope.INSTANCE: wish.instance, Scope.ACCOUNT: wish.account}
    found = {view.scope: view.key for view in views}
    if found.keys() != set(Scope) or any(found[scope] != key for scope, key in wanted.items()):
        raise Bug(
            f"limits of {wish.instance} on {wish.account} were asked with {found}; wanted one view "
            "each of its instance, its account and its portfolio"
        )


def _strictest(one: Refusal) -> tuple[int, Decimal, str, str]:
    order = list(KINDS).index(one.rule) if one.rule in KINDS else -1
    return order, one.allowed, one.where, one.text


def _held_back(view: View) -> Iterator[Refusal]:
    for limit_id, acted in sorted(view.state.acted.items()):
        if not limit_id.endswith(WARNED) and acted.action.holds:
            name = limit_id.rpartition("/")[2]
            then = "a person clears it" if acted.resume is Resume.PERSON else "it ends by itself"
            text = (
                f"{_where(view)} is held back since {iso(acted.at_ns)} UTC: {name}, "
                f"{acted.action}; {then}. Orders that only reduce pass"
            )
            yield Refusal("held", _where(view), name, text)


def _judged(limit: Limit, view: View, after: Scene) -> Iterator[Refusal]:
    value = limit.parsed
    would = FIGURES[limit.name](after, value)
    if would is not None and not _broken(would, limit):
        return
    before = Scene(view, sums(view.legs), after.now_ns, after.market)  # for its words only
    now = FIGURES[limit.name](before, value)
    text = _told(limit, value, before, now, would, after.wish)
    yield Refusal(limit.name, _where(view), limit.value, text, now, would, allowed(limit))


def _broken(figure: Decimal, limit: Limit) -> bool:
    most = allowed(limit)
    return figure >= most if KINDS[limit.name].reached else figure > most


def watch(limits: Iterable[Limit], view: View, now_ns: int) -> tuple[Watched, ...]:
    """Return the state of every limit that applies to a view, worst first."""
    scene = Scene(view, sums(view.legs), now_ns)
    found = [_watched(one, scene) for one in limits if one.applies_to(view.scope, view.key)]
    order = (State.BREACH, State.UNKNOWN, State.WARN, State.OK)
    return tuple(sorted(found, key=lambda w: (order.index(w.state), w.limit.name, w.limit.key)))


def _watched(limit: Limit, scene: Scene) -> Watched:
    kind, value, view = KINDS[limit.name], limit.parsed, scene.view
    acted = view.state.acted.get(limit.id)
    held = f"{acted.action} since {iso(acted.at_ns)} UTC" if acted else ""
    if not kind.watched:
        return Watched(
            limit, view.key, State.OK, f"asked of each order: at most {limit.value}", held=held
        )
    now, most = FIGURES[limit.name](scene, value), allowed(limit)
    state = State.OK
    if now is None:
        state = State.UNKNOWN
    elif _broken(now, limit):
        state = State.BREACH
    elif now >= most * limit.warn and now > 0:
        state = State.WARN
    return Watched(
        limit,
        view.key,
        state,
        _told(limit, value, scene, now, None, None),
        now,
        most,
        None if now is None else max(Decimal(0), most - now),
        now / most if now is not None and most else None,
        held,
    )


# ---- words ------------------------------------------------------------------------------------
def _where(view: View) -> str:
    return f"{view.scope} {view.key}"


def _told(
    limit: Limit,
    value: Value,
    scene: Scene,
    now: Decimal | None,
    would: Decimal | None,
    wish: Wish | None,
) -> str:
    name = f"{limit.name} of {_where(scene.view)}"
    if isinstance(value, Hours | Markets):
        return f"{name}: {_told_set(limit, value, now, scene.now_ns, wish)}"
    say = _Words(limit.name, value, scene.view.currency)
    most = "less than" if KINDS[limit.name].reached else "at most"
    ends = f"{most} {say(allowed(limit))} is allowed"
    if (now if wish is None else would) is None:
        return f"{name} is not known; {ends}"
    if limit.name == "duplicate_order":
        return f"{name}: the same order left within {limit.value} s"
    if not KINDS[limit.name].watched:
        return f"{name} is {say(would)}; {ends}"
    left = f", {say(max(Decimal(0), allowed(limit) - now))} is left" if now is not None else ""
    then = f" and would be {say(would)}" if wish is not None and would != now else ""
    return f"{name} is {say(now)}{then}; {ends}{left}"


def _told_set(
    limit: Limit, value: Hours | Markets, now: Decimal | None, now_ns: int, wish: Wish | None
) -> str:
    shown = limit.value
    if isinstance(value, Hours):
        state = "open" if value.open_at(now_ns) else "closed"
        return f"{state} at {iso(now_ns)} UTC; open {shown}"
    which = "only" if limit.name == "allowed_markets" else "not"
    subject = wish.market if wish is not None else f"{now} open in others" if now else "kept to"
    return f"{subject}; {which} {shown}"


class _Words:
    """Numbers in the unit of a limit."""

    def __init__(self, name: str, value: Value, currency: str) -> None:
        share = isinstance(value, Amount) and value.share
        self._unit = "share" if share else KINDS[name].unit
        self._currency = currency

    def __call__(self, number: Decimal | None) -> str:
        if number is None or not number.is_finite():
            return "not known" if number is None else "without bound"
        short = round(number, 8)
        match self._unit:
            case "share":
                return f"{plain(round(number * 100, 6))}%"
            case "money":
                return f"{short.normalize():,f} {self._currency}".strip()
            case "seconds":
                return f"{plain(round(number, 1))} s"
            case "bps":
                return f"{plain(round(number, 2))} bps"
            case "times":
                return f"{plain(round(number, 6))}×"
        return plain(short)
