"""The one thing core asks of its caller: somewhere to report to, and whether to go on."""

from collections.abc import Iterator
from typing import Protocol

from .errors import CancelledError
from .translation import tr

# Rows worked on at a time: a second of work at most.
_PIECE = 1_000_000


class Progress(Protocol):
    """What a caller provides. All methods are called from the thread that called core, never from a worker."""

    def set(self, fraction: float) -> None:
        """Take note of the share of the work done, 0 to 1, never falling."""

    def info(self, message: str) -> None:
        """Show a line that the user may want to read."""

    def warn(self, message: str) -> None:
        """Show a line that the user should read."""

    def cancelled(self) -> bool:
        """Whether the user wants to stop."""


class SilentProgress:
    """A Progress that shows nothing and never cancels."""

    def set(self, fraction: float) -> None:
        """Ignore the fraction."""

    def info(self, message: str) -> None:
        """Ignore the message."""

    def warn(self, message: str) -> None:
        """Ignore the message."""

    def cancelled(self) -> bool:
        """Say no."""
        return False


class SubProgress:
    """A stretch of another Progress, so that each step of a chain counts from 0 to 1 for itself."""

    def __init__(self, parent: Progress, start: float, stop: float) -> None:
        """Map 0…1 of this step to start…stop of the parent."""
        self._parent, self._start, self._stop = parent, start, stop
        self.info, self.warn, self.cancelled = parent.info, parent.warn, parent.cancelled

    def set(self, fraction: float) -> None:
        """Pass the fraction on, scaled to this step's stretch."""
        self._parent.set(self._start + (self._stop - self._start) * min(max(fraction, 0.0), 1.0))


def raise_if_cancelled(progress: Progress) -> None:
    """Ask the caller, and stop the work if it wants to.

    Raises:
        CancelledError: the caller wants to stop.
    """
    if progress.cancelled():
        msg = tr("Cancelled.")
        raise CancelledError(msg)


def row_slices(count: int, progress: Progress) -> Iterator[slice]:
    """Give rows in pieces that keep what is made along the way small, and ask before each whether to go on.

    Raises:
        CancelledError: the caller cancelled.
    """
    for start in range(0, count, _PIECE):
        raise_if_cancelled(progress)
        yield slice(start, min(start + _PIECE, count))
