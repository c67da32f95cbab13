"""What workers do: compute a unit of a scene into a part of its result, and put the parts together.

Nothing but numbers and names travels between machines. A part is a small GeoTIFF in a hidden folder beside the result, whole or absent,
so a unit that was computed once is computed, whoever dies; its tiles go into the result as they are.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..errors import CancelledError, RasterError, WaterError
from ..grid import Window
from ..prediction.predict import Predictor
from ..raster.band_statistics import Statistics
from ..raster.gdal_errors import GdalErrors
from ..raster.geotiff import GeoTiffWriter, provenance
from ..raster.source import open_raster
from ..system.redaction import redacted
from ..translation import tr
from . import places
from .planning import Order, Plan, is_valid, plan_scene, source_state
from .scenes import Scene
from .tiff_tiles import EncodedTile, put_tiles, tiles_of
from .wholeness import check_seal, seal

_PIECES = "PIECES"

# A worker has threads of its own for its units; the bytes are the same.
_ONE_THREAD = ("NUM_THREADS=1",)

_lock = threading.Lock()
_stopped: set[str] = set()
_active: Counter[str] = Counter()


@dataclass(frozen=True)
class Result:
    """A scene that is done.

    Attributes:
        valid, invalid: number of pixels with and without a probability; None where a worker wrote the result and died before it could say.
        mean: mean probability of the valid pixels, or None where there is none.
        outside: share of the valid pixels beyond the range seen in training, estimated on a subset.
        lacking: units that have to be computed again, since their parts are gone or torn; then nothing else counts.
    """

    valid: int | None = None
    invalid: int | None = None
    mean: float | None = None
    outside: float = 0.0
    lacking: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Tally:
    """Statistics of one window, and how many of its pixels were compared with the range of training."""

    column: int
    row: int
    statistics: Statistics
    looked_at: int
    outside: int


def stop(run: str) -> int:
    """Have this process' tasks of a run end soon; return how many are at work."""
    with _lock:
        _stopped.add(run)
        return _active[run]


@contextlib.contextmanager
def _at_work(run: str) -> Iterator[None]:
    """Count the task, and turn every failure into one that may be logged and sent.

    Raises:
        CancelledError: the run was stopped.
        WaterError: what failed, without what opens a door.
    """
    with _lock:
        _active[run] += 1
    try:
        _go_on(run)
        yield
    except CancelledError:
        raise
    except WaterError as error:
        # Without its causes, whose words aren't looked over.
        raise type(error)(redacted(str(error))) from None
    except Exception as error:  # noqa: BLE001 (one scene's failure must not end the others)
        msg = redacted(f"{type(error).__name__}: {error}")
        raise WaterError(msg) from None
    finally:
        with _lock:
            _active[run] -= 1


def _go_on(run: str) -> bool:
    if run in _stopped:
        msg = tr("Cancelled.")
        raise CancelledError(msg)
    return True


def look_at(order: Order, scene: Scene, beside: frozenset[str]) -> Plan:
    """Plan a scene; see `plan_scene`."""
    with _at_work(order.run):
        return plan_scene(order, scene, beside)


def compute(plan: Plan, number: int) -> Result | None:
    """Compute a unit; a scene of one unit is done with it.

    Raises:
        RasterError: the scene can't be read, was changed, or the part can't be written.
        CancelledError: the run was stopped; nothing is left behind.
    """
    with _at_work(plan.run):
        units = plan.units
        if len(units) > 1:
            if not places.exists(plan.part(number)):
                _compute(plan, units[number], plan.part(number))
            return None
        if is_valid(plan.scene.destination, plan.metadata):
            return Result()
        return _result(plan, _compute(plan, units[0], plan.scene.destination, whole=True))


def _compute(plan: Plan, unit: Window, destination: str, *, whole: bool = False) -> list[_Tally]:
    """Write the probabilities of a unit, as the scene's result or as a part of it."""
    settings, source = plan.settings, plan.scene.raster
    _check_source(plan)
    predictor = Predictor(source, plan.grid, plan.roles, plan.model, settings)
    options = (*_ONE_THREAD, *settings.creation_options) if whole else _ONE_THREAD
    tallies = []
    with places.writing(destination) as path:
        with GeoTiffWriter(
            path,
            plan.grid.crop(unit),
            settings.kind,
            plan.layout.tile,
            cog=whole and settings.format == "cog",
            options=options,
            like=open_raster(source) if whole else None,
        ) as writer:
            for window in plan.layout.windows(unit):
                _go_on(plan.run)
                piece = predictor(window)
                writer.write(Window(window.column - unit.column, window.row - unit.row, window.width, window.height), piece.values)
                tallies.append(_Tally(window.column, window.row, piece.statistics, piece.checked, piece.outside))
            _check_source(plan)
            if whole:
                writer.close(_total(tallies), plan.metadata, lambda _: _go_on(plan.run))
            else:
                seal(writer.close(Statistics(), {_PIECES: json.dumps([asdict(tally) for tally in tallies])}))
            writer.place()
        _go_on(plan.run)
    return tallies


def _check_source(plan: Plan) -> None:
    if source_state(plan.scene.source) != plan.state:
        msg = tr("{source} was changed while it was being read. Run again once it stays as it is.").format(
            source=redacted(plan.scene.source)
        )
        raise RasterError(msg)


def assemble(plan: Plan) -> Result:
    """Put the parts of a scene together. They stay, since Dask has this done again where the worker dies before it is asked for its answer.

    Raises:
        RasterError: the result can't be written, or the scene was changed meanwhile.
        CancelledError: the run was stopped; nothing is left behind.
    """
    with _at_work(plan.run):
        tallies, torn = _tallies(plan)
        if not torn:
            try:
                _put_together(plan, tallies)
            except _TornError as error:
                torn = [error.number, *_torn_after(plan, error.number)]
        for number in torn:
            places.remove(plan.part(number))
        if torn:
            return Result(lacking=tuple(torn))
        return _result(plan, tallies)


def _put_together(plan: Plan, tallies: list[_Tally]) -> None:
    """Write the result from the parts.

    Raises:
        _TornError: a part isn't whole.
    """
    settings = plan.settings
    # With options of the user's own the tiles are encoded otherwise, so the pixels are written anew.
    anew = bool(settings.creation_options) and settings.format == "gtiff"
    with places.writing(plan.scene.destination) as path:
        with GeoTiffWriter(
            path,
            plan.grid,
            settings.kind,
            plan.layout.tile,
            cog=settings.format == "cog",
            options=settings.creation_options,
            like=open_raster(plan.scene.source),
            filled=not anew,
        ) as writer:
            if anew:
                for window, values in _pixels(plan):
                    writer.write(window, values)
            _check_source(plan)
            across = math.ceil(plan.grid.width / plan.layout.tile[0])
            fill = None if anew else lambda target: put_tiles(target, across, _tiles(plan))
            writer.close(_total(tallies), plan.metadata, lambda _: _go_on(plan.run), fill=fill)
            writer.place()
        _go_on(plan.run)


class _TornError(WaterError):
    """A part that isn't whole, by its number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"part {number} isn't whole")
        self.number = number


def _tallies(plan: Plan) -> tuple[list[_Tally], list[int]]:
    """Return what the parts say of their windows, in the order of the scene's windows, and the numbers of parts that say nothing."""
    found, torn = {}, []
    for number in range(len(plan.units)):
        _go_on(plan.run)
        try:
            for entry in json.loads(provenance(plan.part(number))[_PIECES]):
                tally = _Tally(**{**entry, "statistics": Statistics(**entry["statistics"])})
                found[tally.column, tally.row] = tally
        except (RasterError, ValueError, KeyError, TypeError):
            torn.append(number)
    if torn:
        return [], torn
    return [found[window.column, window.row] for window in plan.layout.windows(plan.grid.window)], []


def _tiles(plan: Plan) -> Iterator[EncodedTile]:
    """Yield the tiles of all parts, placed in the scene."""
    width, height = plan.layout.tile
    for number, unit in enumerate(plan.units):
        with _part(plan, number) as path:
            for tile in tiles_of(path):
                _go_on(plan.run)
                yield EncodedTile(tile.column + unit.column // width, tile.row + unit.row // height, tile.content)


def _pixels(plan: Plan) -> Iterator[tuple[Window, np.ndarray]]:
    """Yield the values of all parts, by windows of the scene."""
    for number, unit in enumerate(plan.units):
        with _part(plan, number) as path:
            dataset = open_raster(str(path))
            for window in plan.layout.windows(unit):
                _go_on(plan.run)
                box = (window.column - unit.column, window.row - unit.row, window.width, window.height)
                with GdalErrors(tr("{path} can't be read").format(path=path)) as errors:
                    values = errors.check(dataset.ReadAsArray(*box))
                    dataset.FlushCache()
                yield window, values


@contextlib.contextmanager
def _part(plan: Plan, number: int) -> Iterator[Path]:
    """Give a part as a local file.

    Raises:
        _TornError: it can't be read whole.
    """
    try:
        with places.reading(plan.part(number)) as path:
            check_seal(path)
            yield path
    except RasterError as error:
        raise _TornError(number) from error


def _torn_after(plan: Plan, first: int) -> Iterator[int]:
    """Yield the numbers of further parts that aren't whole, so that all are computed again together."""
    for number in range(first + 1, len(plan.units)):
        _go_on(plan.run)
        try:
            with _part(plan, number):
                pass
        except _TornError:
            yield number


def _total(tallies: list[_Tally]) -> Statistics:
    # One after the other, as a prediction in one go adds them: sums of fractions depend on the order.
    total = Statistics()
    for tally in tallies:
        total += tally.statistics
    return total


def _result(plan: Plan, tallies: list[_Tally]) -> Result:
    total, scale = _total(tallies), plan.settings.kind.scale or 1.0
    looked_at, outside = (sum(counts) for counts in zip(*((tally.looked_at, tally.outside) for tally in tallies)))
    return Result(
        total.count,
        plan.grid.window.pixels - total.count,
        None if total.mean is None else total.mean * scale,
        outside / looked_at if looked_at else 0.0,
    )
