"""Smooth shores: the contour of p at the threshold, between pixel centres, found strip by strip (marching squares). numpy alone.

A cell is the square between the centres of four pixels. Where a side of it leads from a pixel inside a body to one outside, the shore
crosses it where p, interpolated between them, equals the threshold. Centres of water pixels lie inside, and all other centres outside, so
the contour has the bodies, holes and islands of the pixels. Towards NoData and the raster's edge, nothing can be interpolated: there the
shore follows the pixels' edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Corners of a cell, clockwise from the upper left one, as (row, column); side k leads from corner k to the next.
_CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])

# Nearest that a shore comes to the centre of a pixel, in pixels: lines that meet in a point would make outlines invalid.
_APART = 1e-3

# Instead of 0, before dividing.
_TINY = 1e-9

# Shares of p's second differences in the interpolation of a crossing, along its side of the cell and across. The first counters the error
# of linear interpolation between a pixel wholly of water and one partly, the second the shrinking of convex shores; both numbers were found
# on discs with radii of 5 to 45 pixels, and hold up to 250 (benchmarks/shores.py). Corners stay rounded, each by a seventh of a pixel's
# area. Where p changes evenly, neither number matters.
_ALONG, _ACROSS = 0.25, -0.16


def _segments_of(code: int, *, joined: bool) -> list[tuple[int, int, int]]:
    """Return the segments of a cell as (side of the start, side of the end, corner that it cuts off or −1), with water on their right.

    Args:
        code: sum of 2ᵏ over the corners inside.
        joined: opposite corners are connected.
    """
    inside = [bool(code >> k & 1) for k in range(4)]
    if code in {5, 10}:
        return [((k - 1) % 4, k, k) if joined else (k, (k - 1) % 4, k) for k in range(4) if inside[k] is not joined]
    last = [k for k in range(4) if inside[k] and not inside[(k + 1) % 4]]
    first = [k for k in range(4) if inside[k] and not inside[k - 1]]
    return [(stop, (start - 1) % 4, -1) for start, stop in zip(first, last)]


@dataclass(frozen=True, eq=False)
class Shore:
    """Segments of shores, in pixel coordinates; the water is on their right, seen on the screen.

    Attributes:
        start, stop: numbers of the crossings that each connects, shape (n,), int64; each crossing is the start of one segment and the end
            of another.
        points: start, the point between that the segment passes, and end, each as column and row, shape (n, 3, 2).
        bent: whether it passes the point between; else it is straight, shape (n,).
        wet, dry: labels on the right and on the left, shape (n,).
        gain: area in pixels that the wet label gains, and the dry one loses, against the outline along pixel edges, shape (n,).
    """

    start: np.ndarray
    stop: np.ndarray
    points: np.ndarray
    bent: np.ndarray
    wet: np.ndarray
    dry: np.ndarray
    gain: np.ndarray


class ShoreFinder:
    """Finds the shore of labelled pixels, strip by strip.

    Args:
        width, height: of the raster.
        threshold: pixels at or above it are water.
        diagonal: whether pixels connect across corners too.
    """

    def __init__(self, width: int, height: int, threshold: float, *, diagonal: bool) -> None:
        self._height, self._threshold, self._width = height, threshold, width + 4
        table = [_segments_of(code, joined=diagonal) for code in range(16)]
        self._counts = np.array([len(segments) for segments in table])
        self._firsts = np.cumsum(self._counts) - self._counts
        self._table = np.array([segment for segments in table for segment in segments])
        # What follows has two more pixels on each side of the raster, outside and without a value.
        self._row = 0
        blank = np.zeros((2, width))
        self._above = self._padded(blank.astype(np.int32), blank.astype(np.float32), blank > 0)

    def _padded(self, labels: np.ndarray, values: np.ndarray, valid: np.ndarray | None) -> tuple[np.ndarray, ...]:
        known = np.ones(values.shape, bool) if valid is None else valid
        return tuple(np.pad(array, ((0, 0), (2, 2))) for array in (labels, values, known))

    def add(self, labels: np.ndarray, values: np.ndarray, valid: np.ndarray | None) -> Shore:
        """Return the shore down to the middle of the row before the strip's last one; at the last strip, all of the rest.

        Args:
            labels: above 0 inside bodies, shape (rows, columns), of the next strip.
            values: p(water), in the same shape.
            valid: where p is known; None = everywhere.
        """
        parts = [self._above, self._padded(labels, values, valid)]
        # The padded raster's row that comes first.
        first = max(self._row - 1, 0)
        self._row += len(labels)
        if self._row == self._height:
            parts.append(tuple(np.zeros((2, self._width), array.dtype) for array in self._above))
        labels, values, valid = (np.concatenate(arrays) for arrays in zip(*parts))
        self._above = tuple(array[-3:].copy() for array in (labels, values, valid))
        return self._shore(labels, values, valid, first)

    def _shore(self, labels: np.ndarray, values: np.ndarray, valid: np.ndarray, first: int) -> Shore:
        """Return the segments between rows of pixels, all but the outer two, the first of which is the padded raster's `first`."""
        inside = (labels[1:-1] > 0).astype(np.uint8)
        code = inside[:-1, :-1] | inside[:-1, 1:] << 1 | inside[1:, 1:] << 2 | inside[1:, :-1] << 3
        row, column = np.nonzero((code > 0) & (code < 15))
        count = self._counts[code[row, column]]
        cell = np.repeat(np.arange(len(row)), count)
        number = np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)
        start, stop, cut = self._table[self._firsts[code[row, column]][cell] + number].T
        row, column = 1 + row[cell], column[cell]
        corners = row[:, None] + _CORNERS[:, 0], column[:, None] + _CORNERS[:, 1]
        known, label = valid[corners], labels[corners]
        p = _interpolated(values, valid, *corners)
        every = np.arange(len(row))
        ends = []
        # With water on the right, a segment starts after the last corner inside, clockwise, and ends before the first.
        for side, wet, dry in ((start, start, (start + 1) % 4), (stop, (stop + 1) % 4, stop)):
            both = np.flatnonzero(known[every, wet] & known[every, dry])
            # Sides 0 and 2 are horizontal.
            way = (side[both] + 1) % 2
            above = np.maximum(p[way, both, wet[both]] - self._threshold, _TINY)
            below = np.maximum(self._threshold - p[way, both, dry[both]], _TINY)
            towards = np.full(len(row), 0.5)
            towards[both] = np.clip(above / (above + below), _APART, 1 - _APART)
            ends.append((side, _CORNERS[wet] + towards[:, None] * (_CORNERS[dry] - _CORNERS[wet])))
        bent = ~known.all(axis=1)
        # Two segments in a cell must not touch, so each stays nearer to the corner that it cuts off.
        between = np.where(cut[:, None] < 0, 0.5, 0.5 + 2 * _APART * (_CORNERS[cut] - 0.5))
        between = np.where(bent[:, None], between, (ends[0][1] + ends[1][1]) / 2)
        middle = [(_CORNERS[side] + _CORNERS[(side + 1) % 4]) / 2 for side, _ in ends]
        loop = [ends[0][1], between, ends[1][1], middle[1], np.full_like(between, 0.5), middle[0]]
        gain = sum(a[:, 1] * b[:, 0] - a[:, 0] * b[:, 1] for a, b in zip(loop, [*loop[1:], loop[0]])) / 2
        # The centre of the raster's first pixel, which is the third one with the padding, is at 0.5.
        origin = np.stack([first + row, column], axis=1) - 1.5
        points = np.stack([ends[0][1], between, ends[1][1]], axis=1) + origin[:, None]
        ids = [2 * ((first + row + (side == 2)) * self._width + column + (side == 1)) + side % 2 for side, _ in ends]
        return Shore(ids[0], ids[1], points[:, :, ::-1], bent, label[every, start], label[every, (start + 1) % 4], gain)


def _interpolated(values: np.ndarray, valid: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return p for interpolation down and across, float64, shape (2, n, 4)."""
    p = values[row, column].astype(np.float64)
    down = sum((values[i, column] - p) * valid[i, column] for i in (row - 1, row + 1))
    across = sum((values[row, j] - p) * valid[row, j] for j in (column - 1, column + 1))
    return np.stack([p + _ALONG * down + _ACROSS * across, p + _ALONG * across + _ACROSS * down])
