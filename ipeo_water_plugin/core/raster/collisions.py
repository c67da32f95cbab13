"""Refuse outputs that overwrite an input or each other, however their names are spelled."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping
from html import unescape
from urllib.parse import unquote, urlsplit

from osgeo import gdal

from ..errors import InputError
from ..system.redaction import redacted
from ..translation import tr
from .gdal_errors import file_list, quietly, read_bytes
from .raster_file import RasterFile, is_virtual

# Suffixes of files that GDAL keeps beside a raster; they are removed when it is replaced.
SIDECARS = (".ovr", ".aux.xml", ".msk", ".msk.ovr", ".ovr.msk")

# Other files of multi-file formats, by the extension of the main file.
_SIBLINGS = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg", ".qpj", ".qix", ".sbn", ".sbx", ".idm", ".ind"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".gml": (".xsd", ".gfs"),
    ".csv": (".csvt",),
}

# Single-file formats, which needn't be opened: some take long, such as GeoJSON, which is parsed completely.
_SINGLE_FILES = (
    *(".tif", ".tiff", ".jp2", ".png", ".jpg", ".nc", ".h5", ".gpkg", ".sqlite", ".db", ".geojson", ".json", ".fgb", ".csv"),
    *(".html", ".txt", ".zip", ".tar", ".gz", ".tgz"),
)

# GDAL's virtual file systems over a local file; all others are remote or in memory.
_OVER_A_FILE = re.compile(r"^/vsi(?:(?:zip|tar|gzip|7z|rar|sparse)/|subfile/[\d_]+,|crypt/.*?file=|cached\?(?:.*?&)?file=)")

# Elements that name a source in VRT and OGR VRT files, and in tile indexes.
_SOURCE = re.compile(r"<(?:SourceFilename|SourceDataset|SrcDataSource|IndexDataset)\b([^>]*)>([^<]+)<", re.IGNORECASE)
_RELATIVE = re.compile(r"relativeto\w*\s*=\s*[\"'](?:1|yes|true)", re.IGNORECASE)
_ROOTS = re.compile(r"^[^<]*<(?:[?!]|VRTDataset|OGRVRT|GDALTileIndex)")

# A name with more colons or bars is free text, not a driver's way to write a path.
_MAX_COLONS = 12
_MAX_BARS = 12


def refuse_collisions(
    outputs: Iterable[str | os.PathLike[str]], inputs: Iterable[str | RasterFile], folders: Iterable[str | os.PathLike[str]] = ()
) -> None:
    """Refuse outputs that are inputs, or that are the same file.

    Inputs are only checked if an output exists, since nothing else can be read. Servers aren't contacted.

    Args:
        outputs: files to be written; files that are replaced along with them count too.
        inputs: names that GDAL or QGIS opens: files, folders, subdatasets, virtual paths, VRTs.
        folders: folders to be written to, under names that aren't known yet.

    Raises:
        InputError: an output is an input, part of one, or another output.
    """
    places = _Places()
    existing = _existing([os.fspath(output) for output in outputs], places)
    targets = {file_identity(os.fspath(folder)): os.fspath(folder) for folder in folders if os.path.isdir(folder)}
    for name in map(str, inputs) if existing or targets else ():
        for file in files_behind(name):
            key = file_identity(file)
            if key in existing:
                raise InputError(_message(existing[key], name, file))
            above = next((key for key in places.folders_above(file) if key in targets), None) if targets else None
            if above is not None:
                msg = tr("The input {input} is in the output folder {folder}: choose another folder for the results.")
                raise InputError(msg.format(input=redacted(name), folder=redacted(targets[above])))


def _existing(outputs: list[str], places: _Places) -> dict[Hashable, str]:
    """Return the existing outputs, by their keys and by those of the folders above them; refuse one that is another, or a folder above."""
    taken: dict[Hashable, str] = {}
    existing: dict[Hashable, str] = {}
    folders: dict[Hashable, str] = {}
    for output in outputs:
        replaced = (output, *(output + ending for ending in SIDECARS), *siblings(output))
        keys = {places.key(name): places.exists(name) for name in replaced}
        above = list(places.folders_above(output))
        other = next((taken[key] for key in (*keys, *above) if key in taken), None) or folders.get(next(iter(keys)))
        if other is not None:
            msg = tr("The outputs {first} and {second} can't both be written: choose different names.")
            raise InputError(msg.format(first=redacted(other), second=redacted(output)))
        taken.update(dict.fromkeys(keys, output))
        folders.update(dict.fromkeys(above, output))
        there = [key for key, exists in keys.items() if exists]
        existing.update(dict.fromkeys([*there, *above] if there else (), output))
    return existing


def _message(destination: str, name: str, file: str) -> str:
    if os.path.isdir(file):
        text = tr("{destination} is inside the input {input}: choose another folder for the result.")
    elif file == name:
        text = tr("{destination} is the input itself: choose another name for the result.")
    else:
        text = tr("{destination} is read as part of the input {input}: choose another name for the result.")
    return text.format(destination=redacted(destination), input=redacted(name))


def layers_using(files: Iterable[str], layers: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the ids of the layers that read one of the files, or a file in one of the folders.

    Args:
        files: files and folders.
        layers: by id, the names that GDAL or QGIS opens for each layer.
    """
    places = _Places()
    wanted = {file_identity(file) for file in files}

    def touches(file: str) -> bool:
        return file_identity(file) in wanted or any(key in wanted for key in places.folders_above(file))

    return {layer for layer, names in layers.items() if any(touches(file) for name in names for file in files_behind(name, listed=False))}


def files_behind(name: str, *, listed: bool = True) -> Iterator[str]:
    """Yield what GDAL or QGIS reads when it opens a name: local files, folders (standing for their content) and remote names.

    Args:
        name: a GDAL name or QGIS source.
        listed: open multi-file formats with GDAL to list their files.
    """
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        named = waiting.pop()
        if named in seen:
            continue
        seen.add(named)
        if named.lstrip().startswith("<"):
            waiting.extend(_sources(named, ""))
            continue
        if _is_remote(named):
            yield named
        for part in dict.fromkeys(_parts(named)) if "/vsi" in named else ():
            if _is_here(part) and not part.lower().endswith(_SINGLE_FILES):
                waiting.extend(_sources(_document(part), posixpath.dirname(part)))
        for file in _local_files(named):
            yield file
            if file != named:
                seen.add(file)
            document = _document(file)
            # If the virtual file is a symbolic link, GDAL resolves names relative to its target.
            folders = {os.path.dirname(end) for end in (file, os.path.realpath(file))} if document else set()
            sources = [source for folder in folders for source in _sources(document, folder)]
            waiting.extend(sources)
            if listed and not sources and not file.lower().endswith(_SINGLE_FILES) and os.path.isfile(file):
                yield from _listed(named, file)


class _Places:
    """Keys that identify files, including files that don't exist yet. Each folder is listed once, those above it not at all."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[str, Hashable, bool]] = {}
        self._names: dict[str, frozenset[str]] = {}

    def key(self, name: str) -> Hashable:
        """Return a key that is the same for all spellings of a file's name."""
        if _is_remote(name):
            return posixpath.normpath(name)
        if self.exists(name):
            return file_identity(name)
        if os.path.islink(name):
            name = os.path.realpath(name)
        folder, base = os.path.split(name)
        _, key, ignores_case = self._folder(folder)
        return key, _folded(base) if ignores_case else base

    def exists(self, name: str) -> bool:
        """Return whether a file exists; remote ones are assumed to."""
        folder, base = os.path.split(name)
        return _is_remote(name) or (_folded(base) in self._names_in(folder) and os.path.exists(name))

    def folders_above(self, name: str) -> Iterator[Hashable]:
        """Yield the keys of the folders above a file."""
        folder, above = "", "" if _is_remote(name) else self._folder(os.path.dirname(name))[0]
        while above != folder:
            folder = above
            yield self._folder(folder)[1]
            above = os.path.dirname(folder)

    def _names_in(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(map(_folded, os.listdir(folder or os.curdir)))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]

    def _folder(self, name: str) -> tuple[str, Hashable, bool]:
        found = self._folders.get(name)
        if found is None:
            path = os.path.realpath(name or os.curdir)
            key = file_identity(path) if os.path.isdir(path) or path == os.path.dirname(path) else self.key(path)
            found = self._folders[name] = (path, key, _ignores_case(path))
        return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def siblings(file: str) -> list[str]:
    """Return the names of the other files that a format of several files has beside the main one."""
    stem, suffix = os.path.splitext(file)
    return [stem + ending for ending in _SIBLINGS.get(suffix.lower(), ())]


def file_identity(name: str) -> Hashable:
    """Return a key that identifies an existing file, the same for all links to it; the normalized name if there is none."""
    try:
        found = None if _is_remote(name) else os.stat(name)
    except (OSError, ValueError):
        found = None
    if found is None:
        return posixpath.normpath(name)
    return (found.st_dev, found.st_ino) if found.st_ino else os.path.realpath(name)


def _ignores_case(folder: str) -> bool:
    """Return whether a folder's file system ignores case, as on Windows and macOS."""
    other = folder.swapcase()
    try:
        return other != folder and os.path.samefile(folder, other)
    except OSError:
        return False


def _is_remote(name: str) -> bool:
    return is_virtual(name) and not _OVER_A_FILE.match(name)


def _is_here(name: str) -> bool:
    """Return whether a name in GDAL's virtual file systems leads into memory, or to a file of this machine."""
    word = name
    while (inner := _OVER_A_FILE.sub("", word, count=1)) != word:
        word = inner.lstrip("{")
    return is_virtual(name) and (word.lstrip("/").startswith("vsimem/") or _container(name) is not None)


def _local_files(name: str) -> Iterator[str]:
    """Yield the local files and folders that a name refers to, in any syntax of GDAL's drivers or of QGIS."""
    if "\0" in name or _is_remote(name):
        return
    if os.path.exists(name):
        yield name
        return
    quoted = (word for pair in re.findall(r"\"([^\"]+)\"|'([^']+)'", name) for word in pair if word)
    for word in dict.fromkeys(part for text in (name, *quoted) for part in _parts(text)):
        found = _container(word)
        if found is not None:
            yield found


def _path_in(address: str) -> str:
    """Return the path in an address that begins with file:."""
    path = urlsplit(address).path
    if os.name != "nt":
        return unquote(path)
    # It takes 40 ms to import.
    from urllib.request import url2pathname  # noqa: PLC0415

    return url2pathname(path)


def _parts(text: str) -> Iterator[str]:
    """Yield parts of a name that may be a path: without a driver prefix, and without layer, options or subdataset."""
    if text.startswith("file:"):
        yield _path_in(text)
    text = re.sub(r"^\w+://", "", text)
    # A folder's name may hold the bar that begins a layer's name.
    bars = [found.start() for found in re.finditer(r"\|", text)]
    for whole in dict.fromkeys((text, *(text[:bar] for bar in bars[:_MAX_BARS]), text.split("?")[0])):
        words = whole.split(":")[:_MAX_COLONS]
        for start in range(len(words)):
            yield from (":".join(words[start:end]).strip("\"'") for end in range(len(words), start, -1))


def _container(word: str) -> str | None:
    """Return the file or folder that a path names, or the archive that contains it."""
    while (inner := _OVER_A_FILE.sub("", word, count=1)) != word:
        word = inner.lstrip("{")
    if is_virtual(word):
        return None
    below = ""
    while word not in {"", below}:
        # An archive within an archive stands in braces within braces.
        for name in (word, word.rstrip("}")):
            if os.path.isfile(name):
                return name
        if os.path.isdir(word):
            # A folder with an extension is a database such as x.gdb; any other is probably a coincidence.
            return word if not below and os.path.splitext(word)[1] else None
        below, word = word, os.path.dirname(word)
    return None


def _document(name: str) -> str:
    """Return the text of a virtual file that names its sources, "" for any other."""
    if is_virtual(name):
        start = quietly(read_bytes, name, 4096) or b""
        return (quietly(read_bytes, name) or b"").decode(errors="replace") if _ROOTS.match(start.decode(errors="replace")) else ""
    if not os.path.isfile(name):  # reading a pipe would block
        return ""
    try:
        with open(name, "rb") as file:
            start = file.read(4096)
            if not _ROOTS.match(start.decode(errors="replace")):
                return ""
            return (start + file.read()).decode(errors="replace")
    except OSError:
        return ""


def _sources(document: str, folder: str) -> Iterator[str]:
    """Yield the source names in a virtual file's text; relative ones start from `folder`."""
    for attributes, written in dict.fromkeys(_SOURCE.findall(document)):
        name = unescape(written.strip())
        if not _RELATIVE.search(attributes):
            yield name
            continue
        # In driver syntax such as NETCDF:"file":band only the path is relative.
        yield from (os.path.join(folder, part) for part in dict.fromkeys((name, *_parts(name.replace('"', "")))))


def _listed(name: str, file: str) -> Iterator[str]:
    """Yield all files of a dataset, as listed by GDAL."""
    for candidate in dict.fromkeys((name.split("|", maxsplit=1)[0], file)):
        dataset = quietly(gdal.OpenEx, candidate, gdal.OF_RASTER | gdal.OF_VECTOR)
        if dataset is not None:
            yield from file_list(dataset)
            return
