"""Random points on a map for an analyst to label, drawn without replacement in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from ..errors import InputError
from ..grid import Window
from ..model import at_least
from ..progress import SILENT, Progress, raise_if_cancelled
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.windows import Reopenable, read_windows
from ..sampling.reservoir import random_keys
from ..translation import tr
from .assess import CLASSES
from .estimators import MIN_ERRORS
from .thresholds import check_threshold

WHOLE_MAP = "all"
STRATA = (*CLASSES, WHOLE_MAP)
DESIGNS = ("stratified", "random")

# Olofsson et al. 2014, section 5.1.1, give rare classes 50 to 100 points and allocate the rest by area, which lies between equal and
# proportional allocation.
_MIN_PER_STRATUM = 50
_MIN_POINTS = 4

# Points that a margin may ask for, and the bounds of the rates of errors that it is worked out from.
_MAX_POINTS = 20_000
_ERROR_RATES = 0.005, 0.5
# Maps are wrong more often than their own probabilities say: see `training.expectation`.
_OPTIMISM = 2.0
# Half the width of a 95 % interval, in standard errors.
_NORMAL = 1.96

# Training pixels are drawn by the same keys, and reference points must not coincide with them.
_SEED_MASK = 0x5EED0F5A3C0FFEE1
# Of so many pixels one is drawn in advance, on average, up to about a maximum. Keys of the others are at least this.
_CANDIDATE_SHARE, _MAX_CANDIDATES = 64, 2**20
_OTHERS = np.uint64(2**63)


@dataclass(frozen=True)
class ReferenceSettings:
    """How reference points are drawn.

    Attributes:
        threshold: pixels with p ≥ threshold are mapped as water.
        count: number of points, if there is no margin.
        design: `stratified` by mapped class, or simple `random` over the whole map.
        seed: of the random choice.
        margin: half the width of the 95 % interval of the area of water that is wanted, as a share of that area: the number of points is
            worked out; None = not given.
    """

    threshold: float = 0.5
    count: int = 300
    design: str = "stratified"
    seed: int = 0
    margin: float | None = None

    def __post_init__(self) -> None:
        """Raise InputError if a setting is out of range or unknown."""
        check_threshold(self.threshold)
        if self.count < _MIN_POINTS or self.seed < 0:
            msg = tr("A sample needs at least {minimum} points, and a seed that isn't negative.").format(minimum=_MIN_POINTS)
            raise InputError(msg)
        if self.margin is not None and not 0 < self.margin < 1:
            msg = tr("The margin is {margin:g} %; it must be above 0 and below 100, or empty.").format(margin=100 * self.margin)
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


def points_for_margin(margin: float, pixels: Sequence[int], errors: Sequence[float]) -> int:
    """Return how many points give the area of water an interval of a certain width, if the map errs twice as often as it says.

    The variance of the area is that of a stratified sample, Σ W² q (1 − q) / n (Cochran 1977, equation 5.7), where W is a stratum's share
    of the map and q its rate of errors.

    >>> points_for_margin(0.1, [990_000, 10_000], [500.0, 400.0])
    10857

    Args:
        margin: half the width of the 95 % interval, as a share of the area.
        pixels: number of pixels in each stratum: not water, water; or of the whole map.
        errors: number of them that are expected to be mapped wrongly; on the whole map, to be water.

    Raises:
        InputError: it takes more than 20 000 points.
    """
    total = sum(pixels)
    rates = [min(max(_OPTIMISM * wrong / max(count, 1), _ERROR_RATES[0]), _ERROR_RATES[1]) for count, wrong in zip(pixels, errors)]
    if len(pixels) == 1:
        rates = [errors[0] / total]
        water = rates[0]
    else:
        water = (pixels[0] * rates[0] + pixels[1] * (1 - rates[1])) / total
    spread = [(count / total) ** 2 * rate * (1 - rate) for count, rate in zip(pixels, rates)]

    def half_width(points: int) -> float:
        shares = zip(spread, allocate(points, pixels), pixels)
        # A stratum that is labelled completely has no sampling error.
        return _NORMAL * math.sqrt(sum(one / n for one, n, count in shares if 0 < n < count)) / max(water, 1 / total)

    low, high = _MIN_POINTS, min(_MAX_POINTS, total)
    if half_width(high) > margin and high < total:
        msg = tr(
            "An interval of ± {margin:g} % takes more than {maximum} points, since water or errors are so rare: allow a larger margin, or "
            "set the number of points."
        )
        raise InputError(msg.format(margin=100 * margin, maximum=_MAX_POINTS))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if half_width(middle) <= margin else (middle + 1, high)
    return low


def sample_reference(raster: str | RasterFile, settings: ReferenceSettings | None = None, progress: Progress = SILENT) -> ReferenceSample:
    """Draw points from a probability raster, without replacement, each at a pixel's centre and none on NoData.

    Args:
        raster: of water probability; any GDAL name.
        settings: threshold, number, design, seed.

    Raises:
        InputError: the raster has no valid pixel or no CRS, or its values aren't probabilities.
    """
    settings = settings or ReferenceSettings()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    areas = PixelAreas.from_grid(source.grid)
    names = CLASSES if settings.design == "stratified" else (WHOLE_MAP,)
    draw = _Draw(source, settings, areas, len(names))
    totals = np.zeros((len(names), 4))
    drawn: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in names]
    for _, parts in read_windows(draw, progress):
        for index, (sums, key, place) in enumerate(parts):
            totals[index] += sums
            drawn[index].append((key, place))
            draw.candidates[index] += int(np.count_nonzero(key < _OTHERS))
    pixels: list[int] = totals[:, 0].astype(int).tolist()
    hectares, errors, water = totals[:, 1:].T.tolist()
    if not any(pixels):
        msg = tr("{raster} has no valid pixel, so no points can be drawn.").format(raster=raster)
        raise InputError(msg)
    if settings.margin is not None:
        # A random sample counts water, a stratified one the errors of the map.
        settings = replace(settings, count=points_for_margin(settings.margin, pixels, errors if len(names) > 1 else water))
        text = tr("Points for an interval of about ± {margin:g} %, if the map errs twice as often as its probabilities say: {count}.")
        progress.info(text.format(margin=100 * (settings.margin or 0.0), count=settings.count))
    points = allocate(settings.count, pixels)
    present = [index for index, count in enumerate(points) if count]
    strata = tuple(Stratum(names[i], pixels[i], hectares[i], points[i], points[i] * errors[i] / pixels[i]) for i in present)
    keyed = [[np.concatenate(column) for column in zip(*drawn[i])] for i in present]
    # In row-major order.
    places = [np.sort(place[np.argpartition(key, points[i] - 1)[: points[i]]]) for i, (key, place) in zip(present, keyed)]
    stratum = np.repeat(np.arange(len(places)), [len(place) for place in places])
    rows, columns = np.divmod(np.concatenate(places), source.grid.width)
    # In random order, so that the strata of earlier points don't hint at those of later ones.
    order = np.random.default_rng(settings.seed).permutation(len(rows))
    sample = ReferenceSample(source.grid.to_crs(columns + 0.5, rows + 0.5)[order], stratum[order], strata)
    _report(sample, settings, areas, progress)
    return sample


class _Draw(Reopenable):
    """Measures the strata of a map and draws pixels from them, window by window in one thread.

    All pixels of the grid are in the order of random keys. Those with the smallest are drawn in advance, with geometric gaps between them:
    these candidates suffice for any stratum that isn't rare. The keys of the others are computed for a stratum until it has enough
    candidates. So the sample depends on neither blocks nor threads.

    Attributes:
        candidates: number of candidates found in each stratum so far, kept by the caller.
    """

    def __init__(self, source: ProbabilitySource, settings: ReferenceSettings, areas: PixelAreas, strata: int) -> None:
        self._source, self._settings, self._areas = source, settings, areas
        self.grid, self.block, self.candidates = source.grid, source.block, [0] * strata
        random, pixels = np.random.default_rng(settings.seed ^ _SEED_MASK), source.grid.window.pixels
        share = min(1 / _CANDIDATE_SHARE, _MAX_CANDIDATES / pixels)
        mean = pixels * share
        # So many gaps almost surely reach the last pixel.
        place = np.cumsum(random.geometric(share, int(mean + 6 * math.sqrt(mean)) + 6)) - 1
        place = place[: np.searchsorted(place, pixels)]
        self._key = random.integers(_OTHERS, size=len(place), dtype=np.uint64)
        self._row, self._column = (part.astype(np.int32) for part in np.divmod(place, source.grid.width))

    def read(self, window: Window) -> list[tuple[tuple[float, ...], np.ndarray, np.ndarray]]:
        """Measure and draw in a window.

        Return for each stratum: number of pixels, hectares, expected errors and expected number of water pixels; key and place of the
        pixels that may be in the sample, in no order.
        """
        probability, valid = self._source.read(window)
        water = at_least(probability, self._settings.threshold)
        every = np.ones(water.shape, bool) if valid is None else valid
        if valid is not None:
            water &= valid
        # Invalid pixels have p = 0.
        total, on_water = float(probability.sum()), float(probability[water].sum())
        all_pixels, found = (np.array([np.count_nonzero(inside), self._areas.total(window, inside)]) for inside in (every, water))
        errors, wet = (total - on_water, float(found[0]) - on_water), (total - on_water, on_water)
        part = slice(*np.searchsorted(self._row, np.array([window.row, window.row + window.height], np.int32)))
        column = self._column[part]
        here = np.flatnonzero((column >= window.column) & (column < window.column + window.width)) + part.start
        place = self._row[here] - window.row, self._column[here] - window.column
        kept, wet_here = every[place], water[place]
        if len(self.candidates) == 1:
            return [self._draw(window, (*all_pixels, sum(errors), total), here[kept], index=0, inside=every)]
        return [
            self._draw(window, (*(all_pixels - found), errors[0], wet[0]), here[kept & ~wet_here], index=0, inside=every, outside=water),
            self._draw(window, (*found, errors[1], wet[1]), here[wet_here], index=1, inside=water),
        ]

    def _draw(
        self,
        window: Window,
        sums: tuple[float, ...],
        here: np.ndarray,
        *,
        index: int,
        inside: np.ndarray,
        outside: np.ndarray | None = None,
    ) -> tuple[tuple[float, ...], np.ndarray, np.ndarray]:
        """Draw in one stratum: the pixels that lie inside and not outside, of which those `here` are candidates."""
        width, count = self.grid.width, self._settings.count if self._settings.margin is None else _MAX_POINTS
        key, place = self._key[here], self._row[here].astype(np.int64) * width + self._column[here]
        if self.candidates[index] + len(here) < count:
            others = inside.copy() if outside is None else inside & ~outside
            others[self._row[here] - window.row, self._column[here] - window.column] = False
            row, column = np.divmod(np.flatnonzero(others), window.width)
            other_places = (row + window.row) * width + column + window.column
            key = np.concatenate([key, random_keys(other_places, self._settings.seed ^ _SEED_MASK) >> np.uint64(1) | _OTHERS])
            place = np.concatenate([place, other_places])
        first = np.argpartition(key, count)[:count] if len(key) > count else slice(None)
        return sums, key[first], place[first]


def _report(sample: ReferenceSample, settings: ReferenceSettings, areas: PixelAreas, progress: Progress) -> None:
    if areas.corrected:
        progress.info(tr("The CRS distorts areas here by more than 0.5 %, so areas are computed on the ellipsoid."))
    drawn = tr(
        "Stratum “{stratum}”: {points} points from {pixels} pixels, {area:.2f} ha; each stands for {weight:.6g} pixels. Seed {seed}."
    )
    for stratum in sample.strata:
        numbers = asdict(stratum) | {"stratum": stratum.name, "weight": stratum.weight, "seed": settings.seed}
        progress.info(drawn.format(**numbers))
        if stratum.expected_errors < MIN_ERRORS:
            rate = max(stratum.expected_errors / stratum.points, 1e-6)
            points = math.ceil(MIN_ERRORS / rate)
            text = tr(
                "If the map's probabilities are right, about {errors:.1f} of the points of stratum “{stratum}” are mapped wrongly. "
                "With fewer than {minimum} the interval of the area will be wide."
            ).format(errors=stratum.expected_errors, stratum=stratum.name, minimum=MIN_ERRORS)
            needed = tr("About {points} points would be needed there.") if rate > 1e-4 else tr("Far more points would be needed there.")
            progress.warn(f"{text} {needed.format(points=points)}")
    if len(sample.stratum) < settings.count:
        progress.warn(tr("The map has only {count} valid pixels, so only as many points are drawn.").format(count=len(sample.stratum)))
