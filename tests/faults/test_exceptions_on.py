"""With the exceptions of GDAL, OGR and OSR switched on, as QGIS has them from 3.40 on: the full disk of a geostationary satellite.

The corners of its raster lie off the Earth, so that no transformation to longitude and latitude has a place for them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DISK = "+proj=geos +h=35785831 +lon_0=0 +sweep=y +datum=WGS84 +units=m"

# A process of its own, since the switch is the whole process'.
BEFORE = f"""
import math, sys
import numpy as np
from osgeo import gdal, ogr, osr
for module in (gdal, ogr, osr):
    module.UseExceptions()
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests" / "faults")!r}]
import scenes
from ipeo_water_plugin.core.errors import WaterError
from ipeo_water_plugin.core.raster.describe import roles_of

def reference(text):
    made = osr.SpatialReference()
    made.ImportFromProj4(text)
    made.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return made

def write(name, bands, crs, transform):
    made = gdal.GetDriverByName("GTiff").Create(name, bands.shape[2], bands.shape[1], len(bands), gdal.GDT_Float32)
    made.SetGeoTransform(transform)
    made.SetSpatialRef(reference(crs))
    for number, values in enumerate(bands, start=1):
        made.GetRasterBand(number).WriteArray(values)
    made = None
    return name

def areas(name, boxes):
    made = gdal.GetDriverByName("GPKG").Create(name, 0, 0, 0, gdal.GDT_Unknown)
    layer = made.CreateLayer("areas", reference("+proj=longlat +datum=WGS84"), ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
    for (x, y), water in boxes:
        feature = ogr.Feature(layer.GetLayerDefn())
        ring = f"{{x}} {{y}},{{x}} {{y + 9}},{{x + 9}} {{y + 9}},{{x + 9}} {{y}},{{x}} {{y}}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON(({{ring}}))"))
        feature["class"] = water
        layer.CreateFeature(feature)
    made = None
    return name

side = 60
DISK = {DISK!r}
transform = (-5570248.0, 11140496 / side, 0, 5570248.0, 0, -11140496 / side)
image = write("image.tif", scenes.pixels(side, side, "float32"), {DISK!r}, transform)
probability = write("p.tif", np.linspace(0, 1, side * side, dtype=np.float32).reshape(1, side, side), {DISK!r}, transform)
globe = write("globe.tif", np.ones((1, 36, 72), np.float32), "+proj=longlat +datum=WGS84", (-180, 5, 0, 90, 0, -5))
roles = roles_of(image, 1, 2, 3)
"""
WORK = {
    "a prediction with a mask round the Earth": """
from ipeo_water_plugin.core.prediction.predict import predict, PredictionSettings
done = predict(image, roles, scenes.MODEL, "out.tif", PredictionSettings(mask_raster=globe))
assert 0.7 < done.valid / side**2 < 0.8, done
""",
    "a virtual raster": """
from ipeo_water_plugin.core.prediction.virtual import write_virtual
write_virtual(image, roles, scenes.MODEL, "out.vrt")
""",
    "training areas": """
from ipeo_water_plugin.core.sampling.polygons import read_shapes
from ipeo_water_plugin.core.sampling.sample import sample_pixels
shapes = read_shapes(areas("a.gpkg", [((0, 0), 1), ((20, -30), 0)]), image, "class")
assert sample_pixels(image, roles, shapes).found[0]
""",
    "training areas on the other side of the Earth": """
from ipeo_water_plugin.core.sampling.polygons import read_shapes
try:
    read_shapes(areas("a.gpkg", [((0, 0), 1), ((170, 0), 0)]), image, "class")
except WaterError as error:
    assert "can't be reprojected onto the raster" in str(error), error
else:
    raise AssertionError("nothing was said")
""",
    "water bodies": """
from pathlib import Path
from ipeo_water_plugin.core.maps.extraction import extract
with extract(probability) as found:
    (body,) = found.bodies()
    assert math.isfinite(body.area) and math.isfinite(body.perimeter), body
""",
    "reference points and areas": """
from ipeo_water_plugin.core.accuracy.reference_points import sample_reference
from ipeo_water_plugin.core.accuracy.pairs import map_area, pair_raster
from ipeo_water_plugin.core.sampling.classes import WaterValues
assert len(sample_reference(probability).stratum)
assert map_area(probability).mapped > 0
assert sum(pair_raster(probability, globe, WaterValues.parse("1", numeric=True)).pixels)
""",
    "the globe against the disk": """
from ipeo_water_plugin.core.accuracy.pairs import pair_raster
from ipeo_water_plugin.core.sampling.classes import WaterValues
half = write("half.tif", np.full((1, 36, 72), 0.5, np.float32), "+proj=longlat +datum=WGS84", (-180, 5, 0, 90, 0, -5))
classes = write("classes.tif", np.ones((1, side, side), np.float32), DISK, transform)
found = pair_raster(half, classes, WaterValues.parse("1", numeric=True))
assert 0.3 < sum(found.pixels) / (36 * 72) < 0.5, found.pixels
""",
    "dates": """
from ipeo_water_plugin.core.maps.occurrence import water_occurrence
water_occurrence([probability], "out.tif")
""",
    "a CRS that nobody can read": """
from ipeo_water_plugin.core.maps.extraction import extract
from ipeo_water_plugin.core.raster.raster_file import RasterFile
try:
    extract(RasterFile(probability, "nonsense"))
except WaterError as error:
    assert "is invalid" in str(error), error
else:
    raise AssertionError("nothing was said")
""",
}


# Each in a folder of its own, and none keeps the next from its turn.
EACH = """
import os, traceback
failed = 0
for number, (name, work) in enumerate(WORK.items()):
    os.mkdir(str(number))
    os.chdir(str(number))
    try:
        exec(compile(BEFORE + work, name, "exec"), {})
    except BaseException:
        failed += 1
        print(name, traceback.format_exc(), flush=True)
    os.chdir("..")
sys.exit(failed)
"""


def test_the_full_disk(tmp_path: Path) -> None:
    code = f"import sys\nBEFORE, WORK = {BEFORE!r}, {WORK!r}\n{EACH}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert len(list(tmp_path.iterdir())) == len(WORK)
