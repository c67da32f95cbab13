"""Whole or not at all: a file is written beside its destination and renamed over it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

from .errors import WaterError
from .wording import tr

_PREFIX = ".ipeowater-"


def temporary_beside(destination: Path, suffix: str) -> Path:
    """Name a temporary file in the destination's folder, whose name tells host and process.

    It is short whatever the destination is called, since file systems allow 255 bytes. What a dead process of this host
    left in the folder is removed on the way.

    Raises:
        WaterError: the folder doesn't exist or can't be written to.
    """
    folder = destination.parent
    if not folder.is_dir():
        msg = tr("The folder {folder} doesn't exist: make it first, or choose another destination.").format(folder=folder)
        raise WaterError(msg)
    if destination.is_dir():
        msg = tr("{destination} is a folder: name a file.").format(destination=destination)
        raise WaterError(msg)
    if not os.access(folder, os.W_OK):
        msg = tr("The folder {folder} can't be written to: choose another destination.").format(folder=folder)
        raise WaterError(msg)
    _remove_orphans(folder)
    return folder / f"{_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


def replace(temporary: Path, destination: Path) -> None:
    """Rename over the destination in one step.

    Raises:
        WaterError: the destination can't be replaced, for example because another program has it open.
    """
    try:
        temporary.replace(destination)
    except OSError as error:
        msg = tr("{destination} can't be replaced ({reason}): close what has it open, or choose another name.").format(
            destination=destination, reason=error.strerror or error
        )
        raise WaterError(msg) from error


def check_space(destination: Path, needed: int) -> None:
    """Check that the destination's disk has room.

    Args:
        destination: the file to be made.
        needed: bytes that it takes at the very least.

    Raises:
        WaterError: there is less.
    """
    free = _free(destination)
    if free is not None and free < needed:
        msg = tr("{destination} needs at least {needed}, and {free} are free on its disk: make room, or choose another.").format(
            destination=destination, needed=size_text(needed), free=size_text(free)
        )
        raise WaterError(msg)


def space_advice(destination: Path, most: int, temporary: Path) -> str:
    """Return a sentence on the room left, for the message of a failure to write, or "" where there is plenty.

    Args:
        destination: the file that couldn't be written.
        most: bytes that it takes at the most.
        temporary: what was written of it, whose room will be free again.
    """
    free = _free(destination)
    if free is None:
        return ""
    with contextlib.suppress(OSError):
        free += temporary.stat().st_size
    if free >= most:
        return ""
    return tr("The disk may be full: {free} are free there, and up to {needed} are needed.").format(
        free=size_text(free), needed=size_text(most)
    )


def size_text(count: int) -> str:
    """Write a number of bytes for users."""
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1024:.1f} KiB"


def _free(destination: Path) -> int | None:
    try:
        return shutil.disk_usage(destination.parent).free
    except OSError:
        return None


def write_text(destination: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all.

    Raises:
        WaterError: the file can't be written; what stood there before is untouched.
    """
    with written_beside(destination, text):
        pass


@contextlib.contextmanager
def written_beside(destination: Path, text: str) -> Iterator[None]:
    """Write UTF-8 text beside its destination; it takes its place when the context ends, and none where that fails.

    Raises:
        WaterError: as `write_text`.
    """
    temporary = temporary_beside(destination, destination.suffix)
    try:
        try:
            with temporary.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            msg = tr("{destination} can't be written: {reason}.").format(destination=destination, reason=error.strerror or error)
            raise WaterError(msg) from error
        yield
        replace(temporary, destination)
    finally:
        temporary.unlink(missing_ok=True)


def _host() -> str:
    """Name this host, and on Linux the namespace in which process numbers mean something: containers may share a folder and a name."""
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return f"{zlib.crc32((socket.gethostname() + namespace).encode()):08x}"


def _remove_orphans(folder: Path) -> None:
    """Remove temporary files of processes of this host that no longer live."""
    own = f"{_PREFIX}{_host()}-"
    for entry in folder.glob(f"{own}*"):
        pid = entry.name[len(own) :].split("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            with contextlib.suppress(OSError):
                entry.unlink()


def _alive(pid: int) -> bool:
    if os.name == "nt":
        # There os.kill would end the process: leave the file.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
