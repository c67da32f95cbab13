"""Which rasters are predicted, and what the result of each is called."""

from __future__ import annotations

import fnmatch
import os
import re
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..errors import InputError, WaterError
from ..raster.raster_file import BandNodata, RasterFile, is_virtual
from ..system.redaction import redacted
from ..translation import tr
from . import storage

_SUFFIX = ".tif"
_ENDINGS = re.compile(r"(\.(tar|gz|tgz|zip|SAFE))+$|\.[A-Za-z0-9]{1,5}$", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Scene:
    """A raster to predict.

    Attributes:
        source: any name that GDAL opens.
        destination: the GeoTIFF that its result becomes, unless it is cut into pieces.
        crs, nodata: what the source's layer sets, as in `RasterFile`.
    """

    source: str
    destination: str
    crs: str | None = None
    nodata: tuple[BandNodata, ...] = ()

    @property
    def raster(self) -> RasterFile:
        """The source as it is to be opened."""
        return RasterFile(self.source, self.crs, self.nodata)

    @property
    def stem(self) -> str:
        """The result's name without folder and extension."""
        return storage.base(self.destination)[: -len(_SUFFIX)]

    def __repr__(self) -> str:
        """Show it with credentials removed: Dask logs the arguments of a task that fails."""
        return f"Scene({redacted(self.source)!r}, {redacted(self.destination)!r})"


def find_rasters(folder: str, pattern: str, apart_from: str = "") -> list[str]:
    """Return the files in a folder that a pattern names, sorted.

    Args:
        folder: here, on a share, or in one of GDAL's virtual file systems.
        pattern: such as `*.tif`; several separated by semicolons; `**/*.tif` looks into the folders below, too.
        apart_from: the folder of the results, which is left out.

    Raises:
        InputError: there is no such folder, or no such file, or the pattern can't be understood, or results would be found as well.
        WaterError: not all of the folder can be listed.
    """
    patterns = [p.strip().replace("\\", "/") for p in pattern.split(";") if p.strip()]
    deep = any("/" in p for p in patterns)
    virtual = is_virtual(folder)
    if not virtual and not os.path.isdir(folder):  # noqa: PTH112 (a folder above may be closed)
        exists = os.path.lexists(folder)
        msg = tr("{folder} isn't a folder: choose one.") if exists else tr("The folder {folder} doesn't exist: choose another.")
        raise InputError(msg.format(folder=folder))
    wanted = [_segments(p) for p in patterns]
    names = _virtual_names(folder, apart_from, deep) if virtual else _local_names(folder, apart_from, deep=deep)
    found = sorted(name for name in names if any(_fits((*name.split("/"),), parts) for parts in wanted))
    if not found:
        msg = tr("No file in {folder} is named as {pattern}: choose another folder or pattern, such as *.tif or **/*.jp2.")
        raise InputError(msg.format(folder=redacted(folder), pattern=pattern))
    rasters = [storage.joined(folder, *name.split("/")) for name in found]
    same = folder.rstrip("/") == apart_from.rstrip("/") if virtual else os.path.realpath(folder) == os.path.realpath(apart_from)
    results = [f"{scene.stem}{_SUFFIX}" for scene in with_destinations(rasters, apart_from)] if apart_from and same else []
    taken = next((name for name in results if any(_fits((name,), parts) for parts in wanted)), None)
    if taken is not None:
        msg = tr(
            "The next run would take the results for images: {pattern} finds {result} in the folder of the images. Choose another folder "
            "for the results, which may be in it."
        )
        raise InputError(msg.format(pattern=pattern, result=taken))
    return rasters


def _local_names(folder: str, apart_from: str, *, deep: bool) -> list[str]:
    """Return the names of everything that isn't a folder, pipes and broken links included: opening them reports what is wrong.

    Links to folders are followed, and each folder is listed once, under its own name where it has one here.
    """
    root = os.path.realpath(folder)
    names: list[str] = []
    seen = {os.path.realpath(apart_from)} - {root} if apart_from else set()
    waiting = deque([("", folder)])
    while waiting:
        within, here = waiting.popleft()
        place = os.path.realpath(here)
        # A link to a folder above leads back here.
        if place in seen or (within and f"{root}{os.sep}".startswith(f"{place.rstrip(os.sep)}{os.sep}")):
            continue
        seen.add(place)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            msg = tr("The folder {folder} can't be read ({reason}), so its images aren't known: get permission to read it.")
            raise WaterError(msg.format(folder=here, reason=error.strerror or error)) from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                names.append(within + entry.name)
            elif deep:
                put = waiting.append if entry.is_symlink() else waiting.appendleft
                put((f"{within}{entry.name}/", entry.path))
    return names


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link in a circle.
        return False


def _virtual_names(folder: str, apart_from: str, deep: bool) -> list[str]:
    own, other = (f"{name.rstrip('/')}/" for name in (folder, apart_from))
    names = [name for name in storage.listed(folder, deep=deep) if not re.search(r"(^|/)\.|/$", name)]
    return [name for name in names if not apart_from or other == own or not (own + name).startswith(other)]


def _segments(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    """Return what each part of a path must match; None stands for any number of folders."""
    try:
        return tuple(None if part == "**" else re.compile(fnmatch.translate(part), re.IGNORECASE) for part in pattern.split("/"))
    except re.error as error:
        msg = tr("The pattern {pattern} can't be understood ({reason}): write it like *.tif, tile_[0-9]*.tif or **/*.jp2.")
        raise InputError(msg.format(pattern=pattern, reason=error)) from error


@lru_cache(maxsize=10_000)
def _fits(parts: tuple[str, ...], wanted: tuple[re.Pattern[str] | None, ...]) -> bool:
    """Return whether a path matches a pattern. What is known of shorter ones is kept, so that no pattern takes long."""
    if not wanted:
        return not parts
    if wanted[0] is None:
        return _fits(parts, wanted[1:]) or (bool(parts) and _fits(parts[1:], wanted))
    return bool(parts) and bool(wanted[0].match(parts[0])) and _fits(parts[1:], wanted[1:])


def with_destinations(sources: Iterable[str | RasterFile], folder: str) -> tuple[Scene, ...]:
    """Name the result of each raster after the raster; where two have the same name, their folders' names go before it.

    Names depend on the rasters alone, not on their order, so that a second run finds the results of the first.

    Args:
        sources: the rasters.
        folder: of the results.

    Examples:
        >>> [scene.destination for scene in with_destinations(["/vsis3/a/2020/B03.tif", "/vsis3/a/2021/B03.tif"], "/vsis3/out")]
        ['/vsis3/out/2020_B03.tif', '/vsis3/out/2021_B03.tif']

    Raises:
        InputError: no source is given, one is given twice, or a result would take the place of a source.
    """
    rasters = [RasterFile.from_name(source) for source in sources]
    absolute = [_absolute(raster.path) for raster in rasters]
    folder = folder if is_virtual(folder) else os.path.abspath(folder)  # noqa: PTH100 (links stay as they are)
    if not absolute:
        msg = tr("No raster is given: choose rasters, or a folder and a pattern.")
        raise InputError(msg)
    doubled = [name for name, count in Counter(absolute).items() if count > 1]
    if doubled:
        msg = tr("{raster} is given twice: give each raster once.").format(raster=redacted(doubled[0]))
        raise InputError(msg)
    scenes = tuple(
        Scene(source, storage.joined(folder, name + _SUFFIX), raster.crs, raster.nodata)
        for source, name, raster in zip(absolute, _distinct(absolute), rasters)
    )
    taken = {os.path.normcase(source) for source in absolute}
    for scene in scenes:
        if os.path.normcase(scene.destination) in taken:
            msg = tr("{raster} is one of the rasters itself: choose another folder for the results.")
            raise InputError(msg.format(raster=redacted(scene.destination)))
    return scenes


def _absolute(name: str) -> str:
    """Return the absolute name, since workers start in folders of their own. A name that isn't a file, such as a subdataset, stays."""
    exists = os.path.exists(name)  # noqa: PTH110 (a GDAL name need not be a path)
    # A driver's own name, such as NETCDF:"file.nc":band, or XML.
    spelled = re.match(r"[A-Z0-9_]{2,}:|\s*<", name)
    if is_virtual(name) or not (exists or (os.path.isdir(os.path.dirname(name) or ".") and not spelled)):  # noqa: PTH112, PTH120
        return name
    return os.path.abspath(name)  # noqa: PTH100


def _parts(source: str) -> list[str]:
    """Return stem and folders of a name, last first, in characters that every file system allows."""
    plain = redacted(source).replace("\\", "/").replace("?…", "").strip('"')
    parts = [re.sub(r"[^\w.+-]+", "_", part).strip("_.") for part in plain.split("/")]
    parts = [part for part in parts if part]
    return [_ENDINGS.sub("", parts[-1]) or parts[-1], *reversed(parts[:-1])] if parts else ["raster"]


def _distinct(sources: Sequence[str]) -> list[str]:
    """Return the shortest names that differ, each of as few folders as possible; case alone doesn't count as a difference."""
    names = [_parts(source) for source in sources]
    chosen = [1] * len(names)
    while True:
        made = ["_".join(reversed(parts[:length])) for parts, length in zip(names, chosen)]
        counts = Counter(name.casefold() for name in made)
        alike = [i for i, name in enumerate(made) if counts[name.casefold()] > 1]
        longer = [i for i in alike if chosen[i] < len(names[i])]
        if not longer:
            break
        for index in longer:
            chosen[index] += 1
    for index in alike:
        made[index] += f"_{zlib.crc32(os.fsencode(sources[index])):08x}"
    return made
