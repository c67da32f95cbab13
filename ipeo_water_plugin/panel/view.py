"""The view: the image's bands under each pixel of the canvas, kept while the view stays, and pictures of a model made from them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..core.bands import BandRoles
from ..core.grid import Grid, Window
from ..core.model import WaterModel, at_least
from ..core.prediction.novelty import Known
from ..core.progress import Progress, raise_if_cancelled
from ..core.raster.pixel_area import PixelAreas, ellipsoidal_areas
from ..core.raster.raster_file import RasterFile
from ..core.raster.reprojection import ON_BORDER, PixelLookup, same_crs
from ..core.raster.source import Source
from ..paths import resources
from .values import Mode, View

# Pixels of the image read at a time, so that a new view needn't wait long.
_STRIP_PIXELS = 4_000_000
# Probabilities from here to there are doubtful.
DOUBTFUL = (0.3, 0.7)
_SHADES = 1024
_UNSURE_COLOUR, _UNLIKE_COLOUR = (230, 97, 1, 200), (202, 0, 160, 200)


@dataclass(frozen=True, eq=False)
class ViewBands:
    """What lies under a view.

    Attributes:
        view: the canvas.
        bands: raw values under each pixel's centre, one array of shape (height, width) for each input.
        valid: where they are valid, bool, of that shape.
        step: pixels of the image per pixel of the canvas, where the image was read at reduced resolution; 1 = at full resolution.
        areas: of the canvas' pixels; None if the CRS gives none.
    """

    view: View
    bands: list[np.ndarray]
    valid: np.ndarray
    step: int
    areas: PixelAreas | None

    def hectares(self, water: np.ndarray) -> float | None:
        """Return the area of the pixels chosen by a bool array of shape (height, width); None if it isn't known."""
        return None if self.areas is None else self.areas.total(Window(0, 0, self.view.width, self.view.height), water)


class ViewReader:
    """Reads an image under a view, for use in one thread.

    Args:
        raster: the image: a GDAL name, or a file with what its layer sets.
        roles: its bands.

    Raises:
        InputError, RasterError: as `Source`.
    """

    def __init__(self, raster: str | RasterFile, roles: BandRoles) -> None:
        self._source = Source(raster, roles)
        band = self._source.dataset.GetRasterBand(roles.numbers[0])
        width = self._source.grid.width
        self._overviews = sorted(round(width / band.GetOverview(n).XSize) for n in range(band.GetOverviewCount()))
        # Only reading at full resolution finds these.
        self._hidden = self._source.hides_invalid

    def read(self, view: View, progress: Progress) -> ViewBands:
        """Read the bands under a view: the nearest pixel for each pixel of the canvas.

        Args:
            view: the canvas.
            progress: asked whether to go on.

        Raises:
            InputError: there is no transformation between the CRSs.
            RasterError: the image can't be read.
            CancelledError: the caller cancelled.
        """
        image = self._source.grid
        grid = view.grid if view.crs and image.crs else replace(view.grid, crs=image.crs)
        columns, rows = _pixels_under(grid, image)
        raise_if_cancelled(progress)
        inside = (columns >= 0) & (rows >= 0)
        areas = ellipsoidal_areas(grid)
        if not inside.any():
            empty = [np.zeros(inside.shape, data_type) for data_type in self._source.data_types]
            return ViewBands(view, empty, inside, 1, areas)
        step = self._step(_reduction(grid, image, areas))
        whole = inside.all()
        (left, right), (top, bottom) = (
            (int((place if whole else place[place >= 0]).min()) // step * step, int(place.max()) + 1) for place in (columns, rows)
        )
        arrays, valid = self._read_box(Window(left, top, right - left, bottom - top), step, progress)
        raise_if_cancelled(progress)
        at = tuple((place if whole else np.maximum(place, start)) - start for place, start in ((rows, top), (columns, left)))
        if step > 1:
            at = tuple(place // step for place in at)
        if at[0].shape[1] == at[1].shape[0] == 1:
            found = [array[at[0][:, 0]][:, at[1][0]] for array in (*arrays, valid)]
        else:
            flat = (at[0] * valid.shape[1] + at[1]).astype(np.intp, copy=False)
            found = [array.reshape(-1).take(flat) for array in (*arrays, valid)]
        return ViewBands(view, found[:-1], inside & found[-1], step, areas)

    def _step(self, reduction: float) -> int:
        """Return how many pixels of the image to step over: those of an overview if one suits."""
        if reduction < 2:
            return 1
        return max((factor for factor in self._overviews if 1 < factor <= reduction * 1.01), default=math.floor(reduction))

    def _read_box(self, box: Window, step: int, progress: Progress) -> tuple[list[np.ndarray], np.ndarray]:
        """Read every n-th pixel of a window, strip by strip, and where they are valid."""
        height = max(_STRIP_PIXELS // box.width // step, 1) * step
        parts = []
        for row in range(box.row, box.row + box.height, height):
            raise_if_cancelled(progress)
            strip = Window(box.column, row, box.width, min(height, box.row + box.height - row))
            if step > 1 and not self._hidden:
                arrays, valid = self._source.read(strip, (-(-strip.height // step), -(-strip.width // step)))
            else:
                arrays, valid = self._source.read(strip)
                arrays = [array[::step, ::step] for array in arrays]
                valid = None if valid is None else valid[::step, ::step]
            parts.append((arrays, np.ones(arrays[0].shape, bool) if valid is None else valid))
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(band) for band in zip(*(arrays for arrays, _ in parts))], np.concatenate([valid for _, valid in parts])


def _pixels_under(grid: Grid, image: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return column and row of the image under each pixel of a grid, integers, −1 outside, of shapes that broadcast to (height, width)."""
    if not same_crs(grid.crs, image.crs):
        return PixelLookup(grid, image).at(grid.window)
    # One affine map leads from grid to image.
    corners = grid.to_crs(np.array([0.0, grid.width, 0.0]), np.array([0.0, 0.0, grid.height]))
    start, right, below = image.to_pixels(*corners.T)
    found = []
    for axis, size in ((0, image.width), (1, image.height)):
        across = (np.arange(grid.width) + 0.5) * ((right - start)[axis] / grid.width) + start[axis] + ON_BORDER
        down = (np.arange(grid.height) + 0.5) * ((below - start)[axis] / grid.height)
        # Where the axes are parallel, one row and one column suffice; a view of next to nothing is still along both.
        still = [abs(float(np.ptp(way))) < 1e-9 * size for way in (across, down)]
        still = [one and not all(still) for one in still]
        place = across[:1, None].T + down[:, None] if still[0] else across[None] + (down[:1, None] if still[1] else down[:, None])
        found.append(np.where((place >= 0) & (place < size), place, -1).astype(np.int32))
    return found[0], found[1]


def _reduction(grid: Grid, image: Grid, areas: PixelAreas | None) -> float:
    """Return how many pixels of the image lie along the side of a pixel of the canvas."""
    own = _planar(grid), _planar(image)
    if areas is not None and not same_crs(grid.crs, image.crs):
        middle = np.array([grid.width / 2]), np.array([grid.height / 2])
        own = float(areas.at(*middle)[0]), float(PixelAreas.from_grid(image, ellipsoidal=True).values.mean())
    return math.sqrt(own[0] / own[1])


def _planar(grid: Grid) -> float:
    _, dx, rx, _, ry, dy = grid.geotransform or (0, 1, 0, 0, 0, 1)
    return abs(dx * dy - rx * ry)


def paint(bands: ViewBands, model: WaterModel, mode: Mode, threshold: float, known: Callable[[], Known]) -> tuple[np.ndarray, np.ndarray]:
    """Paint a model: what is dry or NoData is clear.

    Args:
        bands: under the view.
        model: of these bands.
        mode: what to show.
        threshold: pixels at or above it are water.
        known: gives what the model was trained on; called for what is doubtful alone.

    Returns:
        The picture, as in `Picture`, and where valid pixels are at or above the threshold, bool, shape (height, width).
    """
    p = model.probability(bands.bands)
    water = at_least(p, threshold) & bands.valid
    if mode is Mode.PROBABILITY:
        with np.errstate(invalid="ignore"):
            shade = (p * np.float32(_SHADES - 1) + np.float32(0.5)).astype(np.int16)
        colours = np.where(bands.valid, _shades().take(shade, mode="clip"), np.uint32(0))
    elif mode is Mode.WATER:
        colours = np.where(water, _shades()[-1], np.uint32(0))
    else:
        unlike = known().unlike(bands.bands, bands.valid)
        unsure = at_least(p, DOUBTFUL[0]) & ~(p > DOUBTFUL[1]) & bands.valid
        colours = np.where(unsure, _colour(_UNSURE_COLOUR), np.where(unlike, _colour(_UNLIKE_COLOUR), np.uint32(0)))
    return np.ascontiguousarray(colours).view(np.uint8).reshape(*colours.shape, 4), water


def legend(mode: Mode) -> tuple[tuple[str, float | str], ...]:
    """Return the colours of a picture, as #rrggbb, each with the p that it stands for, or "unsure" or "unlike"."""
    if mode is Mode.DOUBTFUL:
        return tuple((f"#{bytes(rgba[:3]).hex()}", name) for rgba, name in ((_UNSURE_COLOUR, "unsure"), (_UNLIKE_COLOUR, "unlike")))
    stops = [(f"#{bytes(colour).hex()}", p) for p, *colour in _ramp()]
    return tuple(stops[-1:] if mode is Mode.WATER else stops[1:])


def _ramp() -> list[tuple[float, int, int, int]]:
    """Return the stops of the result's ramp: p, red, green, blue."""
    text = (resources() / "styles" / "water_probability.qml").read_text(encoding="utf-8")
    return [(float(value), *bytes.fromhex(colour)) for value, colour in re.findall(r'<item value="([\d.]+)" color="#(\w{6})"', text)]


@lru_cache
def _shades() -> np.ndarray:
    """Return the colours of p from 0 to 1, each one number of four bytes: the result's ramp, clear at 0 and solid from one half on."""
    stops = _ramp()
    p, (knots, *channels) = np.linspace(0, 1, _SHADES), np.array(stops).T
    alpha = np.minimum(2 * p, 1.0)
    rgba = np.stack([*(np.interp(p, knots, channel) * alpha for channel in channels), 255 * alpha], axis=1)
    return np.ascontiguousarray(np.rint(rgba).astype(np.uint8)).view(np.uint32)[:, 0]


def _colour(rgba: Sequence[int]) -> np.uint32:
    """Return a colour as one number of four bytes, premultiplied."""
    *colour, alpha = rgba
    return np.array([*(round(part * alpha / 255) for part in colour), alpha], np.uint8).view(np.uint32)[0]
