"""What is known of the newest model, and the state that the widgets show of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from ..core.sampling.polygons import LabelledShape
from ..core.training.expectation import MIN_AREAS
from ..core.training.live import LeftOutAreas, LiveTraining
from .engine import Learned
from .scoring import AreaScores, advice
from .values import Area, AreaRow, Picture, State


@dataclass
class Results:
    """Results with one model, each filled in as a thread finds it.

    Attributes:
        learned: samples and model; None without.
        problem: why work failed.
        left_out: predictions for areas left out, once they are known at the present threshold.
        scores: on them.
        picture: the newest one.
        unlike: number of pixels in view that look like nothing drawn, and of the valid ones.
        hectares: of water in the whole image, by this model or an earlier one.
        hectares_current: whether they are this model's.
        hectares_before: by the model before the last edit.
        hectares_range: as areas are left out.
        places: doubtful ones.
        next_place: index of the next one, modulo their number.
    """

    learned: Learned | None = None
    problem: str = ""
    left_out: LeftOutAreas | None = None
    scores: AreaScores = field(default_factory=AreaScores)
    picture: Picture | None = None
    unlike: tuple[int, int] = (0, 0)
    hectares: float | None = None
    hectares_current: bool = False
    hectares_before: float | None = None
    hectares_range: tuple[float, float] | None = None
    places: tuple[tuple[float, float], ...] = ()
    next_place: int = 0

    @property
    def training(self) -> LiveTraining | None:
        """The newest model."""
        return None if self.learned is None else self.learned.training

    @property
    def doubtful_place(self) -> tuple[float, float] | None:
        """The next place whose label would teach the model most."""
        return self.places[self.next_place % len(self.places)] if self.places else None

    def after(self, learned: Learned) -> Results:
        """Return what is known of a newer model: the hectares before it."""
        if learned.training is None:
            return Results(learned)
        before = self.hectares if self.hectares_current else self.hectares_before
        return Results(learned, picture=self.picture, hectares=self.hectares, hectares_before=before)

    def at_another_threshold(self) -> Results:
        """Return what stays known when another probability counts as water."""
        return replace(self, left_out=None, hectares_current=False, hectares_before=None, hectares_range=None)

    def state(self, areas: Collection[Area], status: str, message: str) -> State:
        """Return what the widgets show.

        Args:
            areas: as they are now.
            status, message: as in `State`.
        """
        rows = self._rows(areas)
        water, other = (sum(1 for row in rows if row.water is side and row.pixels) for side in (True, False))
        known = self.hectares_current and self.hectares is not None and self.hectares_before is not None
        state = State(
            status=status,
            message=message,
            pixels=0 if self.training is None else len(self.training.samples),
            milliseconds=0.0 if self.learned is None else self.learned.milliseconds,
            rows=rows,
            hectares_in_view=None if self.picture is None else self.picture.hectares,
            hectares=self.hectares,
            hectares_current=self.hectares_current,
            change=(self.hectares or 0.0) - (self.hectares_before or 0.0) if known else None,
            hectares_range=self.hectares_range,
            f1=self.scores.f1,
            f1_range=self.scores.f1_range,
            f1_reliable=min(water, other) >= MIN_AREAS,
            water_areas=water,
            other_areas=other,
            ndwi_f1=self.scores.ndwi_f1,
            doubtful_place=self.doubtful_place,
        )
        if self.training is None or status not in {"live", "paused"}:
            return state
        return replace(state, advice=advice(state, self.unlike))

    def _rows(self, areas: Collection[Area]) -> tuple[AreaRow, ...]:
        """Return the areas, with what is known of each as it is now."""
        known, learned = {}, self.learned
        if learned is not None:
            known = {shape: (learned.counts.get(shape.id, 0), problem) for shape, problem in zip(learned.shapes, learned.sampling.problems)}
        rows = []
        for area in sorted(areas, key=lambda area: area.fid):
            shape = LabelledShape(area.wkb, area.water, area.fid)
            pixels, problem = known.get(shape, (0, ""))
            rows.append(AreaRow(area.fid, area.water, pixels, self.scores.right.get(area.fid) if shape in known else None, problem))
        return tuple(rows)
