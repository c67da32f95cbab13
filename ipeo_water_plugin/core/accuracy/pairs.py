"""What a map is held against: its pixels paired with those of drawn areas, points or another raster; and the area that it maps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import InputError
from ..grid import Grid
from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.geotiff import provenance
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.regrid import RegriddedRaster
from ..raster.windows import read_windows
from ..sampling.classes import WaterValues
from ..sampling.overlay import Overlay
from ..sampling.polygons import LabelledShape, envelopes
from ..system.redaction import redacted
from ..translation import tr
from .assess import CLASSES, POINTS, POLYGONS, RASTER, SAMPLE, LeftOut, Pairs, WaterArea
from .reference_points import WHOLE_MAP
from .scores import at_least
from .training_areas import TrainingPlaces

# Pairs held at once; of more than these, a random half is let go as often as needed.
MAX_PIXELS = 50_000_000
_SEED = 0x5EED0F5A

_MIN_POSTSTRATIFIED = 10

# No stratum is larger than the earth, in hectares.
_EARTH = 5.2e10
# Areas of one map agree to this; those of maps that differ in a few invalid pixels to the other.
_SAME, _ALIKE = 1e-6, 1e-3
# How far from a pixel's centre a point may lie, in pixels, after a reprojection there and back.
_CENTRED = 0.05


@dataclass(frozen=True)
class SampledPoint:
    """What a point of a layer says of how it was drawn.

    Attributes:
        stratum: its name.
        weight: pixels that the point stands for.
        area: of the stratum in hectares.
        place: the point's WKB; None where it has no class.
    """

    stratum: str
    weight: object
    area: object
    place: bytes | None


@dataclass(frozen=True, eq=False)
class Design:
    """How labelled points were drawn.

    Attributes:
        stratum: index into `names` of each labelled point, in the order of the shapes, int64.
        names: of the strata.
        area: of each stratum in hectares, shape (strata,).
        weight: pixels that each of its points stands for, shape (strata,).
        points: points of each stratum in the layer, labelled or not, of which labelled ones count once a place; shape (strata,), int64.
        warnings: on points that are there twice or were passed over.
    """

    stratum: np.ndarray
    names: tuple[str, ...]
    area: np.ndarray
    weight: np.ndarray
    points: np.ndarray
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_points(cls, drawn: Sequence[SampledPoint]) -> Design:
        """Check what points say of their design.

        Args:
            drawn: a point each, in the order of the layer.

        Raises:
            InputError: a stratum's weight or area is no positive number or more than the earth has, its points contradict each other, or
                strata of two designs are mixed.
        """
        names = tuple(dict.fromkeys(point.stratum for point in drawn))
        if WHOLE_MAP in names and len(names) > 1:
            msg = tr(
                "The points hold the strata {names}: a stratified and a random sample were merged. Assess accuracy with one of them."
            ).format(names=", ".join(f"“{name}”" for name in names))
            raise InputError(msg)
        stratum = np.array([names.index(point.stratum) for point in drawn], np.int64)
        weight, area = np.empty(len(names)), np.empty(len(names))
        for index, name in enumerate(names):
            inside = [point for point in drawn if point.stratum == name]
            weight[index] = _one_number([point.weight for point in inside], name, tr("weight"), 1.0, math.inf)
            area[index] = _one_number([point.area for point in inside], name, tr("area in hectares"), 0.0, _EARTH)
        labelled = np.array([point.place is not None for point in drawn])
        places = {(point.stratum, point.place) for point in drawn if point.place is not None}
        twice = int(np.count_nonzero(labelled)) - len(places)
        once = np.concatenate([stratum[~labelled], np.array([names.index(name) for name, _ in places], np.int64)])
        points = np.bincount(once, minlength=len(names))
        warnings = []
        if twice:
            warnings.append(tr("Points left out, since they lie at the place of another one: {count}.").format(count=twice))
        passed = int(np.count_nonzero(~labelled[: int(np.flatnonzero(labelled)[-1]) + 1])) if labelled.any() else 0
        if passed:
            warnings.append(
                tr(
                    "Points without a class that lie before labelled ones: {count}. The first points are a sample by themselves, but "
                    "places that were passed over, such as difficult ones, are missing from it: label them too, or scores and areas lean "
                    "towards the easy ones."
                ).format(count=passed)
            )
        return cls(stratum[labelled], names, area, weight, points, tuple(warnings))


def _one_number(values: Sequence[object], stratum: str, what: str, least: float, most: float) -> float:
    """Return the one number that all points of a stratum give.

    Raises:
        InputError: one gives none, a number out of range, or another one.
    """
    found = None
    for value in values:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if not (least <= number <= most and 0 < number < math.inf):
            msg = tr(
                "The {what} of stratum “{stratum}” is {value} at one of its points, which can't be: draw the points again with Sample "
                "reference points, or restore the field from the layer that it wrote."
            ).format(what=what, stratum=stratum, value=value)
            raise InputError(msg)
        if found is not None and not math.isclose(number, found, rel_tol=1e-6):
            msg = tr(
                "Stratum “{stratum}” has points with two values of {what}, {one:g} and {other:g}: points of several samples were merged, "
                "or values changed. Assess accuracy with one sample as Sample reference points wrote it."
            ).format(stratum=stratum, what=what, one=found, other=number)
            raise InputError(msg)
        found = number if found is None else found
    return math.nan if found is None else found


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
    progress = progress or SilentProgress()
    source = ProbabilitySource(raster)
    areas = PixelAreas.from_grid(source.grid)
    mapped = total = 0.0
    for window, probability, valid in read_windows(source, progress):
        inside = np.ones(probability.shape, bool) if valid is None else valid
        total += areas.total(window, inside)
        mapped += areas.total(window, at_least(probability, threshold) & inside)
    return WaterArea(mapped, total)


def match_strata(pairs: Pairs, area: WaterArea, threshold: float) -> Pairs:
    """Compare the strata of a probability sample with the map, and use them as far as they agree.

    A stratum that is missing leaves labelled points that stand for a part of the map alone: they are no probability sample of it. Strata
    of another extent give scores for that extent, and no area of this map.

    Args:
        pairs: of a probability sample; others come back as they are.
        area: what the map says, at the same threshold.
        threshold: p at or above it is water.
    """
    if pairs.stratum_area is None or pairs.stratum is None or area.total is None:
        return pairs
    total = float(pairs.stratum_area.sum())
    missing = [name for name in CLASSES if name not in pairs.strata] if WHOLE_MAP not in pairs.strata else []
    if missing and not math.isclose(total, area.total, rel_tol=_SAME):
        reason = tr(
            "No point of stratum “{stratum}” is in the reference: its strata have {sample:.6g} ha, and the map has {map:.6g} ha. So the "
            "points are no probability sample of the map, and there is no area of water. Assess with all points that Sample reference "
            "points drew: look for a filter, a selection or deleted points."
        ).format(stratum=missing[0], sample=total, map=area.total)
        return replace(
            pairs,
            kind=POINTS,
            stratum=None,
            strata=(),
            stratum_area=None,
            stratum_pixels=None,
            pixel_area=None,
            no_area=reason,
            warnings=(*pairs.warnings, reason),
        )
    if not math.isclose(total, area.total, rel_tol=_ALIKE):
        reason = tr(
            "The sample was drawn from {sample:.6g} ha, and this map has {map:.6g} ha with a probability: the scores hold for the "
            "former, and the area of water on this map isn't estimated. Draw points from this map, or assess the one they were drawn from."
        ).format(sample=total, map=area.total)
        return replace(pairs, no_area=reason, warnings=(*pairs.warnings, reason))
    return poststratified(pairs, area, threshold)


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
    if points < _MIN_POSTSTRATIFIED or not math.isclose(area.total, float(pairs.stratum_area[0]), rel_tol=1e-6):
        return pairs
    areas = np.array([area.total - area.mapped, area.mapped])
    pixels = None if pairs.stratum_pixels is None else pairs.stratum_pixels[0] * areas / area.total
    return replace(pairs, stratum=water.astype(np.int64), strata=CLASSES, stratum_area=areas, stratum_pixels=pixels)


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
        while self.count > MAX_PIXELS:
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
    progress = progress or SilentProgress()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    nouns = (tr("reference point"), tr("reference points")) if points else (tr("reference area"), tr("reference areas"))
    overlay = Overlay(source.source, shapes, all_touched=False, nouns=nouns)
    held, nodata = _Held(), 0
    trained = TrainingPlaces(provenance(raster), source.grid)
    for part in overlay.windows(progress):
        chosen = part.owner != 0
        trained.look(part.window, chosen)
        if part.valid is not None:
            nodata += int(np.count_nonzero(chosen & ~part.valid))
            chosen &= part.valid
        rows, columns = np.nonzero(chosen)
        owner = part.owner[rows, columns]
        place = (rows + part.window.row).astype(np.int64) * source.grid.width + columns + part.window.column
        where = () if design is None else (place,)
        held.add(source.probability(part.bands[0][rows, columns]), owner > 0, np.abs(owner) - 1, *where)
    unused = overlay.unused(progress)
    if unused:
        progress.warn(unused)
    probability, water, unit, *drawn = held.columns(np.float32, bool, np.int32, np.int64)
    left_out = LeftOut(nodata, 0, overlay.conflicting, overlay.outside, unlabelled, held.thinned)
    warnings = trained.warnings(len(probability) + held.thinned)
    if design is None:
        return Pairs(probability, water, POINTS if points else POLYGONS, unit, warnings=warnings, left_out=left_out)
    if not len(probability):
        # The usual message.
        return Pairs(probability, water, POINTS, unit, left_out=left_out)
    row, column = np.divmod(drawn[0], source.grid.width)
    size = PixelAreas.from_grid(source.grid).at(column + 0.5, row + 0.5)
    stratum = design.stratum[unit]
    pixels = _stratum_pixels(source.grid, shapes, design, stratum, size)
    warnings = (*warnings, *design.warnings, *_lacking(design, pixels))
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
        warnings=warnings,
        left_out=left_out,
    )


def _stratum_pixels(grid: Grid, shapes: Sequence[LabelledShape], design: Design, stratum: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Number of pixels in each stratum; ∞ where the points lie on another grid, so that it can't be known.

    Raises:
        InputError: a stratum has more points than pixels.
    """
    boxes = envelopes([shape.wkb for shape in shapes])
    place = grid.to_pixels(boxes[:, 0], boxes[:, 2])
    if np.abs(place % 1 - 0.5).max() > _CENTRED:
        return np.full(len(design.names), math.inf)
    drawn = np.bincount(stratum, minlength=len(design.names))
    mean = np.bincount(stratum, weights=size, minlength=len(design.names)) / np.maximum(drawn, 1)
    pixels = np.where(drawn > 0, design.area / np.where(drawn > 0, mean, 1.0), math.inf)
    for name, count, points, hectares in zip(design.names, pixels.tolist(), drawn.tolist(), design.area.tolist()):
        if points > 1.01 * count + 0.5:
            msg = tr(
                "Stratum “{stratum}” has {points} points, but its area of {area:g} ha holds only {pixels:.0f} pixels: the area was "
                "changed. Restore it from the layer that Sample reference points wrote."
            ).format(stratum=name, points=points, area=hectares, pixels=count)
            raise InputError(msg)
    return pixels


def _lacking(design: Design, pixels: np.ndarray) -> list[str]:
    """Name the strata of which points are missing from the layer."""
    told = []
    for name, points, drawn in zip(design.names, design.points.tolist(), (pixels / design.weight).tolist()):
        # Where pixels differ in area their number, and so that of the points, is known only nearly.
        if math.isfinite(drawn) and points < drawn - max(0.5, 0.005 * drawn):
            told.append(
                tr(
                    "Only {points} of the {drawn:.0f} points that were drawn in stratum “{stratum}” are in the reference. Unless they were "
                    "left out by chance, accuracy and area are off: look for a filter, a selection or deleted points."
                ).format(points=points, drawn=drawn, stratum=name)
            )
    return told


def _circular(told: Mapping[str, str]) -> list[str]:
    """Warn of a reference that is itself a map, by what it says of itself."""
    if "MODEL_SHA256" not in told:
        return []
    text = tr(
        "The reference is itself a map, by the model {model}: the scores tell how far two maps agree, not how good either of them is. "
        "Unless it was corrected by hand, take a reference that was made without a model."
    )
    return [text.format(model=told.get("MODEL") or told["MODEL_SHA256"][:12])]


# Values of a reference raster that are kept for messages.
_MAX_VALUES = 1000


@dataclass
class _Found:
    """Values that occur in a reference raster, looked for until all that are listed have turned up."""

    listed: tuple[float, ...]
    values: set[float] = field(default_factory=set)

    def look(self, labels: np.ndarray) -> None:
        if not self.values.issuperset(self.listed):
            new = set(np.unique(labels).tolist())
            self.values |= new if len(self.values) < _MAX_VALUES else new.intersection(self.listed)


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
    progress = progress or SilentProgress()
    source = ProbabilitySource(raster)
    truth = RegriddedRaster(reference, source.grid, "reference")
    held, map_nodata, reference_nodata = _Held(), 0, 0
    numbers, found = np.array(wanted.numbers), _Found(wanted.numbers)
    trained = TrainingPlaces(provenance(raster), source.grid)
    for window, probability, valid in read_windows(source, progress):
        labels, labelled = truth.read(window)
        both = labelled if valid is None else labelled & valid
        map_nodata += int(np.count_nonzero(labelled)) - int(np.count_nonzero(both))
        reference_nodata += (both.size if valid is None else int(np.count_nonzero(valid))) - int(np.count_nonzero(both))
        found.look(labels[both])
        trained.look(window, both)
        held.add(probability[both], np.isin(labels[both], numbers))
    wanted.among(found.values, redacted(str(reference)), progress)
    probability, water = held.columns(np.float32, bool)
    warnings = (*_circular(provenance(reference)), *trained.warnings(len(probability) + held.thinned))
    return Pairs(probability, water, RASTER, warnings=warnings, left_out=LeftOut(map_nodata, reference_nodata, thinned=held.thinned))
