"""Longitudes repeat every 360 degrees: shapes are moved to the longitudes that a raster covers, and joined across the antimeridian."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from osgeo import ogr

from ..grid import Grid
from ..raster.reprojection import reference_of

_POLYGONS, _POINTS = (ogr.wkbPolygon, ogr.wkbMultiPolygon), (ogr.wkbPoint, ogr.wkbMultiPoint)


@dataclass(frozen=True)
class Longitudes:
    """The longitudes of a raster in a geographic CRS.

    Attributes:
        west, east: of the raster's edges, in units of its CRS.
        turn: 360 degrees in these units.
    """

    west: float
    east: float
    turn: float

    @classmethod
    def from_grid(cls, grid: Grid) -> Longitudes | None:
        """Return those of a grid; None where its CRS isn't geographic, or it has no CRS or georeference."""
        if not grid.crs or grid.geotransform is None:
            return None
        reference = reference_of(grid.crs)
        if not reference.IsGeographic():
            return None
        west, _, east, _ = grid.extent
        return cls(west, east, 2 * math.pi / reference.GetAngularUnits())

    def moved(self, left: float, right: float) -> tuple[float, float]:
        """Return longitudes, counted from the same meridian as the raster's as far as possible; all of its own for a whole turn.

        Args:
            left, right: of an extent, in units of the raster's CRS.
        """
        if right - left >= self.turn:
            return min(left, self.west), max(right, self.east)
        shift = self.turn * round((self.west + self.east - left - right) / 2 / self.turn)
        return left + shift, right + shift

    def on_raster(self, wkb: bytes, *, reprojected: bool) -> bytes:
        """Return a shape where the raster shows it.

        A shape that was reprojected and spans more than half a turn crosses the antimeridian, where its longitudes jump, or holds a pole.

        Args:
            wkb: polygons or points, straight, in the raster's CRS.
            reprojected: whether they come from another CRS; else their longitudes are taken as drawn.
        """
        geometry = ogr.CreateGeometryFromWkb(wkb)
        left, right, _, _ = geometry.GetEnvelope()
        jumps = reprojected and right - left > self.turn / 2
        kind = next((kinds for kinds in (_POLYGONS, _POINTS) if geometry.GetGeometryType() in kinds), None)
        if kind is None or not (jumps or left < self.west or right > self.east):
            return wkb
        placed = ogr.Geometry(kind[1])
        for drawn in _parts(geometry, kind[0]):
            rings = self._continuous(drawn) if jumps else drawn
            left, right = rings[0][:, 0].min(), rings[0][:, 0].max()
            for turns in range(math.ceil((self.west - right) / self.turn), math.floor((self.east - left) / self.turn) + 1):
                placed.AddGeometryDirectly(_built([ring + np.array([turns * self.turn, 0.0]) for ring in rings], kind[0]))
        return wkb if placed.IsEmpty() else bytes(placed.ExportToWkb())

    def _continuous(self, rings: list[np.ndarray]) -> list[np.ndarray]:
        """Return rings whose longitudes don't jump; one around a pole is closed along it."""
        joined: list[np.ndarray] = []
        for ring in rings:
            x, y = np.unwrap(ring[:, 0], period=self.turn), ring[:, 1]
            if abs(x[-1] - x[0]) > self.turn / 2:
                pole = math.copysign(self.turn / 4, y.mean())
                x, y = np.append(x, [x[-1], x[0], x[0]]), np.append(y, [pole, pole, y[0]])
            if joined:
                # A hole lies within its outline.
                x = x + self.turn * round((joined[0][:, 0].mean() - x.mean()) / self.turn)
            joined.append(np.stack([x, y], axis=1))
        return joined


def _parts(geometry: ogr.Geometry, single: int) -> Iterator[list[np.ndarray]]:
    """Yield the rings of each polygon, or each point, as coordinates: shape (vertices, 2)."""
    is_single = geometry.GetGeometryType() == single
    for part in [geometry] if is_single else [geometry.GetGeometryRef(index) for index in range(geometry.GetGeometryCount())]:
        rings = [part.GetGeometryRef(index) for index in range(part.GetGeometryCount())] or [part]
        yield [np.array(ring.GetPoints(), float)[:, :2] for ring in rings]


def vertices(geometry: ogr.Geometry) -> np.ndarray:
    """Return the vertices of a geometry of straight edges and of its parts: shape (n, 2)."""
    parts = [vertices(geometry.GetGeometryRef(index)) for index in range(geometry.GetGeometryCount())]
    return np.concatenate(parts) if parts else np.array(geometry.GetPoints(2) or [], float).reshape(-1, 2)


def _built(rings: list[np.ndarray], single: int) -> ogr.Geometry:
    kind, coordinates = ("Point", rings[0][0].tolist()) if single == ogr.wkbPoint else ("Polygon", [ring.tolist() for ring in rings])
    return ogr.CreateGeometryFromJson(json.dumps({"type": kind, "coordinates": coordinates}))
