"""Atomic output: files are written to temporary names in the destination folder, flushed to disk, and renamed, all or none."""

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

# Longest suffix that GDAL and SQLite append to a name: .aux.xml, -journal, .msk.ovr.
_ADDED = 8
_NAME_BYTES = 255

# Suffix of a previous file that had to be moved aside. It is the only copy, so it isn't removed after a process was killed.
_EARLIER = ".earlier"

# GDAL rewrites a VRT that another program holds open when that closes it, so new VRTs are made read-only.
_CLOSED_TO_OTHERS = frozenset({".vrt"})
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

# Errors by which file systems report that they don't support fsync.
_CANT_FLUSH = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF})


def temporary_beside(destination: Path, suffix: str) -> Path:
    """Return the name of a temporary file in the destination's folder.

    The name identifies host and process, and is short whatever the destination is called, since file systems allow 255 bytes.
    Temporary files that a dead process of this host left in the folder are removed.

    Args:
        destination: the file to be written.
        suffix: of the temporary file, such as ".tif".

    Raises:
        WaterError: the folder doesn't exist or can't be written to, or the file is write-protected.
    """
    folder = destination.parent
    _check_name(destination)
    refusals = (
        (not folder.is_dir(), tr("The folder {folder} doesn't exist: create it, or choose another destination.")),
        (destination.is_dir(), tr("{destination} is a folder: choose a file name.")),
        (destination.exists() and not destination.is_file(), tr("{destination} is a pipe or a device: choose a file name.")),
        (not os.access(folder, os.W_OK), tr("The folder {folder} is not writable: choose another destination.")),
    )
    for refused, text in refusals:
        if refused:
            raise WaterError(text.format(folder=folder, destination=destination))
    refuse_protected(destination)
    remove_orphans(folder)
    return _beside(destination, suffix)


def is_protected(destination: Path) -> bool:
    """Return whether there is a file that isn't to be written to; renaming another one over it would ignore that.

    New VRTs are made read-only, so that says nothing of one. Of a link, the link alone would be replaced.
    """
    if destination.suffix.lower() in _CLOSED_TO_OTHERS or not destination.is_file() or destination.is_symlink():
        return False
    # Nothing is forbidden to root.
    return not os.access(destination, os.W_OK) or not destination.stat().st_mode & _WRITABLE


def refuse_protected(destination: Path) -> None:
    """Raise WaterError for a file that `is_protected`."""
    if is_protected(destination):
        msg = tr("{destination} is write-protected: choose another name, or allow writing to it first.")
        raise WaterError(msg.format(destination=destination))


def _beside(destination: Path, suffix: str) -> Path:
    return destination.parent / f"{_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


def _check_name(destination: Path) -> None:
    """Check that the file system allows this name with the suffixes that GDAL and SQLite append."""
    try:
        limit = os.pathconf(destination.parent, "PC_NAME_MAX") if hasattr(os, "pathconf") else _NAME_BYTES
        # Windows counts UTF-16 code units, other systems bytes.
        length = len(destination.name.encode("utf-16-le")) // 2 if os.name == "nt" else len(os.fsencode(destination.name))
        if length <= limit - _ADDED:
            # Raises if the path is invalid in any other way.
            destination.lstat()
            return
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise _cant_be_written(destination, error) from error
    msg = tr("The file name {name} is {count} bytes too long: choose a shorter one.")
    raise WaterError(msg.format(name=destination.name, count=length - (limit - _ADDED)))


@dataclass(frozen=True)
class _Move:
    """A finished file to be renamed, and outdated files to be removed along with it."""

    temporary: Path
    destination: Path
    stale: tuple[Path, ...]
    otherwise: Callable[[], None] | None


class FileTransaction:
    """Context that puts several finished files in place when it exits without an error: all of them, or none.

    All files are complete and flushed to disk before the first is renamed. If one can't be renamed, the earlier ones are rolled back.
    After an error existing files are untouched. Temporary files are removed in any case.
    """

    def __init__(self) -> None:
        self._moves: list[_Move] = []
        self._last: list[Callable[[], None]] = []
        self._scratch: list[Path] = []

    def add(self, temporary: Path, destination: Path, stale: Sequence[Path] = (), otherwise: Callable[[], None] | None = None) -> None:
        """Add a finished file.

        Args:
            temporary: the file, in the destination's folder.
            destination: its final name.
            stale: files that described the previous file, such as its overviews; they are removed.
            otherwise: final step instead, where there is a file of that name by then, which isn't to be replaced.

        Raises:
            WaterError: the file can't be flushed to disk.
        """
        self._moves.append(_Move(temporary, destination, tuple(stale), otherwise))
        try:
            _flush(temporary)
        except OSError as error:
            raise _cant_be_written(destination, error) from error

    def add_text(self, destination: Path, text: str, stale: Sequence[Path] = ()) -> None:
        """Add a text file, encoded as UTF-8.

        Args:
            destination: its final name.
            text: its content.
            stale: files that described the previous file; they are removed.

        Raises:
            WaterError: the file can't be written.
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
        """Create a temporary folder beside a destination, or raise WaterError, for files that are added later. It is removed at the end."""
        folder = temporary_beside(destination, "")
        try:
            folder.mkdir()
        except OSError as error:
            raise _cant_be_written(destination, error) from error
        self._scratch.append(folder)
        return folder

    def add_final_step(self, action: Callable[[], None]) -> None:
        """Add an action to run once all files are in place; if it raises, they are rolled back."""
        self._last.append(action)

    def __enter__(self) -> FileTransaction:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Put the files in place if there was no error; WaterError if one can't be, as where another program has the earlier one open."""
        try:
            if error is None:
                self._commit()
        finally:
            for path in (*(move.temporary for move in self._moves), *self._scratch):
                _discard(path)

    def _commit(self) -> None:
        steps = len(self._moves) + len(self._last)
        earlier: list[Path] = []
        with contextlib.ExitStack() as undo:
            for number, move in enumerate(self._moves, start=1):
                if move.otherwise is None:
                    _put(move, undo, earlier, last=number == steps)
                elif not _put_first(move, undo, earlier):
                    self._last.append(move.otherwise)
            for action in self._last:
                action()
            undo.pop_all()
        for folder in {move.destination.parent for move in self._moves}:
            _flush_folder(folder)
        for path in earlier:
            _discard(path)


def _put_first(move: _Move, undo: contextlib.ExitStack, earlier: list[Path]) -> bool:
    """Give a file a name that no file has, and return whether none had: another thread or program may have made one meanwhile."""
    try:
        os.link(move.temporary, move.destination)
    except FileExistsError:
        return False
    except (OSError, NotImplementedError):
        # A file system without second names.
        if move.destination.exists():
            return False
        _put(move, undo, earlier, last=False)
        return True
    undo.callback(_discard, move.destination)
    _discard(move.temporary)
    return True


def _put(move: _Move, undo: contextlib.ExitStack, earlier: list[Path], *, last: bool) -> None:
    try:
        for stale in move.stale:
            _move_away(stale, undo, earlier)
        if not last:
            _keep(move.destination, undo, earlier)
        refuse_protected(move.destination)
        _make_writable(move.destination)
        move.temporary.replace(move.destination)
    except OSError as error:
        msg = tr("{destination} can't be replaced ({reason}): close the program that has it open, or choose another name.")
        raise WaterError(msg.format(destination=move.destination, reason=error.strerror or error)) from error


def _keep(destination: Path, undo: contextlib.ExitStack, earlier: list[Path]) -> None:
    """Keep the file that is about to be replaced, and register its restoration for a rollback."""
    if not os.path.lexists(destination):
        undo.callback(_discard, destination)
        return
    kept = _beside(destination, "")
    try:
        # A hard link: the file never disappears from its destination.
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
    # Renaming one hard link of a file to another leaves both in place.
    _discard(kept)


def _make_writable(path: Path) -> None:
    """Clear the read-only attribute on Windows, which neither replaces nor removes read-only files."""
    if os.name == "nt":
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IREAD | stat.S_IWRITE)


def _discard(path: Path) -> None:
    """Remove a file or folder if it exists and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    _make_writable(path)
    with contextlib.suppress(OSError):
        path.unlink()


def _flush(path: Path) -> None:
    """Flush a file, or all files in a folder, to disk: after a crash a renamed file might otherwise be empty."""
    if path.is_dir():
        for entry in path.iterdir():
            _flush(entry)
        _flush_folder(path)
        return
    try:
        # Windows only flushes files opened for writing; other systems don't need that.
        _fsync(path, os.O_RDWR if os.name == "nt" and os.access(path, os.W_OK) else os.O_RDONLY)
    except OSError as error:
        if error.errno not in _CANT_FLUSH:
            raise


def _flush_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system supports that."""
    with contextlib.suppress(OSError):
        _fsync(folder, os.O_RDONLY)


def _fsync(path: Path, mode: int) -> None:
    file = os.open(path, mode)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _cant_be_written(destination: Path, error: OSError | ValueError) -> WaterError:
    reason = getattr(error, "strerror", None) or error
    return WaterError(tr("{destination} can't be written: {reason}.").format(destination=destination, reason=reason))


def write_text(destination: Path, text: str, stale: Sequence[Path] = ()) -> None:
    """Write a UTF-8 text file atomically.

    Args:
        destination: its name.
        text: its content.
        stale: files that described the previous file; they are removed.

    Raises:
        WaterError: the file can't be written; an existing file is untouched.
    """
    with FileTransaction() as transaction:
        transaction.add_text(destination, text, stale)


def _host() -> str:
    """Return an id of this host, and on Linux of the PID namespace: containers may share a folder and a host name."""
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return f"{zlib.crc32((socket.gethostname() + namespace).encode()):08x}"


def remove_orphans(folder: Path) -> None:
    """Remove temporary files of processes of this host that no longer run."""
    own = f"{_PREFIX}{_host()}-"
    for entry in folder.glob(f"{own}*"):
        pid = entry.name[len(own) :].split("-")[0]
        if pid.isdigit() and entry.suffix != _EARLIER and not _alive(int(pid)):
            _discard(entry)


def _alive(pid: int) -> bool:
    if os.name == "nt":
        # On Windows os.kill would end the process: keep the file.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It belongs to another user.
        pass
    return True
