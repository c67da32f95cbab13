"""Progress reports, log messages and cancellation: the interface that callers of core implement."""

from typing import Protocol

from .errors import CancelledError
from .translation import tr


class Progress(Protocol):
    """Implemented by the caller. Methods are only called from the thread that called core, never from a worker thread.

    What is given a `Progress` raises CancelledError soon after `cancelled` returns True.
    """

    def set(self, fraction: float) -> None:
        """Report the fraction of work done, from 0 to 1; it never decreases."""

    def info(self, message: str) -> None:
        """Log an informational message."""

    def warn(self, message: str) -> None:
        """Log a warning."""

    def cancelled(self) -> bool:
        """Return whether the user has cancelled."""


class SilentProgress:
    """A `Progress` that discards everything and never cancels."""

    def set(self, fraction: float) -> None:
        """Do nothing."""

    def info(self, message: str) -> None:
        """Do nothing."""

    def warn(self, message: str) -> None:
        """Do nothing."""

    def cancelled(self) -> bool:
        """Return False."""
        return False


SILENT: Progress = SilentProgress()


class SubProgress:
    """Part of another `Progress`, so that each step of a longer job can report from 0 to 1.

    Args:
        parent: progress of the whole job.
        start, stop: fractions of the whole job at which the step starts and ends.
    """

    def __init__(self, parent: Progress, start: float, stop: float) -> None:
        self._parent, self._start, self._stop = parent, start, stop
        self.info, self.warn, self.cancelled = parent.info, parent.warn, parent.cancelled

    def set(self, fraction: float) -> None:
        """Report the fraction to the parent, scaled to this step's range."""
        self._parent.set(self._start + (self._stop - self._start) * min(max(fraction, 0.0), 1.0))


def raise_if_cancelled(progress: Progress) -> None:
    """Raise CancelledError if the user has cancelled."""
    if progress.cancelled():
        msg = tr("Cancelled.")
        raise CancelledError(msg)
