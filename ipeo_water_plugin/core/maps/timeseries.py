"""Water over time in given bodies: hectares of each on each date, from probability rasters that need not share a grid or CRS.

A pixel belongs to the body that holds its centre, of several to the last one, so that bodies that touch count no pixel twice. Of each
raster only blocks that a body touches are read, once; where rasters of one date overlap, those of the earlier ones once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from itertools import product
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr

from ..accuracy.thresholds import check_threshold
from ..errors import InputError
from ..grid import Grid, Window
from ..metadata.dates import undated_text
from ..model import at_least
from ..progress import SILENT, Progress, SubProgress, raise_if_cancelled
from ..raster.common_grid import CommonGrid, aligned
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.rasterize import burn, memory_layer, memory_raster
from ..raster.reprojection import PixelLookup
from ..raster.windows import read_windows
from ..sampling.overlay import Overlay, pixel_boxes
from ..sampling.polygons import LabelledShape
from ..system.redaction import redacted
from ..translation import tr
from .rings import multipolygon

# Pixels rasterized at a time where a body reaches beyond a raster.
_SIDE = 2048
_ROUNDING = 1e-6
# Pixels of bodies that are kept from one raster to the next, 16 bytes each.
_KEPT = 10_000_000
# Points on each side of a raster's outline, where it is compared with a raster of another grid.
_OUTLINE = 65


@dataclass(frozen=True)
class DatedRaster:
    """A probability raster, and the date of its image; None = unknown."""

    raster: str | RasterFile
    day: date | None


@dataclass(frozen=True, eq=False)
class Observation:
    """What one raster shows of each body; arrays have the shape (bodies,).

    Attributes:
        source: the raster and its date; of several rasters of one date, the first.
        label: name of the file, or of several.
        total: hectares of the body's pixels, beyond the raster's edge too; 0 where the raster doesn't reach the body.
        valid: hectares of those with a valid probability.
        water: hectares of those at or above the threshold.
        expected: Σ p × hectares over the valid ones.
        pixel: hectares of a pixel, of the largest where they differ.
    """

    source: DatedRaster
    label: str
    total: np.ndarray
    valid: np.ndarray
    water: np.ndarray
    expected: np.ndarray
    pixel: float = 0.0

    @property
    def share(self) -> np.ndarray:
        """Share of each body that is valid, 0 to 1."""
        return np.divide(self.valid, self.total, out=np.zeros_like(self.total), where=self.total > 0)

    def scaled(self, observed: np.ndarray, min_valid: float) -> np.ndarray:
        """Scale hectares from the valid pixels to whole bodies; NaN where less than `min_valid` of a body is valid."""
        share = self.share
        # Eight of ten pixels are 0.8 but for rounding.
        enough = (share >= min_valid - _ROUNDING) & (share > 0)
        return np.divide(observed, share, out=np.full_like(share, np.nan), where=enough)


# Returns the bodies in the CRS of the raster of that number, as (index of the body, WKB).
Placing = Callable[[int, Progress], Sequence[tuple[int, bytes]]]


def check_series(threshold: float, min_valid: float) -> None:
    """Check the settings.

    Args:
        threshold: 0 to 1.
        min_valid: 0 to 1.

    Raises:
        InputError: one is out of its range.
    """
    check_threshold(threshold)
    if not 0 <= min_valid <= 1:
        msg = tr("The minimum valid share is {share}: give 0 to 1.").format(share=min_valid)
        raise InputError(msg)


def observations(
    rasters: Sequence[DatedRaster], bodies: int, place: Placing, threshold: float = 0.5, progress: Progress = SILENT
) -> list[Observation]:
    """Measure the bodies in each raster, and join the rasters of one date: return one for each date, then one for each undated raster.

    Where rasters of one date have aligned pixels, such as tiles, a pixel counts once: in the first that is valid there. Measures of
    rasters on other grids are added where the rasters don't overlap; where they do, a body is measured on the grid that shows most of it.

    Args:
        rasters: of water probability.
        bodies: their number.
        place: the bodies on each raster; the same list for rasters on which they are the same saves finding their pixels again.
        threshold: pixels at or above it are water.

    Raises:
        InputError: a raster isn't of probabilities or has no CRS, or no raster shows a body.
    """
    found: defaultdict[object, list[_OneGrid]] = defaultdict(list)
    there: _Bodies | None = None
    for number, dated in enumerate(rasters):
        raise_if_cancelled(progress)
        part = SubProgress(progress, number / len(rasters), (number + 1) / len(rasters))
        source, placed = ProbabilitySource(dated.raster), place(number, SubProgress(part, 0.0, 0.05))
        if there is None or not there.fits(source.grid, source.block, placed):
            there = _Bodies(source.grid, source.block, placed, part)
        date_found = found[number if dated.day is None else dated.day]
        alike = next((one for one in date_found if aligned(source.grid, one.grids[0])), None)
        if alike is None:
            alike = _OneGrid()
            date_found.append(alike)
        alike.seen.append(_observed(dated, source, there, bodies, threshold, alike, SubProgress(part, 0.05, 1.0)))
        alike.grids.append(source.grid)
    joined = [_of_one_date(grids) for grids in found.values()]
    if not any(seen.total.any() for seen in joined):
        msg = tr("No raster shows any of the bodies: check that they lie in the same place, and the CRS of both.")
        raise InputError(msg)
    undated = [str(dated.raster) for dated in rasters if dated.day is None]
    if undated:
        progress.warn(undated_text(undated))
    return sorted(joined, key=lambda seen: (seen.source.day is None, seen.source.day or date.min))


@dataclass
class _OneGrid:
    """Rasters of one date whose pixels are aligned: their grids, and what each shows that those before it don't."""

    grids: list[Grid] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)

    def all_seen(self) -> Observation:
        """Return what they show together."""
        return reduce(_sum, self.seen)

    def shown(self, grid: Grid, owned: _Owned) -> np.ndarray:
        """Return which pixels of bodies on another raster of this grid are valid in one of these rasters: bool, shape (pixels,)."""
        shown = np.zeros((owned.window.height, owned.window.width), bool)
        for seen, own in zip(self.seen, self.grids):
            place, own_place = CommonGrid.from_grids(["", ""], [grid, own]).windows
            window = Window(owned.window.column + place.column, owned.window.row + place.row, owned.window.width, owned.window.height)
            overlap = window.intersection(own_place)
            if overlap is not None:
                _, valid = ProbabilitySource(seen.source.raster, own).source.read(overlap.within(own_place))
                shown[overlap.within(window).slices] |= True if valid is None else valid
        return shown.reshape(-1)[owned.pixels]


def _of_one_date(found: Sequence[_OneGrid]) -> Observation:
    """Join what rasters of one date show on several grids."""
    seen, grids = found[0].all_seen(), list(found[0].grids)
    for one in found[1:]:
        apart = all(_apart(grid, other) for grid in one.grids for other in grids)
        seen = (_sum if apart else _better)(seen, one.all_seen())
        grids += one.grids
    return seen


def _apart(one: Grid, other: Grid) -> bool:
    """Return whether two rasters show no place in common; not if that is unknown."""
    along = np.linspace(0.0, 1.0, _OUTLINE)
    across, down = np.concatenate([[along, 0 * along], [1 + 0 * along, along], [along[::-1], 1 + 0 * along], [0 * along, along[::-1]]], 1)
    places = PixelLookup(one, other).exact(across * one.width, down * one.height)
    if not np.isfinite(places).all():
        return False
    # Rasters side by side share an edge, but no centre of a pixel.
    centres = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) * (other.width - 1, other.height - 1) + 0.5
    outline, inner = (ogr.CreateGeometryFromWkb(multipolygon([ring])) for ring in (places, centres))
    return not outline.Intersects(inner)


def _sum(one: Observation, other: Observation) -> Observation:
    """Add what two rasters show of different pixels, in hectares of the first one's grid."""
    scale = np.divide(one.total, other.total, out=np.ones_like(one.total), where=(one.total > 0) & (other.total > 0))
    measures = {name: getattr(one, name) + scale * getattr(other, name) for name in _MEASURES[1:]}
    total, pixel = np.where(one.total > 0, one.total, other.total), max(one.pixel, other.pixel)
    return Observation(one.source, f"{one.label}; {other.label}", total, **measures, pixel=pixel)


def _better(one: Observation, other: Observation) -> Observation:
    """Take each body from the observation that shows more of it."""
    chosen = other.share > one.share
    measures = {name: np.where(chosen, getattr(other, name), getattr(one, name)) for name in _MEASURES}
    return Observation(one.source, f"{one.label}; {other.label}", **measures, pixel=max(one.pixel, other.pixel))


_MEASURES = ("total", "valid", "water", "expected")


@dataclass(frozen=True, eq=False)
class _Owned:
    """The pixels of bodies in a window: flat index in it, number of the body and hectares, shape (pixels,) each."""

    window: Window
    pixels: np.ndarray
    body: np.ndarray
    area: np.ndarray


class _Bodies:
    """Bodies on a raster, as (number, WKB): their pixels are found once for all rasters of its grid, unless they are too many to keep."""

    def __init__(self, grid: Grid, block: tuple[int, int], placed: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        self.grid, self.block, self.placed = grid, block, placed
        self.areas = PixelAreas.from_grid(grid, ellipsoidal=True)
        # They differ from north to south, if at all.
        self.pixel = float(self.areas.at(np.full(3, grid.width / 2), np.array([0.5, grid.height / 2, grid.height - 0.5])).max())
        self.shapes = [LabelledShape(wkb, True, index) for index, wkb in placed]
        self.boxes = pixel_boxes(grid, self.shapes) if placed else np.zeros((0, 4))
        limits = np.array([grid.width, grid.height])
        self.inside = (self.boxes[:, :2] < limits).all(axis=1) & (self.boxes[:, 2:] > 0).all(axis=1)
        beyond = self.inside & ((self.boxes[:, :2] < 0).any(axis=1) | (self.boxes[:, 2:] > limits).any(axis=1))
        self._numbers = np.array([shape.id for shape in self.shapes], np.int64)
        self._kept: list[_Owned] | None = None
        numbers = np.flatnonzero(beyond).tolist()
        self.beyond = {self.shapes[n].id: _beyond(grid, self.areas, self.shapes, self.boxes, n, progress) for n in numbers}

    def fits(self, grid: Grid, block: tuple[int, int], placed: Sequence[tuple[int, bytes]]) -> bool:
        """Whether the bodies are the same on another raster."""
        return self.grid == grid and self.block == block and self.placed is placed

    def values(self, source: ProbabilitySource, progress: Progress) -> Iterator[tuple[_Owned, np.ndarray, np.ndarray | None]]:
        """Yield the bodies' pixels, their raw values and where they are valid, None = everywhere; window by window."""
        if not self.inside.any():
            return
        if self._kept is not None:
            with closing(read_windows(source.source, progress, [owned.window for owned in self._kept])) as results:
                for (_, (bands, valid)), owned in zip(results, self._kept):
                    yield owned, bands[0].reshape(-1)[owned.pixels], None if valid is None else valid.reshape(-1)[owned.pixels]
            return
        kept: list[_Owned] = []
        count = 0
        for labelled in Overlay(source.source, self.shapes, all_touched=False).windows(progress):
            window, owner = labelled.window, labelled.owner.reshape(-1)
            pixels = np.flatnonzero(owner)
            area = np.broadcast_to(self.areas.of(window), (window.height, window.width)).reshape(-1)[pixels]
            owned = _Owned(window, pixels.astype(np.int32), self._numbers[owner[pixels] - 1].astype(np.int32), area)
            count += len(pixels)
            if count <= _KEPT:
                kept.append(owned)
            yield owned, labelled.bands[0].reshape(-1)[pixels], None if labelled.valid is None else labelled.valid.reshape(-1)[pixels]
        self._kept = kept if count <= _KEPT else None


def _observed(
    dated: DatedRaster,
    source: ProbabilitySource,
    bodies: _Bodies,
    count: int,
    threshold: float,
    earlier: _OneGrid,
    progress: Progress,
) -> Observation:
    """Measure the bodies in a raster, without pixels that earlier ones of its date and grid show."""
    sums = {name: np.zeros(count) for name in _MEASURES}
    for owned, stored, known in bodies.values(source, progress):
        body, area, raw = owned.body, owned.area, stored
        sums["total"] += np.bincount(body, area, count)
        counted = known
        if earlier.grids:
            fresh = ~earlier.shown(source.grid, owned)
            counted = fresh if known is None else known & fresh
        if counted is not None:
            body, area, raw = body[counted], area[counted], raw[counted]
        p = source.probability(raw)
        sums["valid"] += np.bincount(body, area, count)
        sums["water"] += np.bincount(body, area * at_least(p, threshold), count)
        sums["expected"] += np.bincount(body, area * p, count)
    for number, hectares in bodies.beyond.items():
        # Of a body beside the raster nothing is seen, whatever its bounding box.
        if sums["total"][number]:
            sums["total"][number] += hectares
    progress.set(1.0)
    return Observation(dated, Path(redacted(str(dated.raster))).name, **sums, pixel=bodies.pixel)


def _beyond(grid: Grid, areas: PixelAreas, shapes: Sequence[LabelledShape], boxes: np.ndarray, number: int, progress: Progress) -> float:
    """Return the hectares of a body's pixels beyond the raster's edge, on its grid continued."""
    hectares = 0.0
    (start, first), (end, last) = np.floor(boxes[number, :2]).astype(int).tolist(), np.ceil(boxes[number, 2:]).astype(int).tolist()
    for top, left in product(range(first, last, _SIDE), range(start, end, _SIDE)):
        raise_if_cancelled(progress)
        right, bottom = min(left + _SIDE, end), min(top + _SIDE, last)
        window = Window(left, top, right - left, bottom - top)
        here = (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
        # Later bodies cover this one.
        chosen = [index for index in np.flatnonzero(here).tolist() if index >= number]
        target = memory_raster(grid.crop(window), gdal.GDT_Int32)
        burn(target, 1, memory_layer([shapes[index].wkb for index in chosen], [index + 1 for index in chosen]))
        own = target.ReadAsArray() == number + 1
        overlap = window.intersection(grid.window)
        if overlap is not None:
            own[overlap.within(window).slices] = False
        hectares += float(np.broadcast_to(areas.of(window), own.shape)[own].sum())
    return hectares
