"""The sources that a virtual raster (VRT) names, read from its XML."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osgeo import gdal

from ..translation import tr
from .gdal_errors import GdalErrors, quietly, read_bytes
from .raster_file import is_virtual

# VRTs nested in a VRT that are parsed ahead of reading; in mosaics of more, each is looked at when a window needs it.
_MAX_NESTED = 256
# With this open option a source has the same pixels, but GDAL doesn't tell which blocks were never written.
_NO_OVERVIEWS = "OVERVIEW_LEVEL=NONE"

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class VrtSource:
    """A rectangle of a source and the rectangle of the VRT that it fills, both as column, row, width and height.

    Attributes:
        name, options: by which GDAL opens the source.
        band: band number in the source; None for a mask.
        size: width and height of the source when the VRT was built, or None.
        source, target: the rectangles, in pixels of the source and of the VRT.
        nodata: pixels of this value are transparent.
        masked: pixels that the source masks are transparent.
    """

    name: str
    options: tuple[str, ...]
    band: int | None
    size: tuple[int, int] | None
    source: Box
    target: Box
    nodata: float | None
    masked: bool


@dataclass(frozen=True)
class VrtBand:
    """The sources of a VRT's band, topmost last; `computed` if a pixel function combines them."""

    sources: tuple[VrtSource, ...]
    computed: bool


def vrt_bands(dataset: gdal.Dataset) -> dict[int, VrtBand]:
    """Return the bands of a VRT by number; nothing for any other raster."""
    if dataset.GetDriver().ShortName != "VRT":
        return {}
    return _bands(*_read(dataset), (0.0, 0.0, float(dataset.RasterXSize), float(dataset.RasterYSize)))


def referenced_files(dataset: gdal.Dataset) -> Iterator[str]:
    """Yield the files that a VRT and the VRTs nested in it reference, and their possible mask files; nothing for any other raster."""
    waiting = [_read(dataset)] if dataset.GetDriver().ShortName == "VRT" else []
    known: set[str] = set()
    nested = 0
    while waiting:
        for name in _referenced(*waiting.pop()):
            if name in known:
                continue
            known.add(name)
            yield from (name, f"{name}.msk")
            tree = _nested(name) if nested < _MAX_NESTED else None
            if tree is not None:
                nested += 1
                waiting.append((tree, _folder(name)))


def bands_by_file(bands: dict[int, VrtBand], numbers: Sequence[int]) -> dict[str, set[int]]:
    """Return which bands of each source file are read, through nested VRTs too.

    Args:
        bands: of the VRT, by number.
        numbers: bands of the VRT that are read.
    """
    found: dict[str, set[int]] = {}
    trees: dict[str, dict[int, VrtBand]] = {}
    waiting = [source for number in numbers if number in bands for source in bands[number].sources]
    while waiting:
        source = waiting.pop()
        of_file = found.setdefault(source.name, set())
        if source.band is None or source.band in of_file:
            continue
        of_file.add(source.band)
        if source.name not in trees:
            tree = _nested(source.name) if len(trees) < _MAX_NESTED and not is_virtual(source.name) else None
            trees[source.name] = {} if tree is None else _bands(tree, _folder(source.name), (0.0, 0.0, 1.0, 1.0))
        waiting.extend(trees[source.name][source.band].sources if source.band in trees[source.name] else ())
    return found


def _bands(tree: list, folder: str, extent: Box) -> dict[int, VrtBand]:
    # An XML declaration or a comment makes GDAL add another node above.
    root = tree if tree[1] == "VRTDataset" else _child(tree, "VRTDataset")
    return {
        number: VrtBand(
            tuple(_source(node, folder, extent) for node in _children(band) if _child(node, "SourceFilename")),
            _attribute(band, "subClass") == "VRTDerivedRasterBand",
        )
        for number, band in enumerate(_children(root, "VRTRasterBand"), start=1)
    }


def _source(node: list, folder: str, extent: Box) -> VrtSource:
    name = _child(node, "SourceFilename")
    band = _text(_child(node, "SourceBand")) or "1"
    width, height = (_attribute(_child(node, "SourceProperties"), key) for key in ("RasterXSize", "RasterYSize"))
    target = _box(_child(node, "DstRect"), extent)
    options = (f"{_attribute(entry, 'key')}={_text(entry)}" for entry in _children(_child(node, "OpenOptions"), "OOI"))
    return VrtSource(
        name=_resolve(_text(name), name, folder),
        options=tuple(option for option in options if option != _NO_OVERVIEWS),
        band=int(band) if band.isdigit() else None,
        size=(int(width), int(height)) if width.isdigit() and height.isdigit() else None,
        source=_box(_child(node, "SrcRect"), target),
        target=target,
        nodata=_number(_text(_child(node, "NODATA"))),
        masked=_text(_child(node, "UseMaskBand")).lower() == "true",
    )


def _read(dataset: gdal.Dataset) -> tuple[list, str]:
    """Return a VRT's XML tree, and the folder that relative names start from."""
    name = dataset.GetDescription()
    with GdalErrors(tr("The virtual raster can't be read")) as errors:
        # The metadata of an open VRT lacks the sizes of sources that GDAL hasn't opened yet, so its file comes first.
        return errors.check(gdal.ParseXMLString(_document(name) or (dataset.GetMetadata("xml:VRT") or [""])[0])), _folder(name)


def _nested(name: str) -> list | None:
    """Return the XML tree of a source that is a VRT itself. Damage is reported when it is read."""
    document = name if name.startswith("<") else _document(name) if name.lower().endswith(".vrt") else ""
    return quietly(gdal.ParseXMLString, document) if document else None


def _document(name: str) -> str:
    """Return the text of a VRT file, "" for anything else."""
    text = "" if name.startswith(("<", "vrt://")) else read_bytes(name).decode(errors="replace")
    return text if "<VRTDataset" in text else ""


def _folder(name: str) -> str:
    return os.path.dirname(os.path.realpath(name) if os.path.islink(name) else name)


def _referenced(node: Sequence, folder: str) -> Iterator[str]:
    """Yield the files named anywhere in a tree: sources of bands and masks, of warped and of pansharpened rasters."""
    # Not recursive: elements may be nested thousands deep.
    waiting = [node]
    while waiting:
        for child in _children(waiting.pop()):
            if child[1] in {"SourceFilename", "SourceDataset"}:
                text = _text(child)
                yield _resolve(text.removeprefix("vrt://").partition("?")[0] if text.startswith("vrt://") else text, child, folder)
            else:
                waiting.append(child)


def _resolve(name: str, node: Sequence, folder: str) -> str:
    return os.path.join(folder, name) if _attribute(node, "relativeToVRT") == "1" else name


def _box(node: list, otherwise: Box) -> Box:
    left, top, width, height = (_number(_attribute(node, key)) for key in ("xOff", "yOff", "xSize", "ySize"))
    return otherwise if left is None or top is None or width is None or height is None else (left, top, width, height)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _children(node: Sequence, name: str | None = None) -> Iterator[list]:
    """Yield the elements in a node of GDAL's XML tree: [type, text, child, child…]."""
    return (child for child in node[2:] if child[0] == gdal.CXT_Element and name in {None, child[1]})


def _child(node: Sequence, name: str) -> list:
    """Return the first element of a name, or an empty node."""
    return next(_children(node, name), [])


def _attribute(node: Sequence, name: str) -> str:
    return next((_text(child) for child in node[2:] if child[0] == gdal.CXT_Attribute and child[1] == name), "")


def _text(node: Sequence) -> str:
    return "".join(child[1] for child in node[2:] if child[0] == gdal.CXT_Text)
