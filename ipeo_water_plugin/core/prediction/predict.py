"""Water probability of a whole raster: worker threads read and compute windows ahead, and the calling thread writes them in order."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..bands import BandRoles
from ..errors import InputError
from ..grid import Grid, Layout, Window
from ..model import WaterModel, at_least, rounded
from ..progress import SILENT, Progress, SubProgress, raise_if_cancelled
from ..raster.band_statistics import Statistics
from ..raster.collisions import refuse_collisions
from ..raster.creation_options import RasterKind, chosen_tile
from ..raster.describe import acquisition_date
from ..raster.geotiff import GeoTiffWriter, check_options
from ..raster.pixel_area import PixelAreas, ellipsoidal_areas
from ..raster.raster_file import RasterFile
from ..raster.source import Source, open_raster
from ..raster.validity import fill_advice, fill_value
from ..raster.windows import Reopenable, TileRows, read_windows
from ..sampling.longitudes import Longitudes
from ..system.files import FileTransaction
from ..system.redaction import redacted
from ..translation import tr
from .adapt import adapt_model
from .mask import Mask

# Of the band of a probability raster, by which others know it.
DESCRIPTION = "water probability"

NODATA = {"float32": -9999.0, "uint8": 255.0}

# Pixels of the image that are kept, evenly spread: enough to count those outside the range seen in training, and to score the map.
_KEPT = 50_000
_OUTSIDE_WARNING = 0.05
_FILL_WARNING = 0.001


@dataclass(frozen=True)
class PredictionSettings:
    """How a probability raster is made.

    Attributes:
        data_type: `float32` (0…1 in steps of 2⁻¹⁷, NoData −9999) or `uint8` (percent, scale 0.01 declared, NoData 255).
        format: `gtiff` or `cog`.
        creation_options: GDAL's, KEY=VALUE; they override the defaults.
        extent: xmin, ymin, xmax, ymax in the raster's CRS, longitudes from any meridian; cropped outward to whole pixels.
        mask_raster: pixels are kept where it is valid and not 0; any grid and CRS.
        mask_shapes: polygons as WKB in the raster's CRS; pixels are kept if their centre lies inside one.
    """

    data_type: str = "float32"
    format: str = "gtiff"
    creation_options: tuple[str, ...] = ()
    extent: tuple[float, float, float, float] | None = None
    mask_raster: str | RasterFile | None = None
    mask_shapes: tuple[bytes, ...] | None = None

    def __post_init__(self) -> None:
        """Raise InputError if a choice isn't known."""
        if self.data_type not in NODATA or self.format not in {"gtiff", "cog"}:
            msg = tr("Data type {data_type} as {format} isn't known: choose float32 or uint8, gtiff or cog.")
            raise InputError(msg.format(data_type=self.data_type, format=self.format))
        # Fail before hours of work, not after.
        check_options(self.kind, self.creation_options, cog=self.format == "cog")

    def tile(self, width: int) -> tuple[int, int] | None:
        """Width and height of the tiles or strips that the creation options set for a raster of this width; None = any.

        The COG driver converts a finished GeoTIFF, whose own tiles don't matter.
        """
        return chosen_tile(self.kind, width, self.creation_options) if self.format == "gtiff" else None

    @property
    def kind(self) -> RasterKind:
        """Data type, NoData value, description and scale of the raster."""
        if self.data_type == "uint8":
            return RasterKind(gdal.GDT_Byte, NODATA["uint8"], DESCRIPTION, 0.01)
        return RasterKind(gdal.GDT_Float32, NODATA["float32"], DESCRIPTION)


@dataclass(frozen=True)
class Prediction:
    """Result of a prediction.

    Attributes:
        path: the raster; inside a transaction, the temporary file that will become it.
        valid, invalid: number of pixels with and without a probability.
        mean: mean probability of the valid pixels; None if there are none.
        outside: share of the valid pixels with a value outside the range seen in training, estimated from `pixels`.
        fill: value that many of the valid pixels hold in every band, as `fill_value` finds it in `pixels`, and the share of these.
        pixels: raw values of valid pixels evenly spread over the image, one array of shape (pixels,) for each input.
        hectares: of water at the model's threshold, or at 0.5 if it recommends none; None if not asked for, or if
            the area of pixels is unknown.
    """

    path: Path
    valid: int
    invalid: int
    mean: float | None
    outside: float
    fill: tuple[float, float] = (0.0, 0.0)
    pixels: tuple[np.ndarray, ...] = ()
    hectares: float | None = None


def predict(
    raster: str | RasterFile,
    roles: BandRoles,
    model: WaterModel,
    destination: str | os.PathLike[str],
    settings: PredictionSettings | None = None,
    progress: Progress = SILENT,
    metadata: Mapping[str, str] | None = None,
    transaction: FileTransaction | None = None,
    *,
    window: Window | None = None,
    threads: int | None = None,
    hectares: bool = False,
) -> Prediction:
    """Write the probability of water in every pixel.

    Args:
        raster: the image: a GDAL name, or a file with what its layer sets.
        roles: its bands, named as the model's inputs.
        model: in raw pixel units of its training image.
        destination: a .tif file; replaced once the new one is complete.
        settings: type, format, extent, mask.
        metadata: further entries of the result's domain IPEO_WATER, besides model, source and threshold.
        transaction: puts the raster in place together with other files; None = at once.
        window: pixels of the raster to predict, in place of an extent; None = the extent, or all.
        threads: threads that read and compute, and that compress; None = one per processor.
        hectares: also measure the water.

    Raises:
        ModelError: bands and inputs of the model don't agree.
        InputError: extent or mask lies outside the raster, a setting is wrong, or the destination is one of the files read.
        CancelledError: the caller cancelled; nothing is left behind.
    """
    settings, destination = settings or PredictionSettings(), Path(destination)
    raise_if_cancelled(progress)
    refuse_collisions([destination], [raster] if settings.mask_raster is None else [raster, settings.mask_raster])
    source = Source(raster, roles)
    area = window or (source.grid.window if settings.extent is None else _inside(source.grid, settings.extent, progress))
    adapted = adapt_model(model, roles, source, progress)
    areas = ellipsoidal_areas(source.grid) if hectares else None
    predictor = Predictor(source, adapted, settings, max(math.isqrt(area.pixels // _KEPT), 1), areas)
    layout = Layout.from_blocks(area, source.block, settings.tile(area.width), source.block_start)
    grid = source.grid.crop(area)
    writer = GeoTiffWriter(
        destination,
        grid,
        settings.kind,
        layout.tile,
        cog=settings.format == "cog",
        options=(*([] if threads is None else [f"NUM_THREADS={threads}"]), *settings.creation_options),
        # Ground control points name pixels of the whole image.
        like=open_raster(raster) if area == source.grid.window else None,
    )
    # Converting the result to a Cloud Optimized GeoTIFF takes about as long as computing it.
    share = 0.5 if settings.format == "cog" else 1.0
    rows = TileRows(grid, layout)
    statistics, kept, measured = Statistics(), [], 0.0
    with writer, closing(read_windows(predictor, SubProgress(progress, 0.0, share), layout.windows(area), threads)) as parts:
        for place, part in parts:
            for at, values in rows.add(place.within(area), part.values):
                writer.write(at, values)
            statistics += part.statistics
            kept += [part.pixels] if part.pixels else []
            measured += part.hectares
        # No thread has looked at the files since its last window.
        source.check_unchanged()
        entries = {**result_metadata(model, raster, source.dataset), **(metadata or {})}
        temporary = writer.close(statistics, entries, SubProgress(progress, share, 1.0))
        # From here on nothing can be cancelled.
        raise_if_cancelled(progress)
        writer.place(transaction)
    pixels = tuple(map(np.concatenate, zip(*kept)))
    prediction = Prediction(
        path=destination if transaction is None else temporary,
        valid=statistics.count,
        invalid=area.pixels - statistics.count,
        mean=None if statistics.mean is None else statistics.mean * (settings.kind.scale or 1.0),
        outside=_outside(pixels, adapted),
        fill=fill_value(pixels),
        pixels=pixels,
        hectares=None if areas is None else measured,
    )
    progress.set(1.0)
    report(prediction, adapted, progress)
    return prediction


def _inside(grid: Grid, extent: tuple[float, float, float, float], progress: Progress) -> Window:
    """Return the pixels of an extent, whichever meridian its longitudes are counted from."""
    left, bottom, right, top = extent
    longitudes = Longitudes.from_grid(grid)
    if longitudes is not None:
        left, right = longitudes.moved(left, right)
    window = grid.window_of((left, bottom, right, top))
    own, margin = grid.extent, max(grid.pixel_size or (0.0,))
    if max(own[0] - left, own[1] - bottom, right - own[2], top - own[3]) > margin:
        progress.info(tr("The extent reaches beyond the image: the result covers the part inside."))
    return window


@dataclass(frozen=True)
class PredictedWindow:
    """A window of the result.

    Attributes:
        values: as stored, shape (height, width).
        statistics: of the valid values.
        pixels: raw values of valid pixels in evenly spread rows and columns of the image, one array for each input.
        hectares: of water; 0 if not measured.
    """

    values: np.ndarray
    statistics: Statistics
    pixels: tuple[np.ndarray, ...] = ()
    hectares: float = 0.0


class Predictor(Reopenable):
    """Reads and computes windows of a raster, in one thread.

    Args:
        source: the bands of the image.
        model: for this image's raw values, as `adapt_model` returns it.
        settings: data type and mask.
        stride: rows and columns of the image from one pixel that is kept to the next.
        areas: of the image's pixels, to measure the water; None = don't.
    """

    def __init__(self, source: Source, model: WaterModel, settings: PredictionSettings, stride: int, areas: PixelAreas | None) -> None:
        self._source, self._model, self._settings, self._stride = source, model, settings, stride
        masked = settings.mask_raster is not None or settings.mask_shapes is not None
        self._mask = Mask(source.grid, settings.mask_raster, settings.mask_shapes) if masked else None
        self._areas, self.grid, self.block = areas, source.grid, source.block
        self._nodata, self._percent = settings.kind.nodata, settings.data_type == "uint8"

    def read(self, window: Window) -> PredictedWindow:
        """Compute one window, or raise RasterError if image or mask can't be read."""
        kept = None if self._mask is None else self._mask.read(window)
        if kept is not None and not kept.any():
            return self._nodata_only(window)
        bands, valid = self._source.read(window)
        if kept is not None and not kept.all():
            valid = kept if valid is None else valid & kept
        if valid is not None and not valid.any():
            return self._nodata_only(window)
        values = self._model.probability(bands)
        if self._percent:
            values *= 100
            np.rint(values, out=values)
        else:
            rounded(values)
        hectares = self._hectares(window, values, valid)
        if valid is not None:
            values[~valid] = self._nodata
        if self._percent:
            values = values.astype(np.uint8)
        statistics = Statistics.from_values(values if valid is None else values[valid])
        some = window.every(self._stride)
        pixels = tuple(band[some].reshape(-1) if valid is None else band[some][valid[some]] for band in bands)
        # Copies, so that the window itself isn't kept.
        return PredictedWindow(values, statistics, tuple(map(np.array, pixels)), hectares)

    def _hectares(self, window: Window, values: np.ndarray, valid: np.ndarray | None) -> float:
        """Return the area of the pixels at or above the threshold."""
        if self._areas is None:
            return 0.0
        water = at_least(values, self._model.water_threshold / (self._settings.kind.scale or 1.0))
        if valid is not None:
            water &= valid
        return self._areas.total(window, water)

    def _nodata_only(self, window: Window) -> PredictedWindow:
        values = np.full((window.height, window.width), self._nodata, np.uint8 if self._percent else np.float32)
        return PredictedWindow(values, Statistics())


def _outside(pixels: Sequence[np.ndarray], model: WaterModel) -> float:
    """Return the share of pixels with a value outside the range seen in training."""
    outside = [(band < entry.minimum) | (band > entry.maximum) for band, entry in zip(pixels, model.inputs)]
    return float(np.any(outside, axis=0).mean()) if outside else 0.0


def result_metadata(model: WaterModel, raster: str | RasterFile, dataset: gdal.Dataset) -> dict[str, str]:
    """Return the entries on model and source in a result's domain IPEO_WATER.

    Args:
        model: that made the result.
        raster: the image.
        dataset: the same, open.
    """
    entries = {"MODEL_SHA256": model.digest, "SOURCE": redacted(str(raster)), "INPUTS": ",".join(model.names)}
    if model.name:
        entries["MODEL"] = model.name
    if model.threshold is not None:
        entries["THRESHOLD"] = repr(model.threshold)
    if model.training.get("trained_at"):
        entries["TRAINED_AT"] = json.dumps(model.training["trained_at"], separators=(",", ":"))
    acquired = acquisition_date(raster, dataset=dataset)
    if acquired is not None:
        entries["ACQUIRED"] = acquired.isoformat()
    return entries


def report(prediction: Prediction, model: WaterModel, progress: Progress) -> None:
    """Log a prediction, and warn where many values lie outside the range seen in training, or look like undeclared NoData.

    Args:
        prediction: the result.
        model: for this image's raw values.
    """
    text = tr("{valid} of {total} pixels have a probability; {invalid} are NoData.")
    progress.info(text.format(valid=prediction.valid, total=prediction.valid + prediction.invalid, invalid=prediction.invalid))
    if not prediction.valid:
        progress.warn(tr("No pixel is valid, so the result is all NoData: check NoData values, mask and extent."))
    value, share = prediction.fill
    if share > _FILL_WARNING:
        text = tr("About {share:.1%} of the pixels hold {value:g} in every band, and are mapped like any other.")
        progress.warn(f"{text.format(share=share, value=value)} {fill_advice(value)}")
    if prediction.outside > _OUTSIDE_WARNING:
        one = tr("{name} {minimum:g} to {maximum:g}")
        ranges = ", ".join(one.format(name=i.name, minimum=i.minimum, maximum=i.maximum) for i in model.inputs)
        text = tr(
            "About {share:.0%} of the pixels lie outside the range of values seen in training ({ranges}). The usual causes are surfaces "
            "that no training area covers, another sensor, or Sentinel-2's offset of 1000, which differs before and after processing "
            "baseline 04.00."
        )
        progress.warn(text.format(share=prediction.outside, ranges=ranges))
