"""The bands of a download as one virtual raster, without reading a pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from osgeo import gdal

from ..bands import ROLES
from ..errors import InputError
from ..grid import Grid
from ..progress import SILENT, Progress
from ..raster.collisions import refuse_collisions
from ..raster.gdal_errors import read_bytes
from ..raster.geotiff import sidecars
from ..raster.raster_file import RasterFile
from ..raster.reprojection import crs_name, same_crs
from ..raster.source import data_type_of, grid_of, grid_of_dataset, open_raster, scaling_of
from ..raster.vrt_document import Box, band_element, element_of, place_on, vrt_document, warn_of_credentials
from ..system.files import FileTransaction
from ..translation import tr
from .product import Product, SourceBand, listed
from .quality import KIND, mask_document

# How far corners of bands of one pixel size may differ, in pixels: by the rounding of their text.
_TOLERANCE = 0.01
# The same where the sizes differ: Landsat's panchromatic pixels are shifted against the others by a quarter of these.
_SHIFT = 0.3
# By which an image is known as one made here; it isn't a result, which has metadata of its own.
MADE_BY = "IPEO Water, image from bands"
# What is added to the name of an image for the mask beside it.
_CLEAR = "_clear"
# The finest pixel size that can be asked for, as a part of the finest band's: nothing of the image is finer.
_FINEST = 1 / 20
# Near infrared, red and green are shown as red, green and blue, as in false-colour images.
_COLOURS = {"nir": "Red", "red": "Green", "green": "Blue"}


def write_stack(
    product: Product, destination: Path, extra: Sequence[str] = (), resolution: float | None = None, progress: Progress = SILENT
) -> Path | None:
    """Write a virtual raster of green, red, near infrared and extra roles, and beside it one of the pixels that are clear.

    Bands of another pixel size are resampled by nearest neighbour, so that every value is one that the sensor measured.

    Args:
        product: the download.
        destination: a .vrt file.
        extra: roles of further bands.
        resolution: pixel size in units of the CRS; None = the finest of green, red and near infrared.
        progress: receives what was done, and warnings.

    Returns:
        The virtual raster that is 1 where a pixel is clear, with _clear added to the name; None if no quality band says it.

    Raises:
        InputError: a role has no band or several, bands or the mask lie on different grids, or another file has the name of the mask.
        RasterError: a file can't be opened.
        WaterError: a file can't be written; existing ones are untouched.
    """
    beside = destination.with_name(f"{destination.stem}{_CLEAR}{destination.suffix}")
    earlier = beside.is_file() and KIND in read_bytes(str(beside)).decode(errors="replace")
    mask = None if product.quality is None else beside
    refuse_collisions([destination, *([beside] if mask or earlier else [])], product.files)
    if mask is not None and mask.exists() and not earlier:
        msg = tr("{mask}, where the mask of clear pixels goes, is another file: choose another name for the image.").format(mask=mask)
        raise InputError(msg)
    bands = product.choose(extra, resolution)
    datasets = [open_raster(band.raster) for band in bands]
    grids = [grid_of_dataset(dataset, band.raster) for dataset, band in zip(datasets, bands)]
    finest = min(grids[:3], key=lambda grid: grid.pixel_size or (1.0, 1.0))
    for band, grid in zip(bands, grids):
        _check_grid(band, grid, bands[0], finest)
    if product.quality is not None:
        marks = SourceBand(RasterFile(product.quality.file), product.quality.kind)
        _check_grid(marks, grid_of(marks.raster), bands[0], finest)
    _check_scales(bands, datasets)
    target = finest if resolution is None else _resized(finest, resolution, bands[0])
    elements = [
        _band(band, dataset, place_on(grid, target), destination, number)
        for number, (band, dataset, grid) in enumerate(zip(bands, datasets, grids), start=1)
    ]
    text = vrt_document(target, elements, _metadata(product), datasets[0])
    with FileTransaction() as transaction:
        # The mask of an earlier image would be taken for this one's.
        outdated = [beside, *sidecars(beside)] if earlier and mask is None else []
        transaction.add_text(destination, text, [*sidecars(destination), *outdated])
        if mask is not None and product.quality is not None:
            transaction.add_text(mask, mask_document(product.quality, mask), sidecars(mask))
    for band, dataset in zip(bands, datasets):
        progress.info(f"{band.role}: {band}")
        if _nodata(band, dataset)[1]:
            text = tr("{file}: a virtual raster has room for one NoData value, and the layer's properties have more: set them there again.")
            progress.warn(text.format(file=band))
    if outdated:
        progress.warn(tr("{mask}, the mask of an earlier image, was removed.").format(mask=beside))
    used = {(band.raster, band.number) for band in bands}
    unused = dict.fromkeys(band.role for band in product.bands if (band.raster, band.number) not in used)
    if further := [role for role in unused if role not in {*ROLES, *extra}]:
        progress.info(tr("Further bands, which Extra bands takes: {roles}.").format(roles=", ".join(further)))
    warn_of_credentials(destination, [band.raster.path for band in bands], progress)
    return mask


def _check_scales(bands: Sequence[SourceBand], datasets: Sequence[gdal.Dataset]) -> None:
    """Check that all bands or none have a scale, and that a scale is a number that values can be multiplied by."""
    scales = [band.scale or scaling_of(dataset.GetRasterBand(band.number))[0] for band, dataset in zip(bands, datasets)]
    for band in bands:
        if band.scale is not None and not 0 < abs(band.scale) < math.inf:
            msg = tr("{file}: its metadata state a scale of {scale:g}. Download the metadata again.").format(file=band, scale=band.scale)
            raise InputError(msg)
    if (lacking := [band for band, scale in zip(bands, scales) if scale is None]) and len(lacking) < len(bands):
        msg = tr("The metadata state no scale for {files}, but for other bands: they may be incomplete. Download them again.")
        raise InputError(msg.format(files=listed(lacking)))


def _resized(grid: Grid, resolution: float, first: SourceBand) -> Grid:
    """Return a grid of the same area with pixels of another size: not larger than the image, nor far finer than its own."""
    transform = grid.geotransform
    if transform is None or transform[2] or transform[4]:
        msg = tr("{file} has no georeference, or a rotated one, so its pixel size can't be changed: leave the resolution empty.")
        raise InputError(msg.format(file=first))
    left, across, _, top, _, down = transform
    width, height = (math.ceil(count * abs(size) / resolution - 1e-6) for count, size in ((grid.width, across), (grid.height, down)))
    extent = grid.width * abs(across), grid.height * abs(down)
    if not _FINEST * min(abs(across), abs(down)) <= resolution <= min(extent):
        msg = tr(
            "The resolution is {resolution:g}, but pixels of {file} are {pixel:g} wide, and the image {width:g} by {height:g}, in units of "
            "its CRS, {crs}: choose one in between, or leave it empty."
        ).format(resolution=resolution, file=first, pixel=abs(across), width=extent[0], height=extent[1], crs=crs_name(grid.crs) or "–")
        raise InputError(msg)
    size = (math.copysign(resolution, across), math.copysign(resolution, down))
    return Grid(max(width, 1), max(height, 1), (left, size[0], 0.0, top, 0.0, size[1]), grid.crs)


def _check_grid(band: SourceBand, grid: Grid, first: SourceBand, common: Grid) -> None:
    """Check that a band covers the area of the finest one, up to a fraction of a pixel."""
    difference = ""
    own, other = grid.geotransform, common.geotransform
    same_size = (grid.width, grid.height) == (common.width, common.height)
    if not same_crs(grid.crs, common.crs):
        difference = tr("its CRS is {own} instead of {wanted}").format(own=crs_name(grid.crs) or "–", wanted=crs_name(common.crs) or "–")
    elif own is None or other is None:
        if own is not other or not same_size:
            difference = tr("one of them has no georeference, or their sizes differ")
    elif own[2] or own[4] or other[2] or other[4]:
        if not same_size or any(abs(a - b) > 1e-6 * abs(other[1]) for a, b in zip(own, other)):
            difference = tr("their georeferences are rotated and differ")
    else:
        column, row, width, height = place_on(grid, common)
        apart = max(map(abs, (column, row, column + width - common.width, row + height - common.height)))
        if apart > (_TOLERANCE if math.isclose(width, grid.width, rel_tol=1e-6) else _SHIFT * max(1.0, width / grid.width)):
            difference = tr("its edges are up to {pixels:g} pixels away").format(pixels=round(apart, 2))
    if difference:
        msg = tr("{file} lies on another grid than {first}: {difference}. Give bands of one image, or warp it first.")
        raise InputError(msg.format(file=band, first=first, difference=difference))


def _band(band: SourceBand, dataset: gdal.Dataset, box: Box, destination: Path, number: int) -> str:
    """Return a band of the virtual raster as XML."""
    source = dataset.GetRasterBand(band.number)
    data_type_of(source, band.raster.path)
    declared = scaling_of(source)
    scale, offset = (band.scale, band.offset or 0.0) if band.scale is not None else declared
    wavelength = "" if band.wavelength is None else f'<MDI key="CENTRAL_WAVELENGTH_UM">{band.wavelength / 1e3:.4g}</MDI>'
    scaled = offset is not None or scale is not None
    properties = {
        "Description": band.role,
        "NoDataValue": _nodata(band, dataset)[0],
        "ColorInterp": _COLOURS.get(band.role),
        "Offset": offset or 0.0 if scaled else None,
        "Scale": (1.0 if scale is None else scale) if scaled else None,
    }
    metadata = f'<Metadata domain="IMAGERY">{wavelength}</Metadata>' if wavelength else ""
    return band_element(source.DataType, [element_of(dataset, band.number, destination, box)], properties, number, metadata)


def _nodata(band: SourceBand, dataset: gdal.Dataset) -> tuple[float | None, bool]:
    """Return the NoData value of a band, as switched off or set in its layer's properties, and whether others set there are lost."""
    own, value = band.raster.band_nodata(band.number), band.nodata
    if value is None:
        value = dataset.GetRasterBand(band.number).GetNoDataValue()
    set_there = [span.low for span in own.ranges if span.low == span.high]
    if not own.declared or value is None:
        value = set_there[0] if set_there else None
    return value, any((span.low, span.high) != (value, value) for span in own.ranges)


def _metadata(product: Product) -> dict[str, dict[str, str]]:
    """Return the metadata of the virtual raster by domain; IMAGERY with GDAL's own keys."""
    date, _, time = product.acquired.partition("T")
    plain = {"MADE_BY": MADE_BY, "PRODUCT": product.name, "SENSOR": product.sensor, "ACQUISITION_DATE": date}
    imagery = {"SATELLITEID": product.sensor, "ACQUISITIONDATETIME": f"{date} {time.rstrip('Z')[:8]}" if time else date}
    return {"": {k: v for k, v in plain.items() if v}, "IMAGERY": {k: v for k, v in imagery.items() if v}}
