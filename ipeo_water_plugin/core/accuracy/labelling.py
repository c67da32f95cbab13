"""A probability sample while it is being labelled: what the labels so far say of the area of water."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..progress import SILENT, Progress, SubProgress
from ..raster.pixel_area import PixelAreas
from ..raster.raster_file import RasterFile
from ..raster.source import grid_of
from ..sampling.polygons import LabelledShape
from .assess import Pairs, survey_of
from .estimators import Estimate, Survey
from .pairs import map_area, pair_shapes, sampled_pairs
from .sampling_design import Design, SampledPoint, match_strata

# Half widths of an interval, as shares of the area, that are aimed at one after the other if the user asks for none.
_MARGINS = (0.2, 0.1, 0.05, 0.02, 0.01)


@dataclass(frozen=True)
class SoFar:
    """What the labels so far say.

    Attributes:
        points: number of labelled points with a probability on the map.
        estimate: of the area of water in hectares, as *Assess accuracy* gives it with these labels; None if there is none.
        reason: why there is no estimate; "" if there is one, or no label.
        ends: the estimates if all unclear points were land, and if they were water; None without such points.
        goal: half the width of the interval that is aimed at, as a share of the area, and about how many more labels it takes; None if
            that isn't known.
        warnings: of points of the sample that are missing, or were added.
    """

    points: int = 0
    estimate: Estimate | None = None
    reason: str = ""
    ends: tuple[float, float] | None = None
    goal: tuple[float, int] | None = None
    warnings: tuple[str, ...] = ()


class SampleOnMap:
    """The points of a sample, with the probabilities of the map, which are read once: each label then updates the area at once.

    Attributes:
        area: as mapped.
    """

    def __init__(
        self,
        raster: str | RasterFile,
        points: Sequence[SampledPoint],
        ids: Sequence[int],
        threshold: float = 0.5,
        progress: Progress = SILENT,
    ) -> None:
        """Read the map.

        Args:
            raster: of water probability; any GDAL name.
            points: of the sample in the raster's CRS, each with its place, labelled or not.
            ids: of their features.
            threshold: pixels with p ≥ threshold are water.

        Raises:
            InputError: no point has a probability, the raster has no known CRS, or the sample's records contradict each other.
        """
        Design.from_points(points)
        shapes = [LabelledShape(point.place or b"", False, number) for point, number in zip(points, ids)]
        read = pair_shapes(raster, shapes, points=True, progress=SubProgress(progress, 0.0, 0.3), threshold=threshold)
        self.area = map_area(raster, threshold, SubProgress(progress, 0.3, 1.0))
        self._grid, self._threshold = grid_of(raster), threshold
        self._areas = PixelAreas.from_grid(self._grid)
        self._points, self._shapes = tuple(points), shapes
        # NaN where the map has no probability.
        self._probability = np.full(len(points), np.nan)
        self._probability[read.unit] = read.probability

    def so_far(self, labels: Sequence[bool | None], unclear: Sequence[bool], margin: float | None = None) -> SoFar:
        """Return what labels say.

        Args:
            labels: of each point, True = water; None = none.
            unclear: whether a point was looked at without a result; such points have no label.
            margin: half the width of the interval that is wished for, as a share of the area; None = the next of several.
        """
        known = [index for index, label in enumerate(labels) if label is not None and np.isfinite(self._probability[index])]
        if not known:
            return SoFar()
        try:
            survey, reason, warnings = self._survey(labels)
            estimate, ends = None if survey is None else survey.area(1), None
            if estimate is not None and any(unclear):
                filled = [[side if doubt else label for label, doubt in zip(labels, unclear)] for side in (False, True)]
                ends = tuple(found.area(1).value for found, *_ in map(self._survey, filled) if found is not None)
        except InputError as error:
            return SoFar(len(known), reason=str(error))
        both = ends if ends is not None and len(ends) == 2 else None
        return SoFar(len(known), estimate, reason, both, None if survey is None else _goal(survey, margin), warnings)

    def _survey(self, labels: Sequence[bool | None]) -> tuple[Survey | None, str, tuple[str, ...]]:
        """Return what estimates the area, or None and why nothing does, and which points are missing or were added."""
        pairs = match_strata(self._pairs(labels), self.area, self._threshold)
        survey = survey_of(pairs, self._threshold)
        return (None, pairs.no_area, ()) if survey is None or pairs.no_area else (survey, "", pairs.warnings)

    def _pairs(self, labels: Sequence[bool | None]) -> Pairs:
        """Return what `pair_shapes` gives for the labelled points."""
        indices = [index for index, label in enumerate(labels) if label is not None]
        design = Design.from_points(
            [point if label is not None else replace(point, place=None) for point, label in zip(self._points, labels)]
        )
        # What was skipped or is unclear is known to whoever labels.
        design = replace(design, warnings=())
        shapes = [replace(self._shapes[index], water=bool(labels[index])) for index in indices]
        probability, water = self._probability[indices], np.array([shape.water for shape in shapes], bool)
        unit = np.flatnonzero(np.isfinite(probability))
        return sampled_pairs(self._grid, self._areas, shapes, design, probability[unit], water[unit], unit)


def _goal(survey: Survey, margin: float | None) -> tuple[float, int] | None:
    """Return the margin that is aimed at, and how many more labels it takes."""
    points, margins = len(survey.reference), _MARGINS if margin is None else (margin,)
    for each in margins:
        wanted = survey.points_for(1, each)
        if wanted is None:
            return None
        if wanted > points or each == margins[-1]:
            return each, wanted - points
    return None
