"""A thread that does one thing at a time, the newest: work that is overtaken is dropped, and what runs is asked to stop."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QObject, QTimer

from ..core.errors import CancelledError, WaterError
from ..core.progress import SilentProgress

Job = Callable[["Turn"], None]


class Turn(SilentProgress):
    """The progress of one piece of work: cancelled once it is overtaken."""

    def __init__(self) -> None:
        self._overtaken = threading.Event()

    def overtake(self) -> None:
        """Have the work stop."""
        self._overtaken.set()

    def cancelled(self) -> bool:
        return self._overtaken.is_set()


class Worker:
    """A thread for the newest of its jobs, started with the first one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._waiting: tuple[Job, Turn] | None = None
        self._turn = Turn()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, job: Job) -> None:
        """Have a job done in place of what waits and of what runs. A job handles its own errors, being cancelled aside."""
        with self._changed:
            if self._closed:
                return
            self._turn.overtake()
            self._turn = Turn()
            self._waiting = job, self._turn
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def cancel(self) -> None:
        """Drop what waits, and have what runs stop."""
        with self._changed:
            self._turn.overtake()
            self._waiting = None

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closed = True
            self._turn.overtake()
            self._waiting = None
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._closed)
                if self._waiting is None:
                    return
                (job, turn), self._waiting = self._waiting, None
            try:
                job(turn)
            except CancelledError:
                pass
            finally:
                # A job holds images and samples.
                del job


def one_shot(parent: QObject, action: Callable[[], object], milliseconds: int = 0) -> QTimer:
    """Return a timer that does something once, a while after it was last started.

    Args:
        parent: that stops it when it goes.
        action: what is done, in the parent's thread.
        milliseconds: how long it waits.
    """
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(action)
    return timer


def attempt(work: Callable[[Turn], Any], turn: Turn, describe: Callable[[Exception], str]) -> tuple[Any, str | None]:
    """Return the result of work and None, or None and why it failed; QGIS' log shows where a bug is.

    The error itself isn't returned: it would hold what the work had at hand.

    Args:
        work: what is done.
        turn: its progress.
        describe: puts an error into words.

    Raises:
        CancelledError: the work was overtaken.
    """
    try:
        return work(turn), None
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 (a bug shows in the panel, and doesn't end the thread)
        if not isinstance(error, WaterError):
            QgsMessageLog.logMessage(traceback.format_exc(), "IPEO Water", Qgis.MessageLevel.Critical)
        return None, describe(error)
