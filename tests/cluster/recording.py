"""Loaded by the workers of the tests (`dask worker --preload recording`): each prediction of a scene or a piece is recorded in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ipeo_water_plugin.core.cluster import tasks


def note(word: str, name: str) -> None:
    # One write of a short line to a file opened to append stays in one piece.
    handle = os.open(os.environ["PREDICTIONS_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{word}\t{name}\t{os.getpid()}\n".encode())
    os.close(handle)


def dask_setup(worker: Any) -> None:
    predict = tasks.predict

    def noted(raster: Any, roles: Any, model: Any, destination: Path, *chosen: Any, **more: Any) -> Any:
        note("begun", str(destination))
        prediction = predict(raster, roles, model, destination, *chosen, **more)
        note("ended", str(destination))
        return prediction

    tasks.predict = noted
