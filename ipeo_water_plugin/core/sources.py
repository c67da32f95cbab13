"""What lies behind a virtual raster: GDAL believes what its file says of a source, and reads zeros where the source lacks it."""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from .errors import RasterError
from .gdal_errors import GdalWords
from .grid import Window
from .integrity import gaps
from .wording import tr

# Sources that are kept open to be asked again: those of a window, not those of a mosaic of thousands.
_KEPT_OPEN = 16

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Part:
    """A rectangle of a source that fills one of the virtual raster; both are column, row, width and height.

    Attributes:
        name, options: by which GDAL opens the source.
        band: of the source; None for a mask.
        size: width and height that the virtual raster believes the source to have, or None.
        source, target: the rectangles.
        see_through: pixels with the source's NoData value leave what lies beneath.
    """

    name: str
    options: tuple[str, ...]
    band: int | None
    size: tuple[int, int] | None
    source: Box
    target: Box
    see_through: bool


@dataclass(frozen=True)
class VirtualBand:
    """The parts of a virtual raster's band, the uppermost last; `computed` where a pixel function makes one value of them all."""

    parts: tuple[Part, ...]
    computed: bool


def virtual_bands(dataset: gdal.Dataset) -> dict[int, VirtualBand]:
    """Return the bands of a virtual raster by number; nothing for any other raster."""
    if dataset.GetDriver().ShortName != "VRT":
        return {}
    name = dataset.GetDescription()
    with GdalWords(tr("The virtual raster can't be read")) as words:
        # What GDAL itself says of an opened one leaves out the sizes of sources that it hasn't opened yet.
        tree = words.need(gdal.ParseXMLString(_document(name) or (dataset.GetMetadata("xml:VRT") or [""])[0]))
    folder = os.path.dirname(os.path.realpath(name) if os.path.islink(name) else name)  # noqa: PTH114, PTH120 - may be a path of GDAL's own
    size = (0.0, 0.0, float(dataset.RasterXSize), float(dataset.RasterYSize))
    bands = {}
    # A declaration or a comment before it puts another node around.
    root = tree if tree[1] == "VRTDataset" else next(_children(tree, "VRTDataset"), [])
    for number, band in enumerate(_children(root, "VRTRasterBand"), start=1):
        parts = tuple(_part(node, folder, size) for node in _children(band) if any(_children(node, "SourceFilename")))
        bands[number] = VirtualBand(parts, _attribute(band, "subClass") == "VRTDerivedRasterBand")
    return bands


def _document(name: str) -> str:
    """Return the text of a virtual raster that is a file, "" where it isn't one."""
    found = None if name.startswith(("<", "vrt://")) else gdal.VSIStatL(name)
    file = None if found is None else gdal.VSIFOpenL(name, "rb")
    if found is None or file is None:
        return ""
    try:
        text = bytes(gdal.VSIFReadL(1, found.size, file) or b"").decode(errors="replace")
    finally:
        gdal.VSIFCloseL(file)
    return text if "<VRTDataset" in text else ""


def _part(node: list, folder: str, whole: Box) -> Part:
    named = next(_children(node, "SourceFilename"))
    name = _text(named)
    if _attribute(named, "relativeToVRT") == "1":
        name = os.path.join(folder, name)  # noqa: PTH118 - likewise
    options = next(_children(node, "OpenOptions"), [])
    band = _text(next(_children(node, "SourceBand"), [])) or "1"
    properties = next(_children(node, "SourceProperties"), [])
    size = (_attribute(properties, "RasterXSize"), _attribute(properties, "RasterYSize"))
    target = _box(next(_children(node, "DstRect"), []), whole)
    return Part(
        name=name,
        options=tuple(f"{_attribute(entry, 'key')}={_text(entry)}" for entry in _children(options, "OOI")),
        band=int(band) if band.isdigit() else None,
        size=(int(size[0]), int(size[1])) if size[0].isdigit() and size[1].isdigit() else None,
        source=_box(next(_children(node, "SrcRect"), []), target),
        target=target,
        see_through=any(_children(node, "NODATA")),
    )


def _box(node: list, otherwise: Box) -> Box:
    try:
        left, top, width, height = (float(_attribute(node, key)) for key in ("xOff", "yOff", "xSize", "ySize"))
    except ValueError:
        return otherwise
    return left, top, width, height


def _children(node: Sequence, name: str | None = None) -> Iterator[list]:
    """Yield the elements in a node of GDAL's XML tree: [type, text, child, child…]."""
    return (child for child in node[2:] if child[0] == gdal.CXT_Element and name in {None, child[1]})


def _attribute(node: Sequence, name: str) -> str:
    return next((_text(child) for child in node[2:] if child[0] == gdal.CXT_Attribute and child[1] == name), "")


def _text(node: Sequence) -> str:
    return "".join(child[1] for child in node[2:] if child[0] == gdal.CXT_Text)


class Behind:
    """The sources of some bands of a virtual raster, for one thread: whether they have what the raster takes from them."""

    def __init__(self, dataset: gdal.Dataset, numbers: Sequence[int]) -> None:
        """Read where each source lies; none is opened before a window asks for it."""
        found = virtual_bands(dataset)
        self._bands = [found[number] for number in numbers if number in found]
        self._targets = [np.array([part.target for part in band.parts]).reshape(-1, 4) for band in self._bands]
        self._open: OrderedDict[tuple, tuple[gdal.Dataset | None, Behind | None]] = OrderedDict()

    def absent(self, window: Window, doing: str) -> np.ndarray | None:
        """Return where a source was never written, or None where all were: bool, shape (height, width).

        Raises:
            RasterError: a source is smaller than the virtual raster believes; the message begins with `doing`.
        """
        nothing = np.zeros((window.height, window.width), bool)
        for band, targets in zip(self._bands, self._targets):
            left, top, width, height = targets.T
            columns = (left < window.column + window.width) & (left + width > window.column)
            rows = (top < window.row + window.height) & (top + height > window.row)
            lacking = np.zeros_like(nothing)
            for index in np.flatnonzero(columns & rows).tolist():
                self._look(band.parts[index], band.computed, window, lacking, doing)
            nothing |= lacking
        return nothing if nothing.any() else None

    def _look(self, part: Part, computed: bool, window: Window, lacking: np.ndarray, doing: str) -> None:
        """Mark in `lacking` what one source lacks, and unmark what it covers."""
        dataset, behind = self._opened(part, doing)
        if part.see_through:
            return
        if not computed:
            lacking[_slices(part.target, window, outward=False)] = False
        if dataset is None or part.band is None or part.band > dataset.RasterCount:
            return
        wanted = _moved((window.column, window.row, window.width, window.height), part.target, part.source)
        here = _outward(wanted).intersection(_outward(part.source))
        here = here and here.intersection(Window(0, 0, dataset.RasterXSize, dataset.RasterYSize))
        if here is None:
            return
        band = dataset.GetRasterBand(part.band)
        for gap in gaps(band, here):
            box = _moved((gap.column, gap.row, gap.width, gap.height), part.source, part.target)
            lacking[_slices(box, window, outward=True)] = True
        deeper = None if behind is None else behind.absent(here, doing)
        if deeper is not None:
            _lay(deeper, here, part, window, lacking)

    def _opened(self, part: Part, doing: str) -> tuple[gdal.Dataset | None, Behind | None]:
        """Open a source, or find it open. One that can't be opened apart is left to GDAL, which reads it otherwise, or says so."""
        key = (part.name, part.options, part.band)
        if key in self._open:
            self._open.move_to_end(key)
            return self._open[key]
        dataset = _open_quietly(part)
        if dataset is not None and part.size is not None:
            width, height = dataset.RasterXSize, dataset.RasterYSize
            if width < part.size[0] or height < part.size[1]:
                msg = tr(
                    "{doing}: {name} has {width} × {height} pixels, and {full_width} × {full_height} when the virtual raster over it was "
                    "built. Build the virtual raster anew."
                ).format(doing=doing, name=part.name, width=width, height=height, full_width=part.size[0], full_height=part.size[1])
                raise RasterError(msg)
        behind = None
        if dataset is not None and part.band is not None and dataset.GetDriver().ShortName == "VRT":
            behind = Behind(dataset, [part.band])
        self._open[key] = (dataset, behind)
        if len(self._open) > _KEPT_OPEN:
            self._open.popitem(last=False)
        return self._open[key]


def _lay(deeper: np.ndarray, here: Window, part: Part, window: Window, lacking: np.ndarray) -> None:
    """Mark what the source itself lacks behind it, each pixel as the one of the source that its centre falls into."""
    box = _moved((here.column, here.row, here.width, here.height), part.source, part.target)
    rows, columns = _slices(box, window, outward=True)
    column, row = np.arange(window.width)[columns] + window.column + 0.5, np.arange(window.height)[rows] + window.row + 0.5
    across, down = part.source[2] / part.target[2], part.source[3] / part.target[3]
    at_column = np.floor(part.source[0] + (column - part.target[0]) * across).astype(int) - here.column
    at_row = np.floor(part.source[1] + (row - part.target[1]) * down).astype(int) - here.row
    lacking[rows, columns] |= deeper[np.ix_(at_row.clip(0, here.height - 1), at_column.clip(0, here.width - 1))]


def _open_quietly(part: Part) -> gdal.Dataset | None:
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        return gdal.OpenEx(part.name, gdal.OF_RASTER, open_options=list(part.options))
    except RuntimeError:
        return None
    finally:
        gdal.PopErrorHandler()


def _moved(box: Box, start: Box, end: Box) -> Box:
    """Carry a rectangle over, as `start` is laid onto `end`."""
    across, down = end[2] / start[2] if start[2] else 0.0, end[3] / start[3] if start[3] else 0.0
    return (end[0] + (box[0] - start[0]) * across, end[1] + (box[1] - start[1]) * down, box[2] * across, box[3] * down)


def _outward(box: Box) -> Window:
    """Return the whole pixels that a rectangle touches, but for what rounding makes of it."""
    left, top = math.floor(box[0] + 1e-6), math.floor(box[1] + 1e-6)
    return Window(left, top, math.ceil(box[0] + box[2] - 1e-6) - left, math.ceil(box[1] + box[3] - 1e-6) - top)


def _slices(box: Box, window: Window, *, outward: bool) -> tuple[slice, slice]:
    """Return the rows and columns of a window's array that a rectangle touches, or that it fills."""
    if outward:
        whole = _outward(box)
    else:
        left, top = math.ceil(box[0] - 1e-6), math.ceil(box[1] - 1e-6)
        whole = Window(left, top, math.floor(box[0] + box[2] + 1e-6) - left, math.floor(box[1] + box[3] + 1e-6) - top)
    row, column = whole.row - window.row, whole.column - window.column
    return slice(max(row, 0), max(row + whole.height, 0)), slice(max(column, 0), max(column + whole.width, 0))
