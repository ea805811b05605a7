"""The tables of an analysis as plain text, for a run's Markdown file."""

from collections.abc import Iterable, Sequence
from typing import Final

from clearedge_tui.core.clock import iso
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Analysis, Fall, Figures, Histogram, Simulation, Slot

SHARES: Final = frozenset(
    (
        "avg_trade_return", "kelly", "var_95", "cvar_95", "best_day", "worst_day", "positive_days",
        "best_month", "worst_month", "positive_months", "ulcer_index", "time_under_water",
        "excess_return", "alpha", "win_rate",
    )
)  # fmt: skip
_BAR = 40


def tables(analysis: Analysis) -> str:
    """Return figures and tables, at most 100 columns wide."""
    parts = [
        _sides(analysis),
        _years(analysis.yearly),
        _falls(analysis.falls),
        _slots("By hour of entry (UTC)", analysis.hours, analysis.currency),
        _slots("By weekday of entry (UTC)", analysis.weekdays, analysis.currency),
        _slots("By tag of the exit", analysis.exits, analysis.currency),
        _histogram("Daily returns", analysis.daily_returns),
        _histogram("Returns of trades", analysis.trade_returns),
        _simulated(analysis.simulation),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def figure_text(name: str, value: float | None) -> str:
    """Return one figure of the analysis as a person reads it; `-` when it is not defined."""
    if value is None:
        return "-"
    if name in SHARES:
        return f"{value:.2%}"
    if name.endswith("_duration_s"):
        return _duration(value)
    whole = name in ("wins_in_a_row", "losses_in_a_row", "trades")
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def _duration(seconds: float) -> str:
    days, rest = divmod(round(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    clock = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{days}d {clock}" if days else clock


def _sides(analysis: Analysis) -> list[str]:
    """One row a figure; those of trades also for the long and the short ones."""
    lines = [f"  {'Figures':<22}{'all':>18}{'long':>18}{'short':>18}"]
    for name in dict.fromkeys((*analysis.long, *analysis.figures)):
        parts: list[Figures] = [analysis.figures]
        parts += [analysis.long, analysis.short] if name in analysis.long else []
        cells = "".join(f"{figure_text(name, part.get(name)):>18}" for part in parts)
        if name in analysis.long or name not in _SHOWN_ABOVE:
            lines.append(f"  {name.replace('_', ' '):<22}{cells}")
    return lines


def _years(yearly: dict[str, float]) -> list[str]:
    if not yearly:
        return []
    return ["Years", *(f"  {year:<6}{value:>10.2%}" for year, value in yearly.items())]


def _falls(falls: Sequence[Fall]) -> list[str]:
    if not falls:
        return []
    head = f"  {'from':<18}{'trough':<18}{'until':<18}{'depth':>9}{'days':>10}{'to recover':>12}"
    return ["Deepest drawdowns", head, *map(_fall, falls)]


def _fall(fall: Fall) -> str:
    end = iso(fall.end_ns)[:16] if fall.end_ns else "open"
    back = "-" if fall.recovery_days is None else f"{fall.recovery_days:,.2f}"
    return (
        f"  {iso(fall.start_ns)[:16]:<18}{iso(fall.trough_ns)[:16]:<18}{end:<18}"
        f"{fall.depth:>9.2%}{fall.days:>10,.2f}{back:>12}"
    )


def _slots(title: str, slots: Iterable[Slot], currency: str) -> list[str]:
    found = [slot for slot in slots if slot.trades]
    if not found:
        return []
    head = f"  {'':<22}{'trades':>8}{f'PnL {currency}':>18}{'won':>9}"
    return [title, head, *map(_slot, found)]


def _slot(slot: Slot) -> str:
    name = clean_text(slot.name)[:20] or "no tag"
    return f"  {name:<22}{slot.trades:>8,}{slot.pnl:>18,.2f}{slot.win_rate or 0:>9.1%}"


def _histogram(title: str, found: Histogram) -> list[str]:
    most = max(found.counts, default=0)
    if not most:
        return []
    lines = [title]
    for n, count in enumerate(found.counts):
        low = found.first + n * found.width
        bar = "█" * max(round(count / most * _BAR), 1 if count else 0)
        lines.append(f"  {low:>+10.3%}{count:>8,}  {bar}".rstrip())
    return lines


def _simulated(found: Simulation | None) -> list[str]:
    if found is None:
        return []
    final = "  ".join(f"{name} {value:,.2f}" for name, value in found.final.items())
    return [
        f"Resampled days ({found.paths:,} paths, blocks of {found.block_days:g} days on average)",
        f"  final equity        {final}",
        f"  probability of loss {found.probability_of_loss:.1%}",
        f"  max drawdown        half of the paths {found.drawdown_p50:.2%}, one in twenty {found.drawdown_p95:.2%}",
    ]


_SHOWN_ABOVE: Final = frozenset(
    (
        "total_return", "net_profit", "buy_hold_return", "cagr", "volatility", "sharpe", "sortino",
        "calmar", "max_drawdown", "max_drawdown_days", "exposure", "turnover", "fees", "orders",
        "fills", "starting_balance", "final_equity",
    )
)  # fmt: skip
