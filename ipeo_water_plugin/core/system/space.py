"""Free space on the disk of a result."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from ..errors import WaterError
from ..translation import tr


def check_space(destination: Path, needed: int) -> None:
    """Check that the destination's disk has enough free space.

    Args:
        destination: the file to be written.
        needed: its minimum size in bytes.

    Raises:
        WaterError: there is less free space.
    """
    free = _free(destination)
    if free is not None and free < needed:
        msg = tr("{destination} needs at least {needed}, but its disk has only {free} free: free some space, or choose another disk.")
        raise WaterError(msg.format(destination=destination, needed=format_size(needed), free=format_size(free)))


def space_advice(destination: Path, needed: int, temporary: Path) -> str:
    """Return a hint for the message of a failed write that the disk may be full, or "" if it has enough free space.

    Args:
        destination: the file that couldn't be written.
        needed: its maximum size in bytes.
        temporary: the partial file, whose space counts as free.
    """
    free = _free(destination)
    if free is None:
        return ""
    with contextlib.suppress(OSError):
        free += temporary.stat().st_size
    if free >= needed:
        return ""
    text = tr("The disk may be full: it has {free} free, and up to {needed} are needed.")
    return text.format(free=format_size(free), needed=format_size(needed))


def format_size(count: int) -> str:
    """Format a number of bytes for users."""
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1024:.1f} KiB" if count >= 1024 else tr("{n} byte", "{n} bytes", n=count).format(n=count)


def _free(destination: Path) -> int | None:
    try:
        return shutil.disk_usage(destination.parent).free
    except OSError:
        return None
