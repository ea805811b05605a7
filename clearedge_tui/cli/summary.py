"""What runs, and what the last backtest said, as text a person reads."""

from collections.abc import Sequence
from decimal import Decimal

from clearedge_tui.core.clock import iso
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import AccountRow, InstanceRow

_HEADS = ("instance", "mode", "state", "market", "position", "PnL", "fills", "book", "last event")


def newest_run(home: Home) -> str:
    """Return the newest finished backtest's report as text."""
    from clearedge_tui.runs.listing import list_runs, load_report
    from clearedge_tui.runs.text_report import render

    done = [run for run in list_runs(home) if run.status == "done"]
    return render(load_report(home, done[0].run_id), width=96) if done else "no backtest yet"


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
    return "\n".join(lines) or "no account runs"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"
