"""What a map is held against: its pixels paired with those of drawn areas, points or another raster; and the area that it maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .assessment import CLASSES, POINTS, POLYGONS, RASTER, SAMPLE, LeftOut, Pairs, WaterArea
from .classes import WaterValues
from .concealing import concealed
from .grid import Layout
from .labelling import Labelling
from .masks import OnGrid
from .measures import at_least
from .pixel_area import PixelAreas
from .polygons import LabelledShape
from .probability import ProbabilitySource
from .progress import Progress, Quiet, raise_if_cancelled
from .rasterfile import RasterFile
from .wording import tr

# Pairs held at once; of more than these, a random half is let go as often as needed.
MOST_PIXELS = 50_000_000
_SEED = 0x5EED0F5A

_FEWEST_POSTSTRATIFIED = 10


@dataclass(frozen=True, eq=False)
class Design:
    """What a layer of labelled points says of how they were drawn; one entry a labelled point, in the order of the shapes.

    Attributes:
        stratum: index into `names`, int64.
        names: of the strata.
        area: of each stratum in hectares, NaN where the layer doesn't say.
        pixels: of each stratum: Σ weight over all its points, labelled or not.
    """

    stratum: np.ndarray
    names: tuple[str, ...]
    area: np.ndarray
    pixels: np.ndarray


def map_area(raster: str | RasterFile, threshold: float = 0.5, progress: Progress | None = None) -> WaterArea:
    """Measure what a map says of the area of water.

    Args:
        raster: of water probability; any GDAL name.
        threshold: p at or above it is water.
        progress: told the share of the windows done.

    Raises:
        InputError: the raster has no known CRS, or holds no probabilities.
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or Quiet()
    source = ProbabilitySource(raster)
    areas, area = PixelAreas.of(source.grid), source.grid.window
    mapped = total = 0.0
    done = 0
    for window in Layout.of(area, source.block).windows(area):
        raise_if_cancelled(progress)
        probability, valid = source.read(window)
        inside = np.ones(probability.shape, bool) if valid is None else valid
        total += areas.total(window, inside)
        mapped += areas.total(window, at_least(probability, threshold) & inside)
        done += window.pixels
        progress.set(done / area.pixels)
    return WaterArea(mapped, total)


def poststratified(pairs: Pairs, area: WaterArea, threshold: float) -> Pairs:
    """Divide a simple random sample by mapped class after the fact, which makes its estimates far more precise.

    Olofsson et al. 2014, section 5.1.2: the equations stay the same. It takes a sample of one stratum that is this very map, and ten
    points in each class; else the pairs come back as they are.

    Args:
        pairs: of a probability sample.
        area: what the map says, at the same threshold.
        threshold: p at or above it is water.
    """
    if pairs.stratum_area is None or len(pairs.strata) != 1 or area.mapped is None or area.total is None:
        return pairs
    water = at_least(pairs.probability, threshold)
    points = min(int(np.count_nonzero(water)), int(np.count_nonzero(~water)))
    if points < _FEWEST_POSTSTRATIFIED or not math.isclose(area.total, float(pairs.stratum_area[0]), rel_tol=1e-6):
        return pairs
    return replace(pairs, stratum=water.astype(np.int64), strata=CLASSES, stratum_area=np.array([area.total - area.mapped, area.mapped]))


@dataclass
class _Held:
    """Pairs while they are collected, thinned at random where there are too many."""

    share: float = 1.0
    thinned: int = 0
    count: int = 0
    pieces: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    draw: np.random.Generator = field(default_factory=lambda: np.random.default_rng(_SEED))

    def add(self, *columns: np.ndarray) -> None:
        self.pieces.append(columns if self.share == 1 else self._thin(self.share, columns))
        self.count += len(self.pieces[-1][0])
        while self.count > MOST_PIXELS:
            self.share /= 2
            self.pieces = [self._thin(0.5, piece) for piece in self.pieces]
            self.count = sum(len(piece[0]) for piece in self.pieces)

    def _thin(self, share: float, columns: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        kept = self.draw.random(len(columns[0])) < share
        self.thinned += len(kept) - int(kept.sum())
        return tuple(column[kept] for column in columns)

    def columns(self, *types: type) -> list[np.ndarray]:
        """Return the columns, each in one piece."""
        if not self.pieces:
            return [np.empty(0, t) for t in types]
        return [np.concatenate(column) for column in zip(*self.pieces)]


def pair_shapes(
    raster: str | RasterFile,
    shapes: Sequence[LabelledShape],
    design: Design | None = None,
    unlabelled: int = 0,
    points: bool = False,
    progress: Progress | None = None,
) -> Pairs:
    """Read the probabilities that labelled areas or points hold.

    Args:
        raster: of water probability; any GDAL name.
        shapes: polygons or points in the raster's CRS.
        design: how the points were drawn, where they are a probability sample.
        unlabelled: features without a class, for the record.
        points: whether all shapes are points.
        progress: told the share of the work done.

    Raises:
        InputError: nothing lies on the raster or has a probability.
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or Quiet()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    nouns = (tr("reference point"), tr("reference points")) if points else (tr("reference area"), tr("reference areas"))
    labelling = Labelling(source.source, shapes, all_touched=False, nouns=nouns)
    held, nodata = _Held(), 0
    for part in labelling.windows(progress):
        chosen = part.owner != 0
        if part.valid is not None:
            nodata += int(np.count_nonzero(chosen & ~part.valid))
            chosen &= part.valid
        rows, columns = np.nonzero(chosen)
        owner = part.owner[rows, columns]
        place = (rows + part.window.row).astype(np.int64) * source.grid.width + columns + part.window.column
        where = () if design is None else (place,)
        held.add(source.probability(part.bands[0][rows, columns]), owner > 0, np.abs(owner) - 1, *where)
    unused = labelling.unused(progress)
    if unused:
        progress.warn(unused)
    probability, water, unit, *drawn = held.columns(np.float32, bool, np.int32, np.int64)
    left_out = LeftOut(nodata, 0, labelling.conflicting, labelling.outside, unlabelled, held.thinned)
    if design is None:
        return Pairs(probability, water, POINTS if points else POLYGONS, unit, left_out=left_out)
    row, column = np.divmod(drawn[0], source.grid.width)
    size = PixelAreas.of(source.grid).at(column + 0.5, row + 0.5)
    stratum = design.stratum[unit]
    return Pairs(probability, water, SAMPLE, unit, stratum, design.names, _stratum_areas(design, stratum, size), size, left_out)


def _stratum_areas(design: Design, stratum: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Area of each stratum in hectares: as the layer says, else its pixels times the mean area of those that were drawn."""
    drawn = np.maximum(np.bincount(stratum, minlength=len(design.names)), 1)
    mean = np.bincount(stratum, weights=size, minlength=len(design.names)) / drawn
    return np.where(np.isnan(design.area), design.pixels * mean, design.area)


# Values of a reference raster that are kept for messages.
_MOST_VALUES = 1000


@dataclass
class _Found:
    """Values that occur in a reference raster, looked for until all that are listed have turned up."""

    listed: tuple[float, ...]
    values: set[float] = field(default_factory=set)

    def look(self, labels: np.ndarray) -> None:
        if not self.values.issuperset(self.listed):
            new = set(np.unique(labels).tolist())
            self.values |= new if len(self.values) < _MOST_VALUES else new.intersection(self.listed)


def pair_raster(raster: str | RasterFile, reference: str | RasterFile, wanted: WaterValues, progress: Progress | None = None) -> Pairs:
    """Hold a probability raster against another raster, pixel by pixel.

    Args:
        raster: of water probability; any GDAL name.
        reference: any raster of classes, of any grid and CRS; its first band at each pixel's centre is taken.
        wanted: the values that mean water; every other value means not water.
        progress: told the share of the windows done.

    Raises:
        InputError: no pixel has both, no value that means water occurs, a CRS is missing where the grids differ, or the raster holds
            no probabilities.
        RasterError: a raster can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or Quiet()
    source = ProbabilitySource(raster)
    truth = OnGrid(reference, source.grid, "reference")
    area = source.grid.window
    held, done, map_nodata, reference_nodata = _Held(), 0, 0, 0
    numbers, found = np.array(wanted.numbers), _Found(wanted.numbers)
    for window in Layout.of(area, source.block).windows(area):
        raise_if_cancelled(progress)
        probability, valid = source.read(window)
        labels, labelled = truth.read(window)
        both = labelled if valid is None else labelled & valid
        map_nodata += int(np.count_nonzero(labelled)) - int(np.count_nonzero(both))
        reference_nodata += (both.size if valid is None else int(np.count_nonzero(valid))) - int(np.count_nonzero(both))
        found.look(labels[both])
        held.add(probability[both], np.isin(labels[both], numbers))
        done += window.pixels
        progress.set(done / area.pixels)
    wanted.among(found.values, concealed(str(reference)), progress)
    probability, water = held.columns(np.float32, bool)
    return Pairs(probability, water, RASTER, left_out=LeftOut(map_nodata, reference_nodata, thinned=held.thinned))
