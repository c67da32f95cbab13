"""Polygons burned into a raster in memory."""

from __future__ import annotations

from collections.abc import Sequence

from osgeo import gdal, ogr

from ..grid import Grid
from ..translation import tr
from .gdal_errors import GdalErrors


def memory_raster(grid: Grid, data_type: int, bands: int = 1) -> gdal.Dataset:
    """Make a raster in memory on a grid, filled with zeros."""
    dataset = gdal.GetDriverByName("MEM").Create("", grid.width, grid.height, bands, data_type)
    if grid.geotransform is not None:
        dataset.SetGeoTransform(grid.geotransform)
    dataset.SetProjection(grid.crs)
    return dataset


def memory_layer(shapes: Sequence[bytes], values: Sequence[int] | None = None) -> gdal.Dataset:
    """Make a vector dataset in memory that holds WKB geometries in one layer, in order, with an integer field `value`."""
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
    """Write each geometry's value into the pixels whose centre it holds (or that it touches), later over earlier ones.

    Raises:
        RasterError: GDAL's rasterizer fails.
    """
    options = ["ATTRIBUTE=value"] + (["ALL_TOUCHED=TRUE"] if all_touched else [])
    with GdalErrors(tr("The polygons can't be laid on the raster")) as errors:
        errors.check(gdal.RasterizeLayer(target, [band], vectors.GetLayer(0), options=options))
