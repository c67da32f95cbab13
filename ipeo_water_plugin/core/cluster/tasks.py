"""The tasks of a run, on a cluster's workers or in this process: examine a scene, predict it or a piece of it, join its pieces.

Names and numbers are all that travels between machines. Each result, or piece of one, is a GeoTIFF that appears whole or not at all, so
what was computed stays computed, whichever process dies.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..errors import CancelledError, RasterError, WaterError
from ..prediction.predict import Prediction, predict
from ..progress import SILENT, Progress, SilentProgress, raise_if_cancelled
from ..raster.source_state import source_state
from ..system.files import FileTransaction
from ..system.redaction import redacted
from ..translation import tr
from . import storage
from .mosaic import write_joined
from .planning import Order, Plan, plan_scene, removable
from .results import is_valid
from .scenes import Scene

_lock = threading.Lock()
_stopped: set[str] = set()
_active: Counter[str] = Counter()


@dataclass(frozen=True, eq=False)
class Task:
    """A call of one of this module's functions.

    Attributes:
        function, arguments: what is called, with what.
        key: names the task among those of the run.
        tag: for whoever made the task; it isn't sent.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    key: str
    tag: Any = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a task returned, or the reason why it failed."""

    task: Task
    value: Any = None
    reason: str | None = None


def stop(run: str) -> int:
    """Have this process' tasks of a run end soon; return how many are still active."""
    with _lock:
        _stopped.add(run)
        return _active[run]


class _TaskProgress(SilentProgress):
    """Cancelled when the run is stopped in this process, or by the caller; what predictions log is reported once per scene instead."""

    def __init__(self, run: str, caller: Progress = SILENT) -> None:
        self._run, self.set, self._cancelled = run, caller.set, caller.cancelled  # type: ignore[method-assign]

    def cancelled(self) -> bool:
        return self._run in _stopped or self._cancelled()


@contextlib.contextmanager
def _active_task(run: str) -> Iterator[None]:
    """Count the task, and turn every failure into one that may be logged and sent: a WaterError with credentials removed."""
    with _lock:
        _active[run] += 1
    try:
        raise_if_cancelled(_TaskProgress(run))
        yield
    except CancelledError:
        raise
    except WaterError as error:
        # Without its causes, whose messages aren't redacted.
        raise type(error)(redacted(str(error))) from None
    except Exception as error:  # noqa: BLE001 (one scene's failure must not end the others)
        msg = redacted(f"{type(error).__name__}: {error}")
        raise WaterError(msg) from None
    finally:
        with _lock:
            _active[run] -= 1


def examine(order: Order, scene: Scene, beside: frozenset[str]) -> Plan:
    """Plan a scene; see `plan_scene`."""
    with _active_task(order.run):
        return plan_scene(order, scene, beside)


def compute(plan: Plan, number: int, progress: Progress = SILENT, threads: int | None = 1) -> Prediction | None:
    """Predict a piece of a scene, and count its pixels; return None where a worker died after writing the piece's file.

    Args:
        plan: of the scene.
        number: of the piece.
        threads: as in `predict`.

    Raises:
        RasterError: the scene can't be read, was changed, or the piece can't be written.
        CancelledError: the run was stopped; nothing is left behind.
    """
    image, piece, task = plan.scene.raster, plan.pieces[number], _TaskProgress(plan.run, progress)
    with _active_task(plan.run):
        if is_valid(piece.destination, plan.metadata, plan.grid.crop(piece.window)):
            return None
        _check_unchanged(plan)
        with storage.writing(piece.destination) as path, FileTransaction() as transaction:
            prediction = predict(
                image, plan.roles, plan.model, path, plan.settings, task, plan.metadata, transaction, window=piece.window, threads=threads
            )
            _check_unchanged(plan)
        # Without the pixels that it keeps: only numbers travel.
        return replace(prediction, pixels=())


def _check_unchanged(plan: Plan) -> None:
    """Compare the source with what it was when the scene was examined: all pieces are of one image."""
    if source_state(plan.scene.source) != plan.state:
        msg = tr("{source} was changed while it was being read. Run again once it stays as it is.")
        raise RasterError(msg.format(source=redacted(plan.scene.source)))


def join(plan: Plan) -> None:
    """Write the virtual raster over the pieces of a scene, and remove pieces of an earlier result.

    Raises:
        RasterError: a piece is gone, or the scene was changed meanwhile.
        WaterError: the virtual raster can't be written.
    """
    with _active_task(plan.run):
        _check_unchanged(plan)
        for piece in plan.pieces:
            if not storage.exists(piece.destination):
                msg = tr("{piece} was removed while the other pieces were computed. Run again to compute it again.")
                raise RasterError(msg.format(piece=redacted(piece.destination)))
        write_joined(plan)
        folders, pieces = removable(plan)
        for folder in folders:
            storage.remove_folder(folder, pieces)
