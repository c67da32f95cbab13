"""What lies behind a virtual raster: GDAL believes what its file says of a source, and reads zeros where the source lacks it."""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, gdal_array

from ..errors import RasterError
from ..grid import HUGE_BLOCK, Window
from ..translation import tr
from .completeness import FileState, gaps, has_gaps
from .gdal_errors import GdalErrors
from .validity import as_pixel_value, marks_gaps, mask_bands, masked, nodata_values

# Sources that are kept open to be asked again: those of a window, not those of a mosaic of thousands.
_KEPT_OPEN = 16
# Virtual rasters within one that are read for the files behind them before the work; of a mosaic of more, each when a window needs it.
_LOOKED_INTO = 256
# Sources of a band that are asked what they hide, for a warning.
_ASKED = 16

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Part:
    """A rectangle of a source that fills one of the virtual raster; both are column, row, width and height.

    Attributes:
        name, options: by which GDAL opens the source.
        band: of the source; None for a mask.
        size: width and height that the virtual raster believes the source to have, or None.
        source, target: the rectangles.
        nodata: pixels of this value leave what lies beneath.
        masked: so do pixels that the source masks.
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
class VirtualBand:
    """The parts of a virtual raster's band, the uppermost last; `computed` where a pixel function makes one value of them all."""

    parts: tuple[Part, ...]
    computed: bool


def virtual_bands(dataset: gdal.Dataset) -> dict[int, VirtualBand]:
    """Return the bands of a virtual raster by number; nothing for any other raster."""
    if dataset.GetDriver().ShortName != "VRT":
        return {}
    return _bands(*_read(dataset), (0.0, 0.0, float(dataset.RasterXSize), float(dataset.RasterYSize)))


def _bands(tree: list, folder: str, size: Box) -> dict[int, VirtualBand]:
    bands = {}
    # A declaration or a comment before it puts another node around.
    root = tree if tree[1] == "VRTDataset" else next(_children(tree, "VRTDataset"), [])
    for number, band in enumerate(_children(root, "VRTRasterBand"), start=1):
        parts = tuple(_part(node, folder, size) for node in _children(band) if any(_children(node, "SourceFilename")))
        bands[number] = VirtualBand(parts, _attribute(band, "subClass") == "VRTDerivedRasterBand")
    return bands


def _read(dataset: gdal.Dataset) -> tuple[list, str]:
    """Return a virtual raster's XML tree, and the folder that its relative names start from."""
    name = dataset.GetDescription()
    with GdalErrors(tr("The virtual raster can't be read")) as errors:
        # What GDAL itself says of an opened one leaves out the sizes of sources that it hasn't opened yet.
        return errors.check(gdal.ParseXMLString(_document(name) or (dataset.GetMetadata("xml:VRT") or [""])[0])), _folder(name)


def _folder(name: str) -> str:
    return os.path.dirname(os.path.realpath(name) if os.path.islink(name) else name)  # noqa: PTH114, PTH120 - may be a path of GDAL's own


def file_state(dataset: gdal.Dataset) -> FileState:
    """Return the state of the files behind a dataset, also of those behind a virtual raster within a virtual raster."""
    return FileState(dataset, files_within(dataset) if dataset.GetDriver().ShortName == "VRT" else ())


def files_within(dataset: gdal.Dataset) -> Iterator[str]:
    """Yield the files that a virtual raster names, its sources' masks among them, and those that virtual rasters within it name."""
    waiting, known = [_read(dataset)], set()
    looked_into = 0
    while waiting:
        tree, folder = waiting.pop()
        for name in _named(tree, folder):
            if name in known:
                continue
            known.add(name)
            yield from (name, f"{name}.msk")
            inner = _within(name) if looked_into < _LOOKED_INTO else None
            if inner is not None:
                looked_into += 1
                waiting.append((inner, _folder(name)))


def _taken(bands: dict[int, VirtualBand], numbers: Sequence[int]) -> dict[str, set[int]]:
    """Return the bands of each file that the inputs come from, also through virtual rasters within the virtual raster."""
    taken: dict[str, set[int]] = {}
    trees: dict[str, dict[int, VirtualBand]] = {}
    waiting = [part for number in numbers if number in bands for part in bands[number].parts]
    while waiting:
        part = waiting.pop()
        of_file = taken.setdefault(part.name, set())
        if part.band is None or part.band in of_file:
            continue
        of_file.add(part.band)
        if part.name not in trees:
            inner = _within(part.name) if len(trees) < _LOOKED_INTO and not part.name.startswith("/vsi") else None
            trees[part.name] = {} if inner is None else _bands(inner, _folder(part.name), (0.0, 0.0, 1.0, 1.0))
        waiting.extend(trees[part.name][part.band].parts if part.band in trees[part.name] else ())
    return taken


def _within(name: str) -> list | None:
    """Return the tree of a source that is a virtual raster itself."""
    if name.startswith("<"):
        return _parsed(name)
    return _parsed(_document(name)) if name.lower().endswith(".vrt") else None


def _parsed(document: str) -> list | None:
    """Return the tree of a document; a damaged one is told of where it is read."""
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        return gdal.ParseXMLString(document) if document else None
    except RuntimeError:
        return None
    finally:
        gdal.PopErrorHandler()


def _named(node: Sequence, folder: str) -> Iterator[str]:
    """Yield the sources that a tree names anywhere: of bands, masks, warped and pansharpened rasters."""
    for child in _children(node):
        if child[1] in {"SourceFilename", "SourceDataset"}:
            yield _source_name(child, folder)
        else:
            yield from _named(child, folder)


def _source_name(node: Sequence, folder: str) -> str:
    name = _text(node).removeprefix("vrt://").partition("?")[0] if _text(node).startswith("vrt://") else _text(node)
    return os.path.join(folder, name) if _attribute(node, "relativeToVRT") == "1" else name  # noqa: PTH118 - may be a path of GDAL's own


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
        nodata=_number(_text(next(_children(node, "NODATA"), []))),
        masked=_text(next(_children(node, "UseMaskBand"), [])).lower() == "true",
    )


def _box(node: list, otherwise: Box) -> Box:
    try:
        left, top, width, height = (float(_attribute(node, key)) for key in ("xOff", "yOff", "xSize", "ySize"))
    except ValueError:
        return otherwise
    return left, top, width, height


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _children(node: Sequence, name: str | None = None) -> Iterator[list]:
    """Yield the elements in a node of GDAL's XML tree: [type, text, child, child…]."""
    return (child for child in node[2:] if child[0] == gdal.CXT_Element and name in {None, child[1]})


def _attribute(node: Sequence, name: str) -> str:
    return next((_text(child) for child in node[2:] if child[0] == gdal.CXT_Attribute and child[1] == name), "")


def _text(node: Sequence) -> str:
    return "".join(child[1] for child in node[2:] if child[0] == gdal.CXT_Text)


@dataclass(eq=False)
class _Opened:
    """A source that is open: its dataset, where it can be opened apart, and by band what it masks and what lies behind it."""

    dataset: gdal.Dataset | None
    bands: dict[int, _Asked]


@dataclass(frozen=True, eq=False)
class _Asked:
    """A band of a source.

    Attributes:
        dataset, band: that it belongs to, and itself.
        masks: bands that are 0 where it isn't valid.
        special: values that its file calls NoData in metadata alone, which a virtual raster over it loses.
        behind: what lies behind it where it is virtual too.
    """

    dataset: gdal.Dataset
    band: gdal.Band
    masks: tuple[gdal.Band, ...]
    special: tuple[float, ...]
    behind: VrtSources | None


@dataclass(frozen=True, eq=False)
class _Own:
    """A band of the virtual raster: its parts, their targets, and the NoData values that it knows; `marks` where one fills its gaps."""

    parts: tuple[Part, ...]
    computed: bool
    targets: np.ndarray
    nodata: tuple[float, ...]
    marks: bool


class VrtSources:
    """The sources of some bands of a virtual raster, for one thread: whether they have what the raster takes from them.

    What the virtual raster says counts: its mask and alpha for its sources', its NoData value, and that it has none. What it merely
    lost is asked of the sources: masks and alpha, NoData values that stand in their metadata alone, and what was never written.
    """

    def __init__(
        self,
        dataset: gdal.Dataset,
        numbers: Sequence[int],
        watched: FileState | None = None,
        inputs: Sequence[int] | None = None,
        taken: dict[str, set[int]] | None = None,
    ) -> None:
        """Read where each source lies; none is opened before a window asks for it.

        Args:
            dataset: the virtual raster.
            numbers: its bands that are asked about.
            watched: files that are looked after already.
            inputs: all of its bands that are inputs, if that is more: none of them is taken for alpha.
            taken: by file, the bands that inputs come from, where a virtual raster over this one knows.
        """
        found = virtual_bands(dataset)
        self._taken = _taken(found, numbers) if taken is None else taken
        self._masked = bool(mask_bands(dataset, numbers, inputs))
        self._bands = [_own(dataset, number, found[number]) for number in numbers if number in found]
        self._open: OrderedDict[tuple, _Opened] = OrderedDict()
        self._watched = watched
        self._states: dict[tuple, FileState] = {}

    def absent(self, window: Window, doing: str) -> np.ndarray | None:
        """Return where a source was never written or isn't valid, or None where all is: bool, shape (height, width).

        Raises:
            RasterError: a source is smaller than the virtual raster believes, was changed, or can't be read; the message begins
                with `doing`.
        """
        nothing = np.zeros((window.height, window.width), bool)
        asked: dict[tuple, None] = {}
        for own in self._bands:
            left, top, width, height = own.targets.T
            columns = (left < window.column + window.width) & (left + width > window.column)
            rows = (top < window.row + window.height) & (top + height > window.row)
            lacking, seen = np.zeros_like(nothing), np.zeros_like(nothing)
            for index in np.flatnonzero(columns & rows).tolist():
                part = own.parts[index]
                self._look(part, own, window, lacking, seen, doing)
                asked[part.name, part.options] = None
            nothing |= lacking
        for key in asked:
            if key in self._states:
                self._states[key].check(doing)
        return nothing if nothing.any() else None

    def check(self, doing: str) -> None:
        """Look again at the files of all sources that were opened.

        Raises:
            RasterError: one was written anew or removed; the message begins with `doing`.
        """
        for state in self._states.values():
            state.check(doing)
        for asked in (asked for opened in self._open.values() for asked in opened.bands.values()):
            if asked.behind is not None:
                asked.behind.check(doing)

    def block(self, own: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the blocks that are decoded: the virtual raster's own, or those of its first source, where they are larger.

        Only such count as hold more than a window: others are few enough to stay in memory.
        """
        for band in self._bands[:1]:
            part = next(iter(band.parts), None)
            dataset = None if part is None or part.source[2:] != part.target[2:] else self._open_or_find(part).dataset
            if part is None or dataset is None or part.band is None or part.band > dataset.RasterCount:
                continue
            asked = self._asked(part)
            width, height = asked.band.GetBlockSize()
            width, height = (width, height) if asked.behind is None else asked.behind.block((width, height))
            if width * height > own[0] * own[1] and width * height > HUGE_BLOCK:
                return width, height
        return own

    def input_taken_for_alpha(self, doing: str) -> int | None:
        """Return the number of a source's band that is an input and alpha by its file, so that GDAL reads 0 in the others where it is 0.

        Raises:
            RasterError: a source is smaller than the virtual raster believes; the message begins with `doing`.
        """
        for part in (part for own in self._bands for part in own.parts[:_ASKED]):
            asked = self._opened(part, doing)
            if asked is None:
                continue
            if part.masked and asked.band.GetMaskFlags() & gdal.GMF_ALPHA:
                # GDAL takes the last band for alpha.
                if asked.dataset.RasterCount in self._taken.get(part.name, ()):
                    return int(asked.dataset.RasterCount)
            elif asked.behind is not None and (deeper := asked.behind.input_taken_for_alpha(doing)) is not None:
                return deeper
        return None

    def _first(self, doing: str) -> Iterator[tuple[_Own, Part, _Asked]]:
        """Yield the first sources of each band, as far as they can be opened apart."""
        for own in self._bands:
            for part in own.parts[:_ASKED]:
                asked = self._opened(part, doing)
                if asked is not None:
                    yield own, part, asked

    def has_hidden_nodata(self, doing: str) -> bool:
        """Return whether sources mask pixels, or name NoData values, that the virtual raster itself doesn't; the first of them are asked.

        Raises:
            RasterError: a source is smaller than the virtual raster believes; the message begins with `doing`.
        """
        for own, part, asked in self._first(doing):
            lost = asked.masks and not self._masked and not (part.masked and own.marks)
            if lost or set(asked.special) - set(own.nodata) or (asked.behind is not None and asked.behind.has_hidden_nodata(doing)):
                return True
        return False

    def has_hidden_gaps(self, doing: str) -> bool:
        """Return whether sources lack tiles that don't show as NoData of the virtual raster; the first of them are asked.

        Raises:
            RasterError: a source is smaller than the virtual raster believes; the message begins with `doing`.
        """
        for own, part, asked in self._first(doing):
            value = asked.band.GetNoDataValue()
            shows = marks_gaps(asked.band, _numeric(asked.band)) and (value in own.nodata or (own.marks and part.nodata == value))
            if (not shows and has_gaps(asked.band)) or (asked.behind is not None and asked.behind.has_hidden_gaps(doing)):
                return True
        return False

    def _look(self, part: Part, own: _Own, window: Window, lacking: np.ndarray, seen: np.ndarray, doing: str) -> None:
        """Mark in `lacking` what one source lacks, and unmark what it covers; `seen` is what any source up to here covers."""
        asked = self._opened(part, doing)
        filled = _slices(part.target, window, outward=False)
        see_through = part.nodata is not None or part.masked
        here = None
        if asked is not None:
            wanted = _moved((window.column, window.row, window.width, window.height), part.target, part.source)
            here = _outward(wanted).intersection(_outward(part.source))
            here = here and here.intersection(Window(0, 0, asked.dataset.RasterXSize, asked.dataset.RasterYSize))
        if asked is None or here is None:
            if not see_through and not own.computed:
                lacking[filled], seen[filled] = False, True
            return
        place = _Place(part, window, here)
        hollow = self._hollow(asked, own, part, place, doing)
        # Where all that is transparent shows as the virtual raster's own NoData value or mask, it needn't be looked for.
        shows = own.marks or (self._masked and part.nodata is None)
        if not see_through:
            if not own.computed:
                lacking[filled], seen[filled] = False, True
        elif not shows or lacking[filled].any():
            clear = _transparent(asked, part, place, doing)
            there = place.target
            lacking[there] = np.where(clear, lacking[there] | (own.computed | ~seen[there]), lacking[there] & own.computed)
            seen[there] |= ~clear
            hollow = None if hollow is None else hollow & ~clear
        if hollow is not None:
            lacking[place.target] |= hollow
        # Tiles that were never written read as the source's NoData value, which is let through like any other pixel of that value.
        if part.nodata is None or part.nodata != asked.band.GetNoDataValue() or not marks_gaps(asked.band, _numeric(asked.band)):
            for gap in gaps(asked.band, here):
                box = _moved((gap.column, gap.row, gap.width, gap.height), part.source, part.target)
                lacking[_slices(box, window, outward=True)] = True

    def _hollow(self, asked: _Asked, own: _Own, part: Part, place: _Place, doing: str) -> np.ndarray | None:
        """Return which pixels of the target the source masks, or its metadata call NoData, where the virtual raster lost that."""
        found = []
        with GdalErrors(doing) as errors:
            if asked.masks and not self._masked and not part.masked:
                found.append(masked(asked.masks, place.box, place.shape, errors))
            values = [value for value in asked.special if value not in own.nodata]
            if values:
                found.append(_equal(asked.band, values, place, errors))
        taken = [place.take(array) for array in found if array is not None]
        deeper = None if asked.behind is None else asked.behind.absent(place.here, doing)
        if deeper is not None:
            taken.append(place.take(deeper))
        return np.logical_or.reduce(taken) if taken else None

    def _opened(self, part: Part, doing: str) -> _Asked | None:
        """Open a source, or find it open. One that can't be opened apart is left to GDAL, which reads it otherwise, or says so."""
        dataset = self._open_or_find(part).dataset
        if dataset is None:
            return None
        if part.size is not None:
            width, height = dataset.RasterXSize, dataset.RasterYSize
            if width < part.size[0] or height < part.size[1]:
                msg = tr(
                    "{doing}: {name} has {width} × {height} pixels, and {full_width} × {full_height} when the virtual raster over it was "
                    "built. Build the virtual raster anew."
                ).format(doing=doing, name=part.name, width=width, height=height, full_width=part.size[0], full_height=part.size[1])
                raise RasterError(msg)
        if part.band is None or part.band > dataset.RasterCount:
            return None
        return self._asked(part)

    def _open_or_find(self, part: Part) -> _Opened:
        key = (part.name, part.options)
        if key in self._open:
            self._open.move_to_end(key)
        else:
            self._open[key] = _Opened(_open_quietly(part), {})
            if self._open[key].dataset is not None and key not in self._states:
                self._states[key] = file_state(self._open[key].dataset).beyond(self._watched)
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        return self._open[key]

    def _asked(self, part: Part) -> _Asked:
        """Return what is known of the band that a part takes, of a source that can be opened and has it."""
        opened, number = self._open_or_find(part), int(part.band or 1)
        if number not in opened.bands:
            opened.bands[number] = self._ask(opened.dataset, part)
        return opened.bands[number]

    def _ask(self, dataset: gdal.Dataset, part: Part) -> _Asked:
        number = int(part.band or 1)
        band = dataset.GetRasterBand(number)
        inputs = [n for n in self._taken.get(part.name, {number}) if n <= dataset.RasterCount]
        virtual = dataset.GetDriver().ShortName == "VRT"
        behind = VrtSources(dataset, [number], self._watched, inputs, self._taken) if virtual else None
        special = tuple(value for value in nodata_values(dataset, number) if value != band.GetNoDataValue())
        return _Asked(dataset, band, tuple(mask_bands(dataset, [number], inputs)), special, behind)


def _own(dataset: gdal.Dataset, number: int, found: VirtualBand) -> _Own:
    band = dataset.GetRasterBand(number)
    targets = np.array([part.target for part in found.parts]).reshape(-1, 4)
    return _Own(found.parts, found.computed, targets, nodata_values(dataset, number), marks_gaps(band, _numeric(band)))


def _numeric(band: gdal.Band) -> np.dtype:
    return np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(band.DataType) or np.float64)


def _transparent(asked: _Asked, part: Part, place: _Place, doing: str) -> np.ndarray:
    """Return which pixels of the target a source lets through: bool, of the shape of the target."""
    clear = np.zeros(place.shape, bool)
    with GdalErrors(doing) as errors:
        if part.nodata is not None:
            clear |= _equal(asked.band, [part.nodata], place, errors)
        hidden = masked(asked.masks, place.box, place.shape, errors) if part.masked else None
        if hidden is not None:
            clear |= hidden
    return place.take(clear)


def _equal(band: gdal.Band, values: Sequence[float], place: _Place, errors: GdalErrors) -> np.ndarray:
    """Return which pixels of a source have one of the values."""
    array = np.empty(place.shape, _numeric(band))
    errors.check(band.ReadRaster(*place.box, buf_xsize=place.shape[1], buf_ysize=place.shape[0], buf_obj=array))
    found = np.zeros(place.shape, bool)
    for value in values:
        fitting = as_pixel_value(value, array.dtype)
        found |= np.isnan(array) if math.isnan(value) else (array == fitting) if fitting is not None else False
    return found


class _Place:
    """Where some pixels of a source lie in a window of the virtual raster, each of the window's as the one its centre falls into.

    Attributes:
        here: the pixels of the source.
        box: the same, as GDAL has it.
        shape: to read them in, (height, width): not much finer than the window.
        target: rows and columns of the window that they touch.
    """

    def __init__(self, part: Part, window: Window, here: Window) -> None:
        """Lay them on the window."""
        self.here, self.box = here, (here.column, here.row, here.width, here.height)
        self.shape = (min(here.height, 2 * window.height), min(here.width, 2 * window.width))
        rows, columns = self.target = _slices(_moved(self.box, part.source, part.target), window, outward=True)
        column, row = np.arange(window.width)[columns] + window.column + 0.5, np.arange(window.height)[rows] + window.row + 0.5
        across, down = part.source[2] / part.target[2], part.source[3] / part.target[3]
        self._column = part.source[0] + (column - part.target[0]) * across - here.column
        self._row = part.source[1] + (row - part.target[1]) * down - here.row

    def take(self, array: np.ndarray) -> np.ndarray:
        """Return the values of the target's pixels: shape (rows, columns) of `target`."""
        height, width = array.shape
        row = np.floor(self._row * (height / self.here.height)).astype(int).clip(0, height - 1)
        column = np.floor(self._column * (width / self.here.width)).astype(int).clip(0, width - 1)
        return np.asarray(array[np.ix_(row, column)])


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
