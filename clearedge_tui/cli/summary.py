"""What runs, and what the sample backtest says, as text a person reads."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import AccountRow, InstanceRow

_HEADS = ("instance", "mode", "state", "market", "position", "PnL", "fills", "book", "last event")


def backtest_text(home: Home) -> str:
    """Run the sample backtest now; return its figures and its equity, or why there are none."""
    from clearedge_tui.cli.sample import run_sample_backtest
    from clearedge_tui.runs.text_report import render

    try:
        report = run_sample_backtest(home)
    except ClearEdgeError as error:
        return f"no sample backtest: {error}"
    short = msgspec.structs.replace(report, monthly={}, trades=(), conventions=())
    return render(short, width=96).rstrip()


def instances_text(rows: Sequence[InstanceRow]) -> str:
    """Return one line an instance."""
    lines = [_cells(row) for row in rows]
    widths = [max(len(line[n]) for line in [_HEADS, *lines]) for n in range(len(_HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [_HEADS, *lines]
    )


def _cells(row: InstanceRow) -> tuple[str, ...]:
    mode = (
        str(row.desired)
        if row.actual is row.desired
        else f"{row.desired} (is {row.actual or 'unknown'})"
    )
    market = f"{row.market} {row.timeframe}" + (" simulated" if row.simulated else "")
    return (
        row.id,
        mode,
        str(row.state),
        market,
        _number(row.position),
        f"{row.pnl_total or Decimal(0):+.2f} {row.currency}",
        str(row.fills),
        str(row.book or "-"),
        row.error or row.last_event,
    )


def accounts_text(rows: Sequence[AccountRow]) -> str:
    """Return one line an account that runs."""
    lines = []
    for row in rows:
        if not row.pid:
            continue
        speed = f"{row.speed:g}×" if row.speed else "full speed"
        reached = f", data at {iso(row.data_ns)} UTC" if row.data_ns else ""
        lines.append(
            f"account {row.name} ({row.kind}, {row.feed} at {speed}): equity {row.equity:,.2f} {row.currency}{reached}"
        )
        if row.ticks.passed:
            lines.append(f"  ticks: {row.ticks.text()}")
    return "\n".join(lines) or "no account runs"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"
