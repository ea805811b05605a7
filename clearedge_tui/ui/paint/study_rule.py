"""A rule test: twins that enter at random as a cloud, their Sharpe ratios, and where the real one stands."""

from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.analysis.model import Histogram
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.cells import Area, Cells
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint.report_spread import Bins, paint_histogram
from clearedge_tui.ui.paint.study_parts import beside, heading, paint_cloud, paint_facts, ratio
from clearedge_tui.ui.study import Rule

_BINS = 32
_LEAST = 10  # rows of a picture


def paint_rule(cells: Cells, area: Area, found: Rule, seen: int, look: Look) -> int:
    """Paint it so that its pictures fill what is seen; return the rows used."""
    used = paint_facts(cells, area, _facts(found)) + 1
    rest = area.top(used)[1]
    pair = beside(rest)
    high = max(_LEAST, seen - used if pair else (seen - used) // 2)
    left = pair.left._replace(h=high) if pair else rest._replace(h=high)
    right = pair.right._replace(h=high) if pair else rest._replace(y=rest.y + high, h=high)
    note = f"{len(found.cloud)} of {found.twins} twins drawn" if found.cloud else "no twin was run"
    inner = heading(cells, left, "Growth", note)
    paint_cloud(cells, inner._replace(h=inner.h - 1), found.cloud, found.curve,
                ("the strategy", "random entries"), look)  # fmt: skip
    paint_twins(cells, right._replace(h=high - 1), found, look)
    return used + (high if pair else 2 * high)


def _facts(found: Rule) -> list[tuple[str, str, int]]:
    good = {"pass": p.GOOD, "fail": p.BAD}.get(found.verdict, p.WARN)
    paths = ", ".join(f"{n:,} {name}" for name, n in found.paths.items())
    p_value = "–" if found.p is None else f"{found.p:.4f}"
    percentile = "–" if found.percentile is None else f"{found.percentile:.1f}"
    return [
        ("verdict", found.verdict or "–", good | p.BOLD),
        ("p", p_value, good | p.BOLD),
        ("percentile", percentile, p.BRIGHT),
        ("Sharpe, real", ratio(found.real), p.BRIGHT),
        ("p95 of twins", ratio(found.p95), p.TEXT),
        ("twins", f"{found.twins:,}", p.TEXT),
        ("dropped", f"{found.dropped:,}", p.WARN if found.dropped else p.DIM),
        ("trades", f"{found.trades:,}", p.TEXT),
        ("entries", f"{found.entries:,}", p.TEXT),
        ("eligible bars", f"{found.eligible:,}", p.TEXT),
        ("odds a bar", f"{found.odds * 100:.2f} %", p.TEXT),
        ("trials", clean_text(paths, 40), p.DIM),
    ]


def binned(values: tuple[float, ...], also: float | None) -> Histogram:
    """Return values in bins wide enough to hold another value too."""
    all_ = (*values, also) if also is not None else values
    low, high = min(all_), max(all_)
    width = (high - low) / _BINS or 1.0
    counts = [0] * _BINS
    for value in values:
        counts[min(_BINS - 1, int((value - low) / width))] += 1
    return Histogram(low, width, tuple(counts))


def paint_twins(cells: Cells, area: Area, found: Rule, look: Look) -> None:
    """Paint the twins' Sharpe ratios; the real one and the 95th percentile stand in it."""
    if len(found.sharpes) < 3:
        inner = heading(cells, area, "Sharpe of the twins")
        cells.text(inner.y, inner.x, clean_text(found.why, 200), p.DIM, width=inner.w)
        return
    bins = binned(found.sharpes, found.real)
    zero = found.real if found.real is not None else bins.first + bins.width * _BINS
    plot = area._replace(h=area.h - 2)
    paint_histogram(
        cells, plot, Bins("Sharpe of the twins", bins, _ratio, zero, (p.ACCENT, p.DIM)), look
    )
    each = max(1, min(8, area.w // len(bins.counts)))
    marks = ((found.p95, "p95", p.WARN), (found.real, "the strategy", p.SERIES[0] | p.BOLD))
    for row, (value, name, ink) in enumerate(marks):
        if value is None:
            continue
        x = area.x + min(each * _BINS - 1, int((value - bins.first) / bins.width * each))
        for y in range(area.y + 1, area.y + plot.h - 1):
            if cells.ch[y][x] == " ":
                cells.put(y, x, look.symbols.upright, ink)
        text = f"{look.symbols.buy} {name} {value:.2f}"
        start = x if x + len(text) < area.x + area.w else max(area.x, x - len(text) + 1)
        text = text if start == x else f"{name} {value:.2f} {look.symbols.buy}"
        cells.text(area.y + plot.h + row, start, text, ink, width=area.w)


def _ratio(value: float) -> str:
    return f"{value:.2f}"
