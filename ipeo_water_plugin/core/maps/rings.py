"""Closed outlines from the segments of smooth shores, traced strip by strip and kept in a file until they are read."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import RasterError
from ..grid import Grid
from ..translation import tr
from .shores import Shore

# Bytes of a point.
_POINT = 16


@dataclass(frozen=True, eq=False)
class _Chains:
    """Lines made of segments, in pixel coordinates.

    Attributes:
        start, stop: crossings at the ends, shape (n,).
        label: of the water, shape (n,).
        length: number of points of each, its end left out, shape (n,).
        points: of all, shape (sum of length, 2).
    """

    start: np.ndarray
    stop: np.ndarray
    label: np.ndarray
    length: np.ndarray
    points: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """Return the index of the first point of each."""
        return np.cumsum(self.length) - self.length

    @classmethod
    def from_shore(cls, shore: Shore) -> _Chains:
        """Make a chain of each segment."""
        chosen = np.ones((len(shore.start), 2), bool)
        chosen[:, 1] = shore.bent
        return cls(shore.start, shore.stop, shore.wet.astype(np.int64), chosen.sum(axis=1), shore.points[:, :2][chosen])

    def __add__(self, other: _Chains) -> _Chains:
        pairs = zip(vars(self).values(), vars(other).values())
        return _Chains(*(np.concatenate(pair) for pair in pairs))

    def joined(self) -> tuple[_Chains, np.ndarray]:
        """Connect ends to starts; return the longer chains, and which of them are closed."""
        order = np.argsort(self.start)
        place = np.minimum(np.searchsorted(self.start, self.stop, sorter=order), max(len(order) - 1, 0))
        following = order[place]
        following = np.where(self.start[following] == self.stop, following, np.arange(len(order)))
        order, first = chained(following)
        lengths = self.length[order]
        stops = np.cumsum(self.length)
        index = np.repeat(stops[order] - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
        last = np.append(first[1:], len(order))[: len(first)] - 1
        length = np.add.reduceat(lengths, first) if len(first) else lengths
        start, stop = self.start[order[first]], self.stop[order[last]]
        return _Chains(start, stop, self.label[order[first]], length, self.points[index]), start == stop

    def chosen(self, chosen: np.ndarray) -> _Chains:
        """Return some of the chains."""
        points = self.points[np.repeat(chosen, self.length)]
        return _Chains(self.start[chosen], self.stop[chosen], self.label[chosen], self.length[chosen], points)


def chained(following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put the nodes of chains and cycles in order, by pointer jumping; return them, and where in them each chain begins.

    A cycle begins anywhere.

    Args:
        following: the node after each, itself at the end of a chain, shape (n,). Only an end and the one before it have the same.

    Example:
        >>> chained(np.array([2, 1, 0, 1]))
        (array([3, 1, 0, 2]), array([0, 2]))
    """
    nodes = np.arange(len(following))
    # The smallest node ahead tells cycles apart, and −1 that there is an end.
    least, jump = np.where(following == nodes, -1, nodes), following
    while not np.array_equal(lower := np.minimum(least, least[jump]), least):
        least, jump = lower, jump[jump]
    # A cycle ends before its smallest node.
    jump = np.where((least >= 0) & (following == least), nodes, following)
    distance = (jump != nodes).astype(np.int64)
    while not np.array_equal(further := jump[jump], jump):
        distance += distance[jump]
        jump = further
    order = np.lexsort((-distance, jump))
    return order, np.flatnonzero(np.diff(jump[order], prepend=-1))


class RingFile:
    """Outlines of bodies in a file, as rings of coordinates; only where each is in it takes memory.

    Args:
        path: of the file.
        grid: of the raster.
    """

    def __init__(self, path: Path, grid: Grid) -> None:
        self._path, self._grid, self._points = path, grid, 0
        none = np.zeros(0, np.int64)
        self._open = _Chains(none, none, none, none, np.zeros((0, 2)))
        self._label, self._first, self._length = [none], [none], [none]
        self._hole = [np.zeros(0, bool)]

    def add(self, shore: Shore) -> None:
        """Add the next strip's shore, and write the rings that are closed by it, or raise RasterError."""
        chains, closed = (self._open + _Chains.from_shore(shore)).joined()
        self._open = chains.chosen(~closed)
        rings = _without_straight_points(chains.chosen(closed))
        points = self._grid.to_crs(rings.points[:, 0], rings.points[:, 1])
        try:
            with self._path.open("ab") as file:
                file.write(points.tobytes())
        except OSError as error:
            msg = tr("The outlines can't be drawn: {error}").format(error=error)
            raise RasterError(msg) from error
        self._label.append(rings.label)
        self._length.append(rings.length)
        self._first.append(self._points + rings.first)
        self._hole.append(_twice_area(rings) < 0)
        self._points += len(points)

    def polygons(self, count: int) -> Iterator[list[np.ndarray]]:
        """Yield the rings of each of so many bodies, the outer one first, as closed lines of x and y, each of shape (points, 2)."""
        label, first, length, hole = map(np.concatenate, (self._label, self._first, self._length, self._hole))
        order = np.lexsort((first, hole, label))
        bounds = np.searchsorted(label[order], np.arange(1, count + 2))
        place = np.stack([first, length], axis=1)[order] * _POINT
        try:
            with self._path.open("rb") as file:
                for start, stop in zip(bounds[:-1], bounds[1:]):
                    yield [_read_ring(file, *ring) for ring in place[start:stop].tolist()]
        except OSError as error:
            msg = tr("The outlines can't be read back: {error}").format(error=error)
            raise RasterError(msg) from error


def _read_ring(file: BinaryIO, first: int, length: int) -> np.ndarray:
    """Return a closed ring, shape (points, 2), from its place in the file, both in bytes."""
    file.seek(first)
    points = np.frombuffer(file.read(length)).reshape(-1, 2)
    return np.append(points, points[:1], axis=0)


def multipolygon(rings: list[np.ndarray]) -> bytes:
    """Return one polygon, as closed rings of shape (points, 2) with the outer one first, as the WKB of a multipolygon."""
    lines = [struct.pack("<I", len(ring)) + ring.astype("<f8").tobytes() for ring in rings]
    return struct.pack("<BIIBII", 1, 6, 1, 1, 3, len(rings)) + b"".join(lines)


def _neighbours(rings: _Chains) -> tuple[np.ndarray, np.ndarray]:
    """Return the points before and after each, around its ring."""
    before, after = np.arange(-1, len(rings.points) - 1), np.arange(1, len(rings.points) + 1)
    last = rings.first + rings.length - 1
    before[rings.first], after[last] = last, rings.first
    return rings.points[before], rings.points[after]


def _twice_area(rings: _Chains) -> np.ndarray:
    """Return twice the area of each ring, negative if it turns left on the screen, shape (rings,)."""
    if not len(rings.length):
        return np.zeros(0)
    # Relative to each ring's first point, so that the differences of large products stay exact.
    _, after = _neighbours(rings)
    origin = np.repeat(rings.points[rings.first], rings.length, axis=0)
    (x, y), (u, v) = (rings.points - origin).T, (after - origin).T
    return np.add.reduceat(x * v - u * y, rings.first)


def _without_straight_points(rings: _Chains) -> _Chains:
    """Leave out points on a straight line between their neighbours, such as all along NoData."""
    before, after = _neighbours(rings)
    (x, y), (u, v) = (rings.points - before).T, (after - rings.points).T
    kept = x * v != u * y
    length = np.add.reduceat(kept, rings.first, dtype=np.int64) if len(rings.length) else rings.length
    return _Chains(rings.start, rings.stop, rings.label, length, rings.points[kept])
