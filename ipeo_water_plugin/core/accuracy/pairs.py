"""Map and reference, pixel by pixel: the probabilities of labelled polygons, points or another raster; and the area mapped as water."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.geotiff import provenance
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.regrid import RegriddedRaster
from ..raster.windows import read_windows
from ..sampling.classes import WaterValues
from ..sampling.overlay import Overlay
from ..sampling.polygons import LabelledShape
from ..system.redaction import redacted
from ..translation import tr
from .assess import POINTS, POLYGONS, RASTER, SAMPLE, LeftOut, Pairs, WaterArea
from .sampling_design import Design
from .scores import at_least
from .training_places import TrainingPlaces

# Pairs held at once; of more than these, a random half is dropped as often as needed.
MAX_PIXELS = 50_000_000
_SEED = 0x5EED0F5A

# Values of a reference raster that are kept for messages.
_MAX_VALUES = 1000


def map_area(raster: str | RasterFile, threshold: float = 0.5, progress: Progress | None = None) -> WaterArea:
    """Measure the area mapped as water.

    Args:
        raster: of water probability; any GDAL name.
        threshold: pixels with p ≥ threshold are water.
        progress: receives the share of the pixels done.

    Raises:
        InputError: the raster has no known CRS, or its values aren't probabilities.
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    source = ProbabilitySource(raster)
    areas = PixelAreas.from_grid(source.grid)
    mapped = total = 0.0
    for window, probability, valid in read_windows(source, progress or SilentProgress()):
        inside = np.ones(probability.shape, bool) if valid is None else valid
        total += areas.total(window, inside)
        mapped += areas.total(window, at_least(probability, threshold) & inside)
    return WaterArea(mapped, total)


@dataclass
class _Buffer:
    """Columns of pixels, thinned at random if there are too many: without a key for each, which would take more memory than the pixels.

    Attributes:
        dropped: number of pixels dropped.
    """

    dropped: int = 0
    _count: int = 0
    _share: float = 1.0
    _blocks: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    _random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(_SEED))

    def add(self, *columns: np.ndarray) -> None:
        """Add pixels: columns of shape (pixels,)."""
        self._blocks.append(columns if self._share == 1 else self._thin(self._share, columns))
        self._count += len(self._blocks[-1][0])
        while self._count > MAX_PIXELS:
            self._share /= 2
            self._blocks = [self._thin(0.5, block) for block in self._blocks]
            self._count = sum(len(block[0]) for block in self._blocks)

    def _thin(self, share: float, columns: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        kept = self._random.random(len(columns[0])) < share
        self.dropped += len(kept) - int(kept.sum())
        return tuple(column[kept] for column in columns)

    def columns(self, *types: type) -> list[np.ndarray]:
        """Return the columns, each as one array; empty ones of these types if no pixel was added."""
        if not self._blocks:
            return [np.empty(0, t) for t in types]
        return [np.concatenate(column) for column in zip(*self._blocks)]


def pair_shapes(
    raster: str | RasterFile,
    shapes: Sequence[LabelledShape],
    design: Design | None = None,
    unlabelled: int = 0,
    points: bool = False,
    progress: Progress | None = None,
    groups: np.ndarray | None = None,
) -> Pairs:
    """Read the probabilities inside labelled polygons, or at labelled points.

    Args:
        raster: of water probability; any GDAL name.
        shapes: polygons or points in the raster's CRS.
        design: how the points were sampled, if they are a probability sample.
        unlabelled: number of features without a class, for the record.
        points: whether all shapes are points.
        progress: receives the share of the work done.
        groups: number of the polygon that each shape was sampled from, shape (shapes,), integer; None = each is a place by itself.

    Raises:
        InputError: nothing lies on the raster or has a probability.
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or SilentProgress()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    overlay = Overlay(source.source, shapes, all_touched=False)
    buffer, training = _Buffer(), TrainingPlaces(provenance(raster), source.grid)
    for labelled in overlay.windows(progress):
        training.look(labelled.window, labelled.owner != 0)
        rows, columns = labelled.usable()
        owner = labelled.owner[rows, columns]
        where = () if design is None else (rows + labelled.window.row, columns + labelled.window.column)
        buffer.add(source.probability(labelled.bands[0][rows, columns]), owner > 0, np.abs(owner) - 1, *where)
    if unused := overlay.unused(progress):
        progress.warn(unused)
    probability, water, unit, *place = buffer.columns(np.float32, bool, np.int32, np.int64, np.int64)
    left_out = LeftOut(overlay.invalid, 0, overlay.conflicting, overlay.outside, unlabelled, buffer.dropped)
    warnings = training.warnings(len(probability) + buffer.dropped)
    if groups is not None:
        return Pairs(probability, water, POLYGONS, groups[unit], warnings=warnings, left_out=left_out)
    if design is None or not len(probability):
        return Pairs(probability, water, POINTS if points else POLYGONS, unit, warnings=warnings, left_out=left_out)
    row, column = place
    size = PixelAreas.from_grid(source.grid).at(column + 0.5, row + 0.5)
    stratum = design.stratum[unit]
    pixels = design.stratum_pixels(source.grid, shapes, stratum, size)
    return Pairs(
        probability,
        water,
        SAMPLE,
        unit,
        stratum,
        design.names,
        design.area,
        size,
        pixels,
        warnings=(*warnings, *design.warnings, *design.missing_points(pixels)),
        left_out=left_out,
    )


def _model_behind(metadata: Mapping[str, str]) -> list[str]:
    """Return a warning if the reference's metadata say that it is itself a map made by a model."""
    if "MODEL_SHA256" not in metadata:
        return []
    text = tr(
        "The reference is itself a map, made by the model {model}: the scores tell how far two maps agree, not how good either of them is. "
        "Unless it was corrected by hand, use a reference that was made without a model."
    )
    return [text.format(model=metadata.get("MODEL") or metadata["MODEL_SHA256"][:12])]


def pair_raster(raster: str | RasterFile, reference: str | RasterFile, wanted: WaterValues, progress: Progress | None = None) -> Pairs:
    """Compare a probability raster with another raster, pixel by pixel.

    Args:
        raster: of water probability; any GDAL name.
        reference: a raster of classes, of any grid and CRS; the value of its first band at each pixel's centre counts.
        wanted: the values that mean water; every other value means not water.
        progress: receives the share of the pixels done.

    Raises:
        InputError: no pixel has both, no value that means water occurs, a CRS is missing where the grids differ, or the raster's values
            aren't probabilities.
        RasterError: a raster can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or SilentProgress()
    source = ProbabilitySource(raster)
    truth = RegriddedRaster(reference, source.grid)
    buffer, training = _Buffer(), TrainingPlaces(provenance(raster), source.grid)
    numbers, map_nodata, reference_nodata = np.array(wanted.numbers), 0, 0
    found: set[float] = set()
    for window, probability, valid in read_windows(source, progress):
        labels, labelled = truth.read(window)
        both = labelled if valid is None else labelled & valid
        compared = int(np.count_nonzero(both))
        map_nodata += int(np.count_nonzero(labelled)) - compared
        reference_nodata += (both.size if valid is None else int(np.count_nonzero(valid))) - compared
        if not found.issuperset(wanted.numbers):
            new = set(np.unique(labels[both]).tolist())
            found |= new if len(found) < _MAX_VALUES else new.intersection(wanted.numbers)
        training.look(window, both)
        buffer.add(probability[both], np.isin(labels[both], numbers))
    wanted.among(found, redacted(str(reference)), progress)
    probability, water = buffer.columns(np.float32, bool)
    left_out = LeftOut(map_nodata, reference_nodata, thinned=buffer.dropped)
    warnings = (*_model_behind(provenance(reference)), *training.warnings(len(probability) + buffer.dropped))
    return Pairs(probability, water, RASTER, warnings=warnings, left_out=left_out)
