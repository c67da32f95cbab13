"""How large pixels are, in hectares, whatever the CRS."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from osgeo import osr

from ..errors import InputError
from ..grid import Grid, Window
from ..translation import tr
from .reprojection import PointTransform, reference_of

_HECTARE = 10_000.0

# National and UTM grids stretch areas by less, and are made to be measured on; Web Mercator at 50° more than doubles them.
_DISTORTION = 0.005

# Cells a side in which areas on the ellipsoid are worked out; between their centres they are interpolated.
_CELLS = 32


@dataclass(frozen=True, eq=False)
class PixelAreas:
    """Area of each pixel of a grid in hectares.

    In a projected CRS all pixels count the same, unless the projection stretches areas by more than 0.5 % somewhere on the grid. Then, and
    in a geographic CRS, areas are those on the CRS' ellipsoid.

    Attributes:
        rows, columns: pixel coordinates of the nodes at which areas are known, rising; a single one where areas don't differ along it.
        values: area at the nodes, shape (rows, columns).
        corrected: whether the planar areas of a projected CRS were set aside for those on the ellipsoid.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    corrected: bool = False

    @classmethod
    def from_grid(cls, grid: Grid, *, ellipsoidal: bool = False) -> PixelAreas:
        """Work out the areas.

        Args:
            grid: of the pixels.
            ellipsoidal: take areas on the ellipsoid in every projected CRS, however little it stretches them.

        Raises:
            InputError: the grid has no georeference or no known CRS.
        """
        if grid.geotransform is None or not grid.crs:
            msg = tr("The raster has no known CRS or georeference, so the area of its pixels isn't known: assign one first.")
            raise InputError(msg)
        reference = reference_of(grid.crs)
        _, dx, rx, _, ry, dy = grid.geotransform
        middle = np.array([0.5])
        if reference.IsGeographic() and not rx and not ry:
            latitudes = grid.to_crs(np.zeros(grid.height + 1), np.arange(grid.height + 1.0))[:, 1] * reference.GetAngularUnits()
            areas = np.abs(np.diff(_area_to_pole(latitudes, reference))) * abs(dx) * reference.GetAngularUnits() / _HECTARE
            return cls(np.arange(grid.height) + 0.5, middle, areas[:, None])
        planar = abs(dx * dy - rx * ry) * reference.GetLinearUnits() ** 2 / _HECTARE
        flat = cls(middle, middle, np.array([[planar]]))
        if not reference.IsProjected() and not reference.IsGeographic():
            return flat
        rows, columns, values = _on_ellipsoid(grid, reference)
        # Beyond the edge of a projection there is nothing to measure on.
        if not np.isfinite(values).all():
            return flat
        if reference.IsProjected() and not ellipsoidal and np.abs(values / planar - 1).max() <= _DISTORTION:
            return flat
        return cls(rows, columns, values, corrected=bool(reference.IsProjected()))

    def at(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the area of the pixels at pixel coordinates (0.5 = centre of the first pixel), shape (n,)."""
        row, down = _between(self.rows, rows)
        column, across = _between(self.columns, columns)
        next_row, next_column = np.minimum(row + 1, len(self.rows) - 1), np.minimum(column + 1, len(self.columns) - 1)
        upper = self.values[row, column] * (1 - across) + self.values[row, next_column] * across
        lower = self.values[next_row, column] * (1 - across) + self.values[next_row, next_column] * across
        return upper * (1 - down) + lower * down

    def total(self, window: Window, chosen: np.ndarray) -> float:
        """Return the area of the chosen pixels of a window.

        Args:
            window: of the grid.
            chosen: which of its pixels, bool, shape (height, width).
        """
        rows = np.arange(window.row, window.row + window.height) + 0.5
        if len(self.columns) == 1:
            return float(np.count_nonzero(chosen, axis=1) @ self.at(np.full(window.height, 0.5), rows))
        columns = np.arange(window.column, window.column + window.width) + 0.5
        # Bilinear interpolation is a product of matrices, and the one over all pixels comes first.
        down, across = _matrix(self.rows, rows), _matrix(self.columns, columns)
        return float(np.sum((down.T @ (chosen @ across)) * self.values))


def _between(nodes: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The node before each position and how far the position lies towards the next, beyond the ends too."""
    if len(nodes) == 1:
        return np.zeros(len(positions), np.int64), np.zeros(len(positions))
    before = np.clip(np.searchsorted(nodes, positions, side="right") - 1, 0, len(nodes) - 2)
    return before, (positions - nodes[before]) / (nodes[before + 1] - nodes[before])


def _matrix(nodes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Weights of the nodes at each position, shape (positions, nodes)."""
    before, towards = _between(nodes, positions)
    matrix = np.zeros((len(positions), len(nodes)))
    every = np.arange(len(positions))
    matrix[every, before] += 1 - towards
    matrix[every, np.minimum(before + 1, len(nodes) - 1)] += towards
    return matrix


def _area_to_pole(latitude: np.ndarray, reference: osr.SpatialReference) -> np.ndarray:
    """Area between the equator and a latitude (radians), a radian of longitude wide, in m².

    The integral of the radii of curvature over the ellipsoid: Snyder 1987, Map Projections, USGS PP 1395, equation 3-12, times a²/2.
    """
    major, flattening = reference.GetSemiMajor(), reference.GetInvFlattening()
    sine = np.sin(latitude)
    if not flattening:
        return major**2 * sine
    e = math.sqrt((2 - 1 / flattening) / flattening)
    return major**2 * (1 - e**2) / 2 * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)


def _on_ellipsoid(grid: Grid, reference: osr.SpatialReference) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut the grid into cells and return the centres of their rows and columns, and a pixel's mean area on the ellipsoid in each, in ha."""
    down = np.linspace(0, grid.height, min(grid.height, _CELLS) + 1)
    across = np.linspace(0, grid.width, min(grid.width, _CELLS) + 1)
    columns, rows = np.meshgrid(across, down)
    points = grid.to_crs(columns.reshape(-1), rows.reshape(-1))
    degrees = reference.CloneGeogCS()
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    places = PointTransform(reference, degrees)(points) * degrees.GetAngularUnits()
    if not np.isfinite(places).all():
        return down[:1], across[:1], np.array([[math.nan]])
    x = places[:, 0].reshape(rows.shape)
    y = _area_to_pole(places[:, 1], reference).reshape(rows.shape)
    # In longitude and area-to-the-pole, areas are those of the plane.
    corners = [
        (slice(None, -1), slice(None, -1)),
        (slice(None, -1), slice(1, None)),
        (slice(1, None), slice(1, None)),
        (slice(1, None), slice(None, -1)),
    ]
    first = x[corners[0]], y[corners[0]]
    ring = [((x[c] - first[0] + math.pi) % (2 * math.pi) - math.pi, y[c] - first[1]) for c in corners]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]]))
    pixels = np.diff(down)[:, None] * np.diff(across)[None]
    return (down[:-1] + down[1:]) / 2, (across[:-1] + across[1:]) / 2, np.abs(twice) / 2 / pixels / _HECTARE
