"""Many rasters through one model: on a Dask cluster, on this machine's processors by Dask, or scene by scene where Dask is absent."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import CancelledError, InputError, WaterError
from ..model import WaterModel
from ..prediction.predict import Prediction, PredictionSettings, predict, report
from ..progress import Progress, SilentProgress, SubProgress, raise_if_cancelled
from ..raster.collisions import refuse_collisions
from ..system.redaction import redacted
from ..translation import tr
from . import places, planning, work
from .conductor import Conductor, Failure, look_at_all
from .crew import Crew, crew_at, dask_missing
from .pace import Pace
from .planning import UNIT_PIXELS, Bands, Order, Plan
from .scenes import Scene

# How long a cancelled run waits for the tasks at work, and for the removal of what they left.
_PATIENCE = 1.0

# Looking at the scenes takes this share of the progress bar.
_LOOKING = 0.02


@dataclass(frozen=True)
class Summary:
    """What came of a run, each in the order of the scenes.

    Attributes:
        done: scenes that were computed.
        skipped: scenes whose result stood there already, of the same source by the same model and settings.
        failed: scenes that have no result, and why.
    """

    done: tuple[Plan, ...]
    skipped: tuple[Plan, ...]
    failed: tuple[Failure, ...]


class _Named:
    """A Progress that says which scene its lines are about."""

    def __init__(self, progress: Progress, scene: Scene) -> None:
        self._progress, self._name = progress, redacted(scene.source)
        self.set, self.cancelled = progress.set, progress.cancelled

    def info(self, message: str) -> None:
        """Pass a line on."""
        self._progress.info(f"{self._name}: {message}")

    def warn(self, message: str) -> None:
        """Pass a warning on."""
        self._progress.warn(f"{self._name}: {message}")


def predict_many(
    scenes: Sequence[Scene],
    model: WaterModel,
    *,
    bands: Bands | None = None,
    settings: PredictionSettings | None = None,
    scheduler: str = "",
    progress: Progress | None = None,
    metadata: Mapping[str, str] | None = None,
    unit: int = UNIT_PIXELS,
) -> Summary:
    """Predict many rasters. What stood there already, of the same source by the same model and settings, is skipped.

    Args:
        scenes: sources and destinations; these stand in one folder.
        model: in raw pixel units of its training image.
        bands: chosen for all scenes alike; None = found in each.
        settings: of the results; without extent and mask.
        scheduler: address of a running Dask scheduler, or "" for this machine.
        progress: told the share of all pixels done.
        metadata: further entries of the results' domain IPEO_WATER.
        unit: pixels of a window that a worker is given, about.

    Raises:
        InputError: a destination is read, no scheduler answers at the address, or Dask is missing for one.
        WaterError: the cluster can't serve or is gone; what is finished stays.
        CancelledError: the caller cancelled; finished results stay, nothing else is left behind.
    """
    progress = progress or SilentProgress()
    raise_if_cancelled(progress)
    refuse_collisions([scene.destination for scene in scenes], [scene.source for scene in scenes])
    order = Order(secrets.token_hex(4), model, bands or Bands(), settings or PredictionSettings(), dict(metadata or {}), unit)
    missing = dask_missing()
    folder = places.parent(scenes[0].destination)
    places.make_folder(folder)
    if missing is None:
        with crew_at(scheduler, order.run, progress) as crew:
            _check_folder(crew, folder)
            return _together(crew, order, scenes, progress)
    if scheduler:
        msg = tr(
            "A Dask scheduler is given, and this Python lacks {missing}: install it (docs/cluster.md), or leave the address empty."
        ).format(missing=missing)
        raise InputError(msg)
    progress.info(
        tr(
            "Without {missing} the scenes are computed here, one after the other. With Dask (pip install distributed) several are "
            "computed together, also on other machines, and a scene that was broken off goes on where it stood."
        ).format(missing=missing)
    )
    return _alone(order, scenes, progress)


def sees(folder: str, name: str) -> bool:
    """Whether this machine finds a file in a folder and may write there."""
    return Path(folder, name).is_file() and os.access(folder, os.W_OK)


def _check_folder(crew: Crew, folder: str) -> None:
    """See that all workers write to the folder that is meant.

    Raises:
        WaterError: one doesn't see it.
    """
    if places.is_virtual(folder):
        return
    mark = places.mark(folder)
    try:
        answers = crew.ask_all(sees, folder, mark.name)
    finally:
        mark.unlink(missing_ok=True)
    blind = sorted(address for address, seen in answers.items() if seen is not True)
    if blind:
        msg = tr("The worker {worker} doesn't see the folder {folder}, or may not write there: choose one that all machines share.").format(
            worker=blind[0], folder=folder
        )
        raise WaterError(msg)


def _together(crew: Crew, order: Order, scenes: Sequence[Scene], progress: Progress) -> Summary:
    plans: list[Plan] = []
    try:
        plans, failed = look_at_all(crew, order, scenes, SubProgress(progress, 0.0, _LOOKING))
        work_ahead = [plan for plan in plans if not plan.finished]
        pace = _pace(plans, failed, SubProgress(progress, _LOOKING, 1.0))
        for plan in plans:
            for warning in plan.warnings:
                _Named(progress, plan.scene).warn(warning)
        conductor = Conductor(crew, pace, progress, lambda plan, result: _tell(plan, result, progress))
        conductor.conduct(work_ahead)
    except CancelledError:
        crew.stop(_PATIENCE)
        crew.sweep([plan.parts for plan in plans if not plan.finished], _PATIENCE)
        raise
    crew.sweep([plan.parts for plan, _ in conductor.failed])
    return _summary(scenes, plans, conductor.done, [*failed, *(Failure(plan.scene, reason) for plan, reason in conductor.failed)])


def _pace(plans: Sequence[Plan], failed: Sequence[Failure], progress: Progress) -> Pace:
    pace = Pace(progress, sum(plan.grid.window.pixels for plan in plans), len(plans) + len(failed))
    pace.add(0, len(failed))
    for plan in plans:
        if plan.finished:
            pace.skip(plan.grid.window.pixels, 1)
    return pace


def _tell(plan: Plan, result: work.Result, progress: Progress) -> None:
    if result.valid is None or result.invalid is None:
        return
    prediction = Prediction(Path(plan.scene.destination), result.valid, result.invalid, result.mean, result.outside)
    report(prediction, plan.model, _Named(progress, plan.scene))


def _alone(order: Order, scenes: Sequence[Scene], progress: Progress) -> Summary:
    """Predict scene by scene, as `predict` does."""
    plans: list[Plan] = []
    failed: list[Failure] = []
    done: list[Plan] = []
    for index, (scene, beside) in enumerate(zip(scenes, planning.beside_each(scenes))):
        raise_if_cancelled(progress)
        try:
            plans.append(work.look_at(order, scene, beside))
        except WaterError as error:
            failed.append(Failure(scene, str(error)))
        progress.set(_LOOKING * (index + 1) / len(scenes))
    pace = _pace(plans, failed, SubProgress(progress, _LOOKING, 1.0))
    for plan in plans:
        if plan.finished:
            continue
        pixels = plan.grid.window.pixels
        try:
            with places.writing(plan.scene.destination) as path:
                named = pace.within(_Named(progress, plan.scene), pixels)
                predict(plan.scene.raster, plan.roles, order.model, path, order.settings, named, plan.metadata)
        except CancelledError:
            raise
        except WaterError as error:
            failed.append(Failure(plan.scene, redacted(str(error))))
        else:
            done.append(plan)
        pace.add(pixels, 1)
    return _summary(scenes, plans, done, failed)


def _summary(scenes: Sequence[Scene], plans: Sequence[Plan], done: Sequence[Plan], failed: Sequence[Failure]) -> Summary:
    place = {scene: index for index, scene in enumerate(scenes)}
    return Summary(
        tuple(sorted(done, key=lambda plan: place[plan.scene])),
        tuple(plan for plan in plans if plan.finished),
        tuple(sorted(failed, key=lambda failure: place[failure.scene])),
    )
