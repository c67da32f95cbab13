"""Which task comes next, and what follows from each outcome."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import WaterError
from ..prediction.predict import Prediction
from ..progress import Progress
from . import planning, tasks
from .meter import ProgressMeter
from .planning import Order, Plan
from .scenes import Scene
from .tasks import Outcome, Task

# A task that failed is tried once more: another worker may do better, and storage may have been out of reach.
_TRIES = 2
# In place of a piece's number: the task that joins them.
_JOIN = -1
# Runs tasks, those too that are put into the queue meanwhile, and yields what became of each.
Work = Callable[[deque[Task]], Iterator[Outcome]]


@dataclass(frozen=True)
class Failure:
    """A scene without a result, and why."""

    scene: Scene
    reason: str


def examine_all(work: Work, order: Order, scenes: Sequence[Scene], progress: Progress) -> tuple[list[Plan], list[Failure]]:
    """Examine every scene; return plans and failures, each in the order of the scenes.

    Args:
        work: runs tasks.
        order: what holds for all scenes.
        scenes: with results in one folder, which is listed once.

    Raises:
        WaterError: the cluster is gone, or the folder of the results can't be read.
    """
    (listed,) = work(deque([Task(planning.beside_each, (scenes,), "folder")]))
    if listed.reason is not None:
        raise WaterError(listed.reason)
    queue = deque(Task(tasks.examine, (order, *pair), f"examine-{i}", i) for i, pair in enumerate(zip(scenes, listed.value)))
    outcomes: dict[int, Outcome] = {}
    for outcome in work(queue):
        outcomes[outcome.task.tag] = outcome
        progress.set(len(outcomes) / len(scenes))
    found = [outcomes[index] for index in range(len(scenes))]
    failures = [Failure(scene, outcome.reason) for scene, outcome in zip(scenes, found) if outcome.reason is not None]
    return [outcome.value for outcome in found if outcome.reason is None], failures


@dataclass(eq=False)
class _State:
    """A scene in progress: pieces still missing, what those that came say, and how often each task was tried."""

    plan: Plan
    missing: set[int]
    predictions: list[Prediction | None] = field(default_factory=list)
    tries: Counter[int] = field(default_factory=Counter)


class Run:
    """Computes the pieces of many scenes, and joins those of a scene once all are there.

    Args:
        work: runs tasks.
        meter: counts what is done.
        compute: predicts a piece.

    Attributes:
        done, failed: scenes that are finished, and those that have no result.
    """

    def __init__(self, work: Work, meter: ProgressMeter, compute: Callable[[Plan, int], Prediction | None] = tasks.compute) -> None:
        self._work, self._meter, self._compute = work, meter, compute
        self._queue: deque[Task] = deque()
        self._states: dict[int, _State] = {}
        self.done: list[Plan] = []
        self.failed: list[Failure] = []

    def execute(self, plans: Sequence[Plan]) -> Iterator[tuple[Plan, list[Prediction | None]]]:
        """Compute all scenes; yield each that is done, with its predictions, None where a piece existed already.

        Raises:
            CancelledError: the caller cancelled; tasks may still be active.
            WaterError: the cluster is gone.
        """
        for index, plan in enumerate(plans):
            self._states[index] = _State(plan, set(plan.waiting))
            self._queue.extend(self._task(index, number) for number in plan.waiting or [_JOIN])
        for outcome in self._work(self._queue):
            yield from self._take(outcome)

    def _task(self, index: int, number: int) -> Task:
        state = self._states[index]
        state.tries[number] += 1
        key = f"{index}-{number}-{state.tries[number]}"
        if number == _JOIN:
            return Task(tasks.join, (state.plan,), f"join-{key}", (index, number))
        return Task(self._compute, (state.plan, number), f"compute-{key}", (index, number))

    def _take(self, outcome: Outcome) -> Iterator[tuple[Plan, list[Prediction | None]]]:
        index, number = outcome.task.tag
        state = self._states.get(index)
        if state is None:
            # Another piece of the scene failed meanwhile.
            return
        if outcome.reason is not None:
            if state.tries[number] < _TRIES:
                self._queue.appendleft(self._task(index, number))
                return
            self.failed.append(Failure(state.plan.scene, outcome.reason))
            others = [task for task in self._queue if task.tag[0] != index]
            self._queue.clear()
            self._queue.extend(others)
        else:
            if number != _JOIN:
                state.missing.remove(number)
                state.predictions.append(outcome.value)
                self._meter.add(state.plan.pixels([number]))
                if state.missing:
                    return
                if len(state.plan.pieces) > 1:
                    self._queue.appendleft(self._task(index, _JOIN))
                    return
            self.done.append(state.plan)
            yield state.plan, state.predictions
        del self._states[index]
        self._meter.add(state.plan.pixels(state.missing), scenes=1)
