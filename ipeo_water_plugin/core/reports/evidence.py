"""How much a sentence needs to know before it may praise or blame: what is said of a result from two polygons is chance."""

from __future__ import annotations

from dataclasses import dataclass

from ..accuracy.assess import POINTS, POLYGONS, Assessment
from .page import CAUTION


@dataclass(frozen=True)
class Evidence:
    """What a sentence takes, of each class.

    Attributes:
        spoken: polygons from which on it is said at all, as a caution.
        firm: polygons from which on it may be a tick or a cross.
        pixels: points of a sample, or pixels of a raster, from which on it may be that.
    """

    spoken: int
    firm: int
    pixels: int

    def level(self, level: str, units: tuple[int, int] | None, pixels: tuple[int, int], kind: str = POLYGONS) -> str | None:
        """Return the level that a sentence may have, or None where it mustn't be said.

        Args:
            level: that its figure would give it.
            units: polygons or points by class; None for a raster.
            pixels: by class.
            kind: of the reference.
        """
        if kind in {POLYGONS, POINTS}:
            fewest, spoken, firm = min(units or (0, 0)), self.spoken, self.firm
        else:
            fewest, spoken, firm = min(pixels), self.spoken, self.pixels
        if fewest < spoken:
            return None
        return level if fewest >= firm else CAUTION

    def of(self, level: str, assessment: Assessment) -> str | None:
        """Return the same for what was found in an assessment."""
        return self.level(level, assessment.units, assessment.pixels, assessment.kind)


# How often a sentence would change on another draw of polygons decides: a comparison of two rules on the same polygons is steadier than a
# curve of fifteen bins.
AGAINST_RULES = Evidence(spoken=3, firm=5, pixels=50)
CALIBRATION = Evidence(spoken=3, firm=10, pixels=50)
VALIDATION = Evidence(spoken=1, firm=10, pixels=50)
