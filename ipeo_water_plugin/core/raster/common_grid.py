"""The grid that several rasters share: where each lies on it, or which of them isn't aligned and why."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..grid import Grid, Window
from ..translation import tr
from .reprojection import crs_name, same_crs

# How far georeferences of one grid may differ, in pixels: by rounding of their text, but not visibly.
_TOLERANCE = 0.01


@dataclass(frozen=True)
class CommonGrid:
    """The grid of rasters of one CRS and pixel size whose pixels are aligned.

    Attributes:
        grid: the smallest that covers all of them.
        windows: place of each raster on it, in their order.
    """

    grid: Grid
    windows: tuple[Window, ...]

    @classmethod
    def from_grids(cls, names: Sequence[str], grids: Sequence[Grid]) -> CommonGrid:
        """Return the union of grids.

        Args:
            names: of the rasters, for messages.
            grids: of the rasters, at least one; the first defines CRS, pixel size and origin.

        Raises:
            InputError: one isn't aligned; the message says which, what differs and what to do.
        """
        first = grids[0]
        places = [_place(name, grid, names[0], first) for name, grid in zip(names, grids)]
        left, top = min(place.column for place in places), min(place.row for place in places)
        right, bottom = max(place.right for place in places), max(place.bottom for place in places)
        whole = Window(left, top, right - left, bottom - top)
        return cls(first.crop(whole), tuple(place.within(whole) for place in places))

    def isolated(self) -> list[int]:
        """Return the indices of rasters that overlap no other."""
        windows = self.windows
        if len(windows) == 1:
            return []
        return [k for k, own in enumerate(windows) if not any(own.intersection(w) for n, w in enumerate(windows) if n != k)]


def aligned(one: Grid, other: Grid) -> CommonGrid | None:
    """Return the grid that two others share; None if their pixels aren't aligned."""
    try:
        return CommonGrid.from_grids(["", ""], [one, other])
    except InputError:
        return None


def _place(name: str, grid: Grid, first_name: str, first: Grid) -> Window:
    """Return the window of a grid in pixels of the first."""
    difference = _difference_of_place(grid, first)
    advice = tr("Assign what is missing first: Raster, Projections, Assign Projection in QGIS.")
    if not difference and grid.geotransform is not None:
        difference, advice = _difference_of_pixels(grid, first), _warp_advice(first_name, first)
    if difference:
        msg = tr("{raster} lies on another grid than {first}: {difference}. {advice}")
        raise InputError(msg.format(raster=name, first=first_name, difference=difference, advice=advice))
    column, row = (0, 0) if grid.geotransform is None else (round(value) for value in grid.corners_on(first)[0])
    return Window(column, row, grid.width, grid.height)


def _difference_of_place(grid: Grid, first: Grid) -> str:
    """Return what one of two grids lacks to be compared; "" if nothing."""
    if (grid.geotransform is None) != (first.geotransform is None):
        return tr("one of them has no georeference")
    if bool(grid.crs) != bool(first.crs):
        return tr("one of them has no known CRS")
    if grid.geotransform is None and (grid.width, grid.height) != (first.width, first.height):
        return tr("neither has a georeference, and their sizes differ")
    return ""


def _difference_of_pixels(grid: Grid, first: Grid) -> str:
    """Return how the pixels of two grids differ; "" if they are aligned."""
    if not same_crs(grid.crs, first.crs):
        return tr("its CRS is {own} instead of {wanted}").format(own=crs_name(grid.crs), wanted=crs_name(first.crs))
    corners = grid.corners_on(first)
    sides = corners[1:] - corners[0] - np.diag([grid.width, grid.height])
    if np.abs(sides).max() > _TOLERANCE:
        own, wanted = grid.pixel_size or (), first.pixel_size or ()
        if np.allclose(own, wanted, rtol=1e-9, atol=0):
            return tr("its rows or columns run in another direction")
        return tr("its pixels measure {own} instead of {wanted}").format(own=_size(own), wanted=_size(wanted))
    across, down = corners[0] - np.round(corners[0])
    if max(abs(across), abs(down)) > _TOLERANCE:
        return tr("its pixels are shifted by {across:.3g} columns and {down:.3g} rows").format(across=across, down=down)
    return ""


def _warp_advice(name: str, grid: Grid) -> str:
    """Return advice on how to warp a raster onto a grid with a georeference."""
    x0, dx, rx, y0, ry, dy = grid.geotransform or (0, 1, 0, 0, 0, -1)
    if rx or ry or dx < 0 or dy > 0:
        return tr("Bring it onto the grid of {raster} first: Raster, Projections, Warp in QGIS.").format(raster=name)
    x1, y1 = x0 + dx * grid.width, y0 + dy * grid.height
    crs = f"-t_srs {shlex.quote(crs_name(grid.crs))} " if grid.crs else ""
    command = f"gdalwarp {crs}-tr {dx:.12g} {-dy:.12g} -te {x0:.12g} {y1:.12g} {x1:.12g} {y0:.12g}"
    text = tr("Bring it onto the grid of {raster} first: Raster, Projections, Warp in QGIS, or {command}.")
    return text.format(raster=name, command=command)


def _size(pixel: Sequence[float]) -> str:
    return " × ".join(f"{side:.12g}" for side in pixel)
