"""Coordinate reference systems, and reprojection of points by PROJ, or by polynomials checked against it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence

import numpy as np
from osgeo import gdal, osr

from ..errors import InputError
from ..grid import Grid, Window
from ..translation import tr
from .gdal_errors import quietly
from .windows import Reopenable

# Columns and rows of a tile, which has one polynomial per coordinate, and degrees of the polynomials plus 1 along each axis.
_TILE = (512, 64)
_NODES = (6, 4)
# The error of a polynomial is measured between its nodes; the largest is multiplied by this.
_SAFETY = 8.0
# Tiles with a larger error, in pixels, are halved, as at the edge of the projection or the antimeridian; small ones are left to PROJ.
_MAX_ERROR = 0.05
_MIN_TILE_PIXELS = 1024
# A pixel centre on a border belongs to the next pixel, regardless of rounding; in pixels.
ON_BORDER = 1e-6
# About a metre on the ground, in degrees.
_METRE = 1e-5
# Coordinates beyond lie off the Earth in any CRS. From Web Mercator, GDAL unwinds longitudes turn by turn: of larger ones, without end.
_FAR = 1e9


def same_crs(one: str, other: str) -> bool:
    """Return whether two WKT texts describe the same CRS, regardless of axis order.

    Args:
        one, other: WKT.
    """
    if one == other:
        return True
    first, second = _parsed(one), _parsed(other)
    options = ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES"]
    return first is not None and second is not None and bool(quietly(first.IsSame, second, options))


def same_places(one: str, other: str) -> bool:
    """Return whether coordinates mean the same places on Earth in two CRSs, to about a metre: names, codes and axis order don't matter.

    Formats change units, datum shifts or parameters that they have no room for. That may show only far from a projection's origin, so
    places all over the Earth are compared, as far as the first CRS reaches.

    Args:
        one, other: WKT.
    """
    if same_crs(one, other):
        return True
    try:
        earth = osr.SpatialReference()
        earth.ImportFromEPSG(4326)
        earth, first, second = map(reference_of, (earth.ExportToWkt(), one, other))
        into, back, back_by_other = PointTransform(earth, first), PointTransform(first, earth), PointTransform(second, earth)
    except InputError:
        return False
    longitudes, latitudes = np.meshgrid(np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0))
    places = np.column_stack([longitudes.ravel(), latitudes.ravel()])
    coordinates = into(places)
    reached = np.isfinite(coordinates).all(axis=1)
    places, coordinates = places[reached], coordinates[reached]
    known = _distances(back(coordinates), places) < _METRE
    return bool((_distances(back_by_other(coordinates[known]), places[known]) < _METRE).all())


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the larger difference of longitude, along the parallel, and latitude of places, shape (n, 2), in degrees: shape (n,)."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(one - other)
        difference[:, 0] = np.minimum(difference[:, 0], 360.0 - difference[:, 0]) * np.cos(np.radians(other[:, 1]))
        return np.where(np.isfinite(difference).all(axis=1), difference.max(axis=1), np.inf)


def crs_name(wkt: str) -> str:
    """Return the code of a CRS, such as EPSG:4326, else its name; "" if it is unknown."""
    reference = _parsed(wkt)
    if reference is None:
        return ""
    authority, code = reference.GetAuthorityName(None), reference.GetAuthorityCode(None)
    return f"{authority}:{code}" if authority and code else reference.GetName() or ""


def reference_of(crs: str) -> osr.SpatialReference:
    """Parse a CRS from WKT, in the order x, y or longitude, latitude; raise InputError if PROJ can't read it."""
    reference = _parsed(crs)
    if reference is None:
        msg = tr("The CRS of a layer is invalid: {crs}. Set it again (right-click the layer, Layer CRS, Set Layer CRS).")
        raise InputError(msg.format(crs=crs[:80] or "–"))
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def _parsed(wkt: str) -> osr.SpatialReference | None:
    reference = osr.SpatialReference()
    return reference if wkt and quietly(reference.ImportFromWkt, wkt) == 0 else None


class PointTransform:
    """Transformation of points from one CRS to another.

    Args:
        source, target: the CRSs.

    Raises:
        InputError: there is none, such as between the Earth and an engineering CRS.
    """

    def __init__(self, source: osr.SpatialReference, target: osr.SpatialReference) -> None:
        with _quietly():
            try:
                self.transformation = osr.CoordinateTransformation(source, target)
                # Without exceptions, older versions of GDAL return an empty proxy object.
                found = self.transformation is not None and getattr(self.transformation, "this", None) is not None
            except RuntimeError:
                found = False
        if not found:
            here, there = (crs_name(reference.ExportToWkt()) or reference.GetName() for reference in (source, target))
            msg = tr("Coordinates can't be transformed from {source} to {target}: check the CRS of both layers.")
            raise InputError(msg.format(source=here, target=there))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Transform points, shape (n, 2); those off the Earth, or outside the target's domain, become ∞."""
        found, near = np.full(points.shape, np.inf), (np.abs(points) < _FAR).all(axis=1)
        places = points[near].tolist()
        with _quietly():
            try:
                found[near] = np.array(self.transformation.TransformPoints(places)).reshape(-1, 3)[:, :2]
            except RuntimeError:
                # If the host has enabled exceptions and GDAL has no per-thread switch, one bad point fails all.
                found[near] = np.array([self._one(point) for point in places]).reshape(-1, 2)
        return found

    def _one(self, point: Sequence[float]) -> tuple[float, float]:
        try:
            x, y, _ = self.transformation.TransformPoint(*point)
        except RuntimeError:
            return math.inf, math.inf
        return x, y


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Suppress PROJ's messages about points outside the domain, and the exceptions that QGIS enables from 3.40 on."""
    with osr.ExceptionMgr(useExceptions=False) if hasattr(osr, "ExceptionMgr") else contextlib.nullcontext():
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            yield
        finally:
            gdal.PopErrorHandler()


class PixelLookup(Reopenable):
    """Nearest-neighbour lookup: which pixel of another grid lies at the centre of each pixel of a grid.

    The result for a pixel doesn't depend on the window: it is computed in fixed tiles of the grid.

    Args:
        grid: the target grid.
        other: the source grid. Both have a georeference and a CRS.

    Raises:
        InputError: there is no transformation between the CRSs.
    """

    def __init__(self, grid: Grid, other: Grid) -> None:
        self._grid, self._other, target = grid, other, reference_of(other.crs)
        self._transform = None if same_crs(grid.crs, other.crs) else PointTransform(reference_of(grid.crs), target)
        # Longitudes of one grid may run from 0 to 360, and those of the other from -180 to 180.
        self._turn = 2 * math.pi / target.GetAngularUnits() if target.IsGeographic() else 0.0
        middle = other.to_crs(np.array([other.width / 2]), np.array([other.height / 2]))
        self._middle = float(middle[0, 0])

    def reopened(self) -> PixelLookup:
        """Return the same, with a transformation for the thread that calls this."""
        return PixelLookup(self._grid, self._other)

    def at(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and rows of the other grid: int64, shape (height, width); −1 outside of it."""
        found = np.full((2, window.height, window.width), -1, np.int64)
        for block, part in window.blocks(*_TILE):
            tile = block.intersection(self._grid.window)
            if tile is not None:
                found[(slice(None), *part.within(window).slices)] = self._tile(tile)[(slice(None), *part.within(tile).slices)]
        return found[0], found[1]

    def _tile(self, tile: Window) -> np.ndarray:
        columns = tile.column + 0.5 + np.arange(tile.width)
        rows = tile.row + 0.5 + np.arange(tile.height)
        found = self._approximate(tile, columns, rows)
        if found is None and tile.pixels > _MIN_TILE_PIXELS:
            return np.concatenate([self._tile(half) for half in tile.halves()], axis=2 if tile.width >= tile.height else 1)
        if found is None:
            places = self._lattice(columns, rows)
        else:
            places, off = found
            if off:
                at_row, at_column = np.nonzero((np.abs(places - np.rint(places)) <= off).any(axis=0))
                places[:, at_row, at_column] = self.exact(columns[at_column], rows[at_row]).T
        size = np.array([self._other.width, self._other.height])[:, None, None]
        with np.errstate(invalid="ignore"):
            inside = ((places >= 0) & (places < size)).all(axis=0)
        return np.where(inside, np.where(inside, places, 0).astype(np.int64), -1)

    def _approximate(self, tile: Window, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, float] | None:
        """Return pixel coordinates on the other grid, shape (2, height, width), and their maximum error; None if that is too large."""
        if self._transform is None:
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
            # Outside the projection's domain.
            return np.full((2, tile.height, tile.width), -np.inf), 0.0
        if not finite.all():
            return None
        # Chebyshev polynomials are orthogonal at Chebyshev nodes, so the coefficients are sums.
        down, across = (_chebyshev(points, len(points)).T * 2 / len(points) for points in reversed(nodes))
        terms = down @ known @ across.T
        terms[:, 0] /= 2
        terms[:, :, 0] /= 2
        here = [2 * (pixels - start) / length - 1 for start, length, pixels in spans]
        fitted, places = (_chebyshev(down, _NODES[1]) @ terms @ _chebyshev(across, _NODES[0]).T for across, down in (tests, here))
        off = _SAFETY * float(np.abs(fitted - checked).max()) + ON_BORDER
        if off <= _MAX_ERROR:
            return places, off
        size = np.array([self._other.width, self._other.height])
        beside = (places.max(axis=(1, 2)) + off < 0) | (places.min(axis=(1, 2)) - off > size)
        return (np.full_like(places, -np.inf), 0.0) if beside.any() else None

    def _lattice(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return pixel coordinates on the other grid of all combinations of columns and rows, shape (2, rows, columns)."""
        across, down = np.meshgrid(columns, rows)
        return np.moveaxis(self.exact(across.reshape(-1), down.reshape(-1)).reshape(*across.shape, 2), -1, 0)

    def exact(self, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Transform pixel coordinates on the grid to those on the other one.

        Args:
            columns, rows: pixel coordinates, shape (n,).

        Returns:
            Columns and rows on the other grid, shape (n, 2); ∞ or NaN outside the domain.
        """
        points = self._grid.to_crs(columns, rows)
        if self._transform is not None:
            points = self._transform(points)
        with np.errstate(invalid="ignore"):
            if self._turn:
                points[:, 0] -= self._turn * np.round((points[:, 0] - self._middle) / self._turn)
            return self._other.to_pixels(points[:, 0], points[:, 1]) + ON_BORDER


def _chebyshev(positions: np.ndarray, count: int) -> np.ndarray:
    """Evaluate the first `count` Chebyshev polynomials at positions in −1…1, shape (positions, count)."""
    return np.asarray(np.cos(np.arange(count) * np.arccos(positions)[:, None]))
