"""The files of a download: those in a folder or an archive, or beside a file."""

from __future__ import annotations

import contextlib
import os
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal

from ..errors import InputError
from ..raster.completeness import check_name
from ..raster.gdal_errors import GdalErrors, quietly, read_bytes
from ..system.redaction import redacted, without_query
from ..translation import tr

# More files than any product has; a folder of many products isn't one.
_MAX_FILES = 20_000
_MAX_DEPTH = 7
# A metadata file has kilobytes.
_MAX_TEXT = 64 * 1024 * 1024
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
_SAFE = re.compile(r"^(.*?\.SAFE)(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Listing:
    """What was found where the user pointed.

    Attributes:
        given: as the user gave it.
        names: GDAL names of all files, sorted.
        chosen: the file that the user gave, or "" for a folder or archive.
    """

    given: str
    names: tuple[str, ...]
    chosen: str = ""


def list_files(given: str) -> Listing:
    """Return the files of a download: a folder, an archive (.zip, .tar, .tar.gz), a file in either, or another name that GDAL opens.

    Raises:
        InputError: there is no such file or folder, an archive can't be read, or it or a folder has too many files.
        RasterError: it is a pipe or device, or its name isn't UTF-8.
    """
    check_name(given)
    given = os.path.abspath(given) if os.path.exists(given) else given
    given = given.replace("\\", "/") if os.name == "nt" else given
    if os.path.isdir(given):
        return Listing(given, tuple(_inside(given)))
    kind = _archive(given)
    if kind:
        # To list an archive, GDAL takes time that grows with the square of its members.
        if _members(given) > _MAX_FILES:
            raise _too_many(given)
        # In braces an archive may be called anything.
        folder = f"{kind}{given}" if given.lower().endswith(_ARCHIVES) else f"{kind}{{{given}}}"
        return Listing(given, tuple(_in_archive(folder, given)))
    if quietly(gdal.VSIStatL, given) is None and quietly(gdal.OpenEx, given, gdal.OF_RASTER) is None:
        msg = tr("{file} doesn't exist, or can't be opened: choose the folder, archive or file that was downloaded.")
        raise InputError(msg.format(file=redacted(given)))
    root = product_root(given)
    names = [given]
    if _SAFE.match(given) or root != os.path.dirname(given) or os.path.isdir(f"{root}/GRANULE"):
        names = list(_inside(root) if os.path.isdir(root) else _in_archive(root, given))
    elif os.path.isdir(root):
        names = sorted(entry.path.replace("\\", "/") for entry in os.scandir(root) if entry.is_file() and not entry.name.startswith("."))
    elif given.startswith("/vsi"):
        names = [f"{root}/{name}" for name in sorted(quietly(gdal.ReadDir, root) or [])]
    return Listing(given, tuple(names), given)


def product_root(file: str) -> str:
    """Return the folder of the product that a file belongs to: Sentinel-2's, which holds the folder GRANULE, else the file's own."""
    found = _SAFE.match(file)
    if found:
        return found[1]
    folder, inside, _ = file.rpartition("/GRANULE/")
    return folder if inside else os.path.dirname(file)


def _inside(folder: str) -> Iterator[str]:
    """Yield the files in a folder and those below it, in order."""
    count = 0
    for place, folders, files in os.walk(folder):
        depth = place[len(folder) :].count(os.sep)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < _MAX_DEPTH else []
        # Reading a pipe would wait for ever.
        found = [name for name in sorted(files) if not name.startswith(".") and os.path.isfile(os.path.join(place, name))]
        count += len(found)
        if count > _MAX_FILES:
            raise _too_many(folder)
        yield from (os.path.join(place, name).replace("\\", "/") for name in found)


def _too_many(place: str) -> InputError:
    msg = tr("{folder} holds more than {count} files: choose the folder of one product, or a file in it.")
    return InputError(msg.format(folder=redacted(place), count=_MAX_FILES))


def _members(archive: str) -> int:
    """Return how many members an archive on this machine has, of a tar archive at most one more than is allowed; 0 if unknown."""
    with contextlib.suppress(OSError, ValueError, NotImplementedError, tarfile.TarError, zipfile.BadZipFile):
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as members:
                return len(members.namelist())
        # One that is compressed as a whole would have to be decompressed for it.
        with tarfile.open(archive, "r:") as members:
            return sum(1 for _, _ in zip(range(_MAX_FILES + 1), members))
    return 0


def _in_archive(folder: str, given: str) -> Iterator[str]:
    names = quietly(gdal.ReadDirRecursive, folder)
    if not names:
        msg = tr("{file} can't be read as an archive: it may be incomplete. Download it again, or unpack it and choose its folder.")
        raise InputError(msg.format(file=redacted(given)))
    # What macOS puts beside each file, under the file's name.
    hidden = re.compile(r"(?:^|/)(?:__MACOSX/|\.[^/]*$)")
    yield from (f"{folder}/{name}" for name in sorted(names) if not name.endswith("/") and not hidden.search(name))


def _archive(name: str) -> str:
    """Return GDAL's prefix for an archive, by its content; "" for any other file."""
    start = b"" if re.match(r"https?:", name) else quietly(read_bytes, name, 262) or b""
    if start[:4] == b"PK\x03\x04":
        return "/vsizip/"
    if start[257:262] == b"ustar" or (start[:2] == b"\x1f\x8b" and name.lower().endswith(_ARCHIVES)):
        return "/vsitar/"
    return ""


def read_text(name: str) -> str:
    """Return the content of a metadata file; raise InputError if it is missing or too large, RasterError if it is damaged or a pipe."""
    check_name(name)
    found = quietly(gdal.VSIStatL, name)
    if found is None or found.size > _MAX_TEXT:
        msg = tr("{file} can't be read as metadata: it is missing or too large.").format(file=redacted(name))
        raise InputError(msg)
    with GdalErrors(tr("{file} can't be read").format(file=redacted(name))):
        content = read_bytes(name, found.size + 1)
    if len(content) != found.size:
        msg = tr("{file} is damaged: it doesn't have the length that it states. Download it again.").format(file=redacted(name))
        raise InputError(msg)
    return content.decode("utf-8-sig", errors="replace")


def folder_of(name: str) -> str:
    """Return the folder of a file; bands of one scene lie in Sentinel-2's folders by resolution."""
    return re.sub(r"/R[126]0m$", "", os.path.dirname(name), flags=re.IGNORECASE)


def file_stem(name: str) -> str:
    """Return a file's name without its last suffix."""
    return Path(base(name)).stem


def base(name: str) -> str:
    """Return the last part of a GDAL name."""
    return without_query(name).rpartition("/")[2]
