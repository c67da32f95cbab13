"""Loaded by the workers of the tests (`dask worker --preload recording`): each unit that is computed is noted in a file."""

from __future__ import annotations

import os
from typing import Any

from ipeo_water_plugin.core.cluster import work


def note(word: str, name: str) -> None:
    # One write of a short line to a file opened to append stays in one piece.
    handle = os.open(os.environ["UNITS_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{word}\t{name}\t{os.getpid()}\n".encode())
    os.close(handle)


def dask_setup(worker: Any) -> None:
    compute = work._compute

    def noted(plan: Any, unit: Any, destination: str, **chosen: Any) -> Any:
        name = destination.replace(plan.parts, plan.scene.destination)
        note("begun", name)
        result = compute(plan, unit, destination, **chosen)
        note("ended", name)
        return result

    work._compute = noted
