"""Small pictures of rasters, as data URIs."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from ..grid import Window
from ..progress import SILENT, Progress, raise_if_cancelled
from ..raster.gdal_errors import GdalErrors, read_bytes
from ..raster.source import Source
from ..translation import tr

SIDE = 560
_STRIP_PIXELS = 8_000_000
# Fraction of pixels that a contrast stretch saturates at either end.
_CUT = 0.02
# The probability style's colours, from 0 to 1.
_RAMP = ((255, 255, 255), (196, 219, 240), (108, 170, 214), (36, 108, 176), (8, 38, 92))


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A raster at reduced resolution.

    Attributes:
        bands: raw values, one array of shape (rows, columns) per band.
        valid: bool, shape (rows, columns).
        scales, offsets: as declared: physical = raw · scale + offset.
    """

    bands: tuple[np.ndarray, ...]
    valid: np.ndarray
    scales: tuple[float | None, ...]
    offsets: tuple[float | None, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.valid.shape
        return width, height

    def physical(self, index: int) -> np.ndarray:
        """Return a band's physical values: float64, shape (rows, columns), NaN where invalid."""
        scale, offset = self.scales[index], self.offsets[index]
        values = self.bands[index].astype(np.float64) * (1.0 if scale is None else scale) + (offset or 0.0)
        return np.where(self.valid, values, np.nan)


def thumbnail(source: Source, window: Window | None = None, side: int = SIDE, progress: Progress = SILENT) -> Thumbnail:
    """Read a raster at reduced resolution, from overviews if it has any.

    Args:
        source: the bands.
        window: pixels to read; None = all.
        side: maximum width and height in pixels.
        progress: asked whether to go on, since a raster without overviews is read whole.
    """
    window = window or source.grid.window
    step = max(1.0, max(window.width, window.height) / side)
    width, height = max(1, round(window.width / step)), max(1, round(window.height / step))
    strips, valid = [], []
    # Read in strips, freeing the block cache after each: it is shared by the whole process.
    rows = max(1, int(_STRIP_PIXELS / (window.width * step)))
    for top in range(0, height, rows):
        raise_if_cancelled(progress)
        bottom = min(top + rows, height)
        first, last = (round(row * window.height / height) for row in (top, bottom))
        shape = bottom - top, width
        bands, there = source.read(Window(window.column, window.row + first, window.width, last - first), shape)
        strips.append(bands)
        valid.append(np.ones(shape, bool) if there is None else there)
        source.dataset.FlushCache()
    return Thumbnail(tuple(map(np.concatenate, zip(*strips))), np.concatenate(valid), source.scales, source.offsets)


def composite(picture: Thumbnail, order: Sequence[int]) -> str:
    """Return a colour composite, each band stretched from its 2nd to its 98th percentile, as a data URI.

    It is a JPEG if every pixel is valid, else a PNG with invalid pixels transparent.

    Args:
        picture: the raster.
        order: indices of the bands displayed as red, green and blue.
    """
    channels = [_stretched(picture.bands[index], picture.valid) for index in order]
    if picture.valid.all() and gdal.GetDriverByName("JPEG") is not None:
        return _encoded(channels, "JPEG", "image/jpeg", ["QUALITY=88"])
    return _encoded([*channels, np.where(picture.valid, 255, 0).astype(np.uint8)], "PNG", "image/png")


def colour_ramp(picture: Thumbnail) -> str:
    """Return a probability raster in the colours of the map style, as a PNG data URI; invalid pixels are transparent."""
    values = np.nan_to_num(picture.physical(0))
    knots = np.linspace(0, 1, len(_RAMP))
    channels = [np.interp(values, knots, [colour[k] for colour in _RAMP]).round().astype(np.uint8) for k in range(3)]
    return _encoded([*channels, np.where(picture.valid, 255, 0).astype(np.uint8)], "PNG", "image/png")


def _stretched(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    if not valid.any():
        return np.zeros(values.shape, np.uint8)
    low, high = np.quantile(values[valid].astype(np.float64), (_CUT, 1 - _CUT))
    scaled = (values.astype(np.float64) - low) / (high - low if high > low else 1.0)
    return (255 * np.clip(np.nan_to_num(scaled), 0, 1)).round().astype(np.uint8)


def _encoded(channels: Sequence[np.ndarray], driver: str, media: str, options: Sequence[str] = ()) -> str:
    height, width = channels[0].shape
    name = f"/vsimem/ipeowater-{secrets.token_hex(8)}.{driver.lower()}"
    try:
        with GdalErrors(tr("The picture can't be encoded")) as errors:
            plain = errors.check(gdal.GetDriverByName("MEM").Create("", width, height, len(channels), gdal.GDT_Byte))
            for number, channel in enumerate(channels, start=1):
                errors.check(plain.GetRasterBand(number).WriteArray(channel))
            errors.check(gdal.GetDriverByName(driver).CreateCopy(name, plain, options=list(options))).FlushCache()
            return f"data:{media};base64,{base64.b64encode(read_bytes(name)).decode()}"
    finally:
        for path in (name, name + ".aux.xml"):
            if gdal.VSIStatL(path) is not None:
                gdal.Unlink(path)
