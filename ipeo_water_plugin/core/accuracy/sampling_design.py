"""How reference points were sampled: what their layer records about it, checked against the points themselves and against the map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..model import at_least
from ..translation import tr
from .assess import CLASSES, POINTS, Pairs, WaterArea
from .estimators import Strata
from .reference_points import WHOLE_MAP

# Fields of a layer of reference points: name of the stratum, pixels that a point stands for, area of the stratum in hectares.
STRATUM, WEIGHT, STRATUM_AREA = "stratum", "weight", "stratum_ha"

# Points of a random sample to be expected in each class, and found in it, for a stratification after the fact.
_MIN_EXPECTED, _MIN_FOUND = 10, 2

# No stratum is larger than the earth, in hectares.
_EARTH = 5.2e10
# Relative difference of areas: of one map, and of maps that differ in a few invalid pixels.
_SAME, _SIMILAR = 1e-6, 1e-3
# Probability below which points can't have been drawn from a stratum of the area stated.
_CHANCE = 1e-6
# Standard errors by which chance explains another number of points.
_ERRORS = 4.0
# Maximum distance of a point from a pixel's centre, in pixels, after a reprojection and back.
_CENTRED = 0.05


@dataclass(frozen=True)
class SampledPoint:
    """What the layer records about how a point was sampled.

    Attributes:
        stratum: its name.
        weight: number of pixels that the point stands for, as read.
        area: of the stratum in hectares, as read.
        place: the point as WKB; None if it has no class.
    """

    stratum: str
    weight: object
    area: object
    place: bytes | None


@dataclass(frozen=True, eq=False)
class Design:
    """How labelled points were sampled.

    Attributes:
        stratum: index into `names` of each labelled point, in the order of the shapes, shape (points,), int64.
        names: of the strata.
        area: of each stratum in hectares, shape (strata,).
        weight: number of pixels that each of its points stands for, shape (strata,).
        points: number of points of each stratum in the layer, labelled or not, several labelled ones at one place counted once; shape
            (strata,), int64.
        warnings: on points that are duplicates or were skipped.
    """

    stratum: np.ndarray
    names: tuple[str, ...]
    area: np.ndarray
    weight: np.ndarray
    points: np.ndarray
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_points(cls, points: Sequence[SampledPoint]) -> Design:
        """Check the records of points.

        Args:
            points: in the order of the layer.

        Raises:
            InputError: a stratum's weight or area is not a possible number, its points contradict each other, or strata of two designs are
                mixed.
        """
        names = tuple(dict.fromkeys(point.stratum for point in points))
        if WHOLE_MAP in names and len(names) > 1:
            msg = tr("The points hold the strata {names}: a stratified and a random sample were merged. Assess accuracy with one of them.")
            raise InputError(msg.format(names=", ".join(f"“{name}”" for name in names)))
        stratum = np.array([names.index(point.stratum) for point in points], np.int64)
        weight, area = np.empty(len(names)), np.empty(len(names))
        for index, name in enumerate(names):
            inside = [point for point in points if point.stratum == name]
            weight[index] = _common_value([point.weight for point in inside], name, WEIGHT, 1.0, math.inf)
            area[index] = _common_value([point.area for point in inside], name, STRATUM_AREA, 0.0, _EARTH)
        labelled = np.array([point.place is not None for point in points])
        places = {(point.stratum, point.place) for point in points if point.place is not None}
        warnings = []
        if duplicates := int(np.count_nonzero(labelled)) - len(places):
            warnings.append(tr("Points left out because another one lies at the same place: {count}.").format(count=duplicates))
        last = int(np.flatnonzero(labelled)[-1]) + 1 if labelled.any() else 0
        if skipped := int(np.count_nonzero(~labelled[:last])):
            text = tr(
                "Points without a class before the last labelled one: {count}. The first points are a sample by themselves, but places "
                "that were skipped, such as difficult ones, are missing from it: label them too, or scores and areas are biased towards "
                "the easy ones."
            )
            warnings.append(text.format(count=skipped))
        once = np.concatenate([stratum[~labelled], np.array([names.index(name) for name, _ in places], np.int64)])
        return cls(stratum[labelled], names, area, weight, np.bincount(once, minlength=len(names)), tuple(warnings))

    def stratum_pixels(self, places: np.ndarray, stratum: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Return the number of pixels in each stratum, shape (strata,); ∞ if the points come from another grid.

        Args:
            places: columns and rows of all labelled points on the map, shape (shapes, 2).
            stratum: of each point on a valid pixel, shape (points,), integer.
            size: area of that pixel in hectares, shape (points,).

        Raises:
            InputError: a stratum has more points than pixels.
        """
        if np.abs(places % 1 - 0.5).max() > _CENTRED:
            return np.full(len(self.names), math.inf)
        counts = np.bincount(stratum, minlength=len(self.names))
        mean = np.bincount(stratum, weights=size, minlength=len(self.names)) / np.maximum(counts, 1)
        pixels = np.where(counts > 0, self.area / np.where(counts > 0, mean, 1.0), math.inf)
        for name, count, points, hectares in zip(self.names, pixels.tolist(), counts.tolist(), self.area.tolist()):
            if points > 1.01 * count + 0.5:
                msg = tr(
                    "Stratum “{stratum}” has {points} points, but its area of {area:g} ha holds only {pixels:.0f} pixels: the area was "
                    "changed. Restore it from the layer that Sample reference points wrote."
                ).format(stratum=name, points=points, area=hectares, pixels=count)
                raise InputError(msg)
        return pixels

    def missing_points(self, pixels: np.ndarray, size: np.ndarray) -> list[str]:
        """Return a warning for each stratum of which points are missing from the layer, or to which points were added.

        Args:
            pixels: in each stratum, shape (strata,); ∞ = unknown.
            size: area of the pixel of each labelled point, as in `stratum_pixels`.
        """
        warnings = []
        # If pixels differ in area, their number, and so that of the points, is known as well as the mean of those that are labelled.
        labelled = np.maximum(np.bincount(self.stratum, minlength=len(self.names)), 1)
        spread = size.std() / size.mean() if len(size) else 0.0
        doubt = np.maximum(0.005, _ERRORS * spread / np.sqrt(labelled))
        for name, points, sampled, share in zip(self.names, self.points.tolist(), (pixels / self.weight).tolist(), doubt.tolist()):
            if not math.isfinite(sampled) or abs(points - sampled) <= max(0.5, share * sampled):
                continue
            text = tr(
                "Only {points} of the {sampled:.0f} points that were drawn in stratum “{stratum}” are in the reference. Unless they were "
                "left out by chance, accuracy and area are biased: look for a filter, a selection or deleted points."
            )
            if points > sampled:
                text = tr(
                    "{points} points of stratum “{stratum}” are in the reference, but only {sampled:.0f} were drawn. Unless two random "
                    "samples of one map were merged, the others lie where somebody put them: scores and area are biased, and their "
                    "intervals too narrow. Delete them."
                )
            warnings.append(text.format(points=points, sampled=sampled, stratum=name))
        return warnings


def _common_value(values: Sequence[object], stratum: str, field: str, minimum: float, maximum: float) -> float:
    """Return the value that a field has at all points of a stratum, NaN without points."""
    common = None
    for value in values:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if not (minimum <= number <= maximum and 0 < number < math.inf):
            msg = tr(
                "The field “{field}” of a point in stratum “{stratum}” holds {value}, which is impossible: draw the points again with "
                "Sample reference points, or restore the field from the layer that it wrote."
            ).format(field=field, stratum=stratum, value=value)
            raise InputError(msg)
        if common is not None and not math.isclose(number, common, rel_tol=1e-6):
            msg = tr(
                "The field “{field}” holds both {first:g} and {second:g} in stratum “{stratum}”: points of several samples were merged, or "
                "values changed. Assess accuracy with one sample as Sample reference points wrote it."
            ).format(field=field, stratum=stratum, first=common, second=number)
            raise InputError(msg)
        common = number if common is None else common
    return math.nan if common is None else common


def match_strata(pairs: Pairs, area: WaterArea, threshold: float) -> Pairs:
    """Compare the strata of a probability sample with the map, and use them as far as they agree.

    If a stratum is missing, the points represent only a part of the map, and aren't a probability sample of the whole. Strata of another
    extent give scores for that extent, and no area of this map.

    Args:
        pairs: of a probability sample; others are returned as they are.
        area: mapped, at the same threshold.
        threshold: pixels with p ≥ threshold are water.
    """
    sample = pairs.sample
    if sample is None or area.total is None:
        return pairs
    total = float(sample.area.sum())
    missing = [name for name in CLASSES if name not in sample.names] if WHOLE_MAP not in sample.names else []
    if missing and not math.isclose(total, area.total, rel_tol=_SAME):
        reason = tr(
            "No point of stratum “{stratum}” is in the reference: its strata have {sample:.6g} ha, and the map has {map:.6g} ha. So the "
            "points aren't a probability sample of the map, and the area of water can't be estimated. Assess with all points that Sample "
            "reference points drew: look for a filter, a selection or deleted points."
        ).format(stratum=missing[0], sample=total, map=area.total)
        return _no_sample(pairs, reason)
    if not math.isclose(total, area.total, rel_tol=_SIMILAR):
        reason = tr(
            "The sample was drawn from {sample:.6g} ha, and this map has {map:.6g} ha with a probability: the scores are those of the "
            "sampled extent, and the area of water on this map isn't estimated. Draw points from this map, or assess the one that they "
            "were drawn from."
        ).format(sample=total, map=area.total)
        return replace(pairs, no_area=reason, warnings=(*pairs.warnings, reason))
    called, moved = at_least(pairs.probability, threshold), 0
    if area.mapped is not None and set(sample.names) == set(CLASSES):
        water = sample.names.index(CLASSES[1])
        # Otherwise the strata aren't the classes of this map at this threshold.
        if math.isclose(float(sample.area[water]), area.mapped, rel_tol=_SAME):
            moved = int(np.count_nonzero(called != (sample.stratum == water)))
    if area.mapped is not None and (wrong := _impossible_area(sample, called, area.mapped, area.total)):
        reason = tr(
            "The points of stratum “{stratum}” can't have been drawn from the {area:.6g} ha recorded for it: too few of them lie in one "
            "class of this map. The area was changed, or points were left out by what they show, so the area of water can't be estimated. "
            "Assess with the points and fields that Sample reference points wrote."
        ).format(stratum=sample.names[wrong[0]], area=float(sample.area[wrong[0]]))
        return _no_sample(pairs, reason)
    if moved:
        reason = tr(
            "Points that lie in another stratum of this map than the one they were sampled from: {count}. They were moved, so the points "
            "are no probability sample, and the area of water can't be estimated. Restore the places that Sample reference points wrote."
        ).format(count=moved)
        return _no_sample(pairs, reason)
    return poststratified(pairs, area, threshold)


def _impossible_area(sample: Strata, water: np.ndarray, mapped: float, total: float) -> list[int]:
    """Return the strata whose area can't be, given which of their points, and how many hectares, the map calls water.

    Of a stratum that is larger than a class of the map, at least the rest lies in the other class, and so would that share of its points,
    or less if the pixels there are larger.
    """
    found = []
    evenness = 1.0 if sample.pixel_area is None else float(sample.pixel_area.min() / sample.pixel_area.max())
    for index, area in enumerate(sample.area.tolist()):
        inside = water[sample.stratum == index]
        for own, largest in ((inside, mapped), (~inside, total - mapped)):
            if area > largest * (1 + _SAME) and _at_most(int(np.count_nonzero(~own)), len(own), (1 - largest / area) * evenness) < _CHANCE:
                found.append(index)
    return found


def _at_most(count: int, of: int, share: float) -> float:
    """Return the probability that at most `count` of `of` points drawn at random are of a kind that has this share."""
    if share >= 1:
        return float(count >= of)
    ways = (math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) for k in range(count + 1))
    return sum(math.exp(way + k * math.log(share) + (of - k) * math.log1p(-share)) for k, way in enumerate(ways))


def _no_sample(pairs: Pairs, reason: str) -> Pairs:
    """Return the pairs as those of points that weren't sampled at random."""
    return replace(pairs, kind=POINTS, sample=None, no_area=reason, warnings=(*pairs.warnings, reason))


def poststratified(pairs: Pairs, area: WaterArea, threshold: float) -> Pairs:
    """Stratify a simple random sample by mapped class after the fact, which makes its estimates far more precise.

    Olofsson et al. 2014, section 5.1.2: the equations stay the same. This needs a sample of one stratum that is this very map, and ten
    points to be expected in each class; otherwise the pairs are returned as they are. What the sample happens to hold doesn't decide: that
    would bias the area, by 5 % of a map with twelve points to be expected.

    Args:
        pairs: of a probability sample.
        area: mapped, at the same threshold.
        threshold: pixels with p ≥ threshold are water.
    """
    sample = pairs.sample
    if sample is None or len(sample.names) != 1 or area.mapped is None or area.total is None:
        return pairs
    water = at_least(pairs.probability, threshold)
    points = min(int(np.count_nonzero(water)), int(np.count_nonzero(~water)))
    expected = len(water) * min(area.mapped, area.total - area.mapped) / area.total
    if expected < _MIN_EXPECTED or points < _MIN_FOUND or not math.isclose(area.total, float(sample.area[0]), rel_tol=1e-6):
        return pairs
    areas = np.array([area.total - area.mapped, area.mapped])
    pixels = None if sample.pixels is None else sample.pixels[0] * areas / area.total
    return replace(pairs, sample=Strata(water.astype(np.int64), CLASSES, areas, sample.pixel_area, pixels))
