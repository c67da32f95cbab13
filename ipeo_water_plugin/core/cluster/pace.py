"""How much of the work is done, and how long the rest will take."""

from __future__ import annotations

import time

from ..progress import Progress
from ..translation import tr

# A line in the log at each tenth of the work, but neither a flood nor a silence.
_STEP = 0.1
_LEAST, _MOST = 5.0, 60.0


class Pace:
    """Tells a Progress of pixels done, and in words how long the rest will take.

    Args:
        progress: told.
        total: pixels of all scenes.
        scenes: number of scenes.
    """

    def __init__(self, progress: Progress, total: float, scenes: int) -> None:
        """Begin to count."""
        self._progress, self._total, self._scenes = progress, max(total, 1.0), scenes
        self._ended, self._done, self._before = 0, 0.0, 0.0
        self._began = self._said_at = time.monotonic()
        self._share = self._said = 0.0

    def skip(self, pixels: float, scenes: int = 0) -> None:
        """Count what was done before the run: it says nothing of its pace."""
        self._before += pixels
        self.add(pixels, scenes)
        self._said = self._share

    def add(self, pixels: float, scenes: int = 0) -> None:
        """Count pixels, and scenes that have come to their end."""
        self._done += pixels
        self._ended += scenes
        # Shares of scenes don't quite add up to all; what has to be computed again doesn't move the bar back.
        reached = 1.0 if self._ended == self._scenes else min(self._done / self._total, 1.0)
        self._share = share = max(self._share, reached)
        now = time.monotonic()
        self._progress.set(share)
        since = now - self._said_at
        if since >= _MOST or (since >= _LEAST and share >= self._said + _STEP):
            self._said, self._said_at = share, now
            rest = (self._total - self._done) * (now - self._began) / max(self._done - self._before, 1.0)
            text = tr("{ended} of {scenes} scenes, {share:.0%} of the pixels; about {time} left.")
            self._progress.info(text.format(ended=self._ended, scenes=self._scenes, share=share, time=time_text(rest)))

    def within(self, progress: Progress, pixels: float) -> Progress:
        """Return a Progress for a scene of so many pixels, which moves the bar and else is the one given."""
        return _Within(self._progress, progress, self._share, pixels / self._total)


class _Within:
    def __init__(self, whole: Progress, words: Progress, start: float, share: float) -> None:
        self._whole, self._start, self._share = whole, start, share
        self.info, self.warn, self.cancelled = words.info, words.warn, words.cancelled

    def set(self, fraction: float) -> None:
        """Move the bar of all scenes."""
        self._whole.set(min(self._start + self._share * fraction, 1.0))


def time_text(seconds: float) -> str:
    """Write a length of time for users."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes >= 2 else f"{max(round(seconds), 1)} s"
