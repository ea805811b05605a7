"""What may go wrong at a venue, as rules: at which request or when, how often, and what then."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random

import msgspec


class What(StrEnum):
    # of requests, in the order in which they are looked at
    LOSE_REQUEST = "lose_request"  # never seen by the venue, never answered
    DELAY_REQUEST = "delay_request"
    REFUSE = "refuse"  # with `text` and `code`, or the venue's words for `denial`
    RATE_LIMIT = "rate_limit"
    BAN = "ban"
    PARTIAL = "partial"  # an order gets `share` of its size and no more
    LIE = "lie"  # `values` in every row of the answer; `text` "empty": no rows
    DENY_ACK = "deny_ack"  # done, and the answer says that it is refused, as `refuse` does
    LATE_ACK = "late_ack"  # what happened is told before the answer
    DELAY_ACK = "delay_ack"
    LOSE_ACK = "lose_ack"  # done, and never answered
    CUT_ACK = "cut_ack"  # done, and the connection cut instead of an answer
    DOUBLE_ACK = "double_ack"
    # of what is told on a stream: `on` is push.order, push.fill, push.position, push.balance …
    DROP_PUSH = "drop_push"
    DELAY_PUSH = "delay_push"
    DOUBLE_PUSH = "double_push"
    SWAP_PUSH = "swap_push"  # told after the next one
    SECOND_ID = "second_id"  # told once more, a fill under another id
    # of the venue
    DISCONNECT = "disconnect"  # the sockets of `where`
    SILENCE = "silence"  # the sockets of `where` stay open and say nothing
    UNREACHABLE = "unreachable"  # connections are refused
    SKEW = "skew"  # its clock is `delay_s` ahead
    FILL = "fill"  # trades the order `link`, or else the oldest open one
    EXTERNAL = "external"  # another person's order: market, side, size, price
    REVOKE = "revoke"  # its key is no longer valid
    PRICE = "price"  # `market` is at `price`


ACTS = frozenset(
    {What.DISCONNECT, What.SILENCE, What.UNREACHABLE, What.SKEW, What.FILL, What.EXTERNAL}
    | {What.REVOKE, What.PRICE}
)


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. With `at_s` it holds from then on for `for_s`, else from the n-th request on.

    `on` matches the venue-neutral name of a request (`order.create`, `positions`, `*`); `times` 0
    is always. `within` must stand in the request, an order's own id for one. What acts on the venue
    acts after the request, with `first` before it. Every rule draws its `chance` from the seed.
    """

    what: What
    on: str = "*"
    nth: int = 1
    times: int = 1
    within: str = ""
    first: bool = False
    at_s: float | None = None
    for_s: float = 0
    chance: float = 1
    delay_s: float = 0
    text: str = ""
    code: int | None = None
    denial: str = ""
    share: Decimal = Decimal("0.5")
    values: dict[str, str] = {}
    where: str = "all"
    market: str = ""
    side: str = "buy"
    size: Decimal | None = None
    price: Decimal | None = None
    link: str = ""


class _Counted(msgspec.Struct):
    rule: Fault
    seen: int = 0


class Plan:
    """The rules of a venue and how often each one has matched."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._rules: list[_Counted] = []
        self._random = Random(seed)
        self.timed: list[Fault] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        if fault.at_s is not None and fault.what in ACTS:
            self.timed.append(fault)
        else:
            self._rules.append(_Counted(fault))

    def clear(self) -> None:
        self._rules.clear()
        self.timed.clear()

    def matching(self, verb: str, now_s: float, text: str = "") -> Sequence[Fault]:
        """Count one request and return the rules that hold for it."""
        found = []
        for one in self._rules:
            if fnmatchcase(verb, one.rule.on) and one.rule.within in text:
                one.seen += 1
                if self._holds(one.rule, one.seen, now_s):
                    found.append(one.rule)
        return found

    def _holds(self, rule: Fault, count: int, now_s: float) -> bool:
        if rule.at_s is not None:
            within = rule.at_s <= now_s < rule.at_s + rule.for_s
        else:
            within = rule.nth <= count and (not rule.times or count < rule.nth + rule.times)
        return within and (rule.chance >= 1 or self._random.random() < rule.chance)
