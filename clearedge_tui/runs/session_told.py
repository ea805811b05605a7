"""What a session's report tells beside figures: its phases with times, its last orders and fills."""

from collections.abc import Sequence
from decimal import Decimal

from clearedge_tui.core.clock import iso
from clearedge_tui.core.model import Fill, Order
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import events
from clearedge_tui.runs.journal import Entry
from clearedge_tui.runs.model import Section

_LAST = 20


def sections(
    told: Sequence[Entry], orders: Sequence[Order], fills: Sequence[Fill]
) -> tuple[Section, ...]:
    """Return what there is, newest first but for the phases."""
    last = sorted(orders, key=lambda one: one.at_ns)[: -_LAST - 1 : -1]
    done = sorted(fills, key=lambda one: one.at_ns)[: -_LAST - 1 : -1]
    found = (
        Section("Phases", _phases(told)),
        Section(f"Last {len(last)} of {len(orders):,} orders", tuple(map(_order, last))),
        Section(
            f"Last {len(done)} of {len(fills):,} fills, with what each realised",
            tuple(map(_fill, done)),
        ),
    )
    return tuple(one for one in found if one.lines)


def _phases(told: Sequence[Entry]) -> tuple[str, ...]:
    """Return each phase with when it began and how long it lasted."""
    entered = [one for one in told if one.event == events.SESSION_PHASE]
    ends = [one.ts_ns for one in entered[1:]]
    lines = []
    for n, one in enumerate(entered):
        lasted = f"{(ends[n] - one.ts_ns) / 1e9:,.1f} s" if n < len(ends) else ""
        why = clean_text(one.payload.get("why") or "", 120)
        line = f"{iso(one.ts_ns)}  {one.payload.get('phase')!s:<13}{lasted:>14}  {why}"
        lines.append(line.rstrip())
    return tuple(lines)


def _order(one: Order) -> str:
    price = _plain(one.price or one.trigger) if one.price or one.trigger else "market"
    return clean_text(
        f"{iso(one.at_ns)}  {one.book!s:<7}{one.side:<5}{_plain(one.size):>12} @ {price:<12}"
        f"{one.status!s:<10}{_plain(one.filled):>12}  {one.reason}"
    ).rstrip()


def _fill(one: Fill) -> str:
    return (
        f"{iso(one.at_ns)} {one.book!s:<6} {one.side:<4}{_plain(one.size):>9} @ "
        f"{_plain(one.price):<10}{_plain(one.realised):>10} fee {_plain(one.fee)}"
    )


def _plain(number: Decimal | None) -> str:
    return f"{number.normalize():f}" if number else "0"
