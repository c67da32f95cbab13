"""From a probability raster to water bodies: pixels at or above a threshold, without small bodies, with small holes filled.

The raster is read and labelled in strips, as in `components`, so memory grows with the number of bodies, not of pixels. Labels are kept
in a raster on disk, which GDAL polygonizes.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr

from ..accuracy.thresholds import otsu_of_histogram
from ..errors import InputError, WaterError
from ..progress import SILENT, Progress, SubProgress, raise_if_cancelled
from ..raster.band_statistics import Statistics
from ..raster.collisions import refuse_collisions
from ..raster.creation_options import RasterKind
from ..raster.gdal_errors import GdalErrors, gdal_callback, read_through
from ..raster.geotiff import GeoTiffWriter, provenance
from ..raster.pixel_area import PixelAreas
from ..raster.probability_raster import ProbabilitySource
from ..raster.raster_file import RasterFile
from ..raster.source import open_raster
from ..raster.windows import read_windows, strips
from ..system.files import FileTransaction
from ..translation import tr
from .labels import TILE, BodyFinder, ExtractionSettings, labels_in
from .perimeter import Ruler
from .rings import RingFile, multipolygon

MASK_NODATA = 255
# Otsu's bins are centred on whole thousandths, so that percent fall into their middle.
_OTSU_BINS = 1001
_FLUSH_SHARE = 0.01
# Files in the temporary folder.
_PROVISIONAL, _LABELS, _OUTLINES = "provisional.tif", "labels.tif", "outlines.gpkg"


@dataclass(frozen=True)
class WaterBody:
    """One body of water.

    Attributes:
        wkb: its outline, a multipolygon in the raster's CRS.
        area: hectares on the CRS' ellipsoid, filled holes included.
        perimeter: metres on the ellipsoid, holes included.
        mean, minimum: probability of its pixels at or above the threshold.
    """

    wkb: bytes
    area: float
    perimeter: float
    mean: float
    minimum: float


class Extraction(contextlib.AbstractContextManager["Extraction"]):
    """Water bodies of a raster, kept in a temporary folder until they are read.

    Use as a context manager, which removes the folder.

    Attributes:
        threshold: that was used.
        area: of each body, hectares, shape (bodies,), in the order of their first pixels.
        mean, minimum: probability of each body, likewise.
    """

    def __init__(
        self,
        raster: str | RasterFile,
        folder: tempfile.TemporaryDirectory[str],
        threshold: float,
        measures: Sequence[np.ndarray],
        rings: RingFile | None,
    ) -> None:
        self._raster, self._folder, self.threshold, self._rings = raster, folder, threshold, rings
        self.area, self.mean, self.minimum = measures

    def __len__(self) -> int:
        return len(self.area)

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def bodies(self) -> Iterator[WaterBody]:
        """Yield the bodies, in the order of their first pixels; raise RasterError if the outlines can't be read back."""
        ruler = Ruler(ProbabilitySource(self._raster).grid.crs)
        outlines = self._pixel_outlines(ruler)
        if self._rings is not None:
            outlines = ((multipolygon(lines), sum(map(ruler.length, lines))) for lines in self._rings.polygons(len(self)))
        for (wkb, perimeter), area, mean, minimum in zip(outlines, self.area, self.mean, self.minimum):
            yield WaterBody(wkb, float(area), perimeter, float(mean), float(minimum))

    def _pixel_outlines(self, ruler: Ruler) -> Iterator[tuple[bytes, float]]:
        """Yield the outline of each body along pixel edges, as WKB, and its perimeter."""
        what = tr("The outlines can't be read back")
        with GdalErrors(what) as errors:
            dataset = errors.check(gdal.OpenEx(str(Path(self._folder.name, _OUTLINES)), gdal.OF_VECTOR))
            layer = errors.check(dataset.ExecuteSQL("SELECT * FROM outlines ORDER BY label, fid"))
        for _, parts in groupby(read_through(layer, what), lambda feature: feature["label"]):
            # Parts that only share corners are separate polygons: as one, their outline would cross itself.
            outline = ogr.Geometry(ogr.wkbMultiPolygon)
            for feature in parts:
                outline.AddGeometry(feature.GetGeometryRef())
            yield bytes(outline.ExportToWkb()), ruler.perimeter(outline)

    @contextlib.contextmanager
    def mask(self, destination: Path, progress: Progress = SILENT, transaction: FileTransaction | None = None) -> Iterator[None]:
        """Write a GeoTIFF of the bodies: 1 water, 0 not water, 255 NoData where the probability is unknown and no hole was filled.

        Use as a context manager: the mask appears at its destination when the context or the transaction ends, or not at all if that fails.

        Args:
            destination: a .tif file; an existing one is replaced once the new one is complete.
            transaction: publishes the mask together with its other files; None = at the end of the context.

        Raises:
            InputError: the destination is the probability raster itself.
            RasterError: it can't be written; what stood there before is untouched.
        """
        refuse_collisions([destination], [self._raster])
        source = ProbabilitySource(self._raster)
        labels = labels_in(Path(self._folder.name, _LABELS))
        kind, statistics = RasterKind(gdal.GDT_Byte, MASK_NODATA, "water"), Statistics()
        with GeoTiffWriter(destination, source.grid, kind, (TILE, TILE)) as writer:
            for window, (_, valid) in read_windows(source, progress, strips(source.grid, source.block, TILE)):
                mask = (labels.read(window)[0][0] > 0).astype(np.uint8)
                if valid is not None:
                    mask[(mask == 0) & ~valid] = MASK_NODATA
                writer.write(window, mask)
                statistics += Statistics.from_values(mask[mask != MASK_NODATA])
            metadata = {key: value for key, value in provenance(self._raster).items() if key != "THRESHOLD"}
            writer.close(statistics, {**metadata, "THRESHOLD_USED": repr(self.threshold)})
            yield
            writer.place(transaction)


def extract(
    raster: str | RasterFile, settings: ExtractionSettings | None = None, progress: Progress = SILENT, folder: str | None = None
) -> Extraction:
    """Find the water bodies of a probability raster.

    Args:
        raster: p(water) as fractions, or as percent with a declared scale; any GDAL name.
        settings: threshold, and what counts as a body.
        folder: parent of the temporary folder; None = the system's default.

    Raises:
        RasterError: the raster can't be read, or temporary files can't be written.
        InputError: its values aren't probabilities, it has no CRS or no recommended threshold, or Otsu's method can't separate its
            values.
        CancelledError: the caller cancelled; nothing is left behind.
    """
    settings = settings or ExtractionSettings()
    raise_if_cancelled(progress)
    source = ProbabilitySource(raster)
    areas = PixelAreas.from_grid(source.grid, ellipsoidal=True)
    share = 0.2 if settings.method == "otsu" else 0.0
    threshold = _threshold(source, settings, SubProgress(progress, 0.0, share))
    place = tempfile.TemporaryDirectory(prefix="ipeo-water-", dir=folder)
    provisional, labels, outlines = (Path(place.name, name) for name in (_PROVISIONAL, _LABELS, _OUTLINES))
    steps = [share + step * (1 - share) for step in (0.0, 0.5, 0.7, 1.0)]
    to_label, to_resolve, to_draw = (SubProgress(progress, *ends) for ends in zip(steps, steps[1:]))
    try:
        finder = BodyFinder(source, areas, threshold, settings)
        finder.label(provisional, to_label)
        measures = finder.resolve(provisional, labels, to_resolve)
        provisional.unlink()
        rings = None
        if settings.shore == "smooth":
            rings = RingFile(outlines, source.grid)
            finder.draw(labels, rings, to_draw)
        else:
            _polygonize(labels, outlines, to_draw)
    except BaseException:
        place.cleanup()
        raise
    text = tr("Water bodies: {count}, with a total area of {area:.6g} ha, at p ≥ {threshold:.4g}.")
    progress.info(text.format(count=len(measures[0]), area=measures[0].sum(), threshold=threshold))
    if not len(measures[0]):
        progress.warn(tr("There is no water body: no valid pixel reaches the threshold, or all bodies are smaller than the minimum area."))
    return Extraction(raster, place, threshold, measures, rings)


def _threshold(source: ProbabilitySource, settings: ExtractionSettings, progress: Progress) -> float:
    if settings.method == "fixed":
        return settings.threshold
    if settings.method == "otsu":
        return _otsu(source, progress)
    try:
        threshold = float(provenance(source.path).get("THRESHOLD", ""))
    except ValueError:
        threshold = np.nan
    if not 0 <= threshold <= 1:
        msg = tr(
            "{path} has no recommended threshold: its model has none, or another program wrote it. Train with held-out training areas and "
            "predict again, or choose the method fixed or otsu."
        ).format(path=source.path)
        raise InputError(msg)
    return threshold


def _otsu(source: ProbabilitySource, progress: Progress) -> float:
    counts = np.zeros(_OTSU_BINS, np.int64)
    for _, (values, valid) in read_windows(source, progress, strips(source.grid, source.block, TILE)):
        chosen = values.reshape(-1) if valid is None else values[valid]
        # In place and in single precision, which is accurate enough for thousandths.
        counts += np.bincount(np.rint(chosen * np.float32(_OTSU_BINS - 1)).astype(np.intp), minlength=_OTSU_BINS)
    threshold = otsu_of_histogram(counts, (np.arange(_OTSU_BINS + 1) - 0.5) / (_OTSU_BINS - 1))
    if threshold is None:
        msg = tr("Otsu's method separates two groups of pixels, but {path} holds only one probability or none: choose the method fixed.")
        raise InputError(msg.format(path=source.path))
    return threshold


def _polygonize(labels: Path, destination: Path, progress: Progress) -> None:
    """Polygonize all labels above 0."""
    raster, flushed = open_raster(str(labels)), 0.0
    try:
        with gdal_callback(progress) as report, GdalErrors(tr("The outlines can't be drawn")) as errors:

            def flushing(fraction: float, message: str, data: object) -> int:
                nonlocal flushed
                if fraction - flushed > _FLUSH_SHARE:
                    # Otherwise GDAL's cache grows to the whole raster.
                    raster.FlushCache()
                    flushed = fraction
                return report(fraction, message, data)

            dataset = errors.check(ogr.GetDriverByName("GPKG").CreateDataSource(str(destination)))
            layer = errors.check(dataset.CreateLayer("outlines", None, ogr.wkbPolygon, options=["SPATIAL_INDEX=NO"]))
            errors.check(layer.CreateField(ogr.FieldDefn("label", ogr.OFTInteger)))
            band = raster.GetRasterBand(1)
            errors.check(layer.StartTransaction())
            # With 8-connectedness, outlines would cross themselves at corners.
            errors.check(gdal.Polygonize(band, band, layer, 0, [], callback=flushing))
            errors.check(layer.CommitTransaction())
            layer = dataset = None
    except WaterError:
        # The exception's frames would keep the file open, whose folder is about to be removed.
        layer = dataset = None
        raise
