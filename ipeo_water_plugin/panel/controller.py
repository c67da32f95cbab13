"""The engine of the panel as the widgets see it: takes edits, views and settings, and gives states and pictures. No widgets.

Four threads work on plain values, each on the newest only: one for the model, one for pictures, one for the figures, which a new edit
interrupts, and one for growing. What they find is handed over in the thread that the controller lives in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal

from ..core.bands import BandRoles
from ..core.errors import WaterError
from ..core.model import WaterModel
from ..core.raster.raster_file import RasterFile
from ..core.sampling.polygons import LabelledShape
from ..core.sampling.sample import SamplingSettings
from ..core.training.live import LeftOutAreas
from ..core.training.settings import TrainingSettings
from ..core.translation import tr
from .engine import Engine, Learned
from .results import Results
from .scoring import AreaScores
from .values import Area, Mode, Picture, View
from .worker import Turn, Worker, attempt, one_shot

# Milliseconds without an edit after which the whole image is measured.
REST = 500

_MODEL, _PICTURE, _FIGURES, _GROW = "model", "picture", "figures", "grow"


class Controller(QObject):
    """Keeps model, picture and figures in step with areas, image, view and settings.

    Signals, emitted in the controller's own thread:
        changed: a `State`.
        painted: a `Picture`, or None to remove it.
    """

    changed = pyqtSignal(object)
    painted = pyqtSignal(object)
    _handed_over = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None, rest: int = REST) -> None:
        """Start without image and areas.

        Args:
            parent: that deletes the controller; call `close` before.
            rest: milliseconds without an edit after which the whole image is measured.
        """
        super().__init__(parent)
        self._workers = {name: Worker(f"ipeo-water {name}") for name in (_MODEL, _PICTURE, _FIGURES, _GROW)}
        self._handed_over.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)
        self._rest = one_shot(self, self._measure, rest)
        self._closed = False
        self._image: RasterFile | None = None
        self._engine: Engine | None = None
        self._areas: dict[int, Area] = {}
        self._settings, self._sampling = TrainingSettings(), SamplingSettings()
        self._view: View | None = None
        self._mode, self._threshold, self._live = Mode.PROBABILITY, 0.5, True
        # Whether areas or settings have changed since the newest model was begun, one is being trained, a picture is being painted, and
        # areas are being left out.
        self._stale = self._learning = self._painting = self._scoring = False
        self._results = Results()

    # Input from the widgets.

    def set_image(self, image: RasterFile | None, roles: BandRoles | None) -> None:
        """Take another image, or other bands of it. Areas in the image's CRS should follow.

        Args:
            image: None = none.
            roles: its bands; None = not known yet.
        """
        self._image = image
        self._engine = None if image is None or roles is None else Engine(image, roles, self._sampling)
        self._give_up()
        self._edited()

    def set_areas(self, areas: Sequence[Area]) -> None:
        """Take these areas in place of all others."""
        self._areas = {area.fid: area for area in areas}
        self._edited()

    def change_areas(self, changed: Sequence[Area], removed: Sequence[int]) -> None:
        """Take new and changed areas.

        Args:
            changed: in place of those with the same ids.
            removed: ids of deleted areas.
        """
        for fid in removed:
            self._areas.pop(fid, None)
        self._areas.update((area.fid, area) for area in changed)
        self._edited()

    def set_view(self, view: View | None) -> None:
        """Show another part of the map; None = nothing."""
        if view != self._view:
            self._view = view
            self._paint()
            self._tell()

    def set_settings(self, settings: TrainingSettings, sampling: SamplingSettings | None = None) -> None:
        """Train with other settings.

        Args:
            settings: of training.
            sampling: which pixels are taken; None = as before.
        """
        if sampling is not None and sampling != self._sampling:
            self._sampling = sampling
            if self._engine is not None:
                self._engine = Engine(self._engine.image, self._engine.roles, sampling)
        self._settings = settings
        self._edited()

    def set_mode(self, mode: Mode) -> None:
        """Show something else of the same model."""
        if mode is not self._mode:
            self._mode = mode
            self._paint()
            self._tell()

    def set_threshold(self, threshold: float) -> None:
        """Take pixels at or above another probability as water."""
        if threshold != self._threshold:
            self._threshold = threshold
            self._results = self._results.at_another_threshold()
            self._workers[_FIGURES].cancel()
            self._scoring = False
            self._paint()
            self._score()
            self._tell()

    def set_live(self, live: bool) -> None:
        """Train after each edit, or only when `update_once` is called."""
        self._live = live
        if live and self._stale:
            self._learn()
        self._tell()

    def update_once(self) -> None:
        """Train with all edits so far."""
        self._learn()
        self._tell()

    def grow(self, x: float, y: float, tolerance: float, done: Callable[[bytes | None], None]) -> None:
        """Find the region of similar pixels around a place; a call that is overtaken by another gets no answer.

        Args:
            x, y: the place in the image's CRS.
            tolerance: see `core.maps.grow`.
            done: is given a WKB polygon in the image's CRS, or None.
        """
        if self._engine is None:
            done(None)
        else:
            self._do(_GROW, partial(self._engine.grow, x, y, tolerance), done, lambda _: done(None))

    def next_doubtful_place(self) -> tuple[float, float] | None:
        """Return the place whose label would teach the model most, and another one with each call; None where none is known."""
        place = self._results.doubtful_place
        if place is not None:
            self._results.next_place += 1
            self._tell()
        return place

    def model(self) -> WaterModel | None:
        """Return the newest model."""
        return None if self._results.training is None else self._results.training.model

    def close(self) -> None:
        """Stop all work and end all threads; nothing is emitted any more."""
        self._closed = True
        self._rest.stop()
        for worker in self._workers.values():
            worker.cancel()
        for worker in self._workers.values():
            worker.close()
        # GDAL's datasets have to go before QGIS does.
        self._engine, self._results = None, Results()

    # What is done.

    def _do(self, name: str, work: Callable[[Turn], Any], done: Callable[[Any], None], failed: Callable[[str], None]) -> None:
        """Have work done in a thread, and its result handed to `done`, unless it is overtaken."""

        def job(turn: Turn) -> None:
            result, problem = attempt(work, turn, _in_words)
            if not turn.cancelled():
                self._handed_over.emit((turn, partial(done, result) if problem is None else partial(failed, problem)))

        self._workers[name].submit(job)

    def _hand_over(self, given: tuple[Turn, Callable[[], None]]) -> None:
        turn, hand_over = given
        if not self._closed and not turn.cancelled():
            hand_over()
            self._tell()

    def _edited(self) -> None:
        """Train if live; else what is shown stays, and its figures are still found."""
        self._stale = True
        if self._live:
            self._learn()
        self._tell()

    def _learn(self) -> None:
        self._stale = False
        self._rest.stop()
        self._workers[_FIGURES].cancel()
        if self._engine is None or not self._areas:
            self._give_up()
            return
        shapes = [LabelledShape(area.wkb, area.water, area.fid) for area in self._areas.values()]
        self._learning = True
        self._do(_MODEL, partial(self._engine.learn, shapes, self._settings, self.model()), self._take_model, self._fail)

    def _take_model(self, learned: Learned) -> None:
        self._learning, self._scoring, self._results = False, False, self._results.after(learned)
        self._paint()
        self._score()

    def _give_up(self) -> None:
        """Show nothing: the image, areas or a model are missing."""
        self._workers[_MODEL].cancel()
        self._workers[_FIGURES].cancel()
        self._learning, self._results = False, Results()
        self._stop_painting()

    def _fail(self, problem: str) -> None:
        """Show nothing, and open the image again for the next try: it may have been rewritten."""
        self._give_up()
        if self._engine is not None:
            self._engine = Engine(self._engine.image, self._engine.roles, self._sampling)
        self._results.problem = problem

    def _paint(self) -> None:
        if self._view is None or self._results.training is None:
            self._stop_painting()
            return
        self._painting = True
        work = partial(self._engine.picture, self._view, self._results.training, self._mode, self._threshold)
        self._do(_PICTURE, work, self._take_picture, self._fail)

    def _stop_painting(self) -> None:
        self._workers[_PICTURE].cancel()
        self._painting, self._results.picture = False, None
        self.painted.emit(None)

    def _take_picture(self, picture: Picture) -> None:
        self._painting, self._results.picture = False, picture
        self.painted.emit(picture)
        self._score()
        if not self._rest.isActive() and self._results.left_out is not None:
            self._look()

    def _score(self) -> None:
        """Leave areas out one at a time: once there is a picture, and no newer model is being trained, which is scored later."""
        training = self._results.training
        if self._learning or self._painting or self._scoring or self._results.left_out is not None or training is None:
            return
        self._scoring = True
        self._rest.start()
        self._do(_FIGURES, partial(self._engine.score, training, self._threshold), self._take_scores, self._fail)

    def _take_scores(self, scored: tuple[LeftOutAreas, AreaScores]) -> None:
        self._scoring = False
        self._results.left_out, self._results.scores = scored
        if not self._rest.isActive():
            self._measure()

    def _measure(self) -> None:
        """Measure the whole image, once the pen has rested and the areas have been left out."""
        training, left_out = self._results.training, self._results.left_out
        if self._learning or training is None or left_out is None:
            return
        if not self._painting:
            self._look()
        self._do(_FIGURES, partial(self._engine.measure, training, left_out, self._threshold), self._take_area, self._take_no_area)

    def _take_area(self, measured: tuple[float, tuple[float, float]]) -> None:
        self._results.hectares, self._results.hectares_range = measured
        self._results.hectares_current = True
        self._suggest()

    def _take_no_area(self, _problem: str) -> None:
        """Go on without hectares, as for an image without a known CRS."""
        self._results.hectares = None
        self._suggest()

    def _suggest(self) -> None:
        learned = self._results.learned
        if learned is None or learned.training is None:
            return
        drawn = [shape.wkb for shape, problem in zip(learned.shapes, learned.sampling.problems) if not problem]
        self._do(_FIGURES, partial(self._engine.suggest, learned.training, drawn), self._take_places, lambda _: None)

    def _take_places(self, places: tuple[tuple[float, float], ...]) -> None:
        self._results.places, self._results.next_place = places, 0

    def _look(self) -> None:
        """Count what looks like nothing drawn."""
        if self._results.training is not None:
            self._do(_PICTURE, partial(self._engine.unlike, self._results.training), self._take_unlike, lambda _: None)

    def _take_unlike(self, unlike: tuple[int, int]) -> None:
        self._results.unlike = unlike

    # Output to the widgets.

    def _tell(self) -> None:
        if not self._closed:
            status, message = self._status()
            self.changed.emit(self._results.state(self._areas.values(), status, message))

    def _status(self) -> tuple[str, str]:
        learned = self._results.learned
        conditions = (
            (self._image is not None and self._engine is None, "waiting", tr("Choose the green, red and near-infrared bands.")),
            (self._engine is None or not self._areas, "empty", ""),
            (self._learning or self._painting, "working", ""),
            (bool(self._results.problem), "failed", self._results.problem),
            (self._stale, "paused", tr("Edits since the last update aren't shown yet.")),
            (learned is not None and learned.training is None, "waiting", "" if learned is None else learned.missing()),
            (not self._live, "paused", ""),
        )
        return next(((status, message) for holds, status, message in conditions if holds), ("live", ""))


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, WaterError) else f"{type(error).__name__}: {error}"
