"""Evidence needed before a report may state a verdict: with two polygons, a result is chance."""

from __future__ import annotations

from dataclasses import dataclass

from ..accuracy.assess import POINTS, POLYGONS, Assessment
from .page import CAUTION


@dataclass(frozen=True)
class Evidence:
    """Evidence that a statement needs in each class.

    Attributes:
        min_polygons: polygons needed to make the statement at all, as a caution.
        firm_polygons: polygons needed to mark it as good or bad.
        firm_pixels: the same for points of a probability sample, or pixels of a reference raster.
    """

    min_polygons: int
    firm_polygons: int
    firm_pixels: int

    def level(self, level: str, units: tuple[int, int] | None, pixels: tuple[int, int], kind: str = POLYGONS) -> str | None:
        """Return the level that a statement may have, or None if there is too little evidence to make it.

        Args:
            level: the level that its figure suggests.
            units: polygons or points by class; None for a raster.
            pixels: by class.
            kind: of the reference.
        """
        found, firm = (min(units or (0, 0)), self.firm_polygons) if kind in {POLYGONS, POINTS} else (min(pixels), self.firm_pixels)
        if found < self.min_polygons:
            return None
        return level if found >= firm else CAUTION

    def of(self, level: str, assessment: Assessment) -> str | None:
        """Return the level for the polygons and pixels of an assessment; see `level`.

        Args:
            level: the level that its figure suggests.
            assessment: of the polygons and pixels.
        """
        return self.level(level, assessment.units, assessment.pixels, assessment.kind)


# Chosen by how often a statement would change with another choice of polygons: comparing two rules on the same polygons is more stable
# than a curve of fifteen bins.
AGAINST_RULES = Evidence(min_polygons=3, firm_polygons=5, firm_pixels=50)
CALIBRATION = Evidence(min_polygons=3, firm_polygons=10, firm_pixels=50)
VALIDATION = Evidence(min_polygons=1, firm_polygons=10, firm_pixels=50)
