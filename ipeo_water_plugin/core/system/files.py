"""Whole or not at all, and together or not at all: files are written beside their destinations, flushed, and renamed over them."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import socket
import stat
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ..errors import WaterError
from ..translation import tr

_PREFIX = ".ipeowater-"

# The longest of what GDAL and SQLite add to a name: .aux.xml, -journal, .msk.ovr.
_ADDED = 8
_NAME_BYTES = 255

# An earlier file that had to be moved away; it is all there is of it, so it isn't tidied up after a program that was killed.
_EARLIER = ".earlier"

# A virtual raster that somebody holds open is written again by GDAL when it is closed, old content and statistics, under its name.
_CLOSED_TO_OTHERS = frozenset({".vrt"})
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

# Some file systems can't flush, and say so.
_CANT_FLUSH = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF})


def temporary_beside(destination: Path, suffix: str) -> Path:
    """Name a temporary file in the destination's folder, whose name tells host and process.

    It is short whatever the destination is called, since file systems allow 255 bytes. What a dead process of this host
    left in the folder is removed on the way.

    Raises:
        WaterError: the folder doesn't exist or can't be written to.
    """
    folder = destination.parent
    _check_name(destination)
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
    return _beside(destination, suffix)


def _beside(destination: Path, suffix: str) -> Path:
    return destination.parent / f"{_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


def _check_name(destination: Path) -> None:
    """Check that the file system can hold a file of this name, and what GDAL and SQLite put beside it.

    Raises:
        WaterError: it can't.
    """
    try:
        limit = os.pathconf(destination.parent, "PC_NAME_MAX") if hasattr(os, "pathconf") else _NAME_BYTES
        # Windows counts units of UTF-16, others bytes.
        length = len(destination.name.encode("utf-16-le")) // 2 if os.name == "nt" else len(os.fsencode(destination.name))
        if length <= limit - _ADDED:
            # Whatever else is wrong with a path shows here.
            destination.lstat()
            return
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise _cant_be_written(destination, error) from error
    msg = tr("The file name {name} is too long by {count} bytes: choose a shorter one.").format(
        name=destination.name, count=length - (limit - _ADDED)
    )
    raise WaterError(msg)


@dataclass(frozen=True)
class _Move:
    """A file that is to take its place, and files that must be gone by then."""

    temporary: Path
    destination: Path
    stale: tuple[Path, ...]


class FileTransaction:
    """Files that take their places together when the context ends well, or none of them does and what stood there before is untouched.

    All are whole and flushed to the disk before the first takes its place. Where one can't, those before it make way for what they
    replaced. Temporary files are removed in any case.
    """

    def __init__(self) -> None:
        """Start with no file."""
        self._moves: list[_Move] = []
        self._last: list[Callable[[], None]] = []
        self._scratch: list[Path] = []

    def add(self, temporary: Path, destination: Path, stale: Sequence[Path] = ()) -> None:
        """Take over a finished file.

        Args:
            temporary: in the destination's folder.
            destination: where it shall stand.
            stale: files that would describe it wrongly, such as overviews of what stood there; they go.

        Raises:
            WaterError: it can't be flushed to the disk.
        """
        self._moves.append(_Move(temporary, destination, tuple(stale)))
        try:
            _flush(temporary)
        except OSError as error:
            raise _cant_be_written(destination, error) from error

    def add_text(self, destination: Path, text: str, stale: Sequence[Path] = ()) -> None:
        """Write UTF-8 text that shall stand at a destination.

        Raises:
            WaterError: it can't be written.
        """
        temporary = temporary_beside(destination, destination.suffix)
        try:
            temporary.write_bytes(text.encode())
            if destination.suffix.lower() in _CLOSED_TO_OTHERS:
                temporary.chmod(stat.S_IMODE(temporary.stat().st_mode) & ~_WRITABLE)
        except OSError as error:
            _discard(temporary)
            raise _cant_be_written(destination, error) from error
        self.add(temporary, destination, stale)

    def scratch_folder(self, destination: Path) -> Path:
        """Make a folder beside a destination, to write files in that are added later; it is removed at the end.

        Raises:
            WaterError: it can't be made.
        """
        folder = temporary_beside(destination, "")
        try:
            folder.mkdir()
        except OSError as error:
            raise _cant_be_written(destination, error) from error
        self._scratch.append(folder)
        return folder

    def add_final_step(self, action: Callable[[], None]) -> None:
        """Have something done once all files stand; where it fails, they go again."""
        self._last.append(action)

    def __enter__(self) -> FileTransaction:
        """Return the transaction."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Put the files in place, unless something failed.

        Raises:
            WaterError: a destination can't be replaced, for example because another program has it open.
        """
        try:
            if error is None:
                self._deliver()
        finally:
            for path in (*(move.temporary for move in self._moves), *self._scratch):
                _discard(path)

    def _deliver(self) -> None:
        steps = len(self._moves) + len(self._last)
        earlier: list[Path] = []
        with contextlib.ExitStack() as undo:
            for number, move in enumerate(self._moves, start=1):
                _put(move, undo, earlier, last=number == steps)
            for action in self._last:
                action()
            undo.pop_all()
        for folder in {move.destination.parent for move in self._moves}:
            _flush_folder(folder)
        for path in earlier:
            _discard(path)


def _put(move: _Move, undo: contextlib.ExitStack, earlier: list[Path], *, last: bool) -> None:
    try:
        for stale in move.stale:
            _move_away(stale, undo, earlier)
        if not last:
            _keep(move.destination, undo, earlier)
        _make_writable(move.destination)
        move.temporary.replace(move.destination)
    except OSError as error:
        msg = tr("{destination} can't be replaced ({reason}): close what has it open, or choose another name.").format(
            destination=move.destination, reason=error.strerror or error
        )
        raise WaterError(msg) from error


def _keep(destination: Path, undo: contextlib.ExitStack, earlier: list[Path]) -> None:
    """Keep what stands at a destination that is about to be replaced, and see that it comes back, or nothing, if that is undone."""
    if not os.path.lexists(destination):
        undo.callback(_discard, destination)
        return
    kept = _beside(destination, "")
    try:
        # A second name for it, so that there is no moment at which nothing stands under the first.
        os.link(destination, kept, follow_symlinks=False)
    except (OSError, NotImplementedError):
        _move_away(destination, undo, earlier)
        return
    earlier.append(kept)
    undo.callback(_put_back, kept, destination)


def _move_away(path: Path, undo: contextlib.ExitStack, earlier: list[Path]) -> None:
    if not os.path.lexists(path):
        return
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    kept = _beside(path, _EARLIER)
    _make_writable(path)
    path.replace(kept)
    earlier.append(kept)
    undo.callback(_put_back, kept, path)


def _put_back(kept: Path, destination: Path) -> None:
    with contextlib.suppress(OSError):
        kept.replace(destination)
    # Two names of one file stay two when one is renamed to the other.
    _discard(kept)


def _make_writable(path: Path) -> None:
    """Windows neither replaces nor removes what is marked as read-only."""
    if os.name == "nt":
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IREAD | stat.S_IWRITE)


def _discard(path: Path) -> None:
    """Remove a file or folder, if it is there and lets itself be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    _make_writable(path)
    with contextlib.suppress(OSError):
        path.unlink()


def _flush(path: Path) -> None:
    """Have a file, or all files in a folder, written to the disk itself: a name may get there before its content does.

    Raises:
        OSError: the disk doesn't take it.
    """
    if path.is_dir():
        for entry in path.iterdir():
            _flush(entry)
        _flush_folder(path)
        return
    # Windows flushes only what is open for writing, and others let everybody flush.
    file = os.open(path, os.O_RDWR if os.name == "nt" and os.access(path, os.W_OK) else os.O_RDONLY)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _CANT_FLUSH:
            raise
    finally:
        os.close(file)


def _flush_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _cant_be_written(destination: Path, error: OSError | ValueError) -> WaterError:
    reason = getattr(error, "strerror", None) or error
    return WaterError(tr("{destination} can't be written: {reason}.").format(destination=destination, reason=reason))


def replace(temporary: Path, destination: Path, stale: Sequence[Path] = ()) -> None:
    """Flush a finished file to the disk and rename it over its destination in one step; see `FileTransaction`.

    Raises:
        WaterError: the destination can't be replaced, for example because another program has it open.
    """
    with FileTransaction() as transaction:
        transaction.add(temporary, destination, stale)


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
            destination=destination, needed=format_size(needed), free=format_size(free)
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
        free=format_size(free), needed=format_size(most)
    )


def format_size(count: int) -> str:
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


def write_text(destination: Path, text: str, stale: Sequence[Path] = ()) -> None:
    """Write UTF-8 text, whole or not at all.

    Raises:
        WaterError: the file can't be written; what stood there before is untouched.
    """
    with FileTransaction() as transaction:
        transaction.add_text(destination, text, stale)


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
        if pid.isdigit() and entry.suffix != _EARLIER and not _alive(int(pid)):
            _discard(entry)


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
