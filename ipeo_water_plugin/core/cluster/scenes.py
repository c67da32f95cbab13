"""Which rasters are predicted, and where the result of each one stands."""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal

from ..concealing import concealed
from ..errors import InputError
from ..rasterfile import BandNodata, RasterFile
from ..wording import tr
from . import places

_SUFFIX = ".tif"
_ENDINGS = re.compile(r"(\.(tar|gz|tgz|zip|SAFE))+$|\.[A-Za-z0-9]{1,5}$", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Scene:
    """A raster to predict and the file that its result becomes; any names that GDAL opens.

    Attributes:
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

    def __repr__(self) -> str:
        """Show it without what opens a door: Dask logs the arguments of what fails."""
        return f"Scene({concealed(self.source)!r}, {concealed(self.destination)!r})"


def find_rasters(folder: str, pattern: str, apart_from: str = "") -> list[str]:
    """Return the files in a folder that a pattern names, sorted.

    Args:
        folder: here, on a share, or in one of GDAL's virtual file systems.
        pattern: such as `*.tif`; several separated by semicolons; `**/*.tif` looks into the folders below, too.
        apart_from: a folder that isn't looked into.

    Raises:
        InputError: there is no such folder, or no such file.
    """
    patterns = [p.strip() for p in pattern.split(";") if p.strip()]
    deep = any("/" in p for p in patterns)
    virtual = places.is_virtual(folder)
    if not virtual and not Path(folder).is_dir():
        msg = tr("The folder {folder} doesn't exist: choose another.").format(folder=folder)
        raise InputError(msg)
    names = _virtual_names(folder, deep) if virtual else _local_names(folder, deep)
    expressions = [re.compile(_expression(p), re.IGNORECASE) for p in patterns]
    beneath = _beneath(apart_from, folder)
    found = sorted(n for n in names if any(e.fullmatch(n) for e in expressions) and not (beneath and n.startswith(beneath)))
    if not found:
        msg = tr("No file in {folder} is named as {pattern}: choose another folder or pattern, such as *.tif or **/*.jp2.").format(
            folder=concealed(folder), pattern=pattern
        )
        raise InputError(msg)
    return [places.joined(folder, *name.split("/")) for name in found]


def _local_names(folder: str, deep: bool) -> list[str]:
    if not deep:
        return [entry.name for entry in os.scandir(folder) if entry.is_file() and not entry.name.startswith(".")]
    names = []
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        within = Path(here).relative_to(folder).as_posix()
        names += [name if within == "." else f"{within}/{name}" for name in files if not name.startswith(".")]
    return names


def _virtual_names(folder: str, deep: bool) -> list[str]:
    places.forget(folder)
    listed = (gdal.ReadDirRecursive(folder) if deep else gdal.ReadDir(folder)) or []
    return [n for n in listed if not n.endswith("/") and not any(part.startswith(".") for part in n.split("/"))]


def _expression(pattern: str) -> str:
    """A glob as a regular expression in which `*` stays in its folder and `**/` stands for any folders."""
    words = re.findall(r"\*\*/|\[!?\]?[^\]]*\]|.", pattern.replace("\\", "/"))
    known = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(w) or (w.replace("[!", "[^") if len(w) > 1 else re.escape(w)) for w in words)


def _beneath(inner: str, outer: str) -> str:
    """How names in `inner` begin, seen from `outer`, or "" where it lies elsewhere."""
    if not inner or places.is_virtual(inner) != places.is_virtual(outer):
        return ""
    if places.is_virtual(inner):
        own = inner.rstrip("/") + "/"
        return own.removeprefix(outer.rstrip("/") + "/") if own.startswith(outer.rstrip("/") + "/") else ""
    try:
        within = Path(inner).resolve().relative_to(Path(outer).resolve()).as_posix()
    except ValueError:
        return ""
    return "" if within == "." else within + "/"


def with_destinations(sources: Iterable[str | RasterFile], folder: str) -> tuple[Scene, ...]:
    """Give each raster a result in the folder, named as it is; where two are named alike, by the folders they lie in as well.

    Names depend on the rasters alone, not on their order, so that a second run finds the results of the first.

    Raises:
        InputError: none is given, one is given twice, or a result would take the place of a source.
    """
    rasters = [RasterFile.of(source) for source in sources]
    absolute = [_absolute(raster.path) for raster in rasters]
    folder = folder if places.is_virtual(folder) else os.path.abspath(folder)  # noqa: PTH100 (links stay as they are)
    if not absolute:
        msg = tr("No raster is given: choose rasters, or a folder and a pattern.")
        raise InputError(msg)
    doubled = [name for name, count in Counter(absolute).items() if count > 1]
    if doubled:
        msg = tr("{raster} is given twice: give each raster once.").format(raster=concealed(doubled[0]))
        raise InputError(msg)
    scenes = tuple(
        Scene(source, places.joined(folder, name + _SUFFIX), raster.crs, raster.nodata)
        for source, name, raster in zip(absolute, _distinct(absolute), rasters)
    )
    taken = {os.path.normcase(source) for source in absolute}
    for scene in scenes:
        if os.path.normcase(scene.destination) in taken:
            msg = tr("{raster} is one of the rasters itself: choose another folder for the results.").format(
                raster=concealed(scene.destination)
            )
            raise InputError(msg)
    return scenes


def _absolute(name: str) -> str:
    """Workers have folders of their own to start from. What isn't a file, such as a subdataset, stays as it is."""
    if places.is_virtual(name) or not (os.path.exists(name) or os.path.isdir(os.path.dirname(name) or ".")) or _is_spelled(name):  # noqa: PTH110, PTH112, PTH120 (a GDAL name need not be a path)
        return name
    return os.path.abspath(name)  # noqa: PTH100


def _is_spelled(name: str) -> bool:
    """Whether a driver's own spelling, such as NETCDF:"file.nc":band, or XML."""
    return bool(re.match(r"[A-Z0-9_]{2,}:|\s*<", name)) and not os.path.exists(name)  # noqa: PTH110


def _parts(source: str) -> list[str]:
    """Folders and stem of a name, last first, in letters that every file system takes."""
    plain = concealed(source).replace("\\", "/").replace("?…", "").strip('"')
    parts = [re.sub(r"[^\w.+-]+", "_", part).strip("_.") for part in plain.split("/")]
    parts = [part for part in parts if part]
    return [_ENDINGS.sub("", parts[-1]) or parts[-1], *reversed(parts[:-1])] if parts else ["raster"]


def _distinct(sources: Sequence[str]) -> list[str]:
    """The shortest names, each of as many parts as tell it from all others; case doesn't tell names apart everywhere."""
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
        made[index] += f"_{zlib.crc32(sources[index].encode()):08x}"
    return made
