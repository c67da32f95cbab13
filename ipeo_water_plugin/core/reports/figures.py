"""Charts as plain SVG: axes with labels, lines, bars and dots.

Each element has a class for what it shows (`water`, `other`, `rule`, …); the page's style sheet sets the colours, light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Union

import numpy as np

from ..model import log_odds
from ..system.redaction import redacted

HALF, FULL = (400, 320), (820, 300)
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 14, 18, 46
_TICK = 5

_Values = Union[float, Sequence[float], np.ndarray]


@dataclass(frozen=True)
class Scale:
    """Scale of an axis.

    Attributes:
        low, high: ends of the axis, as values.
        ticks: values and their labels.
        transform: maps values to evenly spaced ones, such as a logarithm.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    transform: Callable[[np.ndarray], np.ndarray] = np.positive

    @classmethod
    def linear(cls, low: float, high: float) -> Scale:
        """Return a linear scale with round ticks; `low` and `high` are its ends."""
        values = round_ticks(low, high, 5)
        step = values[1] - values[0] if len(values) > 1 else 1.0
        return cls(low, high, tuple((v, number(v, step)) for v in values))

    @classmethod
    def logarithmic(cls, low: float, high: float, *, percent: bool = False) -> Scale:
        """Return a logarithmic scale with ticks at powers of ten.

        Args:
            low, high: values to be included.
            percent: label ticks in percent.
        """
        first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
        every = max(1, math.ceil((last - first) / 6))
        powers = [10.0**k for k in range(first, last + 1, every)]
        return cls(10.0**first, 10.0**last, tuple((v, f"{100 * v:g} %" if percent else power(v)) for v in powers), np.log10)

    @classmethod
    def probability(cls) -> Scale:
        """Return a scale that is linear in log-odds."""
        values = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
        return cls(values[0], values[-1], tuple((v, f"{v:.12g}") for v in values), log_odds)

    def place(self, values: _Values) -> np.ndarray:
        """Return positions along the axis, from 0 to 1; values outside are moved to its ends."""
        clipped = np.clip(np.asarray(values, np.float64), self.low, self.high)
        low, high = self.transform(np.array([self.low, self.high]))
        return (self.transform(clipped) - low) / (high - low)


class Figure:
    """A pair of axes to draw on, of a width and height in pixels; coordinates are values of the scales."""

    def __init__(self, size: tuple[int, int], x: Scale, y: Scale, x_label: str, y_label: str) -> None:
        self._size, self._x, self._y = size, x, y
        self._parts: list[str] = []
        left, right, top, bottom = _LEFT, size[0] - _RIGHT, _TOP, size[1] - _BOTTOM
        self._box = (left, top, right, bottom)
        for value, label in y.ticks:
            at = self._down(value)
            self._path("grid", f"M{left} {at:.1f}H{right}")
            self._text(left - _TICK - 3, at + 4, label, "tick", "end")
        for value, label in x.ticks:
            at = self._across(value)
            self._path("axis", f"M{at:.1f} {bottom}v{_TICK}")
            self._text(at, bottom + _TICK + 14, label, "tick", "middle")
        self._path("axis", f"M{left} {bottom}H{right}")
        self._text((left + right) / 2, size[1] - 6, x_label, "label", "middle")
        turned = f"translate(13 {(top + bottom) / 2}) rotate(-90)"
        self._parts.append(f'<text class="label" transform="{turned}" text-anchor="middle">{drawn_text(y_label)}</text>')

    def _across(self, x: _Values) -> np.ndarray:
        left, _, right, _ = self._box
        return left + self._x.place(x) * (right - left)

    def _down(self, y: _Values) -> np.ndarray:
        _, top, _, bottom = self._box
        return bottom - self._y.place(y) * (bottom - top)

    def _points(self, x: _Values, y: _Values) -> list[str]:
        return [f"{across:.1f} {down:.1f}" for across, down in zip(self._across(x).tolist(), self._down(y).tolist())]

    def _path(self, kind: str, drawn: str) -> None:
        self._parts.append(f'<path class="{kind}" d="{drawn}"/>')

    def line(self, x: _Values, y: _Values, kind: str) -> None:
        """Draw a line through points.

        Args:
            x, y: coordinates, shape (n,).
            kind: style class, here and below.
        """
        self._path(f"line {kind}", f"M{'L'.join(self._points(x, y))}")

    def band(self, x: _Values, one: _Values, other: _Values, kind: str) -> None:
        """Fill the area between two lines over the same x.

        Args:
            x: coordinates, shape (n,).
            one, other: heights of the lines, shape (n,).
        """
        self._path(f"band {kind}", f"M{'L'.join([*self._points(x, one), *reversed(self._points(x, other))])}Z")

    def bars(self, edges: np.ndarray, heights: np.ndarray, kind: str) -> None:
        """Draw bars from 0.

        Args:
            edges: shape (bars + 1,).
            heights: shape (bars,).
        """
        foot, across, tops = self._down(0.0), self._across(edges), self._down(heights)
        corners = zip(heights, across[:-1] + 0.5, across[1:] - 0.5, tops)
        bars = (f"M{left:.1f} {foot:.1f}V{top:.1f}H{right:.1f}V{foot:.1f}Z" for height, left, right, top in corners if height)
        self._path(f"bar {kind}", "".join(bars))

    def dots(self, x: _Values, y: _Values, kind: str, radius: _Values = 4.5) -> None:
        """Draw dots.

        Args:
            x, y: coordinates, shape (n,).
            radius: in pixels, for all or each.
        """
        radii = np.broadcast_to(np.asarray(radius, np.float64), np.shape(x)).tolist()
        for point, r in zip(self._points(x, y), radii):
            across, down = point.split()
            self._parts.append(f'<circle class="dot {kind}" cx="{across}" cy="{down}" r="{r:.1f}"/>')

    def mark(self, x: float, label: str, *, leftwards: bool = False, foot: bool = False, row: int = 0) -> None:
        """Draw a vertical line with a label.

        Args:
            x: coordinate.
            label: on its right or left, at its top or foot.
            row: moves the label inwards by as many lines.
        """
        _, top, _, bottom = self._box
        at = self._across(x)
        down = bottom - 9 - 16 * row if foot else top + 10 + 16 * row
        self._path("mark", f"M{at:.1f} {top}V{bottom}")
        self._text(at + (-6 if leftwards else 6), down, label, "note", "end" if leftwards else "start")

    def note(self, x: float, y: float, text: str, kind: str, *, anchor: str = "start", shift: tuple[float, float] = (0, 0)) -> None:
        """Write a label beside a point.

        Args:
            x, y: coordinates of the point.
            text: the label.
            shift: pixels to the right and down.
        """
        self._text(self._across(x) + shift[0], self._down(y) + shift[1], text, f"note {kind}", anchor)

    def _text(self, x: float | np.ndarray, y: float | np.ndarray, text: str, kind: str, anchor: str) -> None:
        self._parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{drawn_text(text)}</text>')

    def svg(self, description: str) -> str:
        """Return the chart; screen readers read its description."""
        return svg(self._size, "".join(self._parts), description)


def drawn_text(text: str) -> str:
    """Return a text for use in a drawing: without credentials, which names of bodies and layers may hold, and escaped."""
    return escape(redacted(text))


def svg(size: tuple[int, int], content: str, description: str) -> str:
    """Return an SVG element with a description for screen readers.

    Args:
        size: width and height in pixels.
        content: SVG elements.
        description: plain text.
    """
    width, height = size
    attributes = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{drawn_text(description)}"'
    return f"<svg {attributes}>{content}</svg>"


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """Return round values from low to high.

    Args:
        low, high: limits.
        count: approximate number of values.
    """
    span = high - low
    if not span > 0:
        return [low]
    raw = span / count
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(scale * m for m in (1, 2, 2.5, 5, 10) if scale * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def spread(heights: Sequence[float], gap: float, low: float) -> list[float]:
    """Return heights for labels that don't overlap, close to the given ones and in the same order.

    Args:
        heights: wanted ones, shape (n,).
        gap: minimum distance.
        low: minimum height.
    """
    placed = [0.0] * len(heights)
    floor = low
    for index in sorted(range(len(heights)), key=lambda k: (heights[k], -k)):
        placed[index] = max(heights[index], floor)
        floor = placed[index] + gap
    return placed


def number(value: float, step: float) -> str:
    """Format a number with as many decimals as the tick spacing needs.

    Args:
        value: the number.
        step: spacing of the ticks.
    """
    decimals = max(0, -math.floor(math.log10(abs(step)) + 1e-9)) if step else 0
    if round(step * 10**decimals, 6) != round(step * 10**decimals):
        decimals += 1
    text = f"{value:,.{decimals}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return minus(text)


def minus(text: str) -> str:
    """Replace hyphens by minus signs."""
    return text.replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """Format a fraction in percent: with one decimal from 1 % on, and two significant digits below."""
    value = 100 * share
    if 0 < value < 0.01:
        return "<\N{NO-BREAK SPACE}0.01\N{NO-BREAK SPACE}%"
    text = f"{value:.2g}" if value < 1 else f"{value:.1f}" if value < 99.95 else f"{value:.4g}"
    return f"{text}\N{NO-BREAK SPACE}%"


def count(value: float) -> str:
    """Format a number of things, with separated thousands."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def hectares(value: float) -> str:
    """Format an area in hectares, to three digits below a thousand."""
    return count(value) if value >= 1000 else f"{value:.3g}"


def power(value: float) -> str:
    """Format a power of ten."""
    exponent = round(math.log10(value))
    if -3 <= exponent <= 4:
        return f"{value:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
