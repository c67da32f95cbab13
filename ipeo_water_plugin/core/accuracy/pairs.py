"""Map and reference, pixel by pixel: the probabilities of labelled polygons, points or another raster; and the area mapped as water."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..grid import Grid, Window
from ..model import at_least
from ..progress import SILENT, Progress, raise_if_cancelled
from ..raster.geotiff import provenance
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.regrid import RegriddedRaster
from ..raster.validity import as_pixel_value
from ..raster.windows import Reopenable, read_windows
from ..sampling.classes import WaterValues
from ..sampling.overlay import Overlay
from ..sampling.polygons import LabelledShape, envelopes
from ..system.redaction import redacted
from ..translation import tr
from .assess import POINTS, POLYGONS, RASTER, SAMPLE, LeftOut, Pairs, WaterArea
from .estimators import Strata
from .sampling_design import Design
from .tally import Tally
from .training_places import TrainingPlaces

# Values of a reference raster that are kept for messages.
_MAX_VALUES = 1000


def map_area(raster: str | RasterFile, threshold: float = 0.5, progress: Progress = SILENT) -> WaterArea:
    """Measure the area mapped as water.

    Args:
        raster: of water probability; any GDAL name.
        threshold: pixels with p ≥ threshold are water.

    Raises:
        InputError: the raster has no known CRS, or its values aren't probabilities.
    """
    source = ProbabilitySource(raster)
    areas, hectares = PixelAreas.from_grid(source.grid), np.zeros(2)
    for window, (probability, valid) in read_windows(source, progress):
        hectares += _hectares(areas, window, at_least(probability, threshold), valid)
    return WaterArea(*hectares.tolist())


def _hectares(areas: PixelAreas, window: Window, mapped: np.ndarray, valid: np.ndarray | None) -> tuple[float, float]:
    """Return the area mapped as water in a window, and that of all valid pixels."""
    if valid is None:
        valid = np.ones(mapped.shape, bool)
    return areas.total(window, mapped & valid), areas.total(window, valid)


def pair_shapes(
    raster: str | RasterFile,
    shapes: Sequence[LabelledShape],
    design: Design | None = None,
    unlabelled: int = 0,
    points: bool = False,
    progress: Progress = SILENT,
    groups: np.ndarray | None = None,
    threshold: float = 0.5,
) -> Pairs:
    """Read the probabilities inside labelled polygons, or at labelled points.

    Args:
        raster: of water probability; any GDAL name.
        shapes: polygons or points in the raster's CRS.
        design: how the points were sampled, if they are a probability sample.
        unlabelled: number of features without a class, for the record.
        points: whether all shapes are points.
        groups: number of the polygon that each shape was sampled from, shape (shapes,), integer; None = each is a place by itself.
        threshold: of the assessment.

    Raises:
        InputError: nothing lies on the raster or has a probability.
    """
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    overlay = Overlay(source.source, shapes, all_touched=False)
    tally, training = Tally(threshold), TrainingPlaces(provenance(raster), source.grid)
    for labelled in overlay.windows(progress):
        training.look(labelled.window, labelled.owner != 0)
        rows, columns = labelled.usable()
        owner = labelled.owner[rows, columns]
        tally.add_to_units(source.probability(labelled.bands[0][rows, columns]), owner > 0, np.abs(owner) - 1)
    if unused := overlay.unused(progress):
        progress.warn(unused)
    probability, water, count, unit = tally.rows()
    left_out = LeftOut(overlay.invalid, 0, overlay.conflicting, overlay.outside, unlabelled)
    warnings = training.warnings(int(count.sum()))
    if design is None or not len(probability):
        kind, unit = (POLYGONS, groups[unit]) if groups is not None else (POINTS if points else POLYGONS, unit)
        pairs = Pairs(probability, water, kind, unit, warnings=warnings, left_out=left_out, count=count)
        return replace(pairs, place=pixel_centres(source.grid, shapes)[unit], feature=_ids(shapes)[unit]) if kind == POINTS else pairs
    # One by one, as they were drawn.
    each = np.repeat(np.arange(len(count)), count.astype(np.int64))
    areas = PixelAreas.from_grid(source.grid)
    return sampled_pairs(source.grid, areas, shapes, design, probability[each], water[each], unit[each], warnings, left_out)


def sampled_pairs(
    grid: Grid,
    areas: PixelAreas,
    shapes: Sequence[LabelledShape],
    design: Design,
    probability: np.ndarray,
    water: np.ndarray,
    unit: np.ndarray,
    warnings: tuple[str, ...] = (),
    left_out: LeftOut | None = None,
) -> Pairs:
    """Return what is compared in a probability sample.

    Args:
        grid: of the map.
        areas: of its pixels.
        shapes: the labelled points in the map's CRS.
        design: how they were sampled.
        probability: p(water) of the points on valid pixels, shape (pixels,).
        water: their labels, shape (pixels,), bool.
        unit: index of each into `shapes`, ascending, shape (pixels,), integer.
        warnings, left_out: as in `Pairs`.

    Raises:
        InputError: a stratum has more points than pixels.
    """
    places = _places(grid, shapes)
    place = np.floor(places[unit]) + 0.5
    size, stratum = areas.at(*place.T), design.stratum[unit]
    pixels = design.stratum_pixels(places, stratum, size)
    return Pairs(
        probability,
        water,
        SAMPLE,
        unit,
        Strata(stratum, design.names, design.area, size, pixels),
        warnings=(*warnings, *design.warnings, *design.missing_points(pixels, size)),
        left_out=left_out or LeftOut(),
        place=place,
        feature=_ids(shapes)[unit],
    )


def pixel_centres(grid: Grid, shapes: Sequence[LabelledShape]) -> np.ndarray:
    """Return the centre of the pixel that each point lies in: column and row, shape (shapes, 2)."""
    return np.floor(_places(grid, shapes)) + 0.5


def _places(grid: Grid, shapes: Sequence[LabelledShape]) -> np.ndarray:
    boxes = envelopes([shape.wkb for shape in shapes])
    return grid.to_pixels(boxes[:, 0], boxes[:, 2])


def _ids(shapes: Sequence[LabelledShape]) -> np.ndarray:
    return np.array([shape.id for shape in shapes], np.int64)


def _model_behind(metadata: Mapping[str, str]) -> list[str]:
    """Return a warning if the reference's metadata say that it is itself a map made by a model."""
    if "MODEL_SHA256" not in metadata:
        return []
    text = tr(
        "The reference is itself a map, made by the model {model}: the scores say how far two maps agree, not how good either of them is. "
        "Unless it was corrected by hand, use a reference that was made without a model."
    )
    return [text.format(model=metadata.get("MODEL") or metadata["MODEL_SHA256"][:12])]


def pair_raster(
    raster: str | RasterFile, reference: str | RasterFile, wanted: WaterValues, progress: Progress = SILENT, threshold: float = 0.5
) -> Pairs:
    """Compare a probability raster with another raster, pixel by pixel, and measure the area mapped as water if the CRS is known.

    Args:
        raster: of water probability; any GDAL name.
        reference: a raster of classes, of any grid and CRS; the value of its first band at each pixel's centre counts.
        wanted: the values that mean water; every other value means not water.
        threshold: of the assessment; pixels with p ≥ threshold are water.

    Raises:
        InputError: no pixel has both, no value that means water occurs, a CRS is missing where the grids differ, or the raster's values
            aren't probabilities.
    """
    source = ProbabilitySource(raster)
    measurable = source.grid.crs and source.grid.geotransform is not None
    areas = PixelAreas.from_grid(source.grid) if measurable else None
    tally, training = Tally(threshold), TrainingPlaces(provenance(raster), source.grid)
    comparison = _Comparison(source, RegriddedRaster(reference, source.grid), wanted.numbers, tally, areas)
    totals = np.zeros(4)
    for window, (counts, part, both) in read_windows(comparison, progress):
        tally.add(counts)
        totals += part
        training.look(window, both)
    wanted.among(comparison.found, redacted(str(reference)), progress)
    probability, water, count, _ = tally.rows()
    map_nodata, reference_nodata, *hectares = totals.tolist()
    left_out = LeftOut(int(map_nodata), int(reference_nodata))
    warnings = (*_model_behind(provenance(reference)), *training.warnings(int(count.sum())))
    area = None if areas is None else WaterArea(*hectares)
    return Pairs(probability, water, RASTER, warnings=warnings, left_out=left_out, count=count, area=area)


class _Comparison(Reopenable):
    """A probability raster and a reference raster, compared window by window in one thread.

    Attributes:
        found: values of the reference so far, of all threads; of more than a thousand, only those that mean water.
    """

    def __init__(
        self, source: ProbabilitySource, truth: RegriddedRaster, numbers: tuple[float, ...], tally: Tally, areas: PixelAreas | None
    ) -> None:
        self._source, self._truth, self._numbers, self._tally, self._areas = source, truth, numbers, tally, areas
        self.grid, self.block, self.found = source.grid, source.block, set[float]()

    def read(self, window: Window) -> tuple[np.ndarray, list[float], np.ndarray]:
        """Compare a window.

        Return counts for the tally, then numbers of pixels that only the reference and only the map has, area mapped as water and area of
        the map in hectares, and where both are valid, bool, shape (height, width).
        """
        probability, valid = self._source.read(window)
        labels, labelled = self._truth.read(window)
        both = labelled if valid is None else labelled & valid
        compared, here = int(np.count_nonzero(both)), both.size if valid is None else int(np.count_nonzero(valid))
        part = [int(np.count_nonzero(labelled)) - compared, here - compared, 0.0, 0.0]
        if self._areas is not None:
            part[2:] = _hectares(self._areas, window, at_least(probability, self._tally.threshold), valid)
        # Far quicker than choosing all of them.
        probability, labels = (a.reshape(-1) if compared == both.size else a[both] for a in (probability, labels))
        if not self.found.issuperset(self._numbers):
            new = np.unique(labels[~np.isin(labels, np.array(list(self.found), labels.dtype))]).tolist()
            self.found.update(new if len(self.found) < _MAX_VALUES else set(new).intersection(self._numbers))
        numbers = [value for number in self._numbers if (value := as_pixel_value(number, labels.dtype)) is not None]
        return self._tally.counts(probability, np.isin(labels, np.array(numbers, labels.dtype))), part, both
