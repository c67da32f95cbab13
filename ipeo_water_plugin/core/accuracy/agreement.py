"""Two people's labels of the same points: how far they agree, and on which points they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..grid import Grid
from ..sampling.polygons import LabelledShape
from ..translation import tr
from .pairs import pixel_centres


@dataclass(frozen=True)
class Difference:
    """A point on which two people differ: ids of its two features, its place in the map's CRS, and whether the first calls it water."""

    ids: tuple[int, int]
    x: float
    y: float
    first_water: bool


@dataclass(frozen=True)
class Agreement:
    """How far two people agree.

    Attributes:
        counts: number of points by label of the first and of the second person, `counts[first][second]`, 0 = not water, 1 = water.
        differences: in the order of the first layer.
        single: number of points that only one of them labelled.
    """

    counts: tuple[tuple[int, int], tuple[int, int]]
    differences: tuple[Difference, ...]
    single: int

    @property
    def points(self) -> int:
        """Number of points that both labelled."""
        return sum(map(sum, self.counts))

    @property
    def least(self) -> int:
        """Number of points that one of them or both give the rarer class."""
        (neither, second), (first, both) = self.counts
        return first + second + min(neither, both)

    @property
    def share(self) -> float:
        """Share of them on which both agree."""
        return (self.counts[0][0] + self.counts[1][1]) / self.points

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: agreement beyond that of two who label at random with the same frequencies; None if only one class is used.

        Cohen 1960, doi 10.1177/001316446002000104.

        >>> round(Agreement(((20, 10), (5, 15)), (), 0).kappa, 3)
        0.4
        """
        table = np.array(self.counts) / self.points
        chance = float(table.sum(axis=0) @ table.sum(axis=1))
        return None if chance >= 1 else (self.share - chance) / (1 - chance)


def agreement(first: Sequence[LabelledShape], second: Sequence[LabelledShape], grid: Grid) -> Agreement:
    """Compare two people's labels, matched by the pixel that a point lies in. A pixel that one of them calls both counts as not labelled.

    Args:
        first, second: labelled points in the map's CRS.
        grid: of the map.

    Raises:
        InputError: no pixel has a label of both.
    """
    own, theirs = (_by_pixel(shapes, grid) for shapes in (first, second))
    counts, differences = np.zeros((2, 2), int), []
    for pixel, shape in own.items():
        other = theirs.get(pixel)
        if other is None:
            continue
        counts[int(shape.water), int(other.water)] += 1
        if shape.water != other.water:
            x, y = grid.to_crs(*np.array([pixel], np.float64).T + 0.5)[0].tolist()
            differences.append(Difference((shape.id, other.id), x, y, shape.water))
    if not counts.any():
        msg = tr("No point has a label in both layers: choose two copies of the same reference points, each labelled by one person.")
        raise InputError(msg)
    (a, b), (c, d) = counts.tolist()
    return Agreement(((a, b), (c, d)), tuple(differences), len(own.keys() ^ theirs.keys()))


def _by_pixel(shapes: Sequence[LabelledShape], grid: Grid) -> dict[tuple[int, ...], LabelledShape]:
    found: dict[tuple[int, ...], LabelledShape] = {}
    contradictory = set()
    for centre, shape in zip(np.floor(pixel_centres(grid, shapes)).astype(np.int64).tolist(), shapes):
        pixel = tuple(centre)
        if found.setdefault(pixel, shape).water != shape.water:
            contradictory.add(pixel)
    return {pixel: shape for pixel, shape in found.items() if pixel not in contradictory}
