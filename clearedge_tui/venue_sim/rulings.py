"""What the rules that hold for one request mean to it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.model import Denial, Denied


def lied(rows: list[dict[str, Any]], rules: Sequence[Fault]) -> list[dict[str, Any]]:
    """Return what the venue says instead of the truth."""
    rule = rule_of(rules, What.LIE)
    if rule is None:
        return rows
    if rule.text == "empty":
        return []
    return [{**row, **rule.values} for row in rows]


def rule_of(rules: Sequence[Fault], what: What) -> Fault | None:
    return next((rule for rule in rules if rule.what is what), None)


async def wait_for(rule: Fault | None) -> None:
    if rule is not None:
        await asyncio.sleep(rule.delay_s)


def refuse(rules: Sequence[Fault]) -> None:
    for rule in rules:
        if rule.what is What.REFUSE:
            raise Denied(Denial(rule.denial or Denial.PARAMS), rule.text, rule.code)
        if rule.what is What.RATE_LIMIT:
            raise Denied(Denial.RATE, rule.text, rule.code)
        if rule.what is What.BAN:
            raise Denied(Denial.BANNED, rule.text, rule.code)


def deny(rules: Sequence[Fault]) -> None:
    """Refuse what was done already, as a venue does that lost sight of it."""
    rule = rule_of(rules, What.DENY_ACK)
    if rule is not None:
        raise Denied(Denial(rule.denial or Denial.BUSY), rule.text, rule.code)
