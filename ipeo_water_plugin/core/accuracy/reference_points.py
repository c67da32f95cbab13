"""Random points on a map for an analyst to label, drawn without replacement in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.windows import read_windows
from ..sampling.reservoir import Reservoir, random_keys
from ..translation import tr
from .assess import CLASSES
from .estimators import MIN_ERRORS
from .tally import at_least
from .thresholds import check_threshold

WHOLE_MAP = "all"
STRATA = (*CLASSES, WHOLE_MAP)
DESIGNS = ("stratified", "random")

# Olofsson et al. 2014, section 5.1.1, give rare classes 50 to 100 points and allocate the rest by area, which lies between equal and
# proportional allocation.
_MIN_PER_STRATUM = 50
_MIN_POINTS = 4

# Training pixels are drawn by the same keys, and reference points must not coincide with them.
_SEED_MASK = 0x5EED0F5A3C0FFEE1


@dataclass(frozen=True)
class ReferenceSettings:
    """How reference points are drawn.

    Attributes:
        threshold: pixels with p ≥ threshold are mapped as water.
        count: number of points.
        design: `stratified` by mapped class, or simple `random` over the whole map.
        seed: of the random choice.
    """

    threshold: float = 0.5
    count: int = 300
    design: str = "stratified"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            InputError: one is out of range or unknown.
        """
        check_threshold(self.threshold)
        if self.count < _MIN_POINTS or self.seed < 0:
            msg = tr("A sample needs at least {minimum} points, and a seed that isn't negative.").format(minimum=_MIN_POINTS)
            raise InputError(msg)
        if self.design not in DESIGNS:
            msg = tr("The design {design} is unknown: choose stratified or random.").format(design=self.design)
            raise InputError(msg)


@dataclass(frozen=True)
class Stratum:
    """A part of the map that points are drawn from.

    Attributes:
        name: the mapped class, or `all`.
        pixels: valid pixels in it.
        area: their area in hectares.
        points: number of points drawn from them.
        expected_errors: number of the points expected to be mapped wrongly, if the map's own probabilities are right.
    """

    name: str
    pixels: int
    area: float
    points: int
    expected_errors: float

    @property
    def weight(self) -> float:
        """Number of pixels that each point stands for: the inverse of its inclusion probability."""
        return self.pixels / self.points


@dataclass(frozen=True, eq=False)
class ReferenceSample:
    """Points to be labelled, in random order.

    Attributes:
        position: pixel centres in the map's CRS, shape (points, 2).
        stratum: index into `strata` of each point, shape (points,), int64.
        strata: those with points.
    """

    position: np.ndarray
    stratum: np.ndarray
    strata: tuple[Stratum, ...]


def allocate(count: int, pixels: Sequence[int]) -> list[int]:
    """Allocate points to strata in proportion to their area, but at least 50 to each, or half if there are fewer than 100.

    A stratum never gets more points than it has pixels; the others get the rest.

    Args:
        count: number of points.
        pixels: number of pixels in each stratum.

    Example:
        >>> allocate(300, [990_000, 10_000])
        [250, 50]
    """
    total = sum(pixels)
    minimum = min(_MIN_PER_STRATUM, count // 2)
    points = [0] * len(pixels)
    left, room = count, total
    # From the smallest up, so that the rest is left for the larger ones.
    for index in sorted(range(len(pixels)), key=lambda i: pixels[i]):
        if pixels[index]:
            wanted = max(round(left * pixels[index] / room), minimum)
            points[index] = min(wanted, pixels[index], left)
            left -= points[index]
            room -= pixels[index]
    return points


def sample_reference(
    raster: str | RasterFile, settings: ReferenceSettings | None = None, progress: Progress | None = None
) -> ReferenceSample:
    """Draw points from a probability raster, without replacement, each at a pixel's centre and none on NoData.

    Args:
        raster: of water probability; any GDAL name.
        settings: threshold, number, design, seed.
        progress: receives the share of the pixels done.

    Raises:
        InputError: the raster has no valid pixel or no CRS, or its values aren't probabilities.
        RasterError: the raster can't be read.
        CancelledError: the caller cancelled.
    """
    settings, progress = settings or ReferenceSettings(), progress or SilentProgress()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    areas = PixelAreas.from_grid(source.grid)
    names = CLASSES if settings.design == "stratified" else (WHOLE_MAP,)
    pixels, hectares, errors = [0] * len(names), [0.0] * len(names), [0.0] * len(names)
    reservoirs = [Reservoir(1, settings.count) for _ in names]
    for window, probability, known in read_windows(source, progress):
        water = at_least(probability, settings.threshold)
        valid = np.ones(water.shape, bool) if known is None else known
        rows = np.arange(window.row, window.row + window.height)[:, None]
        place = (rows * source.grid.width + np.arange(window.column, window.column + window.width)).reshape(-1)
        keys = random_keys(place, settings.seed ^ _SEED_MASK)
        wrong = np.where(water, 1 - probability, probability).reshape(-1)
        for index, inside in enumerate((valid & ~water, valid & water) if len(names) > 1 else (valid,)):
            # Far quicker than the mask itself as an index.
            chosen = np.flatnonzero(inside)
            reservoirs[index].add(np.zeros(len(chosen), np.intp), keys[chosen], place[chosen])
            pixels[index] += len(chosen)
            hectares[index] += areas.total(window, inside)
            errors[index] += float(wrong[chosen].sum(dtype=np.float64))
    if not any(pixels):
        msg = tr("{raster} has no valid pixel, so no points can be drawn.").format(raster=raster)
        raise InputError(msg)
    points = allocate(settings.count, pixels)
    present = [index for index, count in enumerate(points) if count]
    strata = tuple(Stratum(names[i], pixels[i], hectares[i], points[i], points[i] * errors[i] / pixels[i]) for i in present)
    places = [_smallest(reservoirs[i], points[i]) for i in present]
    stratum = np.repeat(np.arange(len(places)), [len(place) for place in places])
    rows, columns = np.divmod(np.concatenate(places), source.grid.width)
    # In random order, so that the strata of earlier points don't hint at those of later ones.
    order = np.random.default_rng(settings.seed).permutation(len(rows))
    sample = ReferenceSample(source.grid.to_crs(columns + 0.5, rows + 0.5)[order], stratum[order], strata)
    _report(sample, settings, areas, progress)
    return sample


def _smallest(reservoir: Reservoir, count: int) -> np.ndarray:
    """Return the places of the `count` pixels with the smallest keys, in row-major order."""
    _, key, place = reservoir.sample()
    return np.sort(place[np.argsort(key, kind="stable")[:count]])


def _report(sample: ReferenceSample, settings: ReferenceSettings, areas: PixelAreas, progress: Progress) -> None:
    if areas.corrected:
        progress.info(tr("The CRS distorts areas here by more than 0.5 %, so areas are computed on the ellipsoid."))
    for stratum in sample.strata:
        progress.info(
            tr(
                "Stratum “{stratum}”: {points} points from {pixels} pixels, {area:.2f} ha; each stands for {weight:.6g} pixels. Seed "
                "{seed}."
            ).format(
                stratum=stratum.name,
                points=stratum.points,
                pixels=stratum.pixels,
                area=stratum.area,
                weight=stratum.weight,
                seed=settings.seed,
            )
        )
        if stratum.expected_errors < MIN_ERRORS:
            rate = stratum.expected_errors / stratum.points
            finite = rate > 1e-4
            text = (
                tr(
                    "If the map's probabilities are right, about {errors:.1f} of the points of stratum “{stratum}” are mapped wrongly. "
                    "With fewer than {minimum} the interval of the area may be too narrow: about {points} points would be needed there."
                )
                if finite
                else tr(
                    "If the map's probabilities are right, about {errors:.1f} of the points of stratum “{stratum}” are mapped wrongly. "
                    "With fewer than {minimum} the interval of the area may be too narrow: far more points would be needed there."
                )
            )
            points = math.ceil(MIN_ERRORS / rate) if finite else 0
            progress.warn(text.format(errors=stratum.expected_errors, stratum=stratum.name, minimum=MIN_ERRORS, points=points))
    if len(sample.stratum) < settings.count:
        progress.warn(tr("The map has only {count} valid pixels, so only as many points are drawn.").format(count=len(sample.stratum)))
