"""Area of pixels in hectares, in any CRS."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from osgeo import osr

from ..errors import InputError
from ..grid import Grid, Window, format_extent
from ..translation import tr
from .reprojection import PointTransform, crs_name, reference_of

_HECTARE = 10_000.0

# Relative area distortion up to which planar areas are used. National grids and UTM stay below; Web Mercator at 50° doubles areas.
_DISTORTION = 0.005

# Ellipsoidal areas are computed for this many cells per side, and interpolated between their centres.
_CELLS = 32

# Multiplications at a time: their numbers stay in the processor's cache, and the product starts no threads, which would compete with those
# that read and write.
_CHUNK = 2**17


@dataclass(frozen=True, eq=False)
class PixelAreas:
    """Area of each pixel of a grid, in hectares.

    In a projected CRS all pixels have the same planar area, unless the projection distorts areas by more than 0.5 % somewhere on the grid.
    In that case, and in a geographic CRS, areas are those on the ellipsoid.

    Attributes:
        rows, columns: ascending pixel coordinates of the nodes at which areas are known; a single one if areas don't vary along that axis.
        values: area at the nodes in hectares, shape (rows, columns).
        corrected: whether ellipsoidal areas replace the planar ones of a projected CRS.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    corrected: bool = False

    @classmethod
    def from_grid(cls, grid: Grid, *, ellipsoidal: bool = False) -> PixelAreas:
        """Compute the areas.

        Args:
            grid: of the pixels.
            ellipsoidal: use ellipsoidal areas in every projected CRS, however small the distortion.

        Raises:
            InputError: the grid has no georeference, no known CRS, or one that its coordinates don't fit.
        """
        if grid.geotransform is None or not grid.crs:
            msg = tr("The raster has no known CRS or georeference, so the area of its pixels is unknown: assign one first.")
            raise InputError(msg)
        reference = reference_of(grid.crs)
        _, dx, rx, _, ry, dy = grid.geotransform
        middle = np.array([0.5])
        if reference.IsGeographic():
            _check_degrees(grid, reference)
        if reference.IsGeographic() and not rx and not ry:
            latitudes = grid.to_crs(np.zeros(grid.height + 1), np.arange(grid.height + 1.0))[:, 1] * reference.GetAngularUnits()
            # There is nothing beyond a pole, though pixels may be centred on it.
            latitudes = np.clip(latitudes, -math.pi / 2, math.pi / 2)
            areas = np.abs(np.diff(_area_to_equator(latitudes, reference))) * abs(dx) * reference.GetAngularUnits() / _HECTARE
            return cls(np.arange(grid.height) + 0.5, middle, areas[:, None])
        planar = abs(dx * dy - rx * ry) * reference.GetLinearUnits() ** 2 / _HECTARE
        flat = cls(middle, middle, np.array([[planar]]))
        if not reference.IsProjected() and not reference.IsGeographic():
            return flat
        rows, columns, values = _on_ellipsoid(grid, reference)
        # Part of the grid lies outside the projection's domain.
        if not np.isfinite(values).all():
            return flat
        if reference.IsProjected() and not ellipsoidal and np.abs(values / planar - 1).max() <= _DISTORTION:
            return flat
        return cls(rows, columns, values, corrected=bool(reference.IsProjected()))

    def of(self, window: Window) -> np.ndarray:
        """Return the areas of the pixels of a window of the grid, or beside it, in hectares; they broadcast to (height, width)."""
        rows = np.arange(window.row, window.bottom) + 0.5
        if len(self.columns) == 1:
            return self.at(np.full(window.height, 0.5), rows)[:, None]
        columns = np.arange(window.column, window.right) + 0.5
        return _matrix(self.rows, rows) @ self.values @ _matrix(self.columns, columns).T

    def at(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the area of pixels, in hectares, shape (n,).

        Args:
            columns, rows: pixel coordinates, shape (n,); 0.5 is the centre of the first pixel.
        """
        row, down = _between(self.rows, rows)
        column, across = _between(self.columns, columns)
        next_row, next_column = np.minimum(row + 1, len(self.rows) - 1), np.minimum(column + 1, len(self.columns) - 1)
        upper = self.values[row, column] * (1 - across) + self.values[row, next_column] * across
        lower = self.values[next_row, column] * (1 - across) + self.values[next_row, next_column] * across
        return upper * (1 - down) + lower * down

    def total(self, window: Window, chosen: np.ndarray) -> float:
        """Return the total area of the chosen pixels of a window, in hectares.

        Args:
            window: of the grid.
            chosen: which of its pixels, bool, shape (height, width).
        """
        if self.values.size == 1:
            return np.count_nonzero(chosen) * float(self.values[0, 0])
        if len(self.columns) == 1:
            return float(np.count_nonzero(chosen, axis=1) @ self.of(window)[:, 0])
        rows, columns = np.arange(window.row, window.bottom) + 0.5, np.arange(window.column, window.right) + 0.5
        # Bilinear interpolation is a product of matrices, of the few nodes around; the largest dimensions are summed first.
        down, across = _matrix(self.rows, rows), _matrix(self.columns, columns)
        near = across.any(axis=0)
        across, step = across[:, near], max(_CHUNK // (window.width * np.count_nonzero(near)), 1)
        parts = (slice(start, start + step) for start in range(0, window.height, step))
        return float(np.sum(sum(down[part].T @ (chosen[part].astype(np.float64) @ across) for part in parts) * self.values[:, near]))


def ellipsoidal_areas(grid: Grid) -> PixelAreas | None:
    """Return the areas of a grid's pixels on the ellipsoid; None if its CRS or georeference gives none."""
    try:
        return PixelAreas.from_grid(grid, ellipsoidal=True)
    except InputError:
        return None


def _check_degrees(grid: Grid, reference: osr.SpatialReference) -> None:
    """Check that coordinates in a geographic CRS are angles, which metres aren't if the raster was given the wrong CRS."""
    xmin, ymin, xmax, ymax = grid.extent
    right_angle, margin = math.pi / 2 / reference.GetAngularUnits(), max(grid.pixel_size or (0.0,))
    if max(-ymin, ymax) > right_angle + margin or max(-xmin, xmax) > 6 * right_angle + margin:
        msg = tr(
            "The coordinates of the raster, {span}, don't fit its CRS, {crs}, which counts in degrees, so the area of its pixels is "
            "unknown: assign the right CRS first."
        ).format(span=format_extent(grid.extent), crs=crs_name(grid.crs) or "–")
        raise InputError(msg)


def _between(nodes: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the node before each position, and the position as a fraction of the way to the next; extrapolates beyond the ends."""
    if len(nodes) == 1:
        return np.zeros(len(positions), np.int64), np.zeros(len(positions))
    before = np.clip(np.searchsorted(nodes, positions, side="right") - 1, 0, len(nodes) - 2)
    return before, (positions - nodes[before]) / (nodes[before + 1] - nodes[before])


def _matrix(nodes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the interpolation weights of the nodes at each position, shape (positions, nodes)."""
    before, towards = _between(nodes, positions)
    matrix = np.zeros((len(positions), len(nodes)))
    every = np.arange(len(positions))
    matrix[every, before] += 1 - towards
    matrix[every, np.minimum(before + 1, len(nodes) - 1)] += towards
    return matrix


def _area_to_equator(latitude: np.ndarray, reference: osr.SpatialReference) -> np.ndarray:
    """Return the area between the equator and a latitude (in radians), for one radian of longitude, in m².

    Snyder 1987, Map Projections, USGS PP 1395, equation 3-12, times a²/2.
    """
    major, flattening = reference.GetSemiMajor(), reference.GetInvFlattening()
    sine = np.sin(latitude)
    if not flattening:
        return major**2 * sine
    e = math.sqrt((2 - 1 / flattening) / flattening)
    return major**2 * (1 - e**2) / 2 * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)


def _on_ellipsoid(grid: Grid, reference: osr.SpatialReference) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Divide the grid into cells; return the centres of their rows and columns, and the mean ellipsoidal area of their pixels in ha."""
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
    y = _area_to_equator(places[:, 1], reference).reshape(rows.shape)

    def diagonal(start: tuple[slice, slice], end: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
        return (x[end] - x[start] + math.pi) % (2 * math.pi) - math.pi, y[end] - y[start]

    # In the plane of longitude and `_area_to_equator`, areas are true; that of a quadrilateral is half the product of its diagonals.
    (x1, y1), (x2, y2) = diagonal(np.s_[:-1, :-1], np.s_[1:, 1:]), diagonal(np.s_[:-1, 1:], np.s_[1:, :-1])
    pixels = np.diff(down)[:, None] * np.diff(across)[None]
    return (down[:-1] + down[1:]) / 2, (across[:-1] + across[1:]) / 2, np.abs(x1 * y2 - x2 * y1) / 2 / pixels / _HECTARE
