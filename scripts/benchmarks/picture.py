"""Curves as an SVG picture, with nothing but text: both axes logarithmic, so that what is linear has the slope of the
dotted line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDE, _HIGH = 760, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 50, 60
_COLOURS = ("#0b6e99", "#c0392b", "#2c8a4b", "#8e5ea2", "#b7791f", "#555555")


@dataclass(frozen=True, slots=True)
class Curve:
    """`points`: (x, y), both greater than 0."""

    name: str
    points: Sequence[tuple[float, float]]


def picture(title: str, across: str, up: str, curves: Sequence[Curve]) -> str:
    """The SVG document."""
    scale = _Scale.of([point for curve in curves for point in curve.points])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDE}" height="{_HIGH}" fill="white"/>',
        f'<text x="{_LEFT}" y="28" font-size="16">{escape(title)}</text>',
        *scale.grid(),
        f'<text x="{(_LEFT + _WIDE - _RIGHT) / 2}" y="{_HIGH - 14}" text-anchor="middle">{escape(across)}</text>',
        f'<text x="18" y="{_HIGH / 2}" text-anchor="middle" transform="rotate(-90 18 {_HIGH / 2})">{escape(up)}</text>',
        scale.linear(),
    ]
    ends = _apart([scale.place(curve.points[-1])[1] for curve in curves])
    for at, (curve, end) in enumerate(zip(curves, ends, strict=True)):
        parts += _drawn(curve, scale, _COLOURS[at % len(_COLOURS)], end)
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class _Scale:
    """The decades that are shown."""

    left: float
    right: float
    low: float
    high: float

    @staticmethod
    def of(points: Sequence[tuple[float, float]]) -> _Scale:
        xs, ys = [math.log10(x) for x, _ in points], [math.log10(y) for _, y in points]
        return _Scale(math.floor(min(xs)), math.ceil(max(xs)), math.floor(min(ys)), math.ceil(max(ys)))

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        across = (math.log10(point[0]) - self.left) / max(1, self.right - self.left)
        up = (math.log10(point[1]) - self.low) / max(1, self.high - self.low)
        return _LEFT + across * (_WIDE - _LEFT - _RIGHT), _HIGH - _BOTTOM - up * (_HIGH - _TOP - _BOTTOM)

    def grid(self) -> list[str]:
        lines = []
        for power in range(int(self.left), int(self.right) + 1):
            x, _ = self.place((10**power, 10**self.low))
            lines.append(_line((x, _TOP), (x, _HIGH - _BOTTOM), "#dddddd"))
            lines.append(f'<text x="{x:.1f}" y="{_HIGH - _BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>')
        for power in range(int(self.low), int(self.high) + 1):
            _, y = self.place((10**self.left, 10**power))
            lines.append(_line((_LEFT, y), (_WIDE - _RIGHT, y), "#dddddd"))
            lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:g}</text>')
        return lines

    def linear(self) -> str:
        """The slope of what is linear."""
        decades = min(self.right - self.left, self.high - self.low)
        start, end = (10**self.left, 10**self.low), (10 ** (self.left + decades), 10 ** (self.low + decades))
        return _line(self.place(start), self.place(end), "#999999", ' stroke-dasharray="2 5"')


def _apart(heights: Sequence[float], least: float = 16) -> list[float]:
    """The heights of labels, moved down where two would overlap."""
    placed: dict[int, float] = {}
    last = -math.inf
    for at in sorted(range(len(heights)), key=heights.__getitem__):
        last = placed[at] = max(heights[at], last + least)
    return [placed[at] for at in range(len(heights))]


def _drawn(curve: Curve, scale: _Scale, colour: str, end: float) -> list[str]:
    places = [scale.place(point) for point in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places),
        f'<text x="{places[-1][0] + 10:.1f}" y="{end + 4:.1f}" fill="{colour}">{escape(curve.name)}</text>',
    ]


def _line(start: tuple[float, float], end: tuple[float, float], colour: str, more: str = "") -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'
