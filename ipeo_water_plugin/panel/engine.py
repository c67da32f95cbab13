"""What the threads of the panel do with an image. Each method belongs to one thread, which keeps a source of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np

from ..core.bands import BandRoles
from ..core.errors import InputError
from ..core.maps.grow import grow
from ..core.maps.water_area import water_area
from ..core.model import WaterModel
from ..core.prediction.novelty import Known
from ..core.prediction.suggest import suggest
from ..core.raster.raster_file import RasterFile
from ..core.raster.source import Source
from ..core.sampling.incremental import AreaSampling, IncrementalSampler
from ..core.sampling.polygons import LabelledShape
from ..core.sampling.sample import SamplingSettings
from ..core.training.live import LeftOutAreas, LiveTraining, leave_areas_out, train_live
from ..core.training.settings import TrainingSettings
from ..core.translation import tr
from .scoring import AreaScores, score_areas
from .values import Mode, Picture, View
from .view import ViewBands, ViewReader, paint
from .worker import Turn

# Doubtful places that are found at once.
_PLACES = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """Samples of the areas, and the model trained on them.

    Attributes:
        shapes: the areas.
        sampling: their samples.
        counts: number of samples of each area, by its id.
        training: None while a class has no pixel.
        milliseconds: that it took.
    """

    shapes: tuple[LabelledShape, ...]
    sampling: AreaSampling
    counts: dict[int, int]
    training: LiveTraining | None
    milliseconds: float

    def missing(self) -> str:
        """Say which class is missing where there is no model."""
        classes = {shape.water for shape in self.shapes}
        if True not in classes:
            return tr("Draw one area of water.")
        if False not in classes:
            return tr("Draw one area that is not water.")
        return tr("All areas of one class give no pixel: the list says why.")


class Engine:
    """An image and its bands, under training areas and views.

    Args:
        image: the image, with what its layer sets.
        roles: its bands.
        sampling: which pixels are taken.
    """

    def __init__(self, image: RasterFile, roles: BandRoles, sampling: SamplingSettings) -> None:
        """Open nothing yet: a GDAL dataset belongs to one thread."""
        self.image, self.roles, self._sampling = image, roles, sampling
        self._sampler: IncrementalSampler | None = None
        self._reader: ViewReader | None = None
        self._bands: ViewBands | None = None
        self._painted: tuple[LiveTraining, np.ndarray] | None = None
        self._left_out: tuple[LiveTraining, LeftOutAreas] | None = None
        self._source: Source | None = None

    def learn(self, shapes: Sequence[LabelledShape], settings: TrainingSettings, start: WaterModel | None, turn: Turn) -> Learned:
        """Sample the areas that changed, and train from a model that is probably close. Thread of the model."""
        began = perf_counter()
        if self._sampler is None:
            self._sampler = IncrementalSampler(self.image, self.roles, self._sampling)
        sampling = self._sampler.sample(shapes, turn)
        training = None if sampling.samples is None else train_live(sampling.samples, settings, turn, start)
        samples, counts = sampling.samples, dict(zip((shape.id for shape in shapes), sampling.pixels.tolist()))
        if samples is not None:
            counts = dict(zip(*(column.tolist() for column in np.unique(samples.polygon, return_counts=True))))
        return Learned(tuple(shapes), sampling, counts, training, 1000 * (perf_counter() - began))

    def score(self, training: LiveTraining, threshold: float, turn: Turn) -> tuple[LeftOutAreas, AreaScores]:
        """Leave the areas out one at a time. Thread of the figures."""
        if self._left_out is None or self._left_out[0] is not training:
            self._left_out = training, leave_areas_out(training, turn)
        left_out = self._left_out[1]
        return left_out, score_areas(training.samples, training.model, left_out, threshold, turn)

    def picture(self, view: View, training: LiveTraining, mode: Mode, threshold: float, turn: Turn) -> Picture:
        """Paint the view, reading the image if the view is new. Thread of the pictures."""
        if self._reader is None:
            self._reader = ViewReader(self.image, self.roles)
        if self._bands is None or self._bands.view != view:
            self._bands, self._painted = self._reader.read(view, turn), None
        rgba, water = paint(self._bands, training.model, mode, threshold, partial(Known.from_samples, training.samples))
        flash = None if self._painted is None or self._painted[0] is training else water != self._painted[1]
        self._painted = training, water
        return Picture(view, rgba, flash, self._bands.hectares(water))

    def unlike(self, training: LiveTraining, _turn: Turn) -> tuple[int, int]:
        """Count the pixels in view that look like nothing drawn, and the valid ones. Thread of the pictures."""
        if self._bands is None:
            return 0, 0
        found = Known.from_samples(training.samples).unlike(self._bands.bands, self._bands.valid)
        return int(np.count_nonzero(found)), int(np.count_nonzero(self._bands.valid))

    def measure(self, training: LiveTraining, left_out: LeftOutAreas, threshold: float, turn: Turn) -> tuple[float, tuple[float, float]]:
        """Measure hectares of water in the whole image, and their range as areas are left out. Thread of the figures."""
        area = water_area(self.image, self.roles, training.model, threshold, turn)
        return area.hectares, area.range_of(training.model, left_out.layers, turn)

    def suggest(self, training: LiveTraining, drawn: Sequence[bytes], turn: Turn) -> tuple[tuple[float, float], ...]:
        """Find doubtful places, best first. Thread of the figures."""
        try:
            places = suggest(self.image, self.roles, training.model, _PLACES, drawn, turn)
        except InputError:
            # Everything is drawn.
            return ()
        return tuple((place.x, place.y) for place in places)

    def grow(self, x: float, y: float, tolerance: float, turn: Turn) -> bytes | None:
        """Find what looks alike around a place. Thread of growing."""
        if self._source is None:
            self._source = Source(self.image, self.roles)
        return grow(self._source, x, y, tolerance, turn)
