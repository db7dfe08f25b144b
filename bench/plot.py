"""A line plot as SVG, from zero, with axes a person can read; no library needed for that."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 140, 20, 50
COLOURS = ("#0b6e4f", "#b5541c", "#3b5b92")


@dataclass(slots=True)
class Curve:
    """A named line through points (across, up), both 0 or more."""

    name: str
    points: list[tuple[float, float]] = field(default_factory=list)


def plot(curves: Sequence[Curve], *, across: str, up: str) -> str:
    """Return the plot of these curves; ``across`` and ``up`` name the axes."""
    widest = max(x for curve in curves for x, _ in curve.points)
    highest = max(y for curve in curves for _, y in curve.points)
    body = [*_axes(widest, highest, across, up)]
    for curve, colour in zip(curves, COLOURS, strict=False):
        places = [_place(x / widest, y / highest) for x, y in curve.points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        body.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        x, y = places[-1]
        body.append(f'<text x="{x + 10:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(curve.name)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    return f'{head} font-size="13">\n' + "\n".join(body) + "\n</svg>\n"


def _axes(widest: float, highest: float, across: str, up: str) -> Iterator[str]:
    (x0, y0), (x1, y1) = _place(0, 0), _place(1, 1)
    yield f'<path d="M{x0} {y1} V{y0} H{x1}" fill="none" stroke="#555"/>'
    for value in _steps(widest):
        x, y = _place(value / widest, 0)
        yield f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{value:,.0f}</text>'
    for value in _steps(highest):
        x, y = _place(0, value / highest)
        yield f'<path d="M{x} {y:.1f} H{x1}" stroke="#ddd"/>'
        yield f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    yield f'<text x="{(x0 + x1) / 2:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>'
    yield f'<text x="{x0 - 50}" y="{y1 - 6}">{escape(up)}</text>'


def _steps(largest: float) -> Iterator[float]:
    """Yield round values from 0 up to the largest, some five of them."""
    rough = largest / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return (step * number for number in range(int(largest / step) + 1))


def _place(x: float, y: float) -> tuple[float, float]:
    """Return where a point lies on the paper; both coordinates as parts of the whole."""
    return LEFT + x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM)
