"""Which task goes out next, and what follows from each that comes back: units of the scenes in order, then the putting together."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import WaterError
from ..grid import Window
from ..progress import Progress, raise_if_cancelled
from ..translation import tr
from . import places, planning, work
from .crew import Answer, Call, Crew
from .pace import Pace
from .planning import Order, Plan
from .scenes import Scene

# How often it is asked whether the user cancelled.
_POLL = 0.2

# A task that failed is tried once more, on whichever worker is free; parts may be torn as often.
_TRIES = 2

# Share of the work that putting together is. A Cloud Optimized GeoTIFF takes about as long to be made as the raster in it.
_ASSEMBLY = {"gtiff": 0.03, "cog": 0.5}

_COMPUTE, _ASSEMBLE, _SWEEP = "unit", "result", "parts"


@dataclass(frozen=True)
class Failure:
    """A scene that has no result, and why."""

    scene: Scene
    reason: str


@dataclass(frozen=True)
class Labour:
    """What workers do: functions of modules that they have."""

    look_at: Callable[..., Plan] = work.look_at
    compute: Callable[..., Any] = work.compute
    assemble: Callable[..., Any] = work.assemble


def look_at_all(
    crew: Crew, order: Order, scenes: Sequence[Scene], progress: Progress, labour: Labour | None = None
) -> tuple[list[Plan], list[Failure]]:
    """Have every scene looked at; return plans and failures, in the order of the scenes.

    Raises:
        CancelledError: the caller cancelled.
        WaterError: the cluster is gone, or the folder of the results can't be read.
    """
    (beside,) = _values(crew, [Call(planning.beside_each, (scenes,), "folder")], progress)
    function = (labour or Labour()).look_at
    calls = [Call(function, (order, scene, names), f"look-{i}") for i, (scene, names) in enumerate(zip(scenes, beside))]
    plans: dict[int, Plan] = {}
    failures: dict[int, Failure] = {}
    for answer in _work_off(crew, deque(calls), progress):
        index = int(answer.call.name.rpartition("-")[2])
        if answer.reason is None:
            plans[index] = answer.value
        else:
            failures[index] = Failure(scenes[index], answer.reason)
        progress.set((len(plans) + len(failures)) / len(scenes))
    return [plans[index] for index in sorted(plans)], [failures[index] for index in sorted(failures)]


def _values(crew: Crew, calls: list[Call], progress: Progress) -> list[Any]:
    """Return what tasks return, of which none may fail.

    Raises:
        WaterError: one did.
    """
    values = []
    for answer in _work_off(crew, deque(calls), progress):
        if answer.reason is not None:
            raise WaterError(answer.reason)
        values.append(answer.value)
    return values


def _work_off(crew: Crew, calls: deque[Call], progress: Progress) -> Iterator[Answer]:
    """Send tasks out as there is room, and yield what comes back; what is added to `calls` meanwhile goes out too."""
    while calls or crew.busy:
        raise_if_cancelled(progress)
        crew.look()
        room = max(crew.room, 0)
        crew.submit([calls.popleft() for _ in range(min(room, len(calls)))])
        yield from crew.collect(_POLL)


@dataclass(eq=False)
class _Making:
    """A scene in the making: how many of its units are still to come, the pixels that count as done, and what was tried how often."""

    plan: Plan
    units: tuple[Window, ...]
    missing: int
    counted: float = 0.0
    tries: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def assembly(self) -> float:
        """Share of the work that putting together is."""
        return _ASSEMBLY[self.plan.settings.format] if len(self.units) > 1 else 0.0


class Conductor:
    """Leads a run through its scenes.

    Args:
        crew: does the work.
        pace: told of what is done.
        progress: asked whether to go on.
        tell: told of each scene that is done.
        labour: what the work is.

    Attributes:
        done, failed: scenes that have come to their end.
    """

    def __init__(self, crew: Crew, pace: Pace, progress: Progress, tell: Callable[[Plan, Any], None], labour: Labour | None = None) -> None:
        """Begin with nothing."""
        self._crew, self._pace, self._progress, self._tell, self._labour = crew, pace, progress, tell, labour or Labour()
        self._making: dict[int, _Making] = {}
        self._urgent: deque[Call] = deque()
        self.done: list[Plan] = []
        self.failed: list[tuple[Plan, str]] = []

    def conduct(self, plans: Sequence[Plan]) -> None:
        """Have all scenes computed.

        Raises:
            CancelledError: the caller cancelled; tasks may still be out.
            WaterError: the cluster is gone.
        """
        calls = self._calls(plans)
        more = True
        while more or self._urgent or self._crew.busy:
            raise_if_cancelled(self._progress)
            self._crew.look()
            chosen: list[Call] = []
            while len(chosen) < self._crew.room and (more or self._urgent):
                call = self._urgent.popleft() if self._urgent else next(calls, None)
                more = more and call is not None
                chosen += [call] if call is not None else []
            self._crew.submit(chosen)
            for answer in self._crew.collect(_POLL):
                self._take(answer)

    def _calls(self, plans: Sequence[Plan]) -> Iterator[Call]:
        """Yield the units of the scenes in order; a scene whose units are all there is put together."""
        for index, plan in enumerate(plans):
            units = plan.units
            self._making[index] = _Making(plan, units, len(plan.waiting))
            there = set(range(len(units))) - set(plan.waiting)
            self._making[index].counted = pixels = self._pixels(index, there)
            self._pace.skip(pixels)
            for number in plan.waiting:
                if index in self._making:
                    yield self._call(_COMPUTE, index, number)
            if not plan.waiting:
                yield self._call(_ASSEMBLE, index, 0)

    def _call(self, kind: str, index: int, number: int) -> Call:
        making = self._making[index]
        name = f"{kind}-{index}-{number}-{making.tries[kind, number]}"
        making.tries[kind, number] += 1
        if kind == _ASSEMBLE:
            return Call(self._labour.assemble, (making.plan,), name, urgent=True, tag=(kind, index, number))
        return Call(self._labour.compute, (making.plan, number), name, wanted=len(making.units) == 1, tag=(kind, index, number))

    def _take(self, answer: Answer) -> None:
        kind, index, number = answer.call.tag
        making = self._making.get(index)
        if making is None:
            # The scene failed while this one was out.
            return
        if answer.reason is not None:
            if making.tries[kind, number] < _TRIES:
                self._urgent.append(self._call(kind, index, number))
            else:
                self._fail(index, answer.reason)
        elif answer.value is None:
            making.missing -= 1
            self._count(making, self._pixels(index, [number]))
            if not making.missing:
                self._urgent.append(self._call(_ASSEMBLE, index, 0))
        elif answer.value.lacking:
            self._compute_again(index, answer.value.lacking)
        else:
            del self._making[index]
            if len(making.units) > 1:
                name = f"{_SWEEP}-{index}"
                self._urgent.append(
                    Call(places.remove_folder, (making.plan.parts,), name, wanted=False, urgent=True, tag=(_SWEEP, index, 0))
                )
            self._end(making)
            self.done.append(making.plan)
            self._tell(making.plan, answer.value)

    def _compute_again(self, index: int, lacking: Sequence[int]) -> None:
        """Have parts computed that were found gone or torn."""
        making = self._making[index]
        if any(making.tries[_COMPUTE, number] >= _TRIES + 1 for number in lacking):
            folder = places.parent(making.plan.parts)
            text = tr("{folder} doesn't keep what is written there: see whether another program tidies it.")
            self._fail(index, text.format(folder=folder))
            return
        making.missing = len(lacking)
        self._count(making, -self._pixels(index, lacking))
        self._urgent.extend(self._call(_COMPUTE, index, number) for number in lacking)

    def _fail(self, index: int, reason: str) -> None:
        making = self._making.pop(index)
        self.failed.append((making.plan, reason))
        self._end(making)

    def _pixels(self, index: int, numbers: Iterable[int]) -> float:
        """What units count for, in pixels."""
        making = self._making[index]
        return sum(making.units[number].pixels for number in numbers) * (1 - making.assembly)

    def _count(self, making: _Making, pixels: float) -> None:
        making.counted += pixels
        self._pace.add(pixels)

    def _end(self, making: _Making) -> None:
        """Count what is left of a scene, whether it was done or failed."""
        self._pace.add(making.plan.grid.window.pixels - making.counted, scenes=1)
