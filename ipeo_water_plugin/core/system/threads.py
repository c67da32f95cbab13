"""Work in pieces, on all processors: computed ahead by worker threads, handed over in order, with a bounded number in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..progress import Progress, raise_if_cancelled

Task = TypeVar("Task")
Piece = TypeVar("Piece")

# How far work may run ahead of whoever takes it: far enough to bridge the pauses of a writer, little enough for the memory.
_PIXELS_AHEAD = 4_000_000


def in_order(
    worker: Callable[[Task], Piece], tasks: Iterable[Task], pixels: int, progress: Progress, most: int | None = None
) -> Iterator[Piece]:
    """Compute pieces on all processors and yield them in order, with a bounded number in flight.

    Args:
        worker: computes one piece; many threads call it at once.
        tasks: what it is called with, one after the other.
        pixels: that a piece holds at the most.
        progress: asked whether to go on before each piece.
        most: threads, where memory bounds them.

    Raises:
        CancelledError: the caller cancelled; all threads have ended.
    """
    threads = processors() if most is None else min(most, processors())
    ahead = max(threads + 1, min(_PIXELS_AHEAD // pixels, 8 * threads))
    waiting: deque[Future[Piece]] = deque()
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
    """Number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
