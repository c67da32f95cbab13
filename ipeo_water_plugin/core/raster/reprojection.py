"""Coordinate reference systems, and points from one to another: by PROJ, or by polynomials that are checked against it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence

import numpy as np
from osgeo import gdal, osr

from ..errors import InputError
from ..grid import Grid, Window
from ..translation import tr

# A tile of a grid has one polynomial for each coordinate; it is as wide as the windows that are read, and small enough for few terms.
_TILE = (512, 64)
_NODES = (6, 4)
# What a polynomial is off between its nodes is measured at further points; the largest that is found is taken this many times.
_SAFETY = 8.0
# Where even that isn't small, as at the edge of the Earth or at the antimeridian, tiles are halved, and in the end each point goes through
# PROJ.
_COARSE = 0.05
_FEW = 1024
# A centre that falls on a border belongs to the next pixel, however the last digits of a coordinate are rounded.
_ON_BORDER = 1e-6


def same_crs(one: str, other: str) -> bool:
    """Whether two WKT texts mean one CRS, whatever their axis order."""
    if one == other:
        return True
    first, second = osr.SpatialReference(), osr.SpatialReference()
    try:
        first.ImportFromWkt(one)
        second.ImportFromWkt(other)
        return bool(first.IsSame(second, ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES"]))
    except RuntimeError:
        return False


def crs_name(wkt: str) -> str:
    """Return the code of a CRS, else its name; "" where it is unknown."""
    reference = osr.SpatialReference()
    try:
        if not wkt or reference.ImportFromWkt(wkt):
            return ""
    except RuntimeError:
        return ""
    authority, code = reference.GetAuthorityName(None), reference.GetAuthorityCode(None)
    return f"{authority}:{code}" if authority and code else reference.GetName() or ""


def reference_of(crs: str) -> osr.SpatialReference:
    """Read a CRS from WKT; coordinates come as x, y or longitude, latitude.

    Raises:
        InputError: PROJ can't read it.
    """
    reference = osr.SpatialReference()
    try:
        failed = not crs or reference.ImportFromWkt(crs) != 0
    except RuntimeError:
        failed = True
    if failed:
        msg = tr("A CRS can't be read: {crs}. Set it anew (right-click the layer, Layer CRS, Set Layer CRS).").format(crs=crs[:80] or "–")
        raise InputError(msg)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


class PointTransform:
    """The way from one CRS to another.

    Raises:
        InputError: there is none, as between a CRS of the Earth and an engineering one.
    """

    def __init__(self, source: osr.SpatialReference, target: osr.SpatialReference) -> None:
        """Ask PROJ for the way."""
        with _quietly():
            try:
                self.transformation = osr.CoordinateTransformation(source, target)
                # Before GDAL 3.?, one that can't be made comes as an empty shell.
                found = self.transformation is not None and getattr(self.transformation, "this", None) is not None
            except RuntimeError:
                found = False
        if not found:
            here, there = (crs_name(reference.ExportToWkt()) or reference.GetName() for reference in (source, target))
            msg = tr("There is no way to reproject from {source} to {target}: check the CRS of both layers.").format(
                source=here, target=there
            )
            raise InputError(msg)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return points in the other CRS, ∞ where they have no place there; shape (n, 2) both."""
        with _quietly():
            try:
                return np.array(self.transformation.TransformPoints(points.tolist())).reshape(-1, 3)[:, :2]
            except RuntimeError:
                # Where the host has exceptions switched on and this GDAL no switch of the thread's own, one bad point costs all.
                return np.array([self._one(point) for point in points.tolist()]).reshape(-1, 2)

    def _one(self, point: Sequence[float]) -> tuple[float, float]:
        try:
            x, y, _ = self.transformation.TransformPoint(*point)
        except RuntimeError:
            return math.inf, math.inf
        return x, y


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Leave out what PROJ says of points that have no place, and the exceptions that QGIS switches on from 3.40 on."""
    with osr.ExceptionMgr(useExceptions=False) if hasattr(osr, "ExceptionMgr") else contextlib.nullcontext():
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            yield
        finally:
            gdal.PopErrorHandler()


class PixelLookup:
    """Which pixel of another grid lies at the centre of each pixel of a grid.

    A pixel gets the same answer whatever window it is asked for in: all is worked out in tiles that lie still on the grid.

    Args:
        grid: to read on.
        other: to read from. Both have georeference and CRS.

    Raises:
        InputError: there is no way from one CRS to the other.
    """

    def __init__(self, grid: Grid, other: Grid) -> None:
        """Find the way."""
        self._grid, self._other, self._way, self._turn = grid, other, None, 0.0
        if not same_crs(grid.crs, other.crs):
            target = reference_of(other.crs)
            self._way = PointTransform(reference_of(grid.crs), target)
            if target.IsGeographic():
                self._turn = 2 * math.pi / target.GetAngularUnits()
        middle = other.to_crs(np.array([other.width / 2]), np.array([other.height / 2]))
        self._middle = float(middle[0, 0])

    def at(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and rows of the other grid, int64, shape (height, width); −1 where the centre lies outside."""
        found = np.full((2, window.height, window.width), -1, np.int64)
        width, height = _TILE
        for top in range(window.row // height * height, window.row + window.height, height):
            for left in range(window.column // width * width, window.column + window.width, width):
                tile = Window(left, top, width, height).intersection(self._grid.window)
                part = None if tile is None else tile.intersection(window)
                if tile is None or part is None:
                    continue
                row, column = part.row - window.row, part.column - window.column
                down, across = part.row - tile.row, part.column - tile.column
                found[:, row : row + part.height, column : column + part.width] = self._tile(tile)[
                    :, down : down + part.height, across : across + part.width
                ]
        return found[0], found[1]

    def _tile(self, tile: Window) -> np.ndarray:
        columns = tile.column + 0.5 + np.arange(tile.width)
        rows = tile.row + 0.5 + np.arange(tile.height)
        found = self._approximate(tile, columns, rows)
        if found is None and tile.pixels > _FEW:
            return np.concatenate([self._tile(half) for half in tile.halves()], axis=2 if tile.width >= tile.height else 1)
        if found is None:
            places = self._lattice(columns, rows)
        else:
            places, off = found
            if off:
                at_row, at_column = np.nonzero((np.abs(places - np.rint(places)) <= off).any(axis=0))
                places[:, at_row, at_column] = self._exact(columns[at_column], rows[at_row]).T
        size = np.array([self._other.width, self._other.height])[:, None, None]
        with np.errstate(invalid="ignore"):
            inside = ((places >= 0) & (places < size)).all(axis=0)
        return np.where(inside, np.where(inside, places, 0).astype(np.int64), -1)

    def _approximate(self, tile: Window, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, float] | None:
        """Return pixel coordinates on the other grid, shape (2, height, width), and their largest error; None where that is too large."""
        if self._way is None:
            return self._lattice(columns, rows), 0.0
        spans = ((tile.column, tile.width, columns), (tile.row, tile.height, rows))
        nodes = [-np.cos((np.arange(count) + 0.5) * math.pi / count) for count in _NODES]
        tests = [np.linspace(-1, 1, count + 1) for count in _NODES]
        known, checked = (
            self._lattice(*(start + (points + 1) * length / 2 for (start, length, _), points in zip(spans, places)))
            for places in (nodes, tests)
        )
        finite = np.concatenate([np.isfinite(part).reshape(-1) for part in (known, checked)])
        if not finite.any():
            # Beyond the Earth's edge, or what the projection takes for it.
            return np.full((2, tile.height, tile.width), -np.inf), 0.0
        if not finite.all():
            return None
        # At Chebyshev's own nodes his polynomials are orthogonal, so that the terms are sums.
        down, across = (_chebyshev(points, len(points)).T * 2 / len(points) for points in reversed(nodes))
        terms = down @ known @ across.T
        terms[:, 0] /= 2
        terms[:, :, 0] /= 2
        here = [2 * (pixels - start) / length - 1 for start, length, pixels in spans]
        fitted, places = (_chebyshev(down, _NODES[1]) @ terms @ _chebyshev(across, _NODES[0]).T for across, down in (tests, here))
        off = _SAFETY * float(np.abs(fitted - checked).max()) + _ON_BORDER
        if off <= _COARSE:
            return places, off
        size = np.array([self._other.width, self._other.height])
        beside = (places.max(axis=(1, 2)) + off < 0) | (places.min(axis=(1, 2)) - off > size)
        return (np.full_like(places, -np.inf), 0.0) if beside.any() else None

    def _lattice(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return pixel coordinates on the other grid where columns and rows of the grid cross, shape (2, rows, columns)."""
        across, down = np.meshgrid(columns, rows)
        return np.moveaxis(self._exact(across.reshape(-1), down.reshape(-1)).reshape(*across.shape, 2), -1, 0)

    def _exact(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return pixel coordinates on the other grid of pixel coordinates on the grid, shape (n, 2); ∞ or NaN where there are none."""
        points = self._grid.to_crs(columns, rows)
        if self._way is not None:
            points = self._way(points)
        with np.errstate(invalid="ignore"):
            if self._turn:
                points[:, 0] -= self._turn * np.round((points[:, 0] - self._middle) / self._turn)
            return self._other.to_pixels(points[:, 0], points[:, 1]) + _ON_BORDER


def _chebyshev(positions: np.ndarray, count: int) -> np.ndarray:
    """Return the first Chebyshev polynomials at positions in −1…1, shape (positions, count)."""
    return np.asarray(np.cos(np.arange(count) * np.arccos(positions)[:, None]))
