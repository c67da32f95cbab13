"""What a map is held against: pixels of drawn areas, points or another raster, and the drawing of points that an analyst labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .areas import FEWEST_ERRORS
from .assessment import POINTS, POLYGONS, RASTER, SAMPLE, LeftOut, Pairs, WaterArea
from .draw import random_keys
from .errors import InputError
from .grid import Layout
from .labelling import Labelling
from .masks import OnGrid
from .measures import at_least
from .pixel_area import PixelAreas
from .polygons import LabelledShape, WaterValues
from .probability import ProbabilitySource
from .progress import Progress, Quiet, raise_if_cancelled

STRATA = ("not water", "water")
WHOLE_MAP = "all"
DESIGNS = ("stratified", "random")

# The rarer stratum's share of a stratified sample: Olofsson et al. 2014, section 5.1.1, give rare classes 50 to 100 points and deal out the
# rest by area, which lies between equal and proportional allocation.
_RARE = 50
_FEWEST_POINTS = 4
_FEWEST_POSTSTRATIFIED = 10

# Reference pixels held at once; of more than these, a random half is let go as often as needed.
MOST_PIXELS = 50_000_000

# Training draws its pixels from the same kind of keys, and a reference must not fall on those.
_APART = 0x5EED0F5A3C0FFEE1


@dataclass(frozen=True)
class ReferenceSettings:
    """How reference points are drawn.

    Attributes:
        threshold: p at or above it is mapped as water.
        count: points in all.
        design: `stratified` by mapped class, or `random` over the whole map.
        seed: of the draw.
    """

    threshold: float = 0.5
    count: int = 300
    design: str = "stratified"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: one makes no sense.
        """
        if not 0 <= self.threshold <= 1:
            msg = f"The threshold is {self.threshold:g}, and a probability lies between 0 and 1."
            raise InputError(msg)
        if self.count < _FEWEST_POINTS or self.seed < 0:
            msg = f"A sample needs at least {_FEWEST_POINTS} points, and a seed that isn't negative."
            raise InputError(msg)
        if self.design not in DESIGNS:
            msg = f"The design {self.design} isn't known: choose {' or '.join(DESIGNS)}."
            raise InputError(msg)


@dataclass(frozen=True)
class Stratum:
    """A part of the map that points are drawn from.

    Attributes:
        name: the mapped class, or `all`.
        pixels: valid pixels in it.
        area: their area in hectares.
        points: how many of them were drawn.
        expected_errors: how many of the points will turn out to be mapped wrongly if the map's own probabilities hold.
    """

    name: str
    pixels: int
    area: float
    points: int
    expected_errors: float

    @property
    def weight(self) -> float:
        """Pixels that each point stands for: the inverse of its chance to be drawn."""
        return self.pixels / self.points


@dataclass(frozen=True, eq=False)
class ReferenceSample:
    """Points to be labelled, in random order.

    Attributes:
        position: pixel centres in the map's CRS, shape (points, 2).
        stratum: index into `strata` of each point, shape (points,), int64.
        strata: those that have points.
    """

    position: np.ndarray
    stratum: np.ndarray
    strata: tuple[Stratum, ...]


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


def allocate(count: int, pixels: Sequence[int]) -> list[int]:
    """Divide points over strata: by area, but 50 of them, or half where there are fewer than 100, at least in each.

    A stratum never gets more points than it has pixels; what it can't take goes to the others.

    Args:
        count: points in all.
        pixels: of each stratum.
    """
    total = sum(pixels)
    least = min(_RARE, count // 2)
    points = [0] * len(pixels)
    left, room = count, total
    # From the smallest up, so that what one can't take is left for the larger ones.
    for index in sorted(range(len(pixels)), key=lambda i: pixels[i]):
        if pixels[index]:
            wanted = max(round(left * pixels[index] / room), least)
            points[index] = min(wanted, pixels[index], left)
            left -= points[index]
            room -= pixels[index]
    return points


def sample_reference(raster: str, settings: ReferenceSettings | None = None, progress: Progress | None = None) -> ReferenceSample:
    """Draw points from a probability raster, without replacement, each at a pixel's centre and none on NoData.

    Args:
        raster: of water probability; any GDAL name.
        settings: threshold, number, design, seed.
        progress: told the share of the windows done.

    Raises:
        InputError: the raster has no valid pixel or no CRS, or holds no probabilities.
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    settings, progress = settings or ReferenceSettings(), progress or Quiet()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    areas = PixelAreas.of(source.grid)
    names = STRATA if settings.design == "stratified" else (WHOLE_MAP,)
    parts = [_Part(settings.count) for _ in names]
    area, done = source.grid.window, 0
    for window in Layout.of(area, source.block).windows(area):
        raise_if_cancelled(progress)
        probability, valid = source.read(window)
        water = at_least(probability, settings.threshold)
        valid = np.ones(water.shape, bool) if valid is None else valid
        rows = np.arange(window.row, window.row + window.height)[:, None]
        place = rows * source.grid.width + np.arange(window.column, window.column + window.width)
        keys = random_keys(place, settings.seed ^ _APART)
        wrong = np.where(water, 1 - probability, probability)
        for part, mine in zip(parts, (valid & ~water, valid & water) if len(names) > 1 else (valid,)):
            part.pixels += int(np.count_nonzero(mine))
            part.area += areas.total(window, mine)
            part.errors += float(np.sum(wrong, where=mine, dtype=np.float64))
            part.add(mine, keys, place)
        done += window.pixels
        progress.set(done / area.pixels)
    if not any(part.pixels for part in parts):
        msg = f"{raster} has no valid pixel, so no point can be drawn."
        raise InputError(msg)
    points = allocate(settings.count, [part.pixels for part in parts])
    strata = tuple(
        Stratum(name, part.pixels, part.area, n, n * part.errors / part.pixels) for name, part, n in zip(names, parts, points) if n
    )
    places = [part.draw(n) for part, n in zip(parts, points) if n]
    stratum = np.repeat(np.arange(len(places)), [len(place) for place in places])
    rows, columns = np.divmod(np.concatenate(places), source.grid.width)
    # Points of one stratum in a row would tell the analyst what to expect of the next.
    order = np.random.default_rng(settings.seed).permutation(len(rows))
    sample = ReferenceSample(source.grid.to_crs(columns + 0.5, rows + 0.5)[order], stratum[order], strata)
    _report(sample, settings, areas, progress)
    return sample


class _Part:
    """One stratum while the raster goes by: its size, and the pixels with the smallest keys so far."""

    def __init__(self, cap: int) -> None:
        self.pixels, self.area, self.errors = 0, 0.0, 0.0
        self._cap, self._ceiling = cap, np.iinfo(np.uint64).max
        self._keys, self._places = np.empty(0, np.uint64), np.empty(0, np.int64)

    def add(self, mine: np.ndarray, keys: np.ndarray, place: np.ndarray) -> None:
        """Take in the chosen pixels of a window."""
        kept = mine & (keys <= self._ceiling)
        self._keys, self._places = np.concatenate([self._keys, keys[kept]]), np.concatenate([self._places, place[kept]])
        if len(self._keys) > 2 * self._cap:
            smallest = np.argpartition(self._keys, self._cap)[: self._cap]
            self._keys, self._places = self._keys[smallest], self._places[smallest]
            self._ceiling = self._keys.max()

    def draw(self, count: int) -> np.ndarray:
        """Return the places of the pixels with the smallest keys, in row-major order."""
        return np.sort(self._places[np.argsort(self._keys, kind="stable")[:count]])


def _report(sample: ReferenceSample, settings: ReferenceSettings, areas: PixelAreas, progress: Progress) -> None:
    if areas.corrected:
        progress.info("The CRS stretches areas here by more than 0.5 %, so areas are computed on the ellipsoid.")
    for stratum in sample.strata:
        progress.info(
            f"Stratum “{stratum.name}”: {stratum.points} points from {stratum.pixels} pixels, {stratum.area:.2f} ha; "
            f"each stands for {stratum.weight:.6g} pixels. Seed {settings.seed}."
        )
        if stratum.expected_errors < FEWEST_ERRORS:
            rate = stratum.expected_errors / stratum.points
            enough = f"about {math.ceil(FEWEST_ERRORS / rate)} points there" if rate > 1e-4 else "far more points there"
            progress.warn(
                f"If the map's probabilities hold, about {stratum.expected_errors:.1f} of the points of stratum “{stratum.name}” "
                f"are mapped wrongly. With fewer than {FEWEST_ERRORS} the interval of the area may be too narrow: it would take {enough}."
            )
    if len(sample.stratum) < settings.count:
        progress.warn(f"The map has only {len(sample.stratum)} valid pixels, so there are no more points.")


def map_area(raster: str, threshold: float = 0.5, progress: Progress | None = None) -> WaterArea:
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
    return replace(pairs, stratum=water.astype(np.int64), strata=STRATA, stratum_area=np.array([area.total - area.mapped, area.mapped]))


@dataclass
class _Held:
    """Pairs while they are collected, thinned at random where there are too many."""

    share: float = 1.0
    thinned: int = 0
    count: int = 0
    pieces: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    draw: np.random.Generator = field(default_factory=lambda: np.random.default_rng(_APART))

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
    raster: str,
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
    labelling = Labelling(source.source, shapes, all_touched=False, noun="reference point" if points else "reference area")
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


def pair_raster(raster: str, reference: str, wanted: WaterValues, progress: Progress | None = None) -> Pairs:
    """Hold a probability raster against another raster, pixel by pixel.

    Args:
        raster: of water probability; any GDAL name.
        reference: any raster of classes, of any grid and CRS; its first band at each pixel's centre is taken.
        wanted: the values that mean water; every other value means not water.
        progress: told the share of the windows done.

    Raises:
        InputError: no pixel has both, a CRS is missing where the grids differ, or the raster holds no probabilities.
        RasterError: a raster can't be read.
        CancelledError: the caller cancelled.
    """
    progress = progress or Quiet()
    source = ProbabilitySource(raster)
    truth = OnGrid(reference, source.grid, "reference")
    area = source.grid.window
    held, done, map_nodata, reference_nodata = _Held(), 0, 0, 0
    numbers = sorted(wanted.numbers or ())
    for window in Layout.of(area, source.block).windows(area):
        raise_if_cancelled(progress)
        probability, valid = source.read(window)
        labels, labelled = truth.read(window)
        both = labelled if valid is None else labelled & valid
        map_nodata += int(np.count_nonzero(labelled)) - int(np.count_nonzero(both))
        reference_nodata += (both.size if valid is None else int(np.count_nonzero(valid))) - int(np.count_nonzero(both))
        held.add(probability[both], np.isin(labels[both], numbers))
        done += window.pixels
        progress.set(done / area.pixels)
    probability, water = held.columns(np.float32, bool)
    return Pairs(probability, water, RASTER, left_out=LeftOut(map_nodata, reference_nodata, thinned=held.thinned))
