"""Sampling while areas are being drawn: only areas that have changed are read. Its samples are those of `sample_pixels`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from osgeo import ogr

from ..bands import BandRoles
from ..errors import InputError
from ..progress import Progress
from ..raster.describe import scene_of
from ..raster.gdal_errors import quietly
from ..raster.raster_file import RasterFile
from ..raster.source import Source
from ..samples import Samples
from ..translation import tr
from .overlay import Overlay, pixel_boxes
from .polygons import POINTS, SURFACES, LabelledShape, envelopes
from .reservoir import Reservoir, random_keys
from .sample import SamplingSettings, collect, sample_pixels, small_ones_first

# Pixels of the areas' bounding boxes up to which their values are kept; 15 bytes each for three bands of 16 bits.
_MAX_KEPT = 8_000_000


@dataclass(frozen=True, eq=False)
class AreaSampling:
    """Samples and what each area contributes.

    Attributes:
        samples: as `sample_pixels` takes them; None while a class has no usable pixel.
        pixels: usable pixels of each area before sampling, shape (areas,); one in several areas counts for the largest of them.
        problems: of each area, a sentence that says why it gives no pixel; "" if it gives some.
    """

    samples: Samples | None
    pixels: np.ndarray
    problems: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _AreaPixels:
    """The pixels of one area by itself.

    Attributes:
        place: row · width + column, int64, shape (pixels,).
        valid: whether every band is valid there, bool, of that shape.
        values: raw values, one array of that shape for each band.
        box: bounding box as of `envelopes`.
        problem: why there are none.
    """

    place: np.ndarray
    valid: np.ndarray
    values: tuple[np.ndarray, ...]
    box: tuple[float, ...]
    problem: str = ""


class IncrementalSampler:
    """Samples one image again and again, for use in one thread.

    Args:
        raster: the image: a GDAL name, or a file with what its layer sets.
        roles: its bands.
        settings: which pixels, how many, and the seed.

    Raises:
        InputError, RasterError: as `Source`.
    """

    def __init__(self, raster: str | RasterFile, roles: BandRoles, settings: SamplingSettings | None = None) -> None:
        self._raster, self._roles, self._settings = raster, roles, settings or SamplingSettings()
        self._source = Source(raster, roles)
        self._scene = scene_of(raster, roles)
        self._known: dict[bytes, _AreaPixels] = {}

    def sample(self, shapes: Sequence[LabelledShape], progress: Progress) -> AreaSampling:
        """Sample the pixels inside areas, reading those areas alone that weren't among the last ones, or read before a cancel.

        Args:
            shapes: training areas in the raster's CRS.
            progress: asked whether to go on.

        Raises:
            RasterError: the image can't be read.
        """
        known = {shape.wkb: self._known[shape.wkb] for shape in shapes if shape.wkb in self._known}
        new = list(dict.fromkeys(shape.wkb for shape in shapes if shape.wkb not in known))
        usable = [wkb for wkb in new if not _geometry_problem(wkb)]
        grid = self._source.grid
        boxes = np.clip(pixel_boxes(grid, [LabelledShape(wkb, water=True, id=0) for wkb in usable]), 0, [grid.width, grid.height] * 2)
        in_boxes = float(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).sum())
        if in_boxes + sum(len(pixels.place) for pixels in known.values()) > _MAX_KEPT:
            return self._sample_from_file(shapes, progress)
        self._known = known
        if not shapes:
            return AreaSampling(None, np.zeros(0, np.int64), ())
        for wkb in new:
            known[wkb] = self._read(wkb, progress)
        return self._combine(shapes, progress)

    def _read(self, wkb: bytes, progress: Progress) -> _AreaPixels:
        problem = _geometry_problem(wkb)
        box = (0.0,) * 4 if problem else tuple(envelopes([wkb])[0].tolist())
        places, valids, values = [np.empty(0, np.int64)], [np.empty(0, bool)], [[np.empty(0, kind)] for kind in self._source.data_types]
        if not problem:
            try:
                overlay = Overlay(self._source, [LabelledShape(wkb, water=True, id=0)], all_touched=self._settings.all_touched)
            except InputError:
                problem = tr("It lies outside the image.")
            else:
                for labelled in overlay.windows(progress):
                    rows, columns = np.nonzero(labelled.owner)
                    window = labelled.window
                    places.append((rows + window.row).astype(np.int64) * self._source.grid.width + columns + window.column)
                    valids.append(np.ones(len(rows), bool) if labelled.valid is None else labelled.valid[rows, columns])
                    for known, band in zip(values, labelled.bands):
                        known.append(band[rows, columns])
                if len(places) == 1:
                    problem = tr("It holds no pixel centre: draw it larger than a pixel.")
        return _AreaPixels(np.concatenate(places), np.concatenate(valids), tuple(map(np.concatenate, values)), box, problem)

    def _combine(self, shapes: Sequence[LabelledShape], progress: Progress) -> AreaSampling:
        """Decide which area each pixel belongs to, as `sample_pixels` does, and sample."""
        parts = [self._known[shape.wkb] for shape in shapes]
        ranks = small_ones_first(np.array([part.box for part in parts]).reshape(-1, 4))
        shapes, parts = [shapes[index] for index in ranks], [parts[index] for index in ranks]
        area = np.repeat(np.arange(len(parts)), [len(part.place) for part in parts])
        place, valid, *values = (np.concatenate(column) for column in zip(*((part.place, part.valid, *part.values) for part in parts)))
        water = np.array([shape.water for shape in shapes], bool)
        # Pixels of one place stand together, those of later areas last.
        order = np.argsort(place, kind="stable")
        sorted_place, is_water = place[order], water[area[order]]
        first = np.diff(sorted_place, prepend=-1) != 0
        run = np.cumsum(first) - 1
        wet = np.bincount(run, is_water)
        conflict = ((wet > 0) & (wet < np.bincount(run)))[run]
        last = np.append(first[1:], True) if len(first) else first
        taken = order[last & ~conflict & valid[order]]
        pixels = np.bincount(area[taken], minlength=len(shapes))
        contested = np.bincount(area[order[conflict]], minlength=len(shapes))
        invalid = np.bincount(area[~valid], minlength=len(shapes))
        problems = list(map(_problem, parts, pixels.tolist(), contested.tolist(), invalid.tolist()))
        asked = np.argsort(ranks)
        found = AreaSampling(None, pixels[asked], tuple(problems[index] for index in asked))
        reservoirs = tuple(Reservoir(len(shapes), self._settings.max_per_class) for _ in range(2))
        for reservoir, wanted in zip(reservoirs, (False, True)):
            rows = taken[water[area[taken]] == wanted]
            if not len(rows):
                return found
            reservoir.add(area[rows], random_keys(place[rows], self._settings.seed), place[rows], *(band[rows] for band in values))
        samples, _ = collect(reservoirs, self._source.grid, shapes, self._roles, self._scene, progress)
        return replace(found, samples=samples)

    def _sample_from_file(self, shapes: Sequence[LabelledShape], progress: Progress) -> AreaSampling:
        """Sample areas whose values would take too much memory."""
        self._known = {}
        usable = [shape for shape in shapes if not _geometry_problem(shape.wkb)]
        samples, everywhere = None, tr("It gives no pixel.")
        try:
            samples = sample_pixels(self._raster, self._roles, usable, self._settings, progress).samples
        except InputError as error:
            everywhere = str(error)
        index = {shape.id: number for number, shape in enumerate(shapes)}
        used = np.array([index[int(fid)] for fid in ([] if samples is None else samples.polygon)], np.int64)
        pixels = np.bincount(used, minlength=len(shapes))
        problems = tuple("" if count else _geometry_problem(shape.wkb) or everywhere for shape, count in zip(shapes, pixels.tolist()))
        return AreaSampling(samples, pixels, problems)


def _geometry_problem(wkb: bytes) -> str:
    """Return why a geometry holds no pixel whatever the image, or ""."""
    geometry = quietly(ogr.CreateGeometryFromWkb, wkb)
    if geometry is None or geometry.IsEmpty():
        return tr("It has no geometry: draw it again.")
    if ogr.GT_Flatten(geometry.GetGeometryType()) not in SURFACES | POINTS:
        return tr("It is neither a polygon nor a point.")
    if not np.isfinite(geometry.GetEnvelope()).all():
        return tr("It has coordinates that aren't finite: draw it again.")
    return ""


def _problem(part: _AreaPixels, pixels: int, contested: int, invalid: int) -> str:
    held = len(part.place)
    if pixels or part.problem:
        return part.problem
    if contested == held:
        return tr("Every pixel lies in areas of both classes.")
    if invalid == held:
        return tr("Every pixel is NoData or masked.")
    if contested or invalid:
        return tr("Every pixel lies in areas of both classes or in another area of its class, or is NoData.")
    return tr("It is covered by other areas of its class.")
