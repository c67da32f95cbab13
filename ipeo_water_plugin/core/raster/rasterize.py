"""Rasterize polygons into a raster in memory."""

from __future__ import annotations

from collections.abc import Sequence

from osgeo import gdal, ogr

from ..grid import Grid
from ..translation import tr
from .gdal_errors import GdalErrors


def memory_raster(grid: Grid, data_type: int, bands: int = 1) -> gdal.Dataset:
    """Create a raster in memory, filled with zeros.

    Args:
        grid: its size and georeference.
        data_type: GDAL's data type.
        bands: number of bands.
    """
    dataset = gdal.GetDriverByName("MEM").Create("", grid.width, grid.height, bands, data_type)
    if grid.geotransform is not None:
        dataset.SetGeoTransform(grid.geotransform)
    dataset.SetProjection(grid.crs)
    return dataset


def memory_layer(shapes: Sequence[bytes], values: Sequence[int] | None = None) -> gdal.Dataset:
    """Create a vector dataset in memory, with one layer that has an integer field `value`.

    Args:
        shapes: WKB of its features' geometries.
        values: of its features; None = 1.
    """
    dataset = gdal.GetDriverByName("Memory").Create("", 0, 0, 0, gdal.GDT_Unknown)
    layer = dataset.CreateLayer("shapes", None, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("value", ogr.OFTInteger64))
    definition = layer.GetLayerDefn()
    for index, wkb in enumerate(shapes):
        feature = ogr.Feature(definition)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
        feature.SetField(0, 1 if values is None else values[index])
        layer.CreateFeature(feature)
    return dataset


def burn(target: gdal.Dataset, band: int, vectors: gdal.Dataset, *, all_touched: bool = False) -> None:
    """Write each feature's value into the pixels whose centre it contains; later features overwrite earlier ones.

    Args:
        target: raster to write to.
        band: number of its band, from 1.
        vectors: as returned by `memory_layer`.
        all_touched: write all pixels that a feature touches.

    Raises:
        RasterError: GDAL's rasterizer fails.
    """
    options = ["ATTRIBUTE=value"] + (["ALL_TOUCHED=TRUE"] if all_touched else [])
    with GdalErrors(tr("The polygons can't be rasterized")) as errors:
        errors.check(gdal.RasterizeLayer(target, [band], vectors.GetLayer(0), options=options))
