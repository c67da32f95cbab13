"""Parallel work on all processors, with results in order and a bounded number of tasks in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..progress import Progress, raise_if_cancelled

Task = TypeVar("Task")
Result = TypeVar("Result")

# Pixels computed ahead of the consumer: enough to bridge the pauses of a writer, but bounded for the sake of memory.
_PIXELS_AHEAD = 4_000_000


def in_order(
    worker: Callable[[Task], Result], tasks: Iterable[Task], pixels: int, progress: Progress, max_threads: int | None = None
) -> Generator[Result, None, None]:
    """Map a function over tasks on all processors and yield the results in order. Its threads end with it.

    Args:
        worker: computes one result; called from several threads at once.
        tasks: arguments of `worker`; consumed as results are.
        pixels: largest number of pixels in a result.
        max_threads: upper limit on threads, where memory requires one.
    """
    threads = processors() if max_threads is None else min(max_threads, processors())
    ahead = max(threads + 1, min(_PIXELS_AHEAD // pixels, 8 * threads))
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ipeo-water") as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(worker, task))
                if len(waiting) > ahead:
                    raise_if_cancelled(progress)
                    yield waiting.popleft().result()
            while waiting:
                raise_if_cancelled(progress)
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def processors() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
