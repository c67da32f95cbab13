"""How much of the work is done, and how long the rest will take."""

from __future__ import annotations

import time

from ..progress import Progress, SubProgress
from ..translation import tr

# A line in the log for each tenth of the work, at least every minute, at most every five seconds.
_STEP = 0.1
_MIN_SECONDS, _MAX_SECONDS = 5.0, 60.0


class ProgressMeter:
    """Counts the pixels done, moves a progress bar, and logs an estimate of the time left.

    Args:
        progress: the bar and the log.
        total: pixels of all scenes.
        scenes: number of scenes.
        skipped: pixels that an earlier run computed; they don't enter the estimate.
        ended: number of scenes that are finished, or failed, already.
    """

    def __init__(self, progress: Progress, total: float, scenes: int, skipped: float = 0.0, ended: int = 0) -> None:
        self._progress, self._total, self._scenes = progress, max(total, 1.0), scenes
        self.info, self.warn, self.cancelled = progress.info, progress.warn, progress.cancelled
        self._ended, self._done, self._skipped = ended, skipped, skipped
        self._began = self._logged_at = time.monotonic()
        self._share = self._logged = skipped / self._total
        self.add(0.0)

    def set(self, fraction: float) -> None:
        """Move the bar, never backwards: what fails is computed again."""
        self._share = max(self._share, min(fraction, 1.0))
        self._progress.set(self._share)

    def add(self, pixels: float, scenes: int = 0) -> None:
        """Count what was done.

        Args:
            pixels: computed, or of a scene that failed.
            scenes: finished or failed.
        """
        self._done += pixels
        self._ended += scenes
        self.set(1.0 if self._ended == self._scenes else self._done / self._total)
        now = time.monotonic()
        since = now - self._logged_at
        if since >= _MAX_SECONDS or (since >= _MIN_SECONDS and self._share >= self._logged + _STEP):
            self._logged, self._logged_at = self._share, now
            left = (self._total - self._done) * (now - self._began) / max(self._done - self._skipped, 1.0)
            text = tr("{ended} of {scenes} scenes, {share:.0%} of the pixels; about {time} left.")
            self._progress.info(text.format(ended=self._ended, scenes=self._scenes, share=self._share, time=duration_text(left)))

    def within(self, pixels: float) -> Progress:
        """Return a Progress that moves the bar by so many pixels as it goes from 0 to 1."""
        start = self._done / self._total
        return SubProgress(self, start, start + pixels / self._total)


def duration_text(seconds: float) -> str:
    """Write a duration for users.

    >>> [duration_text(seconds) for seconds in (0.2, 119, 9000)]
    ['1 s', '2 min', '2 h 30 min']
    """
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes >= 2 else f"{max(round(seconds), 1)} s"
