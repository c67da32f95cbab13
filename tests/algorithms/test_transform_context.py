"""Layers are reprojected by the operation that the project chose: here one that lays everything ten pixels farther east."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processing
import pytest
from osgeo import gdal, ogr, osr
from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingContext, QgsProject
from runs import LAND, WATER, Feedback

from ipeo_water_plugin.core.raster.rasterize import burn, memory_layer, memory_raster
from ipeo_water_plugin.core.raster.source import grid_of

STEPS = ("+proj=unitconvert +xy_in=deg +xy_out=rad", "+proj=utm +zone=33 +ellps=WGS84", "+proj=affine +xoff=100")
SHIFTED = " +step ".join(["+proj=pipeline", *STEPS])
PIXELS = 10


def in_degrees(wkt: str) -> str:
    """An outline of the made image's CRS in longitude and latitude."""
    references = [osr.SpatialReference(), osr.SpatialReference()]
    for reference, code in zip(references, (32633, 4326)):
        reference.ImportFromEPSG(code)
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    geometry = ogr.CreateGeometryFromWkt(wkt)
    geometry.Transform(osr.CoordinateTransformation(*references))
    return str(geometry.ExportToWkt())


def held(outlines: list[str], image: str, shift: int) -> np.ndarray:
    """Which pixels some outlines of the image's CRS hold, moved to the east."""
    grid = grid_of(image)
    target = memory_raster(grid, gdal.GDT_Byte)
    burn(target, 1, memory_layer([bytes(ogr.CreateGeometryFromWkt(outline).ExportToWkb()) for outline in outlines]))
    pixels = target.ReadAsArray() != 0
    return np.concatenate([np.zeros((grid.height, shift), bool), pixels[:, : grid.width - shift]], axis=1)


def run(algorithm: str, parameters: dict[str, Any], *, shifted: bool) -> dict[str, Any]:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    if shifted:
        operations = context.transformContext()
        crs = (QgsCoordinateReferenceSystem(f"EPSG:{code}") for code in (4326, 32633))
        assert operations.addCoordinateOperation(*crs, SHIFTED)
        context.setTransformContext(operations)
    return processing.run(f"ipeowater:{algorithm}", parameters, context=context, feedback=Feedback())


@pytest.mark.parametrize("shifted", [False, True])
def test_areas(shifted: bool, made_image: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    areas = make_areas([(in_degrees(WATER), 1), (in_degrees(LAND.replace("500250", "500200")), 0)], epsg=4326)
    output = str(tmp_path / "samples.gpkg")
    run("samplepixels", {"INPUT": made_image, "POLYGONS": areas, "CLASS_FIELD": "class", "OUTPUT": output}, shifted=shifted)
    found = np.zeros((40, 40), bool)
    made = ogr.Open(output)
    for feature in made.GetLayer(0):
        x, y = feature.GetGeometryRef().GetPoint_2D()
        found[int((5800000 - y) // 10), int((x - 500000) // 10)] |= feature["class"] == 1
    assert (found == held([WATER], made_image, PIXELS * shifted)).all()


@pytest.mark.parametrize("shifted", [False, True])
def test_a_mask(shifted: bool, made_image: str, model_file: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    mask = make_areas([(in_degrees(WATER), 1)], epsg=4326)
    output = str(tmp_path / "p.tif")
    run("predictwaterprobability", {"INPUT": made_image, "MODEL": model_file, "MASK": mask, "OUTPUT": output}, shifted=shifted)
    assert ((gdal.Open(output).ReadAsArray() != -9999) == held([WATER], made_image, PIXELS * shifted)).all()


@pytest.mark.parametrize("shifted", [False, True])
def test_areas_drawn_so_far(shifted: bool, made_image: str, model_file: str, make_areas: Callable[..., str], tmp_path: Path) -> None:
    """Of all but a strip on the left: there alone a place is free, and ten pixels wider with the project's operation."""
    drawn = LAND.replace("500250", "500060").replace("500330", "500400").replace("5799980", "5800010").replace("5799900", "5799590")
    output = str(tmp_path / "places.gpkg")
    parameters = {"INPUT": made_image, "MODEL": model_file, "POLYGONS": make_areas([(in_degrees(drawn), 1)], epsg=4326), "COUNT": 9}
    run("suggestpolygons", {**parameters, "OUTPUT": output}, shifted=shifted)
    made = ogr.Open(output)
    columns = [(feature.GetGeometryRef().GetX() - 500000) / 10 for feature in made.GetLayer(0)]
    assert columns
    assert max(columns) < 6 + PIXELS * shifted
    assert (max(columns) > 6) == shifted
