"""A raster through a model: windows are read ahead and computed by worker threads while this thread writes behind them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..bands import BandRoles
from ..errors import InputError, ModelError
from ..grid import Grid, Layout, Window
from ..model import WaterModel
from ..progress import Progress, SilentProgress, raise_if_cancelled
from ..raster.collisions import refuse_collisions
from ..raster.creation_options import RasterKind, chosen_tile
from ..raster.geotiff import GeoTiffWriter, Statistics, check_options
from ..raster.raster_file import RasterFile
from ..raster.source import Source, open_raster
from ..system.files import FileTransaction
from ..system.redaction import redacted
from ..system.threads import in_order
from ..translation import tr
from .mask import Mask

NODATA = {"float32": -9999.0, "uint8": 255.0}

# Pixels beyond the range seen in training are counted on every eighth row and column: enough for a warning.
_STRIDE = 8
_OUTSIDE_WARNING = 0.05


@dataclass(frozen=True)
class PredictionSettings:
    """How a probability raster is made.

    Attributes:
        data_type: `float32` (0…1, NoData −9999) or `uint8` (percent, scale 0.01 declared, NoData 255).
        format: `gtiff` or `cog`.
        creation_options: GDAL's, KEY=VALUE, instead of the defaults.
        extent: xmin, ymin, xmax, ymax in the raster's CRS; cropped outward to whole pixels.
        mask_raster: kept where it is valid and not 0; any grid and CRS.
        mask_shapes: polygons as WKB in the raster's CRS; kept where a pixel's centre lies inside one.
    """

    data_type: str = "float32"
    format: str = "gtiff"
    creation_options: tuple[str, ...] = ()
    extent: tuple[float, float, float, float] | None = None
    mask_raster: str | RasterFile | None = None
    mask_shapes: tuple[bytes, ...] | None = None

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: one isn't known.
        """
        if self.data_type not in NODATA or self.format not in {"gtiff", "cog"}:
            msg = tr("Data type {data_type} as {format} isn't known: choose float32 or uint8, gtiff or cog.").format(
                data_type=self.data_type, format=self.format
            )
            raise InputError(msg)
        # Options that can't serve show before hours of work, not after.
        check_options(self.kind, self.creation_options, cog=self.format == "cog")

    def tile(self, width: int) -> tuple[int, int] | None:
        """Width and height of the tiles or strips that the creation options ask for in a raster so wide; None = any.

        The driver of Cloud Optimized GeoTIFFs makes one of a finished raster, whose tiles are as they may.
        """
        return chosen_tile(self.kind, width, self.creation_options) if self.format == "gtiff" else None

    @property
    def kind(self) -> RasterKind:
        """The raster's values."""
        if self.data_type == "uint8":
            return RasterKind(gdal.GDT_Byte, NODATA["uint8"], "water probability", 0.01)
        return RasterKind(gdal.GDT_Float32, NODATA["float32"], "water probability")


@dataclass(frozen=True)
class Prediction:
    """What came of a prediction.

    Attributes:
        destination: the raster.
        valid, invalid: number of pixels with and without a probability.
        mean: mean probability of the valid pixels, or None where there is none.
        outside: share of the valid pixels with a value outside the range seen in training, estimated on a subset.
    """

    destination: Path
    valid: int
    invalid: int
    mean: float | None
    outside: float


@dataclass(frozen=True)
class Piece:
    """One computed window: its values as they are stored, their statistics, and how many of a subset lie outside the range of training."""

    window: Window
    values: np.ndarray
    statistics: Statistics
    looked_at: int = 0
    outside: int = 0


def predict(
    raster: str | RasterFile,
    roles: BandRoles,
    model: WaterModel,
    destination: str | os.PathLike[str],
    settings: PredictionSettings | None = None,
    progress: Progress | None = None,
    metadata: Mapping[str, str] | None = None,
    together: Callable[[Prediction, FileTransaction], None] | None = None,
    *,
    window: Window | None = None,
    threads: int | None = None,
) -> Prediction:
    """Write the probability of water in every pixel.

    Args:
        raster: the image; any GDAL name, or that with what its layer sets.
        roles: its bands, named as the model's inputs.
        model: in raw pixel units of its training image.
        destination: a .tif file; what stood there is replaced once the new one is whole.
        settings: type, format, extent, mask.
        progress: told the share of the pixels done.
        metadata: further entries of the result's domain IPEO_WATER, beside model, source and threshold.
        together: called once the raster is whole, but still in a temporary file, which is the destination that it is told. What it adds
            to the transaction takes its place together with the raster, or neither does.
        window: pixels of the raster to predict, in place of an extent; None = the extent, or all.
        threads: threads that read and compute, and that compress; None = one per processor.

    Raises:
        ModelError: bands and inputs of the model don't agree.
        InputError: extent or mask lies outside the raster, a setting is wrong, or the destination is read.
        RasterError: the image can't be read or the result can't be written.
        CancelledError: the caller cancelled; nothing is left behind.
    """
    settings, progress, destination = settings or PredictionSettings(), progress or SilentProgress(), Path(destination)
    raise_if_cancelled(progress)
    refuse_collisions([destination], [raster] if settings.mask_raster is None else [raster, settings.mask_raster])
    source = Source(raster, roles)
    area = window or (source.grid.window if settings.extent is None else source.grid.window_of(settings.extent))
    fitted = fit_model(model, roles, source, progress)
    mask = Mask.of(source.grid, settings.mask_raster, settings.mask_shapes)
    layout = Layout.from_blocks(area, source.block, settings.tile(area.width))
    predictor = Predictor(raster, source.grid, roles, fitted, settings, mask)
    statistics, looked_at, outside = Statistics(), 0, 0
    writer = GeoTiffWriter(
        destination,
        source.grid.crop(area),
        settings.kind,
        layout.tile,
        cog=settings.format == "cog",
        options=(*([] if threads is None else [f"NUM_THREADS={threads}"]), *settings.creation_options),
        # Ground control points name pixels of the whole image.
        like=open_raster(raster) if area == source.grid.window else None,
    )
    # Making a Cloud Optimized GeoTIFF of the result takes about as long as the result itself.
    share = 0.5 if settings.format == "cog" else 1.0
    readers = min((count for count in (layout.readers, threads) if count is not None), default=None)
    with writer:
        done = 0
        for piece in in_order(predictor, layout.windows(area), layout.pixels, progress, readers):
            window = Window(piece.window.column - area.column, piece.window.row - area.row, piece.window.width, piece.window.height)
            writer.write(window, piece.values)
            statistics += piece.statistics
            looked_at += piece.looked_at
            outside += piece.outside
            done += window.pixels
            progress.set(share * done / area.pixels)
        # Each thread opened the files at its own time, and what one of them read last was not looked at since.
        source.check_unchanged()
        entries = {**result_metadata(model, raster), **(metadata or {})}
        temporary = writer.close(statistics, entries, lambda f: _go_on(progress, share + (1 - share) * f))
        scale = settings.kind.scale or 1.0
        mean = None if statistics.mean is None else statistics.mean * scale
        share_outside = outside / looked_at if looked_at else 0.0
        prediction = Prediction(destination, statistics.count, area.pixels - statistics.count, mean, share_outside)
        with FileTransaction() as transaction:
            writer.place(transaction)
            if together is not None:
                together(replace(prediction, destination=temporary), transaction)
            # The last moment at which nothing stands under its name yet.
            raise_if_cancelled(progress)
    progress.set(1.0)
    report(prediction, fitted, progress)
    return prediction


def fit_model(model: WaterModel, roles: BandRoles, source: Source, progress: Progress) -> WaterModel:
    """Return the model for this image's raw values, and warn where the image differs from what the model was trained on.

    Raises:
        ModelError: bands and inputs of the model don't agree.
    """
    if roles.names != model.names:
        msg = tr(
            "The model wants {names}, but the bands chosen are {given}: choose the same bands as in training, extra bands included."
        ).format(names=", ".join(model.names), given=", ".join(roles.names))
        raise ModelError(msg)
    alpha = source.input_taken_for_alpha
    if alpha is not None:
        progress.warn(
            tr(
                "The files behind this virtual raster call their band {band} alpha, and it is an input here: where it is 0, the virtual "
                "raster gives 0 for the other bands as well. To get their values, run gdal_edit.py -colorinterp_{band} undefined on each "
                "file and build the virtual raster again."
            ).format(band=alpha)
        )
    if source.has_huge_blocks:
        progress.warn(
            tr(
                "The image is stored in blocks of {width} × {height} pixels, each of which is decompressed whole for any part of it: that "
                "takes far more time and memory than tiles do. To rewrite it in tiles: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE "
                "-co BIGTIFF=IF_SAFER IMAGE TILED.tif"
            ).format(width=source.block[0], height=source.block[1])
        )
    if roles.ambiguous_names:
        progress.warn(
            tr(
                "The image describes several bands as it does {names}, so they are told apart by their order alone: check that it is the "
                "same in every image that the model is trained or used on."
            ).format(names=", ".join(roles.ambiguous_names))
        )
    fitted = model.for_image(source.scales, source.offsets)
    if fitted is not model:
        progress.info(tr("The image declares another scale or offset than the training image: pixel values are converted."))
    trained = [model.data_types_of(name) for name in model.names]
    strange = [index for index, (here, known) in enumerate(zip(source.data_types, trained)) if known and str(here) not in known]
    if strange:
        progress.warn(
            tr(
                "The image has the data type {here}, and the model was trained on {trained}: unless both hold the same units, its "
                "probabilities mean nothing here."
            ).format(
                here=", ".join(sorted({str(source.data_types[index]) for index in strange})),
                trained=", ".join(sorted(set().union(*(trained[index] for index in strange)))),
            )
        )
    undeclared = model.unconverted(source.scales, source.offsets)
    if undeclared:
        progress.warn(
            tr(
                "Scale or offset of {names} is declared by only one of the training image and this one, so raw values are taken as "
                "they are: check that both hold the same units."
            ).format(names=", ".join(undeclared))
        )
    return fitted


class Predictor:
    """Reads and computes windows of a raster; every thread has a source and a mask of its own.

    Args:
        raster: the image; any GDAL name.
        grid: where its pixels lie.
        roles: its bands.
        model: for this image's raw values, as `fit_model` returns it.
        settings: type of the values.
        mask: what is kept.
    """

    def __init__(
        self,
        raster: str | RasterFile,
        grid: Grid,
        roles: BandRoles,
        model: WaterModel,
        settings: PredictionSettings,
        mask: Mask | None = None,
    ) -> None:
        """Take note of what is to be read and how."""
        self._raster, self._grid, self._roles, self._model, self._mask = raster, grid, roles, model, mask
        self._nodata, self._percent = settings.kind.nodata, settings.data_type == "uint8"
        self._low = [i.minimum for i in model.inputs]
        self._high = [i.maximum for i in model.inputs]
        self._own = threading.local()

    def __call__(self, window: Window) -> Piece:
        """Compute one window."""
        kept = None
        if self._mask is not None:
            if not hasattr(self._own, "mask"):
                self._own.mask = self._mask.reader()
            kept = self._own.mask.read(window)
            if not kept.any():
                return Piece(window, self._empty(window), Statistics())
        if not hasattr(self._own, "source"):
            self._own.source = Source(self._raster, self._roles, self._grid)
        bands, valid = self._own.source.read(window)
        if kept is not None and not kept.all():
            valid = kept if valid is None else valid & kept
        if valid is not None and not valid.any():
            return Piece(window, self._empty(window), Statistics())
        values = self._model.probability(bands)
        looked_at, outside = self._outside(bands, valid)
        if self._percent:
            np.multiply(values, 100, out=values)
            np.rint(values, out=values)
            if valid is not None:
                values[~valid] = self._nodata
            values = values.astype(np.uint8)
        elif valid is not None:
            values[~valid] = self._nodata
        statistics = Statistics.from_values(values if valid is None else values[valid])
        return Piece(window, values, statistics, looked_at, outside)

    def _empty(self, window: Window) -> np.ndarray:
        return np.full((window.height, window.width), self._nodata, np.uint8 if self._percent else np.float32)

    def _outside(self, bands: Sequence[np.ndarray], valid: np.ndarray | None) -> tuple[int, int]:
        """Count valid pixels with a value beyond the range seen in training, on a subset."""
        strange = np.zeros(bands[0][::_STRIDE, ::_STRIDE].shape, bool)
        for band, low, high in zip(bands, self._low, self._high):
            part = band[::_STRIDE, ::_STRIDE]
            strange |= (part < low) | (part > high)
        if valid is None:
            return strange.size, int(strange.sum())
        part = valid[::_STRIDE, ::_STRIDE]
        return int(part.sum()), int((strange & part).sum())


def _go_on(progress: Progress, fraction: float) -> bool:
    progress.set(fraction)
    return not progress.cancelled()


def result_metadata(model: WaterModel, raster: str | RasterFile) -> dict[str, str]:
    """Return what a result says of its model and source, for the domain IPEO_WATER."""
    entries = {"MODEL_SHA256": model.digest, "SOURCE": redacted(str(raster)), "INPUTS": ",".join(model.names)}
    if model.name:
        entries["MODEL"] = model.name
    if model.threshold is not None:
        entries["THRESHOLD"] = repr(model.threshold)
    if model.training.get("trained_at"):
        entries["TRAINED_AT"] = json.dumps(model.training["trained_at"], separators=(",", ":"))
    return entries


def report(prediction: Prediction, model: WaterModel, progress: Progress) -> None:
    """Say what came of a prediction, and warn where its values look like another sensor's."""
    total = prediction.valid + prediction.invalid
    progress.info(
        tr("{valid} of {total} pixels have a probability; {invalid} are NoData.").format(
            valid=prediction.valid, total=total, invalid=prediction.invalid
        )
    )
    if not prediction.valid:
        progress.warn(tr("No pixel is valid, so the result holds NoData alone: check NoData values, mask and extent."))
    if prediction.outside > _OUTSIDE_WARNING:
        ranges = ", ".join(
            tr("{name} {minimum:g} to {maximum:g}").format(name=i.name, minimum=i.minimum, maximum=i.maximum) for i in model.inputs
        )
        progress.warn(
            tr(
                "About {share:.0%} of the pixels lie outside the range of values seen in training ({ranges}). The usual reasons are "
                "surfaces that no polygon covers, another sensor, or Sentinel-2's offset of 1000, which differs before and after "
                "processing baseline 04.00."
            ).format(share=prediction.outside, ranges=ranges)
        )
