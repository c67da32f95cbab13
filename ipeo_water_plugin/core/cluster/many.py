"""Many rasters through one model: on a Dask cluster, or in this process, one scene after another on all processors."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import CancelledError, InputError, WaterError
from ..model import WaterModel
from ..prediction.predict import Prediction, PredictionSettings, report
from ..progress import SILENT, Progress, SubProgress, raise_if_cancelled
from ..raster.collisions import refuse_collisions
from ..raster.raster_file import is_virtual
from ..system.redaction import redacted
from ..system.threads import in_order
from ..translation import tr
from . import storage, tasks
from .meter import ProgressMeter
from .planning import MAX_SCENE_PIXELS, Bands, Order, Plan
from .run import Failure, Run, examine_all
from .scenes import Scene
from .tasks import Outcome, Task
from .workers import Workers, dask_missing, workers_at

# Seconds that a cancelled run waits for active tasks.
_PATIENCE = 1.0
# Share of the progress bar for the examination of the scenes.
_EXAMINATION = 0.02


@dataclass(frozen=True)
class Summary:
    """Result of a run, each part in the order of the scenes.

    Attributes:
        done: scenes that were computed.
        skipped: scenes whose result existed, of the same source by the same model and settings.
        failed: scenes without a result, and why.
    """

    done: tuple[Plan, ...]
    skipped: tuple[Plan, ...]
    failed: tuple[Failure, ...]


class _Named:
    """A Progress that puts the scene's name before its messages."""

    def __init__(self, progress: Progress, scene: Scene) -> None:
        self._progress, self._name = progress, redacted(scene.source)
        self.set, self.cancelled = progress.set, progress.cancelled

    def info(self, message: str) -> None:
        self._progress.info(f"{self._name}: {message}")

    def warn(self, message: str) -> None:
        self._progress.warn(f"{self._name}: {message}")


def predict_many(
    scenes: Sequence[Scene],
    model: WaterModel,
    *,
    bands: Bands | None = None,
    settings: PredictionSettings | None = None,
    scheduler: str = "",
    progress: Progress = SILENT,
    metadata: Mapping[str, str] | None = None,
    outputs: Sequence[str] = (),
    max_pixels: int = MAX_SCENE_PIXELS,
) -> Summary:
    """Predict many rasters. Results that exist, of the same source by the same model and settings, are skipped.

    Args:
        scenes: sources and destinations, the latter in one folder.
        model: in raw pixel units of its training image.
        bands: chosen for all scenes alike; None = found in each.
        settings: of the results; without extent and mask.
        scheduler: address of a running Dask scheduler, or "" for this process.
        metadata: further entries of the results' domain IPEO_WATER.
        outputs: further files that the caller writes, which no result may be.
        max_pixels: of a scene that becomes a single file; a larger one becomes several, and a virtual raster over them.

    Raises:
        InputError: a destination is read, no scheduler answers at the address, or Dask is missing for one.
        WaterError: the cluster is unsuitable or gone; what is finished stays.
        CancelledError: the caller cancelled; finished results and pieces stay, nothing else is left behind.
    """
    raise_if_cancelled(progress)
    refuse_collisions([*(scene.destination for scene in scenes), *outputs], [scene.source for scene in scenes])
    order = Order(secrets.token_hex(4), model, bands or Bands(), settings or PredictionSettings(), dict(metadata or {}), max_pixels)
    missing = dask_missing()
    if scheduler and missing:
        msg = tr("A Dask scheduler is given, but this Python lacks {missing}: install it (Help, Cluster), or leave the address empty.")
        raise InputError(msg.format(missing=missing))
    folder = storage.parent(scenes[0].destination)
    storage.make_folder(folder)
    if not scheduler:
        return _run(order, scenes, progress, outputs)
    with workers_at(scheduler, order.run, progress) as workers:
        _check_folder(workers, folder)
        try:
            return _run(order, scenes, progress, outputs, workers)
        except CancelledError:
            workers.stop(_PATIENCE)
            raise


def sees(folder: str, name: str) -> bool:
    """Return whether this machine finds a file in a folder and may write there."""
    return Path(folder, name).is_file() and os.access(folder, os.W_OK)


def _check_folder(workers: Workers, folder: str) -> None:
    """Check that all workers write to the folder that is meant."""
    if is_virtual(folder):
        return
    mark = storage.mark(folder)
    try:
        answers = workers.ask_all(sees, folder, mark.name)
    finally:
        mark.unlink(missing_ok=True)
    blind = sorted(address for address, seen in answers.items() if seen is not True)
    if blind:
        msg = tr("The worker {worker} doesn't see the folder {folder}, or may not write there: choose one that all machines share.")
        raise WaterError(msg.format(worker=blind[0], folder=folder))


def _run(order: Order, scenes: Sequence[Scene], progress: Progress, outputs: Sequence[str], workers: Workers | None = None) -> Summary:
    """Examine and compute the scenes: on workers, or here, one after another, each on all processors."""

    def side_by_side(queue: deque[Task]) -> Iterator[Outcome]:
        return in_order(_outcome, queue, 1, progress) if workers is None else workers.work(queue, progress)

    def one_by_one(queue: deque[Task]) -> Iterator[Outcome]:
        while queue:
            raise_if_cancelled(progress)
            yield _outcome(queue.popleft())

    def compute(plan: Plan, number: int) -> Prediction | None:
        return tasks.compute(plan, number, meter.within(plan.pieces[number].window.pixels), threads=None)

    plans, failed = examine_all(side_by_side, order, scenes, SubProgress(progress, 0.0, _EXAMINATION))
    # Which scenes become virtual rasters is known only now.
    refuse_collisions([*(plan.destination for plan in plans), *outputs], [scene.source for scene in scenes])
    for scene, warning in ((plan.scene, warning) for plan in plans for warning in plan.warnings):
        _Named(progress, scene).warn(warning)
    finished, waiting = ([plan for plan in plans if plan.finished is state] for state in (True, False))
    total = sum(plan.grid.window.pixels for plan in plans)
    skipped = total - sum(plan.pixels(plan.waiting) for plan in waiting)
    meter = ProgressMeter(SubProgress(progress, _EXAMINATION, 1.0), total, len(scenes), skipped, len(finished) + len(failed))
    if workers is None:
        run = Run(one_by_one, meter, compute)
    else:
        run = Run(side_by_side, meter)
        # So that no worker is left with a large one at the end.
        waiting.sort(key=lambda plan: -plan.pieces[0].window.pixels)
    for plan, predictions in run.execute(waiting):
        _report(plan, predictions, progress)
    place = {scene: index for index, scene in enumerate(scenes)}
    return Summary(
        tuple(sorted(run.done, key=lambda plan: place[plan.scene])),
        tuple(finished),
        tuple(sorted((*failed, *run.failed), key=lambda failure: place[failure.scene])),
    )


def _outcome(task: Task) -> Outcome:
    """Run a task in this process."""
    try:
        return Outcome(task, task.function(*task.arguments))
    except CancelledError:
        raise
    except WaterError as error:
        return Outcome(task, reason=str(error))


def _report(plan: Plan, predictions: Sequence[Prediction | None], progress: Progress) -> None:
    """Log the numbers of a scene, if all of its pieces were computed in this run."""
    known = [prediction for prediction in predictions if prediction is not None]
    if len(known) == len(plan.pieces):
        valid, invalid = sum(p.valid for p in known), sum(p.invalid for p in known)
        outside = sum(p.outside * p.valid for p in known) / max(valid, 1)
        fill = max(p.fill[::-1] for p in known)[1], sum(p.fill[1] * p.valid for p in known) / max(valid, 1)
        report(Prediction(Path(plan.destination), valid, invalid, None, outside, fill), plan.model, _Named(progress, plan.scene))
