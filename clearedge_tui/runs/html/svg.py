"""Small charts as SVG text. Coordinates are pixels of a fixed view box; colours are CSS classes."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

from clearedge_tui.core.clock import to_datetime

_MOST = 1e300  # of a span: beyond, floats have no room to divide
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 960, 8, 74, 10, 22


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: x and y of the same length; `kind` is its CSS class."""

    x: Sequence[float]
    y: Sequence[float]
    kind: str


@dataclass(frozen=True, slots=True)
class Band:
    """The area between two curves over the same x."""

    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    kind: str


@dataclass(frozen=True, slots=True)
class Marks:
    """Dots on a chart: they never move its edges."""

    x: Sequence[float]
    y: Sequence[float]
    kind: str


def chart(
    parts: Sequence[Line | Band | Marks],
    height: int,
    *,
    shares: bool = False,
    zero: bool = False,
    label: str = "",
) -> str:
    """Return a chart over time (x are UTC ns). `zero` draws a line there and keeps it in sight."""
    drawn_to = [part for part in parts if len(part.x) and not isinstance(part, Marks)]
    xs = [one for part in drawn_to for one in (part.x[0], part.x[-1])]
    ys = [one for part in parts for one in _extent(part)]
    if len(set(xs)) < 2 or not ys or max(ys) - min(ys) > _MOST:
        return ""
    if zero:
        ys.append(0.0)
    frame = _Frame(min(xs), max(xs), min(ys), max(ys), height)
    drawn = [
        *_grid(frame, shares),
        *(f'<path class="zero" d="M{LEFT} {frame.y(0.0):.1f}h{frame.wide}"/>' for _ in [0] if zero),
    ]
    drawn += [_part(frame, part) for part in parts]
    return _svg(drawn, height, label)


def columns(first: float, width: float, counts: Sequence[int], height: int, label: str = "") -> str:
    """Return a histogram; the value at 0 divides losing from winning columns."""
    most = max(counts, default=0)
    if not most:
        return ""
    wide = (WIDTH - LEFT - RIGHT) / len(counts)
    drawn = []
    for n, count in enumerate(counts):
        tall = count / most * (height - TOP - BOTTOM)
        kind = "bad" if first + (n + 1) * width <= 1e-12 else "good"
        drawn.append(
            f'<rect class="{kind}" x="{LEFT + n * wide:.1f}" y="{height - BOTTOM - tall:.1f}" '
            f'width="{max(0.5, wide - 1):.1f}" height="{tall:.1f}"><title>'
            f"{first + n * width:+.2%} to {first + (n + 1) * width:+.2%}: {count}</title></rect>"
        )
    for share in (0.0, 0.5, 1.0):
        at = LEFT + share * (WIDTH - LEFT - RIGHT)
        value = first + share * len(counts) * width
        drawn.append(f'<text x="{at:.0f}" y="{height - 6}" class="axis">{value:+.1%}</text>')
    return _svg(drawn, height, label)


@dataclass(frozen=True, slots=True)
class _Frame:
    x0: float
    x1: float
    low: float
    high: float
    height: int

    @property
    def wide(self) -> int:
        return WIDTH - LEFT - RIGHT

    def x(self, value: float) -> float:
        return LEFT + (value - self.x0) / (self.x1 - self.x0) * self.wide

    def y(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return TOP + (self.high - value) / span * (self.height - TOP - BOTTOM)

    def points(self, pairs: Iterable[tuple[float, float]]) -> list[str]:
        """Return many at once: two calls a point are most of what a page costs."""
        across = self.wide / (self.x1 - self.x0)
        down = (self.height - TOP - BOTTOM) / ((self.high - self.low) or 1.0)
        x0, high = self.x0, self.high
        return [f"{LEFT + (x - x0) * across:.1f},{TOP + (high - y) * down:.1f}" for x, y in pairs]


def _extent(part: Line | Band | Marks) -> Iterator[float]:
    if isinstance(part, Marks):
        return
    values = part.y if isinstance(part, Line) else [*part.low, *part.high]
    sound = [one for one in values if math.isfinite(one)]
    if sound:
        yield min(sound)
        yield max(sound)


def _part(frame: _Frame, part: Line | Band | Marks) -> str:
    match part:
        case Band():
            return _band(frame, part)
        case Line():
            return _line(frame, part)
        case Marks():
            inside = (
                (x, y)
                for x, y in zip(part.x, part.y, strict=True)
                if frame.x0 <= x <= frame.x1 and frame.low <= y <= frame.high
            )
            dots = (f"M{frame.x(x):.1f} {frame.y(y):.1f}h0" for x, y in inside)
            return f'<path class="{part.kind}" d="{"".join(dots)}"/>'


def _line(frame: _Frame, part: Line) -> str:
    sound = [(x, y) for x, y in zip(part.x, part.y, strict=True) if math.isfinite(y)]
    points = " ".join(frame.points(sound))
    return f'<polyline class="{part.kind}" points="{points}"/>'


def _band(frame: _Frame, part: Band) -> str:
    over = frame.points(zip(part.x, part.high, strict=True))
    under = frame.points(zip(part.x, part.low, strict=True))
    return f'<polygon class="{part.kind}" points="{" ".join([*over, *reversed(under)])}"/>'


def _grid(frame: _Frame, shares: bool) -> Iterator[str]:
    steps = _steps(frame.low, frame.high)
    digits = _digits(steps)
    for value in steps:
        y = frame.y(value)
        said = f"{value:.{digits}%}" if shares else _short(value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}h{frame.wide}"/>'
        yield f'<text class="axis" x="{WIDTH - RIGHT + 6}" y="{y + 4:.1f}">{said}</text>'
    days = (frame.x1 - frame.x0) / 86_400e9
    form = "%Y-%m-%d" if days > 4 else "%m-%d %H:%M"
    for n in range(5):
        at = frame.x0 + (frame.x1 - frame.x0) * n / 4
        anchor = ("start", "middle", "middle", "middle", "end")[n]
        said = to_datetime(int(at)).astimezone(UTC).strftime(form)
        yield (
            f'<text class="axis" x="{frame.x(at):.0f}" y="{frame.height - 6}" '
            f'text-anchor="{anchor}">{said}</text>'
        )


def _steps(low: float, high: float) -> list[float]:
    """Return three to six round values between two."""
    span = high - low
    if span <= 0:
        return [low]
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(size * n for n in (1, 2, 2.5, 5, 10, 20) if span / (size * n) <= 5)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def _digits(steps: Sequence[float]) -> int:
    """Return the decimals that tell percentages of these apart."""
    if len(steps) < 2:
        return 1
    return max(0, min(6, -math.floor(math.log10((steps[1] - steps[0]) * 100))))


def _short(value: float) -> str:
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:,.2f}" if size >= 1 else f"{value:.4g}"


def _svg(drawn: Sequence[str], height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'
