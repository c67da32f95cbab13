"""Folders and files of sources and results: on a disk or a share, or in one of GDAL's virtual file systems, such as `/vsis3/`.

GDAL can't write into the middle of a file there: what goes there is written to a local file first and then sent, whole.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from osgeo import gdal

from ..errors import RasterError, WaterError
from ..raster.gdal_errors import GdalErrors
from ..raster.raster_file import is_virtual
from ..raster.source_state import forget
from ..system.files import remove_orphans, temporary_beside
from ..system.redaction import display_name, redacted
from ..translation import tr

_CHUNK_BYTES = 8 * 1024 * 1024
# Seconds to wait before an incomplete list is requested again.
_PAUSES = (1.0, 3.0)
# What GDAL's handlers of object storage log of a page that failed: the server's answer, whatever it is, or that there was none. Else they
# log of their own doings.
_LIST_FAILED = re.compile(
    r"(?:S3|GS|OSS|AZ\w*|ADLS|SWIFT):(?! ?(?:(?:Using|Switching|Storing|Downloading|Re\w+ing|Got response_code=2\d\d)\b|GetFileList\())",
    re.DOTALL,
)
# Of Azure's pages that fail without a word they log nothing. There curl's log tells, which goes to GDAL's handlers from this version on.
_LOGS_CURL = 3_060_000
_REQUEST = re.compile(r"CURL_INFO_HEADER_(?:(OUT): GET |IN: HTTP/\S+ ([2-5]\d\d))")
# Objects in an archive would be left out of lists as if they didn't exist, unless the user wants that.
_GLACIER = "CPL_VSIL_CURL_IGNORE_GLACIER_STORAGE"


def joined(folder: str, *names: str) -> str:
    """Return the path of a name in a folder."""
    return "/".join([folder.rstrip("/"), *names]) if is_virtual(folder) else str(Path(folder, *names))


def parent(name: str) -> str:
    """Return the folder of a path."""
    return name.rstrip("/").rpartition("/")[0] if is_virtual(name) else str(Path(name).parent)


def base(name: str) -> str:
    """Return the last part of a path."""
    return name.rpartition("/")[2] if is_virtual(name) else Path(name).name


@contextlib.contextmanager
def _folder_errors(text: str, folder: str) -> Iterator[None]:
    """Raise what the system refuses as an error of ours."""
    try:
        yield
    except OSError as error:
        raise WaterError(text.format(folder=folder, reason=error.strerror or error)) from error


def names_in(folder: str) -> frozenset[str]:
    """Return the names in a folder, none where there is no such folder."""
    if not is_virtual(folder):
        with _folder_errors(tr("The folder {folder} can't be read: {reason}."), folder), contextlib.suppress(FileNotFoundError):
            return frozenset(entry.name for entry in Path(folder).iterdir())
        return frozenset()
    return frozenset(name.rstrip("/") for name in listed(folder) if name not in {".", ".."})


def listed(folder: str, *, deep: bool = False) -> list[str]:
    """Return the names in a virtual folder, none where there is no such folder.

    A server sends long lists in pages. Where one fails, GDAL returns the pages before it as if they were all, and only its debug output
    tells: here that is an error, after some tries.

    Args:
        folder: in a virtual file system.
        deep: whether to list the folders below as well, with names relative to this one.

    Raises:
        WaterError: the server didn't give all of the list.
    """
    words: list[str] = []
    for pause in (0.0, *_PAUSES):
        time.sleep(pause)
        forget(folder)
        words, names = _list_once(folder, deep=deep)
        if not words:
            return names
    msg = tr("The folder {folder} can't be listed whole ({reason}): run again when the server answers.")
    raise WaterError(msg.format(folder=redacted(folder), reason=display_name("; ".join(words) or tr("the server gives no reason"))))


def _list_once(folder: str, *, deep: bool) -> tuple[list[str], list[str]]:
    """Return what failed, and the names that were listed."""
    words: list[str] = []
    waiting = False

    def listen(level: int, _number: int, message: str) -> None:
        nonlocal waiting
        request = _REQUEST.match(message)
        if request:
            if waiting and request[2] not in {None, "200"}:
                words.append(f"HTTP {request[2]}")
            waiting = bool(request[1])
        elif level >= gdal.CE_Failure or (level == gdal.CE_Debug and _LIST_FAILED.match(message)):
            words.append(" ".join(re.sub(r"<[^>]*>", " ", message).split()))

    # For this thread alone; the messages go to the handler, not to a log.
    options = {"CPL_DEBUG": "ON"}
    if re.match(r"/vsi(az|adls)/", folder) and int(gdal.VersionInfo()) >= _LOGS_CURL:
        options["CPL_CURL_VERBOSE"] = "YES"
    if gdal.GetConfigOption(_GLACIER) is None:
        options[_GLACIER] = "NO"
    before = {key: gdal.GetThreadLocalConfigOption(key) for key in options}
    for key, value in options.items():
        gdal.SetThreadLocalConfigOption(key, value)
    gdal.PushErrorHandler(listen)
    try:
        names = (gdal.ReadDirRecursive(folder) if deep else gdal.ReadDir(folder)) or []
        # Those that aren't UTF-8 come as bytes.
        return [*words, *(["no answer"] if waiting else [])], [os.fsdecode(name) for name in names]
    except RuntimeError as error:
        return [*words, str(error)], []
    finally:
        gdal.PopErrorHandler()
        for key, value in before.items():
            gdal.SetThreadLocalConfigOption(key, value)


def exists(name: str) -> bool:
    """Return whether a file exists."""
    if not is_virtual(name):
        return Path(name).is_file()
    forget(name)
    return gdal.VSIStatL(name, gdal.VSI_STAT_EXISTS_FLAG) is not None


def make_folder(folder: str) -> None:
    """Make a folder if there is none, or raise WaterError; object storage has no folders to make."""
    if not is_virtual(folder):
        with _folder_errors(tr("The folder {folder} can't be made: {reason}."), folder):
            Path(folder).mkdir(parents=True, exist_ok=True)


def mark(folder: str) -> Path:
    """Make an empty file in a folder, or raise WaterError, so that other machines can be asked whether they see it."""
    made = temporary_beside(Path(folder, "mark"), ".txt")
    with _folder_errors(tr("The folder {folder} can't be written to: {reason}."), folder):
        made.touch()
    return made


def remove_folder(folder: str, names: re.Pattern[str]) -> None:
    """Remove files from a folder, and the folder once it is empty; what can't be removed stays.

    Args:
        folder: not looked into if it is a link.
        names: of the files.
    """
    if not is_virtual(folder):
        if Path(folder).is_symlink():
            return
        with contextlib.suppress(OSError, WaterError):
            remove_orphans(Path(folder))
            for name in filter(names.fullmatch, names_in(folder)):
                Path(folder, name).unlink()
            Path(folder).rmdir()
        return
    # Objects one by one: not every server knows how to remove many at once.
    for name in filter(names.fullmatch, names_in(folder)):
        with contextlib.suppress(RasterError), GdalErrors(""):
            gdal.Unlink(joined(folder, name))
    forget(folder)


@contextlib.contextmanager
def writing(name: str) -> Iterator[Path]:
    """Yield a local file to write, which appears at `name` at the end, whole; not at all if the block fails.

    Raises:
        WaterError: it can't be written, or can't be sent.
    """
    if not is_virtual(name):
        make_folder(parent(name))
        yield Path(name)
        return
    local = temporary_beside(Path(tempfile.gettempdir()) / "result.tif", ".tif")
    try:
        yield local
        _send(local, name)
    finally:
        local.unlink(missing_ok=True)


def _send(local: Path, name: str) -> None:
    """Copy a local file. A server shows an object once its last byte has arrived; Azure, part by part."""
    with GdalErrors(tr("{name} can't be written").format(name=redacted(name))) as errors:
        target = errors.check(gdal.VSIFOpenL(name, "wb"))
        whole = False
        try:
            with local.open("rb") as file:
                chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
                whole = all(gdal.VSIFWriteL(chunk, 1, len(chunk), target) == len(chunk) for chunk in chunks)
        finally:
            # The last of it is sent here.
            closed = gdal.VSIFCloseL(target)
            if not whole:
                gdal.Unlink(name)
        if not whole or closed:
            msg = tr("{name} can't be written: the server didn't take all of it.").format(name=redacted(name))
            raise RasterError(msg)
    forget(name)
